"""The surveys that come with the programme: what each kind of event is asked about, and when.

A new survey is a new entry of TEMPLATES; which kind of event uses it, and for which part, is a line in USUAL. A
question that is to be compared (before and after, or from event to event) keeps its code wherever it is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from handlers.rules.questions import (
    ANYTHING,
    Choice,
    Condition,
    Consent,
    Option,
    Question,
    Rating,
    Scale,
    Several,
    Words,
)
from locales import N_, NP_, Message
from storage.events import Event
from storage.surveys import BEFORE, LATER

RATING_NAME = NP_("button", "Rating")
WORDS_NAME = NP_("button", "Your words")

USE = Choice(
    "use",
    NP_("button", "Use"),
    N_("How will you use what you took from it?"),
    (
        Option("own", NP_("button", "In my own work")),
        Option("share", NP_("button", "Share with my team")),
        Option("change", NP_("button", "Change how we work")),
        Option("partner", NP_("button", "Work with partners")),
        Option("none", NP_("button", "Not yet")),
    ),
)
HURDLES = Several(
    "hurdles",
    NP_("button", "What is missing"),
    N_("What would you need before you can use it?"),
    (
        Option("time", NP_("button", "Time")),
        Option("support", NP_("button", "Support at work")),
        Option("practice", NP_("button", "More practice")),
        Option("means", NP_("button", "Money or equipment")),
        Option("fit", NP_("button", "Another subject")),
    ),
    Condition("use", ("none",)),
)
WORDS = Words(
    "words",
    WORDS_NAME,
    N_("What is one thing you learned, or one thing to do better next time?"),
)
RECOMMEND = Scale(
    "recommend",
    NP_("button", "Recommend"),
    N_("Would you recommend this to a colleague? 0 means certainly not, 10 means certainly."),
)
QUOTE = Consent(
    "quote",
    NP_("button", "Quoting"),
    N_("May we quote in reports what you have written here, without your name?"),
    when=Condition("words", (ANYTHING,)),
)
KNOWS = Rating(
    "knows",
    NP_("button", "Knowledge"),
    N_("How well do you know this subject today? 1 means hardly at all, 5 means very well."),
)
ABLE = Rating(
    "able",
    NP_("button", "Confidence"),
    N_("How confident are you today that you can apply it in your work? 1 means not at all, 5 means fully."),
)
RATING = Rating(
    "rating",
    RATING_NAME,
    N_("How useful was this for your work? 1 means not useful, 5 means very useful."),
)


@dataclass(frozen=True, slots=True)
class Template:
    """A set of questions to begin with, and what it is called."""

    name: str
    label: Message
    questions: tuple[Question, ...]


TEMPLATES = {
    one.name: one
    for one in (
        Template("event", NP_("button", "Webinar or meeting"), (RATING, USE, WORDS)),
        Template(
            "training",
            NP_("button", "After a training"),
            (RATING, KNOWS, ABLE, RECOMMEND, USE, HURDLES, WORDS, QUOTE),
        ),
        Template(
            "training_before",
            NP_("button", "Before a training"),
            (
                KNOWS,
                ABLE,
                Words("hope", NP_("button", "Your wish"), N_("What do you most want to take away from it?")),
            ),
        ),
        Template(
            "later",
            NP_("button", "Five weeks later"),
            (
                Choice(
                    "used",
                    NP_("button", "Used"),
                    N_("Have you used in your work what you took from it?"),
                    (
                        Option("yes", NP_("button", "Yes, I use it")),
                        Option("partly", NP_("button", "In part")),
                        Option("notyet", NP_("button", "Not yet")),
                        Option("no", NP_("button", "No, it does not fit")),
                    ),
                ),
                Choice(
                    "together",
                    NP_("button", "Together"),
                    N_("Have you begun to work with another organisation that you met there?"),
                    (
                        Option("yes", NP_("button", "Yes")),
                        Option("planned", NP_("button", "It is planned")),
                        Option("no", NP_("button", "No")),
                    ),
                ),
                Words("words", WORDS_NAME, N_("What changed because of it? One example helps most.")),
            ),
        ),
        Template(
            "day",
            NP_("button", "After a day"),
            (
                Rating(
                    "rating",
                    RATING_NAME,
                    N_("How useful was this day for your work? 1 means not useful, 5 means very useful."),
                ),
                Words("words", WORDS_NAME, N_("What should be kept, and what should be different tomorrow?")),
            ),
        ),
        Template(
            "workshop",
            NP_("button", "After a workshop"),
            (
                RATING,
                RECOMMEND,
                Several(
                    "best",
                    NP_("button", "What helped"),
                    N_("What helped you most?"),
                    (
                        Option("talks", NP_("button", "Talks")),
                        Option("exercises", NP_("button", "Exercises")),
                        Option("exchange", NP_("button", "Exchange with others")),
                        Option("materials", NP_("button", "Materials")),
                        Option("contacts", NP_("button", "New contacts")),
                    ),
                ),
                USE,
                HURDLES,
                WORDS,
                QUOTE,
            ),
        ),
        Template(
            "mentorship",
            NP_("button", "Mentorship"),
            (
                Rating(
                    "rating",
                    RATING_NAME,
                    N_(
                        "How useful was the mentorship for your work? 1 means not useful, 5 means very useful."
                    ),
                ),
                Choice(
                    "goal",
                    NP_("button", "Your goal"),
                    N_("How far have you come towards what you wanted to reach?"),
                    (
                        Option("reached", NP_("button", "Reached")),
                        Option("far", NP_("button", "A good part")),
                        Option("begun", NP_("button", "First steps")),
                        Option("not", NP_("button", "Not yet begun")),
                    ),
                ),
                Several(
                    "lacked",
                    NP_("button", "What was lacking"),
                    N_("What was lacking?"),
                    (
                        Option("time", NP_("button", "Time to meet")),
                        Option("match", NP_("button", "The right mentor")),
                        Option("plan", NP_("button", "A clear plan")),
                        Option("means", NP_("button", "Money or equipment")),
                    ),
                    Condition("goal", ("begun", "not")),
                ),
                Choice(
                    "onward",
                    NP_("button", "Going on"),
                    N_("Would you like to go on with a mentor?"),
                    (
                        Option("same", NP_("button", "With the same one")),
                        Option("other", NP_("button", "With another one")),
                        Option("enough", NP_("button", "It is enough")),
                    ),
                ),
                Words("words", WORDS_NAME, N_("What should future mentors and mentees know?")),
            ),
        ),
        Template(
            "baseline",
            NP_("button", "Once a year"),
            (
                Rating(
                    "skills",
                    NP_("button", "Skills"),
                    N_("How confident are you in the skills that your work needs? 5 means fully."),
                ),
                Rating(
                    "links",
                    NP_("button", "Connections"),
                    N_(
                        "How well is your organisation connected with others in this community? 5 means very well."
                    ),
                ),
                Choice(
                    "joint",
                    NP_("button", "Working together"),
                    N_("With how many organisations of this community has yours worked in the past year?"),
                    (
                        Option("none", NP_("button", "With none")),
                        Option("one", NP_("button", "With one")),
                        Option("few", NP_("button", "With two or three")),
                        Option("many", NP_("button", "With more")),
                    ),
                ),
                Several(
                    "needs",
                    NP_("button", "Needs"),
                    N_("What would help your work most in the coming year?"),
                    (
                        Option("training", NP_("button", "Training")),
                        Option("mentor", NP_("button", "A mentor")),
                        Option("exchange", NP_("button", "Exchange with others")),
                        Option("grants", NP_("button", "Small grants")),
                        Option("tools", NP_("button", "Tools and materials")),
                    ),
                ),
                Scale(
                    "community",
                    NP_("button", "Community"),
                    N_(
                        "Would you recommend this community to a colleague? 0 means certainly not, 10 certainly."
                    ),
                ),
                Words(
                    "words", WORDS_NAME, N_("What should this community do differently in the coming year?")
                ),
            ),
        ),
    )
}
"""Every template under its name, in the order in which a coordinator chooses."""

EVENT_PART, DAY_PART, BEFORE_PART, LATER_PART = "event", "day", "before", "later"
"""What of an event a survey is about: all of it, one of its days, what people bring along, what became of it."""

USUAL = {
    "training": {EVENT_PART: "training", BEFORE_PART: "training_before", LATER_PART: "later"},
    "workshop": {EVENT_PART: "workshop", LATER_PART: "later"},
    "webinar": {LATER_PART: "later"},
    "roundtable": {LATER_PART: "later"},
    "mentorship": {EVENT_PART: "mentorship"},
}
"""Which template each kind of event uses for which part, where it is another than the common one."""

COMMON = {EVENT_PART: "event", DAY_PART: "day", BEFORE_PART: "", LATER_PART: ""}


def usual_template(kind: str, part: str) -> Template | None:
    """Return what a kind of event is usually asked in one part, None where it is asked nothing."""
    return TEMPLATES.get(USUAL.get(kind, {}).get(part, COMMON.get(part, "")))


def part_of(day: int) -> str:
    """Return which part the survey of a day belongs to."""
    if day == BEFORE:
        return BEFORE_PART
    if day == LATER:
        return LATER_PART
    return DAY_PART if day else EVENT_PART


def parts_of(event: Event, days: int) -> list[str]:
    """List the parts that can be asked about, of an event with so many days."""
    daily = event.daily_survey and days > 1
    return [BEFORE_PART, *([DAY_PART] if daily else []), EVENT_PART]
