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


def pages_accepting_adds(anomaly: Anomaly, latest_count: int | None) -> int | None:
    """Pages that accepting adds to the next deposit: a jump's; a drop's are none. None: it cannot be accepted."""
    if anomaly.state is not AnomalyState.OPEN or anomaly.count is None or latest_count is None:
        return None
    return anomaly.count - latest_count if anomaly.kind is AnomalyKind.COUNTER_JUMPED else 0


def accept(state: FeedState, anomaly: Anomaly) -> Decided:
    """Believe a held reading.

    Of a jump, the pages go into the next deposit, and until then the row stays: sums hold after every commit.
    Of a drop, the counter was reset: the row moves to the held count, no pages.
    """
    device = state.devices.get(anomaly.device_id)
    pages = pages_accepting_adds(anomaly, device.latest_count if device else None)
    if pages is None or anomaly.count is None or device is None:
        raise NotAcceptableError("it has no count; it can only be rejected")
    if _all_pages(state) + pages > MAX_COUNT:
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


def _all_pages(state: FeedState) -> int:
    """The feed's pages, with those that were accepted and wait for the next deposit."""
    waiting = [
        held.count - state.devices[held.device_id].latest_count
        for held in state.held.values()
        if held.state is AnomalyState.ACCEPTED and held.count is not None
    ]
    return sum(row.life_count for row in state.devices.values()) + sum(waiting)


def _done(state: FeedState, anomaly: Anomaly, decision: AnomalyState) -> Anomaly:
    return replace(anomaly, state=decision, settled_on=state.synced_through)
