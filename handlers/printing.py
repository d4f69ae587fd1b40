"""A certificate as a PDF page in two languages, its letters shaped and ordered as each language is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from textwrap import wrap
from typing import TYPE_CHECKING

from handlers.charts import INK, QUIET, drawing, font, plain
from handlers.posters import add_qr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

A4 = (11.69, 8.27)
"""Inches, lying."""
FRAME = "#1f6f78"
LINE = 0.044
"""Of the page's height, for a line of the smaller texts."""
LETTERS = 36
"""How many letters of an event's title fit into one column's line."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a certificate says in one language, in this order; `event` and `dates` may take several lines."""

    heading: str
    community: str
    certifies: str
    took_part: str
    event: str
    dates: str
    attended: str


@dataclass(frozen=True, slots=True)
class Foot:
    """What stands below: the number, where it can be checked, and the address that the QR code holds."""

    number: str
    check: str
    link: str


def certificate_page(name: str, left: Column, right: Column, foot: Foot) -> bytes:
    """Draw a certificate: one language on the left, one on the right, the name between and above them."""
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=A4, facecolor="white")
        _frame(figure)
        for center, column in ((0.28, left), (0.72, right)):
            _write(figure, center, column)
        figure.text(0.5, 0.575, plain(name), ha="center", va="center", color=FRAME, **font(_fitting(name)))
        _foot(figure, foot)
        kept = BytesIO()
        figure.savefig(kept, format="pdf", metadata={"CreationDate": None, "Producer": None})
        return kept.getvalue()


def _frame(figure: Figure) -> None:
    from matplotlib.patches import Rectangle

    for inset, width in ((0.03, 3.0), (0.042, 0.8)):
        across = inset * A4[1] / A4[0]
        figure.add_artist(
            Rectangle((across, inset), 1 - 2 * across, 1 - 2 * inset, fill=False, ec=FRAME, lw=width)
        )


def _write(figure: Figure, center: float, column: Column) -> None:
    def put(height: float, texts: Iterable[str], size: int, color: str = INK, *, bold: bool = False) -> None:
        for number, text in enumerate(texts):
            at = height - number * LINE * size / 14
            weight = "bold" if bold else "normal"
            figure.text(
                center,
                at,
                plain(text),
                ha="center",
                va="center",
                color=color,
                fontweight=weight,
                **font(size),
            )

    put(0.89, [column.community], 12, QUIET)
    put(0.80, [column.heading], 22, FRAME, bold=True)
    put(0.68, [column.certifies], 13)
    put(0.47, [column.took_part], 13)
    title = wrap(plain(column.event), LETTERS)[:3]
    put(0.415, title, 15, bold=True)
    below = 0.415 - len(title) * LINE * 15 / 14
    dates = wrap(plain(column.dates), LETTERS + 12)[:2]
    put(below, dates, 12)
    put(below - len(dates) * LINE * 12 / 14, [column.attended], 12, QUIET)


def _fitting(name: str) -> int:
    return 30 if len(name) <= 36 else 20


def _foot(figure: Figure, foot: Foot) -> None:
    beside = 0.2 if foot.link else 0.09
    figure.text(beside, 0.145, plain(foot.number), va="center", color=INK, **font(13))
    figure.text(beside, 0.1, plain(foot.check), va="center", color=QUIET, **font(9))
    if foot.link:
        add_qr(figure, foot.link, (0.055, 0.055, 0.13, 0.15))
