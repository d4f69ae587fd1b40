"""Charts: a picture in each language, mirrored where the language is, with letters that join."""

from __future__ import annotations

import time
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.image import imread

from handlers.charts import Bar, Panel, bar_chart

KURDISH = "ێ ۆ ڕ ڵ ە ک ی ڤ چ گ پ ژ"


def panel(label: str = "In my own work", values: tuple[int, ...] = (3, 5, 0)) -> Panel:
    return Panel(
        "How will you use it?", "8 answers", tuple(Bar(label, value, str(value)) for value in values)
    )


def picture(png: bytes) -> npt.NDArray[np.float32]:
    return np.asarray(imread(BytesIO(png), format="png"))[:, :, :3]


def bars(png: bytes) -> tuple[int, int]:
    """Return the first and last column of the longest bar."""
    image = picture(png)
    filled = np.all(np.abs(image - np.array([0x1F, 0x6F, 0x78]) / 255) < 0.01, axis=2)
    row = int(np.argmax(filled.sum(axis=1)))
    columns = np.flatnonzero(filled[row])
    return int(columns[0]), int(columns[-1])


def test_bars_grow_in_the_direction_of_reading() -> None:
    left, right = bars(bar_chart([panel()], rtl=False))
    mirrored_left, mirrored_right = bars(bar_chart([panel("لە کاری خۆمدا")], rtl=True))
    width = picture(bar_chart([panel()], rtl=False)).shape[1]
    assert left > width * 0.3
    assert mirrored_right < width * 0.7
    assert abs((right - left) - (mirrored_right - mirrored_left)) <= 2


@pytest.mark.parametrize(
    "text", ["مفيد جدًا لمنظمتنا", KURDISH, "ڕێکخراوەکەمان گەڵاڵەی کرد", "1 · 2 · 3", "100 $ of $"]
)
def test_no_letter_is_missing_from_the_font(text: str) -> None:
    """A missing glyph warns, and warnings are errors here."""
    assert bar_chart([Panel(text, text, (Bar(text, 1, "1"),))], rtl=True).startswith(b"\x89PNG")


def test_letters_join_and_run_from_right_to_left() -> None:
    font = FT2Font(findfont(FontProperties(family="DejaVu Sans")))
    word = "ڕێکخراوەکەمان"
    shaped = [item.glyph_index for item in font._layout(word, LoadFlags.DEFAULT)]
    alone = [font.get_char_index(ord(letter)) for letter in word]
    assert shaped != alone[::-1], "no letter took a joined form"
    assert shaped[-1] == alone[0], "the first letter (which joins nothing before it) stands rightmost"


def test_direction_marks_are_not_drawn() -> None:
    isolated = panel("\u2068In my own work\u2069\u200f")
    assert bar_chart([isolated], rtl=False) == bar_chart([panel()], rtl=False)


def test_nothing_answered_still_draws() -> None:
    assert bar_chart([panel(values=(0, 0, 0))], rtl=True).startswith(b"\x89PNG")


def test_a_chart_is_drawn_quickly() -> None:
    bar_chart([panel()], rtl=False)
    begun = time.perf_counter()
    bar_chart([panel(), panel()], rtl=True)
    assert time.perf_counter() - begun < 2, "it takes about 0.1 s here"
