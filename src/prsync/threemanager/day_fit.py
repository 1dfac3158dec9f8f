"""Whether a server answers for the day that it is asked about, from its answers for two days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prsync.core.model import ONE_DAY
from prsync.core.text import quantity
from prsync.threemanager.address import at
from prsync.threemanager.counters import counters_of
from prsync.threemanager.device_fields import is_usable_id
from prsync.threemanager.key_fit import Fit, KeyFit
from prsync.threemanager.reading_times import earliest_reading_of, latest_reading_of, read_at_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from prsync.threemanager.profile import Profile
    from prsync.threemanager.rows import Row

DAYS_BETWEEN: Final = 7
"""In a week something is printed nearly everywhere; from one day to the next a weekend may lie between."""

_KEY: Final = "history.style"


def fit_day(earlier: Sequence[Row], later: Sequence[Row], profile: Profile, day: date, timezone: str) -> KeyFit:
    """Whether the rows for `day`, the earlier one, are as of that day. `later` are those for a later day."""
    says = profile.history.style
    if says == "none":
        found = "not asked for: the profile says that the server has no history"
        return KeyFit(key=_KEY, says=says, fit=Fit.FITS, found=found)
    if not earlier and not later:
        found = "cannot be told without devices; --organization ID asks another customer's"
        return KeyFit(key=_KEY, says=says, fit=Fit.GUESSED, found=found)
    if after := _read_after(earlier, profile, day, timezone):
        found = (
            f"not heeded: asked for {day}, the answer has readings from after it, in {after:,} of {len(earlier):,} rows"
        )
        return KeyFit(key=_KEY, says=says, fit=Fit.MISFIT, found=found, could_be=("none",))
    later_day = day + DAYS_BETWEEN * ONE_DAY
    before = _read_before(earlier, profile, day, timezone) + _read_before(later, profile, later_day, timezone)
    if before:
        found = f"not heeded: {quantity(before, 'row')} of the two answers are readings from before the day asked for"
        return KeyFit(key=_KEY, says=says, fit=Fit.MISFIT, found=found, could_be=("none",))
    if differ := _differ(earlier, later, profile):
        found = f"heeded: {differ} between the two days"
        return KeyFit(key=_KEY, says=says, fit=Fit.FITS, found=found)
    found = "both days' answers are alike: nothing was printed in that week, or the day is not heeded"
    question = (
        f"history: the answers for {day} and a week later are alike. Did nobody print, or is the day not heeded?"
        " Probe with another --day or --organization until they differ; a server that does not heed it has"
        ' history.style = "none".'
    )
    return KeyFit(key=_KEY, says=says, fit=Fit.GUESSED, found=found, question=question)


def _read_after(rows: Sequence[Row], profile: Profile, day: date, timezone: str) -> int:
    """How many readings are from after the day."""
    end = latest_reading_of(day, timezone, profile)
    instants = (read_at_of(row, profile.devices) for row in rows)
    return sum(instant > end for instant in instants if instant is not None)


def _read_before(rows: Sequence[Row], profile: Profile, day: date, timezone: str) -> int:
    """How many readings of a range are from before the day; asked for the counters as of a day, any may be old."""
    if profile.history.style != "range":
        return 0
    begin = earliest_reading_of(day, timezone, profile)
    instants = (read_at_of(row, profile.devices) for row in rows)
    return sum(instant < begin for instant in instants if instant is not None)


def _differ(earlier: Sequence[Row], later: Sequence[Row], profile: Profile) -> str:
    """What differs between the two days; "" where nothing does."""
    before, after = _by_id(earlier, profile), _by_id(later, profile)
    both = [(before[device_id], after[device_id]) for device_id in before if device_id in after]
    if any(_counted(one, profile) != _counted(other, profile) for one, other in both):
        return "counters differ"
    if any(read_at_of(one, profile.devices) != read_at_of(other, profile.devices) for one, other in both):
        return "the time of reading differs"
    return "the devices differ" if set(before) != set(after) else ""


def _by_id(rows: Sequence[Row], profile: Profile) -> Mapping[str, Row]:
    ids = ((at(row, profile.devices.id), row) for row in rows)
    return {str(device_id): row for device_id, row in ids if is_usable_id(device_id)}


def _counted(row: Row, profile: Profile) -> object:
    found = counters_of(row, profile.counters)
    return {meter: at(row, meter) for meter in profile.meters.names} if found is row else found
