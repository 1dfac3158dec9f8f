"""Metrics for Prometheus, in the text format that node_exporter's textfile collector reads.

Gauges and counters without timestamps: node_exporter refuses a file with any.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from prsync import __version__
from prsync.core.utc import json_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from prometheus_client import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSample:
    """A server: whether it let us in when it was last checked, and when that was."""

    name: str
    is_healthy: bool
    checked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSample:
    """A feed that is collected. `pages` are all that is deposited; `months_pending` wait for their certificate."""

    name: str
    server: str
    is_well: bool
    last_data_at: datetime | None
    synced_through: date | None
    pages: int
    open_anomalies: int
    months_pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftSample:
    """A feed whose customer has left, and of which months still wait for their certificate."""

    name: str
    server: str
    months_pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSample:
    """The last run of a command that is over. `finished_at` is None where it was killed."""

    command: str
    started_at: datetime
    finished_at: datetime | None
    is_ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySample:
    """How many of a feed's deposits are in a state in which they are not delivered to PrintReleaf."""

    name: str
    server: str
    state: str
    deposits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """All that is told of a ledger. `reasons`: how many feeds are not well, by the reason."""

    servers: Sequence[ServerSample]
    feeds: Sequence[FeedSample]
    runs: Sequence[RunSample]
    reasons: Mapping[str, int]
    deliveries: Sequence[DeliverySample] = ()
    left: Sequence[LeftSample] = ()

    def document(self) -> dict[str, object]:
        """The output of `metrics --json`."""
        parts = {name: [_document(one) for one in getattr(self, name)] for name in _PARTS}
        return {**parts, "feeds_not_well": dict(self.reasons)}


_PARTS: Final = ("servers", "feeds", "left", "runs", "deliveries")


def _document(sample: ServerSample | FeedSample | LeftSample | RunSample | DeliverySample) -> dict[str, object]:
    values = {field.name: getattr(sample, field.name) for field in fields(sample)}
    return {name: json_value(value) for name, value in values.items()}


def metrics_text(samples: Samples | None) -> str:
    """The metrics of a ledger; of one that cannot be read (None) only that it is not up."""
    registry = CollectorRegistry()
    registry.register(_Metrics(samples))
    return generate_latest(registry).decode()


class _Metrics(Collector):
    """Makes the metrics of the samples."""

    def __init__(self, samples: Samples | None) -> None:
        self._samples = samples

    def collect(self) -> Iterable[Metric]:
        """All of them."""
        up = GaugeMetricFamily("prsync_up", "Whether the ledger could be read.")
        up.add_metric([], float(self._samples is not None))
        yield up
        info = GaugeMetricFamily("prsync_info", "The version of prsync that wrote this.", labels=["version"])
        info.add_metric([__version__], 1.0)
        yield info
        if self._samples is not None:
            yield from _of_servers(self._samples.servers)
            yield from _of_feeds(self._samples)
            yield from _of_runs(self._samples.runs)
            yield _of_deliveries(self._samples.deliveries)


def _of_servers(servers: Sequence[ServerSample]) -> Iterator[Metric]:
    healthy = GaugeMetricFamily("prsync_server_healthy", "Whether the server lets prsync in.", labels=["server"])
    checked = GaugeMetricFamily(
        "prsync_server_checked_timestamp_seconds", "When that was last tried.", labels=["server"]
    )
    for server in servers:
        healthy.add_metric([server.name], float(server.is_healthy))
        if server.checked_at is not None:
            checked.add_metric([server.name], server.checked_at.timestamp())
    yield from (healthy, checked)


def _of_feeds(samples: Samples) -> Iterator[Metric]:
    labels = ["server", "feed"]
    healthy = GaugeMetricFamily("prsync_feed_healthy", "Whether the feed is well.", labels=labels)
    last_data = GaugeMetricFamily(
        "prsync_feed_last_data_timestamp_seconds", "When a device was last read.", labels=labels
    )
    through = GaugeMetricFamily(
        "prsync_feed_synced_through_timestamp_seconds", "Midnight UTC of the last day deposited.", labels=labels
    )
    pages = CounterMetricFamily("prsync_feed_pages", "All pages deposited.", labels=labels)
    anomalies = GaugeMetricFamily("prsync_feed_open_anomalies", "Readings that wait for a decision.", labels=labels)
    months = GaugeMetricFamily("prsync_feed_months_pending", "Months over without a certificate.", labels=labels)
    for feed in samples.feeds:
        names = [feed.server, feed.name]
        healthy.add_metric(names, float(feed.is_well))
        if feed.last_data_at is not None:
            last_data.add_metric(names, feed.last_data_at.timestamp())
        if feed.synced_through is not None:
            through.add_metric(names, _midnight(feed.synced_through))
        pages.add_metric(names, float(feed.pages))
        anomalies.add_metric(names, float(feed.open_anomalies))
        months.add_metric(names, float(feed.months_pending))
    for left in samples.left:
        months.add_metric([left.server, left.name], float(left.months_pending))
    reasons = GaugeMetricFamily("prsync_feeds_not_well", "Feeds that are not well, by the reason.", labels=["reason"])
    for reason, number in samples.reasons.items():
        reasons.add_metric([reason], float(number))
    yield from (healthy, last_data, through, pages, anomalies, months, reasons)


def _of_runs(runs: Sequence[RunSample]) -> Iterator[Metric]:
    started = GaugeMetricFamily(
        "prsync_last_run_timestamp_seconds", "When the last run of the command began.", labels=["command"]
    )
    took = GaugeMetricFamily("prsync_last_run_duration_seconds", "How long it took.", labels=["command"])
    well = GaugeMetricFamily("prsync_last_run_success", "Whether it went well.", labels=["command"])
    for run in runs:
        started.add_metric([run.command], run.started_at.timestamp())
        if run.finished_at is not None:
            took.add_metric([run.command], (run.finished_at - run.started_at).total_seconds())
        well.add_metric([run.command], float(run.is_ok))
    yield from (started, took, well)


def _of_deliveries(deliveries: Sequence[DeliverySample]) -> Metric:
    undelivered = GaugeMetricFamily(
        "prsync_feed_undelivered_deposits",
        "Deposits that are not known to be at PrintReleaf, by their state.",
        labels=["server", "feed", "state"],
    )
    for one in deliveries:
        undelivered.add_metric([one.server, one.name, one.state], float(one.deposits))
    return undelivered


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
