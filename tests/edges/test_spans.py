"""An answer for several days, taken apart: each reading is of the day it was made on, and no day is asked for twice."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from prsync.core.periods import ONE_MICROSECOND, end_of_day
from prsync.errors import ProfileMismatchError
from prsync.threemanager.history import day_parameters
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
        self.asked.append(tuple(str(value) for value in parameters.values()))
        yield from self.rows


def query(day: date, through: date | None, timezone: str = "UTC") -> DevicesQuery:
    return DevicesQuery(organization_id="1", day=day, meter="", timezone=timezone, through=through)


def days_of(server: Server, timezone: str = "UTC", first: date = FIRST) -> dict[str, int]:
    """On which day of three each row is, by the row's number."""
    spans = Spans(Profile.parse(TIMES), server.all_rows)
    through = first + timedelta(days=2)
    asked = [query(first + timedelta(days=number), through, timezone) for number in range(3)]
    return {row["deviceId"]: number for number, one in enumerate(asked) for row in spans.rows_of("/devices", one)}


def test_a_reading_is_of_the_day_on_which_it_was_made_in_the_feeds_zone() -> None:
    second, third = FIRST + timedelta(days=1), FIRST + timedelta(days=2)
    server = Server(
        f"{FIRST}T12:00:00Z",
        f"{second}T00:00:00Z",  # the midnight that ends a day belongs to it
        f"{second}T00:00:01Z",
        f"{third}T23:59:59Z",
        f"{FIRST}T00:00:00Z",  # of the day before, where a server gives both ends of a range
        f"{third + timedelta(days=1)}T00:00:00Z",  # of the last day
        f"{third + timedelta(days=1)}T00:59:59Z",  # of the next one: it is asked for to an hour after midnight
    )
    assert days_of(server) == {"0": 0, "1": 0, "2": 1, "3": 2, "5": 2}
    assert server.asked == [(f"{FIRST}T00:00:00+0000", f"{third + timedelta(days=1)}T01:00:00+0000")]
    assert days_of(Server(f"{FIRST}T23:30:00Z"), "Europe/Copenhagen") == {"0": 1}
    # Havana puts its clocks on at midnight: the day begins at one, and the night before ends then.
    assert days_of(Server("2026-03-08T05:00:00Z", "2026-03-08T05:00:01Z"), "America/Havana", date(2026, 3, 7)) == {
        "0": 0,
        "1": 1,
    }


@pytest.mark.parametrize("gives_the_end", [True, False])
@pytest.mark.parametrize("timezone", ["UTC", "Pacific/Auckland", "America/Havana", "America/New_York"])
def test_a_day_has_the_same_readings_alone_and_in_a_span_whichever_end_a_server_gives(
    timezone: str, gives_the_end: bool
) -> None:
    first = date(2026, 3, 4)  # in Havana and New York the clocks are put on four days later
    midnights = [end_of_day(first + timedelta(days=number), timezone) + ONE_MICROSECOND for number in range(-1, 9)]
    instants = sorted([*midnights, *(one + timedelta(hours=hours) for one in midnights for hours in (9, 23))])

    def all_rows(_path: str, parameters: Parameters) -> Iterator[Any]:
        begin, end = (datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%S%z") for value in parameters.values())
        for instant in instants:
            if begin <= instant < end or (gives_the_end and instant == end):
                yield {"lastReadAt": instant.isoformat()}

    whole, alone = (Spans(Profile.parse(TIMES), all_rows) for _ in range(2))
    for number in range(8):
        day = first + timedelta(days=number)
        in_a_span = [row["lastReadAt"] for row in whole.rows_of("/", query(day, first + timedelta(days=7), timezone))]
        assert in_a_span == [row["lastReadAt"] for row in alone.rows_of("/", query(day, None, timezone))]
        assert midnights[number + 1].isoformat() in in_a_span
        assert midnights[number].isoformat() not in in_a_span


def test_spans_end_on_the_same_days_and_no_day_is_asked_for_twice() -> None:
    server = Server()
    spans = Spans(Profile.parse(TIMES), server.all_rows)
    through = FIRST + timedelta(days=12)
    for number in range(7, 13):
        assert list(spans.rows_of("/devices", query(FIRST + timedelta(days=number), through))) == []
    seventh, tenth, thirteenth = [(FIRST + timedelta(days=days)).isoformat() for days in (7, 10, 13)]
    assert [(begin[:10], end[:10]) for begin, end in server.asked] == [(seventh, tenth), (tenth, thirteenth)]
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


@pytest.mark.parametrize("instant", [None, "", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T12:00:00Z"])
@pytest.mark.parametrize("days", [0, 2])
def test_a_reading_without_a_time_may_be_of_any_day(instant: str | None, days: int) -> None:
    spans = Spans(Profile.parse(TIMES), Server(instant).all_rows)
    asked = query(FIRST, FIRST + timedelta(days=days))
    with pytest.raises(ProfileMismatchError, match=r"which may be of any day; see history\.max_days"):
        spans.rows_of("/devices", asked)


@pytest.mark.parametrize("instant", ["{before}T23:59:59+09:00", "{after}T01:00:01+09:00", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("days", [0, 2])
def test_a_server_that_does_not_heed_the_range_is_told(instant: str, days: int) -> None:
    before, after = FIRST - timedelta(days=1), FIRST + timedelta(days=days + 1)
    spans = Spans(Profile.parse(TIMES), Server(instant.format(before=before, after=after)).all_rows)
    with pytest.raises(ProfileMismatchError, match="it does not answer for the days asked; see history"):
        spans.rows_of("/devices", query(FIRST, FIRST + timedelta(days=days), "Asia/Tokyo"))


@pytest.mark.parametrize(
    ("profile", "problem"),
    [
        ("[history]\nmax_days = 7\n", "history.max_days (line 2): goes with style range"),
        ('[history]\nstyle = "range"\nformat = "%c"\nmax_days = 7\n[devices]\nread_at = ""\n', "needs devices.read_at"),
        ('[history]\nstyle = "range"\nmax_days = 0\n', "history.max_days (line 3): "),
        ('[history]\nstyle = "range"\nmax_days = 7\n', "history.max_days (line 3): over 1 needs a time of day"),
    ],
)
def test_where_it_cannot_be_it_is_refused(profile: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem.replace("(", r"\(").replace(")", r"\)")):
        Profile.parse(profile)


@pytest.mark.parametrize(
    ("day", "timezone", "written"),
    [
        (date(2026, 11, 9), "Europe/Copenhagen", "2026-11-09T23:59:59+0100"),
        # The clock goes back at midnight: the day ends when it is 23:59:59 for the second time.
        (date(2026, 4, 4), "America/Santiago", "2026-04-04T23:59:59-0400"),
        # It goes on at midnight: the day ends at what would have been midnight.
        (date(2026, 3, 7), "America/Havana", "2026-03-07T23:59:59-0500"),
    ],
)
def test_the_end_of_a_day_is_its_last_second(day: date, timezone: str, written: str) -> None:
    history = Profile.parse('[history]\nformat = "%Y-%m-%dT%H:%M:%S%z"\n').history
    assert day_parameters(history, day, timezone) == {"date": written}
