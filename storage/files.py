"""Files, sealed in the database so that every process on every host has them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage.store import Store
from storage.tables import file_references, files, media_links
from storage.vault import code_hash, random_id

MAX_BYTES = 20 * 1024 * 1024
"""What Telegram lets a bot download (Bot API, getFile); no channel brings anything larger."""


@dataclass(frozen=True, slots=True)
class File:
    """What is known of a file without opening it. `size` in bytes."""

    id: int
    name: str
    mime: str
    size: int


class Files(Store):
    """Files, what providers call them, and the short-lived links by which providers fetch them."""

    async def add(
        self, name: str, mime: str, body: bytes, *, at: datetime, expires_at: datetime | None = None
    ) -> File:
        """Keep a file; raises ValueError past MAX_BYTES."""
        if len(body) > MAX_BYTES:
            raise ValueError("the file is too large")
        file_id = random_id()
        vault = self.unit.vault
        await self.run(
            files.insert().values(
                id=file_id,
                name_sealed=vault.seal(name, "files", "name", file_id),
                mime=mime[:127],
                size=len(body),
                body_sealed=vault.seal(body, "files", "body", file_id),
                created_at=at,
                expires_at=expires_at,
            )
        )
        return File(file_id, name, mime, len(body))

    async def get(self, file_id: int) -> File | None:
        """Find a file without its bytes."""
        row = await self.one(
            sa.select(files.c.id, files.c.name_sealed, files.c.mime, files.c.size).where(
                files.c.id == file_id
            )
        )
        if row is None:
            return None
        name = self.unit.vault.open_text(row.name_sealed, "files", "name", file_id)
        return File(row.id, name, row.mime, row.size)

    async def body(self, file_id: int) -> bytes | None:
        """Return a file's bytes."""
        sealed = await self.scalar(sa.select(files.c.body_sealed).where(files.c.id == file_id))
        return None if sealed is None else self.unit.vault.open(sealed, "files", "body", file_id)

    async def remove(self, file_id: int) -> None:
        """Forget a file."""
        await self.run(files.delete().where(files.c.id == file_id))

    async def remove_expired(self, now: datetime) -> int:
        """Forget generated files whose time is over, and dead links; return how many files."""
        await self.run(media_links.delete().where(media_links.c.expires_at <= now))
        return await self.run(files.delete().where(files.c.expires_at <= now))

    async def remote(self, file_id: int, channel: str, account: str) -> str:
        """Return what a provider calls the file, or an empty text."""
        return str(
            await self.scalar(
                sa.select(file_references.c.remote).where(
                    file_references.c.file_id == file_id,
                    file_references.c.channel == channel,
                    file_references.c.account == account,
                )
            )
            or ""
        )

    async def remember_remote(self, file_id: int, channel: str, account: str, remote: str) -> None:
        """Keep what a provider calls the file, so that it is uploaded once."""
        insert = self.upsert(file_references).values(
            file_id=file_id, channel=channel, account=account, remote=remote
        )
        keys = ["file_id", "channel", "account"]
        await self.run(insert.on_conflict_do_update(index_elements=keys, set_={"remote": remote}))

    async def link(self, file_id: int, *, expires_at: datetime, fetches: int) -> str:
        """Make an unguessable token by which the file can be fetched a few times for a short while."""
        token = secrets.token_urlsafe(32)
        await self.run(
            media_links.insert().values(
                token_hash=code_hash(token), file_id=file_id, expires_at=expires_at, fetches_left=fetches
            )
        )
        return token

    async def fetch(self, token: str, now: datetime) -> tuple[File, bytes] | None:
        """Use one fetch of a link; nothing where it is unknown, over or used up."""
        hashed = code_hash(token)
        row = await self.one(
            media_links.update()
            .where(
                media_links.c.token_hash == hashed,
                media_links.c.expires_at > now,
                media_links.c.fetches_left > 0,
            )
            .values(fetches_left=media_links.c.fetches_left - 1)
            .returning(media_links.c.file_id)
        )
        if row is None:
            return None
        file, body = await self.get(row.file_id), await self.body(row.file_id)
        return None if file is None or body is None else (file, body)
