"""Readings that nobody should believe, as a person sees and decides them; the rules stand in tests/services."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.support import Prsync, ScriptedFleet, deposits, rows, sums
from tests.system.terminal import shown_on_terminal

FIRST = date(2026, 11, 2)
BASELINE = FIRST - timedelta(days=1)


def _day(offset: int) -> str:
    return (FIRST + timedelta(days=offset)).isoformat()


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Acme's printers are each test's own; nothing of theirs is to hold up the other feed's."""
    scripted = ScriptedFleet("Acme A/S", "Ærø Færger")
    scripted.reads_daily("B", BASELINE, range(1000, 1090, 10), organization="Ærø Færger")
    return scripted


@pytest.fixture
def acme(registered: Prsync) -> Prsync:
    for name in ("Acme A/S", "Ærø Færger"):
        assert registered("feed", "add", "main", name, "--activation-date", FIRST, "--timezone", "UTC").status == 0
    return registered


def _pages(prsync: Prsync) -> list[int]:
    return list(deposits(prsync.state, "Acme A/S").values())


@pytest.fixture
def held(acme: Prsync, fleet: ScriptedFleet) -> Prsync:
    """On the third day: A has jumped, B has dropped, C is no number; D and E, alike, have dropped and jumped."""
    for device, count in {"A": 5_001_000, "B": 7, "C": "7 pages", "D": 9, "E": 2_000_000}.items():
        fleet.reads_daily(device, BASELINE, [1000, 1010, 1020, count])
    fleet.reads_daily("F", BASELINE, [100, 110, 120, 130, 140, 150])
    assert acme("sync", "--through", _day(2)).status == 0
    return acme


def test_a_person_sees_what_is_needed_to_decide(held: Prsync) -> None:
    listed = held("anomaly", "list", "--json").json()
    needed = ("feed", "device_id", "date", "kind", "count", "latest_count", "accepting_adds", "state")
    day = _day(2)
    assert sorted([tuple(anomaly[key] for key in needed) for anomaly in listed], key=str) == [
        ("Acme A/S", "A", day, "counter_jumped", 5_001_000, 1020, 4_999_980, "open"),
        ("Acme A/S", "B", day, "counter_dropped", 7, 1020, 0, "open"),
        ("Acme A/S", "C", day, "invalid_reading", None, 1020, None, "open"),
        ("Acme A/S", "D", day, "counter_dropped", 9, 1020, 0, "open"),
        ("Acme A/S", "E", day, "counter_jumped", 2_000_000, 1020, 1_998_980, "open"),
    ]
    columns = {"id", "feed_id", "device_id", "date", "kind", "count", "read_at", "state", "resolved_at"}
    assert all(columns <= anomaly.keys() for anomaly in listed)
    table = held("anomaly", "list").stdout.splitlines()
    assert table[0].split() == ["Id", "Feed,", "device", "Day", "Reading", "Held", "Latest", "Accepting", "adds"]
    text = [line.split() for line in table[1:]]
    a = next(anomaly["id"] for anomaly in listed if anomaly["device_id"] == "A")
    # A row is one line, the device's id after the feed's name.
    assert [str(a), "Acme", "A/S", "A", day, "jumped", "5,001,000", "1,020", "4,999,980"] in text
    on_terminal = shown_on_terminal(held, "anomaly", "list")
    assert max(map(len, on_terminal)) <= 80
    assert ["A"] in [line.split() for line in on_terminal]
    assert len(held("anomaly", "list", "--feed", "Ærø Færger", "--json").json()) == 0
    assert held("anomaly", "list", "--feed", "Ærø Færger").stdout == "No open anomaly.\n"


