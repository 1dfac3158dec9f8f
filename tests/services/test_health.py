"""The health check: which servers let us in, which feeds' data flow, and what is recorded of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from tests.services.running import NOW, night_of
from tests.support import ScriptedFleet
from tests.support.whole_ledger import everything

from prsync.core.model import Health
from prsync.errors import PasswordMissingError, UnreachableError
from prsync.services.feeds import set_paused
from prsync.services.health import HealthReport, check_health, last_health

if TYPE_CHECKING:
    from datetime import datetime

    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

SINCE = date(2026, 11, 12)
SILENT_SINCE = date(2026, 11, 13)
LATER = night_of(date(2026, 11, 25))
DOWN = UnreachableError("https://main.example", "connection refused")


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Fresh was read on the day before NOW, Silent ten days before it, and Empty has no printers."""
    scripted = ScriptedFleet("Fresh", "Silent", "Empty")
    scripted.reads_daily("F", date(2026, 11, 11), range(1000, 1130, 10), organization="Fresh")
    scripted.reads_daily("S", date(2026, 11, 11), [1000, 1010, 1020], organization="Silent")
    return scripted


@pytest.fixture
def connected(services: Services) -> Services:
    for name in ("Fresh", "Silent", "Empty"):
        services.add_feed(name, activation_date=SINCE.isoformat())
    return services


@pytest.fixture
def synced(connected: Services) -> Services:
    connected.sync()
    return connected


def check(services: Services, now: datetime = NOW) -> HealthReport:
    return check_health(services.ledger, services.connect, now)


def by_feed(report: HealthReport) -> dict[str, str]:
    return {feed.name: feed.health for feed in report.feeds}


def test_before_the_first_check_nothing_is_known(connected: Services) -> None:
    assert by_feed(last_health(connected.ledger)) == dict.fromkeys(("Empty", "Fresh", "Silent"), "unknown")


def test_a_check_judges_every_server_and_every_feed(synced: Services) -> None:
    report = check(synced)
    # Nothing has come from Empty yet: it counts from the day it was added.
    assert by_feed(report) == {"Empty": "healthy", "Fresh": "healthy", "Silent": "unhealthy"}
    assert [feed.name for feed in report.unhealthy_feeds] == ["Silent"]
    assert (report.unhealthy_servers, report.errors, report.ok) == ([], {}, False)
    (silent,) = report.unhealthy_feeds
    assert (silent.last_data_at, silent.synced_through) == (night_of(SILENT_SINCE, 12, 0), SILENT_SINCE)


def test_a_check_records_when_it_was_and_since_when_it_is_so(synced: Services) -> None:
    check(synced, LATER)
    silent, server = synced.ledger.feeds.find("Silent"), synced.ledger.servers.named("main")
    # The sync has found it first.
    assert (silent.health_checked_at, silent.health_changed_at) == (LATER, NOW)
    assert (server.health, server.health_checked_at, server.health_changed_at) == (Health.HEALTHY, LATER, NOW)


def test_a_feed_of_which_nothing_ever_came_is_silent_since_it_was_added(connected: Services) -> None:
    assert by_feed(check(connected, night_of(date(2026, 11, 26))))["Empty"] == "healthy"
    assert by_feed(check(connected, night_of(date(2026, 11, 28))))["Empty"] == "unhealthy"


def test_a_paused_feed_is_not_judged(synced: Services) -> None:
    set_paused(synced.ledger, "Silent", paused=True, now=NOW)
    report = check(synced, LATER)
    assert (report.ok, report.unhealthy_feeds) == (True, [])
    silent, fresh = synced.ledger.feeds.find("Silent"), synced.ledger.feeds.find("Fresh")
    assert (silent.health_checked_at, fresh.health_checked_at) == (NOW, LATER)


@pytest.mark.parametrize("error", [DOWN, PasswordMissingError("main")], ids=["down", "no password"])
def test_a_server_that_does_not_let_us_in_is_unhealthy_and_its_feeds_are_judged_by_their_days(
    synced: Services, server: ScriptedServer, error: Exception
) -> None:
    set_paused(synced.ledger, "Silent", paused=True, now=NOW)
    if error is DOWN:
        server.login_error = error
    else:
        server.password_error = error
    report = check(synced, LATER)
    (main,) = report.unhealthy_servers
    assert (main.name, main.health_error, main.health_changed_at) == ("main", str(error), LATER)
    assert (by_feed(report)["Fresh"], report.ok) == ("healthy", False)
    server.answers_truly()
    assert check(synced, LATER).ok
    assert synced.ledger.servers.named("main").health_error is None


def test_one_servers_failure_does_not_keep_the_next_from_being_checked(
    synced: Services, server: ScriptedServer
) -> None:
    synced.add_server("a", server.fleet).login_error = DOWN
    report = check(synced)
    assert [(found.name, found.health) for found in report.servers] == [("a", "unhealthy"), ("main", "healthy")]


def test_a_region_that_is_no_longer_known_is_its_own_feeds_error_and_the_rest_is_judged(synced: Services) -> None:
    fresh = synced.ledger.feeds.find("Fresh")
    synced.ledger.feeds.update(fresh, {"holidays": "XX"})  # as a later holidays library may have dropped one
    set_paused(synced.ledger, "Silent", paused=True, now=NOW)
    report = check(synced, LATER)
    assert report.errors == {
        fresh.id: "no public holidays are known of XX: prsync feed update FEED --holidays CC names another country or"
        " region, or none"
    }
    assert report.ok is False
    assert [feed.name for feed in report.feeds] == ["Empty", "Fresh", "Silent"]
    checked = {feed.name: feed.health_checked_at for feed in report.feeds}
    assert checked == {"Empty": LATER, "Fresh": NOW, "Silent": NOW}


def test_the_last_result_is_shown_without_asking_anybody_or_writing_anything(
    synced: Services, server: ScriptedServer
) -> None:
    server.login_error = DOWN
    before, logins = everything(synced.ledger.path), server.logins
    report = last_health(synced.ledger)
    assert (by_feed(report)["Silent"], report.servers[0].health, report.ok) == ("unhealthy", "healthy", False)
    assert (everything(synced.ledger.path), server.logins) == (before, logins)


def test_a_check_costs_one_login_and_asks_for_no_devices(synced: Services, server: ScriptedServer) -> None:
    asked, logins = len(server.asked), server.logins
    check(synced)
    assert (len(server.asked), server.logins) == (asked, logins + 1)


def test_a_server_that_is_removed_while_it_is_checked_is_no_error(synced: Services, server: ScriptedServer) -> None:
    removed = synced.add_server("a", server.fleet)
    removed.before_organizations = lambda: synced.ledger.servers.remove(synced.ledger.servers.named("a"))
    report = check(synced)
    assert [found.name for found in report.servers] == ["main"]


def test_a_feed_that_is_removed_while_servers_are_checked_is_no_error(synced: Services, server: ScriptedServer) -> None:
    server.before_organizations = lambda: synced.ledger.feeds.remove(synced.ledger.feeds.find("Silent"))
    assert by_feed(check(synced)) == {"Empty": "healthy", "Fresh": "healthy"}
