"""What fails is told and passed by: no feed stops the next, no server another, and the next run catches up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.services.running import FIRST, NOW, day, night_of
from tests.support import ScriptedFleet, deposits, rows

from prsync.core.model import ONE_DAY, Health
from prsync.errors import (
    BrokenConnectionError,
    PasswordMissingError,
    ServerLostError,
    UnreachableError,
    UnusableAnswerError,
)
from prsync.process.lock import hold
from prsync.services.feeds import set_paused

if TYPE_CHECKING:
    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

    from prsync.services.sync_report import SyncReport
    from prsync.store.ledger import Ledger

NAMES = ["Acme A/S", "Bog & Tryk", "Castro"]
OUT_OF_ORDER = UnusableAnswerError("/api/v1/organizations/1001/devices", 500, "")
DOWN = UnreachableError("https://main.example", "connection refused; is the URL right, does the server run?")


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Each customer has one printer, which prints 10 pages a day."""
    scripted = ScriptedFleet(*NAMES)
    for name in NAMES:
        scripted.reads_daily(f"P-{name[0]}", FIRST - ONE_DAY, range(1000, 1300, 10), organization=name)
    return scripted


@pytest.fixture
def connected(services: Services) -> Services:
    """All three customers are connected, and the first day is deposited."""
    for name in NAMES:
        services.add_feed(name)
    assert services.sync(FIRST).ok
    return services


def outcomes(report: SyncReport) -> dict[str, str]:
    return {feed.feed: feed.outcome for feed in report.feeds}


def pages(services: Services, feed: str) -> list[int]:
    return list(deposits(services.ledger.path, feed).values())


# 1. A feed's own failure.


def test_one_feeds_failure_never_stops_the_next_and_is_told_every_night_it_lasts(
    connected: Services, server: ScriptedServer
) -> None:
    server.fails("1001", OUT_OF_ORDER)
    for night in (1, 2):
        report = connected.sync(day(night))
        assert outcomes(report) == {"Acme A/S": "failed", "Bog & Tryk": "deposited", "Castro": "deposited"}
        acme = report.feeds[0]
        assert acme.error == str(OUT_OF_ORDER)
        assert (acme.first, acme.days, acme.pages, acme.synced_through) == (None, 0, 0, FIRST)
        assert (report.ok, report.failed, report.not_collected) == (False, True, [acme])
    assert pages(connected, "Castro") == [10, 10, 10]

    server.answers_truly()
    assert set(outcomes(connected.sync(day(2))).values()) == {"deposited", "up_to_date"}
    assert all(pages(connected, name) == [10, 10, 10] for name in NAMES)


def test_the_row_of_a_run_in_which_a_feed_failed_says_failed_and_why(
    connected: Services, server: ScriptedServer, ledger: Ledger
) -> None:
    server.fails("1002", UnusableAnswerError("/api/v1/organizations/1002/devices", 403, ""))
    report = connected.sync(day(1))
    (run,) = ledger.runs.last(1)
    assert (run.outcome, json.loads(run.summary or "")) == ("failed", report.document())
    assert report.document()["ok"] is False
    assert report.feeds[1].error == (
        "/api/v1/organizations/1002/devices answered with status 403: this user may not see it, until somebody"
        " allows it in 3manager"
    )


def test_a_feed_cut_short_in_the_middle_keeps_its_days_and_goes_on_there(
    connected: Services, server: ScriptedServer
) -> None:
    broken = BrokenConnectionError("https://main.example", "the connection broke off")
    server.fails("1002", broken, on=day(3))
    cut_short = connected.sync(day(4)).feeds[1]
    assert (cut_short.outcome, cut_short.days, cut_short.last) == ("failed", 2, day(2))
    server.answers_truly()
    server.asked.clear()
    connected.sync(day(4))
    assert server.days_asked("1002") == [day(3), day(4)]
    assert pages(connected, "Bog & Tryk") == [10, 10, 10, 10, 10]


def test_an_error_that_nobody_foresaw_fails_its_feed_and_keeps_its_frames_in_the_runs_summary_and_no_values(
    connected: Services, server: ScriptedServer, ledger: Ledger
) -> None:
    server.fails("1002", ZeroDivisionError("TEMPTING value of an answer"))
    report = connected.sync(day(1))
    assert outcomes(report) == {"Acme A/S": "deposited", "Bog & Tryk": "failed", "Castro": "deposited"}
    assert report.feeds[1].error == "unexpected ZeroDivisionError; run again with -v to see where"
    assert "faults" not in report.document()

    (run,) = ledger.runs.last(1)
    summary = json.loads(run.summary or "")
    (fault,) = summary.pop("faults")
    assert (run.outcome, summary) == ("failed", report.document())
    assert (fault["feed"], fault["error"]) == ("Bog & Tryk", "ZeroDivisionError")
    assert fault["frames"][-1].startswith("tests/support/scripted_server.py:")
    assert any("prsync/services/sync.py:" in frame and "_collect_days" in frame for frame in fault["frames"])
    assert "TEMPTING" not in (run.summary or "")


