"""The key ring: found in the environment, in a file, or drawn once at the first start; never in the database."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.settings import Settings, SettingsError
from storage.database import Database
from storage.rekeying import Rekeying
from storage.vault import VaultError, new_key, parse_key

DEFAULT_FILE = Path("var/keys")


def read_ring(settings: Settings) -> tuple[list[bytes], str]:
    """Return the key ring and a line to show the operator when a key was just made (else empty).

    Raises SettingsError where a key is missing for existing data, malformed, or its file is open to others.
    """
    text = settings.secret_keys.get_secret_value()
    if text:
        return _parse(text.split(","), "SECRET_KEYS"), ""
    path = ring_file(settings)
    assert path is not None  # noqa: S101
    if path.exists():
        return _from_file(path), ""
    if settings.secret_keys_file or not _fresh(settings):
        raise SettingsError(f"SECRET_KEYS: the key ring is missing ({path}); without it nothing can be read")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ring(path, [new_key()])
    line = (
        f"A new key was made in {path}. Copy it somewhere safe, apart from the database: lost, all is lost."
    )
    return _from_file(path), line


async def check_ring(database: Database) -> None:
    """Refuse a key ring that does not belong to this database, or lacks a key; raises SettingsError."""
    async with database.unit() as unit:
        try:
            await Rekeying(unit).check()
        except VaultError as error:
            raise SettingsError(f"SECRET_KEYS: these keys do not belong to this database: {error}") from None


def ring_file(settings: Settings) -> Path | None:
    """Return the file that holds the key ring; nothing where it is in the environment."""
    if settings.secret_keys.get_secret_value():
        return None
    return Path(settings.secret_keys_file) if settings.secret_keys_file else _default_file(settings)


def write_ring(path: Path, keys: list[str]) -> None:
    """Put a key ring into a file, whole or not at all, for its owner only."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("".join(f"{key}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _default_file(settings: Settings) -> Path:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database).parent / "keys"
    return DEFAULT_FILE


def _fresh(settings: Settings) -> bool:
    url = make_url(settings.database_url)
    return url.get_backend_name() != "sqlite" or not url.database or not Path(url.database).exists()


def _from_file(path: Path) -> list[bytes]:
    # systemd hands credentials over in a folder of its own, where an ACL can show as a group's right to read.
    handed_over = path.is_relative_to(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent"))
    if not handed_over and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(f"SECRET_KEYS_FILE: {path} can be read by others; run: chmod 600 {path}")
    return _parse(path.read_text().splitlines(), str(path))


def _parse(texts: list[str], where: str) -> list[bytes]:
    try:
        ring = [parse_key(text) for text in texts if text.strip()]
    except ValueError as error:
        raise SettingsError(f"SECRET_KEYS ({where}): {error}") from None
    if not ring:
        raise SettingsError(f"SECRET_KEYS ({where}): no key found; make one with `diwakhan keys new`")
    return ring
