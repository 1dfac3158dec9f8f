"""Health as a person and a monitor see it: what is wrong now, since when, and nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import Prsync, ScriptedFleet
from tests.support.whole_ledger import everything
from tests.system.at import always_at, at

if TYPE_CHECKING:
    from prsync.demo.simulator import Simulator

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LONG_AGO = NOW.date() - timedelta(days=10)
"""Three business days have passed since, whatever day of the week it is and whatever is celebrated."""

SERVER_KEYS = {"server", "health", "health_error", "health_checked_at", "health_changed_at"}
FEED_KEYS = {
    *("feed", "server", "health", "reason", "error", "paused"),
    *("last_data_at", "synced_through", "health_changed_at", "last_run_at"),
}


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Fresh was read yesterday, Silent ten days ago, and Empty has no printers."""
    scripted = ScriptedFleet("Fresh", "Silent", "Empty")
    scripted.reads_daily("F", LONG_AGO - timedelta(days=2), range(1000, 1200, 10), organization="Fresh")
    scripted.reads_daily("S", LONG_AGO - timedelta(days=2), [1000, 1010, 1020], organization="Silent")
    return scripted


@pytest.fixture
def prsync(prsync: Prsync) -> Prsync:
    """As at that noon, unless a test says otherwise."""
    return always_at(NOW, prsync)


@pytest.fixture
def connected(registered: Prsync) -> Prsync:
    text = "organization,activation_date,timezone\n"
    text += "".join(f"{name},{LONG_AGO - timedelta(days=1)},UTC\n" for name in ("Fresh", "Silent", "Empty"))
    (registered.home / "feeds.csv").write_text(text)
    assert registered("feed", "import", "main", "feeds.csv").status == 0
    return registered


def _health(document: Any) -> dict[str, str]:
    return {feed["feed"]: feed["health"] for feed in document["feeds"]}


def test_the_list_of_feeds_says_what_the_health_check_would_say(connected: Prsync, simulator: Simulator) -> None:
    def listed(prsync: Prsync) -> dict[str, str]:
        return {line.split()[1]: line.split()[-1] for line in prsync("feed", "list").stdout.splitlines()[1:]}

    assert listed(connected) == dict.fromkeys(("Empty", "Fresh", "Silent"), "not_collected")
    assert connected("sync").status == 0
    assert listed(connected) == {"Empty": "healthy", "Fresh": "healthy", "Silent": "unhealthy"}
    # Nobody has run a sync since: what the last one found is no news.
    later = always_at(NOW + timedelta(days=4), connected)
    assert set(listed(later).values()) == {"not_collected"}
    simulator.stop()
    assert connected("health").status == 1
    assert set(listed(connected).values()) == {"server_unhealthy"}


def test_a_monitor_reads_what_is_wrong_and_since_when(connected: Prsync) -> None:
    assert _health(connected("health", "--offline", "--json").json()) == dict.fromkeys(
        ("Empty", "Fresh", "Silent"), "unknown"
    )
    assert connected("sync").status == 0  # a silent feed alone does not fail it
    done = connected("health", "--json")
    document = done.json()
    assert (done.status, done.stderr) == (1, "")
    assert document.keys() == {"ok", "servers", "feeds", "shared_devices", "deliveries"}
    assert {frozenset(server) for server in document["servers"]} == {frozenset(SERVER_KEYS)}
    assert {frozenset(feed) for feed in document["feeds"]} == {frozenset(FEED_KEYS)}
    assert document["ok"] is False
    (server,) = document["servers"]
    assert (server["server"], server["health"], server["health_error"]) == ("main", "healthy", None)
    # Nothing has come from Empty yet: it counts from the day it was added.
    assert _health(document) == {"Empty": "healthy", "Fresh": "healthy", "Silent": "unhealthy"}
    empty, _, silent = document["feeds"]
    assert (silent["last_data_at"], silent["synced_through"]) == (f"{LONG_AGO}T12:00:00Z", LONG_AGO.isoformat())
    assert empty["last_data_at"] is None
    assert datetime.fromisoformat(silent["health_changed_at"]) == NOW

    done = connected("health")
    assert done.status == 1
    assert ["Silent", "main", "unhealthy", str(LONG_AGO), str(LONG_AGO)] in map(str.split, done.stdout.splitlines())
    warning = f"prsync: feed Silent is unhealthy: no new data since {LONG_AGO}; is its DCA running?\n"
    assert done.stderr == warning
    done = connected("-q", "health")
    assert (done.status, done.stdout, done.stderr) == (1, "", warning)

    # When nothing else is wrong, nothing is said.
    connected("feed", "pause", "Silent")
    done = connected("-q", "health")
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    assert "paused" in connected("health", "--offline").stdout


def test_offline_shows_the_last_result_and_connects_to_nobody(connected: Prsync, simulator: Simulator) -> None:
    connected("sync")
    simulator.stop()
    before = everything(connected.state)
    requests = len(simulator.requests)
    done = connected("health", "--offline", "--json")
    assert (done.status, _health(done.json())["Silent"]) == (1, "unhealthy")
    assert done.json()["servers"][0]["health"] == "healthy"
    assert everything(connected.state) == before

    assert len(simulator.requests) == requests
    mail = connected("-q", "health").stderr
    assert mail.startswith(f"prsync: server main is unhealthy: cannot reach {simulator.url}: connection refused;")
    assert mail.count("\n") == 1  # while its server is down, it is not the DCA that is to blame


def test_of_a_feed_that_cannot_be_judged_the_reason_is_told_and_the_document_is_whole(connected: Prsync) -> None:
    with closing(sqlite3.connect(connected.state)) as ledger, ledger:
        ledger.execute("UPDATE feeds SET holidays = 'XX' WHERE name = 'Fresh'")
    error = (
        "no public holidays are known of XX: --holidays of prsync feed update names another country or region, or none"
    )
    connected("sync")
    done = connected("health", "--json")
    errors = {feed["feed"]: feed["error"] for feed in done.json()["feeds"]}
    assert (done.status, done.json()["ok"], errors) == (1, False, {"Empty": None, "Fresh": error, "Silent": None})
    assert connected("-q", "health").stderr.startswith(f"prsync: feed Fresh fails: {error}\n")


WEDNESDAY = date(2026, 4, 1)


def _night(day: int) -> datetime:
    return datetime(2026, 4, day, 1, 30, tzinfo=UTC)


def test_a_feed_that_turns_unhealthy_is_mailed_on_that_night_alone(registered: Prsync, fleet: ScriptedFleet) -> None:
    fleet.reads_daily("P", WEDNESDAY - timedelta(days=2), [1000, 1010, 1020], organization="Silent")
    since = WEDNESDAY - timedelta(days=1)
    at(_night(1), registered, "feed", "add", "main", "Silent", "--activation-date", since, "--timezone", "UTC")
    mails = []
    for night in (6, 7, 8):  # Thursday, Friday and Monday have passed on the seventh
        done = at(_night(night), registered, "-q", "sync")
        assert (done.status, done.stdout) == (0, "")
        mails.append(done.stderr)
    warning = "prsync: feed Silent is unhealthy: no new data since 2026-04-01; is its DCA running?\n"
    assert mails == ["", warning, ""]
