"""A second ledger, written from the contract alone: slow, plain, and nothing like the first.

It keeps everything that ever happened to a feed and, whenever it is asked, replays the history of every device from the
beginning, one device at a time. The real ledger keeps a few numbers and steps all devices day by day. Where the two
differ, one of them has misread the contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.core.device_history import (
    ONE_DAY,
    Day,
    Decision,
    DeviceHistory,
    Event,
    JoinedDays,
    Key,
    Row,
    counts,
    days,
    end_of,
    one_reading_each,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator

    from prsync.core.model import (
        Anomaly,
        Reading,
        Rule,
    )


@dataclass(frozen=True)
class Snapshot:
    """All that can be seen of a feed's ledger."""

    activation_date: dt.date
    synced_through: dt.date
    looked_through: dt.date
    last_data_at: dt.datetime | None
    deposits: dict[dt.date, int]
    devices: dict[str, Row]
    anomalies: dict[Key, Anomaly]


class ModelLedger:
    """The ledger of one feed as its contract tells it."""

    def __init__(self, activation_date: dt.date, timezone: str, rule: Rule, ceiling: int) -> None:
        self.timezone = timezone
        self.ceiling = ceiling
        self.rule = rule
        self.history: tuple[Event, ...] = ()
        self.activate(activation_date)

    def activate(self, activation_date: dt.date) -> None:
        """Before the first deposit the activation date is only a date."""
        assert not self.history
        self.activation_date = activation_date
        self.synced_through = activation_date - ONE_DAY
        self.looked_through = activation_date - ONE_DAY
        self.last_data_at: dt.datetime | None = None

    # What there is to see

    def device_histories(self, events: tuple[Event, ...] | None = None) -> dict[str, DeviceHistory]:
        events = self.history if events is None else events
        named: set[str] = set()
        for event in events:
            if isinstance(event, JoinedDays):
                for day in event.days:
                    named |= set(day.answer)
            elif isinstance(event, Day):
                named |= set(event.answer)
        return {device_id: DeviceHistory(device_id).replay(events) for device_id in sorted(named)}

    def snapshot(self) -> Snapshot:
        deposits = dict.fromkeys(days(self.activation_date, self.synced_through), 0) if self.history else {}
        devices: dict[str, Row] = {}
        anomalies: dict[Key, Anomaly] = {}
        for device_id, history in self.device_histories().items():
            for date, pages in history.pages.items():
                deposits[date] += pages
            if history.row is not None:
                devices[device_id] = history.row
            anomalies.update(history.recorded())
        return Snapshot(
            self.activation_date,
            self.synced_through,
            self.looked_through,
            self.last_data_at,
            deposits,
            devices,
            anomalies,
        )

    # A run

    def run(self, through: dt.date, ask: Callable[[dt.date], Iterable[Reading]]) -> Iterator[str]:
        """Look at one day after the other; what a step does is done when it has been yielded.

        Every run is one through the last day that is over. Where more was looked at, the open days count for nothing.
        """
        if self.looked_through > through:
            self.looked_through = self.synced_through
        while self.looked_through < through:
            day = self.looked_through + ONE_DAY
            known, last_data_at = self.history, self.last_data_at
            if not known:
                baseline = self._day(ask, self.activation_date - ONE_DAY)
                known, last_data_at = (baseline,), self._baseline_read_at(baseline)
            at_last_deposit = self.device_histories(known)
            if not self._new_data(at_last_deposit, last_data_at, self._day(ask, day)):
                self.looked_through = day
                yield "looked"
                continue
            for date in days(self.synced_through + ONE_DAY, day):
                stepped = self._day(ask, date, opens_transaction=date == self.synced_through + ONE_DAY)
                new_data = self._new_data(at_last_deposit, last_data_at, stepped)
                known = (*known, stepped)
                # Data of which the server does not say when it was read is as new as the day it is of.
                for reading in new_data:
                    instant = reading.read_at or end_of(date, self.timezone)
                    last_data_at = instant if last_data_at is None else max(last_data_at, instant)
                if new_data:
                    at_last_deposit = self.device_histories(known)
                    self.history, self.last_data_at, self.synced_through = known, last_data_at, date
            self.looked_through = day
            yield "deposited"

    def _day(
        self, ask: Callable[[dt.date], Iterable[Reading]], date: dt.date, *, opens_transaction: bool = False
    ) -> Day:
        answer = one_reading_each(ask(date), end_of(date, self.timezone))
        return Day(date, answer, self.rule, self.ceiling, self.timezone, opens_transaction)

    def _baseline_read_at(self, baseline: Day) -> dt.datetime | None:
        """The baseline is where devices start, not data; but what was read before it is not new any more."""
        instants = [
            reading.read_at
            for reading in baseline.answer.values()
            if reading.read_at is not None and reading.count is not None and counts(reading, baseline.rule)
        ]
        return max(instants, default=None)

    def _new_data(
        self, device_histories: dict[str, DeviceHistory], last_data_at: dt.datetime | None, day: Day
    ) -> list[Reading]:
        found = []
        for device_id, reading in day.answer.items():
            if not counts(reading, day.rule) or reading.count is None:
                continue
            if reading.read_at is not None:
                is_new = last_data_at is None or reading.read_at > last_data_at
            else:
                history = device_histories.get(device_id, DeviceHistory(device_id))
                held = None if history.held is None else history.anomalies[history.held].count
                is_new = history.row is None or reading.count not in {history.row[2], held}
            if is_new:
                found.append(reading)
        return found

    # What a person does

    def decide(self, key: Key, *, accepted: bool) -> None:
        self.history = (*self.history, Decision(key, accepted, self.synced_through))

    def join_earlier_days(self, activation_date: dt.date, ask: Callable[[dt.date], Iterable[Reading]]) -> None:
        """Collect the days before what is known, from their own baseline, and join them."""
        earlier = tuple(
            self._day(ask, date) for date in days(activation_date - ONE_DAY, self.activation_date - ONE_DAY)
        )
        self.history = (*self.history, JoinedDays(earlier))
        self.activation_date = activation_date
