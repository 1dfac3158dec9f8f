"""What a sync costs the server and the disk: a request for each day and page, a commit for each day, nothing twice."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from tests.support import Prsync, ScriptedFleet, lasting, sums
from tests.support.log_frames import frames
from tests.system.at import always_at

if TYPE_CHECKING:
    from prsync.demo.simulator import Simulator

NOW: Final = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
TODAY: Final = NOW.date()
DAYS: Final = 8
START: Final = TODAY - timedelta(days=DAYS)
DEVICES: Final = 1000
PAGES: Final = 5


@pytest.fixture
def fleet() -> ScriptedFleet:
    fleet = ScriptedFleet("Acme")
    for number in range(DEVICES):
        fleet.reads_daily(f"{number:04}", START - timedelta(days=1), range(1000 + number, 2000 + number, 7))
    return fleet


@pytest.fixture
def prsync(prsync: Prsync) -> Prsync:
    """As on the morning of TODAY, in every test here."""
    return always_at(NOW, prsync)


@pytest.fixture
def connected(registered: Prsync) -> Prsync:
    done = registered("feed", "add", "main", "Acme", "--activation-date", START, "--timezone", "UTC")
    assert done.status == 0
    return registered


def commits(prsync: Prsync) -> int:
    """Run a sync and count its commits, as SQLite's log has them."""
    log = prsync.state.with_name("ledger.db-wal")
    with closing(sqlite3.connect(prsync.state, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM feeds").fetchall()  # while this is read, the log is not begun anew
        before = sum(frames(log))
        assert prsync("sync", "--through", TODAY - timedelta(days=1)).status == 0
        return sum(frames(log)) - before


def test_a_thousand_devices_cost_five_requests_and_one_commit_a_day(connected: Prsync, simulator: Simulator) -> None:
    made = commits(always_at(NOW + timedelta(hours=1), connected))
    asked = [(request.day, request.query["page"]) for request in simulator.devices_requests]
    days = [str(START + timedelta(days=number)) for number in range(-1, DAYS)]  # the baseline's is the first
    assert asked == [(day, str(page)) for day in days for page in range(1, PAGES + 1)]
    assert not any(request.overlapped for request in simulator.requests)
    assert sums(connected.state) == {"Acme": (7 * DEVICES * DAYS, 7 * DEVICES * DAYS)}

    before = lasting(connected.state)
    simulator.forget_requests()
    done = connected("sync", "--json")
    assert done.json()["feeds"][0]["outcome"] == "up_to_date"
    assert simulator.devices_requests == []
    assert lasting(connected.state) == before

    # What a run with nothing to collect commits is the run's own.
    assert made - commits(always_at(NOW + timedelta(hours=2), connected)) == DAYS