def test_a_feed_whose_region_is_no_longer_known_fails_alone_and_keeps_what_it_deposited(
    connected: Services, ledger: Ledger
) -> None:
    ledger.feeds.update(ledger.feeds.find("Castro"), {"holidays": "XX"})  # as a later library may have dropped one
    report = connected.sync(day(1))
    assert outcomes(report) == {"Acme A/S": "deposited", "Bog & Tryk": "deposited", "Castro": "failed"}
    assert report.feeds[2].error == (
        "no public holidays are known of XX: --holidays of prsync feed update names another country or region, or none"
    )
    assert pages(connected, "Castro") == [10, 10]


# 2. A server's failure.


def test_a_server_that_is_down_takes_its_feeds_along_and_no_other_servers(
    connected: Services, server: ScriptedServer
) -> None:
    connected.add_server("another", server.fleet)
    connected.add_feed("1001", server="another", name="Far away")
    server.login_error = DOWN
    report = connected.sync(day(1))
    assert [found.document() for found in report.servers] == [
        {"server": "another", "health": "healthy", "error": None},
        {"server": "main", "health": "unhealthy", "error": str(DOWN)},
    ]
    assert outcomes(report) == {"Far away": "deposited"} | dict.fromkeys(NAMES, "server_unhealthy")
    assert all(feed.error is None for feed in report.feeds)  # the server's error says it once
    assert (report.ok, len(report.not_collected)) == (False, 3)
    stored = connected.ledger.servers.named("main")
    assert (stored.health, stored.health_error, stored.health_changed_at) == (Health.UNHEALTHY, str(DOWN), NOW)


def test_a_server_that_is_back_is_healthy_again_and_its_feeds_catch_up(
    connected: Services, server: ScriptedServer
) -> None:
    server.login_error = DOWN
    connected.sync(day(1))
    server.answers_truly()
    report = connected.sync(day(2))
    assert (report.ok, outcomes(report)) == (True, dict.fromkeys(NAMES, "deposited"))
    assert pages(connected, "Castro") == [10, 10, 10]
    assert rows(connected.ledger.path, "SELECT health, health_error FROM servers") == [
        {"health": "healthy", "health_error": None}
    ]


def test_a_password_that_cannot_be_had_is_a_failure_of_its_server(connected: Services, server: ScriptedServer) -> None:
    server.password_error = PasswordMissingError("main")
    report = connected.sync(day(1))
    assert report.servers[0].error == str(PasswordMissingError("main"))
    assert set(outcomes(report).values()) == {"server_unhealthy"}


def test_a_paused_feed_of_a_server_that_is_down_is_paused_and_has_not_failed(
    connected: Services, server: ScriptedServer
) -> None:
    set_paused(connected.ledger, "Castro", paused=True, now=NOW)
    server.login_error = DOWN
    report = connected.sync(day(1))
    assert outcomes(report)["Castro"] == "paused"
    assert [feed.feed for feed in report.not_collected] == ["Acme A/S", "Bog & Tryk"]


def test_a_server_at_which_another_run_is_is_left_to_it_and_the_next_one_is_collected(
    connected: Services, server: ScriptedServer, ledger: Ledger
) -> None:
    connected.add_server("two", server.fleet)
    connected.add_feed("1001", server="two", name="Two")
    with hold(ledger.path, "server-1", "server main", NOW):
        report = connected.sync(day(1))
    main, two = report.servers
    assert (main.locked, two.locked, report.locked, report.failed, report.ok) == (True, False, True, False, False)
    assert "is at server main since 2026-11-24 01:30:00 UTC" in (main.error or "")
    assert outcomes(report) == {"Two": "deposited"}
    assert ledger.servers.named("main").health is Health.HEALTHY
    assert ledger.runs.last(1)[0].outcome == "locked"


def test_a_server_that_is_removed_meanwhile_fails_and_the_next_one_is_collected(
    connected: Services, server: ScriptedServer, ledger: Ledger
) -> None:
    connected.add_server("two", server.fleet)
    connected.add_feed("1001", server="two", name="Two")

    def removes_two(_organization: str, _day: object) -> None:
        ledger.servers.remove(ledger.servers.named("two"))
        server.before_answer = lambda *_: None

    server.before_answer = removes_two
    report = connected.sync(day(1))
    assert [(found.server, found.error) for found in report.servers] == [
        ("main", None),
        ("two", "no server 2: it has been removed"),
    ]
    assert (outcomes(report), report.failed) == (dict.fromkeys(NAMES, "deposited"), True)


def test_a_server_that_is_lost_each_night_is_unhealthy_since_the_first(
    connected: Services, server: ScriptedServer
) -> None:
    server.fails("1001", ServerLostError("https://main.example", "it asks for an hour of patience"))
    found = []
    for number in (1, 2, 3):
        report = connected.sync(now=night_of(day(number + 1)))
        assert report.servers[0].error is not None
        found.append(connected.ledger.servers.named("main").health_changed_at)
    assert found == [night_of(day(2))] * 3
    server.answers_truly()
    connected.sync(now=night_of(day(5)))
    assert connected.ledger.servers.named("main").health_changed_at == night_of(day(5))
