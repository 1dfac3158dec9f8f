"""A clock that cannot be right: its feeds fail and say which day, and nothing of the ledger moves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.services.running import NOW, day, night_of
from tests.support import ScriptedFleet, lasting

from prsync.core.model import Health
from prsync.errors import InvalidValueError
from prsync.store.feed_table import FeedRun

if TYPE_CHECKING:
    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

    from prsync.services.sync_report import FeedReport

YEAR = timedelta(days=366)


@pytest.fixture
def collected(services: Services) -> Services:
    """Acme, collected through the eighth day on the night after it."""
    services.add_feed("Acme A/S", now=night_of(day(0)))
    services.sync(now=night_of(day(8)))
    return services


def only(reports: list[FeedReport]) -> FeedReport:
    (report,) = reports
    return report


def test_earlier_than_a_day_that_is_deposited(collected: Services, server: ScriptedServer) -> None:
    before = lasting(collected.ledger.path)
    server.asked.clear()
    report = collected.sync(now=night_of(day(6)))
    feed = only(report.feeds)
    assert (feed.outcome, report.ok) == ("failed", False)
    assert feed.error == "the clock says 2026-11-08 01:30 UTC, and 2026-11-09 is deposited already; is the clock set?"
    assert (lasting(collected.ledger.path), server.asked) == (before, [])


def test_on_the_day_after_the_last_deposit_it_may_be_right(collected: Services) -> None:
    assert collected.sync(now=night_of(day(8), 0, 1)).ok


@pytest.mark.parametrize(("after", "ok"), [(YEAR, True), (YEAR + timedelta(seconds=1), False)])
def test_more_than_a_year_after_the_last_run(collected: Services, after: timedelta, ok: bool) -> None:
    assert collected.sync(now=night_of(day(8)) + after).ok is ok


def test_nothing_is_asked_by_it_and_every_night_says_so_until_it_is_set(
    collected: Services, server: ScriptedServer
) -> None:
    before = lasting(collected.ledger.path)
    server.asked.clear()
    late = night_of(day(8)) + timedelta(days=800)
    for night in (late, late + timedelta(days=1)):
        feed = only(collected.sync(now=night).feeds)
        assert feed.error is not None
        assert (
            "more than a year after the last run (2026-11-10); if that is right, prsync sync --through " in feed.error
        )
    assert (lasting(collected.ledger.path), server.asked) == (before, [])
    assert collected.sync(now=night_of(day(9))).ok


def test_whoever_says_through_which_day_means_it(collected: Services) -> None:
    late = night_of(day(8)) + timedelta(days=800)
    assert collected.sync(late.date() - timedelta(days=1), now=late).ok
    assert collected.sync(now=late + timedelta(days=1)).ok


def test_wrong_usage_is_told_first(collected: Services) -> None:
    with pytest.raises(InvalidValueError, match="is not over yet"):
        collected.sync(NOW.date(), now=night_of(day(6)))


def test_a_feed_that_has_been_paused_for_longer_than_a_year_is_no_reason_for_doubt(collected: Services) -> None:
    acme = collected.ledger.feeds.find("Acme A/S")
    collected.ledger.feeds.update(acme, {"paused": True})
    later = night_of(day(8)) + timedelta(days=800)
    # Another customer's nights went on all the while.
    collected.add_server("other", ScriptedFleet("Other"))
    collected.add_feed("Other", server="other", now=night_of(day(8)))
    other = collected.ledger.feeds.find("Other")
    collected.ledger.feeds.record_runs([FeedRun(other.id, Health.HEALTHY, None)], later - timedelta(days=1))
    collected.ledger.feeds.update(acme, {"paused": False})
    assert collected.sync(feeds=["Acme A/S"], now=later).ok
