"""An answer for several days, taken apart: each reading is of the day it was made on, and no day is asked for twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from prsync.errors import ProfileMismatchError
from prsync.threemanager.profile import Profile
from prsync.threemanager.query import DevicesQuery
from prsync.threemanager.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prsync.threemanager.paging import Parameters

# Spans of ten days begin where the day's ordinal is a multiple of ten.
FIRST = date.fromordinal(739_950)
TIMES = '[history]\nstyle = "range"\nformat = "%Y-%m-%dT%H:%M:%S%z"\nmax_days = 10\n'


class Server:
    """Answers each question with all its rows, and keeps what it was asked."""

    def __init__(self, *instants: str | None) -> None:
        self.rows = [{"deviceId": str(number), "lastReadAt": instant} for number, instant in enumerate(instants)]
        self.asked: list[tuple[str, ...]] = []

    def all_rows(self, _path: str, parameters: Parameters) -> Iterator[Any]:
        self.asked.append(tuple(str(value)[:10] for value in parameters.values()))
        yield from self.rows


def query(day: date, through: date | None, timezone: str = "UTC") -> DevicesQuery:
    return DevicesQuery(organization_id="1", day=day, meter="", timezone=timezone, through=through)


def days_of(server: Server, timezone: str = "UTC") -> dict[str, int]:
    """On which day of three each row is, by the row's number."""
    spans = Spans(Profile.parse(TIMES), server.all_rows)
    through = FIRST + timedelta(days=2)
    asked = [query(FIRST + timedelta(days=number), through, timezone) for number in range(3)]
    return {row["deviceId"]: number for number, one in enumerate(asked) for row in spans.rows_of("/devices", one)}


def test_a_reading_is_of_the_day_on_which_it_was_made_in_the_feeds_zone() -> None:
    second, third = FIRST + timedelta(days=1), FIRST + timedelta(days=2)
    server = Server(
        f"{FIRST}T12:00:00Z",
        f"{second}T00:00:00Z",  # the midnight that ends a day belongs to it
        f"{second}T00:00:01Z",
        f"{third}T23:59:59Z",
        f"{FIRST - timedelta(days=1)}T20:00:00Z",  # of the server's own clock: before the first, and after the last
        f"{third + timedelta(days=1)}T06:00:00Z",
    )
    assert days_of(server) == {"0": 0, "1": 0, "2": 1, "3": 2, "4": 0, "5": 2}
    assert server.asked == [(str(FIRST), str(third + timedelta(days=1)))]
    assert days_of(Server(f"{FIRST}T23:30:00Z"), "Europe/Copenhagen") == {"0": 1}


def test_spans_end_on_the_same_days_and_no_day_is_asked_for_twice() -> None:
    server = Server()
    spans = Spans(Profile.parse(TIMES), server.all_rows)
    through = FIRST + timedelta(days=12)
    for number in range(7, 13):
        assert list(spans.rows_of("/devices", query(FIRST + timedelta(days=number), through))) == []
    begins = [(FIRST + timedelta(days=days)).isoformat() for days in (7, 10, 13)]
    assert server.asked == [(begins[0], begins[1]), (begins[1], begins[2])]
    # Another customer's days are its own, and a day by itself is asked for by itself.
    list(spans.rows_of("/others", query(FIRST, FIRST + timedelta(days=3))))
    list(spans.rows_of("/devices", query(FIRST + timedelta(days=1), FIRST + timedelta(days=3))))
    list(spans.rows_of("/devices", query(FIRST, None)))
    assert len(server.asked) == 5


def test_a_profile_without_it_asks_for_a_day_each() -> None:
    server = Server()
    spans = Spans(Profile.parse('[history]\nstyle = "range"\n'), server.all_rows)
    for number in range(3):
        list(spans.rows_of("/devices", query(FIRST + timedelta(days=number), FIRST + timedelta(days=9))))
    assert len(server.asked) == 3


def test_a_reading_without_a_time_may_be_of_any_day() -> None:
    spans = Spans(Profile.parse(TIMES), Server(None).all_rows)
    asked = query(FIRST, FIRST + timedelta(days=2))
    with pytest.raises(ProfileMismatchError, match=r"which may be of any day; see history\.max_days"):
        spans.rows_of("/devices", asked)
    assert len(list(spans.rows_of("/devices", replace(asked, through=None)))) == 1


@pytest.mark.parametrize(
    ("profile", "problem"),
    [
        ("[history]\nmax_days = 7\n", "history.max_days (line 2): goes with style range"),
        ('[history]\nstyle = "range"\nmax_days = 7\n[devices]\nread_at = ""\n', "needs devices.read_at"),
        ('[history]\nstyle = "range"\nmax_days = 0\n', "history.max_days (line 3): "),
    ],
)
def test_where_it_cannot_be_it_is_refused(profile: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem.replace("(", r"\(").replace(")", r"\)")):
        Profile.parse(profile)
