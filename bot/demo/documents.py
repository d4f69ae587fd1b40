"""Real files for the demo's library: slides (PPTX), a checklist (PDF) and a picture (PNG), in each language."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_NAMES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    f'xmlns:r="{_OFFICE}" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
_KIND = "application/vnd.openxmlformats-officedocument.presentationml."
_EMPTY_TREE = (
    '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr><a:xfrm>'
    '<a:off x="0" y="0"/><a:ext cx="0" cy="0"/><a:chOff x="0" y="0"/><a:chExt cx="0" cy="0"/></a:xfrm></p:grpSpPr>'
)
_COLOURS = (
    ("dk1", "2A2520"), ("lt1", "FFFFFF"), ("dk2", "0D5C63"), ("lt2", "F4ECDF"), ("accent1", "0D5C63"),
    ("accent2", "C8553D"), ("accent3", "8A6414"), ("accent4", "5B4A8A"), ("accent5", "3C7A57"),
    ("accent6", "7A6A58"), ("hlink", "0D5C63"), ("folHlink", "5B4A8A"),
)  # fmt: skip


def slides(title: str, points: Sequence[str], *, rtl: bool) -> bytes:
    """Write a presentation (ECMA-376): a title, then a slide for each point."""
    pages = [_slide(title, "Diwakhan", rtl), *(_slide(title, point, rtl) for point in points)]
    numbers = range(1, len(pages) + 1)
    parts = {
        "[Content_Types].xml": _types(numbers),
        "_rels/.rels": _relations(("officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": _presentation(numbers, rtl),
        "ppt/_rels/presentation.xml.rels": _relations(
            ("slideMaster", "slideMasters/slideMaster1.xml"),
            *(("slide", f"slides/slide{number}.xml") for number in numbers),
        ),
        "ppt/slideMasters/slideMaster1.xml": _master(),
        "ppt/slideMasters/_rels/slideMaster1.xml.rels": _relations(
            ("slideLayout", "../slideLayouts/slideLayout1.xml"), ("theme", "../theme/theme1.xml")
        ),
        "ppt/slideLayouts/slideLayout1.xml": f"<p:sldLayout {_NAMES}><p:cSld><p:spTree>{_EMPTY_TREE}"
        "</p:spTree></p:cSld></p:sldLayout>",
        "ppt/slideLayouts/_rels/slideLayout1.xml.rels": _relations(
            ("slideMaster", "../slideMasters/slideMaster1.xml")
        ),
        "ppt/theme/theme1.xml": _theme(),
    }
    for number, page in zip(numbers, pages, strict=True):
        parts[f"ppt/slides/slide{number}.xml"] = page
        parts[f"ppt/slides/_rels/slide{number}.xml.rels"] = _relations(
            ("slideLayout", "../slideLayouts/slideLayout1.xml")
        )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, _HEAD + content)
    return written.getvalue()


def sheet(title: str, points: Sequence[str], *, rtl: bool, form: str) -> bytes:
    """Draw one page with a title and numbered points as `pdf` or `png`. Slow: not for the event loop.

    Matplotlib shapes Arabic letters and carries a font that has them.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    figure = Figure(figsize=(8, 5.2), dpi=120, facecolor="#fffdf9")
    figure.add_artist(Rectangle((0, 0.8), 1, 0.2, color="#0d5c63", transform=figure.transFigure))
    edge, beside, side = (0.95, 0.89, "right") if rtl else (0.05, 0.11, "left")
    words: dict[str, Any] = {"ha": side, "va": "center", "fontfamily": "DejaVu Sans"}
    figure.text(edge, 0.9, title, color="white", fontsize=22, **words)
    for number, point in enumerate(points):
        height = 0.66 - 0.16 * number
        figure.text(edge, height, f"{number + 1}", color="#c8553d", fontsize=24, **words)
        figure.text(beside, height, point, color="#2a2520", fontsize=17, **words)
    written = io.BytesIO()
    figure.savefig(written, format=form, metadata={"CreationDate": None} if form == "pdf" else None)
    return written.getvalue()


