"""A person's decision about a reading that was held back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prsync.core.model import MAX_COUNT, Anomaly, AnomalyKind, AnomalyState, Device

if TYPE_CHECKING:
    from prsync.core.model import FeedState


class NotAcceptableError(ValueError):
    """An invalid reading has no count to accept, and a sum has to stay a number SQLite can hold."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The anomaly as decided, and the device's row where the decision moves it."""

    anomaly: Anomaly
    device: Device | None = None


def pages_accepting_adds(anomaly: Anomaly, device: Device | None) -> int:
    """Pages that accepting an open anomaly adds to the next deposit: a jump's; a drop's are none."""
    if anomaly.kind is not AnomalyKind.COUNTER_JUMPED or anomaly.count is None or device is None:
        return 0
    return anomaly.count - device.latest_count


def accept(state: FeedState, anomaly: Anomaly) -> Decided:
    """Believe a held reading.

    Of a jump, the pages go into the next deposit, and until then the row stays: sums hold after every commit.
    Of a drop, the counter was reset: the row moves to the held count, no pages.
    """
    device = state.devices.get(anomaly.device_id)
    if anomaly.count is None or device is None:
        raise NotAcceptableError("it has no count; it can only be rejected")
    total = sum(row.life_count for row in state.devices.values())
    if total + pages_accepting_adds(anomaly, device) > MAX_COUNT:
        raise NotAcceptableError("the feed's pages would no longer fit a number the ledger can hold")
    if anomaly.kind is AnomalyKind.COUNTER_JUMPED:
        return Decided(replace(anomaly, state=AnomalyState.ACCEPTED))
    moved = device.moved(anomaly.count, managed=device.managed)
    return Decided(_done(state, anomaly, AnomalyState.ACCEPTED), moved)


def reject(state: FeedState, anomaly: Anomaly) -> Decided:
    """Do not count a held reading.

    Of a jump, the row moves to the held count without counting. Of a drop and of an invalid reading, the row stays;
    the anomaly is remembered until the device's next reading, so that a repeat is not reported again.
    """
    device = state.devices.get(anomaly.device_id)
    if anomaly.kind is AnomalyKind.COUNTER_JUMPED and anomaly.count is not None and device is not None:
        moved = device.moved(anomaly.count, managed=device.managed)
        return Decided(_done(state, anomaly, AnomalyState.REJECTED), moved)
    return Decided(replace(anomaly, state=AnomalyState.REJECTED))


def _done(state: FeedState, anomaly: Anomaly, decision: AnomalyState) -> Anomaly:
    return replace(anomaly, state=decision, settled_on=state.synced_through)
