"""A simulated printer: its counters at the end of each day, and when they were last read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, Final

from prsync.core.model import ONE_DAY
from prsync.demo.fleet import DeviceAsOf

if TYPE_CHECKING:
    from prsync.demo.office import Office

# At this hour the date is the same from Honolulu (UTC-10) to Auckland in summer (UTC+13), so that a reading is of the
# day that is meant in whatever time zone a feed is collected. One of the next day would be the feed's error.
_READING_TIME: Final = time(10, tzinfo=UTC)

# How often a printer cannot be read on a day, as real ones; the next reading then has the pages of several days.
_UNREADABLE_SHARE: Final = 0.02


class Printer:
    """A printer of an office, first seen on `first_day` or some time later. The same `seed` makes the same printer."""

    def __init__(self, seed: str, device_id: str, office: Office, first_day: date) -> None:
        self._random, self._office, self._lock = Random(f"{seed}/{device_id}"), office, Lock()  # noqa: S311
        self.device_id = device_id
        # The order of these draws is part of what a seed means: one more in between would change all that follow.
        self._managed = self._random.random() < 0.8  # noqa: PLR2004  most are
        self._first_day, self._last_day = self._days_present(first_day)
        self._pages_a_day = self._random.choice((15, 40, 90, 200, 450))
        self._colour_percent = self._random.choice((0, 0, 20, 35, 60))
        self._minute = self._random.randrange(60)
        self._printed = self._random.randrange(500, 400_000)
        # By day since the first: the day of the last reading and the counter then. Each follows from the one before, so
        # that they are worked out in order, once, and kept.
        self._readings: list[tuple[date, int]] = [(self._first_day, self._printed)]

    def _days_present(self, first_day: date) -> tuple[date, date]:
        """The first and the last day on which the server knows the printer; most are there from the start for ever."""
        chance = self._random.random()
        later = first_day + timedelta(days=self._random.randrange(20, 400))
        if chance < 0.1:  # noqa: PLR2004
            return later, date.max
        return (first_day, later) if chance > 0.95 else (first_day, date.max)  # noqa: PLR2004

    def as_of(self, day: date) -> DeviceAsOf | None:
        """The printer as the server knows it at the end of `day`; None where it does not know it."""
        if not self._first_day <= day <= self._last_day:
            return None
        read_on, total = self._reading(day)
        read_at = datetime.combine(read_on, _READING_TIME) + timedelta(minutes=self._minute)
        return DeviceAsOf(self.device_id, self._managed, read_at, self._counters(total))

    def _reading(self, day: date) -> tuple[date, int]:
        position = (day - self._first_day).days
        # Two requests at once are answered in two threads, and a day must not be worked out twice.
        with self._lock:
            while len(self._readings) <= position:
                self._readings.append(self._next_reading(self._first_day + len(self._readings) * ONE_DAY))
            return self._readings[position]

    def _next_reading(self, day: date) -> tuple[date, int]:
        how_busy, chance = self._random.random(), self._random.random()
        self._printed += int(self._pages_a_day * self._office.activity(day) * (0.4 + 1.2 * how_busy))
        if self._office.is_off(day) or chance < _UNREADABLE_SHARE:
            return self._readings[-1]
        return day, self._printed

    def _counters(self, total: int) -> dict[str, int | None]:
        colour = total * self._colour_percent // 100
        return {
            "totalPages": total,
            "totalBw": total - colour,
            "totalColor": colour if self._colour_percent else None,
            "printTotal": total * 4 // 5,
            "copyTotal": total - total * 4 // 5,
            "scanTotal": total // 7,
            "faxTotal": None,
        }