def test_a_counter_that_comes_back_adds_what_is_not_counted_yet(acme: Prsync, fleet: ScriptedFleet) -> None:
    fleet.reads_daily("A", BASELINE, [100_000, 100_010, 50, 51, 100_030])
    report = acme("sync", "--through", _day(3), "--json").json()["feeds"][0]

    assert (report["pages"], report["anomalies"]) == (30, 2)
    assert _pages(acme) == [10, 0, 1, 19]
    assert acme("anomaly", "list").stdout == "No open anomaly.\n"
    table = acme("anomaly", "list", "--all").stdout.splitlines()
    assert [line.split()[4:] for line in table if "A/S" in line] == [
        [_day(1), "dropped", "50", "100,030", "reset"],
        [_day(3), "returned", "100,030", "100,030", "transient"],
    ]


def test_a_jump_is_listed_with_the_pages_that_accepting_it_adds_to_a_counter_that_came_back(
    acme: Prsync, fleet: ScriptedFleet
) -> None:
    fleet.reads_daily("A", BASELINE, [100_000, 100_010, 50, 51, 900_011])
    acme("sync", "--through", _day(3))
    (jump,) = acme("anomaly", "list", "--json").json()
    assert (jump["count"], jump["latest_count"], jump["fell_from"], jump["pages_since"]) == (900_011, 51, 100_010, 1)
    assert jump["accepting_adds"] == 800_000

    assert "; 800,000 pages go into the next deposit" in acme("anomaly", "accept", jump["id"]).stdout
    fleet.reads("A", date.fromisoformat(_day(4)), 900_011)
    acme("sync", "--through", _day(4))
    assert _pages(acme) == [10, 0, 1, 0, 800_000]
    assert sums(acme.state)["Acme A/S"] == (800_011, 800_011)


def test_each_decision_is_said_and_one_that_cannot_be_made_is_refused(held: Prsync) -> None:
    ids = {row["device_id"]: row["id"] for row in rows(held.state, "SELECT id, device_id FROM anomalies")}
    done = held("anomaly", "accept", ids["A"])
    assert done.stdout == (
        f"Anomaly {ids['A']} of feed Acme A/S is accepted; 4,999,980 pages go into the next deposit.\n"
    )
    assert held("anomaly", "accept", ids["B"]).stdout == (
        f"Anomaly {ids['B']} of feed Acme A/S is accepted.\n"
        "Its device counts from 7 on. Should the counter come back to 1,020, the whole step counts.\n"
    )
    refused = held("anomaly", "accept", ids["C"])
    assert (refused.status, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"prsync: accepting anomaly {ids['C']} is refused: it has no count; it can only be rejected\n"
    )
    assert held("anomaly", "reject", ids["C"]).stdout == f"Anomaly {ids['C']} of feed Acme A/S is rejected.\n"
    assert held("anomaly", "reject", ids["D"]).stdout == f"Anomaly {ids['D']} of feed Acme A/S is rejected.\n"
    assert held("anomaly", "reject", ids["E"], "--json").json()["state"] == "rejected"
    done = held("anomaly", "accept", ids["A"])
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr == f"prsync: deciding anomaly {ids['A']} is refused: it is accepted already\n"
    assert held("anomaly", "list").stdout == "No open anomaly.\n"
    assert len(held("anomaly", "list", "--all", "--json").json()) == 5
    assert held("anomaly", "list", "--all").stdout.split().count("rejected") == 3
    # In the next deposit.
    assert held("sync", "--through", _day(3), "--json").json()["feeds"][0]["pages"] == 4_999_980 + 10


def test_a_jump_is_mailed_on_the_night_it_happens_and_on_no_other(acme: Prsync, fleet: ScriptedFleet) -> None:
    fleet.reads_daily("A", BASELINE, [1000, 1010, 5_001_000])
    fleet.reads_daily("F", BASELINE, [100, 110, 120, 130])
    mails = [acme("-q", "sync", "--through", _day(night)).stderr for night in (0, 1, 2)]
    assert mails == ["", "prsync: feed Acme A/S: 1 jump held back; prsync anomaly list shows what to decide\n", ""]
