"""Bugs to plant in what becomes of one device's reading, and in what a person decides about it."""

from __future__ import annotations

from tests.core.bug import Bug

DEVICE_BUGS = (
    Bug("a drop by any amount counts as a reading", "device.py", "if count < device.latest_count:", "if count < 0:"),
    Bug(
        "the same count again is a drop",
        "device.py",
        "if count < device.latest_count:",
        "if count <= device.latest_count:",
    ),
    Bug("no ceiling", "device.py", "if pages > ceiling:", "if pages > 10**30:"),
    Bug(
        "the ceiling itself is a jump",
        "device.py",
        "if pages > ceiling:",
        "if pages >= ceiling:",
    ),
    Bug(
        "a young device may add any number of pages",
        "device.py",
        "return pages > MOST_PAGES_IN_A_DAY and pages > device.life_count",
        "return False",
    ),
    Bug(
        "50,000 pages alone are the ceiling of every device",
        "device.py",
        "return pages > MOST_PAGES_IN_A_DAY and pages > device.life_count",
        "return pages > MOST_PAGES_IN_A_DAY",
    ),
    Bug(
        "50,000 pages themselves are a jump",
        "device.py",
        "return pages > MOST_PAGES_IN_A_DAY and pages > device.life_count",
        "return pages >= MOST_PAGES_IN_A_DAY and pages > device.life_count",
    ),
    Bug(
        "as many pages as a device has ever counted are a jump",
        "device.py",
        "return pages > MOST_PAGES_IN_A_DAY and pages > device.life_count",
        "return pages > MOST_PAGES_IN_A_DAY and pages >= device.life_count",
    ),
    Bug(
        "more than a device has ever counted is a jump, however little",
        "device.py",
        "return pages > MOST_PAGES_IN_A_DAY and pages > device.life_count",
        "return pages > device.life_count",
    ),
    Bug("reset counts from zero", "device.py", "pages = count - reset_to", "pages = count"),
    Bug(
        "a repeat of the held count confirms the reset",
        "device.py",
        "if held is None or held.count is None or held.count >= count:",
        "if held is None or held.count is None or held.count > count:",
    ),
    Bug(
        "a reset has no ceiling",
        "device.py",
        "return None if _is_jump(device, count - held.count, ceiling) else held.count",
        "return held.count",
    ),
    Bug(
        "a reset has no ceiling but the feed's",
        "device.py",
        "return None if _is_jump(device, count - held.count, ceiling) else held.count",
        "return None if count - held.count > ceiling else held.count",
    ),
    Bug(
        "a repeat of the reading is a next reading",
        "device.py",
        "return reading.read_at > anomaly.read_at",
        "return reading.read_at >= anomaly.read_at",
    ),
    Bug(
        "a next reading has to have another count",
        "device.py",
        "return reading.read_at > anomaly.read_at",
        "return reading.count != anomaly.count",
    ),
    Bug(
        "the held reading is not replaced by the next one",
        "device.py",
        "again = replace(held, count=reading.count, read_at=reading.read_at)",
        "again = held",
    ),
    Bug(
        "what was held is not closed",
        "device.py",
        "return DeviceOutcome(DeviceState(device, None, state.invalid), pages, closed)",
        "return DeviceOutcome(DeviceState(device, state.held, state.invalid), pages)",
    ),
    Bug(
        "an unmanaged device's pages count",
        "device.py",
        "device = device.moved_to(reading.count or device.latest_count, managed=False)",
        "device = device.moved_to(device.latest_count, managed=False) if not reading.count else device",
    ),
    Bug(
        "away without a count is not away",
        "device.py",
        "    if device is not None:\n        # Also where",
        "    if device is not None and reading.count:\n        # Also where",
    ),
    Bug(
        "the pages of the day of return count",
        "device.py",
        "if was_away or device.managed is None:",
        "if device.managed is None:",
    ),
    Bug(
        "a reading of before its return brings a device back",
        "device.py",
        "return repeats and reading.read_at is not None and reading.read_at <= day.begins_after",
        "return False",
    ),
    Bug(
        "a device that is read again but has printed nothing stays away",
        "device.py",
        "return repeats and reading.read_at is not None and reading.read_at <= day.begins_after",
        "return repeats",
    ),
    Bug(
        "leaving scope closes nothing",
        "device.py",
        "for anomaly in (state.held, state.invalid) if anomaly is not None",
        "for anomaly in (state.held, state.invalid) if anomaly is not None and False",
    ),
    Bug(
        "an invalid reading is reported every day",
        "device.py",
        "known.state is AnomalyState.OPEN or not _is_next(reading, known)",
        "not _is_next(reading, known)",
    ),
    Bug(
        "a rejected invalid reading is reported again",
        "device.py",
        "known.state is AnomalyState.OPEN or not _is_next(reading, known)",
        "known.state is AnomalyState.OPEN",
    ),
    Bug(
        "a rejected drop can still be confirmed",
        "device.py",
        "if held.kind is not AnomalyKind.COUNTER_DROPPED or held.state is not AnomalyState.OPEN:",
        "if held.kind is not AnomalyKind.COUNTER_DROPPED:",
    ),
    Bug(
        "accepted pages are deposited twice",
        "device.py",
        "return _counted(state, device, pages, day, AnomalyState.ACCEPTED)",
        "return replace(_counted(state, device, pages, day, AnomalyState.ACCEPTED), pages=2 * pages)",
    ),
    Bug(
        "accepted pages are deposited on every open day",
        "device.py",
        "return _counted(state, device, pages, day, AnomalyState.ACCEPTED)",
        "outcome = _counted(state, device, pages, day, AnomalyState.ACCEPTED)\n"
        "    return replace(outcome, state=replace(outcome.state, held=held))",
    ),
    Bug(
        "a drop accepted counts pages",
        "decisions.py",
        "device.moved_to(count, managed=device.managed),",
        "device.with_pages(count if decision is AnomalyState.ACCEPTED else 0, count, managed=device.managed),",
    ),
    Bug(
        "a jump rejected leaves the row",
        "decisions.py",
        "return _moved(state, anomaly, device, anomaly.count, AnomalyState.REJECTED)",
        "return DecisionOutcome(anomaly.closed(state.synced_through, AnomalyState.REJECTED))",
    ),
    Bug(
        "a jump accepted is closed before its pages are deposited",
        "decisions.py",
        "return DecisionOutcome(replace(anomaly, state=AnomalyState.ACCEPTED))",
        "return DecisionOutcome(anomaly.closed(state.synced_through, AnomalyState.ACCEPTED))",
    ),
    Bug(
        "a reset that a person has accepted is remembered",
        "decisions.py",
        "    remembered = state.resets.get(device.device_id)\n    return DecisionOutcome(\n",
        "    from prsync.core.model import RememberedReset\n\n"
        "    remembered = state.resets.get(device.device_id)\n"
        "    if decision is AnomalyState.ACCEPTED:\n"
        "        anomaly = replace(anomaly, reset=RememberedReset(device.latest_count, 1))\n"
        "    return DecisionOutcome(\n",
    ),
    Bug(
        "a person who moves the row leaves the reset remembered",
        "decisions.py",
        "forgotten(remembered) if remembered is not None else None,",
        "None,",
    ),
    Bug(
        "a device that leaves scope leaves its reset remembered",
        "device.py",
        "return DeviceOutcome(DeviceState(device), 0, (*closed, *_forgotten_reset(state)))",
        "return DeviceOutcome(DeviceState(device, reset=state.reset), 0, closed)",
    ),
    Bug(
        "a new rule leaves the reset remembered",
        "device.py",
        "return DeviceOutcome(DeviceState(moved, None, state.invalid), 0, (*closed, *_forgotten_reset(state)))",
        "return DeviceOutcome(DeviceState(moved, None, state.invalid, state.reset), 0, closed)",
    ),
    Bug(
        "that a reset is forgotten is not written",
        "device.py",
        "return (forgotten(state.reset),) if state.reset is not None else ()",
        "return ()",
    ),
    Bug(
        "no reset is remembered",
        "resets.py",
        "return replace(closed_drop, reset=RememberedReset(fell_from, pages))",
        "return closed_drop",
    ),
    Bug(
        "of two resets the higher LatestCount is lost",
        "resets.py",
        "        fell_from = max(fell_from, before.reset.fell_from)\n",
        "",
    ),
    Bug(
        "of two resets the pages since the first are lost",
        "resets.py",
        "        pages += before.reset.pages_since\n",
        "",
    ),
    Bug(
        "pages counted since a reset are not added up",
        "resets.py",
        "pages_since = remembered.reset.pages_since + pages",
        "pages_since = remembered.reset.pages_since",
    ),
    Bug(
        "a counter that is back is waited for",
        "resets.py",
        "if remembered.reset is None or count >= remembered.reset.fell_from:",
        "if remembered.reset is None:",
    ),
    Bug(
        "a counter that is back at the very count is waited for",
        "resets.py",
        "if remembered.reset is None or count >= remembered.reset.fell_from:",
        "if remembered.reset is None or count > remembered.reset.fell_from:",
    ),
    Bug(
        "a counter at the very count is not back",
        "resets.py",
        "if reset is None or count < reset.fell_from:",
        "if reset is None or count <= reset.fell_from:",
    ),
    Bug(
        "a counter that has printed its way back was elsewhere",
        "resets.py",
        "return count - latest_count > reset.pages_since",
        "return True",
    ),
    Bug(
        "a step as long as the pages since is one too long",
        "resets.py",
        "return count - latest_count > reset.pages_since",
        "return count - latest_count >= reset.pages_since",
    ),
    Bug(
        "no counter ever comes back",
        "resets.py",
        "return count - latest_count > reset.pages_since",
        "return False",
    ),
    Bug(
        "one that comes back counts again what was counted since",
        "resets.py",
        "return max(count - reset.fell_from - reset.pages_since, 0)",
        "return count - reset.fell_from",
    ),
    Bug(
        "one that comes back takes pages away",
        "resets.py",
        "return max(count - reset.fell_from - reset.pages_since, 0)",
        "return count - reset.fell_from - reset.pages_since",
    ),
    Bug(
        "one that comes back is judged by its whole step",
        "device.py",
        "    if _is_jump(device, pages, ceiling):",
        "    if _is_jump(device, count - device.latest_count, ceiling):",
    ),
    Bug(
        "one that comes back may add any number of pages",
        "device.py",
        "    if _is_jump(device, pages, ceiling):",
        "    if not has_returned(reset, device.latest_count, count) and _is_jump(device, pages, ceiling):",
    ),
    Bug(
        "one that comes back is not reported",
        "device.py",
        "if not has_returned(reset, device.latest_count, count):",
        "if count:",
    ),
    Bug(
        "one that comes back waits for a person",
        "device.py",
        "returned.closed(day, AnomalyState.TRANSIENT)",
        "returned",
    ),
    Bug(
        "a jump that is accepted adds its whole step",
        "device.py",
        "pages = pages_added(state.reset.reset if state.reset else None, device.latest_count, held.count)",
        "pages = held.count - device.latest_count",
    ),
    Bug(
        "the baseline counts",
        "device.py",
        "device=Device(reading.device_id, reading.managed, count, count)",
        "device=Device(reading.device_id, reading.managed, 0, count)",
    ),
)