def _types(numbers: Sequence[int]) -> str:
    kinds = {
        "/ppt/presentation.xml": f"{_KIND}presentation.main+xml",
        "/ppt/slideMasters/slideMaster1.xml": f"{_KIND}slideMaster+xml",
        "/ppt/slideLayouts/slideLayout1.xml": f"{_KIND}slideLayout+xml",
        "/ppt/theme/theme1.xml": "application/vnd.openxmlformats-officedocument.theme+xml",
        **{f"/ppt/slides/slide{number}.xml": f"{_KIND}slide+xml" for number in numbers},
    }
    overrides = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in kinds.items())
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relations(*targets: tuple[str, str]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _presentation(numbers: Sequence[int], rtl: bool) -> str:
    ids = "".join(f'<p:sldId id="{255 + number}" r:id="rId{number + 1}"/>' for number in numbers)
    return (
        f'<p:presentation {_NAMES} rtl="{int(rtl)}"><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId1"/>'
        f'</p:sldMasterIdLst><p:sldIdLst>{ids}</p:sldIdLst><p:sldSz cx="12192000" cy="6858000"/>'
        '<p:notesSz cx="6858000" cy="9144000"/></p:presentation>'
    )


def _master() -> str:
    mapping = {
        "bg1": "lt1",
        "tx1": "dk1",
        "bg2": "lt2",
        "tx2": "dk2",
        "hlink": "hlink",
        "folHlink": "folHlink",
    }
    mapping |= {f"accent{number}": f"accent{number}" for number in range(1, 7)}
    pairs = " ".join(f'{name}="{value}"' for name, value in mapping.items())
    return (
        f"<p:sldMaster {_NAMES}><p:cSld><p:spTree>{_EMPTY_TREE}</p:spTree></p:cSld><p:clrMap {pairs}/>"
        '<p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst></p:sldMaster>'
    )


def _slide(title: str, text: str, rtl: bool) -> str:
    shapes = _box(2, title, 500_000, 3200, "0D5C63", rtl) + _box(3, text, 2_600_000, 2800, "2A2520", rtl)
    return f"<p:sld {_NAMES}><p:cSld><p:spTree>{_EMPTY_TREE}{shapes}</p:spTree></p:cSld></p:sld>"


def _box(number: int, text: str, top: int, size: int, colour: str, rtl: bool) -> str:
    paragraph = '<a:pPr algn="r" rtl="1"/>' if rtl else "<a:pPr/>"
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="Text {number}"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr>'
        f'<p:spPr><a:xfrm><a:off x="800000" y="{top}"/><a:ext cx="10592000" cy="1600000"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr wrap="square"/>'
        f'<a:p>{paragraph}<a:r><a:rPr sz="{size}"><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill></a:rPr>'
        f"<a:t>{escape(text)}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def _theme() -> str:
    colours = "".join(f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in _COLOURS)
    font = '<a:latin typeface="Arial"/><a:ea typeface=""/><a:cs typeface="Arial"/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    line = f'<a:ln w="9525">{fill}</a:ln>'
    effect = "<a:effectStyle><a:effectLst/></a:effectStyle>"
    return (
        f'<a:theme {_NAMES} name="Diwakhan"><a:themeElements><a:clrScheme name="Diwakhan">{colours}</a:clrScheme>'
        f'<a:fontScheme name="Diwakhan"><a:majorFont>{font}</a:majorFont><a:minorFont>{font}</a:minorFont>'
        f'</a:fontScheme><a:fmtScheme name="Diwakhan"><a:fillStyleLst>{fill * 3}</a:fillStyleLst>'
        f"<a:lnStyleLst>{line * 3}</a:lnStyleLst><a:effectStyleLst>{effect * 3}</a:effectStyleLst>"
        f"<a:bgFillStyleLst>{fill * 3}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )
