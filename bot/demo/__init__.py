"""The demo: a community of the programme's shape, made up from end to end, and a clock that can be moved.

Organisations and people are invented by theme, place and role; nobody real is named. Everything goes through the
same storage and handlers as in earnest.
"""

from bot.demo.people import GUEST, PERSONAS, Persona
from bot.demo.seeding import invitation, seed
from bot.demo.travel import STEPS, travel

__all__ = ["GUEST", "PERSONAS", "STEPS", "Persona", "invitation", "seed", "travel"]
