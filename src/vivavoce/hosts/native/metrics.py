"""What Prometheus is told at /api/metrics: how many calls, how they end, what they cost, how the upstream does.

Labels are names of ours with few values: never a learner, a call, or anything that a stranger can make up.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from vivavoce.session.spending import DOLLAR, Spending

CONTENT_TYPE = CONTENT_TYPE_LATEST
_COMMIT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._calls = Gauge("vivavoce_calls", "Calls that this process has", registry=registry)
        self._open = Gauge("vivavoce_calls_open", "1 while new calls are taken", registry=registry)
        self._begun = Counter("vivavoce_calls_begun", "Calls that began or woke up", ["how"], registry=registry)
        self._ended = Counter("vivavoce_calls_ended", "Calls that ended, by reason", ["reason"], registry=registry)
        self._slept = Counter("vivavoce_calls_slept", "Calls that their learners left for now", registry=registry)
        self._refused = Counter("vivavoce_refused", "Browsers that were turned away", ["code"], registry=registry)
        self._dials = Counter("vivavoce_upstream_dials", "Connections to the upstream", ["outcome"], registry=registry)
        self._dollars = Counter("vivavoce_spent_dollars", "What was spent", ["model", "kind"], registry=registry)
        self._tokens = Counter("vivavoce_tokens", "What was used", ["model", "kind"], registry=registry)
        self._seconds = Counter("vivavoce_conversation_seconds", "How long was spoken", registry=registry)
        self._unpriced = Counter(
            "vivavoce_unpriced", "Answers whose price or usage is not known", ["model"], registry=registry
        )
        self._commits = Histogram(
            "vivavoce_commit_seconds",
            "From recording an event to having it on disk",
            buckets=_COMMIT_SECONDS,
            registry=registry,
        )

    def watch(self, calls: Callable[[], int], open: Callable[[], bool]) -> None:
        """What is asked for whenever somebody looks."""
        self._calls.set_function(calls)
        self._open.set_function(lambda: float(open()))

    def began(self, *, woken: bool) -> None:
        self._begun.labels("woken" if woken else "new").inc()

    def ended(self, reason: str) -> None:
        self._ended.labels(reason).inc()

    def slept(self) -> None:
        self._slept.inc()

    def refused(self, code: str) -> None:
        self._refused.labels(code).inc()

    def dialled(self, status: int | None) -> None:
        """None: connected; otherwise the HTTP status of the refusal, or 0 when the upstream was not reached."""
        self._dials.labels("connected" if status is None else str(status) if status else "unreachable").inc()

    def spent(self, spending: Spending) -> None:
        if spending.microdollars is None or spending.tokens is None:
            self._unpriced.labels(spending.model).inc()
        self._dollars.labels(spending.model, spending.kind).inc((spending.microdollars or 0) / DOLLAR)
        self._tokens.labels(spending.model, spending.kind).inc(spending.tokens or 0)
        self._seconds.inc(spending.seconds)

    def committed(self, seconds: float) -> None:
        self._commits.observe(seconds)

    def text(self) -> bytes:
        """In Prometheus' format."""
        return generate_latest(self._registry)
