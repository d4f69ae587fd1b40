"""The three languages of the project: what is said in them, and what people type in them."""

from locales.bidi import Direction, Safe, anchor, block, clean, direction_of, isolate
from locales.catalogs import Speech, speech
from locales.dates import BAGHDAD
from locales.digits import NUMERALS, digits, to_ascii_digits
from locales.fold import KEYWORDS, fold, intent, number_in, search_key, words
from locales.guess import Guess, from_client_code, guess, language_named
from locales.languages import LANGUAGES, Language
from locales.markers import N_, NN_, NP_, Message
from locales.phrases import Value
from locales.typed import parse_count, parse_date, parse_duration, parse_moment, parse_time

__all__ = [
    "BAGHDAD",
    "KEYWORDS",
    "LANGUAGES",
    "NN_",
    "NP_",
    "NUMERALS",
    "N_",
    "Direction",
    "Guess",
    "Language",
    "Message",
    "Safe",
    "Speech",
    "Value",
    "anchor",
    "block",
    "clean",
    "digits",
    "direction_of",
    "fold",
    "from_client_code",
    "guess",
    "intent",
    "isolate",
    "language_named",
    "number_in",
    "parse_count",
    "parse_date",
    "parse_duration",
    "parse_moment",
    "parse_time",
    "search_key",
    "speech",
    "to_ascii_digits",
    "words",
]
