"""A person's decision about an anomaly: accept the reading that was held back, or reject it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prsync.core.model import MAX_COUNT, Anomaly, AnomalyKind, AnomalyState, Device

if TYPE_CHECKING:
    from prsync.core.model import FeedState


class NotAcceptableError(ValueError):
    """An invalid reading has no count to accept, and a sum has to stay a number SQLite can hold."""


@dataclass(frozen=True, slots=True)
class DecisionOutcome:
    """The anomaly as decided, and the device as it then is where the decision moves its counts."""

    anomaly: Anomaly
    device: Device | None = None


def pages_accepting_adds(anomaly: Anomaly, latest_count: int | None) -> int | None:
    """Pages that accepting adds to the next deposit: a jump's; a drop's are none. None: it cannot be accepted."""
    if anomaly.state is not AnomalyState.OPEN or anomaly.count is None or latest_count is None:
        return None
    return anomaly.count - latest_count if anomaly.kind is AnomalyKind.COUNTER_JUMPED else 0


def accept(state: FeedState, anomaly: Anomaly) -> DecisionOutcome:
    """Believe a held reading.

    A jump's pages go into the next deposit. A drop was a reset of the counter: LatestCount moves to the held count
    and no page counts. Raises NotAcceptableError.
    """
    device = state.devices.get(anomaly.device_id)
    pages = pages_accepting_adds(anomaly, device.latest_count if device else None)
    if pages is None or anomaly.count is None or device is None:
        raise NotAcceptableError("it has no count; it can only be rejected")
    # Refused now, while a person is there to read it: otherwise the next deposit would fail, at night.
    if _pages_with_accepted(state) + pages > MAX_COUNT:
        raise NotAcceptableError("the feed's pages would no longer fit a number the ledger can hold")
    if anomaly.kind is AnomalyKind.COUNTER_JUMPED:
        # The device stays as it is until its pages are deposited: deposits and LifeCount agree after every commit.
        return DecisionOutcome(replace(anomaly, state=AnomalyState.ACCEPTED))
    moved = device.moved_to(anomaly.count, managed=device.managed)
    return DecisionOutcome(_closed(state, anomaly, AnomalyState.ACCEPTED), moved)


def reject(state: FeedState, anomaly: Anomaly) -> DecisionOutcome:
    """Do not count a held reading.

    Of a jump, LatestCount moves to the held count without a page counting: the counter is there, but did not print
    its way to it. A drop and an invalid reading were glitches, and the device stays as it is.
    """
    device = state.devices.get(anomaly.device_id)
    if anomaly.kind is AnomalyKind.COUNTER_JUMPED and anomaly.count is not None and device is not None:
        moved = device.moved_to(anomaly.count, managed=device.managed)
        return DecisionOutcome(_closed(state, anomaly, AnomalyState.REJECTED), moved)
    # Not closed before the device's next reading: a repeat of this one would otherwise be reported anew.
    return DecisionOutcome(replace(anomaly, state=AnomalyState.REJECTED))


def _pages_with_accepted(state: FeedState) -> int:
    """All the feed's pages, with those of jumps that were accepted and wait for the next deposit."""
    waiting = [
        held.count - state.devices[held.device_id].latest_count
        for held in state.held.values()
        if held.state is AnomalyState.ACCEPTED and held.count is not None
    ]
    return sum(device.life_count for device in state.devices.values()) + sum(waiting)


def _closed(state: FeedState, anomaly: Anomaly, decision: AnomalyState) -> Anomaly:
    return anomaly.closed(state.synced_through, decision)
