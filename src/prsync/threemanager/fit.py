"""Compares rows that a server gave with what an API profile says of them, key by key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from prsync.core.text import quantity
from prsync.errors import UnusableAnswerError
from prsync.threemanager.address import MISSING, at
from prsync.threemanager.candidates import (
    columns,
    could_be_id,
    could_be_managed,
    could_be_name,
    could_be_read_at,
    format_of,
    only_number,
)
from prsync.threemanager.describe import Description, kind_of
from prsync.threemanager.device_fields import is_managed_value, is_usable_id
from prsync.threemanager.instants import instant_of
from prsync.threemanager.key_fit import Fit, KeyFit
from prsync.threemanager.rows import rows_of
from prsync.threemanager.shown_texts import Texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.threemanager.profile import Devices, Profile
    from prsync.threemanager.rows import Row

CUSTOMER_WORDS: Final = ("organi", "customer", "account", "company", "client", "tenant", "group", "site")
DEVICE_WORDS: Final = ("device", "printer", "machine", "asset", "equipment", "unit")


@dataclass(frozen=True, slots=True)
class FoundRows:
    """The rows of an answer. `assumed` is the address they were taken from where the profile's has none."""

    fit: KeyFit
    rows: list[Row] | None
    assumed: str | None = None


def fit_rows(document: Any, addresses: Sequence[str], description: Description, key: str) -> FoundRows:
    """Where the rows of an answer are, by the profile, else by what looks most like them."""
    try:
        rows = rows_of(document, addresses, "")
    except UnusableAnswerError:
        return _assumed_rows(document, addresses, description, key)
    number = quantity(len(rows), "row")
    where = next((address for address in addresses if isinstance(at(document, address), list)), None)
    if isinstance(document, list):
        found = f"the answer is a list of {number}"
    else:
        found = f"{number} at {where}" if where else "null, which means that there are none"
    fit = KeyFit(key=key, says=list(addresses), fit=Fit.FITS, found=found)
    return FoundRows(fit, rows)


def _assumed_rows(document: Any, addresses: Sequence[str], description: Description, key: str) -> FoundRows:
    lists = [(address, number) for address, number in description.lists_of_objects() if _is_plain(address)]
    could_be = tuple([address] for address, _ in lists if isinstance(at(document, address), list))
    if could_be:
        found = f"no list there; there are {_lists_in_words(lists)}"
    elif any(shape.address.endswith("{}") and shape.kinds["object"] for shape in description.fields.values()):
        found = "an object whose names are data instead of a list; prsync cannot read such an answer"
    else:
        found = f"no list of rows anywhere; the answer is {_a(description.kind)}"
    fit = KeyFit(key=key, says=list(addresses), fit=Fit.MISFIT, found=found, could_be=could_be)
    if not could_be:
        return FoundRows(fit, None)
    assumed = could_be[0][0]
    return FoundRows(fit, [row for row in at(document, assumed) if isinstance(row, dict)], assumed)


def _is_plain(address: str) -> bool:
    return bool(address) and "[]" not in address and "{}" not in address


def _lists_in_words(lists: Sequence[tuple[str, int]]) -> str:
    shown = [f"{address} ({quantity(number, 'row')})" for address, number in lists[:3]]
    return ", ".join(shown) + (" and more" if len(lists) > len(shown) else "")


def _a(kind: str) -> str:
    return {"object": "an object", "null": "null", "true": "true", "false": "false"}.get(kind, f"a {kind}")


def fit_organizations(rows: Sequence[Row], profile: Profile) -> list[KeyFit]:
    """How the keys of `[organizations]` fit its rows."""
    says = profile.organizations
    there = columns(rows)
    ids = could_be_id(there, CUSTOMER_WORDS) or only_number(there)
    return [
        _fit_id("organizations.id", says.id, rows, ids),
        _fit_optional(
            "organizations.name", says.name, rows, could_be_name(there, CUSTOMER_WORDS), "the id stands for it"
        ),
    ]


