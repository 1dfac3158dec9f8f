"""Compares where the counters of devices stand with what an API profile says in `[counters]` and `[meters]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from prsync.core.text import printable, quantity
from prsync.threemanager.address import MISSING, at, normalised
from prsync.threemanager.candidates import columns
from prsync.threemanager.counter_places import counter_places, is_count
from prsync.threemanager.counters import counters_of
from prsync.threemanager.device_fields import is_usable_id
from prsync.threemanager.fit import in_rows
from prsync.threemanager.key_fit import Fit, KeyFit
from prsync.threemanager.shown_texts import FEWEST_ROWS, NAME_LENGTH, is_field_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.threemanager.counter_places import CounterPlace
    from prsync.threemanager.profile import Profile
    from prsync.threemanager.rows import Row

_MOST_NAMES: Final = 60
_FEW_MISSING: Final = 5


def fit_counters(rows: Sequence[Row], profile: Profile) -> list[KeyFit]:
    """How the keys of `[counters]` and `[meters]` fit some devices' rows."""
    says = profile.counters
    found = [counters_of(row, says) for row in rows]
    readable = [one for one in found if isinstance(one, Mapping)]
    meters = meter_counts(rows, profile)
    known = [meter for meter in profile.meters.names if meter in meters]
    if readable and known:
        where = "on the device itself" if says.style == "fields" else in_rows(len(readable), len(rows))
        fit = KeyFit(key="counters.at", says=says.at, fit=Fit.FITS, found=where)
        return [fit, _fit_numbers(rows, profile), _fit_meters(meters, profile)]
    places = counter_places(rows, profile.meters.names)
    others = [place for place in places if place.settings != says.model_dump()]
    if readable and says.style != "fields" and (not others or not others[0].known) and meters:
        # They are where the profile says, under names that it does not know.
        fit = KeyFit(key="counters.at", says=says.at, fit=Fit.FITS, found=in_rows(len(readable), len(rows)))
        return [fit, _fit_meters(meters, profile)]
    return _fit_elsewhere(rows, profile, others, has_some=any(one is not None for one in found))


def _fit_elsewhere(
    rows: Sequence[Row], profile: Profile, places: Sequence[CounterPlace], *, has_some: bool
) -> list[KeyFit]:
    says = profile.counters.model_dump()
    if profile.counters.style == "fields" and not (places and places[0].known):
        return [_no_meter_on_the_device(rows, profile)]
    if not places:
        is_other_shape = has_some and profile.counters.style != "fields"
        found = "of another shape than style says" if is_other_shape else "not there, and nothing looks like counters"
        return [KeyFit(key="counters.at", says=says["at"], fit=Fit.MISFIT, found=found)]
    best = places[0]
    fits: list[KeyFit] = []
    for key, value in best.settings.items():
        # What a style does not use may stay as it is.
        if value == says[key] or (key != "style" and not value and (best.style, key) != ("object", "value")):
            continue
        found = "counters are elsewhere, or of another shape" if not fits else "as above"
        could_be = tuple(dict.fromkeys(place.settings[key] for place in places[:3] if place.style == best.style))
        fits.append(KeyFit(key=f"counters.{key}", says=says[key], fit=Fit.MISFIT, found=found, could_be=could_be))
    if not best.known:
        names = tuple(name for name in best.meters if _is_shown(name, best, rows))[:_MOST_NAMES]
        fits.append(_no_known_meter(profile, names))
    return fits


def _is_shown(name: str, place: CounterPlace, rows: Sequence[Row]) -> bool:
    """Whether a meter's name may be shown: that of an object's field, or one that stands in several rows' lists."""
    if not is_field_name(name) or place.style == "object":
        return is_field_name(name)
    lists = (at(row, place.at) for row in rows)
    named = sum(isinstance(one, list) and any(at(entry, place.name) == name for entry in one) for one in lists)
    return named >= FEWEST_ROWS


