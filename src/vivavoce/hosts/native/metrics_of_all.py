"""The metrics of several workers as one answer: each figure with the number of the worker whose it is.

They are not added up here. Prometheus does that, and then a counter that begins again, because its worker was started
again, is no step back of the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector


class _OfAll(Collector):
    def __init__(self, texts: Mapping[int, bytes]) -> None:
        self._texts = texts

    def collect(self) -> Iterable[Metric]:
        together: dict[str, Metric] = {}
        for worker, text in self._texts.items():
            for metric in text_string_to_metric_families(text.decode()):
                one = together.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
                for sample in metric.samples:
                    one.add_sample(sample.name, {**sample.labels, "worker": str(worker)}, sample.value)
        return together.values()


def metrics_of_all(texts: Mapping[int, bytes]) -> bytes:
    """What each worker says in Prometheus' format, by its number, in one text."""
    registry = CollectorRegistry()
    registry.register(_OfAll(texts))
    return generate_latest(registry)
