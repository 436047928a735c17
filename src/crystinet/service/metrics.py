"""Numbers about a running service, for Prometheus."""

import time
from collections.abc import Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Seconds; an answer should come within the first few of them.
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class Metrics:
    """What is counted; one for each service of a process."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "crystinet_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "crystinet_request_seconds",
            "From the head of a request to the end of its answer.",
            ("route",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._waiting = Gauge(
            "crystinet_waiting", "Requests that wait or are worked on.", registry=self._registry
        )
        self._jobs = Gauge("crystinet_jobs", "Jobs by state.", ("state",), registry=self._registry)
        self._processes = Gauge(
            "crystinet_processes",
            "Processes that are ready, by what they do; this one is the first that identifies.",
            ("work",),
            registry=self._registry,
        )
        self._lost = Gauge(
            "crystinet_processes_lost",
            "Processes that identified, have died since the start, and were replaced.",
            registry=self._registry,
        )

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(
        self,
        *,
        waiting: int,
        jobs: Mapping[str, int],
        processes: Mapping[str, int],
        lost: int,
    ) -> bytes:
        """All numbers as Prometheus reads them."""
        for work in ("identify", "short", "long"):
            self._processes.labels(work).set(processes.get(work, 0))
        self._lost.set(lost)
        self._waiting.set(waiting)
        for state in ("queued", "running", "done", "failed", "cancelled"):
            self._jobs.labels(state).set(jobs.get(state, 0))
        return generate_latest(self._registry)


class Counted:
    """ASGI: notes every answer with the route that gave it, never the address as it was sent."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer and count."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            self._metrics.note(method, route, status, time.perf_counter() - started)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
