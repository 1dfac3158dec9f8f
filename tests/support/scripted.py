"""A fleet whose every reading a test says itself."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from prsync.demo.fleet import DeviceAsOf, Organization

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NOON: Final = time(12, tzinfo=UTC)
ABSENT: Final = object()
"""As a count: the meter is missing from the device's counters."""


def noon(day: date) -> datetime:
    """When a scripted device is read on `day`, unless a test says otherwise."""
    return datetime.combine(day, NOON)


@dataclass
class _Script:
    answers: dict[date, DeviceAsOf | None] = field(default_factory=dict)

    def as_of(self, day: date) -> DeviceAsOf | None:
        days = sorted(self.answers)
        place = bisect_right(days, day)
        return self.answers[days[place - 1]] if place else None


class ScriptedFleet:
    """Organizations whose devices answer what the script says, and on other days repeat their last reading.

    fleet = ScriptedFleet("Acme A/S")
    fleet.reads("A", date(2026, 11, 1), 1000)                  # read on that day at noon, UTC
    fleet.reads_daily("A", date(2026, 11, 2), [1120, 0, "7 pages", None, ABSENT])
    fleet.reads("A", date(2026, 11, 9), 1500, managed=False, read_at=None, organization="Ærø Færger")
    fleet.leaves("A", date(2026, 11, 12))                      # not in the answer from that day on
    """

    def __init__(self, *names: str, meter: str = "totalPages") -> None:
        self._organizations = [
            Organization(str(1001 + place), name) for place, name in enumerate(names or ["Acme A/S"])
        ]
        self._scripts: dict[str, dict[str, _Script]] = {found.name: {} for found in self._organizations}
        self._meter = meter

    @property
    def organizations(self) -> Sequence[Organization]:
        return self._organizations

    def devices(self, organization_id: str, day: date) -> Sequence[DeviceAsOf]:
        name = next(found.name for found in self._organizations if found.organization_id == organization_id)
        found = (script.as_of(day) for script in list(self._scripts[name].values()))
        return [device for device in found if device is not None]

    def reads(
        self,
        device_id: str,
        day: date,
        count: object,
        *,
        managed: bool = True,
        read_at: datetime | str | None = "noon",
        others: Mapping[str, object] | None = None,
        organization: str | None = None,
    ) -> None:
        """As of `day` the device has this count of the fleet's meter, and the `others`.

        `read_at` is an instant, None, or a text that is sent as it is; "noon" is that of `day`.
        """
        counters = dict(others or {}) | ({} if count is ABSENT else {self._meter: count})
        at = noon(day) if read_at == "noon" else read_at
        self._script(device_id, organization).answers[day] = DeviceAsOf(device_id, managed, at, counters)

    def reads_daily(
        self, device_id: str, first: date, counts: Iterable[object], *, organization: str | None = None
    ) -> None:
        """One reading a day, from `first` on."""
        for place, count in enumerate(counts):
            self.reads(device_id, first + timedelta(days=place), count, organization=organization)

    def leaves(self, device_id: str, day: date, *, organization: str | None = None) -> None:
        """From `day` on the device is not in the answer, until it is read again."""
        self._script(device_id, organization).answers[day] = None

    def _script(self, device_id: str, organization: str | None) -> _Script:
        return self._scripts[organization or self._organizations[0].name].setdefault(device_id, _Script())
