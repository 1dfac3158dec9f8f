"""A machine whose clock was ahead for a night: the next one says so in a line and looks at the days again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.support import Prsync, ScriptedFleet, deposits
from tests.system.at import at

if TYPE_CHECKING:
    from prsync.demo.simulator import Simulator

FIRST = date(2026, 10, 26)


@pytest.fixture
def fleet() -> ScriptedFleet:
    """A customer with another number of pages on each day."""
    scripted = ScriptedFleet("Late")
    counts = [1000]
    for offset in range(14):
        counts.append(counts[-1] + 100 + offset)
    scripted.reads_daily("A", FIRST - timedelta(days=1), counts, organization="Late")
    return scripted


def test_a_night_on_which_the_clock_was_ahead_costs_the_next_one_a_line(
    registered: Prsync, simulator: Simulator
) -> None:
    registered("feed", "add", "main", "Late", "--activation-date", FIRST, "--timezone", "UTC")
    registered("sync", "--through", FIRST + timedelta(days=2))
    simulator.make_stale("1001", FIRST + timedelta(days=2))
    assert at(datetime(2026, 11, 20, 1, 30, tzinfo=UTC), registered, "sync").status == 0
    simulator.deliver("1001")

    nights = [at(datetime(2026, 10, day, 1, 30, tzinfo=UTC), registered, "-q", "sync") for day in (30, 31)]

    line = "days through 2026-11-19 were looked at before they were over, and are looked at again"
    assert [(done.status, done.stdout) for done in nights] == [(0, ""), (0, "")]
    assert [done.stderr for done in nights] == [f"prsync: feed Late: the clock was ahead once: {line}\n", ""]
    assert list(deposits(registered.state, "Late").values()) == [100, 101, 102, 103, 104]
