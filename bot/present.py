"""How a screen looks on a channel: buttons, a list or numbers, and how long texts are cut into messages.

One pure function; nothing is ever truncated in silence: a label that a channel can't show whole is spelled out
as a numbered line in the text.
"""

from __future__ import annotations

from dataclasses import replace

from bot.channels.contract import Capabilities, Part
from handlers.kit import Attachment, Button, Screen
from locales import anchor, speech

SOFT_BREAKS = ("\n\n", "\n", ". ", "، ", " ")


def present(screen: Screen, can: Capabilities, *, popup: bool = False) -> list[Part]:
    """Cut one screen (without its `then`) into the messages that show it, in order.

    `popup` says that the note is shown elsewhere; otherwise it becomes the first line. Buttons stand under the
    last text. Attachments follow the text, or carry it as their caption where it is short and nothing is asked.
    """
    text = screen.text if popup or not screen.note else f"{screen.note}\n\n{screen.text}".strip()
    urls = [button for button in screen.buttons if button.url]
    if urls and not can.inline:
        text = "\n".join([text, *(f"{button.label}: {button.url}" for button in urls)]).strip()
    shown = _laid_out(screen, can, text)
    pieces = _pieces(shown, can, screen.lang)
    files = [_file(one, screen) for one in screen.attachments]
    return _with_files(pieces, files, can)


def offered(screen: Screen) -> tuple[tuple[str, str], ...]:
    """List the choices of the last screen of a chain that has any, as (label, action), in numbered order."""
    for one in reversed((screen, *screen.then)):
        choices = [(button.label, button.action) for button in one.buttons if button.action]
        if choices:
            return tuple(choices)
    return ()


def _laid_out(screen: Screen, can: Capabilities, text: str) -> Part:
    bare = Part(
        text=text, title=screen.title, private=screen.private, lasting=screen.lasting, lang=screen.lang
    )
    choices = [button for button in screen.buttons if button.action]
    if can.inline:
        return replace(bare, layout="inline", rows=_rows(screen, can)) if screen.rows else bare
    if not choices:
        return bare
    fits_body = can.measure(f"{screen.title}\n\n{text}") <= can.body_with_buttons - 40
    if fits_body and len(choices) <= can.quick_replies and _fit(choices, can.quick_reply_label):
        return replace(bare, layout="quick_reply", rows=(tuple(choices),))
    if fits_body and len(choices) <= can.list_items:
        return _listed(bare, choices, can)
    # A typed number answers what is asked: see docs/decisions/0002-a-number-answers-the-waiting-question.md.
    spelled = _in_a_row(text, choices) if screen.ask else _numbered(text, choices)
    return replace(bare, layout="numbers", rows=(tuple(choices),), text=spelled)


def _in_a_row(text: str, choices: list[Button]) -> str:
    return f"{text}\n\n" + " · ".join(button.label for button in choices)


def _listed(bare: Part, choices: list[Button], can: Capabilities) -> Part:
    """Offer a list; labels too long for an item are spelled out in the text and numbered in the list."""
    choose = str(speech(bare.lang or "en").p("button", "Choose"))
    if _fit(choices, can.list_label):
        listed = tuple((button.action, button.label, "") for button in choices)
        return replace(bare, layout="list", choose=choose, listed=listed)
    text = _numbered(bare.text, choices)
    if can.measure(f"{bare.title}\n\n{text}") > can.body_with_buttons - 40:
        return replace(bare, layout="numbers", rows=(tuple(choices),), text=text)
    listed = tuple(
        (button.action, str(number), _shortened(button.label, can.list_description))
        for number, button in enumerate(choices, 1)
    )
    return replace(bare, layout="list", choose=choose, listed=listed, text=text)


def _rows(screen: Screen, can: Capabilities) -> tuple[tuple[Button, ...], ...]:
    """Break rows at the channel's width, and mirror them where a right-to-left reader would see them reversed."""
    rows: list[tuple[Button, ...]] = []
    for row in screen.rows:
        rows += [row[start : start + can.inline_row] for start in range(0, len(row), can.inline_row)]
    mirrored = can.reverse_rows and screen.lang in ("ar", "ku")
    return tuple(tuple(reversed(row)) if mirrored else row for row in rows)


def _fit(choices: list[Button], limit: int) -> bool:
    return all(len(button.label) <= limit for button in choices) and len({b.label for b in choices}) == len(
        choices
    )


def _numbered(text: str, choices: list[Button]) -> str:
    lines = [
        button.label if button.label == str(number) else f"{number}. {button.label}"
        for number, button in enumerate(choices, 1)
    ]
    return f"{text}\n\n" + "\n".join(lines) if text else "\n".join(lines)


def _shortened(label: str, limit: int) -> str:
    return label if len(label) <= limit else label[: limit - 1] + "…"


def _pieces(part: Part, can: Capabilities, lang: str) -> list[Part]:
    text = anchor(part.text, speech(lang).lang) if lang else part.text
    title = anchor(part.title, speech(lang).lang) if lang else part.title
    whole = replace(part, text=text, title=title)
    if not text and not title and part.layout == "none":
        return []
    limit = can.text if part.layout in ("none", "inline", "numbers") else can.body_with_buttons
    room = limit - can.measure(title) - 8
    texts = split_text(text, room, can) or [""]
    if len(texts) == 1:
        return [whole]
    first, *middle, last = texts
    plain = replace(whole, layout="none", rows=(), listed=())
    return [
        replace(plain, text=first),
        *(replace(plain, text=one, title="") for one in middle),
        replace(whole, text=last, title=""),
    ]


def split_text(text: str, limit: int, can: Capabilities) -> list[str]:
    """Cut a text into pieces no longer than the limit in the provider's unit, at the softest break there is."""
    pieces = []
    rest = text
    while can.measure(rest) > limit:
        cut = _cut(rest, limit, can)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [piece for piece in [*pieces, rest] if piece]


def _cut(text: str, limit: int, can: Capabilities) -> int:
    longest = min(len(text), limit)
    while can.measure(text[:longest]) > limit:
        longest -= 1
    for soft in SOFT_BREAKS:
        at = text.rfind(soft, longest // 2, longest)
        if at > 0:
            return at + len(soft)
    return max(longest, 1)


def _file(attachment: Attachment, screen: Screen) -> Part:
    return Part(attachment=attachment, private=screen.private, lang=screen.lang)


def _with_files(pieces: list[Part], files: list[Part], can: Capabilities) -> list[Part]:
    if len(files) == 1 and len(pieces) == 1 and can.captions:
        piece = pieces[0]
        if (
            piece.layout in ("none", "inline")
            and can.measure(f"{piece.title}\n\n{piece.text}") <= can.caption
        ):
            return [replace(piece, attachment=files[0].attachment)]
    if not pieces:
        return files
    *before, last = pieces
    return [*before, *files, last] if last.layout != "none" else [*pieces, *files]
