"""Metrics in Prometheus' text form: counts, ages and durations, never a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.channels.contract import Outcome, Retry

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
BREAKER_STATES = ("closed", "half_open", "open")


class Metrics:
    """The figures that `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.heard = self._counter(
            "diwakhan_heard", "Updates heard, by channel and what became of them", "channel", "what"
        )
        self.outbox = self._gauge(
            "diwakhan_outbox_rows", "Outbox rows, by channel and state", "channel", "state"
        )
        self.waiting = self._gauge(
            "diwakhan_outbox_waiting", "Rows that wait to be sent, by channel and lane", "channel", "lane"
        )
        self.oldest = self._gauge(
            "diwakhan_outbox_oldest_seconds",
            "For how long the oldest due row has waited, by channel and lane",
            "channel",
            "lane",
        )
        self.parked = self._gauge("diwakhan_parked", "Updates set aside after three tries")
        self.clock_age = self._gauge("diwakhan_clock_age_seconds", "Seconds since the clock last ticked")
        self.tick_lag = self._gauge("diwakhan_tick_lag_seconds", "How late a tick last ran, by tick", "tick")
        self.tick_seconds = self._histogram("diwakhan_tick_seconds", "How long a tick took, by tick", "tick")
        self.sender_age = self._gauge(
            "diwakhan_sender_age_seconds", "Seconds since a sender last looked", "channel"
        )
        self.leading = self._gauge(
            "diwakhan_leading",
            "1 where this process sends for the channel, or ticks (channel: clock)",
            "channel",
        )
        self.breaker = self._gauge(
            "diwakhan_breaker", "1 for the circuit breaker's present state", "channel", "state"
        )
        self.sends = self._counter(
            "diwakhan_sends",
            "Messages offered to a provider, by lane and outcome",
            "channel",
            "lane",
            "outcome",
        )
        self.send_seconds = self._histogram(
            "diwakhan_send_seconds", "How long a provider took to answer", "channel", "lane"
        )
        self.refused = self._counter(
            "diwakhan_rate_refusals", "Times a provider asked the whole account to wait", "channel"
        )
        self.turn_seconds = self._histogram(
            "diwakhan_turn_seconds", "How long it took to handle an update, until its commit", "channel"
        )
        self.database_seconds = self._histogram(
            "diwakhan_database_seconds", "How long a unit of work took, waiting included", "work"
        )

    def sent(self, channel: str, lane: str, outcome: Outcome, seconds: float) -> None:
        """Note what became of a message, and how long the provider took."""
        self.sends.labels(channel, lane, type(outcome).__name__.lower()).inc()
        self.send_seconds.labels(channel, lane).observe(seconds)
        if isinstance(outcome, Retry) and outcome.account:
            self.refused.labels(channel).inc()

    def text(self) -> bytes:
        """Return everything in the exposition format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(name, about, labels, registry=self.registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(name, about, labels, registry=self.registry)

    def _histogram(self, name: str, about: str, *labels: str) -> Histogram:
        return Histogram(name, about, labels, buckets=SECONDS, registry=self.registry)
