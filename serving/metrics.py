"""What Prometheus reads at ``/metrics``; one registry an app, so that several apps may live in one process."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class ServingMetrics:
    """Counters, the latency histogram and the gauges of serving."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "tessera_requests", "Answered requests", ["route", "method", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "tessera_request_seconds", "Time to answer", ["route"], buckets=_BUCKETS, registry=self._registry
        )
        self.items = Counter("tessera_items", "Recommended items by layer", ["layer"], registry=self._registry)
        self.skipped = Counter(
            "tessera_model_errors", "Models that raised and were skipped", ["model", "version"], registry=self._registry
        )
        self.shed = Counter("tessera_shed", "Requests answered 503 because too many waited", registry=self._registry)
        self.events = Counter("tessera_events", "Events accepted over HTTP", registry=self._registry)
        self.swaps = Counter("tessera_routing_swaps", "Times that another routing took over", registry=self._registry)
        self.registry_up = Gauge("tessera_registry_up", "1 while the registry answers", registry=self._registry)
        self.registry_age = Gauge(
            "tessera_registry_age_seconds", "Seconds since the registry last answered", registry=self._registry
        )
        self.refused = Gauge("tessera_models_refused", "Champions that failed a check", registry=self._registry)
        self.ready = Gauge("tessera_ready", "1 once a verified state serves", registry=self._registry)
        self._versions = Gauge(
            "tessera_model_version", "Version that serves; 0 for none", ["model"], registry=self._registry
        )

    def set_versions(self, versions: Mapping[str, str]) -> None:
        """Show exactly these models and versions."""
        self._versions.clear()
        for model, version in versions.items():
            self._versions.labels(model).set(float(version) if version.isdigit() else 0)

    def text(self) -> bytes:
        """The page that Prometheus scrapes."""
        return generate_latest(self._registry)
