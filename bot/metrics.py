"""Metrics in Prometheus' text form: counts and ages, never a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """The figures that `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.heard = Counter(
            "diwakhan_heard",
            "Updates heard, by channel and what became of them",
            ("channel", "what"),
            registry=self.registry,
        )
        self.outbox = Gauge(
            "diwakhan_outbox_rows",
            "Outbox rows, by channel and state",
            ("channel", "state"),
            registry=self.registry,
        )
        self.parked = Gauge("diwakhan_parked", "Updates set aside after three tries", registry=self.registry)
        self.clock_age = Gauge(
            "diwakhan_clock_age_seconds", "Seconds since the clock last ticked", registry=self.registry
        )
        self.sender_age = Gauge(
            "diwakhan_sender_age_seconds",
            "Seconds since a sender last looked",
            ("channel",),
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Return everything in the exposition format."""
        return generate_latest(self.registry)
