"""One device's reading: the pages it counts, the counts it moves, and what is held back.

This is the part "A device's reading, one by one" of the ledger's rules, with both of its tables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from prsync.core.model import MOST_PAGES_IN_A_DAY, Anomaly, AnomalyKind, AnomalyState, Device, Scope
from prsync.core.readings import is_in_scope
from prsync.core.resets import after_counting, forgotten, has_returned, pages_added, remembering

if TYPE_CHECKING:
    from datetime import date, datetime

    from prsync.core.model import Reading


# These two are made for each device of each night: a frozen dataclass takes almost three times as long.
class DeviceState(NamedTuple):
    """What the ledger knows of one device when a reading of it comes. Each part may be missing.

    `device` is its stored row. `held` is its reading with a count that is held back, `invalid` its invalid reading:
    both are anomalies that are not closed. `reset` is the closed one with the reset that is remembered.
    """

    device: Device | None = None
    held: Anomaly | None = None
    invalid: Anomaly | None = None
    reset: Anomaly | None = None


@dataclass(frozen=True, slots=True)
class DayOfReadings:
    """The day that readings are of, and the feed's rules by which they are judged.

    `begins_after` is the last instant of the day before. `ceiling` is in pages.
    """

    date: date
    begins_after: datetime
    scope: Scope
    ceiling: int


class DeviceOutcome(NamedTuple):
    """What became of one device: its state afterwards, the pages to deposit, the anomalies that are new or changed."""

    state: DeviceState
    pages: int = 0
    anomalies: tuple[Anomaly, ...] = ()


def apply_accepted_jump(state: DeviceState, day: date) -> DeviceOutcome:
    """Count the pages of a jump that a person has accepted since the last deposit; `day` is the next one deposited.

    Accepting itself counts nothing: pages and LifeCount move in the transaction of a deposit only, so that their sums
    agree after every commit.
    """
    device, held = state.device, state.held
    if device is None or held is None or held.count is None or held.state is not AnomalyState.ACCEPTED:
        return DeviceOutcome(state)
    pages = pages_added(state.reset.reset if state.reset else None, device.latest_count, held.count)
    device = device.with_pages(pages, held.count, managed=device.managed)
    return _counted(state, device, pages, day, AnomalyState.ACCEPTED)


def apply_reading(state: DeviceState, reading: Reading, day: DayOfReadings) -> DeviceOutcome:
    """Apply the device's reading as of the end of `day`."""
    if not is_in_scope(reading, day.scope):
        return _leave_scope(state, reading, day.date)
    if reading.invalid:
        return _report_invalid(state, reading, day.date)
    # Nobody could read the counter: this neither decides what is held nor closes an invalid reading.
    if reading.count is None:
        return DeviceOutcome(state)
    closed = _closed_invalid(state, reading, day.date)
    if not closed:
        return _apply_count(state, reading, reading.count, day)
    outcome = _apply_count(state._replace(invalid=None), reading, reading.count, day)
    return outcome._replace(anomalies=(*closed, *outcome.anomalies))


def _leave_scope(state: DeviceState, reading: Reading, day: date) -> DeviceOutcome:
    """Pages of an unmanaged device never count: its counts move along. A device never in scope is not stored."""
    # What was held need not be decided any more: the device's next count in scope starts anew.
    closed = tuple(
        anomaly.closed(day, AnomalyState.TRANSIENT) for anomaly in (state.held, state.invalid) if anomaly is not None
    )
    device = state.device
    if device is not None:
        # Also where the reading has no count: the ledger has to know that the device was unmanaged, for what it
        # prints before it is read again may not count.
        device = device.moved_to(reading.count or device.latest_count, managed=False)
    return DeviceOutcome(DeviceState(device), 0, (*closed, *_forgotten_reset(state)))


