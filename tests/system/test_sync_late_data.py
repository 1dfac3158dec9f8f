"""A DCA that is silent for days and then delivers, across a month's end: each day gets its own pages, by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.support import Prsync, ScriptedFleet, deposits, lasting, sums

if TYPE_CHECKING:
    from prsync.demo.simulator import Simulator

FIRST = date(2026, 10, 26)


def _day(offset: int) -> str:
    return (FIRST + timedelta(days=offset)).isoformat()


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Two customers alike; each day has a number of pages that no other has."""
    scripted = ScriptedFleet("Late", "Prompt")
    for name in ("Late", "Prompt"):
        counts = [1000]
        for offset in range(14):
            counts.append(counts[-1] + 100 + offset)
        scripted.reads_daily("A", FIRST - timedelta(days=1), counts, organization=name)
    return scripted


def test_what_comes_late_lands_on_its_own_day_and_in_its_own_month(registered: Prsync, simulator: Simulator) -> None:
    for name in ("Late", "Prompt"):
        registered("feed", "add", "main", name, "--activation-date", FIRST, "--timezone", "UTC")
    registered("sync", "--through", _day(2))
    simulator.make_stale("1001", FIRST + timedelta(days=2))
    for night in (3, 4, 5):  # to the 31st
        done = registered("-q", "sync", "--through", _day(night))
        assert (done.status, done.stdout) == (0, "")
    report = registered("sync", "--through", _day(6), "--json").json()
    late, prompt = report["feeds"]
    assert (late["outcome"], late["from"], late["through"], late["days"]) == ("no_new_data", _day(6), _day(6), 0)
    assert (late["synced_through"], prompt["synced_through"]) == (_day(2), _day(6))
    assert report["ok"] is True  # a stale feed alone does not fail a sync
    assert list(deposits(registered.state, "Late").values()) == [100, 101, 102]

    simulator.forget_requests()
    registered("sync", "--through", _day(6))
    assert simulator.devices_requests == []  # a silent day that was looked at is not asked for again

    simulator.deliver("1001")
    simulator.forget_requests()
    report = registered("sync", "--through", _day(7), "--json").json()
    late, prompt = report["feeds"]
    assert (late["outcome"], late["from"], late["through"], late["days"]) == ("deposited", _day(3), _day(7), 5)
    asked = [request.day for request in simulator.devices_requests if request.organization_id == "1001"]
    assert len(asked) == 5  # each open day once again, and the new one
    assert set(asked) == {_day(offset) for offset in range(3, 8)}
    assert deposits(registered.state, "Late") == {_day(offset): 100 + offset for offset in range(8)}
    assert deposits(registered.state, "Late") == deposits(registered.state, "Prompt")
    assert {pages == life for pages, life in sums(registered.state).values()} == {True}


def test_a_feed_whose_first_days_bring_nothing_keeps_its_baseline_open(
    registered: Prsync, simulator: Simulator
) -> None:
    registered("feed", "add", "main", "Late", "--activation-date", FIRST, "--timezone", "UTC")
    simulator.make_stale("1001", FIRST - timedelta(days=1))
    report = registered("sync", "--through", _day(2), "--json").json()["feeds"][0]
    assert (report["outcome"], report["days"], report["devices"]) == ("no_new_data", 0, 0)
    assert registered("feed", "list").stdout.splitlines()[1].split()[-2] == "-"
    assert lasting(registered.state)["devices"] == []
    simulator.deliver("1001")
    registered("sync", "--through", _day(3))
    assert deposits(registered.state, "Late") == {_day(offset): 100 + offset for offset in range(4)}
