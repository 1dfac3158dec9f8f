"""One printer's life: what it had printed by the end of each day, and when that was last read from it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, Final

from prsync.core.model import ONE_DAY
from prsync.demo.fleet import DeviceAsOf

if TYPE_CHECKING:
    from prsync.demo.office import Office

_READ_AT: Final = time(11, tzinfo=UTC)
"""At that hour it is the same day from Midway to Auckland's winter."""

_OUT_OF_REACH: Final = 0.02
"""How often a printer cannot be read: what it has printed is seen the next time."""


class Printer:
    """One printer of an office. Its days are gone through once, in order, and kept: asking again costs nothing."""

    def __init__(self, seed: str, device_id: str, office: Office, first_day: date) -> None:
        self._random, self._office, self._lock = Random(f"{seed}/{device_id}"), office, Lock()  # noqa: S311
        self.device_id = device_id
        self._managed = self._random.random() < 0.8  # noqa: PLR2004  most are
        self._first_day, self._last_day = self._stay(first_day)
        self._pages_a_day = self._random.choice((15, 40, 90, 200, 450))
        self._colour_percent = self._random.choice((0, 0, 20, 35, 60))
        self._minute = self._random.randrange(60)
        self._printed = self._random.randrange(500, 400_000)
        self._readings: list[tuple[date, int]] = [(self._first_day, self._printed)]

    def _stay(self, first_day: date) -> tuple[date, date]:
        """From when to when it is there: most always are."""
        fate = self._random.random()
        later = first_day + timedelta(days=self._random.randrange(20, 400))
        if fate < 0.1:  # noqa: PLR2004
            return later, date.max
        return (first_day, later) if fate > 0.95 else (first_day, date.max)  # noqa: PLR2004

    def as_of(self, day: date) -> DeviceAsOf | None:
        """What is known of it by the end of `day`; None while it is not there."""
        if not self._first_day <= day <= self._last_day:
            return None
        read_on, total = self._reading(day)
        read_at = datetime.combine(read_on, _READ_AT) + timedelta(minutes=self._minute)
        return DeviceAsOf(self.device_id, self._managed, read_at, self._counters(total))

    def _reading(self, day: date) -> tuple[date, int]:
        position = (day - self._first_day).days
        with self._lock:
            while len(self._readings) <= position:
                self._readings.append(self._next_reading(self._first_day + len(self._readings) * ONE_DAY))
            return self._readings[position]

    def _next_reading(self, day: date) -> tuple[date, int]:
        busy, luck = self._random.random(), self._random.random()
        self._printed += int(self._pages_a_day * self._office.activity(day) * (0.4 + 1.2 * busy))
        if self._office.is_off(day) or luck < _OUT_OF_REACH:
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
