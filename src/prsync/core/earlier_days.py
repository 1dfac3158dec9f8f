"""An activation date that moves earlier: the days from there to the first known one join those that are deposited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from prsync.core.answers import ask_for
from prsync.core.feed_day import apply_baseline
from prsync.core.feed_run import DepositBuilder
from prsync.core.model import ONE_DAY, AnomalyState, EarlierDays, FeedState, Scope
from prsync.core.periods import days

if TYPE_CHECKING:
    from datetime import date

    from prsync.core.answers import Ask
    from prsync.core.model import Device


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
    anomalies = tuple(one if one.settled_on else one.closed(last, AnomalyState.TRANSIENT) for one in earlier.anomalies)
    joined = tuple(_joined(state, device) for device in earlier.devices)
    return EarlierDays(activation_date, earlier.deposits, joined, anomalies)


def _joined(state: FeedState, earlier: Device) -> Device:
    """The row of a device after it was collected on the earlier days."""
    known = state.devices.get(earlier.device_id)
    if known is not None:
        # Only InitialCount moves: what is deposited of the known days, and where the device is now, stay as they are.
        return replace(known, initial_count=known.initial_count - earlier.life_count)
    # It is not stored of the known days. There it may have been unmanaged, or they were collected by another rule:
    # what it printed on them does not count, so its next reading starts anew.
    may_have_printed_uncounted = state.rule.scope is Scope.MANAGED or state.deposited_rule != state.rule
    return replace(earlier, managed=None) if may_have_printed_uncounted else earlier