def fit_devices(rows: Sequence[Row], profile: Profile, hidden: frozenset[str] = frozenset()) -> list[KeyFit]:
    """How the keys of `[devices]` fit its rows. `hidden` are words that may be a customer's."""
    says = profile.devices
    there = columns(rows)
    fits = []
    owner = ""
    if says.organization_id:
        could_own = could_be_id(there, CUSTOMER_WORDS, differs=False)
        owned = _fit_id("devices.organization_id", says.organization_id, rows, could_own, differs=False)
        owner = owned.could_be[0] if owned.is_misfit and owned.could_be else says.organization_id
        fits += [owned, _fit_owner_name(profile.organizations.name, rows, owner, could_be_name(there, CUSTOMER_WORDS))]
    # A range holds each device as often as it was read.
    once = profile.history.style != "range"
    ids = [one for one in could_be_id(there, DEVICE_WORDS, differs=once) if one != owner]
    fits.append(_fit_id("devices.id", says.id, rows, ids, differs=once, owner=owner))
    fits += _fit_managed(says, rows, could_be_managed(there), hidden)
    fits += _fit_read_at(says, rows, could_be_read_at(there))
    return fits


def _values(rows: Sequence[Row], address: str) -> list[Any]:
    return [value for row in rows if (value := at(row, address)) is not MISSING]


def in_rows(number: int, rows: int) -> str:
    """As `in 3 of 12 rows`."""
    return f"in {number:,} of {quantity(rows, 'row')}"


def _fit_id(
    key: str, says: str, rows: Sequence[Row], could_be: list[str], *, differs: bool = True, owner: str = ""
) -> KeyFit:
    """How an id fits. Two of the customers that stand at `owner` may have a device of the same id."""
    values = _values(rows, says)
    usable = [value for value in values if is_usable_id(value)]
    owners = [str(at(row, owner)) if owner else "" for row in rows]
    ids = [
        (whose, str(at(row, says)).strip())
        for whose, row in zip(owners, rows, strict=True)
        if is_usable_id(at(row, says))
    ]
    alike = len(ids) - len(set(ids))
    others = tuple(address for address in could_be if address != says)
    if not values:
        return KeyFit(key=key, says=says, fit=Fit.MISFIT, found="not there", could_be=others)
    if len(usable) < len(rows):
        found = (
            f"an id {in_rows(len(usable), len(rows))}; {_kinds(value for value in values if not is_usable_id(value))}"
        )
        return KeyFit(key=key, says=says, fit=Fit.MISFIT, found=found.rstrip("; "), could_be=others)
    if alike and differs:
        found = f"in every row, but {alike:,} of {quantity(len(rows), 'row')} repeat another's"
        return KeyFit(key=key, says=says, fit=Fit.MISFIT, found=found, could_be=others)
    found = "in every row" + (", different in each" if differs and len(rows) > 1 else "")
    if not differs and alike == len(rows) - 1 and alike > 1 and key == "devices.id":
        question = f"devices.id: all {len(rows):,} rows have the same {says}; is that one device, read so often?"
        return KeyFit(key=key, says=says, fit=Fit.GUESSED, found=f"{found}, the same in each", question=question)
    return KeyFit(key=key, says=says, fit=Fit.FITS, found=found)


def _kinds(values: Any) -> str:
    kinds = Counter(kind_of(value) for value in values)
    return ", ".join(f"{kind} in {number:,}" for kind, number in kinds.most_common(4))


def _fit_optional(key: str, says: str, rows: Sequence[Row], could_be: list[str], without: str) -> KeyFit:
    there = [value for value in _values(rows, says) if isinstance(value, str) and value.strip()]
    if there:
        return KeyFit(key=key, says=says, fit=Fit.FITS, found=in_rows(len(there), len(rows)))
    return KeyFit(key=key, says=says, fit=Fit.GUESSED, found=f"not there; {without}", could_be=tuple(could_be))


def _fit_owner_name(says: str, rows: Sequence[Row], owner: str, could_be: list[str]) -> KeyFit:
    """How the name of the customer that stands at `owner` fits, where only devices have it."""
    # Not any name: that of the device stands there, too.
    about = [address for address in could_be if any(word in address.casefold() for word in CUSTOMER_WORDS)]
    names = {(str(at(row, owner)), str(at(row, says))) for row in rows} if says else set()
    if len(names) > len({whose for whose, _ in names}):
        found = "one customer has several names by it; is it the device's?"
        others = tuple(address for address in about if address != says)
        return KeyFit(key="organizations.name", says=says, fit=Fit.MISFIT, found=found, could_be=(*others, ""))
    return _fit_optional("organizations.name", says, rows, about, "the id stands for it")


