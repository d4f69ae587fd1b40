"""Whether a text looks like a report about a person who was harmed: such do not belong into a chat.

Words from different groups have to come together, so that talk about the work itself passes.
"""

from __future__ import annotations

from locales import fold

FEWEST_WORDS = 6

HARM = (
    "arrest", "detain", "tortur", "raped", "kidnap", "abduct", "disappeared", "beaten", "was killed", "threaten",
    "harass", "blackmail", "assault",
    "اعتقل", "معتقل", "احتجز", "محتجز", "تعذيب", "عذبوا", "اغتصب", "اغتصاب", "خطف", "اختطف", "قتلوا", "قتل",
    "ضربوا", "هددو", "هدده", "تهديد", "تحرش", "ابتزاز", "اختفى",
    "دەستگیر", "گیراوە", "گیرا", "ئەشکەنجە", "دەستدرێژی", "ڕفێندرا", "ڕفاندن", "کوژرا", "لێدان", "لێیان دا", "هەڕەشە",
)  # fmt: skip
PERSON = (
    "his name", "her name", "my brother", "my sister", "my son", "my daughter", "my husband", "my wife", "my neighbour",
    "years old", "victim", "witness", "survivor", "the girl", "the boy", "activist",
    "اسمه", "اسمها", "اخي", "اختي", "ابني", "ابنتي", "زوجي", "زوجتي", "جاري", "عمره", "عمرها", "ضحية", "الضحية",
    "شاهد", "ناجية", "البنت", "الولد", "ناشط",
    "ناوی", "تەمەنی", "براکەم", "خوشکەکەم", "کوڕەکەم", "کچەکەم", "هاوسەرەکەم", "دراوسێ", "قوربانی", "شایەت", "چالاکوان",
)  # fmt: skip
WHERE = (
    "police", "militia", "prison", "checkpoint", "security forces", "intelligence", "last night", "yesterday",
    "شرطة", "ميليشيا", "مليشيا", "سجن", "حاجز", "سيطرة", "الامن", "مخابرات", "امس", "البارحة",
    "پۆلیس", "میلیشیا", "زیندان", "بازگە", "ئاسایش", "هەواڵگری", "دوێنێ", "دوێشەو",
)  # fmt: skip

_GROUPS = tuple(tuple(fold(word) for word in group) for group in (HARM, PERSON, WHERE))


def looks_like_a_case(text: str) -> bool:
    """Say whether a text tells of harm to a particular person: of harm, and of a person or of place and time."""
    folded = fold(text)
    if len(folded.split()) < FEWEST_WORDS:
        return False
    harm, person, where = (any(word in folded for word in group) for group in _GROUPS)
    return harm and (person or where)
