"""Bar charts: data in, PNG bytes out, laid out from right to left where the language is.

Matplotlib 3.11 shapes Arabic and Kurdish letters itself (libraqm), and ships the font that has them all. It is
imported when the first chart is drawn, since that takes most of a second. Not to be called on the event loop.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from locales import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INCHES_WIDE, DOTS_PER_INCH = 7.2, 120
BAR, LINE, MARGIN = 0.42, 0.27, 0.2
"""Inches that a bar and a line of a heading take, and the white around them."""

LETTERS = 62
"""How many characters of a heading fit on a line."""

INK, QUIET, FILL = "#1f2933", "#5f6c7b", "#1f6f78"

_drawing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is called, how long it is, and what stands at its end."""

    label: str
    value: int
    shown: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One question: a heading, a line below it, and its bars from top to bottom."""

    heading: str
    note: str
    bars: tuple[Bar, ...]


def drawing() -> AbstractContextManager[bool]:
    """Hold everybody else back from drawing: Matplotlib's fonts are shared and not made for threads."""
    return _drawing


def bar_chart(panels: Sequence[Panel], *, rtl: bool) -> bytes:
    """Draw panels one below the other and return a PNG."""
    with drawing():
        return _draw(panels, rtl=rtl)


def _draw(panels: Sequence[Panel], *, rtl: bool) -> bytes:
    from matplotlib.figure import Figure

    height = sum(_inches(panel) for panel in panels)
    figure = Figure(figsize=(INCHES_WIDE, height), dpi=DOTS_PER_INCH, facecolor="white")
    top = height
    for panel in panels:
        _head(figure, panel, top - MARGIN, rtl=rtl)
        top -= _inches(panel)
        box = (0.06 if rtl else 0.32, (top + MARGIN / 2) / height, 0.62, BAR * len(panel.bars) / height)
        _fill(figure.add_axes(box), panel, rtl=rtl)
    kept = BytesIO()
    figure.savefig(kept, format="png")
    return kept.getvalue()


def _inches(panel: Panel) -> float:
    return 2 * MARGIN + LINE * (len(_heading(panel)) + 1) + BAR * len(panel.bars)


def _heading(panel: Panel) -> list[str]:
    return wrap(plain(panel.heading), LETTERS)


def _fill(axes: Axes, panel: Panel, *, rtl: bool) -> None:
    places = range(len(panel.bars))
    longest = max((bar.value for bar in panel.bars), default=0) or 1
    axes.barh(places, [bar.value for bar in panel.bars], height=0.66, color=FILL)
    axes.set_xlim(*((longest * 1.12, 0) if rtl else (0, longest * 1.12)))
    axes.set_ylim(len(panel.bars) - 0.5, -0.5)
    axes.xaxis.set_visible(False)
    labels = [plain(bar.label) for bar in panel.bars]
    axes.yaxis.set_ticks(list(places), labels, color=INK, va="center_baseline", **font(11))
    axes.tick_params(axis="y", length=0, pad=8)
    for side in ("top", "bottom", "left", "right"):
        axes.spines[side].set_visible(False)
    if rtl:
        axes.yaxis.tick_right()
    for place, bar in zip(places, panel.bars, strict=True):
        axes.annotate(
            plain(bar.shown),
            (bar.value, place),
            xytext=(-6 if rtl else 6, 0),
            textcoords="offset points",
            va="center_baseline",
            ha="right" if rtl else "left",
            color=QUIET,
            **font(11),
        )


def _head(figure: Figure, panel: Panel, top: float, *, rtl: bool) -> None:
    said = [(line, 13, INK) for line in _heading(panel)] + [(plain(panel.note), 10, QUIET)]
    for at, (line, size, color) in enumerate(said):
        place = (0.97 if rtl else 0.03, (top - at * LINE) / figure.get_figheight())
        figure.text(*place, line, color=color, va="top", ha="right" if rtl else "left", **font(size))


def plain(text: str) -> str:
    """Return a text as Matplotlib takes it."""
    # Isolates are drawn as boxes, and "$" begins a formula.
    return clean(text).replace("$", r"\$")


def font(size: int) -> dict[str, Any]:
    """Return the font that has the letters of all three languages, in a size."""
    return {"fontfamily": "DejaVu Sans", "fontsize": size}