def _report_invalid(state: DeviceState, reading: Reading, day: date) -> DeviceOutcome:
    known = state.invalid
    # A device that is not read again answers alike every day; each invalid reading is reported only once.
    if known is not None and (known.state is AnomalyState.OPEN or not _is_next(reading, known)):
        return DeviceOutcome(state)
    closed = (known.closed(day, known.state),) if known is not None else ()
    new = Anomaly(reading.device_id, day, AnomalyKind.INVALID_READING, None, reading.read_at)
    return DeviceOutcome(state._replace(invalid=new), 0, (*closed, new))


def _closed_invalid(state: DeviceState, reading: Reading, day: date) -> tuple[Anomaly, ...]:
    """The device's invalid reading as closed by a reading with a count; none if it stays."""
    if state.invalid is None or not _is_next(reading, state.invalid):
        return ()
    return (state.invalid.closed(day, AnomalyState.TRANSIENT),)


def _apply_count(state: DeviceState, reading: Reading, count: int, day: DayOfReadings) -> DeviceOutcome:
    """Apply a count that was read in scope: it starts the device, or is plausible, a drop or a jump."""
    device, held = state.device, state.held
    if device is None:
        # A first reading only says where the device starts: what it printed before is not the feed's.
        return DeviceOutcome(state._replace(device=Device(reading.device_id, reading.managed, count, count)))
    was_away = day.scope is Scope.MANAGED and device.managed is False
    if was_away and _is_from_before(reading, device, day):
        return DeviceOutcome(state)
    if was_away or device.managed is None:
        # The pages since the count before it were printed out of scope, or counted by another meter or scope.
        moved = device.moved_to(count, managed=reading.managed)
        closed = _closed_held(state, day.date, AnomalyState.TRANSIENT)
        return DeviceOutcome(DeviceState(moved, None, state.invalid), 0, (*closed, *_forgotten_reset(state)))
    if held is not None and not _is_next(reading, held):
        return DeviceOutcome(state)
    if count < device.latest_count:
        return _apply_drop(state, device, reading, count, day.date, day.ceiling)
    return _apply_rise(state, device, reading, count, day.date, day.ceiling)


def _is_from_before(reading: Reading, device: Device, day: DayOfReadings) -> bool:
    """Whether a device that was out of scope has not been read since: the answer repeats a reading of before `day`.

    Where its counter stands on the day of its return is then still unknown. Were it taken from there, the next reading
    would count what was printed out of scope.
    """
    repeats = reading.count == device.latest_count
    return repeats and reading.read_at is not None and reading.read_at <= day.begins_after


def _apply_rise(
    state: DeviceState, device: Device, reading: Reading, count: int, day: date, ceiling: int
) -> DeviceOutcome:
    """Apply a count at LatestCount or above: its pages count, unless they are a jump."""
    reset = state.reset.reset if state.reset is not None else None
    # Before the ceiling: a counter that is back where it was has made a long step, but has printed little.
    pages = pages_added(reset, device.latest_count, count)
    if _is_jump(device, pages, ceiling):
        return _hold(state, reading, AnomalyKind.COUNTER_JUMPED, day)
    counted = device.with_pages(pages, count, managed=reading.managed)
    outcome = _counted(state, counted, pages, day, AnomalyState.TRANSIENT)
    if not has_returned(reset, device.latest_count, count):
        return outcome
    returned = Anomaly(reading.device_id, day, AnomalyKind.COUNTER_RETURNED, count, reading.read_at)
    return outcome._replace(anomalies=(*outcome.anomalies, returned.closed(day, AnomalyState.TRANSIENT)))


