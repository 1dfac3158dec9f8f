"""Readings that nobody should believe: held back, told once, decided by the next reading or by a person."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import Prsync, ScriptedFleet, deposits, devices, lasting, rows, sums

if TYPE_CHECKING:
    from prsync.demo.simulator import Simulator

FIRST = date(2026, 11, 2)
BASELINE = FIRST - timedelta(days=1)

EXAMPLE = [1000, 1120, 0, 7, 1300, 40, 95, 5000095, 150]
"""The worked example: what the device read from the baseline day on."""


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


def _anomalies(prsync: Prsync) -> list[tuple[object, ...]]:
    found = rows(prsync.state, "SELECT date, kind, count, state, settled_on FROM anomalies ORDER BY date")
    return [tuple(row.values()) for row in found]


WORKED = [
    ("2026-11-04", "counter_dropped", 7, "transient", "2026-11-05"),
    ("2026-11-06", "counter_dropped", 40, "reset", "2026-11-07"),
    ("2026-11-08", "counter_jumped", 5000095, "transient", "2026-11-09"),
]


def test_the_worked_example_night_by_night_and_in_one_backfill_to_the_letter(
    acme: Prsync, simulator: Simulator, fleet: ScriptedFleet, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fleet.reads_daily("A", BASELINE, EXAMPLE)
    expected = {  # by night: LatestCount, InitialCount, pages
        0: (1120, 1000, 120),
        1: (1120, 1000, None),  # not read, and the only device: the day stays open
        2: (1120, 1000, 0),
        3: (1300, 1000, 180),
        4: (1300, 1000, 0),
        5: (95, -260, 55),
        6: (95, -260, 0),
        7: (150, -260, 55),
    }
    mails = []
    for night, (latest, initial, pages) in expected.items():
        done = acme("-q", "sync", "--through", _day(night))
        assert done.status == 0
        mails.append([line for line in done.stderr.splitlines() if "is unhealthy" not in line])
        assert devices(acme.state, "Acme A/S")["A"] == (True, initial, latest, latest - initial)
        assert deposits(acme.state, "Acme A/S").get(_day(night)) == pages
    jump = "prsync: feed Acme A/S: 1 jump held back; prsync anomaly list shows what to decide"
    assert mails == [[], [], [], [], [], [], [jump], []]
    assert _pages(acme) == [120, 0, 0, 180, 0, 55, 0, 55]
    assert _anomalies(acme) == WORKED
    assert sums(acme.state)["Acme A/S"] == (410, 410)
    assert _day(1) in deposits(acme.state, "Acme A/S")  # it was deposited as zero, with the day after it

    backfill = Prsync(tmp_path_factory.mktemp("backfill"))
    backfill.register(simulator)
    for name in ("Acme A/S", "Ærø Færger"):
        backfill("feed", "add", "main", name, "--activation-date", FIRST, "--timezone", "UTC")
    report = backfill("sync", "--through", _day(7), "--json").json()["feeds"][0]
    assert (report["days"], report["pages"], report["anomalies"], report["unread"]) == (8, 410, 3, 0)
    nightly, at_once = lasting(acme.state), lasting(backfill.state)
    for table in ("devices", "deposits", "anomalies"):
        assert _without_ids(nightly[table]) == _without_ids(at_once[table])


def _without_ids(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Anomalies get their ids in the order of the runs."""
    return sorted(({name: row[name] for name in row if name != "id"} for row in found), key=repr)


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
    assert [str(a), "Acme", "A/S", day, "jumped", "5,001,000", "1,020", "4,999,980"] in text
    assert ["A"] in text
    assert max(map(len, table)) <= 80
    assert len(held("anomaly", "list", "--feed", "Ærø Færger", "--json").json()) == 0
    assert held("anomaly", "list", "--feed", "Ærø Færger").stdout == "No open anomaly.\n"


def test_each_decision_does_what_it_says_and_is_made_once(held: Prsync, simulator: Simulator) -> None:
    ids = {row["device_id"]: row["id"] for row in rows(held.state, "SELECT id, device_id FROM anomalies")}
    simulator.forget_requests()
    done = held("anomaly", "accept", ids["A"])
    assert done.stdout == (
        f"Anomaly {ids['A']} of feed Acme A/S is accepted; 4,999,980 pages go into the next deposit.\n"
    )
    assert held("anomaly", "accept", ids["B"], "--json").json()["state"] == "accepted"
    refused = held("anomaly", "accept", ids["C"])
    assert (refused.status, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"prsync: accepting anomaly {ids['C']} is refused: it has no count; it can only be rejected\n"
    )
    for device in ("C", "D", "E"):
        assert held("anomaly", "reject", ids[device]).status == 0
    assert simulator.requests == []
    # Sums hold after each: A waits for the next deposit, B and E stand where they were read, C and D where they were.
    assert {name: row[2] for name, row in devices(held.state, "Acme A/S").items()} == {
        "A": 1020, "B": 7, "C": 1020, "D": 1020, "E": 2_000_000, "F": 130,
    }  # fmt: skip
    assert sums(held.state)["Acme A/S"] == (130, 130)
    for device, word in {"A": "accepted", "B": "accepted", "C": "rejected", "D": "rejected", "E": "rejected"}.items():
        done = held("anomaly", "reject" if word == "accepted" else "accept", ids[device])
        assert done.status == 2
        assert done.stderr == f"prsync: deciding anomaly {ids[device]} is refused: it is {word} already\n"
    assert held("anomaly", "list").stdout == "No open anomaly.\n"
    assert len(held("anomaly", "list", "--all", "--json").json()) == 5
    assert held("anomaly", "list", "--all").stdout.split().count("rejected") == 3

    # Nothing but F is read again: a repeat of what was decided is not reported again.
    report = held("sync", "--through", _day(4), "--json").json()["feeds"][0]
    assert (report["pages"], report["anomalies"]) == (4_999_980 + 20, 0)
    assert _pages(held) == [60, 60, 10, 4_999_990, 10]
    assert sums(held.state)["Acme A/S"] == (5_000_130, 5_000_130)
    assert len(rows(held.state, "SELECT * FROM anomalies")) == 5


def test_a_jump_is_told_on_the_night_it_happens_and_on_no_other(held: Prsync) -> None:
    night = held("-q", "sync", "--through", _day(3))
    assert "held back" not in night.stderr
    # Not even on the night on which earlier days join in front of the day of the jump.
    assert held("feed", "update", "Acme A/S", "--activation-date", _day(-3)).status == 0
    night = held("-q", "sync", "--through", _day(4))
    assert (night.status, "held back" in night.stderr) == (0, False)
    assert next(iter(deposits(held.state, "Acme A/S"))) == _day(-3)
    assert len(held("anomaly", "list", "--json").json()) == 5
