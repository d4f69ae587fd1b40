"""What has happened in the demo's community, and what is "
"coming: the numbers are the programme's own."""

from __future__ import annotations

from dataclasses import dataclass

from bot.demo.said import Said, filled, said


@dataclass(frozen=True, slots=True)
class Past:
    """Something that took place so many days ago."""

    kind: str
    days: int
    title: Said


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that takes place in so many days, at an hour in Baghdad; None where a kind's default is meant.

    `seats` are taken by the crowd. `closes` is how many days before the start registration ends.
    """

    kind: str
    days: int
    hour: int
    title: Said
    mode: str | None = None
    capacity: int | None = None
    place: Said | None = None
    seats: int = 0
    closes: int = 0


WEBINARS = (
    said(
        "What works in local accountability",
        "ما الذي ينجح في المساءلة المحلية",
        "چی سەرکەوتوو دەبێت لە لێپرسینەوەی ناوخۆییدا",
    ),
    said(
        "Safe documentation of violations",
        "التوثيق الآمن للانتهاكات",
        "بەڵگەدارکردنی پارێزراوی پێشێلکارییەکان",
    ),
    said("Working with local councils", "العمل مع المجالس المحلية", "کارکردن لەگەڵ ئەنجوومەنە ناوخۆییەکان"),
    said("Reaching young voters", "الوصول إلى الناخبين الشباب", "گەیشتن بە دەنگدەرانی گەنج"),
    said(
        "Measuring whether a campaign worked", "قياس أثر حملات المناصرة", "پێوانەکردنی کاریگەریی کەمپەینەکان"
    ),
)
"""The five of eight that took place, the oldest first."""

_CHAT = said(
    "Coffee chat with the donor ({number})",
    "جلسة قهوة مع الجهة المانحة ({number})",
    "دانیشتنی قاوە لەگەڵ بەخشەر ({number})",
)
_WELCOME = said(
    "Getting to know the community ({number})",
    "تعرّف على مجتمع الممارسة ({number})",
    "ناساندنی کۆمەڵگەی پراکتیک ({number})",
)

PAST = (
    *(Past("webinar", days, title) for days, title in zip((310, 240, 165, 80, 1), WEBINARS, strict=True)),
    Past(
        "training",
        280,
        said(
            "Writing proposals that are funded", "كتابة مقترحات تحظى بالتمويل", "نووسینی پێشنیازی سەرکەوتوو"
        ),
    ),
    Past(
        "training",
        130,
        said("Safety and care for teams", "سلامة الفرق ورعايتها", "سەلامەتی و چاودێریی تیمەکان"),
    ),
    Past(
        "roundtable",
        290,
        said(
            "Roundtable: freedom of expression", "طاولة مستديرة: حرية التعبير", "مێزی گرد: ئازادیی ڕادەربڕین"
        ),
    ),
    Past(
        "roundtable",
        215,
        said(
            "Roundtable: water and local decisions",
            "طاولة مستديرة: المياه والقرار المحلي",
            "مێزی گرد: ئاو و بڕیاری ناوخۆیی",
        ),
    ),
    Past(
        "roundtable",
        120,
        said(
            "Roundtable: the rights of displaced people",
            "طاولة مستديرة: حقوق النازحين",
            "مێزی گرد: مافەکانی ئاوارەکان",
        ),
    ),
    Past(
        "roundtable",
        45,
        said("Roundtable: open budgets", "طاولة مستديرة: الموازنات المفتوحة", "مێزی گرد: بودجەی کراوە"),
    ),
    Past(
        "collaboration_lab",
        95,
        said(
            "Collaboration lab: a paper on local budgets",
            "مختبر التعاون: ورقة حول الموازنات المحلية",
            "تاقیگەی هاوکاری: پەڕەیەک لەسەر بودجەی ناوخۆیی",
        ),
    ),
    *(Past("coffee_chat", 30 + 60 * number, filled(_CHAT, number=4 - number)) for number in range(4)),
    *(Past("induction", 50 + 70 * number, filled(_WELCOME, number=4 - number)) for number in range(4)),
    Past("workshop", 190, said("Annual workshop", "ورشة العمل السنوية", "وۆرکشۆپی ساڵانە")),
)

COMING = (
    Coming(
        "coffee_chat",
        1,
        17,
        said(
            "Coffee chat: ask the donor", "جلسة قهوة: أسئلة للجهة المانحة", "دانیشتنی قاوە: پرسیار لە بەخشەر"
        ),
        seats=9,
    ),
    Coming(
        "webinar",
        3,
        18,
        said(
            "What works in budget monitoring",
            "ما الذي ينجح في مراقبة الموازنة",
            "چی سەرکەوتوو دەبێت لە چاودێریی بودجەدا",
        ),
        seats=17,
    ),
    Coming(
        "induction",
        5,
        16,
        said(
            "New here? Getting to know the community",
            "عضو جديد؟ تعرّف على مجتمع الممارسة",
            "تازە هاتوویت؟ ناساندنی کۆمەڵگەی پراکتیک",
        ),
        seats=4,
    ),
    Coming(
        "roundtable",
        8,
        10,
        said(
            "Roundtable: women in local government",
            "طاولة مستديرة: النساء في الإدارة المحلية",
            "مێزی گرد: ژنان لە بەڕێوەبردنی ناوخۆییدا",
        ),
        capacity=12,
        place=said("Conference hall, Erbil", "قاعة المؤتمرات، أربيل", "هۆڵی کۆنفرانس، هەولێر"),
        seats=11,
    ),
    Coming(
        "small_grant",
        12,
        12,
        said(
            "Small grants: questions about the call",
            "المنح الصغيرة: أسئلة حول الدعوة",
            "گرانتە بچووکەکان: پرسیار لەسەر بانگەواز",
        ),
        seats=6,
    ),
    Coming(
        "training",
        15,
        9,
        said(
            "Grant operations and financial management",
            "إدارة المنح والإدارة المالية",
            "بەڕێوەبردنی گرانت و بەڕێوەبردنی دارایی",
        ),
        place=said("Training centre, Baghdad", "مركز التدريب، بغداد", "ناوەندی ڕاهێنان، بەغدا"),
        seats=14,
        closes=4,
    ),
    Coming(
        "collaboration_lab",
        21,
        10,
        said(
            "Collaboration lab: a paper on public services",
            "مختبر التعاون: ورقة حول الخدمات العامة",
            "تاقیگەی هاوکاری: پەڕەیەک لەسەر خزمەتگوزارییە گشتییەکان",
        ),
        place=said("Meeting house, Sulaymaniyah", "دار اللقاءات، السليمانية", "ماڵی دیدار، سلێمانی"),
        seats=8,
    ),
)

DRAFT = said("Roundtable: media and elections", "طاولة مستديرة: الإعلام والانتخابات", "")
"""A draft that still lacks a language, for a coordinator to finish."""

ABOUT = {
    "webinar": said(
        "What worked, what did not, and why: two examples from Iraq, then "
        "your questions. Slides and tools follow afterwards.",
        "ما الذي نجح، وما الذي لم ينجح، ولماذا: مثالان من العراق ثم "
        "أسئلتكم. يصلكم العرض والأدوات بعد الندوة.",
        "چی سەرکەوتوو بوو، چی نەبوو و بۆچی: دوو نموونە لە عێراقەوە، پاشان "
        "پرسیارەکانتان. سلایدەکان و ئامرازەکان دواتر دەگەن.",
    ),
    "training": said(
        "Two days of learning by doing. Please bring a project of your own to work on.",
        "يومان من التعلم بالممارسة. يُرجى إحضار مشروع من عملكم للعمل عليه.",
        "دوو ڕۆژ فێربوون بە کردار. تکایە پڕۆژەیەکی خۆتان لەگەڵ خۆتان بهێنن.",
    ),
    "mentorship": said(
        "One person learns with another who has done it before. Both agree on one goal for three months.",
        "شخص يتعلم مع آخر سبقه في التجربة، ويتفقان على هدف واحد لثلاثة أشهر.",
        "کەسێک لەگەڵ کەسێکی بەئەزموون فێر دەبێت. هەردووکیان لەسەر یەک ئامانج بۆ سێ مانگ ڕێک دەکەون.",
    ),
    "roundtable": said(
        "A small circle that talks one topic through. What is said stays in the room; the notes name nobody.",
        "حلقة صغيرة تناقش موضوعًا واحدًا حتى نهايته. ما يقال يبقى في القاعة، والملاحظات لا تذكر أسماء.",
        "بازنەیەکی بچووک کە یەک بابەت بە تەواوی گفتوگۆ دەکات. ئەوەی "
        "دەگوترێت لە هۆڵەکەدا دەمێنێتەوە و ناوی کەس نانووسرێت.",
    ),
    "collaboration_lab": said(
        "Organisations write a policy paper together: five pages, in three languages.",
        "منظمات تكتب معًا ورقة سياسات: خمس صفحات بثلاث لغات.",
        "ڕێکخراوەکان پێکەوە پەڕەیەکی سیاسەت دەنووسن: پێنج لاپەڕە بە سێ زمان.",
    ),
    "coffee_chat": said(
        "An hour without slides: bring a coffee, and ask what you always wanted to ask.",
        "ساعة بلا عروض: فنجان قهوة وأسئلة لطالما أردتم طرحها.",
        "کاتژمێرێک بەبێ سلاید: قاوەیەک بهێنن و ئەوەی هەمیشە ویستووتانە بیپرسن، بپرسن.",
    ),
    "induction": said(
        "What this project is, what it offers you, and who is who. "
        "Everyone is welcome, as often as you like.",
        "ما هذا المشروع، وماذا يقدم لكم، ومن هم المشاركون. الدعوة عامة ومفتوحة دائمًا.",
        "ئەم پڕۆژەیە چییە، چیتان پێشکەش دەکات و کێ بەشدارە. هەمووان بەخێربێن، چەند جار بتانەوێت.",
    ),
    "small_grant": said(
        "Support for research and for making tools that everyone can "
        "use. Here we answer questions about the call.",
        "دعم للبحث ولإعداد أدوات يستفيد منها الجميع. نجيب هنا عن الأسئلة حول الدعوة.",
        "پشتگیری بۆ توێژینەوە و دروستکردنی ئامرازێک کە هەمووان سوودی "
        "لێ ببینن. لێرە وەڵامی پرسیارەکان دەدەینەوە.",
    ),
    "workshop": said(
        "Four days together, in person: what we learned this year, and what we do next.",
        "أربعة أيام معًا حضوريًا: ما تعلمناه هذا العام وما سنفعله لاحقًا.",
        "چوار ڕۆژ پێکەوە، بە ئامادەبوون: ئەمساڵ چی فێر بووین و دواتر چی دەکەین.",
    ),
}

SLIDES = said("Slides: {title}", "العرض التقديمي: {title}", "سلایدەکان: {title}")
TOOL = said("Checklist: {title}", "قائمة تدقيق: {title}", "لیستی پشکنین: {title}")
NOTES = said(
    "Notes in one picture: {title}", "ملاحظات في صورة واحدة: {title}", "تێبینییەکان لە یەک وێنەدا: {title}"
)
POINTS = (
    said(
        "Begin with one question that people ask",
        "لنبدأ بسؤال واحد يطرحه الناس",
        "با بە یەک پرسیاری خەڵک دەست پێ بکەین",
    ),
    said(
        "Ask those who decide, and write the answer down",
        "سؤال أصحاب القرار وتدوين الجواب",
        "پرسیار لە بڕیاردەران و نووسینی وەڵامەکە",
    ),
    said(
        "Share the result where people are",
        "نشر النتيجة حيث يوجد الناس",
        "بڵاوکردنەوەی ئەنجامەکە لەو شوێنەی خەڵکی لێیە",
    ),
    said("Look back after three months", "مراجعة بعد ثلاثة أشهر", "چاوپێداخشانەوە دوای سێ مانگ"),
)
ANSWERS = (
    ("5", "change", "Publishing the council's answers beside our questions."),
    ("4", "share", "كان المثال من البصرة مفيدًا جدًا، ونحتاج وقتًا أطول للأسئلة."),
    ("5", "own", "بەڵگەنامەکان زۆر بەسوود بوون. تکایە زووتر بیاننێرن."),
    ("3", "none", None),
    ("5", "partner", "تعرفت على منظمة أخرى تعمل على الموضوع نفسه."),
    ("4", "own", None),
    ("5", "change", "Small steps that can be counted. Meeting in person would be even better."),
    ("4", "share", "زیاتر نموونەی کوردستانمان پێویستە."),
    ("2", "none", "كان الاتصال بالإنترنت ضعيفًا، والتسجيل المرئي سيساعد."),
)
"""What people said of an event: a rating, how they will use it, and their words."""

GROWTH = (
    ("1", "4"),
    ("2", "4"),
    ("2", "5"),
    ("3", "3"),
    ("2", "4"),
    ("1", "3"),
    ("3", "5"),
    ("2", "4"),
    ("2", "2"),
)
"""How well the same people knew the subject of a training before it and after it."""


BECAME = (
    ("yes", "yes"),
    ("yes", "no"),
    ("partly", "planned"),
    ("partly", "no"),
    ("not_yet", "no"),
    ("yes", "planned"),
    ("no", "no"),
)
"""What people said weeks later: whether they used it, and whether they work with somebody they met there."""

SERIES = said("What Works", "ما الذي ينجح", "چی سەرکەوتوو دەبێت")
SERIES_PLANNED = 8
AGENDA = (
    (9 * 60, 9 * 60 + 30, said("Welcome and names", "ترحيب وتعارف", "بەخێرهاتن و ناسین")),
    (
        9 * 60 + 30,
        11 * 60,
        said(
            "Working together on real cases",
            "عمل مشترك على حالات واقعية",
            "کاری هاوبەش لەسەر کەیسی ڕاستەقینە",
        ),
    ),
    (11 * 60, 11 * 60 + 30, said("Tea", "استراحة شاي", "پشووی چا")),
    (
        11 * 60 + 30,
        13 * 60,
        said("What each of us takes home", "ما يأخذه كل منا معه", "ئەوەی هەر یەکەمان دەیبەینەوە"),
    ),
)
"""What happens on each day of an event of several: from and until which minute of the day, and what."""
