"""What a run comes to for each feed, which feeds and days it takes, and what it leaves in the ledger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.services.running import FIRST, NOW, day
from tests.support import ScriptedFleet, deposits, devices, lasting, rows, sums

from prsync.core.model import ONE_DAY
from prsync.errors import NotFoundError, UnusableAnswerError
from prsync.services.feeds import set_paused
from prsync.services.sync_report import FeedOutcome

if TYPE_CHECKING:
    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

    from prsync.services.sync_report import SyncReport
    from prsync.store.ledger import Ledger

NAMES = ["Acme A/S", "Bog & Tryk", "Castro"]


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


def test_a_night_deposits_its_day_and_tells_what_it_did(connected: Services) -> None:
    report = connected.sync(day(1))
    assert (report.through, report.pages, report.ok, report.failed, report.locked) == (day(1), 30, True, False, False)
    acme, *_ = report.feeds
    assert acme.document() == {
        "feed": "Acme A/S", "server": "main", "outcome": "deposited", "from": "2026-11-03", "through": "2026-11-03",
        "days": 1, "pages": 10, "devices": 1, "anomalies": 0, "unread": 0, "synced_through": "2026-11-03",
        "health": "healthy", "error": None,
    }  # fmt: skip
    assert deposits(connected.ledger.path, "Acme A/S") == {"2026-11-02": 10, "2026-11-03": 10}
    assert devices(connected.ledger.path, "Acme A/S") == {"P-A": (True, 1000, 1020, 20)}


def test_the_document_of_a_run_says_what_the_run_found_of_each_server_and_feed(connected: Services) -> None:
    report = connected.sync(day(1))
    assert report.document() == {
        "through": "2026-11-03",
        "pages": 30,
        "ok": True,
        "servers": [{"server": "main", "health": "healthy", "error": None}],
        "feeds": [feed.document() for feed in report.feeds],
        "shared_devices": [],
    }


def test_a_run_leaves_a_row_with_its_document(connected: Services, ledger: Ledger) -> None:
    report = connected.sync(day(1))
    (run, _) = ledger.runs.last(2)
    assert (run.command, run.started_at, run.outcome) == ("sync", NOW, "ok")
    assert json.loads(run.summary or "") == report.document()


def test_what_was_collected_is_not_asked_for_again(connected: Services, server: ScriptedServer, ledger: Ledger) -> None:
    before = lasting(ledger.path)
    server.asked.clear()
    report = connected.sync(FIRST)
    assert outcomes(report) == dict.fromkeys(NAMES, FeedOutcome.UP_TO_DATE)
    assert {(feed.first, feed.last, feed.days, feed.pages) for feed in report.feeds} == {(None, None, 0, 0)}
    assert server.asked == []
    assert lasting(ledger.path) == before


def test_a_usual_night_asks_for_one_day_of_each_feed(connected: Services, server: ScriptedServer) -> None:
    server.asked.clear()
    connected.sync(day(1))
    assert server.asked == [("1001", day(1)), ("1002", day(1)), ("1003", day(1))]


def test_the_first_run_reads_history_back_to_the_day_before_the_first(
    services: Services, server: ScriptedServer
) -> None:
    services.add_feed("Acme A/S")
    services.sync(day(2))
    assert server.days_asked("1001") == [FIRST - ONE_DAY, FIRST, day(1), day(2)]


def test_a_day_without_a_new_reading_stays_open(connected: Services, server: ScriptedServer) -> None:
    server.make_stale("1002", FIRST)
    report = connected.sync(day(1))
    assert outcomes(report) == dict.fromkeys(NAMES, "deposited") | {"Bog & Tryk": "no_new_data"}
    _, stale, _ = report.feeds
    assert (stale.first, stale.last, stale.days, stale.synced_through) == (day(1), day(1), 0, FIRST)
    assert report.ok  # a stale feed alone does not fail a run


def test_a_run_catches_up_on_the_nights_that_were_missed(connected: Services) -> None:
    report = connected.sync(day(4))
    assert {(feed.first, feed.last, feed.days) for feed in report.feeds} == {(day(1), day(4), 4)}
    assert list(deposits(connected.ledger.path, "Castro").values()) == [10, 10, 10, 10, 10]


def test_a_paused_feed_is_left_alone_and_catches_up_day_by_day(connected: Services, server: ScriptedServer) -> None:
    set_paused(connected.ledger, "Castro", paused=True, now=NOW)
    server.asked.clear()
    report = connected.sync(day(2))
    assert outcomes(report)["Castro"] == "paused"
    assert (report.feeds[2].days, report.feeds[2].error, report.ok) == (0, None, True)
    assert server.days_asked("1003") == []

    set_paused(connected.ledger, "Castro", paused=False, now=NOW)
    castro = connected.sync(day(3)).feeds[2]
    assert (castro.first, castro.last, castro.days) == (day(1), day(3), 3)
    assert list(deposits(connected.ledger.path, "Castro").values()) == [10, 10, 10, 10]


def test_a_feed_that_begins_in_the_future_waits_for_it(services: Services, server: ScriptedServer) -> None:
    services.add_feed("Acme A/S", activation_date="2999-01-01")
    (report,) = services.sync().feeds
    assert (report.outcome, report.health, report.synced_through) == ("up_to_date", "unknown", None)
    assert server.asked == []


def test_a_device_without_a_readable_counter_is_told(services: Services, fleet: ScriptedFleet) -> None:
    fleet.reads_daily("Q", FIRST, [None, 0])
    services.add_feed("Acme A/S")
    (report,) = services.sync(day(1)).feeds
    assert (report.unread, report.devices, report.days) == (1, 1, 2)


@pytest.mark.parametrize(
    ("feeds", "collected"),
    [
        (["Castro"], ["Castro"]),
        (["2", "Castro", "Castro", "Bog & Tryk"], ["Bog & Tryk", "Castro"]),
        ([], NAMES),
    ],
    ids=["by name", "by id too, each once", "all"],
)
def test_only_the_feeds_that_were_named_are_collected(
    connected: Services, server: ScriptedServer, feeds: list[str], collected: list[str]
) -> None:
    server.asked.clear()
    assert outcomes(connected.sync(day(1), feeds=feeds)) == dict.fromkeys(collected, "deposited")
    assert {organization for organization, _ in server.asked} == {str(1001 + NAMES.index(name)) for name in collected}


def test_only_the_servers_that_were_named_are_asked(connected: Services, server: ScriptedServer) -> None:
    two = connected.add_server("two", server.fleet)
    connected.add_feed("1001", server="two", name="Two")
    logins = server.logins
    report = connected.sync(day(1), servers=["two"])
    assert ([found.server for found in report.servers], outcomes(report)) == (["two"], {"Two": "deposited"})
    assert server.logins == logins

    asked = list(two.asked)
    connected.sync(day(1), feeds=["Castro"])
    assert two.asked == asked


def test_a_feed_named_beside_a_server_is_collected_with_that_servers_feeds(
    connected: Services, server: ScriptedServer
) -> None:
    connected.add_server("two", server.fleet)
    connected.add_feed("1001", server="two", name="Two")
    report = connected.sync(day(1), servers=["two"], feeds=["Castro"])
    assert outcomes(report) == {"Castro": "deposited", "Two": "deposited"}


def test_a_name_that_nobody_has_ends_the_run_before_it_begins(connected: Services, server: ScriptedServer) -> None:
    before, logins = len(connected.ledger.runs.last(9)), server.logins
    with pytest.raises(NotFoundError, match="no feed nosuch"):
        connected.sync(day(1), feeds=["Acme A/S", "nosuch"])
    with pytest.raises(NotFoundError, match="no server nosuch"):
        connected.sync(day(1), servers=["main", "nosuch"])
    assert (len(connected.ledger.runs.last(9)), server.logins) == (before, logins)


class Diary:
    """A Watch that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str | int, ...]] = []

    def begin(self, days: int) -> None:
        self.told.append(("begin", days))

    def feed(self, name: str, days: int) -> None:
        self.told.append((name, days))

    def day(self) -> None:
        self.told.append(("day",))


def test_whoever_watches_is_told_of_every_day_before_the_run_and_as_it_is_done(connected: Services) -> None:
    set_paused(connected.ledger, "Bog & Tryk", paused=True, now=NOW)
    diary = Diary()
    connected.sync(day(2), watch=diary)
    assert diary.told == [
        ("begin", 4), ("Acme A/S", 2), ("day",), ("day",), ("Castro", 2), ("day",), ("day",),
    ]  # fmt: skip


def test_the_sums_hold_after_every_run_whatever_it_came_to(connected: Services, server: ScriptedServer) -> None:
    server.fails("1002", UnusableAnswerError("/devices", 500, ""), on=day(3))
    server.make_stale("1003", day(1))
    for number in range(1, 6):
        connected.sync(day(number))
        assert all(pages == life for pages, life in sums(connected.ledger.path).values())
    assert rows(connected.ledger.path, "SELECT outcome, count(*) AS runs FROM runs GROUP BY outcome") == [
        {"outcome": "failed", "runs": 3},
        {"outcome": "ok", "runs": 3},
    ]
