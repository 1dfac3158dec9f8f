"""The simulated fleets: alike whoever asks in whatever order, and something like life."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import ABSENT, ScriptedFleet, noon

from prsync.demo.lifelike import LifelikeFleet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prsync.demo.fleet import DeviceAsOf

FIRST_DAY: Final = date(2026, 1, 1)
YEAR: Final = [FIRST_DAY + timedelta(days=number) for number in range(365)]


def some_fleet(seed: int = 7) -> LifelikeFleet:
    return LifelikeFleet(seed, organizations=4, devices=12, first_day=FIRST_DAY)


def life_of(fleet: LifelikeFleet, organization_id: str) -> Iterator[tuple[date, dict[str, DeviceAsOf]]]:
    for day in YEAR:
        yield day, {device.device_id: device for device in fleet.devices(organization_id, day)}


def total(device: DeviceAsOf) -> int:
    count = device.counters["totalPages"]
    assert isinstance(count, int)
    return count


def pages_by_day(fleet: LifelikeFleet, organization_id: str) -> dict[date, int]:
    """What was read of the devices that were there the day before, too."""
    pages: dict[date, int] = {}
    before: dict[str, DeviceAsOf] = {}
    for day, devices in life_of(fleet, organization_id):
        pages[day] = sum(
            total(device) - total(before[device_id]) for device_id, device in devices.items() if device_id in before
        )
        before = devices
    return pages


def fingerprint(seed: int) -> str:
    fleet = some_fleet(seed)
    answers = [
        (organization, fleet.devices(organization.organization_id, day))
        for organization in fleet.organizations
        for day in YEAR[::30]
    ]
    return hashlib.sha256(repr(answers).encode()).hexdigest()


def fingerprint_of_another_process(seed: int, hash_seed: str) -> str:
    code = f"from tests.edges.test_fleet import fingerprint; print(fingerprint({seed}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": "."},
    )
    return done.stdout.strip()


@pytest.mark.long
def test_two_processes_with_one_seed_answer_alike() -> None:
    assert fingerprint_of_another_process(7, "1") == fingerprint_of_another_process(7, "2") == fingerprint(7)


def test_another_seed_is_another_fleet() -> None:
    assert fingerprint(7) != fingerprint(8)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(YEAR), min_size=1, max_size=8))
def test_it_does_not_matter_which_day_is_asked_for_first(days: list[date]) -> None:
    asked, fleet = some_fleet(), some_fleet()
    in_order = {day: asked.devices("1002", day) for day in sorted(days)}
    assert {day: fleet.devices("1002", day) for day in days} == in_order


def test_a_device_s_counters_do_not_depend_on_how_many_others_there_are() -> None:
    small = LifelikeFleet(7, organizations=1, devices=3, first_day=FIRST_DAY).devices("1001", YEAR[200])
    large = LifelikeFleet(7, organizations=9, devices=300, first_day=FIRST_DAY).devices("1001", YEAR[200])
    assert [device for device in large if device.device_id in {other.device_id for other in small}] == small


def test_counters_only_grow_and_add_up() -> None:
    fleet = some_fleet()
    before: dict[str, DeviceAsOf] = {}
    for day, devices in life_of(fleet, "1001"):
        for device_id, device in devices.items():
            counters = {name: count or 0 for name, count in device.counters.items() if isinstance(count, int | None)}
            assert counters["totalBw"] + counters["totalColor"] == counters["totalPages"] > 0
            assert counters["printTotal"] + counters["copyTotal"] == counters["totalPages"]
            assert isinstance(device.read_at, datetime)
            assert device.read_at.astimezone(UTC).date() <= day
            if device_id in before:
                assert all((before[device_id].counters[name] or 0) <= count for name, count in counters.items())  # type: ignore[operator]
        before = devices


def test_a_reading_is_of_the_day_on_which_it_was_read() -> None:
    repeated = new = 0
    before: dict[str, DeviceAsOf] = {}
    for day, devices in life_of(some_fleet(), "1001"):
        for device_id, device in devices.items():
            assert isinstance(device.read_at, datetime)
            if device.read_at.date() == day:
                new += 1
            else:
                repeated += 1
                assert device == before[device_id]
        before = devices
    assert new > repeated > 0


def test_working_days_are_busy_and_other_days_are_not() -> None:
    pages = pages_by_day(some_fleet(), "1001")
    by_weekday = Counter[int]()
    for day, count in pages.items():
        by_weekday[day.weekday()] += count
    working, weekend = sum(by_weekday[day] for day in range(5)), by_weekday[5] + by_weekday[6]
    assert working > 20 * weekend
    assert pages[date(2026, 12, 25)] * 10 < pages[date(2026, 12, 18)]  # two Fridays


def test_every_office_closes_for_a_week_in_summer() -> None:
    fleet = some_fleet()
    for organization in fleet.organizations:
        pages = pages_by_day(fleet, organization.organization_id)
        weeks = Counter[int]()
        for day, count in pages.items():
            weeks[day.isocalendar().week] += count
        quietest, second = sorted(range(2, 52), key=lambda week: weeks[week])[:2]
        assert 27 <= quietest <= 32
        assert weeks[quietest] * 10 < weeks[second]


def test_some_offices_switch_everything_off_at_weekends() -> None:
    fleet = LifelikeFleet(7, organizations=30, devices=5, first_day=FIRST_DAY)
    sunday = date(2026, 3, 15)
    off = [
        all(
            isinstance(device.read_at, datetime) and device.read_at.date() < sunday
            for device in fleet.devices(organization.organization_id, sunday)
        )
        for organization in fleet.organizations
    ]
    assert 3 < sum(off) < 20


def test_devices_appear_leave_and_are_managed_or_not() -> None:
    fleet = LifelikeFleet(7, organizations=1, devices=200, first_day=FIRST_DAY)
    first = {device.device_id for device in fleet.devices("1001", YEAR[0])}
    last = {device.device_id: device.managed for device in fleet.devices("1001", YEAR[-1])}
    assert len(last.keys() - first) > 5
    assert len(first - last.keys()) > 3
    assert 10 < sum(not managed for managed in last.values()) < 100
    assert fleet.devices("1001", FIRST_DAY - timedelta(days=1)) == []


def test_hundreds_of_organizations_have_names_of_their_own() -> None:
    organizations = LifelikeFleet(7, organizations=900, devices=1, first_day=FIRST_DAY).organizations
    names = {organization.name for organization in organizations}
    assert len(names) == len({organization.organization_id for organization in organizations}) == 900
    assert all(name.isprintable() and name == name.strip() for name in names)
    assert {"Ærø Færger", "Łódź Logistyka", "Smith & Sons Ltd", 'Café "Le Coq"'} <= names


def test_a_device_id_names_one_device_of_the_whole_server() -> None:
    fleet = LifelikeFleet(7, organizations=20, devices=20, first_day=FIRST_DAY)
    ids = [d.device_id for o in fleet.organizations for d in fleet.devices(o.organization_id, YEAR[100])]
    assert len(ids) == len(set(ids)) > 300


def test_a_scripted_device_says_what_it_is_told_and_repeats_it() -> None:
    fleet, day = ScriptedFleet("Acme A/S", "Ærø"), date(2026, 11, 2)
    fleet.reads_daily("A", day, [1000, "7 pages", None, ABSENT])
    fleet.reads("A", day + timedelta(days=6), 1500, managed=False, read_at=None, others={"scanTotal": 3})
    fleet.leaves("A", day + timedelta(days=8))
    fleet.reads("B", day, 5, organization="Ærø")

    told = [fleet.devices("1001", day + timedelta(days=number)) for number in range(-1, 9)]
    assert [dict(devices[0].counters) if devices else None for devices in told] == [
        None,
        {"totalPages": 1000},
        {"totalPages": "7 pages"},
        {"totalPages": None},
        {},
        {},
        {},
        {"scanTotal": 3, "totalPages": 1500},
        {"scanTotal": 3, "totalPages": 1500},
        None,
    ]
    assert (told[1][0].read_at, told[6][0].read_at, told[7][0].read_at) == (
        noon(day),
        noon(day + timedelta(days=3)),
        None,
    )
    assert [device.device_id for device in fleet.devices("1002", day)] == ["B"]
