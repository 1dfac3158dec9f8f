"""A customer who leaves: collected through the last day and no further, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.services.running import FIRST, NOW, NobodyWatches, day, night_of
from tests.support import deposits

from prsync.errors import InvalidValueError, RefusedError, UnreachableError, UnusableAnswerError
from prsync.services.anomalies import decide
from prsync.services.feed_leaving import activate, deactivate
from prsync.services.feeds import set_paused
from prsync.services.health import check_health

if TYPE_CHECKING:
    from datetime import datetime

    from tests.services.running import Services
    from tests.support import ScriptedFleet
    from tests.support.scripted_server import ScriptedServer

    from prsync.store.records import Feed

ACME = "Acme A/S"
TENTH = day(9)


@pytest.fixture
def acme(services: Services) -> Services:
    """Acme is collected through the tenth day."""
    services.add_feed(ACME)
    services.sync(TENTH)
    return services


def leave(services: Services, on: str | None = None, now: datetime = NOW) -> Feed:
    return deactivate(
        services.ledger,
        ACME,
        on,
        connect=services.connect,
        now=now,
        local_timezone="UTC",
        watch=NobodyWatches(),
    )


def last_deposit(services: Services) -> object:
    return max(deposits(services.ledger.path, ACME))


def test_it_is_never_asked_for_again_and_judged_no_more(acme: Services, server: ScriptedServer) -> None:
    feed = leave(acme)
    assert (feed.deactivated_on, feed.has_ended) == (TENTH, True)
    server.asked.clear()
    report = acme.sync(now=night_of(day(60)))
    assert (report.feeds, report.ok, server.asked) == ([], True, [])
    health = check_health(acme.ledger, acme.connect, night_of(day(60)))
    assert (health.feeds, health.ok) == ([], True)
    with pytest.raises(InvalidValueError, match=f"was deactivated on {TENTH}; prsync feed activate 'Acme A/S' takes"):
        acme.sync(feeds=[ACME])


def test_the_days_until_then_are_collected_at_once(acme: Services) -> None:
    on = day(14)
    assert leave(acme, on.isoformat()).has_ended
    assert str(last_deposit(acme)) == on.isoformat()


def test_a_day_to_come_leaves_it_active_until_then_and_no_longer(acme: Services, server: ScriptedServer) -> None:
    on = day(25)
    assert NOW.date() < on
    feed = leave(acme, on.isoformat())
    assert feed.has_ended is False
    for night in (24, 26, 27, 28):
        acme.sync(now=night_of(day(night)))
    assert str(last_deposit(acme)) == on.isoformat()
    assert max(server.days_asked("1001")) == on
    assert acme.ledger.feeds.find(ACME).has_ended


def test_it_ends_on_a_day_without_a_page_too(acme: Services, server: ScriptedServer) -> None:
    """The last day of a month is often a Sunday: nothing new comes for it, and nothing is waited for."""
    on = day(25)
    leave(acme, on.isoformat())
    server.make_stale("1001", day(23))
    acme.sync(now=night_of(day(26)))
    feed = acme.ledger.feeds.find(ACME)
    assert (feed.synced_through, feed.has_ended) == (day(23), True)
    assert acme.sync(now=night_of(day(40))).feeds == []


def test_a_day_before_the_last_deposit_is_refused(acme: Services) -> None:
    with pytest.raises(RefusedError, match=f"it is deposited through {TENTH}, and a deposit never changes"):
        leave(acme, day(8).isoformat())
    assert acme.ledger.feeds.find(ACME).deactivated_on is None


def test_where_the_server_has_nothing_more_the_last_deposit_is_the_last_day(
    acme: Services, server: ScriptedServer
) -> None:
    server.make_stale("1001", TENTH)
    on = day(14).isoformat()
    with pytest.raises(RefusedError) as silent:
        leave(acme, on)
    assert str(silent.value) == (
        f"deactivating feed Acme A/S on {on} is refused: it is deposited through {TENTH}, take that day;"
        " its server has nothing new for the days since"
    )
    # Those days were looked at now: they are not asked for again, and nothing is changed by a refusal.
    before = acme.ledger.feeds.find(ACME)
    with pytest.raises(RefusedError, match="had nothing new for the days since, and each sync asks for them again"):
        leave(acme, on)
    assert acme.ledger.feeds.find(ACME) == before
    server.fails("1001", UnusableAnswerError("/devices", 404, "devices"))
    with pytest.raises(RefusedError, match=f"deposited through {TENTH}, take that day; .*404: nothing is there"):
        leave(acme, day(15).isoformat())
    server.login_error = UnreachableError("https://main.example", "connection refused")
    with pytest.raises(RefusedError, match=f"deposited through {TENTH}, take that day; cannot reach"):
        leave(acme, day(16).isoformat())
    assert leave(acme).has_ended


def test_one_that_is_paused_is_collected_first(acme: Services) -> None:
    set_paused(acme.ledger, ACME, paused=True, now=NOW)
    with pytest.raises(RefusedError, match="prsync feed resume 'Acme A/S' first"):
        leave(acme, day(14).isoformat())
    assert leave(acme).has_ended


def test_one_that_was_never_collected_can_be_ended_too(services: Services, server: ScriptedServer) -> None:
    services.add_feed(ACME)
    assert leave(services).has_ended
    services.sync()
    assert server.asked == []


def test_it_is_taken_back_and_goes_on_where_it_stopped(acme: Services) -> None:
    leave(acme)
    assert activate(acme.ledger, ACME, NOW).deactivated_on is None
    report = acme.sync()
    assert report.pages == 10 * (day(21) - TENTH).days
    assert sorted(deposits(acme.ledger.path, ACME)) == [day(number).isoformat() for number in range(22)]


def test_pages_that_wait_for_the_next_deposit_are_not_left_behind(services: Services, fleet: ScriptedFleet) -> None:
    services.add_feed(ACME)
    fleet.reads("A", day(9), 900_000)
    services.sync(TENTH)
    (jump,) = services.ledger.anomalies.open()
    decide(services.ledger, jump.id, accepted=True, now=NOW)
    with pytest.raises(RefusedError, match=f"prsync anomaly reject {jump.id} takes that back"):
        leave(services)
    decide(services.ledger, jump.id, accepted=False, now=NOW)
    assert leave(services).has_ended


def test_where_a_feed_ends_without_another_deposit_what_was_accepted_is_told(
    services: Services, fleet: ScriptedFleet, server: ScriptedServer
) -> None:
    services.add_feed(ACME)
    fleet.reads("A", day(9), 900_000)
    services.sync(TENTH, now=night_of(day(10)))
    (jump,) = services.ledger.anomalies.open()
    leave(services, str(day(10)), now=night_of(day(10)))
    decide(services.ledger, jump.id, accepted=True, now=night_of(day(10)))
    server.make_stale("1001", TENTH)
    (report,) = services.sync(now=night_of(day(11))).feeds
    assert (report.ended_short_of, report.accepted_left) == (day(10), [jump.id])
    assert decide(services.ledger, jump.id, accepted=False, now=NOW).anomaly.state == "rejected"


def test_a_jump_of_a_feed_that_has_ended_is_not_accepted_into_nowhere(services: Services, fleet: ScriptedFleet) -> None:
    services.add_feed(ACME)
    fleet.reads("A", day(9), 900_000)
    services.sync(TENTH)
    leave(services)
    (jump,) = services.ledger.anomalies.open()
    with pytest.raises(RefusedError, match="prsync feed activate 'Acme A/S' first"):
        decide(services.ledger, jump.id, accepted=True, now=NOW)
    assert decide(services.ledger, jump.id, accepted=False, now=NOW).anomaly.state == "rejected"


def test_earlier_days_that_have_yet_to_join_are_still_collected(acme: Services) -> None:
    acme.update_feed(ACME, activation_date=(FIRST.replace(day=1)).isoformat())
    assert leave(acme).has_ended is False
    acme.sync()
    feed = acme.ledger.feeds.find(ACME)
    assert (feed.activation_date, feed.synced_through, feed.has_ended) == (FIRST.replace(day=1), TENTH, True)


def test_where_nothing_came_for_its_last_days_the_run_that_ends_it_says_so(
    acme: Services, server: ScriptedServer
) -> None:
    leave(acme, on=str(day(14)), now=night_of(TENTH))
    server.make_stale("1001", day(11))
    told = [
        (feed.ended_short_of, feed.synced_through)
        for nights in range(10, 17)
        for feed in acme.sync(now=night_of(day(nights))).feeds
    ]
    assert [one for one in told if one[0]] == [(day(14), day(11))]


def test_a_server_all_of_whose_feeds_have_left_is_not_connected_to(acme: Services, server: ScriptedServer) -> None:
    leave(acme)
    server.login_error = UnreachableError("https://main.example", "connection refused")
    logins = server.logins
    report = acme.sync(now=night_of(day(12)))
    assert (report.ok, report.feeds, report.has_ended_feeds) == (True, [], True)
    assert server.logins == logins
    acme.sync(now=night_of(day(13)), feeds=())
    with pytest.raises(InvalidValueError, match="was deactivated on"):
        acme.sync(now=night_of(day(13)), feeds=(ACME,))


def test_one_that_has_ended_gets_no_other_last_day(acme: Services) -> None:
    leave(acme)
    with pytest.raises(
        RefusedError, match=r"it has ended on 2026-11-\d\d; prsync feed activate 'Acme A/S' takes that back"
    ):
        leave(acme, on=str(day(12)))


def test_a_day_before_a_feed_begins_is_refused_as_that(services: Services) -> None:
    services.add_feed(ACME, activation_date="2027-03-01")
    with pytest.raises(RefusedError, match="it begins on 2027-03-01, and nothing is collected before"):
        leave(services, on="2026-12-24")


def test_days_that_a_clock_ahead_has_looked_at_are_asked_for_before_it_ends(
    acme: Services, server: ScriptedServer
) -> None:
    server.make_stale("1001", TENTH)
    acme.sync(now=night_of(day(60)))
    server.deliver("1001")
    last = day(20)
    assert not leave(acme, str(last), now=night_of(day(11))).has_ended
    acme.sync(now=night_of(day(22)))
    assert acme.ledger.feeds.find(ACME).has_ended
    assert last_deposit(acme) == str(last)


def test_a_clock_that_is_ahead_after_they_have_said_when_they_leave_does_not_end_the_feed(
    acme: Services, server: ScriptedServer
) -> None:
    last = day(15)
    leave(acme, str(last), now=night_of(day(10)))
    server.make_stale("1001", TENTH)
    acme.sync(now=night_of(day(40)))
    server.deliver("1001")
    for number in (11, 12, 16):
        acme.sync(now=night_of(day(number)))
    assert last_deposit(acme) == str(last)
    assert acme.ledger.feeds.find(ACME).has_ended
