"""Readings that nobody should believe: held back, told once, and decided by the next reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.services.running import FIRST, Services, day
from tests.support import ScriptedFleet, deposits, devices, lasting, rows, sums

from prsync.core.model import ONE_DAY
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

BASELINE = FIRST - ONE_DAY
WORKED_EXAMPLE = [1000, 1120, 0, 7, 1300, 40, 95, 5000095, 150]
"""What the device read from the baseline day on."""

NIGHTS = {  # LatestCount, InitialCount, pages
    0: (1120, 1000, 120),
    1: (1120, 1000, None),  # not read, and the only device: the day stays open
    2: (1120, 1000, 0),
    3: (1300, 1000, 180),
    4: (1300, 1000, 0),
    5: (95, -260, 55),
    6: (95, -260, 0),
    7: (150, -260, 55),
}


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Acme's printers are each test's own; nothing of theirs is to hold up the other feed's."""
    scripted = ScriptedFleet("Acme A/S", "Ærø Færger")
    scripted.reads_daily("B", BASELINE, range(1000, 1090, 10), organization="Ærø Færger")
    return scripted


@pytest.fixture
def acme(services: Services) -> Services:
    for name in ("Acme A/S", "Ærø Færger"):
        services.add_feed(name)
    return services


def without_ids(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Anomalies get their ids in the order of the runs."""
    return sorted(({name: row[name] for name in row if name != "id"} for row in found), key=repr)


def test_the_worked_example_night_by_night_to_the_letter(acme: Services, fleet: ScriptedFleet) -> None:
    fleet.reads_daily("A", BASELINE, WORKED_EXAMPLE)
    path = acme.ledger.path
    for night, (latest, initial, pages) in NIGHTS.items():
        assert acme.sync(day(night)).ok
        assert devices(path, "Acme A/S")["A"] == (True, initial, latest, latest - initial)
        assert deposits(path, "Acme A/S").get(str(day(night))) == pages
    # The day that stayed open was deposited as zero, with the day after it.
    assert list(deposits(path, "Acme A/S").values()) == [120, 0, 0, 180, 0, 55, 0, 55]
    assert sums(path)["Acme A/S"] == (410, 410)
    found = rows(path, "SELECT date, kind, count, state, settled_on FROM anomalies ORDER BY date")
    assert [tuple(row.values()) for row in found] == [
        ("2026-11-04", "counter_dropped", 7, "transient", "2026-11-05"),
        ("2026-11-06", "counter_dropped", 40, "reset", "2026-11-07"),
        ("2026-11-08", "counter_jumped", 5000095, "transient", "2026-11-09"),
    ]


def test_the_worked_example_collected_at_once_comes_to_the_same(
    acme: Services, fleet: ScriptedFleet, tmp_path: Path
) -> None:
    fleet.reads_daily("A", BASELINE, WORKED_EXAMPLE)
    for night in NIGHTS:
        acme.sync(day(night))
    with Ledger(tmp_path / "backfill.db") as ledger:
        backfill = Services(ledger)
        backfill.add_server("main", fleet)
        for name in ("Acme A/S", "Ærø Færger"):
            backfill.add_feed(name)
        report, _ = backfill.sync(day(7)).feeds
    assert (report.days, report.pages, report.anomalies, report.unread) == (8, 410, 3, 0)
    nightly, at_once = lasting(acme.ledger.path), lasting(tmp_path / "backfill.db")
    for table in ("devices", "deposits", "anomalies"):
        assert without_ids(nightly[table]) == without_ids(at_once[table])


def test_a_jump_is_told_on_the_night_it_happens_and_on_no_other(acme: Services, fleet: ScriptedFleet) -> None:
    fleet.reads_daily("A", BASELINE, [1000, 1010, 1020, 5_001_000])
    fleet.reads_daily("F", BASELINE, [100, 110, 120, 130, 140, 150, 160])
    assert [acme.sync(day(night)).feeds[0].jumps for night in (1, 2, 3)] == [0, 1, 0]
    # Not even on the night on which earlier days join in front of the day of the jump.
    acme.update_feed("Acme A/S", activation_date=str(day(-3)))
    report = acme.sync(day(4)).feeds[0]
    assert (report.first, report.jumps) == (day(-3), 0)
    assert [anomaly.device_id for anomaly in acme.ledger.anomalies.open()] == ["A"]


def test_every_kind_of_reading_that_is_held_back_is_counted_on_its_night(acme: Services, fleet: ScriptedFleet) -> None:
    for device, count in {"A": 5_001_000, "B": 7, "C": "7 pages"}.items():
        fleet.reads_daily(device, BASELINE, [1000, 1010, count])
    fleet.reads_daily("F", BASELINE, [100, 110, 120, 130])
    assert [acme.sync(day(night)).feeds[0].anomalies for night in (0, 1, 2)] == [0, 3, 0]


def test_a_jump_that_the_same_run_sees_confirmed_as_a_glitch_is_not_told(acme: Services, fleet: ScriptedFleet) -> None:
    fleet.reads_daily("A", BASELINE, [1000, 5_001_000, 1020])
    report = acme.sync(day(1)).feeds[0]
    assert (report.anomalies, report.jumps) == (1, 0)
