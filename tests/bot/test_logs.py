"""Logging stops nobody, and owns up to what it lost."""

from __future__ import annotations

import io

from bot.logs import Unfailing


class Disk(io.StringIO):
    """A stream on a disk that can be full."""

    full = False

    def write(self, text: str) -> int:
        """Write, or fail as a full disk does."""
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)

    def flush(self) -> None:
        """Fail as a full disk does."""
        if self.full:
            raise OSError(28, "No space left on device")


def test_a_full_disk_loses_lines_but_stops_nobody() -> None:
    disk = Disk()
    out = Unfailing(disk)
    print("one", file=out)
    disk.full = True
    for word in ("two", "three"):
        print(word, file=out)
        out.flush()
    disk.full = False
    print("four", file=out)
    out.flush()
    assert disk.getvalue() == 'one\n{"event": "log lines were lost", "lines": 2}\nfour\n'
