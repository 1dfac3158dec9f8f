"""What a server says of a device, and what of it the ledger believes to be a reading."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prsync.core.model import MAX_COUNT, Reading
from prsync.core.readings import as_of, reading_of

END = dt.datetime(2026, 11, 2, 22, 59, 59, 999999, tzinfo=dt.UTC)
NOON = dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def made_of(count: object) -> Reading:
    return reading_of("d1", managed=True, count=count, read_at=None)


@pytest.mark.parametrize(
    ("raw", "count"),
    [
        (1, 1),
        (1120, 1120),
        (MAX_COUNT, 9_223_372_036_854_775_807),
        ("1120", 1120),
        (" 1120 ", 1120),
        ("0001120", 1120),
        (str(MAX_COUNT), MAX_COUNT),
        (120.0, 120),
        (Decimal("120.0"), 120),
        (Decimal("1.2E+2"), 120),
        (Decimal(MAX_COUNT), MAX_COUNT),
    ],
)
def test_a_whole_number_from_1_to_the_largest_is_a_count(raw: object, count: int) -> None:
    assert made_of(raw) == Reading("d1", managed=True, count=count)


@pytest.mark.parametrize("raw", [None, 0, "0", "000", 0.0, -0.0, Decimal("0.0"), Decimal("0E+30")])
def test_absent_null_and_0_are_no_reading(raw: object) -> None:
    assert made_of(raw) == Reading("d1", managed=True, count=None)


@pytest.mark.parametrize(
    "raw",
    [
        -1,
        "-1",
        "+1",
        9_223_372_036_854_775_808,
        str(MAX_COUNT + 1),
        120.5,
        Decimal("120.5"),
        Decimal("1E+999999"),
        Decimal("-1E+999999"),
        Decimal("1E+999999999"),
        Decimal("-1E+999999999"),
        Decimal("1E-999999"),
        Decimal("NaN"),
        Decimal("Infinity"),
        float("nan"),
        float("inf"),
        "",
        " ",
        "n/a",
        "1,120",
        "1 120",
        "120.0",
        "1e3",
        "0x10",
        "\N{ARABIC-INDIC DIGIT ONE}",
        "\N{SUPERSCRIPT TWO}",
        "1" * 10_000,
        True,
        False,
        [],
        {},
        [120],
        {"value": 120},
    ],
    ids=lambda raw: repr(raw)[:20],
)
def test_anything_else_is_invalid_and_has_no_count(raw: object) -> None:
    assert made_of(raw) == Reading("d1", managed=True, count=None, invalid=True)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(json_values)
def test_no_answer_is_so_strange_that_it_breaks_anything(count: object) -> None:
    reading = reading_of("d1", managed=False, count=count, read_at=None)

    assert reading.count is None or (1 <= reading.count <= MAX_COUNT and not reading.invalid)


@pytest.mark.parametrize("year", [1, 1970, 1989])
def test_an_instant_before_1990_is_a_placeholder_and_counts_as_absent(year: int) -> None:
    placeholder = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
    assert reading_of("d1", managed=True, count=7, read_at=placeholder) == Reading("d1", managed=True, count=7)


def test_a_reading_after_the_days_end_counts_as_that_end() -> None:
    ahead = Reading("d1", managed=True, count=7, read_at=END + 400 * 24 * HOUR)

    assert as_of([ahead], END) == (Reading("d1", managed=True, count=7, read_at=END),)


def test_a_reading_at_the_days_end_and_one_without_a_time_stay_as_they_are() -> None:
    at_the_end = Reading("a", managed=True, count=7, read_at=END)
    untold = Reading("b", managed=True, count=7)

    assert as_of([at_the_end, untold], END) == (at_the_end, untold)


def test_instants_are_compared_as_instants() -> None:
    # 00:30 of the next day in Auckland is earlier than noon in UTC.
    earlier = Reading("d1", managed=True, count=9, read_at=dt.datetime.fromisoformat("2026-11-03T00:30:00+13:00"))
    later = Reading("d1", managed=True, count=7, read_at=NOON)

    assert as_of([later, earlier], END) == as_of([earlier, later], END) == (later,)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Reading("d1", True, 5, NOON), Reading("d1", True, 9, NOON - HOUR)),
        (Reading("d1", True, 9, NOON), Reading("d1", True, 5, NOON)),
        (Reading("d1", True, 9), Reading("d1", True, 5)),
        (Reading("d1", True, 5, NOON), Reading("d1", True, 9)),
        (Reading("d1", True, 5), Reading("d1", True, None)),
        (Reading("d1", True, 5, NOON), Reading("d1", True, None, NOON, invalid=True)),
        (Reading("d1", True, None, NOON), Reading("d1", True, 5, NOON - HOUR)),
        (Reading("d1", True, 9, END + HOUR), Reading("d1", True, 5, END + 2 * HOUR)),
        (Reading("d1", True, None, NOON, invalid=True), Reading("d1", True, None, NOON)),
        (Reading("d1", False, 5, NOON), Reading("d1", True, 5, NOON)),
    ],
    ids=[
        "the newest, though lower",
        "of one instant the higher",
        "without a time the higher",
        "one with a time before one without",
        "a count before none",
        "a count before what is none",
        "the newest, though unread",
        "both after the day's end are alike",
        "what is no count before an unread one",
        "not managed before managed",
    ],
)
def test_of_the_same_device_twice_the_newest_counts_and_alike_the_higher(better: Reading, worse: Reading) -> None:
    chosen = as_of([better], END)

    assert as_of([better, worse], END) == as_of([worse, better], END) == chosen


some_readings = st.lists(
    st.builds(
        Reading,
        st.sampled_from(["a", "b"]),
        st.booleans(),
        st.sampled_from([None, 1, 9]),
        st.sampled_from([None, NOON, NOON + HOUR, END, END + HOUR]),
    ),
    max_size=4,
)


@given(some_readings)
def test_the_order_of_an_answer_does_not_matter(readings: list[Reading]) -> None:
    chosen = as_of(readings, END)

    assert [reading.device_id for reading in chosen] == sorted({reading.device_id for reading in readings})
    assert {as_of(order, END) for order in permutations(readings)} == {chosen}
