"""The values of the ledger, in the words of the integration page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_COUNT: Final = 2**63 - 1
"""The largest count a reading may have: what one SQLite integer holds."""

DEFAULT_CEILING: Final = 500_000
"""Pages one device may add from one reading to the next before a person is asked."""

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


class AnomalyState(StrEnum):
    """What became of a reading that was not believed."""

    OPEN = "open"
    TRANSIENT = "transient"
    RESET = "reset"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Rule:
    """By what a feed counts. Changing it makes each device's next reading a new start."""

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


@dataclass(frozen=True, slots=True)
class Device:
    """A device row: all that is ever stored of a device."""

    device_id: str
    managed: bool | None
    """None: its next reading only says where it stands. The feed's rule changed, or it is known in front only."""
    initial_count: int
    latest_count: int

    @property
    def life_count(self) -> int:
        """The pages since this device was first synced."""
        return self.latest_count - self.initial_count

    def counted(self, count: int, pages: int, *, managed: bool | None) -> Device:
        """Stand at `count`, with `pages` more in LifeCount."""
        return Device(self.device_id, managed, count - self.life_count - pages, count)

    def moved(self, count: int, *, managed: bool | None) -> Device:
        """Stand at `count` with the same LifeCount: InitialCount moves along, no page counts."""
        return Device(self.device_id, managed, count - self.life_count, count)


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A reading held back, or one that was not a count at all.

    `date` is the day on which it was first reported. `settled_on` is the day of the ledger on which it stopped
    to matter: until then a repeat of the same reading is known and not reported again.
    """

    device_id: str
    date: dt.date
    kind: AnomalyKind
    count: int | None
    read_at: dt.datetime | None
    state: AnomalyState = AnomalyState.OPEN
    settled_on: dt.date | None = None

    @property
    def key(self) -> tuple[str, dt.date, AnomalyKind]:
        """What names an anomaly within its feed: one reading a day can be only one of a kind."""
        return (self.device_id, self.date, self.kind)

    def settled(self, day: dt.date, state: AnomalyState) -> Anomaly:
        """Close it on `day`; what a person has decided already stays decided."""
        if self.state is not AnomalyState.OPEN:
            state = self.state
        return replace(self, state=state, settled_on=day)


@dataclass(frozen=True, slots=True)
class Deposit:
    """The pages of one feed on one day."""

    date: dt.date
    pages: int


class Watermarked:
    """A feed, as far as its days are concerned: collected since `activation_date`, deposited through `synced_through`.

    Before the first deposit the watermark is the baseline day, the day before the activation date.
    """

    __slots__ = ()

    activation_date: dt.date
    synced_through: dt.date

    @property
    def has_deposits(self) -> bool:
        """Whether the first day has been deposited: what may not change any more is then fixed."""
        return self.synced_through >= self.activation_date

    @property
    def deposited_through(self) -> dt.date | None:
        """The last day deposited; None before the first."""
        return self.synced_through if self.has_deposits else None


@dataclass(frozen=True, slots=True)
class FeedState(Watermarked):
    """All that a feed's run needs to know: the feed's own row, its devices and what is not settled yet.

    `deposited_rule` is the rule of the last deposit, None before the first.
    `held` has at most one anomaly a device with a count, `invalid` at most one without.
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

    @classmethod
    def before_first_deposit(
        cls, activation_date: dt.date, timezone: str, rule: Rule, ceiling: int = DEFAULT_CEILING
    ) -> FeedState:
        """A feed of which nothing has been asked yet: its watermark is the baseline day."""
        baseline_day = activation_date - ONE_DAY
        return cls(activation_date, timezone, ceiling, rule, baseline_day, baseline_day)


@dataclass(frozen=True, slots=True)
class Looked:
    """A day was asked for and brought no new data: it stays open."""

    day: dt.date
    unread: int


@dataclass(frozen=True, slots=True)
class Deposited:
    """What one transaction writes: some open days and the day that brought new data."""

    deposits: tuple[Deposit, ...]
    devices: tuple[Device, ...]
    """The rows that changed, in the order of their ids."""
    anomalies: tuple[Anomaly, ...]
    """Those that are new or changed, in the order in which they were first reported."""
    state: FeedState
    unread: int
    """Devices that had no reading on the last day that was looked at."""
    reported: int
    """Anomalies among `anomalies` that are new."""


@dataclass(frozen=True, slots=True)
class Joined:
    """What one transaction writes when the days before an earlier activation date join in front."""

    activation_date: dt.date
    deposits: tuple[Deposit, ...]
    devices: tuple[Device, ...]
    anomalies: tuple[Anomaly, ...]
    unread: int

    def joined_to(self, state: FeedState) -> FeedState:
        """The state with which the feed goes on."""
        devices = {**state.devices, **{row.device_id: row for row in self.devices}}
        return replace(state, activation_date=self.activation_date, devices=devices)


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
