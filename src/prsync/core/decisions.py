"""A person's decision about an anomaly: accept the reading that was held back, or reject it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prsync.core.model import MAX_COUNT, Anomaly, AnomalyKind, AnomalyState, Device
from prsync.core.resets import forgotten, pages_added

if TYPE_CHECKING:
    from prsync.core.model import FeedState, RememberedReset


class NotAcceptableError(ValueError):
    """An invalid reading has no count to accept, and a sum has to stay a number SQLite can hold."""


@dataclass(frozen=True, slots=True)
class DecisionOutcome:
    """The anomaly as decided, and the device as it then is where the decision moves its counts.

    `forgotten` is the anomaly of a reset that is no longer remembered, because the device was moved.
    """

    anomaly: Anomaly
    device: Device | None = None
    forgotten: Anomaly | None = None


def pages_accepting_adds(anomaly: Anomaly, latest_count: int | None, reset: RememberedReset | None) -> int | None:
    """Pages that accepting adds to the next deposit: a jump's; a drop's are none. None: it cannot be accepted.

    `latest_count` is the device's, `reset` the one that is remembered of it.
    """
    if anomaly.state is not AnomalyState.OPEN or anomaly.count is None or latest_count is None:
        return None
    return pages_added(reset, latest_count, anomaly.count) if anomaly.kind is AnomalyKind.COUNTER_JUMPED else 0


def accept(state: FeedState, anomaly: Anomaly) -> DecisionOutcome:
    """Believe a held reading.

    A jump's pages go into the next deposit. A drop was a reset of the counter: LatestCount moves to the held count
    and no page counts. Raises NotAcceptableError.
    """
    device = state.devices.get(anomaly.device_id)
    reset = _reset_of(state, anomaly.device_id)
    pages = pages_accepting_adds(anomaly, device.latest_count if device else None, reset)
    if pages is None or anomaly.count is None or device is None:
        raise NotAcceptableError("it has no count; it can only be rejected")
    # Refused now, while a person is there to read it: otherwise the next deposit would fail, at night.
    if _pages_with_accepted(state) + pages > MAX_COUNT:
        raise NotAcceptableError("the feed's pages would no longer fit a number the ledger can hold")
    if anomaly.kind is AnomalyKind.COUNTER_JUMPED:
        # The device stays as it is until its pages are deposited: deposits and LifeCount agree after every commit.
        return DecisionOutcome(replace(anomaly, state=AnomalyState.ACCEPTED))
    return _moved(state, anomaly, device, anomaly.count, AnomalyState.ACCEPTED)


def reject(state: FeedState, anomaly: Anomaly) -> DecisionOutcome:
    """Do not count a held reading.

    Of a jump, LatestCount moves to the held count without a page counting: the counter is there, but did not print
    its way to it. So it does of one that was accepted and whose pages are in no deposit yet. A drop and an invalid
    reading were glitches, and the device stays as it is.
    """
    anomaly = replace(anomaly, state=AnomalyState.OPEN)
    device = state.devices.get(anomaly.device_id)
    if anomaly.kind is AnomalyKind.COUNTER_JUMPED and anomaly.count is not None and device is not None:
        return _moved(state, anomaly, device, anomaly.count, AnomalyState.REJECTED)
    # Not closed before the device's next reading: a repeat of this one would otherwise be reported anew.
    return DecisionOutcome(replace(anomaly, state=AnomalyState.REJECTED))


def _pages_with_accepted(state: FeedState) -> int:
    """All the feed's pages, with those of jumps that were accepted and wait for the next deposit."""
    waiting = [
        pages_added(_reset_of(state, held.device_id), state.devices[held.device_id].latest_count, held.count)
        for held in state.held.values()
        if held.state is AnomalyState.ACCEPTED and held.count is not None
    ]
    return sum(device.life_count for device in state.devices.values()) + sum(waiting)


def _reset_of(state: FeedState, device_id: str) -> RememberedReset | None:
    remembered = state.resets.get(device_id)
    return remembered.reset if remembered is not None else None


def _moved(state: FeedState, anomaly: Anomaly, device: Device, count: int, decision: AnomalyState) -> DecisionOutcome:
    """The decision that moves the device to the held count without a page counting."""
    remembered = state.resets.get(device.device_id)
    return DecisionOutcome(
        anomaly.closed(state.synced_through, decision),
        device.moved_to(count, managed=device.managed),
        # Where a person has said where the counter stands, there is nothing left for later readings to tell.
        forgotten(remembered) if remembered is not None else None,
    )
