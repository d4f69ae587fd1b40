"""What people may say of themselves so that reports can count them. Each is optional, and so is saying why not."""

from __future__ import annotations

from dataclasses import dataclass

from locales import N_, NP_, Message

RATHER_NOT = "rather_not"


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing that can be said: its name, its question, and its answers by code."""

    code: str
    name: Message
    text: Message
    options: dict[str, Message]


TRAITS = (
    Trait(
        "gender",
        NP_("button", "Gender"),
        N_("You are …"),
        {
            "woman": NP_("trait", "Woman"),
            "man": NP_("trait", "Man"),
            RATHER_NOT: NP_("trait", "Prefer not to say"),
        },
    ),
    Trait(
        "age",
        NP_("button", "Age"),
        N_("How old are you?"),
        {
            "18-29": NP_("trait", "18 to 29"),
            "30-44": NP_("trait", "30 to 44"),
            "45-59": NP_("trait", "45 to 59"),
            "60": NP_("trait", "60 or older"),
            RATHER_NOT: NP_("trait", "Prefer not to say"),
        },
    ),
    Trait(
        "disability",
        NP_("button", "Disability"),
        N_("Do you live with a disability?"),
        {
            "yes": NP_("trait", "Yes"),
            "no": NP_("trait", "No"),
            RATHER_NOT: NP_("trait", "Prefer not to say"),
        },
    ),
)


def trait(code: str) -> Trait | None:
    """Find a trait by its code."""
    return next((one for one in TRAITS if one.code == code), None)
