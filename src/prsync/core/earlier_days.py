"""An activation date that moves earlier: the days from there to the first known one join those that are deposited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from prsync.core.answers import ask_for
from prsync.core.feed_day import apply_baseline
from prsync.core.feed_run import DepositBuilder
from prsync.core.model import ONE_DAY, AnomalyState, EarlierDays, FeedState, RememberedReset, Scope
from prsync.core.periods import days

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from prsync.core.answers import Ask
    from prsync.core.model import Anomaly, Device


def collect_earlier_days(state: FeedState, activation_date: date, ask: Ask) -> EarlierDays:
    """Collect the days before the first deposit, back to an earlier activation date, from their own baseline.

    A device that is known already has its InitialCount moved down by the pages added, so that its LifeCount grows by
    them alone.
    """
    last = state.activation_date - ONE_DAY
    start = FeedState.before_first_deposit(activation_date, state.timezone, state.rule, state.ceiling)
    baseline = apply_baseline(start, ask_for(start.synced_through, ask, state.timezone))
    deposits = DepositBuilder(start, baseline)
    for day in days(activation_date, last):
        deposits.apply(day, ask_for(day, ask, state.timezone))
    # With new data or without: the days after them are deposited, so none of these can stay open.
    deposits.deposit_applied_days()
    earlier = deposits.result()
    # What they leave held back is not judged by the known readings: those are deposited and never change.
    closed = (one if one.settled_on else one.closed(last, AnomalyState.TRANSIENT) for one in earlier.anomalies)
    anomalies, changed = _with_resets_joined(state, closed)
    joined = tuple(_joined(state, device) for device in earlier.devices)
    return EarlierDays(activation_date, earlier.deposits, joined, anomalies, changed)


def _with_resets_joined(
    state: FeedState, earlier: Iterable[Anomaly]
) -> tuple[tuple[Anomaly, ...], tuple[Anomaly, ...]]:
    """The anomalies of the earlier days, and the known ones that change: with what is remembered of resets from now on.

    It is what would be remembered had all days been collected in order.
    """
    anomalies, changed = [], []
    for anomaly in earlier:
        reset = _reset_joined(state, anomaly)
        known = state.resets.get(anomaly.device_id)
        if reset is not None and known is not None:
            # The newest of a device's resets has what is remembered of them all.
            changed.append(replace(known, reset=reset))
            reset = None
        anomalies.append(replace(anomaly, reset=reset))
    return tuple(anomalies), tuple(changed)


def _reset_joined(state: FeedState, earlier: Anomaly) -> RememberedReset | None:
    """What is remembered of a reset on the earlier days, now that the known ones come after it."""
    device, known = state.devices.get(earlier.device_id), state.resets.get(earlier.device_id)
    if earlier.reset is None or device is None:
        return earlier.reset
    reached = max(device.latest_count, known.reset.fell_from if known is not None and known.reset is not None else 0)
    # On the known days the counter has come back to where it fell from: that is deposited, and is not judged anew.
    if reached >= earlier.reset.fell_from:
        return None
    return RememberedReset(earlier.reset.fell_from, earlier.reset.pages_since + device.life_count)


def _joined(state: FeedState, earlier: Device) -> Device:
    """The row of a device after it was collected on the earlier days."""
    known = state.devices.get(earlier.device_id)
    if known is not None:
        # Only InitialCount moves: what is deposited of the known days, and where the device is now, stay as they are.
        return known._replace(initial_count=known.initial_count - earlier.life_count)
    # It is not stored of the known days. There it may have been unmanaged, or they were collected by another rule:
    # what it printed on them does not count, so its next reading starts anew.
    may_have_printed_uncounted = state.rule.scope is Scope.MANAGED or state.deposited_rule != state.rule
    return earlier._replace(managed=None) if may_have_printed_uncounted else earlier
