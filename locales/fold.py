"""Recognising what people type, however they spell it.

The key is lossy and one for all languages: it is for comparing only, and never replaces a person's own text.
"""

import re
import unicodedata

from locales.digits import to_ascii_digits

MAX_TYPED = 100
"""Longer texts, in characters, are prose: nothing is looked for in them."""

_DROPPED = dict.fromkeys(
    map(
        ord,
        "\u0640\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u061c"
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    )
)
_LETTERS = str.maketrans(
    {
        **dict.fromkeys("يىېێ", "ی"),
        **dict.fromkeys("كڪ", "ک"),
        **dict.fromkeys("ھہةەۃ", "ه"),
        "ٱ": "ا",
        "ڕ": "ر",
        "ڵ": "ل",
        "ۆ": "و",
    }
)
_SEPARATORS = str.maketrans({"٫": ".", "٬": None})
_NOT_WORD = re.compile(r"[\W_]+")
_DOUBLED = re.compile(r"([^\W\d_])\1+")
_ARTICLE = re.compile(r"\b(?:[وبفک]?ال|لل)(?=\w{3})")
_NUMBER = re.compile(r"(?<![^\W_])[0-9]{1,6}(?![^\W_])")


def plain(text: str) -> str:
    """Compatibility forms, digit sets, vowel marks and invisible characters evened out; lower case.

    Punctuation stays, for the parsers that need it.
    """
    decomposed = _without_marks(text.replace("🔟", "10").translate(_DROPPED))
    return _without_marks(decomposed.casefold()).translate(_DROPPED)


def _without_marks(text: str) -> str:
    """No tashkeel, hamza seats, accents, keycaps or variation selectors, and 0-9 only."""
    decomposed = unicodedata.normalize("NFKD", text)
    kept = "".join(char for char in decomposed if unicodedata.category(char) not in ("Mn", "Me"))
    return to_ascii_digits(kept).translate(_SEPARATORS)


def fold(text: str) -> str:
    """The key under which every spelling of a word meets; idempotent; empty for punctuation alone."""
    letters = plain(text).translate(_LETTERS)
    return _DOUBLED.sub(r"\1", " ".join(_NOT_WORD.sub(" ", letters).split()))


def words(text: str) -> tuple[str, ...]:
    """The folded words in order."""
    return tuple(fold(text).split())


def search_key(text: str) -> str:
    """The key for finding one text inside another: folded, and without Arabic's attached article."""
    return _ARTICLE.sub("", fold(text))


def number_in(text: str) -> int | None:
    """The one whole number in a short answer such as '٣.', '(٤)', '4️⃣' or 'رقم ٢'; None when unclear.

    Unclear is: none, several, digits inside a word, more than six digits, or more than three words.
    """
    if len(text) > MAX_TYPED:
        return None
    ascii_text = plain(text)
    runs = re.findall(r"[0-9]+", ascii_text)
    match = _NUMBER.search(ascii_text)
    if match is None or len(runs) != 1 or len(words(text)) > 3:
        return None
    return int(match.group())


