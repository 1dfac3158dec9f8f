"""A small world for the property tests: three printers, their DCA, and what a server says of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from tests.core.device_history import ONE_DAY

from prsync.core.model import Reading, Rule, Scope
from prsync.core.readings import reading_of

if TYPE_CHECKING:
    from collections.abc import Iterable


DEVICES = ("a", "b", "c")
METERS = ("total", "color")
CEILING = 100
RULES = tuple(Rule(meter, scope) for scope in (Scope.MANAGED, Scope.ALL) for meter in METERS)
BITS = tuple(range(2 ** len(DEVICES)))
"""Sets of devices."""
PLACES = (
    ("UTC", dt.date(2024, 2, 22)),  # a leap day
    ("Pacific/Auckland", dt.date(2026, 4, 1)),  # a day of 25 hours
    ("Pacific/Auckland", dt.date(2026, 9, 22)),  # a day of 23
    ("Europe/Copenhagen", dt.date(2026, 3, 24)),
    ("Europe/Copenhagen", dt.date(2026, 10, 20)),
    ("America/Los_Angeles", dt.date(2025, 12, 24)),
    ("Pacific/Apia", dt.date(2026, 1, 1)),
    ("Africa/Cairo", dt.date(2026, 4, 18)),  # a day that begins at one o'clock
)

Happening = tuple[str, int]
RawReading = tuple[bool, object, dt.datetime | None]
"""What the server says of a device, raw: managed, count, read_at."""

PLACEHOLDER = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
"""What .NET writes for an instant that was never set."""

HAPPENINGS: tuple[Happening, ...] = (
    *[("prints", pages) for pages in (1, 10, 10, 30, CEILING - 1, CEILING)],
    *[("idle", 0)] * 3,
    ("read again", 0),
    ("unread", 0),
    ("null", 0),
    ("invalid", 0),
    ("reset", 1),
    ("reset", 7),
    ("glitch", 7),
    ("glitch", 1),
    ("spike", CEILING + 1),
    ("spike", 5000),
    ("jump", CEILING + 1),
    ("prints unseen", 10),
    ("twice", 10),
    ("gone", 0),
    *[("unmanaged today", 10)] * 2,
    ("unmanaged and unread", 10),
    *[("dips", 7)] * 2,
    ("dips", 1),
    *[("comes back", pages) for pages in (0, 10, CEILING + 1)],
)
BUSY: tuple[Happening, ...] = (
    *[("prints", pages) for pages in (1, 1, 10, 49_999, 50_000, 50_000, 50_001, 50_001, 50_002, 100_001, 100_002)],
    ("idle", 0),
    ("reset", 7),
    *[("dips", 7)] * 2,
    *[("comes back", pages) for pages in (1, 50_000, 50_001, 50_002, 100_001)],
)
"""Of devices that print as much in a day as the fastest machine, and more."""
BUSY_CEILING = 100_001
CLOCKS = ("tells", "tells", "tells", "silent", "ahead", "placeholder")

PRINTING = {"prints", "jump", "prints unseen", "twice", "unmanaged today", "unmanaged and unread", "comes back"}
IDLE: tuple[Happening, ...] = (("idle", 0),) * len(DEVICES)

happenings = st.sampled_from(HAPPENINGS)
a_day = st.tuples(happenings, happenings, happenings)
a_busy_day = st.tuples(*[st.sampled_from(BUSY)] * 3)
some_devices = st.sampled_from(BITS[1:])


class ServerDownError(Exception):
    """The server does not answer."""


@dataclass
class Printer:
    """One machine as it stands in its office."""

    device_id: str
    counter: int
    clock: str = "tells"
    managed: bool = True
    here: bool = True
    elsewhere: int | None = None
    """Where another counter stands that is read instead of the right one, while there is one."""
    last_reading: tuple[object, dt.datetime | None] = (None, None)
    """The count and the read_at of its last reading, raw."""

    def day(self, day: dt.date, happening: Happening, timezone: str) -> list[RawReading]:
        """Live one day; what the server would say at its end."""
        what, pages = happening
        if not self.here or what == "gone":
            return []
        managed = self.managed and what not in {"unmanaged today", "unmanaged and unread"}
        before = self.last_reading
        if what == "idle":
            return [(managed, *before)]
        if what in PRINTING:
            self._print(pages)
        if what == "reset":
            self._set_back(pages)
        if what == "dips":
            self._print(10)
            self.elsewhere = pages
        if what == "comes back":
            self.elsewhere = None
        seen = self.counter if self.elsewhere is None else self.elsewhere
        read_at = self._read_at(dt.datetime(day.year, day.month, day.day, 18, tzinfo=ZoneInfo(timezone)))
        if what == "prints unseen":  # the count changes, the time at which it was read does not
            read_at = before[1]
        shown = {"unread": 0, "null": None, "invalid": "7 pages", "glitch": pages, "spike": seen + pages}
        shown["unmanaged and unread"] = 0
        self.last_reading = (shown.get(what, seen), read_at)
        readings: list[RawReading] = [(managed, *self.last_reading)]
        if what == "twice":
            readings = [(managed, seen + 3, before[1]), *readings, (managed, seen - 1, read_at)]
        return readings

    def _print(self, pages: int) -> None:
        self.counter += pages
        if self.elsewhere is not None:
            self.elsewhere += pages

    def _set_back(self, count: int) -> None:
        if self.elsewhere is None:
            self.counter = count
        else:
            self.elsewhere = count

    def _read_at(self, evening: dt.datetime) -> dt.datetime | None:
        if self.clock == "ahead":
            return evening + 3 * ONE_DAY
        return {"tells": evening, "silent": None, "placeholder": PLACEHOLDER}[self.clock]


@dataclass
class World:
    """What one organization's devices did, and what of it the server can tell by now."""

    timezone: str
    first: dt.date
    printers: dict[str, Printer] = field(
        default_factory=lambda: {key: Printer(key, start) for key, start in zip(DEVICES, (1000, 300, 20), strict=True)}
    )
    truth: list[dict[str, dict[str, list[Reading]]]] = field(default_factory=list)
    """For every day, meter and device."""
    frozen: dict[str, int] = field(default_factory=dict)
    """Up to which day the DCA of a device has delivered, where it has stopped."""

    @property
    def yesterday(self) -> dt.date:
        return self.first + (len(self.truth) - 1) * ONE_DAY

    def pass_day(self, what: Iterable[Happening]) -> None:
        day = self.first + len(self.truth) * ONE_DAY
        readings = {
            printer.device_id: printer.day(day, happening, self.timezone)
            for printer, happening in zip(self.printers.values(), what, strict=True)
        }
        self.truth.append(
            {
                meter: {
                    key: [_reading(key, meter, raw) for raw in raw_readings] for key, raw_readings in readings.items()
                }
                for meter in METERS
            }
        )

    def printed_in_scope(self, key: str, scope: Scope, since: dt.date) -> int:
        """What a printer with an honest counter printed since that day, between readings that were in scope."""
        printed, before, away = 0, None, False
        for number, day in enumerate(self.truth):
            for reading in day["total"][key]:
                away = away or not (reading.managed or scope is Scope.ALL)
                if reading.count is None:
                    continue
                if before is not None and not away and self.first + number * ONE_DAY >= since:
                    printed += reading.count - before
                before, away = reading.count, not (reading.managed or scope is Scope.ALL)
        return printed

    def answer(self, day: dt.date, meter: str) -> list[Reading]:
        index = (day - self.first).days
        assert 0 <= index < len(self.truth), "asked for a day that is not closed, or before the baseline"
        found = []
        for key in reversed(DEVICES):
            found += self.truth[min(index, self.frozen.get(key, index))][meter][key]
        return found


def _reading(device_id: str, meter: str, raw: RawReading) -> Reading:
    managed, count, read_at = raw
    if meter == "color" and isinstance(count, int) and count:
        count = str(count // 3 + 1)
    return reading_of(device_id, managed=managed, count=count, read_at=read_at)
