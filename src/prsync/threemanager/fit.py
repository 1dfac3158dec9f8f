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
)
from prsync.threemanager.describe import Description, kind_of
from prsync.threemanager.devices import is_managed_value, is_usable_id
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
    ids = could_be_id(there, CUSTOMER_WORDS)
    return [
        _fit_id("organizations.id", says.id, rows, ids),
        _fit_optional(
            "organizations.name", says.name, rows, could_be_name(there, CUSTOMER_WORDS), "the id stands for it"
        ),
    ]


def fit_devices(rows: Sequence[Row], profile: Profile) -> list[KeyFit]:
    """How the keys of `[devices]` fit its rows."""
    says = profile.devices
    there = columns(rows)
    fits = []
    if says.organization_id:
        owners = could_be_id(there, CUSTOMER_WORDS, differs=False)
        fits.append(_fit_id("devices.organization_id", says.organization_id, rows, owners, differs=False))
    fits.append(_fit_id("devices.id", says.id, rows, could_be_id(there, DEVICE_WORDS)))
    fits += _fit_managed(says, rows, could_be_managed(there))
    fits += _fit_read_at(says, rows, could_be_read_at(there))
    return fits


def _values(rows: Sequence[Row], address: str) -> list[Any]:
    return [value for row in rows if (value := at(row, address)) is not MISSING]


def in_rows(number: int, rows: int) -> str:
    """As `in 3 of 12 rows`."""
    return f"in {number:,} of {quantity(rows, 'row')}"


def _fit_id(key: str, says: str, rows: Sequence[Row], could_be: list[str], *, differs: bool = True) -> KeyFit:
    values = _values(rows, says)
    usable = [value for value in values if is_usable_id(value)]
    alike = len(usable) - len({str(value).strip() for value in usable})
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
    return KeyFit(key=key, says=says, fit=Fit.FITS, found=found)


def _kinds(values: Any) -> str:
    kinds = Counter(kind_of(value) for value in values)
    return ", ".join(f"{kind} in {number:,}" for kind, number in kinds.most_common(4))


def _fit_optional(key: str, says: str, rows: Sequence[Row], could_be: list[str], without: str) -> KeyFit:
    there = [value for value in _values(rows, says) if isinstance(value, str) and value.strip()]
    if there:
        return KeyFit(key=key, says=says, fit=Fit.FITS, found=in_rows(len(there), len(rows)))
    return KeyFit(key=key, says=says, fit=Fit.GUESSED, found=f"not there; {without}", could_be=tuple(could_be))


def _fit_managed(says: Devices, rows: Sequence[Row], could_be: list[str]) -> list[KeyFit]:
    key = "devices.managed"
    if not says.managed:
        found = "not used: feeds can only have scope all"
        return [KeyFit(key=key, says="", fit=Fit.FITS, found=found, could_be=tuple(could_be))]
    values = _values(rows, says.managed)
    if not values:
        return [KeyFit(key=key, says=says.managed, fit=Fit.MISFIT, found="not there", could_be=(*could_be, ""))]
    kinds = Counter(is_managed_value(value, says) for value in values)
    found = f"managed {in_rows(kinds[True], len(rows))}, not managed in {kinds[False] + len(rows) - len(values):,}"
    fits = [KeyFit(key=key, says=says.managed, fit=Fit.FITS, found=found)]
    if kinds[None]:
        unknown = [value for value in values if is_managed_value(value, says) is None]
        # prsync takes them for not managed with scope `all`, and refuses them with `managed`.
        found = f"{quantity(kinds[None], 'row')} with another value{_shown_values(unknown, says.managed)}"
        fits.append(KeyFit(key="devices.managed_values", says=list(says.managed_values), fit=Fit.MISFIT, found=found))
    return fits


def _shown_values(values: Sequence[Any], address: str) -> str:
    texts = Texts()
    for value in values:
        texts.add(value) if isinstance(value, str) else None
    shown = texts.shown(address, frozenset())
    return f": {', '.join(shown)}" if shown else f": {_kinds(values)}"


def _fit_read_at(says: Devices, rows: Sequence[Row], could_be: list[str]) -> list[KeyFit]:
    key, without = "devices.read_at", "the health check sees no silence by it"
    if not says.read_at:
        return [KeyFit(key=key, says="", fit=Fit.FITS, found="not used", could_be=tuple(could_be))]
    values = [value for value in _values(rows, says.read_at) if value is not None]
    if not values:
        there = "null in every row" if _values(rows, says.read_at) else "not there"
        return [
            KeyFit(key=key, says=says.read_at, fit=Fit.GUESSED, found=f"{there}; {without}", could_be=tuple(could_be))
        ]
    read = [value for value in values if instant_of(value, says.read_at_format, says.read_at_timezone) is not None]
    fits = [KeyFit(key=key, says=says.read_at, fit=Fit.FITS, found=in_rows(len(values), len(rows)))]
    plausible = format_of(values)
    if len(read) < len(values) or plausible is None or _mixed_up(says.read_at_format, plausible):
        found = (
            f"{len(values) - len(read):,} of {len(values):,} cannot be read so"
            if len(read) < len(values)
            else ("read so, the instants lie in another century")
        )
        could = (plausible,) if plausible else ()
        fits.append(
            KeyFit(key="devices.read_at_format", says=says.read_at_format, fit=Fit.MISFIT, found=found, could_be=could)
        )
    return fits


def _mixed_up(says: str, plausible: str) -> bool:
    return {says, plausible} == {"seconds", "milliseconds"}
