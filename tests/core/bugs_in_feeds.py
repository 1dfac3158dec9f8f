"""Bugs to plant in how a feed's days are collected, deposited and joined."""

from __future__ import annotations

from tests.core.bug import Bug

FEED_BUGS = (
    Bug(
        "a new rule does not begin anew",
        "feed_day.py",
        "if state.deposited_rule != state.rule:",
        "if state.deposited_rule is None:",
    ),
    Bug(
        "a decision is forgotten when the anomaly is closed",
        "model.py",
        "        if self.state is not AnomalyState.OPEN:\n            state = self.state\n",
        "",
    ),
    Bug(
        "open days are skipped",
        "feed_run.py",
        "for open_day in days(state.synced_through + ONE_DAY, day):",
        "for open_day in days(day, day):",
    ),
    Bug(
        "open days are not asked for again",
        "feed_run.py",
        "readings if open_day == day else answers.of(open_day)",
        "readings if open_day == day else ()",
    ),
    Bug(
        "a part delivered late closes the days after it",
        "feed_run.py",
        "if deposits.apply(open_day, readings if open_day == day else answers.of(open_day)):",
        "if deposits.apply(open_day, readings if open_day == day else answers.of(open_day)) or True:",
    ),
    Bug(
        "what is new of a part is judged by a day that is not deposited",
        "feed_run.py",
        "in new_data(self.deposited_state, readings)]",
        "in new_data(self.state, readings)]",
    ),
    Bug(
        "what is new is judged by the day before",
        "feed_run.py",
        "if not any(new_data(known, readings)):",
        "if not any(new_data(replace(known, last_data_at=end_of_day(day - ONE_DAY, state.timezone)), readings)):",
    ),
    Bug(
        "the baseline is not taken: every device begins with its first day",
        "feed_run.py",
        "apply_baseline(state, answers.of(state.synced_through))",
        "apply_baseline(state, ())",
    ),
    Bug(
        "a reading of the future is believed",
        "readings.py",
        "if reading.read_at is not None and reading.read_at > end_of_day:",
        "if reading.read_at is None:",
    ),
    Bug(
        "of two readings the older one counts",
        "readings.py",
        "if other is None or _rank(reading) > _rank(other):",
        "if other is None or _rank(reading) < _rank(other):",
    ),
    Bug(
        "of two readings the first one counts",
        "readings.py",
        "if other is None or _rank(reading) > _rank(other):",
        "if other is None:",
    ),
    Bug(
        "an unchanged count without read_at is new data",
        "new_data.py",
        "return reading.count != device.latest_count and (held is None or reading.count != held.count)",
        "return True",
    ),
    Bug(
        "a repeat of the held count without read_at is new data",
        "new_data.py",
        "return reading.count != device.latest_count and (held is None or reading.count != held.count)",
        "return reading.count != device.latest_count",
    ),
    Bug(
        "out-of-scope devices bring new data",
        "new_data.py",
        "for reading in readings_in_scope(readings, deposited.rule.scope):",
        "for reading in readings:",
    ),
    Bug(
        "last_data_at stands still",
        "feed_run.py",
        "synced_through=day, looked_through=day, last_data_at=last_data_at)",
        "synced_through=day, looked_through=day)",
    ),
    Bug(
        "earlier days do not lower InitialCount",
        "earlier_days.py",
        "initial_count=known.initial_count - earlier.life_count",
        "initial_count=known.initial_count",
    ),
    Bug(
        "the last of the earlier days is left out",
        "earlier_days.py",
        "days(activation_date, last):",
        "days(activation_date, last - ONE_DAY):",
    ),
    Bug(
        "a run goes on without the rows that have joined",
        "model.py",
        "return replace(state, activation_date=self.activation_date, devices=devices, resets=resets)",
        "return replace(state, activation_date=self.activation_date, resets=resets)",
    ),
    Bug(
        "a run goes on without the resets that have joined",
        "model.py",
        "return replace(state, activation_date=self.activation_date, devices=devices, resets=resets)",
        "return replace(state, activation_date=self.activation_date, devices=devices)",
    ),
    Bug(
        "a reset on the earlier days of a known device is not remembered",
        "earlier_days.py",
        "return RememberedReset(earlier.reset.fell_from, earlier.reset.pages_since + device.life_count)",
        "return None",
    ),
    Bug(
        "the pages of the known days are none since a reset on the earlier ones",
        "earlier_days.py",
        "return RememberedReset(earlier.reset.fell_from, earlier.reset.pages_since + device.life_count)",
        "return earlier.reset",
    ),
    Bug(
        "a counter that is back on the known days is waited for",
        "earlier_days.py",
        "if reached >= earlier.reset.fell_from:",
        "if reached >= 10**30:",
    ),
    Bug(
        "a reset on the earlier days is lost where there is a later one",
        "earlier_days.py",
        "            changed.append(replace(known, reset=reset))\n",
        "",
    ),
    Bug(
        "days that were looked at too early are not looked at again",
        "model.py",
        "return self.looked_through if self.looked_through <= last_closed else self.synced_through",
        "return self.looked_through",
    ),
    Bug(
        "what is held on the earlier days stays open",
        "earlier_days.py",
        "one if one.settled_on else one.closed(last, AnomalyState.TRANSIENT) for one",
        "one for one",
    ),
    Bug(
        "a day ends in UTC",
        "periods.py",
        "    following = day + ONE_DAY\n",
        '    following, timezone = day + ONE_DAY, "UTC"\n',
    ),
    Bug(
        "every day has 24 hours",
        "periods.py",
        "    following = day + ONE_DAY\n",
        "    first = end_of_day(day - ONE_DAY, timezone) if day.day > 1 else None\n"
        "    if first is not None:\n        return first + timedelta(hours=24)\n    following = day + ONE_DAY\n",
    ),
)
