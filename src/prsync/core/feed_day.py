"""One day of a feed: its readings, applied device by device."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from prsync.core.device import DayOfReadings, DeviceState, apply_accepted_jump, apply_reading
from prsync.core.model import ONE_DAY
from prsync.core.new_data import readings_in_scope
from prsync.core.periods import end_of_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from prsync.core.device import DeviceOutcome
    from prsync.core.model import FeedState, Reading

    Value = TypeVar("Value")


def apply_day(state: FeedState, day: date, readings: Iterable[Reading]) -> tuple[FeedState, list[DeviceOutcome]]:
    """Apply a day's readings; the feed's state afterwards, and what became of its devices one by one."""
    devices, outcomes = _Devices(state), []
    # First, and whether or not the device is in the day's answer: these pages belong to the next deposit.
    for device_id in sorted(state.held):
        before = devices.state_of(device_id)
        outcome = apply_accepted_jump(before, day)
        devices.change(device_id, before, outcome.state)
        outcomes.append(outcome)
    of_the_day = DayOfReadings(day, end_of_day(day - ONE_DAY, state.timezone), state.rule.scope, state.ceiling)
    for reading in readings:
        before = devices.state_of(reading.device_id)
        outcome = apply_reading(before, reading, of_the_day)
        devices.change(reading.device_id, before, outcome.state)
        outcomes.append(outcome)
    return devices.feed_state(), outcomes


def apply_baseline(state: FeedState, readings: Sequence[Reading]) -> FeedState:
    """Apply the readings as of the day before the activation date: each device starts there, and no page counts."""
    after, _ = apply_day(state, state.activation_date - ONE_DAY, readings)
    # Where a device starts is no new data of the feed; but what had been read by then is no longer new afterwards.
    instants = (one.read_at for one in readings_in_scope(readings, state.rule.scope) if one.count and one.read_at)
    return replace(after, last_data_at=max(instants, default=None))


class _Devices:
    """A feed's devices in the course of one day."""

    def __init__(self, state: FeedState) -> None:
        self._feed_state = state
        self._devices, self._held, self._invalid = dict(state.devices), dict(state.held), dict(state.invalid)
        self._resets = dict(state.resets)
        # Since the rule changed no deposit has been made: no device has had a reading by the new one.
        if state.deposited_rule != state.rule:
            self._devices = {key: device._replace(managed=None) for key, device in self._devices.items()}

    def state_of(self, device_id: str) -> DeviceState:
        return DeviceState(
            self._devices.get(device_id),
            self._held.get(device_id),
            self._invalid.get(device_id),
            self._resets.get(device_id),
        )

    def change(self, device_id: str, before: DeviceState, after: DeviceState) -> None:
        # Most nights of most devices nothing but the row has changed.
        if after.device is not None:
            self._devices[device_id] = after.device
        if after.held is not before.held:
            _set_or_remove(self._held, device_id, after.held)
        if after.invalid is not before.invalid:
            _set_or_remove(self._invalid, device_id, after.invalid)
        if after.reset is not before.reset:
            _set_or_remove(self._resets, device_id, after.reset)

    def feed_state(self) -> FeedState:
        state = self._feed_state
        return replace(
            state,
            devices=self._devices,
            held=self._held,
            invalid=self._invalid,
            resets=self._resets,
            deposited_rule=state.rule,
        )


def _set_or_remove(values: dict[str, Value], key: str, value: Value | None) -> None:
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value
