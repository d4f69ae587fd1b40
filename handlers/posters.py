"""The picture that is shown where an event takes place: a QR code and the day's short code in large digits."""

from __future__ import annotations

from io import BytesIO
from textwrap import wrap
from typing import Any

import segno

from handlers.charts import drawing, font, plain

INCHES, DOTS_PER_INCH = 6.0, 150
LETTERS = 40
"""How many letters of a title fit on a line."""
QUIET_ZONE = 4
"""Modules of white around a QR code (ISO/IEC 18004)."""


def check_in_poster(title: str, day: str, code: str, link: str) -> bytes:
    """Draw a PNG with a title, a line for the day, the QR code of a link (if there is one) and the code."""
    with drawing():
        from matplotlib.figure import Figure

        height = INCHES * 4 / 3 if link else INCHES / 2
        figure = Figure(figsize=(INCHES, height), dpi=DOTS_PER_INCH, facecolor="white")
        shown = "\n".join(wrap(plain(title), LETTERS)[:2])
        figure.text(0.5, 1 - 0.45 / height, shown, ha="center", va="center", **font(16))
        figure.text(0.5, 1 - 1.05 / height, plain(day), ha="center", va="center", **font(12))
        spaced = f"{code[:3]} {code[3:]}"
        figure.text(0.5, 0.7 / height, spaced, ha="center", va="center", fontweight="bold", **font(46))
        if link:
            add_qr(figure, link, (0.06, 1.25 / height, 0.88, 5.28 / height))
        kept = BytesIO()
        figure.savefig(kept, format="png")
        return kept.getvalue()


def add_qr(figure: Any, link: str, box: tuple[float, float, float, float]) -> None:
    """Draw the QR code of a link into a box of a figure."""
    modules = [list(row) for row in segno.make_qr(link, error="m").matrix_iter(border=QUIET_ZONE)]
    axes = figure.add_axes(box)
    axes.imshow(modules, cmap="gray_r", interpolation="nearest", vmin=0, vmax=1)
    axes.set_axis_off()
