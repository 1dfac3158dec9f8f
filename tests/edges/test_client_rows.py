"""One device's row: what is odd about it is that device's alone, and without an id there is no device."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.acme import PATH, READ, THREE, acme, altered, device, first_row, of_devices, readings, refused

from prsync.core.model import Reading
from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from tests.support import ScriptedFleet

    from prsync.demo.simulator import Simulator


@pytest.fixture
def fleet() -> ScriptedFleet:
    return acme()


def test_a_numeric_id_is_kept_as_its_digits(simulator: Simulator) -> None:
    assert altered(simulator, first_row(deviceId=9007199254740993))[0].device_id == "9007199254740993"


@pytest.mark.parametrize(
    "device_id", [None, "", "  ", True, 1.5, [], {}, "A\x1b[2J", "A\nB", "\ud800", "\x00", 10**50, float("nan")]
)
def test_a_row_without_a_usable_id_is_an_error(device_id: object, simulator: Simulator) -> None:
    line = refused(simulator, Answer(body=json.dumps({"items": [{"deviceId": device_id, "counters": {}}]}).encode()))
    assert (
        line
        == f"{PATH} answered with status 200 where deviceId in each row was expected: is the URL right, is the profile?"
    )


def test_a_row_that_is_none_is_an_error(simulator: Simulator) -> None:
    assert "where an object in each row was expected" in refused(simulator, Answer(body=b'{"items": [["A"]]}'))


@pytest.mark.parametrize(
    ("counters", "count", "invalid"),
    [
        (None, None, False),
        ({}, None, False),
        ({"totalPages": None}, None, False),
        ({"totalPages": 0}, None, False),
        ({"totalPages": "0120"}, 120, False),
        ({"totalPages": 120.0}, 120, False),
        ({"totalPages": 120.5}, None, True),
        ({"totalPages": "120 pages"}, None, True),
        ({"totalPages": {"value": 120}}, None, True),
        ({"totalPages": True}, None, True),
        ({"totalPages": float("nan")}, None, True),
        ({"totalPages": float("-inf")}, None, True),
        ([], None, True),
        ([{"totalPages": 120}], None, True),
        ("120", None, True),
        (120, None, True),
        (False, None, True),
    ],
)
def test_one_devices_counters_are_that_devices_alone(
    counters: object, count: int | None, invalid: bool, simulator: Simulator
) -> None:
    found = altered(simulator, first_row(counters=counters))
    assert found == [Reading("A", True, count, READ, invalid), *THREE[1:]]


def test_absent_counters_are_no_reading(simulator: Simulator) -> None:
    def without(page: Any) -> Any:
        del page["items"][0]["counters"]
        return page

    assert altered(simulator, without) == [Reading("A", True, None, READ), *THREE[1:]]


@pytest.mark.parametrize(
    "number",
    ["9" * 10_000, "-" + "9" * 10_000, "1e9999999", "1e99999999999999999999", "1e-99999999999999999999", "0.1"],
)
def test_a_number_beyond_all_measure_is_one_devices_invalid_reading(number: str, simulator: Simulator) -> None:
    body = json.dumps({"items": [device("A"), device("B")], "nextPage": None}).replace("7", number, 1)
    simulator.answer_with(of_devices, Answer(body=body.encode()))
    assert readings(simulator) == [Reading("A", True, None, None, True), Reading("B", True, 7)]


@pytest.mark.parametrize(
    ("managed", "counts"),
    [
        (True, True),
        (1, True),
        ("true", True),
        (" True ", True),
        (False, False),
        (0, False),
        (2, False),
        ("false", False),
        ("yes", False),
        (None, False),
        ([True], False),
        ({}, False),
    ],
)
def test_a_device_is_managed_only_where_the_server_says_so(managed: object, counts: bool, simulator: Simulator) -> None:
    assert altered(simulator, first_row(managed=managed))[0].managed is counts


def test_a_device_of_which_nothing_is_said_is_not_managed(simulator: Simulator) -> None:
    def without(page: Any) -> Any:
        del page["items"][0]["managed"]
        return page

    assert [reading.managed for reading in altered(simulator, without)] == [False, True, True]


@pytest.mark.parametrize(
    ("read_at", "instant"),
    [
        ("2026-11-02T12:00:00Z", READ),
        ("2026-11-02T13:00:00+01:00", READ),
        ("2026-11-01T23:30:00.500-12:30", READ + timedelta(seconds=0.5)),
        (None, None),
        ("", None),
        ("yesterday", None),
        ("2026-11-02T12:00:00", READ),
        ("2026-11-02", READ - timedelta(hours=12, microseconds=1)),  # the midnight that ends a day belongs to it
        ("0001-01-01T00:00:00+14:00", None),
        (1793620800, None),
        ([], None),
    ],
)
def test_when_it_was_read_is_an_instant_or_absent(
    read_at: object, instant: datetime | None, simulator: Simulator
) -> None:
    assert altered(simulator, first_row(lastReadAt=read_at))[0] == Reading("A", True, 1000, instant)
