"""The values that the ledger's rules are about, in the field's own words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_COUNT: Final = 2**63 - 1
"""The largest count a reading may have: what one SQLite integer holds."""

DEFAULT_CEILING: Final = 500_000
"""Pages one device may add from one reading to the next before a person is asked."""

MOST_PAGES_IN_A_DAY: Final = 50_000
"""More than the fastest office machine prints in a day."""

ONE_DAY: Final = dt.timedelta(days=1)


class Scope(StrEnum):
    """Whose pages count: those of all devices, or of the ones marked managed."""

    ALL = "all"
    MANAGED = "managed"


class Health(StrEnum):
    """What the last check of a server or a feed found."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class AnomalyKind(StrEnum):
    """Why a reading was not believed."""

    INVALID_READING = "invalid_reading"
    COUNTER_DROPPED = "counter_dropped"
    COUNTER_JUMPED = "counter_jumped"
    COUNTER_RETURNED = "counter_returned"


class AnomalyState(StrEnum):
    """What became of a reading that was not believed."""

    OPEN = "open"
    TRANSIENT = "transient"
    RESET = "reset"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


AnomalyKey: TypeAlias = tuple[str, dt.date, AnomalyKind]
"""The device, the day on which it was reported and the kind: what names an anomaly within its feed."""


@dataclass(frozen=True, slots=True)
class Organization:
    """A customer, as 3manager knows it."""

    organization_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Which counter a feed reads, and of which devices. After a change each device's next reading is a new start."""

    meter: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Reading:
    """One device as of the end of one day.

    `count` is from 1 to 2^63 - 1, or None where there is no reading (absent, null, 0) or an `invalid` one.
    `read_at` is the aware instant at which 3manager read it, or None where the server does not say.
    """

    device_id: str
    managed: bool
    count: int | None
    read_at: dt.datetime | None = None
    invalid: bool = False


# Made for each device of each night: a frozen dataclass takes almost three times as long.
class Device(NamedTuple):
    """A device row: all that is ever stored of a device."""

    device_id: str
    managed: bool | None
    """None where the next reading starts anew and counts no pages, as after a change of the feed's rule."""
    initial_count: int
    latest_count: int

    @property
    def life_count(self) -> int:
        """The pages since this device was first synced."""
        return self.latest_count - self.initial_count

    def with_pages(self, pages: int, latest_count: int, *, managed: bool | None) -> Device:
        """The device at `latest_count`, with `pages` more in LifeCount whatever the step from the count before was."""
        # InitialCount takes up the rest of the step: LifeCount has to stay the sum of what was deposited.
        return Device(self.device_id, managed, latest_count - self.life_count - pages, latest_count)

    def moved_to(self, latest_count: int, *, managed: bool | None) -> Device:
        """The device at `latest_count` with the same LifeCount: InitialCount moves along, so no page counts."""
        return self.with_pages(0, latest_count, managed=managed)


@dataclass(frozen=True, slots=True)
class RememberedReset:
    """Kept after a reset, to tell later whether it was one: a counter of elsewhere, read for some days, comes back.

    `fell_from` is the LatestCount before it, `pages_since` the pages that the device has counted from the reset on.
    Where several are remembered, the highest LatestCount and the pages since the first of them.
    """

    fell_from: int
    pages_since: int


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A reading held back, or one that was not a count at all, or a counter that has come back from a reset.

    `date` is the day on which it was first reported. `settled_on` is the day of the ledger on which it was closed.
    Until then it takes part in judging the device's readings, also when a person has decided it: an accepted jump
    still has its pages to deposit, and a repeat of a rejected reading has to be recognized.

    `reset` is what is remembered of a drop that was closed as a reset. The newest of a device's resets has it for all.
    """

    device_id: str
    date: dt.date
    kind: AnomalyKind
    count: int | None
    read_at: dt.datetime | None
    state: AnomalyState = AnomalyState.OPEN
    settled_on: dt.date | None = None
    reset: RememberedReset | None = None

    @property
    def key(self) -> AnomalyKey:
        """Its name within the feed. There are no two alike, as a day has one reading of a device."""
        return (self.device_id, self.date, self.kind)

    def closed(self, day: dt.date, state: AnomalyState) -> Anomaly:
        """The anomaly closed on `day` in that state; a person's decision, where there is one, stays its state."""
        # What a person has decided is on record: no later reading overrules it.
        if self.state is not AnomalyState.OPEN:
            state = self.state
        return replace(self, state=state, settled_on=day)


