"""Which files are taken in, told by their first bytes and not by what anybody calls them."""

from __future__ import annotations

from bot.channels.contract import FetchFailed

LARGEST = 20 * 1024 * 1024
"""Bytes; the same for every channel: what Telegram lets a bot download (Bot API, getFile)."""

SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0", "application/x-ole-storage"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
)
TEXT = (
    "text/csv",
    "text/plain",
    "application/csv",
    "application/vnd.ms-excel",
    "text/comma-separated-values",
)


def checked(body: bytes, mime: str) -> bytes:
    """Return the bytes of a file of a known type; raises FetchFailed (large, type)."""
    if len(body) > LARGEST:
        raise FetchFailed("large")
    if any(body.startswith(signature) for signature, _ in SIGNATURES) or _webp_or_mp4(body):
        return body
    if mime in TEXT and b"\x00" not in body[:4096]:
        return body
    raise FetchFailed("type")


def _webp_or_mp4(body: bytes) -> bool:
    return body[4:8] == b"ftyp" or (body[:4] == b"RIFF" and body[8:12] == b"WEBP")
