"""The sync algorithm: from a feed's state and its days' readings to what is deposited, and nothing else.

This is the part "A feed's run" of the ledger's rules. One mechanism, the watermark, serves the nightly run, catching
up, a stale DCA and backfill. How the runs fall does not matter, because a day is judged against the last deposit
alone: of an open day nothing is remembered but that the feed was asked about it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from prsync.core.answers import Answers
from prsync.core.feed_day import apply_baseline, apply_day
from prsync.core.model import ONE_DAY, Deposit, DepositedDays, OpenDay
from prsync.core.new_data import count_unread, new_data
from prsync.core.periods import days, end_of_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from prsync.core.answers import Ask, Readings
    from prsync.core.model import Anomaly, AnomalyKey, FeedState


def collect_days(state: FeedState, through: date, ask: Ask) -> Iterator[OpenDay | DepositedDays]:
    """Collect a feed's days in order through the day `through`; each step is one transaction for the caller.

    Lazy: a day is asked for when the caller takes the next step, so whatever stops a run loses no step before it.
    """
    answers = Answers(ask, state.timezone)
    while state.looked_through < through:
        day = state.looked_through + ONE_DAY
        # The baseline is not written by itself: until there is new data a stale DCA may yet deliver other readings
        # of that day, and the deposit then starts from those.
        known = state if state.has_deposits else apply_baseline(state, answers.of(state.synced_through))
        readings = answers.of(day)
        if not any(new_data(known, readings)):
            state = replace(state, looked_through=day)
            yield OpenDay(day, count_unread(readings, state.rule.scope))
            continue
        step = _deposit_open_days(state, known, day, readings, answers)
        state = step.state
        answers.forget_through(state.synced_through)
        yield step


def _deposit_open_days(
    state: FeedState, known: FeedState, day: date, readings: Readings, answers: Answers
) -> DepositedDays:
    """Deposit the open days, zero included, through the last of them with new data. `readings` of `day` have some.

    The days after the last one with new data stay open. A DCA may have delivered only a part, which the days after it
    repeat: what it delivers for them later then lands on its own day.
    """
    deposits = DepositBuilder(state, known)
    for open_day in days(state.synced_through + ONE_DAY, day):
        # Of `day` itself the readings in which new data was found: in another answer there might be none.
        if deposits.apply(open_day, readings if open_day == day else answers.of(open_day)):
            deposits.deposit_applied_days()
    return deposits.result()


class DepositBuilder:
    """Makes deposits of days that are applied in order, and collects what has to be written with them.

    A day is deposited together with one after it that has new data, or not at all. So there are two states: `state`
    is as of the last day applied, `deposited_state` as of the last day deposited.
    """

    def __init__(self, written: FeedState, start: FeedState) -> None:
        # `start` is what is written already, or before the first deposit the baseline, which is not.
        self._written = written
        self.state = start
        self.deposited_state = start
        self._deposits: list[Deposit] = []
        # Of a baseline only invalid readings are anomalies: a device's first count is never held back.
        baseline = (one for one in start.invalid.values() if one.device_id not in written.invalid)
        self._anomalies: dict[AnomalyKey, Anomaly] = {anomaly.key: anomaly for anomaly in baseline}
        self._not_deposited: list[tuple[Deposit, list[Anomaly]]] = []
        self._unread = 0

    def apply(self, day: date, readings: Readings) -> bool:
        """Apply a day's readings to the state; whether they have new data.

        New means: since the last day deposited, as it would be if each day had been collected in a run of its own.
        """
        # Where the server does not say when it read a device, the reading is as old as the day it is of.
        end = end_of_day(day, self.state.timezone)
        instants = [reading.read_at or end for reading in new_data(self.deposited_state, readings)]
        state, outcomes = apply_day(self.state, day, readings)
        # Never back: what a DCA delivers late may have been read before data that other devices had already.
        last_data_at = max(filter(None, (state.last_data_at, *instants)), default=None)
        self.state = replace(state, synced_through=day, looked_through=day, last_data_at=last_data_at)
        deposit = Deposit(day, sum(outcome.pages for outcome in outcomes))
        self._not_deposited.append((deposit, [anomaly for outcome in outcomes for anomaly in outcome.anomalies]))
        self._unread = count_unread(readings, state.rule.scope)
        return bool(instants)

    def deposit_applied_days(self) -> None:
        """Deposit all days that have been applied so far."""
        for deposit, anomalies in self._not_deposited:
            self._deposits.append(deposit)
            self._anomalies.update((anomaly.key, anomaly) for anomaly in anomalies)
        self._not_deposited.clear()
        self.deposited_state = self.state

    def result(self) -> DepositedDays:
        """What is to be written of the days deposited; the run goes on after the last day applied."""
        # Of the days after the last one deposited only that they were asked about: their readings may yet change.
        state, written = replace(self.deposited_state, looked_through=self.state.looked_through), self._written
        changed = [device for key, device in sorted(state.devices.items()) if written.devices.get(key) != device]
        known = {anomaly.key for of in (written.held, written.invalid, written.resets) for anomaly in of.values()}
        return DepositedDays(
            deposits=tuple(self._deposits),
            devices=tuple(changed),
            anomalies=tuple(self._anomalies.values()),
            state=state,
            unread=self._unread,
            reported=len(self._anomalies.keys() - known),
        )
