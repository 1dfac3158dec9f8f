"""From the rows of a devices answer to readings, and the refusal of an answer that does not mean what it should.

Of a device only the fields of a reading are looked at. All others (serial number, address, location …) are dropped with
the answer, so that they cannot be stored or logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from prsync.core.model import MAX_COUNT, Reading, Scope
from prsync.core.periods import within_its_day
from prsync.core.readings import reading_of, usable_instant
from prsync.core.text import printable, quantity
from prsync.errors import ProfileMismatchError
from prsync.threemanager.address import MISSING, at, normalised
from prsync.threemanager.counters import TWO_VALUES, by_name, counters_of, meters_in, value_in
from prsync.threemanager.device_fields import id_of, is_managed_value
from prsync.threemanager.reading_times import earliest_reading_of, latest_reading_of, read_at_of
from prsync.threemanager.rows import names_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from prsync.threemanager.profile import Profile
    from prsync.threemanager.query import DevicesQuery
    from prsync.threemanager.rows import Row

# Stands for a count where the counters are of another shape; the core takes an object of no known type as invalid.
_NO_COUNTERS: Final = object()
_NO_COUNT: Final = "a number that is no count"

_VALUE_LENGTH: Final = 40

_FEW: Final = 2
"""So many rows may contradict one another: a device is listed twice now and then."""


@dataclass(slots=True, kw_only=True)
class DevicesReader:
    """Reads the rows of one answer, and knows in the end whether it was one. `path` is where it came from."""

    profile: Profile
    query: DevicesQuery
    path: str
    readings: list[Reading] = field(default_factory=list)
    _rows: list[Row] = field(default_factory=list)
    _has_counters: bool = False
    _meters_seen: set[str] = field(default_factory=set)
    _has_flag: bool = False
    _meters: tuple[str, ...] = ()
    _earliest: datetime | None = None
    _latest: datetime | None = None
    _spellings_of: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    _is_managed_by_value: dict[tuple[type, object], bool | None] = field(default_factory=dict)
    """What the values met so far mean: most rows have one of two."""
    _not_numbers: dict[str, int] = field(default_factory=dict)
    """What stands in place of counts, of devices in scope: how often each type."""

    def __post_init__(self) -> None:
        """Take the meters of a sum apart, and find out once between which instants readings can be of the day."""
        self._meters = tuple(part.strip() for part in self.query.meter.split("+"))
        query, style = self.query, self.profile.history.style
        if style != "none" and not query.is_yesterday:
            self._latest = latest_reading_of(query.day, query.timezone, self.profile)
        if style == "range":
            self._earliest = earliest_reading_of(query.day, query.timezone, self.profile)

    def read(self, rows: Iterable[Row]) -> list[Reading]:
        """The readings of all rows; ProfileMismatchError or UnusableAnswerError where they cannot be believed."""
        if self.query.scope is Scope.MANAGED and not self.profile.tells_managed:
            problem = "the feed's scope is managed, and the profile says that the server does not tell what is"
            raise ProfileMismatchError(self.path, problem, "devices.managed")
        for row in rows:
            self._rows.append(row)
            self.readings.append(self._reading(row))
        if self._rows:
            self._expect_what_the_profile_says()
            self._expect_some_number()
            self._expect_devices_of_their_own()
        return self.readings

    def _reading(self, row: Row) -> Reading:
        device_id = id_of(row, self.profile.devices.id, self.path)
        managed = self._is_managed(row)
        raw_counts, read_at = self._raw_counts(row), usable_instant(read_at_of(row, self.profile.devices))
        of_day = within_its_day(read_at, self.query.timezone) if read_at is not None else None
        parts = [reading_of(device_id, managed=managed, count=raw, read_at=of_day) for raw in raw_counts]
        reading = parts[0] if len(parts) == 1 else _sum_of(parts)
        if reading.invalid and (managed or self.query.scope is Scope.ALL):
            # Where the sum alone is none, it is too high: each part is a count.
            kind = next((_kind(raw) for raw, part in zip(raw_counts, parts, strict=True) if part.invalid), _NO_COUNT)
            self._not_numbers[kind] = self._not_numbers.get(kind, 0) + 1
        self._expect_of_that_day(read_at)
        return reading

    def _raw_counts(self, row: Row) -> list[Any]:
        """What stands at the meter, or at each of the meters that are added. None for what is not there."""
        counters = self.profile.counters
        if counters.style == "object" and isinstance(counted := at(row, counters.at), Mapping):
            self._has_counters = True
            return [
                self._count_of(meter, counted, names)
                for meter, names in zip(self._meters, self._spellings(counted), strict=True)
            ]
        found = counters_of(row, self.profile.counters)
        self._has_counters |= found is not None
        if found is None:
            return [None] * len(self._meters)
        if not isinstance(found, Mapping):
            # Counters of another shape make this device's reading invalid. The others' must not be lost with it.
            return [_NO_COUNTERS] * len(self._meters)
        counts = []
        for meter in self._meters:
            is_on_device = self.profile.counters.style == "fields"
            value = at(found, meter) if is_on_device else found.get(normalised(meter), MISSING)
            if value is not MISSING:
                self._meters_seen.add(meter)
            counts.append(None if value is MISSING else value)
        return counts

    def _spellings(self, counted: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
        """Of each meter the names that it has in an object: alike in most rows, and so found out once."""
        names = tuple(counted)
        if names not in self._spellings_of:
            self._spellings_of[names] = tuple(
                tuple(name for name in names if normalised(name) == normalised(meter)) for meter in self._meters
            )
        return self._spellings_of[names]

    def _count_of(self, meter: str, counted: Mapping[str, Any], names: tuple[str, ...]) -> Any:
        """What stands at a meter's names, which are several only where a server writes it twice."""
        address = self.profile.counters.value
        there = [value for name in names if (value := value_in(counted[name], address)) is not MISSING]
        if there:
            self._meters_seen.add(meter)
        return there[0] if len(there) == 1 else by_name((meter, value) for value in there).get(normalised(meter))

    def _is_managed(self, row: Row) -> bool:
        devices = self.profile.devices
        if not devices.managed:
            return False
        value = at(row, devices.managed)
        self._has_flag |= value is not MISSING
        is_managed = False if value is MISSING else self._meaning_of(value)
        if is_managed is not None:
            return is_managed
        # With scope `all` nothing depends on it. With `managed`, a guess would count pages that do not count.
        if self.query.scope is Scope.MANAGED:
            shown = printable(str(value)[:_VALUE_LENGTH]) if isinstance(value, str | int | Decimal) else _kind(value)
            problem = f"{devices.managed} is {shown!r}, which is neither managed nor unmanaged by the profile"
            raise ProfileMismatchError(self.path, problem, "devices.managed_values")
        return False

    def _meaning_of(self, value: Any) -> bool | None:
        """Whether a value means managed, as `is_managed_value` has it."""
        if not isinstance(value, bool | int | str):
            return is_managed_value(value, self.profile.devices)
        key = (type(value), value)  # 1 and true are not alike
        if key not in self._is_managed_by_value:
            self._is_managed_by_value[key] = is_managed_value(value, self.profile.devices)
        return self._is_managed_by_value[key]

    def _expect_of_that_day(self, read_at: datetime | None) -> None:
        """ProfileMismatchError for a reading from after the day asked for, or, of a range, from before it.

        Such a server answers for now. But as of a day, the newest reading may be an old one.
        """
        if read_at is None:
            return
        is_too_late = self._latest is not None and read_at > self._latest
        is_too_early = self._earliest is not None and read_at < self._earliest
        if is_too_late or is_too_early:
            problem = (
                f"asked for {self.query.day}, it answers with a reading of {read_at:%Y-%m-%d %H:%M} UTC;"
                " it does not answer for the day asked"
            )
            raise ProfileMismatchError(self.path, problem, "history and devices.read_at")

    def _expect_devices_of_their_own(self) -> None:
        """Where most rows name a device that others name, too, what they name is none."""
        rows, ids = len(self.readings), {one.device_id for one in self.readings}
        if len(ids) == rows:
            return
        repeated = 0 if self.profile.history.style == "range" else rows - len(ids)
        at_once: dict[tuple[str, datetime], set[int]] = {}
        for one in self.readings:
            if one.read_at is not None and one.count is not None:
                at_once.setdefault((one.device_id, one.read_at), set()).add(one.count)
        contradictions = sum(len(counts) - 1 for counts in at_once.values())
        if repeated > rows / 2 or contradictions > max(_FEW, rows / 10):
            devices = quantity(len(ids), "device")
            problem = f"its {rows:,} rows name {devices} by {self.profile.devices.id}, with different counts"
            raise ProfileMismatchError(self.path, problem, "devices.id")

    def _expect_what_the_profile_says(self) -> None:
        counters, devices = self.profile.counters, self.profile.devices
        if not self._has_counters:
            problem = f"no device has {counters.at}; there are {names_in(self._rows)}"
            raise ProfileMismatchError(self.path, problem, "counters.at")
        missing = [meter for meter in self._meters if meter not in self._meters_seen]
        # Counters of another shape are told by what stands there.
        if missing and not self._not_numbers:
            there = ", ".join(meters_in(self._rows, counters))
            problem = f"no device has the meter {' and '.join(missing)}; there are {there}"
            also = "prsync feed update --meter counts another; or "
            raise ProfileMismatchError(self.path, problem, "counters and meters.names", also=also)
        if devices.managed and not self._has_flag:
            problem = f"no device has {devices.managed}; there are {names_in(self._rows)}"
            raise ProfileMismatchError(self.path, problem, "devices.managed")

    def _expect_some_number(self) -> None:
        """Not one number among all devices is the server's fault, and no device's: nothing of the day is believed."""
        scope = self.query.scope
        counted = any(one.count is not None for one in self.readings if one.managed or scope is Scope.ALL)
        if self._not_numbers and not counted:
            kinds = ", ".join(f"{kind} in {count:,}" for kind, count in sorted(self._not_numbers.items()))
            devices = quantity(len(self.readings), "device")
            problem = f"of {devices} none has a number in {self.query.meter}, but {kinds}"
            raise ProfileMismatchError(self.path, problem, "counters")


def _sum_of(parts: Sequence[Reading]) -> Reading:
    """The reading of meters that are added: it is one where all are, since a part of a sum would count as a drop."""
    counts = [part.count for part in parts if part.count is not None]
    total = sum(counts) if len(counts) == len(parts) else None
    invalid = any(part.invalid for part in parts) or (total or 0) > MAX_COUNT
    return replace(parts[0], count=None if invalid else total, invalid=invalid)


def _kind(value: Any) -> str:
    """What stands in an answer, in JSON's own words: a type, and no value."""
    if isinstance(value, str):
        return "a text"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, Mapping):
        return "an object"
    if value is TWO_VALUES:
        return "the meter twice"
    return "counters of another shape" if value is _NO_COUNTERS else _NO_COUNT