def _no_meter_on_the_device(rows: Sequence[Row], profile: Profile) -> KeyFit:
    """With the counts on the device itself, any number there may be one: which of them are is for a person to say."""
    numbers = tuple(
        column.address
        for column in columns(rows)
        if is_field_name(column.address)
        and column.address != profile.devices.id
        and all(is_count(value) for value in column.values)
        and column.present
    )[:_MOST_NAMES]
    found = "none of them is on the device itself"
    could_be = (list(numbers),) if numbers else ()
    question = "meters.names: of these numbers of a device, leave those that count pages." if numbers else None
    says = list(profile.meters.names)
    return KeyFit(key="meters.names", says=says, fit=Fit.MISFIT, found=found, could_be=could_be, question=question)


def meter_counts(rows: Sequence[Row], profile: Profile) -> dict[str, int]:
    """The meters that devices have, as the server spells them, and how many devices have a count of each.

    A meter of the profile is spelled as there. With counters on the devices themselves, only those of the profile are
    meters: what stands beside them can be anything.
    """
    says, devices = profile.counters, dict[str, set[object]]()
    known = {normalised(meter): meter for meter in profile.meters.names}
    for number, row in enumerate(rows):
        device = at(row, profile.devices.id)
        device = str(device).strip() if is_usable_id(device) else number
        if says.style == "fields":
            # A meter may stand at an address there.
            values = {meter: value for meter in profile.meters.names if (value := at(row, meter)) is not MISSING}
        else:
            values = _named_counts(row, profile)
        for name, value in values.items():
            if is_count(value):
                shown = known.get(normalised(name), printable(name)[:NAME_LENGTH])
                devices.setdefault(shown, set()).update([] if value is None else [device])
    return {meter: len(some) for meter, some in devices.items()}


def _named_counts(row: Row, profile: Profile) -> dict[str, object]:
    """The counters of one device under the names that the server gives them."""
    says, found = profile.counters, at(row, profile.counters.at)
    if says.style == "object" and isinstance(found, Mapping):
        return {name: at(one, says.value) if says.value and one is not None else one for name, one in found.items()}
    if says.style == "list" and isinstance(found, list):
        named = [(at(entry, says.name), at(entry, says.value)) for entry in found]
        return {name: value for name, value in named if isinstance(name, str)}
    return {}


def _fit_numbers(rows: Sequence[Row], profile: Profile) -> KeyFit:
    """Whether numbers stand where the counts should."""
    known = {normalised(meter) for meter in profile.meters.names}
    values = [
        value
        for row in rows
        if isinstance(found := counters_of(row, profile.counters), Mapping)
        for name, value in found.items()
        if normalised(name) in known
    ]
    good = sum(is_count(value) for value in values)
    fit = Fit.FITS if good == len(values) else Fit.MISFIT
    key = "counters.value" if profile.counters.value else "counters.style"
    says = profile.counters.value or profile.counters.style
    return KeyFit(
        key=key, says=says, fit=fit, found=f"{good:,} of {quantity(len(values), 'count')} are numbers or null"
    )


def _fit_meters(meters: dict[str, int], profile: Profile) -> KeyFit:
    known = [meter for meter in profile.meters.names if meter in meters]
    # A name in few rows only could be anything; where it is an object's own name it is a field's like any other.
    others = [
        name for name, rows in meters.items() if name not in profile.meters.names and _may_be_shown(name, rows, profile)
    ]
    if not known:
        return _no_known_meter(profile, tuple(others[:_MOST_NAMES]))
    missing = [meter for meter in profile.meters.names if meter not in meters]
    found = f"{len(known)} of the profile's {len(profile.meters.names)} meters are there"
    if len(missing) <= _FEW_MISSING:
        found += f"; not there: {', '.join(missing)}" if missing else ""
    if others:
        found += f"; also {', '.join(others[:5])}" + (f" and {len(others) - 5} more" if len(others) > 5 else "")  # noqa: PLR2004
    return KeyFit(key="meters.names", says=list(profile.meters.names), fit=Fit.FITS, found=found)


def _may_be_shown(name: str, rows: int, profile: Profile) -> bool:
    return is_field_name(name) and (profile.counters.style == "object" or rows >= FEWEST_ROWS)


def _no_known_meter(profile: Profile, names: tuple[str, ...]) -> KeyFit:
    found = "none of them is there" + ("" if names else ", and no name that stands in several rows")
    could_be = (list(names),) if names else ()
    return KeyFit(key="meters.names", says=list(profile.meters.names), fit=Fit.MISFIT, found=found, could_be=could_be)
