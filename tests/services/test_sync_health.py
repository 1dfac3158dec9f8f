"""A sync tells of a feed that has fallen silent: once, on the night it is so, whoever has looked in between."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.services.running import night_of
from tests.support import ScriptedFleet

from prsync.core.model import Health
from prsync.errors import UnreachableError, UnusableAnswerError
from prsync.services.health import check_health

if TYPE_CHECKING:
    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

WEDNESDAY = date(2026, 4, 1)
"""Before Easter: in Denmark Thursday, Friday and Monday are no business days."""


def april(number: int) -> date:
    return date(2026, 4, number)


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Nothing is read after Wednesday."""
    scripted = ScriptedFleet("Plain", "Danish")
    for name in ("Plain", "Danish"):
        scripted.reads_daily("P", WEDNESDAY - timedelta(days=2), [1000, 1010, 1020], organization=name)
    return scripted


@pytest.fixture
def silent(services: Services) -> Services:
    for name, holidays in (("Plain", "none"), ("Danish", "DK")):
        since = WEDNESDAY - timedelta(days=1)
        services.add_feed(name, now=night_of(WEDNESDAY), activation_date=since.isoformat(), holidays=holidays)
    return services


def told(services: Services, number: int) -> list[str]:
    """The feeds that the night's run tells of."""
    report = services.sync(now=night_of(april(number)))
    return [feed.feed for feed in report.feeds if feed.turned_unhealthy]


def test_it_is_told_on_the_night_after_the_third_business_day_and_on_no_other(silent: Services) -> None:
    # Thursday, Friday and Monday have passed for Plain; for Danish, Tuesday, Wednesday and Thursday.
    nights = {number: told(silent, number) for number in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11)}
    assert {number: feeds for number, feeds in nights.items() if feeds} == {7: ["Plain"], 10: ["Danish"]}


def test_a_health_check_in_between_takes_nothing_from_the_sync(silent: Services) -> None:
    silent.sync(now=night_of(april(6)))
    assert check_health(silent.ledger, silent.connect, night_of(april(6), 23, 59)).ok
    # A monitor sees it first, a minute after midnight.
    seen = check_health(silent.ledger, silent.connect, night_of(april(7), 0, 1))
    assert [found.feed.name for found in seen.wrong_feeds] == ["Plain"]
    assert told(silent, 7) == ["Plain"]


def test_it_may_happen_again_and_is_told_again(silent: Services, fleet: ScriptedFleet) -> None:
    assert told(silent, 7) == ["Plain"]
    for name in ("Plain", "Danish"):
        fleet.reads("P", april(11), 1030, organization=name)
    report = silent.sync(now=night_of(april(12)))
    assert {(feed.outcome, feed.health) for feed in report.feeds} == {("deposited", Health.HEALTHY)}
    assert [told(silent, number) for number in (15, 16)] == [[], ["Danish", "Plain"]]


def test_the_silence_of_a_feed_is_not_told_while_its_server_is_down_but_when_that_is_back(
    silent: Services, server: ScriptedServer
) -> None:
    silent.sync(now=night_of(april(2)))
    server.login_error = UnreachableError("https://main.example", "connection refused")
    assert [told(silent, number) for number in (6, 7)] == [[], []]
    assert silent.ledger.feeds.find("Plain").health is Health.UNHEALTHY
    server.answers_truly()
    assert [told(silent, number) for number in (8, 9)] == [["Plain"], []]


def test_the_silence_of_a_feed_that_fails_is_told_when_it_is_answered_again(
    silent: Services, server: ScriptedServer
) -> None:
    silent.sync(now=night_of(april(2)))
    server.fails("1001", UnusableAnswerError("/devices", 403, ""))
    nights = {number: told(silent, number) for number in (6, 7, 8, 13)}
    assert all("Plain" not in feeds for feeds in nights.values()), nights
    server.answers_truly()
    assert "Plain" in told(silent, 14)


def test_a_silent_feed_alone_does_not_fail_a_run(silent: Services) -> None:
    report = silent.sync(now=night_of(april(20)))
    assert ({feed.health for feed in report.feeds}, report.ok) == ({Health.UNHEALTHY}, True)
    assert {feed.last_data_at.date() for feed in report.feeds if feed.last_data_at} == {WEDNESDAY}


def test_a_run_through_an_earlier_day_judges_as_of_the_morning_after_it(silent: Services) -> None:
    (danish, plain) = silent.sync(april(5), now=night_of(april(20))).feeds
    assert (plain.health, danish.health) == (Health.HEALTHY, Health.HEALTHY)
    (danish, plain) = silent.sync(april(6), now=night_of(april(20))).feeds
    assert (plain.health, danish.health) == (Health.UNHEALTHY, Health.HEALTHY)


def test_on_mondays_a_silence_that_lasts_is_said_again(silent: Services) -> None:
    said = {}
    for number in range(7, 28):
        report = silent.sync(now=night_of(april(number)))
        said[number] = [feed.feed for feed in report.feeds if feed.is_still_unhealthy]
    assert [number for number, feeds in said.items() if feeds] == [13, 20, 27]
    assert said[13] == said[20] == said[27] == ["Danish", "Plain"]


def test_on_mondays_a_jump_that_nobody_has_decided_is_said_again(services: Services, fleet: ScriptedFleet) -> None:
    fleet.reads("P", april(2), 5_000_000, organization="Plain")
    services.add_feed("Plain", now=night_of(WEDNESDAY), activation_date=str(april(1)))
    jumps = {number: services.sync(now=night_of(april(number))).feeds[0].jumps for number in range(2, 8)}
    assert jumps == {2: 0, 3: 1, 4: 0, 5: 0, 6: 1, 7: 0}