KEYWORDS: dict[str, tuple[str, ...]] = {
    "start": (
        "start", "begin", "resume", "resume messages", "subscribe", "unstop", "opt in", "optin",
        "ابدأ", "بدء", "ابدا", "ابدي", "البدء", "بداية", "استئناف", "استئناف الرسائل", "اشتراك", "اشترك",
        "دەست پێ بکە", "دەستپێبکە", "دەستپێکردن", "دەستپێکردنەوە", "دەستپێکردنەوەی نامەکان",
        "دەست پێ بکەم", "دەستپێ بکە", "دەسپێبکە",
        "دەست پێ بکەڤە", "دەستپێکرن", "destpêk", "destpe bike",
    ),
    "hello": (
        "hello", "hi", "hey", "good morning", "good evening",
        "مرحبا", "السلام عليكم", "سلام عليكم", "سلام", "هلو", "هلا", "اهلا", "صباح الخير", "مساء الخير",
        "سڵاو", "سلاو", "سڵاوتان لێ بێت", "بەیانی باش", "ئێوارە باش", "سلاڤ", "slaw", "silav", "salam",
    ),
    "menu": (
        "menu", "main menu", "home", "list", "meny", "menue",
        "القائمة", "قائمة", "القائمة الرئيسية", "الرئيسية", "القايمة", "قائمه", "المنيو", "منيو", "القائمه الرئيسيه",
        "مێنیو", "مینیو", "مێنۆ", "لیست", "لیستی سەرەکی", "سەرەتا", "لیستەی سەرەکی", "لیستا سەرەکی", "پێڕست",
    ),
    "help": (
        "help", "help me", "support", "info", "halp", "helpp",
        "مساعدة", "المساعدة", "ساعدني", "ساعدوني", "مساعده", "احتاج مساعدة", "اريد مساعدة", "النجدة", "معلومات",
        "یارمەتی", "یارمەتیم بدە", "یارمەتیدان", "یارمەتیم دەوێت", "یارمەتیم بدەن", "یامەتی", "یارمتی", "زانیاری",
        "هاریکاری", "هاریکاریا من بکە", "هاریکاریم بکە", "alikari", "harikari", "yarmati",
    ),
    "language": (
        "language", "languages", "change language", "lang", "languge", "langauge",
        "لغة", "اللغة", "اللغات", "تغيير اللغة", "غير اللغة", "تبديل اللغة", "اللغه", "لغه", "تغير اللغة",
        "زمان", "زمانەکان", "گۆڕینی زمان", "زمان بگۆڕە", "زمان هەڵبژێرە", "گۆرینی زمان", "زمانەکە بگۆڕە",
        "گوهۆڕینا زمانی", "زمانی بگوهۆڕە", "زمانێ بگوهۆڕە", "ziman", "zman",
    ),
    "stop": (
        "stop", "stop all", "stop messages", "unsubscribe", "unsubscribe me", "opt out", "end", "quit", "leave",
        "unsubscrib", "unsuscribe", "unsubcribe", "unsubscibe", "unsubscribed", "unsub", "stopp", "stop it", "stpo",
        "sotp", "stop please", "please stop", "stop now", "stop sending", "stop texting", "stop messaging me",
        "opt-out", "optout", "opt me out", "remove me", "no more messages", "dont message me", "don't text me",
        "إيقاف", "أوقف", "توقف", "توقفوا", "قف", "اوقفوا الرسائل", "إيقاف الرسائل", "إيقاف الاشتراك", "وقف", "ستوب",
        "الغاء الاشتراك", "إلغاء اشتراكي", "الغاء اشتراك", "الغي الاشتراك", "لا ترسل", "لا ترسلوا", "كافي رسائل",
        "بطلوا", "لا تدزون", "لا تراسلوني", "انسحاب",
        "ايقف", "اقاف", "ايقااف", "توقيف", "أوقفوا", "وقفوا", "وقفو", "وقفوا الرسائل", "اوقف الرسائل", "أوقفوا الإرسال",
        "الغاء الأشتراك", "الغا الاشتراك", "إلغاء الإشتراك", "ألغوا اشتراكي", "لا اريد رسائل", "ما اريد رسائل",
        "لا أريد رسائلكم", "لا ترسلون", "لا ترسلولي", "لا تدزولي", "لا تدزوا", "احذفوني", "شيلوني", "بدون رسائل",
        "ڕاگرتن", "ڕابگرە", "ڕایبگرە", "ڕاگرتنی نامەکان", "وەستان", "وەستاندن", "بوەستە", "بوەستێنە", "بوەستن",
        "ڕایگرن", "ڕایبگرن", "بیوەستێنن", "ڕاگرتنی نامە", "وەستانی نامەکان", "نامە مەنێرە", "نامەم بۆ مەنێرە",
        "نامەم مەنێرە", "ئیتر مەنێرن", "ئیتر نامە مەنێرن", "نامەم ناوێت", "نامەکانم ناوێت", "لە لیستەکە دەرمبکەن",
        "نامە مەنێرن", "نامەم بۆ مەنێرن", "هیچ مەنێرە", "هەڵوەشاندنەوەی بەشداری", "بەشداری هەڵبوەشێنەوە",
        "ڕاوەستان", "ڕاوەستە", "ڕاوەستینە", "ڕاوەستاندن", "بڕاوەستینە", "بەسە نامە", "raweste", "rawasta", "bwasta",
    ),
    "panic": ("panic", "tea is ready", "الشاي جاهز", "چا ئامادەیە", "چای ئامادەیە"),
    "yes": (
        "yes", "y", "yeah", "yep", "yup", "ok", "okay", "sure", "confirm", "i agree", "agree", "ye",
        "نعم", "اي", "ايه", "إي نعم", "أجل", "أكيد", "بلى", "موافق", "موافقة", "أوافق", "تمام", "اوكي", "أوك",
        "تأكيد", "زين", "نعام",
        "بەڵێ", "بەلێ", "به‌ڵێ", "بەڵی", "ئەرێ", "ئەرێ بابە", "ئا", "باشە", "ڕازیم", "پشتڕاستکردنەوە", "ئۆکەی",
        "بەڵێ باشە", "ئەرێ وەلا", "ئێ بەڵێ", "bale", "bali", "ere", "basha",
    ),
    "no": (
        "no", "n", "nope", "nah", "not now", "no thanks", "no thank you", "dont agree",
        "لا", "لأ", "كلا", "لا شكرا", "لا أوافق", "غير موافق", "مو هسه", "ما اريد", "لا اريد", "نو", "لالا",
        "نەخێر", "نا", "نەء", "نەخێر سوپاس", "نا سوپاس", "نامەوێت", "نامەوێ", "ڕازی نیم", "نەخیر", "نخێر",
        "نە", "نەخێرە", "نەڤێم", "من ناڤێت", "na", "naxer", "nexer", "nakher",
    ),
    "back": (
        "back", "go back", "previous", "return", "bak", "bck",
        "رجوع", "ارجع", "عودة", "العودة", "السابق", "الرجوع", "رجعني", "للخلف", "ارجعني", "عوده", "رجوووع",
        "گەڕانەوە", "بگەڕێوە", "بگەڕێرەوە", "بگەڕێمەوە", "پێشوو", "دواوە", "گەرانەوە", "بۆ دواوە",
        "زڤرین", "بزڤڕە", "زڤڕین", "ڤەگەڕیان", "ڤەگەڕە", "vegere", "zivrin", "garanawa",
    ),
    "cancel": (
        "cancel", "cancell", "abort", "undo", "cancel registration", "cancle", "cansel", "unregister",
        "إلغاء", "الغاء", "الغي", "ألغِ", "إلغاء التسجيل", "تراجع", "الغاء التسجيل", "ألغي التسجيل", "كنسل",
        "هەڵوەشاندنەوە", "ھەڵوەشاندنەوە", "هەلوەشاندنەوە", "هەڵیوەشێنەوە", "هەڵبوەشێنەوە", "پاشگەزبوونەوە",
        "هەڵوەشاندنەوەی تۆمارکردن", "هەڵوەشاندن", "هەڵوەشانەوە", "پاشگەز بوومەوە",
        "هەلوەشاندن", "بەتالکرن", "پاشڤەبرن", "betalkirin",
    ),
    "skip": (
        "skip", "skip it", "skipp", "pass",
        "تخطي", "تخطى", "تخطّي", "تجاوز", "تخط", "عبور",
        "بپەڕێنە", "پەڕاندن", "بیپەڕێنە", "تێپەڕاندن", "تێپەڕێنە", "تێیپەڕێنە", "بپەرێنە", "بازدان",
        "دەربازکرن", "دەرباز بکە", "derbaz bike",
    ),
    "done": (
        "done", "finish", "finished", "complete", "i am done", "im done", "dun",
        "تم", "انتهيت", "انتهى", "خلص", "خلاص", "خلصت", "انهاء", "أكملت", "اكتمل", "كملت",
        "تەواو", "تەواوە", "تەواوم کرد", "کرا", "تەواو بوو", "کۆتایی", "تەواو کرا", "تەواوبوو", "تواو",
        "خلاس", "ب دوماهی هات", "دوماهی", "tawaw", "temam bu",
    ),
    "events": (
        "events", "event", "upcoming events", "my events", "activities", "workshops", "evnts", "calendar",
        "فعاليات", "الفعاليات", "فعالية", "الفعالية", "فعالياتي", "الفعاليات القادمة", "الأنشطة", "أنشطة", "نشاطات",
        "النشاطات", "ورش", "الورش", "فعاليه", "الفعليات",
        "چالاکی", "چالاکییەکان", "چالاکیەکان", "چالاكييه‌كان", "چالاکییەکانم", "چالاکییەکانی داهاتوو", "بۆنەکان", "بۆنە",
        "ڕووداوەکان", "ئیڤێنت", "ئیڤێنتەکان", "وۆرکشۆپەکان",
        "چالاکیێن داهاتی", "چالاکیێن من", "چالاکیان", "chalaki", "chalakiyakan",
    ),
}  # fmt: skip
"""What people mean by one whole message, in three languages, Badini, Latin letters and common misspellings."""


def _intents() -> dict[str, str]:
    return {fold(spelling): name for name, spellings in KEYWORDS.items() for spelling in spellings}


_INTENTS = _intents()


def intent(text: str) -> str | None:
    """The name in KEYWORDS that the whole text means, in any spelling; never matched on a part."""
    return _INTENTS.get(fold(text)) if len(text) <= MAX_TYPED else None
