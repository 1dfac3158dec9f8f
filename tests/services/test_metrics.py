"""The metrics of a ledger, read back by Prometheus' own parser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.services.running import NOW, NobodyWatches, day
from tests.support import ScriptedFleet

from prsync.monitoring.prometheus import metrics_text
from prsync.services.feed_leaving import deactivate
from prsync.services.feeds import set_paused
from prsync.services.metrics import samples_of

if TYPE_CHECKING:
    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

Labels = tuple[str, ...]


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Acme prints every day; the other customer's name is made of what the format has to escape."""
    scripted = ScriptedFleet("Acme A/S", 'a "b"\\c')
    scripted.reads_daily("A", day(-1), range(1000, 1300, 10))
    scripted.reads("B", day(0), 7, organization='a "b"\\c')
    return scripted


@pytest.fixture
def collected(services: Services) -> Services:
    for name in ("Acme A/S", 'a "b"\\c'):
        services.add_feed(name)
    services.sync()
    return services


LATER = NOW + timedelta(days=4)


def metrics(services: Services, now: datetime = NOW) -> dict[str, dict[Labels, float]]:
    """Every sample, by metric and by the values of its labels, which are sorted by their names."""
    text = metrics_text(samples_of(services.ledger, now, "UTC"))
    return parsed(text)


def parsed(text: str) -> dict[str, dict[Labels, float]]:
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(text):
        assert family.type in {"gauge", "counter"}
        for sample in family.samples:
            assert sample.timestamp is None
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_what_a_ledger_tells(collected: Services) -> None:
    found = metrics(collected)
    acme, other = ("Acme A/S", "main"), ('a "b"\\c', "main")
    assert found["prsync_up"] == {(): 1}
    assert found["prsync_server_healthy"] == {("main",): 1}
    assert found["prsync_server_checked_timestamp_seconds"] == {("main",): NOW.timestamp()}
    # The other's DCA has been silent since the first day.
    assert found["prsync_feed_healthy"] == {acme: 1, other: 0}
    assert found["prsync_feeds_not_well"] == {
        ("server_unhealthy",): 0,
        ("failing",): 0,
        ("not_collected",): 0,
        ("stale",): 1,
    }
    assert found["prsync_feed_pages_total"] == {acme: 10 * 22, other: 0}
    midnight = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
    assert found["prsync_feed_synced_through_timestamp_seconds"][acme] == midnight
    assert found["prsync_feed_last_data_timestamp_seconds"][acme] == midnight + 12 * 3600
    assert found["prsync_last_run_success"] == {("sync",): 1}
    assert found["prsync_last_run_timestamp_seconds"] == {("sync",): NOW.timestamp()}
    assert found["prsync_feed_months_pending"] == {acme: 0, other: 0}


def test_a_month_that_is_over_waits_for_its_certificate(collected: Services) -> None:
    later = NOW + timedelta(days=8)
    assert set(metrics(collected, later)["prsync_feed_months_pending"].values()) == {1}


def test_readings_that_wait_for_a_decision_are_counted(services: Services, fleet: ScriptedFleet) -> None:
    fleet.reads("A", day(21), 900_000)
    services.add_feed("Acme A/S")
    services.sync()
    assert metrics(services)["prsync_feed_open_anomalies"] == {("Acme A/S", "main"): 1}


def test_a_run_that_failed_and_one_that_was_killed_have_not_gone_well(
    collected: Services, server: ScriptedServer
) -> None:
    server.login_error = RuntimeError("not foreseen")
    with pytest.raises(RuntimeError):
        collected.sync(now=NOW + timedelta(days=1))
    assert metrics(collected, LATER)["prsync_last_run_success"] == {("sync",): 0}
    server.answers_truly()
    collected.sync(now=NOW + timedelta(days=2))
    assert metrics(collected, LATER)["prsync_last_run_success"] == {("sync",): 1}
    collected.ledger.runs.start("sync", NOW + timedelta(days=3))  # of a process that has died since
    found = metrics(collected, LATER)
    assert found["prsync_last_run_success"] == {("sync",): 0}
    assert ("sync",) not in found.get("prsync_last_run_duration_seconds", {})


def test_a_paused_feed_is_well(collected: Services) -> None:
    set_paused(collected.ledger, 'a "b"\\c', paused=True, now=NOW)
    assert set(metrics(collected)["prsync_feed_healthy"].values()) == {1}


def test_of_a_ledger_that_cannot_be_read_only_that_is_told() -> None:
    found = parsed(metrics_text(None))
    assert found.keys() == {"prsync_up", "prsync_info"}
    assert found["prsync_up"] == {(): 0}


def test_the_open_months_of_one_who_has_left_are_told_until_they_have_their_certificate(collected: Services) -> None:
    deactivate(
        collected.ledger,
        "Acme A/S",
        None,
        connect=collected.connect,
        now=NOW,
        local_timezone="UTC",
        watch=NobodyWatches(),
    )
    found = metrics(collected, NOW + timedelta(days=30))
    assert ("Acme A/S", "main") not in found["prsync_feed_healthy"]
    assert found["prsync_feed_months_pending"]["Acme A/S", "main"] == 1
