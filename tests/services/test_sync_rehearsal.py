"""A dry run works on a rehearsal of the ledger: it says exactly what the sync then does, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.services.running import NOW, day
from tests.support import ScriptedFleet
from tests.support.whole_ledger import everything

from prsync.core.model import Health
from prsync.errors import InvalidValueError, NoLedgerError, NotFoundError, UnreachableError, UnusableAnswerError
from prsync.process.lock import hold
from prsync.services.anomalies import decide
from prsync.services.feeds import set_paused
from prsync.store.ledger import Access, Ledger

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

    from prsync.services.sync_report import SyncReport

ORGANIZATIONS = ("Plain", "Late", "Odd", "Managed", "Moved", "Paused", "Forbidden", "Silent")


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Twenty days of it: a DCA that is late, odd readings, devices that come and go, one customer never heard of."""
    fleet = ScriptedFleet(*ORGANIZATIONS)
    for name in ORGANIZATIONS[:-1]:
        fleet.reads_daily("A", day(-5), range(1000, 1500, 20), organization=name)
        fleet.reads_daily("B", day(3), range(500, 600, 5), organization=name)
    fleet.reads_daily("C", day(-1), [900, 940, 3, 9, 40, "many", 60, 9_000_000, 9_000_100], organization="Odd")
    for number in range(20):
        fleet.reads("D", day(number), 100 + number, managed=number % 4 != 1, organization="Managed")
    return fleet


@pytest.fixture
def connected(services: Services, server: ScriptedServer) -> Services:
    """Every customer is connected, before the first sync."""
    for name in ORGANIZATIONS:
        services.add_feed(name, scope="managed" if name == "Managed" else "all")
    server.fails("1007", UnusableAnswerError("/devices", 403, ""))
    server.make_stale("1002", day(8))
    return services


def rehearsed(services: Services, through: date | None = None, feeds: tuple[str, ...] = ()) -> SyncReport:
    """What a dry run says; it must leave no trace."""
    before = everything(services.ledger.path)
    with Ledger(services.ledger.path, Access.REHEARSE) as copy:
        report = services.sync(through, feeds=feeds, ledger=copy, dry_run=True)
    assert everything(services.ledger.path) == before
    return report


def both(services: Services, through: date | None = None, feeds: tuple[str, ...] = ()) -> SyncReport:
    """What a dry run and the sync after it say, which is the same."""
    dry, real = rehearsed(services, through, feeds), services.sync(through, feeds=feeds)
    assert dry == real
    return real


def test_a_dry_run_says_what_each_sync_of_a_feeds_life_then_does(connected: Services, server: ScriptedServer) -> None:
    seen = set()

    def compare(through: date | None = None, feeds: tuple[str, ...] = ()) -> None:
        seen.update({feed.outcome.value for feed in both(connected, through, feeds).feeds})

    set_paused(connected.ledger, "Paused", paused=True, now=NOW)
    compare(day(4))
    compare(day(12))  # Late is silent since day 8: its days stay open
    server.deliver("1002")
    held_back = next(found for found in connected.ledger.anomalies.open() if found.kind == "counter_jumped")
    decide(connected.ledger, held_back.id, accepted=True, now=NOW)
    connected.update_feed("Plain", activation_date=str(day(-3)))
    connected.update_feed("Moved", scope="managed")
    set_paused(connected.ledger, "Paused", paused=False, now=NOW)
    compare(day(13), ("Late", "Plain"))
    compare(day(15))
    for number in range(1001, 1009):
        server.fails(str(number), UnusableAnswerError("/devices", 404, ""), on=day(18))
    compare()
    compare()
    server.answers_truly()
    compare()
    compare()
    server.login_error = UnreachableError("https://main.example", "connection refused")
    compare()
    assert seen == {"deposited", "no_new_data", "up_to_date", "failed", "paused", "server_unhealthy"}


def test_a_dry_run_leaves_no_row_and_no_file(connected: Services, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    with Ledger(connected.ledger.path, Access.REHEARSE) as copy:
        assert connected.sync(day(2), ledger=copy, dry_run=True).pages > 0
        assert copy.runs.last(1) == []
    assert sorted(tmp_path.iterdir()) == before


def test_a_dry_run_neither_waits_for_a_sync_nor_is_locked_out_by_one(connected: Services) -> None:
    with hold(connected.ledger.path, "server-1", "server main", NOW):
        assert connected.sync(day(2)).locked
        dry = rehearsed(connected, day(2))
    assert (dry.locked, dry.pages > 0) == (False, True)
    assert connected.sync(day(2)) == dry


def test_a_dry_run_holds_no_lock(connected: Services, server: ScriptedServer) -> None:
    taken = []

    def locks(_organization: str, _day: date) -> None:
        with hold(connected.ledger.path, "server-1", "server main", NOW):
            taken.append(True)

    server.before_answer = locks
    assert rehearsed(connected, day(2)).pages > 0
    assert taken


def test_a_dry_run_with_wrong_input_is_wrong_input(connected: Services) -> None:
    before = everything(connected.ledger.path)
    with pytest.raises(NotFoundError, match="no feed Nobody"):
        rehearsed(connected, feeds=("Nobody",))
    with pytest.raises(InvalidValueError, match="is not over yet"):
        rehearsed(connected, NOW.date())
    assert everything(connected.ledger.path) == before


def test_a_rehearsal_where_there_is_no_ledger_makes_none(tmp_path: Path) -> None:
    nowhere = tmp_path / "new" / "ledger.db"
    with pytest.raises(NoLedgerError, match=str(nowhere)):
        Ledger(nowhere, Access.REHEARSE)
    assert not nowhere.parent.exists()


def test_of_a_long_history_one_day_is_asked_for_and_that_is_said(services: Services, server: ScriptedServer) -> None:
    services.add_feed("Plain", activation_date=str(day(-60)))
    services.add_feed("Late", activation_date=str(day(-9)))
    server.asked.clear()
    late, plain = rehearsed(services).feeds
    # Plain's 82 days: the first, and the day before it from which it counts.
    assert server.days_asked("1001") == [day(-61), day(-60)]
    assert (plain.days_not_rehearsed, plain.last) == (81, day(-60))
    # By one day of a long history nobody can judge it.
    assert (plain.health, late.health) == (Health.UNKNOWN, Health.HEALTHY)
    # Late's 31 days are all asked for.
    assert (late.days_not_rehearsed, late.last) == (0, day(21))


def test_a_long_time_before_an_earlier_activation_date_is_left_out_too(
    services: Services, server: ScriptedServer
) -> None:
    services.add_feed("Plain", activation_date=str(day(0)))
    services.sync(day(20))
    services.update_feed("Plain", activation_date=str(day(-40)))
    server.asked.clear()
    (plain,) = rehearsed(services).feeds
    assert (server.days_asked("1001"), plain.days_not_rehearsed) == ([day(21)], 40)