def _fit_managed(says: Devices, rows: Sequence[Row], could_be: list[str], hidden: frozenset[str]) -> list[KeyFit]:
    key = "devices.managed"
    if not says.managed:
        found = "not used: feeds can only have scope all"
        return [KeyFit(key=key, says="", fit=Fit.FITS, found=found, could_be=tuple(could_be))]
    values = _values(rows, says.managed)
    if not values:
        missing = KeyFit(key=key, says=says.managed, fit=Fit.MISFIT, found="not there", could_be=(*could_be, ""))
        return [missing, *(_fit_managed_values(says, rows, could_be[0], hidden) if could_be else ())]
    kinds = Counter(is_managed_value(value, says) for value in values)
    found = f"managed {in_rows(kinds[True], len(rows))}, not managed in {kinds[False] + len(rows) - len(values):,}"
    if kinds[None]:
        found += f", another value in {kinds[None]:,}"
    fit = KeyFit(key=key, says=says.managed, fit=Fit.FITS, found=found)
    return [fit, *_fit_managed_values(says, rows, says.managed, hidden)]


# Words that leave no doubt. Whether one like "active" means managed is for a person to say.
_MANAGED_WORDS: Final = {"managed", "true", "yes"}
_UNMANAGED_WORDS: Final = {"unmanaged", "notmanaged", "false", "no"}


def _fit_managed_values(says: Devices, rows: Sequence[Row], address: str, hidden: frozenset[str]) -> list[KeyFit]:
    """How the values at `address` fit; nothing where the profile knows them all."""
    unknown = [value for value in _values(rows, address) if is_managed_value(value, says) is None]
    if not unknown:
        return []
    texts = Texts()
    for row, value in enumerate(unknown):
        if isinstance(value, str):
            texts.add(value, row)
    shown = texts.shown(address, hidden)
    found = f"{quantity(len(unknown), 'row')} of {address} with another value: {', '.join(shown) or _kinds(unknown)}"
    keys = {"managed_values": (says.managed_values, _MANAGED_WORDS)}
    keys["unmanaged_values"] = (says.unmanaged_values, _UNMANAGED_WORDS)
    fits = []
    for name, (values, words) in keys.items():
        meant = [text for text in shown if text.casefold() in words]
        could_be = ([*values, *meant],) if meant else ()
        if meant or name == "managed_values":
            key = f"devices.{name}"
            fits.append(KeyFit(key=key, says=list(values), fit=Fit.MISFIT, found=found, could_be=could_be))
    return fits


def _fit_read_at(says: Devices, rows: Sequence[Row], could_be: list[str]) -> list[KeyFit]:
    key, without = "devices.read_at", "prsync works without"
    if not says.read_at:
        return [KeyFit(key=key, says="", fit=Fit.FITS, found="not used", could_be=tuple(could_be))]
    values = [value for value in _values(rows, says.read_at) if value is not None]
    if not values:
        there = "null in every row" if _values(rows, says.read_at) else "not there"
        found = f"{there}; {without}"
        missing = KeyFit(key=key, says=says.read_at, fit=Fit.GUESSED, found=found, could_be=tuple(could_be))
        return [missing, *(_fit_read_at_format(says, rows, could_be[0]) if could_be else ())]
    fit = KeyFit(key=key, says=says.read_at, fit=Fit.FITS, found=in_rows(len(values), len(rows)))
    return [fit, *_fit_read_at_format(says, rows, says.read_at)]


def _fit_read_at_format(says: Devices, rows: Sequence[Row], address: str) -> list[KeyFit]:
    """How the instants at `address` fit; nothing where they can be read as the profile says."""
    values = [value for value in _values(rows, address) if value is not None]
    plausible = format_of(values)
    unread = [one for one in values if instant_of(one, says.read_at_format, says.read_at_timezone) is None]
    if unread:
        found = f"{len(unread):,} of {len(values):,} at {address} cannot be read so"
    elif _mixed_up(says.read_at_format, plausible):
        found = f"the instants at {address}, read so, lie in another century"
    else:
        return []
    could = (plausible,) if plausible else ()
    return [KeyFit(key="devices.read_at_format", says=says.read_at_format, fit=Fit.MISFIT, found=found, could_be=could)]


def _mixed_up(says: str, plausible: str | None) -> bool:
    return {says, plausible} == {"seconds", "milliseconds"}
