"""The short code by which people check in, however they send it."""

from __future__ import annotations

import re

from locales import clean, to_ascii_digits

_CODE = re.compile(r"[0-9]{6}")
_SENT = re.compile(r"c(?:heck-?in)?[\s:]*([0-9]{6})", re.IGNORECASE)


def code_in(typed: str) -> str:
    """Return the six digits of a typed code, in whichever digits and groups; empty where it is none."""
    bare = re.sub(r"[\s\-\u2010-\u2015.]", "", to_ascii_digits(clean(typed)))
    return bare if _CODE.fullmatch(bare) else ""


def code_sent(text: str) -> str:
    """Return the code of a message that a QR code wrote, such as `check-in 123456`; empty for anything else."""
    found = _SENT.fullmatch(to_ascii_digits(clean(text)))
    return found[1] if found else ""
