"""Health as a person and a monitor see it: what is wrong now, since when, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import Prsync, ScriptedFleet, rows
from tests.system.at import always_at, at
from tests.system.whole_ledger import everything

if TYPE_CHECKING:
    from prsync.demo.simulator import Simulator

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LONG_AGO = NOW.date() - timedelta(days=10)
"""Three business days have passed since, whatever day of the week it is and whatever is celebrated."""

SERVER_KEYS = {"server", "health", "health_error", "health_checked_at", "health_changed_at"}
FEED_KEYS = {"error", "feed", "server", "health", "last_data_at", "synced_through", "health_changed_at"}


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


def test_a_monitor_reads_what_is_wrong_and_since_when(connected: Prsync) -> None:
    assert _health(connected("health", "--offline", "--json").json()) == dict.fromkeys(
        ("Empty", "Fresh", "Silent"), "unknown"
    )
    assert connected("sync").status == 0  # a silent feed alone does not fail it
    done = connected("health", "--json")
    document = done.json()
    assert (done.status, done.stderr) == (1, "")
    assert document.keys() == {"ok", "servers", "feeds"}
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

    # A paused feed is not judged; when nothing else is wrong, nothing is said.
    connected("feed", "pause", "Silent")
    judged = _checked_at(connected, "Silent")
    done = at(NOW + timedelta(minutes=1), connected, "-q", "health")
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    assert _checked_at(connected, "Silent") == judged < _checked_at(connected, "Fresh")
    assert connected("health", "--json").json()["ok"] is True
    assert "paused" in connected("health", "--offline").stdout


def _checked_at(prsync: Prsync, feed: str) -> str:
    (row,) = rows(prsync.state, "SELECT health_checked_at FROM feeds WHERE name = ?", feed)
    return str(row["health_checked_at"])


def test_offline_shows_the_last_result_and_connects_to_nobody(connected: Prsync, simulator: Simulator) -> None:
    connected("sync")
    simulator.stop()
    before = everything(connected.state)
    requests = len(simulator.requests)
    done = connected("health", "--offline", "--json")
    assert (done.status, _health(done.json())["Silent"]) == (1, "unhealthy")
    assert done.json()["servers"][0]["health"] == "healthy"
    assert everything(connected.state) == before

    connected("feed", "pause", "Silent")
    done = connected("health", "--json")
    assert (done.status, done.json()["ok"]) == (1, False)
    (server,) = done.json()["servers"]
    assert (server["health"], server["health_error"].partition(";")[0]) == (
        "unhealthy",
        f"cannot reach {simulator.url}: connection refused",
    )
    assert _health(done.json())["Fresh"] == "healthy"  # by its days, whatever its server is like
    assert connected("health", "--offline").status == 1
    assert f"prsync: server main is unhealthy: {server['health_error']}\n" == connected("-q", "health").stderr
    simulator.start()
    assert connected("health").status == 0
    assert len(simulator.requests) == requests + 2


WEDNESDAY = date(2026, 4, 1)
"""Before Easter: in Denmark Thursday, Friday and Monday are no business days."""


def _night(day: int, hour: int = 1, minute: int = 30) -> datetime:
    return datetime(2026, 4, day, hour, minute, tzinfo=UTC)


def test_a_feed_that_turns_unhealthy_is_mailed_on_that_night_alone_whoever_has_looked_in_between(
    registered: Prsync, fleet: ScriptedFleet
) -> None:
    for name in ("Fresh", "Silent"):
        fleet.reads_daily("P", WEDNESDAY - timedelta(days=2), [1000, 1010, 1020], organization=name)
    options = ["--activation-date", WEDNESDAY - timedelta(days=1), "--timezone", "UTC"]
    at(_night(1), registered, "feed", "add", "main", "Silent", *options)
    at(_night(1), registered, "feed", "add", "main", "Fresh", "--name", "Danish", "--holidays", "DK", *options)

    def mail(day: int) -> list[str]:
        done = at(_night(day), registered, "-q", "sync")
        assert (done.status, done.stdout) == (0, "")
        return done.stderr.splitlines()

    def warning(name: str) -> str:
        return f"prsync: feed {name} is unhealthy: no new data since 2026-04-01; is its DCA running?"

    assert [mail(day) for day in (2, 3, 6)] == [[], [], []]
    assert at(_night(6, 23, 59), registered, "health").status == 0
    # Thursday, Friday and Monday have passed; a monitor sees it first, a minute after midnight.
    assert at(_night(7, 0, 1), registered, "health").status == 1
    assert [mail(day) for day in (7, 8, 9)] == [[warning("Silent")], [], []]
    # Tuesday, Wednesday and Thursday.
    assert [mail(day) for day in (10, 11)] == [[warning("Danish")], []]

    for name in ("Fresh", "Silent"):
        fleet.reads("P", date(2026, 4, 11), 1030, organization=name)
    assert mail(12) == []
    assert at(_night(12), registered, "health").status == 0
    # It may happen again, and is told again.
    assert [mail(day) for day in (15, 16)] == [[], [warning(name).replace("04-01", "04-11") for name in _BOTH]]


_BOTH = ("Danish", "Silent")
