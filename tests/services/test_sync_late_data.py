"""What a DCA delivers late lands on its own day, also in the month before, without anybody doing anything."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.support import ScriptedFleet, deposits, lasting, sums

if TYPE_CHECKING:
    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

FIRST = date(2026, 10, 26)


def _day(offset: int) -> date:
    return FIRST + timedelta(days=offset)


def _pages(last: int) -> dict[str, int]:
    return {_day(offset).isoformat(): 100 + offset for offset in range(last + 1)}


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


@pytest.fixture
def silent(services: Services, server: ScriptedServer) -> Services:
    """Both are collected every night to the 1st of November; Late has been silent since the 28th of October."""
    for name in ("Late", "Prompt"):
        services.add_feed(name, activation_date=FIRST.isoformat())
    services.sync(_day(2))
    server.make_stale("1001", _day(2))
    for night in (3, 4, 5, 6):
        assert services.sync(_day(night)).ok
    return services


def test_days_without_new_data_stay_open(silent: Services) -> None:
    assert deposits(silent.ledger.path, "Late") == _pages(2)
    assert deposits(silent.ledger.path, "Prompt") == _pages(6)
    late = silent.ledger.feeds.find("Late")
    assert (late.synced_through, late.looked_through) == (_day(2), _day(6))


def test_a_silent_day_that_was_looked_at_is_not_asked_for_again(silent: Services, server: ScriptedServer) -> None:
    server.asked.clear()
    silent.sync(_day(6))
    assert server.asked == []


def test_what_comes_late_lands_on_its_own_day_and_in_its_own_month(silent: Services, server: ScriptedServer) -> None:
    server.deliver("1001")
    server.asked.clear()
    late, _ = silent.sync(_day(7)).feeds
    assert (late.outcome, late.first, late.last, late.days) == ("deposited", _day(3), _day(7), 5)
    # Each open day is asked for once more, and the new one.
    assert sorted(server.days_asked("1001")) == [_day(offset) for offset in range(3, 8)]
    assert deposits(silent.ledger.path, "Late") == deposits(silent.ledger.path, "Prompt") == _pages(7)
    assert all(pages == life for pages, life in sums(silent.ledger.path).values())


def test_a_feed_whose_first_days_bring_nothing_keeps_its_baseline_open(
    services: Services, server: ScriptedServer
) -> None:
    services.add_feed("Late", activation_date=FIRST.isoformat())
    server.make_stale("1001", FIRST - timedelta(days=1))
    (report,) = services.sync(_day(2)).feeds
    assert (report.outcome, report.days, report.devices, report.synced_through) == ("no_new_data", 0, 0, None)
    assert lasting(services.ledger.path)["devices"] == []
    server.deliver("1001")
    services.sync(_day(3))
    assert deposits(services.ledger.path, "Late") == _pages(3)
