"""A night on which the machine's clock was ahead: the next one collects as if it had not been."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.services.running import day, night_of
from tests.support import deposits, lasting, rows

from prsync.core.model import ONE_DAY
from prsync.services.sync_plan import SyncRequest, make_plan
from prsync.store.ledger import Access, Ledger

if TYPE_CHECKING:
    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

    from prsync.services.sync_report import FeedReport

AHEAD = day(23)


def _collected_ahead(services: Services, server: ScriptedServer) -> None:
    """Acme is collected for two days; then a night is taken for one three weeks later, and brings nothing new."""
    services.add_feed("Acme A/S")
    services.sync(now=night_of(day(2)))
    server.make_stale("1001", day(1))
    services.sync(now=night_of(AHEAD + ONE_DAY))
    server.deliver("1001")
    assert services.ledger.feeds.find("Acme A/S").looked_through == AHEAD


def _night(services: Services, number: int) -> FeedReport:
    (report,) = services.sync(now=night_of(day(number))).feeds
    return report


def test_the_next_night_looks_again_at_the_days_that_are_over_and_says_so_once(
    services: Services, server: ScriptedServer
) -> None:
    _collected_ahead(services, server)
    assert make_plan(services.ledger, SyncRequest(), night_of(day(3)), "UTC").all_days_ahead == 1

    third, fourth = _night(services, 3), _night(services, 4)

    assert (third.looked_ahead_through, third.outcome, third.pages) == (AHEAD, "deposited", 10)
    assert (fourth.looked_ahead_through, fourth.outcome, fourth.pages) == (None, "deposited", 10)
    assert list(deposits(services.ledger.path, "Acme A/S").values()) == [10] * 4


def test_what_was_printed_before_a_new_silence_is_found(services: Services, server: ScriptedServer) -> None:
    _collected_ahead(services, server)
    server.make_stale("1001", day(5))

    report = _night(services, 9)

    assert (report.synced_through, report.pages) == (day(5), 40)
    assert services.ledger.feeds.find("Acme A/S").looked_through == day(8)


def test_a_run_that_has_no_day_to_collect_mends_it_too(services: Services, server: ScriptedServer) -> None:
    _collected_ahead(services, server)
    assert services.sync(day(1), now=night_of(day(4))).feeds[0].looked_ahead_through == AHEAD
    assert services.ledger.feeds.find("Acme A/S").looked_through == day(1)
    assert services.sync(day(1), now=night_of(day(4))).feeds[0].looked_ahead_through is None


def test_a_dry_run_says_it_and_changes_nothing(services: Services, server: ScriptedServer) -> None:
    _collected_ahead(services, server)
    before = lasting(services.ledger.path)
    with Ledger(services.ledger.path, Access.REHEARSE) as copy:
        report = services.sync(now=night_of(day(4)), ledger=copy, dry_run=True)
    assert report.feeds[0].looked_ahead_through == AHEAD
    assert lasting(services.ledger.path) == before


def test_an_activation_date_in_the_future_is_none_of_it(services: Services) -> None:
    services.add_feed("Acme A/S", activation_date=AHEAD.isoformat())
    assert _night(services, 4).looked_ahead_through is None


def test_an_earlier_day_asked_for_is_none_of_it(services: Services) -> None:
    services.add_feed("Acme A/S")
    services.sync(now=night_of(day(10)))
    assert services.sync(day(3), now=night_of(day(10))).feeds[0].looked_ahead_through is None
    assert rows(services.ledger.path, "SELECT looked_through FROM feeds") == [{"looked_through": day(9).isoformat()}]