@dataclass(frozen=True, slots=True)
class Deposit:
    """The pages of one feed on one day."""

    date: dt.date
    pages: int


class Watermarked:
    """What has days that are deposited: each one from `activation_date` to `synced_through`, its watermark.

    Before the first deposit the watermark is the baseline day, the day before the activation date.
    """

    __slots__ = ()

    activation_date: dt.date
    synced_through: dt.date
    looked_through: dt.date

    def looked_through_at(self, last_closed: dt.date) -> dt.date:
        """The day through which the feed was looked at; `last_closed` is the last day that is over now.

        Where `looked_through` is a later one the clock was ahead once. Nobody knows on which night, and so which of the
        open days were over when they were looked at: all of them have to be looked at again.
        """
        return self.looked_through if self.looked_through <= last_closed else self.synced_through

    @property
    def has_deposits(self) -> bool:
        """Whether the first day has been deposited: time zone, organization and server may then change no more."""
        return self.synced_through >= self.activation_date

    @property
    def deposited_through(self) -> dt.date | None:
        """The last day deposited; None before the first."""
        return self.synced_through if self.has_deposits else None


@dataclass(frozen=True, slots=True)
class FeedState(Watermarked):
    """All that a feed's run needs to know: the feed's own row, its devices and the anomalies that still matter.

    `deposited_rule` is the rule of the last deposit, None before the first. By device id, `held` has the reading with
    a count that is held back, `invalid` the invalid reading, `resets` the closed drop with the reset that is
    remembered: at most one of each for a device.
    """

    activation_date: dt.date
    timezone: str
    ceiling: int
    rule: Rule
    synced_through: dt.date
    looked_through: dt.date
    deposited_rule: Rule | None = None
    last_data_at: dt.datetime | None = None
    devices: Mapping[str, Device] = field(default_factory=lambda: MappingProxyType({}))
    held: Mapping[str, Anomaly] = field(default_factory=lambda: MappingProxyType({}))
    invalid: Mapping[str, Anomaly] = field(default_factory=lambda: MappingProxyType({}))
    resets: Mapping[str, Anomaly] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def before_first_deposit(
        cls, activation_date: dt.date, timezone: str, rule: Rule, ceiling: int = DEFAULT_CEILING
    ) -> FeedState:
        """A feed of which nothing has been asked yet: its watermark is the baseline day."""
        baseline_day = activation_date - ONE_DAY
        return cls(activation_date, timezone, ceiling, rule, baseline_day, baseline_day)


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A step of a run: a day that brought no new data. All that is written is that the feed was asked about it."""

    day: dt.date
    unread: int
    """Devices in scope that had no reading on it."""


@dataclass(frozen=True, slots=True)
class DepositedDays:
    """A step of a run: what one transaction writes when a day has brought new data, with the open days before it."""

    deposits: tuple[Deposit, ...]
    devices: tuple[Device, ...]
    """Those that changed, in the order of their ids."""
    anomalies: tuple[Anomaly, ...]
    """Those that are new or changed, in the order in which they were first reported."""
    state: FeedState
    """What the run goes on with."""
    unread: int
    """Devices in scope that had no reading on the last day asked about."""
    reported: int
    """How many of `anomalies` are new."""


@dataclass(frozen=True, slots=True)
class EarlierDays:
    """What one transaction writes when the activation date moves earlier: the days from there to the first known one.

    Of a device that is known already, `devices` has the row that replaces it. `anomalies` are new, `changed_anomalies`
    those of the known days that have to remember a reset of the earlier ones.
    """

    activation_date: dt.date
    deposits: tuple[Deposit, ...]
    devices: tuple[Device, ...]
    anomalies: tuple[Anomaly, ...]
    changed_anomalies: tuple[Anomaly, ...] = ()

    def joined_to(self, state: FeedState) -> FeedState:
        """The state with which the feed goes on."""
        devices = {**state.devices, **{device.device_id: device for device in self.devices}}
        remembered = (one for one in (*self.anomalies, *self.changed_anomalies) if one.reset is not None)
        resets = {**state.resets, **{anomaly.device_id: anomaly for anomaly in remembered}}
        return replace(state, activation_date=self.activation_date, devices=devices, resets=resets)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month."""

    year: int
    number: int

    @property
    def first_day(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, self.number, 1)

    @property
    def last_day(self) -> dt.date:
        """Its last day."""
        return self.next().first_day - ONE_DAY

    def next(self) -> Month:
        """The month after it."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"
