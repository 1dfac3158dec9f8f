"""A device's counters in its row: an object, a list, or fields of the device itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from prsync.core.text import printable
from prsync.threemanager.address import MISSING, at, normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prsync.threemanager.profile import Counters
    from prsync.threemanager.rows import Row

TWO_VALUES: Final = object()
"""Stands for a count where the meter is there twice, with two values."""

_NAME_LENGTH: Final = 40
_METERS_SHOWN: Final = 40


def counters_of(row: Row, counters: Counters) -> Any:
    """A device's counters by their normalised names; None where it has none.

    Something else where they are of a shape that the profile does not say; {} where they are null.
    """
    if counters.style == "fields":
        return row
    found = at(row, counters.at)
    if found is MISSING:
        return None
    if found is None:
        return {}
    if counters.style == "object" and isinstance(found, Mapping):
        named = [(name, value_in(entry, counters.value)) for name, entry in found.items()]
    elif counters.style == "list" and isinstance(found, list):
        named = [(at(entry, counters.name), at(entry, counters.value)) for entry in found]
    else:
        return found
    return by_name((name, value) for name, value in named if isinstance(name, str) and value is not MISSING)


def by_name(named: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Values by normalised name. One that is there with two values is no count: nobody knows which of them is."""
    found: dict[str, Any] = {}
    for name, value in named:
        key = normalised(name)
        if found.get(key) is None or found[key] == value:
            found[key] = value
        elif value is not None:
            found[key] = TWO_VALUES
    return found


def value_in(entry: Any, address: str) -> Any:
    """A meter's count: the entry itself, or what stands in it where the profile says so. null is null either way."""
    return at(entry, address) if address and entry is not None else entry


def meters_in(rows: Sequence[Row], counters: Counters) -> list[str]:
    """The names of the meters in some rows, as the server spells them, in the order in which they come."""
    names: dict[str, None] = {}
    for row in rows:
        found = row if counters.style == "fields" else at(row, counters.at)
        if isinstance(found, Mapping):
            names.update(dict.fromkeys(found))
        elif isinstance(found, list):
            entries = (at(entry, counters.name) for entry in found)
            names.update({entry: None for entry in entries if isinstance(entry, str)})
    return [printable(name[:_NAME_LENGTH]) for name in list(names)[:_METERS_SHOWN]] or ["none"]
