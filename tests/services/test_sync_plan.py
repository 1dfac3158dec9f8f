"""Through which day a run goes, and how many days each feed has before it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from tests.services.running import FIRST, NOW, day
from tests.support import ScriptedFleet

from prsync.errors import InvalidValueError, NoServerError, NotFoundError
from prsync.services.feeds import set_paused
from prsync.services.sync_plan import SyncPlan, SyncRequest, last_day_of, make_plan

if TYPE_CHECKING:
    from tests.services.running import Services

    from prsync.store.ledger import Ledger

YESTERDAY = date(2026, 11, 23)
EVENING = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""In Auckland it is the 24th already; in Honolulu, too, the 22nd is over."""


@pytest.fixture
def fleet() -> ScriptedFleet:
    return ScriptedFleet("Acme A/S", "Bog & Tryk")


def plan(
    services: Services, request: SyncRequest | None = None, now: datetime = NOW, local_timezone: str = "UTC"
) -> SyncPlan:
    return make_plan(services.ledger, request or SyncRequest(), now, local_timezone)


def test_a_run_goes_through_yesterday(services: Services) -> None:
    services.add_feed("Acme A/S")
    assert plan(services).through == YESTERDAY


def test_the_last_day_is_the_last_that_is_over_for_any_of_the_feeds(services: Services) -> None:
    services.add_feed("Acme A/S", timezone="Pacific/Honolulu")
    assert plan(services, now=EVENING).through == date(2026, 11, 22)
    services.add_feed("Bog & Tryk", timezone="Pacific/Auckland")
    assert plan(services, now=EVENING).through == date(2026, 11, 23)


def test_no_feed_is_collected_through_a_day_that_is_not_over_where_it_is(services: Services) -> None:
    feed = services.add_feed("Acme A/S", timezone="Pacific/Honolulu")
    assert last_day_of(feed, date(2026, 11, 23), EVENING) == date(2026, 11, 22)
    assert last_day_of(feed, FIRST, EVENING) == FIRST


def test_without_a_feed_the_machines_own_time_zone_counts(services: Services) -> None:
    assert plan(services, now=EVENING, local_timezone="Pacific/Auckland").through == date(2026, 11, 23)
    assert plan(services, now=EVENING).through == date(2026, 11, 22)


def test_a_person_may_say_an_earlier_day(services: Services) -> None:
    services.add_feed("Acme A/S")
    assert plan(services, SyncRequest(through=" 2026-11-05 ")).through == day(3)


@pytest.mark.parametrize(
    ("through", "reason"),
    [
        ("2026-11-24", "is not over yet; the last complete day is 2026-11-23"),
        ("2999-01-01", "is not over yet; the last complete day is 2026-11-23"),
        ("yesterday", "is not a date; write it as 2026-11-24"),
        ("2026-02-30", "is not a date; write it as 2026-11-24"),
    ],
)
def test_a_day_that_is_not_over_or_none_is_refused(services: Services, through: str, reason: str) -> None:
    services.add_feed("Acme A/S")
    with pytest.raises(InvalidValueError) as refused:
        plan(services, SyncRequest(through=through))
    assert str(refused.value) == f"--through {through}: {reason}"


def test_the_days_ahead_are_those_from_the_last_looked_at_on(services: Services, ledger: Ledger) -> None:
    acme, bog = services.add_feed("Acme A/S"), services.add_feed("Bog & Tryk", activation_date=day(2).isoformat())
    request = SyncRequest(through=day(4).isoformat())
    assert plan(services, request).days_ahead == {acme.id: 5, bog.id: 3}
    assert plan(services, request).all_days_ahead == 8
    services.sync(day(3))  # nothing is new, but these days have been looked at
    assert plan(services, request).days_ahead == {acme.id: 1, bog.id: 1}
    set_paused(ledger, "Acme A/S", paused=True, now=NOW)
    assert plan(services, request).days_ahead == {acme.id: 0, bog.id: 1}
    assert plan(services, SyncRequest(through=day(1).isoformat())).all_days_ahead == 0


def test_days_that_are_to_join_in_front_are_ahead_too(services: Services, fleet: ScriptedFleet) -> None:
    fleet.reads_daily("A", day(-1), range(1000, 1100, 10))
    acme = services.add_feed("Acme A/S")
    services.sync(day(2))
    services.update_feed("Acme A/S", activation_date="2026-10-30")
    assert plan(services, SyncRequest(through=day(3).isoformat())).days_ahead == {acme.id: 1 + 3}


def test_a_wrong_name_is_told_before_a_ledger_without_servers(ledger: Ledger) -> None:
    with pytest.raises(NotFoundError, match="no server main"):
        make_plan(ledger, SyncRequest(servers=["main"]), NOW, "UTC")
    with pytest.raises(InvalidValueError, match="is not over yet"):
        make_plan(ledger, SyncRequest(through="2999-01-01"), NOW, "UTC")
    with pytest.raises(NoServerError, match="no server is registered in"):
        make_plan(ledger, SyncRequest(), NOW, "UTC")
