"""A report as a PDF: headings, paragraphs, tables and bars on A4 pages, laid out as the language is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from handlers.charts import FILL, INK, QUIET, Bar, drawing, font, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE = (8.27, 11.69)
"""Inches: A4, standing."""
SIDE, TOP, BOTTOM = 0.8, 0.8, 0.9
WIDTH = PAGE[0] - 2 * SIDE
LETTERS_AN_INCH = {9: 14.2, 10: 12.6, 13: 9.4, 20: 6.2}
"""About how many letters of a size fit on an inch."""
LEADING = {9: 0.18, 10: 0.21, 13: 0.3, 20: 0.44}
CELL = 0.08
"""Inches of white around a table's texts."""
BAND = "#edf4f4"


@dataclass(frozen=True, slots=True)
class Line:
    """A text in a size; `bold` for headings, `quiet` for what is beside the point."""

    text: str
    size: int = 10
    bold: bool = False
    quiet: bool = False
    above: float = 0.06


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its heading first, and each column's part of the width."""

    rows: Sequence[Sequence[str]]
    parts: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of one length for all; each is drawn as its value of `most`."""

    bars: Sequence[Bar]
    most: int


Block = Line | Table | Bars


def report_pdf(blocks: Iterable[Block], foot: str, *, rtl: bool) -> bytes:
    """Draw blocks one below the other onto as many pages as they need."""
    with drawing():
        return _Book(foot, rtl=rtl).drawn(blocks)


class _Book:
    """Pages that are being filled from the top."""

    def __init__(self, foot: str, *, rtl: bool) -> None:
        self._foot, self._rtl = foot, rtl
        self._pages: list[Figure] = []
        self._at = 0.0

    def drawn(self, blocks: Iterable[Block]) -> bytes:
        from matplotlib.backends.backend_pdf import PdfPages

        self._turn()
        for block in blocks:
            match block:
                case Line():
                    self._line(block)
                case Table():
                    self._table(block)
                case Bars():
                    self._bars(block)
        kept = BytesIO()
        with PdfPages(kept, metadata={"CreationDate": None, "Producer": None}) as book:
            for number, page in enumerate(self._pages, 1):
                self._number(page, number)
                book.savefig(page)
        return kept.getvalue()

    # --- pages ----------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        from matplotlib.figure import Figure

        self._pages.append(Figure(figsize=PAGE, facecolor="white"))
        self._at = PAGE[1] - TOP

    def _room(self, inches: float) -> None:
        if self._at - inches < BOTTOM:
            self._turn()

    def _number(self, page: Figure, number: int) -> None:
        said = plain(f"{self._foot} · {number}")
        page.text(0.5, 0.045, said, ha="center", color=QUIET, **font(8))

    # --- blocks ---------------------------------------------------------------------------------------------

    def _line(self, line: Line) -> None:
        texts = _wrapped(line.text, WIDTH, line.size)
        height = line.above + len(texts) * LEADING[line.size]
        # A heading stays with what follows it.
        self._room(height + (0.8 if line.bold else 0))
        self._at -= line.above
        for text in texts:
            self._put(text, 0.0, self._at, line.size, bold=line.bold, color=QUIET if line.quiet else INK)
            self._at -= LEADING[line.size]

    def _table(self, table: Table) -> None:
        self._at -= 0.1
        for number, row in enumerate(table.rows):
            cells = [
                _wrapped(text, part * WIDTH - 2 * CELL, 9)
                for text, part in zip(row, table.parts, strict=True)
            ]
            height = max(len(cell) for cell in cells) * LEADING[9] + 2 * CELL
            # A heading stays with its first rows.
            self._room(height if number else 3 * height)
            if number % 2 == 0:
                self._band(height)
            before = 0.0
            for cell, part in zip(cells, table.parts, strict=True):
                for at, text in enumerate(cell):
                    down = self._at - CELL - at * LEADING[9]
                    self._put(text, before + CELL, down, 9, bold=number == 0)
                before += part * WIDTH
            self._at -= height
        self._at -= 0.1

    def _bars(self, block: Bars) -> None:
        from matplotlib.patches import Rectangle

        height = 0.3
        self._room(height * len(block.bars) + 0.2)
        self._at -= 0.1
        longest = 0.5 * WIDTH
        for bar in block.bars:
            self._put(bar.label, 0.0, self._at - 0.05, 9)
            length = longest * min(1.0, bar.value / block.most) if block.most else 0.0
            start = 0.34 * WIDTH
            for inches, color in ((longest, BAND), (length, FILL)):
                left = SIDE + (WIDTH - start - inches if self._rtl else start)
                self._pages[-1].add_artist(
                    Rectangle(
                        (left / PAGE[0], (self._at - 0.22) / PAGE[1]),
                        inches / PAGE[0],
                        0.17 / PAGE[1],
                        color=color,
                        lw=0,
                    )
                )
            self._put(bar.shown, start + longest + 0.1, self._at - 0.05, 9, color=QUIET)
            self._at -= height
        self._at -= 0.1

    def _band(self, height: float) -> None:
        from matplotlib.patches import Rectangle

        place = (SIDE / PAGE[0], (self._at - height) / PAGE[1])
        self._pages[-1].add_artist(
            Rectangle(place, WIDTH / PAGE[0], height / PAGE[1], color=BAND, lw=0, zorder=0)
        )

    def _put(
        self, text: str, after: float, at: float, size: int, *, bold: bool = False, color: str = INK
    ) -> None:
        """Write a text so many inches after the side on which lines begin."""
        across = (PAGE[0] - SIDE - after if self._rtl else SIDE + after) / PAGE[0]
        options: dict[str, Any] = {"fontweight": "bold"} if bold else {}
        self._pages[-1].text(
            across,
            # On one line whatever the letters' heights: 72 points are an inch, and most of one stands above the line.
            (at - 0.8 * size / 72) / PAGE[1],
            plain(text),
            va="baseline",
            ha="right" if self._rtl else "left",
            color=color,
            **options,
            **font(size),
        )


def _wrapped(text: str, inches: float, size: int) -> list[str]:
    letters = max(4, int(inches * LETTERS_AN_INCH[size]))
    return [line for part in plain(text).splitlines() for line in (wrap(part, letters) or [""])] or [""]
