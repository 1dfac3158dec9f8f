"""The health check: which servers let us in, which feeds' data flow, and what is recorded of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.services.running import NOW, night_of
from tests.support import ScriptedFleet
from tests.support.whole_ledger import everything

from prsync.core.model import Health
from prsync.errors import LedgerFileError, PasswordMissingError, UnreachableError, UnusableAnswerError
from prsync.monitoring.nagios import PluginStatus
from prsync.process.lock import hold
from prsync.services.feeds import set_paused
from prsync.services.health import HealthReport, check_health, last_health
from prsync.services.plugin_status import plugin_answer
from prsync.store.feed_table import FeedRun
from prsync.store.records import RunOutcome

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
    return {found.feed.name: found.health for found in report.feeds}


def test_before_the_first_check_nothing_is_known(connected: Services) -> None:
    assert by_feed(last_health(connected.ledger, NOW)) == dict.fromkeys(("Empty", "Fresh", "Silent"), "unknown")


def test_a_check_judges_every_server_and_every_feed(synced: Services) -> None:
    report = check(synced)
    # Nothing has come from Empty yet: it counts from the day it was added.
    assert by_feed(report) == {"Empty": "healthy", "Fresh": "healthy", "Silent": "unhealthy"}
    assert [(found.feed.name, found.reason) for found in report.wrong_feeds] == [("Silent", "stale")]
    assert (report.unhealthy_servers, report.ok) == ([], False)
    silent = report.wrong_feeds[0].feed
    assert (silent.last_data_at, silent.synced_through) == (night_of(SILENT_SINCE, 12, 0), SILENT_SINCE)


def test_a_check_records_when_it_was_and_since_when_it_is_so(synced: Services) -> None:
    check(synced, LATER)
    silent, server = synced.ledger.feeds.find("Silent"), synced.ledger.servers.named("main")
    # The sync has found it first.
    assert (silent.health_checked_at, silent.health_changed_at) == (LATER, NOW)
    assert (server.health, server.health_checked_at, server.health_changed_at) == (Health.HEALTHY, LATER, NOW)


def test_a_feed_of_which_nothing_ever_came_is_silent_since_it_was_added(connected: Services) -> None:
    connected.sync()
    assert by_feed(check(connected, night_of(date(2026, 11, 26))))["Empty"] == "healthy"
    assert by_feed(check(connected, night_of(date(2026, 11, 28))))["Empty"] == "unhealthy"


def test_a_paused_feed_is_not_judged(synced: Services) -> None:
    set_paused(synced.ledger, "Silent", paused=True, now=NOW)
    report = check(synced, LATER)
    assert (report.ok, report.wrong_feeds) == (True, [])
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
    for name in ("Fresh", "Silent"):
        # As a later holidays library may have dropped one. Whether data of yesterday still flow does not depend on it.
        synced.ledger.feeds.update(synced.ledger.feeds.find(name), {"holidays": "XX"})
    report = check(synced, LATER)
    (wrong,) = report.wrong_feeds
    assert (wrong.feed.name, wrong.reason) == ("Silent", "failing")
    assert wrong.error is not None
    assert wrong.error.startswith("no public holidays are known of XX: --holidays of prsync feed update names")
    assert report.ok is False
    checked = {found.feed.name: found.feed.health_checked_at for found in report.feeds}
    assert checked == {"Empty": LATER, "Fresh": LATER, "Silent": NOW}


def test_the_last_result_is_shown_without_asking_anybody_or_writing_anything(
    synced: Services, server: ScriptedServer
) -> None:
    server.login_error = DOWN
    before, logins = everything(synced.ledger.path), server.logins
    report = last_health(synced.ledger, NOW)
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


def reasons(report: HealthReport) -> dict[str, str | None]:
    return {found.feed.name: found.reason for found in report.feeds}


def errors(report: HealthReport) -> dict[str, str]:
    return {found.feed.name: found.error for found in report.wrong_feeds if found.error}


def test_a_feed_that_no_run_has_come_to_is_unknown_and_not_wrong_until_two_nights_have_passed(
    connected: Services,
) -> None:
    report = last_health(connected.ledger, NOW + timedelta(days=2))
    assert (reasons(report)["Fresh"], by_feed(report)["Fresh"], report.ok) == ("not_collected", "unknown", True)
    report = last_health(connected.ledger, NOW + timedelta(days=2, hours=3))
    assert (reasons(report)["Fresh"], by_feed(report)["Fresh"], report.ok) == ("not_collected", "unknown", False)
    assert errors(report)["Fresh"] == "no sync has come to it since 2026-11-24 01:30 UTC; does cron run?"


def test_where_nobody_runs_sync_that_is_said_and_no_dca_is_blamed(synced: Services) -> None:
    report = last_health(synced.ledger, NOW + timedelta(days=9))
    assert reasons(report) == dict.fromkeys(("Empty", "Fresh", "Silent"), "not_collected")
    assert set(errors(report).values()) == {"no sync has come to it since 2026-11-24 01:30 UTC; does cron run?"}


def test_the_feeds_that_a_killed_run_did_not_come_to_are_not_collected(synced: Services) -> None:
    ledger, started = synced.ledger, NOW + timedelta(days=1)
    run = ledger.runs.start("sync", started)  # of a process that has died since
    fresh = ledger.feeds.find("Fresh")
    ledger.feeds.begin_run(run, [fresh.id, ledger.feeds.find("Silent").id])
    ledger.feeds.record_runs([FeedRun(fresh.id, Health.HEALTHY, None)], started)
    report = last_health(ledger, started)
    assert reasons(report) == {"Empty": None, "Fresh": None, "Silent": "not_collected"}
    assert errors(report)["Silent"] == "the run of 2026-11-25 01:30 UTC was killed before it was done with it"
    assert report.last_outcome == "killed"


def test_a_feed_that_failed_in_the_last_run_is_failing_until_one_goes_well(
    synced: Services, server: ScriptedServer
) -> None:
    server.fails("1001", UnusableAnswerError("/devices", 404, "devices"))
    assert not synced.sync(now=LATER).ok
    report = last_health(synced.ledger, LATER)
    assert (reasons(report)["Fresh"], report.ok) == ("failing", False)
    assert errors(report)["Fresh"].startswith("/devices answered with status 404: nothing is there")
    server.answers_truly()
    synced.sync(now=LATER)
    assert reasons(last_health(synced.ledger, LATER)) == {"Empty": None, "Fresh": None, "Silent": "stale"}


def test_while_a_server_is_down_its_feeds_are_not_blamed(synced: Services, server: ScriptedServer) -> None:
    server.login_error = DOWN
    report = check(synced, LATER)
    assert reasons(report) == dict.fromkeys(("Empty", "Fresh", "Silent"), "server_unhealthy")
    assert set(errors(report).values()) == {str(DOWN)}


def test_a_server_whose_feeds_are_all_paused_is_neither_asked_nor_judged(
    synced: Services, server: ScriptedServer
) -> None:
    server.login_error = DOWN
    check(synced)
    for name in ("Fresh", "Silent", "Empty"):
        set_paused(synced.ledger, name, paused=True, now=NOW)
    logins = server.logins
    assert check(synced, LATER).ok
    report = synced.sync(now=LATER)
    assert (report.ok, {feed.outcome for feed in report.feeds}) == (True, {"paused"})
    assert server.logins == logins


def test_by_a_clock_that_cannot_be_right_nothing_is_well(synced: Services) -> None:
    early = last_health(synced.ledger, NOW - timedelta(days=3))
    assert errors(early) == {
        "Fresh": "the clock says 2026-11-21 01:30 UTC, and 2026-11-23 is deposited already; is the clock set?"
    }
    late = last_health(synced.ledger, NOW + timedelta(days=400))
    assert reasons(late)["Fresh"] == "failing"
    assert errors(late)["Fresh"].startswith(
        "the clock says 2027-12-29 01:30 UTC, more than a year after the last run (2026-11-24); "
    )


def test_a_run_that_found_the_server_taken_does_not_hide_that_the_other_one_was_killed(synced: Services) -> None:
    ledger, started = synced.ledger, NOW + timedelta(days=1)
    ledger.feeds.begin_run(ledger.runs.start("sync", started), [feed.id for feed in ledger.feeds.all()])
    with hold(ledger.path, "server-1", "server main", started):  # as the run that is killed in a moment
        assert synced.sync(now=started + timedelta(minutes=1)).locked
    assert set(reasons(last_health(ledger, started + timedelta(minutes=2))).values()) == {"not_collected"}


def test_a_run_sets_out_to_collect_the_feeds_of_the_servers_that_it_holds(
    synced: Services, server: ScriptedServer
) -> None:
    set_paused(synced.ledger, "Silent", paused=True, now=NOW)
    seen: set[tuple[str, int | None]] = set()
    server.before_organizations = lambda: seen.update(
        (feed.name, feed.wanted_by_run) for feed in synced.ledger.feeds.all()
    )
    synced.sync(now=LATER)
    assert seen == {("Empty", 2), ("Fresh", 2), ("Silent", 1)}


def test_a_feed_that_was_taken_back_after_the_last_run_waits_for_the_next_one(synced: Services) -> None:
    set_paused(synced.ledger, "Fresh", paused=True, now=NOW)
    for nights in range(1, 5):
        synced.sync(now=NOW + timedelta(days=nights))
    morning = NOW + timedelta(days=4, hours=8)
    set_paused(synced.ledger, "Fresh", paused=False, now=morning)
    report = last_health(synced.ledger, morning)
    assert "Fresh" not in {found.feed.name for found in report.wrong_feeds}
    assert reasons(report)["Fresh"] == "not_collected"
    # And when no run comes to it then either, that is said.
    late = last_health(synced.ledger, morning + timedelta(days=2))
    assert errors(late)["Fresh"] == "no sync has come to it since 2026-11-24 01:30 UTC; does cron run?"


def test_where_syncs_ran_and_could_not_collect_it_cron_is_not_blamed(synced: Services, server: ScriptedServer) -> None:
    server.login_error = DOWN
    for nights in range(1, 4):
        synced.sync(now=NOW + timedelta(days=nights))
    server.login_error = None
    morning = NOW + timedelta(days=3, hours=8)
    assert errors(check(synced, morning))["Fresh"] == (
        "the sync of 2026-11-27 01:30 UTC could not collect it; prsync run show sync shows it"
    )


def test_a_sync_of_another_server_is_none_of_this_one(synced: Services) -> None:
    ledger = synced.ledger
    run = ledger.runs.start("sync", NOW + timedelta(days=3))
    ledger.runs.finish(run, RunOutcome.OK, {"servers": [{"server": "other"}]}, NOW + timedelta(days=3))
    assert errors(last_health(ledger, NOW + timedelta(days=3)))["Fresh"] == (
        "no sync has come to it since 2026-11-24 01:30 UTC; does cron run it for server main?"
    )


def test_a_run_while_the_clock_was_ahead_hides_nothing(synced: Services) -> None:
    synced.sync(now=NOW + timedelta(days=1))
    synced.sync(now=NOW + timedelta(days=30))  # the clock is ahead; nothing is new, and nothing deposited
    report = last_health(synced.ledger, NOW + timedelta(days=5))
    assert report.last_sync is not None
    assert report.last_sync.started_at == NOW + timedelta(days=1)
    assert errors(report)["Empty"] == "no sync has come to it since 2026-11-25 01:30 UTC; does cron run?"
    assert plugin_answer(report, NOW + timedelta(days=5)).status is PluginStatus.CRITICAL


def test_a_ledger_that_cannot_be_written_is_told_by_a_check(synced: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise LedgerFileError(synced.ledger.path, "the disk is full")

    monkeypatch.setattr(synced.ledger.feeds, "record_health", full)
    with pytest.raises(LedgerFileError, match="the disk is full"):
        check(synced)
