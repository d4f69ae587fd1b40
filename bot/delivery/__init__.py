"""Out: claims outbox rows by lease, paces them, sends them and writes down what became of each."""

from bot.delivery.sender import Sender

__all__ = ["Sender"]
