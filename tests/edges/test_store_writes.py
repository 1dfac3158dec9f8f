"""Every write is there for a second connection as soon as the method is back; a day is there whole or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from tests.edges.ledgers import (
    ACTIVATION,
    NOW,
    SERVER,
    THROUGH,
    answer,
    collect,
    connected,
    content,
    new_feed,
    states,
    steps,
    write,
)
from tests.support import rows

from prsync.core import decisions
from prsync.core.earlier_days import collect_earlier_days
from prsync.core.model import DepositedDays, EarlierDays, Health, RememberedReset
from prsync.errors import ConstraintError, LedgerFileError, NameTakenError, RefusedError
from prsync.store.ledger import Ledger
from prsync.store.records import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    connected(tmp_path / "ledger.db")
    return tmp_path / "ledger.db"


def join_in_front(ledger: Ledger) -> None:
    feed = ledger.feeds.find("Acme")
    before = ledger.feeds.update(feed, {"joining_from": date(2026, 10, 31)})
    state = ledger.days.state(before)
    joined = collect_earlier_days(state, date(2026, 10, 31), lambda day: answer(max(day, date(2026, 11, 1))))
    ledger.days.join(before, joined, NOW)


def decide(ledger: Ledger) -> None:
    feed, held = ledger.feeds.find("Acme"), ledger.anomalies.open()[0]
    decided = decisions.reject(ledger.days.state(feed), held.anomaly)
    ledger.days.decide(feed.id, decided, NOW)


Write = tuple["Callable[[Ledger], object]", str, "list[tuple[object, ...]]"]
WRITES: dict[str, Write] = {
    "a server is added": (
        lambda ledger: ledger.servers.add(replace(SERVER, name="two"), NOW),
        "SELECT name, health, created_at FROM servers WHERE name = 'two'",
        [("two", "healthy", "2026-11-24T01:30:00Z")],
    ),
    "a server is changed": (
        lambda ledger: ledger.servers.update(ledger.servers.named("main"), {"url": "https://other.example"}),
        "SELECT url FROM servers",
        [("https://other.example",)],
    ),
    "a server's health is found": (
        lambda ledger: ledger.servers.record_health(ledger.servers.named("main"), "it is gone", NOW),
        "SELECT health, health_error, health_changed_at FROM servers",
        [("unhealthy", "it is gone", "2026-11-24T01:30:00Z")],
    ),
    "a server is removed with its feeds": (
        lambda ledger: ledger.servers.remove(ledger.servers.named("main")),
        "SELECT 1 FROM servers UNION SELECT 2 FROM feeds UNION SELECT 3 FROM deposits UNION SELECT 4 FROM devices",
        [],
    ),
    "a feed is added": (
        lambda ledger: ledger.feeds.add([new_feed(1, "Other", "1002")], NOW),
        "SELECT name, activation_date, synced_through, looked_through FROM feeds WHERE name = 'Other'",
        [("Other", "2026-11-02", "2026-11-01", "2026-11-01")],
    ),
    "a feed is changed": (
        lambda ledger: ledger.feeds.update(ledger.feeds.find("Acme"), {"name": "Acme A/S", "paused": True}),
        "SELECT name, paused FROM feeds",
        [("Acme A/S", 1)],
    ),
    "a feed's health is found": (
        lambda ledger: ledger.feeds.record_health(ledger.feeds.find("Acme"), Health.UNHEALTHY, NOW),
        "SELECT health, health_checked_at FROM feeds",
        [("unhealthy", "2026-11-24T01:30:00Z")],
    ),
    "a feed is removed": (
        lambda ledger: ledger.feeds.remove(ledger.feeds.find("Acme")),
        "SELECT 2 FROM feeds UNION SELECT 3 FROM deposits UNION SELECT 4 FROM devices UNION SELECT 5 FROM anomalies",
        [],
    ),
    "days join in front": (
        join_in_front,
        "SELECT date, pages, activation_date, joining_from FROM deposits, feeds WHERE date < '2026-11-02'",
        [("2026-10-31", 0, "2026-10-31", None), ("2026-11-01", 0, "2026-10-31", None)],
    ),
    "a person decides": (
        decide,
        "SELECT device_id, state, resolved_at FROM anomalies WHERE state = 'rejected'",
        [("A", "rejected", "2026-11-24T01:30:00Z")],
    ),
    "a run begins": (
        lambda ledger: ledger.runs.start("sync", NOW),
        "SELECT command, started_at, finished_at FROM runs",
        [("sync", "2026-11-24T01:30:00Z", None)],
    ),
    "a run ends": (
        lambda ledger: ledger.runs.finish(ledger.runs.start("sync", NOW), RunOutcome.OK, {"pages": 7}, NOW),
        "SELECT outcome, summary FROM runs",
        [("ok", '{"pages": 7}')],
    ),
}


@pytest.mark.parametrize("what", WRITES)
def test_a_second_connection_sees_each_write_at_once(path: Path, what: str) -> None:
    action, query, expected = WRITES[what]
    collect(path)
    with Ledger(path) as ledger:
        action(ledger)
        assert [tuple(row.values()) for row in rows(path, query)] == expected


def test_a_second_connection_sees_each_step_of_a_run_at_once(path: Path) -> None:
    seen: list[list[tuple[object, ...]]] = []
    query = "SELECT synced_through, looked_through, (SELECT count(*) FROM deposits) AS days FROM feeds"
    collect(path, lambda _: seen.append([tuple(row.values()) for row in rows(path, query)]))
    assert seen == [
        [("2026-11-01", "2026-11-01", 0)],
        [("2026-11-02", "2026-11-02", 1)],
        [("2026-11-02", "2026-11-03", 1)],  # an open day
        [("2026-11-04", "2026-11-04", 3)],  # with the open day before it
        [("2026-11-05", "2026-11-05", 4)],
        [("2026-11-06", "2026-11-06", 5)],
    ]


def test_what_a_step_has_written_is_the_state_that_the_run_goes_on_with(path: Path) -> None:
    with Ledger(path) as ledger:
        feed = ledger.feeds.find("Acme")
        for step in steps(ledger, feed):
            write(ledger, feed, step)
            if isinstance(step, DepositedDays):
                assert ledger.days.state(ledger.feeds.find("Acme")) == step.state
    assert step.state.resets["B"].reset == RememberedReset(500, 33)  # type: ignore[union-attr]


def test_a_reset_that_a_person_ends_is_no_longer_there(path: Path) -> None:
    collect(path)
    with Ledger(path) as ledger:
        feed = ledger.feeds.find("Acme")
        state, held = ledger.days.state(feed), ledger.anomalies.open()[0].anomaly
        # Device A has its jump held. That it fell before is told here, to have both of one device.
        fell = replace(state.resets["B"], device_id="A", reset=RememberedReset(9000, 7))
        ledger.days.decide(feed.id, decisions.DecisionOutcome(fell), NOW)
        (listed,) = ledger.anomalies.open()
        assert (listed.fell_from, listed.pages_since) == (9000, 7)
        assert listed.accepting_adds == 5_001_300 - 9000 - 7

        ledger.days.decide(feed.id, decisions.reject(ledger.days.state(feed), held), NOW)

        assert set(ledger.days.state(feed).resets) == {"B"}


def test_days_that_join_in_front_write_what_is_remembered_from_then_on(path: Path) -> None:
    collect(path)
    with Ledger(path) as ledger:
        feed = ledger.feeds.find("Acme")
        feed = ledger.feeds.update(feed, {"joining_from": date(2026, 10, 31)})
        state = ledger.days.state(feed)
        changed = replace(state.resets["B"], reset=RememberedReset(9000, 40))
        new = replace(changed, device_id="C", date=date(2026, 10, 31))
        joined = EarlierDays(date(2026, 10, 31), (), (), (new,), (changed,))
        ledger.days.join(feed, joined, NOW)

        assert ledger.days.state(ledger.feeds.find("Acme")) == joined.joined_to(state)
        assert {key: one.reset for key, one in joined.joined_to(state).resets.items()} == {
            "B": RememberedReset(9000, 40),
            "C": RememberedReset(9000, 40),
        }


@pytest.mark.parametrize(
    "refused", ["INSERT ON deposits", "INSERT ON devices", "INSERT ON anomalies", "UPDATE ON feeds"]
)
@pytest.mark.parametrize("how", ["ABORT", "FAIL", "ROLLBACK"])
def test_a_day_of_which_one_statement_fails_leaves_nothing(path: Path, refused: str, how: str) -> None:
    before = content(path)
    plant(path, f"CREATE TRIGGER planted BEFORE {refused} BEGIN SELECT RAISE({how}, 'planted'); END")
    with pytest.raises(LedgerFileError, match="planted"):
        collect(path)
    assert content(path) == before


def test_the_same_connection_goes_on_after_a_day_that_failed(path: Path, tmp_path: Path) -> None:
    plant(path, "CREATE TRIGGER planted BEFORE UPDATE ON feeds BEGIN SELECT RAISE(FAIL, 'planted'); END")
    with Ledger(path) as ledger:
        feed = ledger.feeds.find("Acme")
        with pytest.raises(ConstraintError, match="planted"):
            write(ledger, feed, next(steps(ledger, feed)))
        plant(path, "DROP TRIGGER planted")
        for step in steps(ledger, feed):
            write(ledger, feed, step)
    assert content(path) == states(tmp_path / "undisturbed.db")[-1]


def plant(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)


def orphaned(ledger: Ledger) -> None:
    with ledger._connection.transaction():
        # Found out by the COMMIT, which leaves all as it was.
        ledger._connection.sqlite.execute("PRAGMA defer_foreign_keys = ON")
        ledger._connection.sqlite.execute("INSERT INTO deposits VALUES (99, '2026-11-02', 7)")


def test_a_commit_that_fails_leaves_nothing_and_the_connection_goes_on(path: Path) -> None:
    with Ledger(path) as ledger:
        before = content(path)
        with pytest.raises(ConstraintError, match="FOREIGN KEY"):
            orphaned(ledger)
        assert content(path) == before
        ledger.feeds.remove(ledger.feeds.find("Acme"))
    assert content(path)["feeds"] == []


def test_a_transaction_that_finds_the_file_full_leaves_nothing_and_the_connection_goes_on(path: Path) -> None:
    many = [new_feed(1, f"Feed {number:04}", str(number)) for number in range(5000, 7000)]
    with Ledger(path) as ledger:
        connection, before = ledger._connection.sqlite, content(path)
        connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
        with pytest.raises(LedgerFileError, match="the disk is full"):
            ledger.feeds.add(many, NOW)
        assert content(path) == before
        connection.execute("PRAGMA max_page_count = 100000")
        ledger.feeds.add(many, NOW)
    assert rows(path, "SELECT count(*) AS feeds FROM feeds") == [{"feeds": 2001}]


def test_feeds_are_added_all_or_none(path: Path) -> None:
    before = content(path)
    with Ledger(path) as ledger, pytest.raises(NameTakenError):
        ledger.feeds.add([new_feed(1, "Other", "1002"), new_feed(1, "Acme", "1003")], NOW)
    assert content(path)["feeds"] == before["feeds"]


def test_a_run_that_comes_late_writes_no_day_twice(path: Path) -> None:
    with Ledger(path) as ledger:
        feed = ledger.feeds.find("Acme")
        late = next(steps(ledger, feed))
        collect(path)
        before = content(path)
        with pytest.raises(RefusedError, match=str(THROUGH)):
            write(ledger, feed, late)
    assert content(path) == before
    assert ACTIVATION.isoformat() in str(before["deposits"])
