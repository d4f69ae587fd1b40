"""What somebody gets who takes the database: every column that is linked to a person, alone and with the keys.

`storage/holdings.tsv` lists each such column, with its table's purpose and retention. A test compares it with the
schema, so that nothing new about people is kept without a reason and an end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from storage.keys import key_of
from storage.rekeying import SUFFIX, Place, places
from storage.snapshots import BLANKED, LEFT_OUT
from storage.store import Store
from storage.tables import metadata
from storage.vault import VaultError

LIST = Path(__file__).parent / "holdings.tsv"
ALSO = ("audit", "browser_messages", "files", "inbox", "link_tries", "survey_ballots", "survey_voters")
"""Tables about people that reference nobody."""
KEYED = ("_index", "_hash", "tag")
"""How columns end that hold a keyed hash, or that of something nobody can guess."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One table that is linked to people: why, for how long, and its columns by what they give away.

    `plain` is read by whoever has the database; `sealed` by whoever has the keys too; from `keyed` nothing is read, but
    with the keys a guess can be confirmed. `absent` names what is not in backups.
    """

    table: str
    purpose: str
    retention: str
    plain: tuple[str, ...]
    sealed: tuple[str, ...]
    keyed: tuple[str, ...]
    absent: str

    @property
    def line(self) -> str:
        """Return the line of the list."""
        columns = (" ".join(one) or "-" for one in (self.plain, self.sealed, self.keyed))
        return "\t".join((self.table, self.purpose, self.retention, *columns, self.absent))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a column of a real database gives away: values, and bytes by what opens them."""

    table: str
    column: str
    values: int
    size: int
    opens: str
    """`nothing`: it is readable as it is; `keys`; or `guess`."""


def linked() -> list[sa.Table]:
    """List the tables that reference a person, over however many others, and those that do without saying so."""
    found = {"members", *ALSO}
    while True:
        more = {
            table.name
            for table in metadata.tables.values()
            if any(key.column.table.name in found for key in table.foreign_keys)
        } - found
        if not more:
            return [table for table in metadata.sorted_tables if table.name in found]
        found |= more


def held(table: sa.Table, purpose: str = "", retention: str = "") -> Holding:
    """Describe a table as its columns are."""
    names = [column.name for column in table.columns]
    sealed = [name for name in names if name.endswith(SUFFIX) or name in ("sealed", "seed")]
    keyed = [name for name in names if name.endswith(KEYED) or name == "seal"]
    plain = [name for name in names if name not in (*sealed, *keyed)]
    absent = [name.partition(".")[2] for name in BLANKED if name.startswith(f"{table.name}.")]
    out = "all" if table.name in LEFT_OUT else " ".join(absent) or "-"
    return Holding(table.name, purpose, retention, tuple(plain), tuple(sealed), tuple(keyed), out)


def listed() -> dict[str, Holding]:
    """Read the list."""
    found = {}
    for line in LIST.read_text(encoding="utf-8").splitlines()[1:]:
        table, purpose, retention, plain, sealed, keyed, absent = line.split("\t")
        found[table] = Holding(
            table, purpose, retention, _names(plain), _names(sealed), _names(keyed), absent
        )
    return found


def _names(written: str) -> tuple[str, ...]:
    return () if written == "-" else tuple(written.split(" "))


class Seizure(Store):
    """Plays the thief."""

    async def taken(self) -> list[Taken]:
        """Measure what a thief gets of every column that is linked to people."""
        found = []
        for table in linked():
            holding = held(table)
            for column in table.columns:
                text = sa.cast(column, sa.Text) if not isinstance(column.type, sa.LargeBinary) else column
                size = sa.func.coalesce(sa.func.sum(sa.func.length(text)), 0)
                row = await self.one(sa.select(sa.func.count(column), size).where(column.is_not(None)))
                opens = (
                    "keys"
                    if column.name in holding.sealed
                    else "guess"
                    if column.name in holding.keyed
                    else "nothing"
                )
                if row is not None and row[0]:
                    found.append(Taken(table.name, column.name, int(row[0]), int(row[1]), opens))
        return found

    async def opened(self) -> AsyncIterator[tuple[Place, str]]:
        """Open every sealed value that can be opened with the ring and the people's keys that are there."""
        for place in places():
            for row in await self.all(sa.select(place.table)):
                sealed = getattr(row, place.column.name)
                bound = (place.table.name, place.name, place.row(row))
                try:
                    await self.unit.keys.load(sealed)
                    if sealed is not None and place.table.name != "member_keys":
                        yield place, self._open(sealed, *bound)
                except VaultError:
                    continue

    def _open(self, sealed: Any, *bound: Any) -> str:
        if key_of(sealed):
            return self.unit.keys.open_text(sealed, *bound)
        return self.unit.vault.open(sealed, *bound).decode(errors="replace")
