"""A feed of a few devices for the examples of the ledger's rules, and what its server answers of each day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from tests.core.device_history import ONE_DAY
from tests.core.memory_store import MemoryStore, check_invariants

from prsync.core.decisions import accept, reject
from prsync.core.earlier_days import collect_earlier_days
from prsync.core.feed_run import collect_days
from prsync.core.model import Anomaly, AnomalyKind, DepositedDays, FeedState, OpenDay, Reading, Rule, Scope
from prsync.core.readings import reading_of

OCTOBER_31 = dt.date(2026, 10, 31)
CEILING = 500_000  # the default
DROPPED, JUMPED, INVALID = AnomalyKind.COUNTER_DROPPED, AnomalyKind.COUNTER_JUMPED, AnomalyKind.INVALID_READING
RETURNED = AnomalyKind.COUNTER_RETURNED

Count = int | str | None


def day(number: int) -> dt.date:
    """A day of November 2026."""
    return OCTOBER_31 + number * ONE_DAY


def noon(number: int) -> dt.datetime:
    return dt.datetime(2026, 10, 31, 12, tzinfo=dt.UTC) + number * ONE_DAY


def reading(
    count: Count, read_on: int | None, *, managed: bool = True, device_id: str = "a", hours: int = 0
) -> Reading:
    instant = None if read_on is None else noon(read_on) + dt.timedelta(hours=hours)
    return reading_of(device_id, managed=managed, count=count, read_at=instant)


@dataclass
class Feed:
    """A feed activated on 2 November 2026, and what its server says of each day."""

    scope: Scope = Scope.ALL
    timed: bool = True
    """Whether the server says when a device was read."""
    answers: dict[int, list[Reading]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    steps: list[OpenDay | DepositedDays] = field(default_factory=list)
    timezone: str = "Europe/Copenhagen"
    down_from: int | None = None
    """From which day on the server does not answer."""

    def __post_init__(self) -> None:
        rule = Rule("total", self.scope)
        self.store = MemoryStore(FeedState.before_first_deposit(day(2), self.timezone, rule))

    def says(self, number: int, *readings: Reading) -> None:
        self.answers[number] = [*readings]

    def reads(self, number: int, count: Count, *, managed: bool = True, read_on: int | None = None) -> None:
        """Device a is read on that day, and beside it device z, of which there is news every day but never a page."""
        own = reading(count, (read_on or number) if self.timed else None, managed=managed)
        self.says(number, own, reading(50, number, device_id="z"))

    def has_counted_800_000(self) -> None:
        """Device a prints from the 2nd to the 6th at most as much in a day as it has ever counted; it is at 801,000."""
        for number, count in enumerate((51_000, 101_000, 201_000, 401_000, 801_000), 2):
            self.reads(number, count)
        self.nightly(2, 6)

    def ask(self, date: dt.date) -> list[Reading]:
        number = (date - OCTOBER_31).days
        if self.down_from is not None and number >= self.down_from:
            raise ConnectionError
        self.asked.append(number)
        return self.answers.get(number, [])

    def run(self, through: int) -> list[OpenDay | DepositedDays]:
        taken = []
        for step in collect_days(self.store.load(), day(through), self.ask):
            taken.append(step)
            self.store.apply(step)
            check_invariants(self.store)
        self.steps += taken
        return taken

    def nightly(self, first: int, last: int) -> None:
        for number in range(first, last + 1):
            self.run(number)

    def joins(self, activation: int) -> None:
        self.store.join(collect_earlier_days(self.store.load(), day(activation), self.ask))
        check_invariants(self.store)

    def pages(self) -> list[int]:
        return [self.store.deposits[date] for date in sorted(self.store.deposits)]

    def row(self, device_id: str = "a") -> tuple[int, int, int]:
        row = self.store.devices[device_id]
        return row.initial_count, row.latest_count, row.life_count

    def remembered(self) -> tuple[int, int] | None:
        """What is remembered of device a's resets: the LatestCount it fell from, and the pages since."""
        anomaly = self.store.load().resets.get("a")
        return (anomaly.reset.fell_from, anomaly.reset.pages_since) if anomaly and anomaly.reset else None

    def anomalies(self, device_id: str = "a") -> list[tuple[int, AnomalyKind, int | None, str]]:
        return [
            ((one.date - OCTOBER_31).days, one.kind, one.count, str(one.state))
            for one in self.store.anomalies.values()
            if one.device_id == device_id
        ]

    def the_open_one(self) -> Anomaly:
        (one,) = [one for one in self.store.anomalies.values() if one.state == "open"]
        return one

    def decide(self, *, accepted: bool) -> None:
        self.store.decide((accept if accepted else reject)(self.store.load(), self.the_open_one()))
        check_invariants(self.store)

    def changes(self, *, meter: str | None = None, scope: Scope | None = None) -> None:
        now = self.store.feed.rule
        self.store.feed = replace(self.store.feed, rule=Rule(meter or now.meter, scope or now.scope))


def managed_feed(*, timed: bool = True) -> Feed:
    feed = Feed(scope=Scope.MANAGED, timed=timed)
    feed.reads(1, 1000)
    return feed


def alone(*, timed: bool = True) -> Feed:
    """A feed whose only device was read at noon of every day through the 2nd."""
    feed = Feed(timed=timed)
    for number, count in {1: 1000, 2: 1120}.items():
        feed.says(number, reading(count, number if timed else None))
    feed.run(2)
    return feed