def _apply_drop(
    state: DeviceState, device: Device, reading: Reading, count: int, day: date, ceiling: int
) -> DeviceOutcome:
    """Apply a count below LatestCount: it confirms a reset, or is held back."""
    held = state.held
    reset_to = _confirmed_reset(device, held, count, ceiling)
    if held is None or reset_to is None:
        return _hold(state, reading, AnomalyKind.COUNTER_DROPPED, day)
    # Only the pages since the drop: nobody knows how many came between the last good reading and the drop.
    pages = count - reset_to
    counted = device.with_pages(pages, count, managed=reading.managed)
    reset = remembering(held.closed(day, AnomalyState.RESET), device.latest_count, pages, state.reset)
    return DeviceOutcome(DeviceState(counted, None, state.invalid, reset), pages, (*_forgotten_reset(state), reset))


def _is_next(reading: Reading, anomaly: Anomaly) -> bool:
    """Whether `reading` was made after the one the anomaly is about, so that it can tell what that one was.

    A device that was not read again answers alike every day. Such a repeat says nothing new: taken for evidence, it
    would confirm any glitch on the day after. Without a read_at on both sides only another count shows a new reading.
    """
    if reading.read_at is not None and anomaly.read_at is not None:
        return reading.read_at > anomaly.read_at
    return reading.count != anomaly.count


def _is_jump(device: Device, pages: int, ceiling: int) -> bool:
    """Whether so many pages from one reading to the next are not believed."""
    if pages > ceiling:
        return True
    # A device that has long been counted may not have been read for weeks. Of one that has counted less than this step
    # it is likelier that its counter was read wrongly before.
    return pages > MOST_PAGES_IN_A_DAY and pages > device.life_count


def _confirmed_reset(device: Device, held: Anomaly | None, count: int, ceiling: int) -> int | None:
    """The count of the drop that is held, where `count` goes on from it: the counter has really been reset to there.

    None otherwise, also where a person has rejected the drop: it was a glitch, and no counter goes on from a glitch.
    """
    if held is None or held.count is None or held.count >= count:
        return None
    if held.kind is not AnomalyKind.COUNTER_DROPPED or held.state is not AnomalyState.OPEN:
        return None
    return None if _is_jump(device, count - held.count, ceiling) else held.count


def _hold(state: DeviceState, reading: Reading, kind: AnomalyKind, day: date) -> DeviceOutcome:
    """Hold the reading back: no page of it counts until the next reading or a person decides.

    A jump waits for a person even if later readings go on from it: they would do so, too, if another machine's counter
    were read by mistake, and a deposit never changes, so that pages counted wrongly could not be taken back.
    """
    held = state.held
    if held is not None and held.state is AnomalyState.OPEN and held.kind is kind:
        # The same anomaly with the latest count, so that it is reported once and a decision is about where it is now.
        again = replace(held, count=reading.count, read_at=reading.read_at)
        return DeviceOutcome(state._replace(held=again), 0, (again,))
    closed = (held.closed(day, AnomalyState.TRANSIENT),) if held is not None else ()
    new = Anomaly(reading.device_id, day, kind, reading.count, reading.read_at)
    return DeviceOutcome(state._replace(held=new), 0, (*closed, new))


def _counted(state: DeviceState, device: Device, pages: int, day: date, held_as: AnomalyState) -> DeviceOutcome:
    """The device as it is now that `pages` have counted; a reading that was held back is closed as `held_as`."""
    closed = _closed_held(state, day, held_as)
    if state.reset is None:
        return DeviceOutcome(DeviceState(device, None, state.invalid), pages, closed)
    reset = after_counting(state.reset, device.latest_count, pages)
    # An anomaly is written again only where it has changed: most nights a device repeats its count.
    changed = (reset,) if reset != state.reset else ()
    after = DeviceState(device, None, state.invalid, reset if reset.reset is not None else None)
    return DeviceOutcome(after, pages, (*closed, *changed))


def _closed_held(state: DeviceState, day: date, held_as: AnomalyState) -> tuple[Anomaly, ...]:
    return (state.held.closed(day, held_as),) if state.held is not None else ()


def _forgotten_reset(state: DeviceState) -> tuple[Anomaly, ...]:
    return (forgotten(state.reset),) if state.reset is not None else ()
