"""A store that holds in memory what a database would hold of one feed, and the invariants of the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.core.device_history import Key, days
from tests.core.ledger_model import Snapshot

from prsync.core.model import Anomaly, AnomalyState, DepositedDays, Device, EarlierDays, FeedState, OpenDay

if TYPE_CHECKING:
    import datetime as dt

    from prsync.core.decisions import DecisionOutcome


@dataclass
class MemoryStore:
    """What a database would hold of one feed, and no more: rows by their keys, and the feed's own columns."""

    feed: FeedState
    deposits: dict[dt.date, int] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    anomalies: dict[Key, Anomaly] = field(default_factory=dict)

    def load(self) -> FeedState:
        not_closed = [anomaly for anomaly in self.anomalies.values() if anomaly.settled_on is None]
        remembered = [anomaly for anomaly in self.anomalies.values() if anomaly.reset is not None]
        resets = {anomaly.device_id: anomaly for anomaly in remembered}
        assert len(remembered) == len(resets), "more than one remembered reset of a device"
        held = {anomaly.device_id: anomaly for anomaly in not_closed if anomaly.count is not None}
        invalid = {anomaly.device_id: anomaly for anomaly in not_closed if anomaly.count is None}
        assert len(not_closed) == len(held) + len(invalid), "more than one held reading of a device"
        return replace(self.feed, devices=dict(self.devices), held=held, invalid=invalid, resets=resets)

    def apply(self, step: OpenDay | DepositedDays) -> None:
        if isinstance(step, OpenDay):
            self.feed = replace(self.feed, looked_through=step.day)
            return
        for deposit in step.deposits:
            assert deposit.date not in self.deposits, "a day deposited twice"
            self.deposits[deposit.date] = deposit.pages
        self.devices.update((row.device_id, row) for row in step.devices)
        assert step.reported == sum(anomaly.key not in self.anomalies for anomaly in step.anomalies)
        self.anomalies.update((anomaly.key, anomaly) for anomaly in step.anomalies)
        self.feed = replace(
            self.feed,
            synced_through=step.state.synced_through,
            looked_through=step.state.looked_through,
            last_data_at=step.state.last_data_at,
            deposited_rule=step.state.deposited_rule,
        )
        assert self.load() == step.state, "what is written is not all that the run goes on with"

    def join(self, joined: EarlierDays) -> None:
        going_on = joined.joined_to(self.load())
        for deposit in joined.deposits:
            assert deposit.date not in self.deposits, "a day deposited twice"
            self.deposits[deposit.date] = deposit.pages
        self.devices.update((row.device_id, row) for row in joined.devices)
        self.anomalies = {anomaly.key: anomaly for anomaly in joined.anomalies} | self.anomalies
        for anomaly in joined.changed_anomalies:
            assert anomaly.key in self.anomalies
            self.anomalies[anomaly.key] = anomaly
        self.feed = replace(self.feed, activation_date=joined.activation_date)
        assert self.load() == going_on, "what is written is not all that the run goes on with"

    def decide(self, decided: DecisionOutcome) -> None:
        for anomaly in filter(None, (decided.anomaly, decided.forgotten)):
            assert anomaly.key in self.anomalies
            self.anomalies[anomaly.key] = anomaly
        if decided.device is not None:
            self.devices[decided.device.device_id] = decided.device

    def snapshot(self) -> Snapshot:
        return Snapshot(
            self.feed.activation_date,
            self.feed.synced_through,
            self.feed.looked_through,
            self.feed.last_data_at,
            dict(self.deposits),
            {key: (row.managed, row.initial_count, row.latest_count) for key, row in self.devices.items()},
            dict(self.anomalies),
        )


def check_invariants(store: MemoryStore) -> None:
    feed = store.feed
    assert sum(store.deposits.values()) == sum(row.life_count for row in store.devices.values())
    assert sorted(store.deposits) == list(days(feed.activation_date, feed.synced_through))
    assert all(pages >= 0 for pages in store.deposits.values())
    assert feed.synced_through <= feed.looked_through
    for anomaly in store.anomalies.values():
        assert anomaly.settled_on is not None or anomaly.state in {
            AnomalyState.OPEN,
            AnomalyState.ACCEPTED,
            AnomalyState.REJECTED,
        }
        assert anomaly.settled_on is None or anomaly.state is not AnomalyState.OPEN
        if anomaly.reset is not None:
            row = store.devices[anomaly.device_id]
            assert anomaly.state is AnomalyState.RESET
            assert row.latest_count < anomaly.reset.fell_from, "a counter that is back is no longer waited for"
            assert 0 < anomaly.reset.pages_since <= row.life_count
