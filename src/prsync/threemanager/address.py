"""Where a value stands in an answer: a field's name, or a path with dots, as an API profile says it.

Names match whatever their case and underscores: servers spell `deviceId`, `DeviceID` and `device_id` for one thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final


class _Missing:
    """Stands for what is not there. None is something else: the JSON null."""

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()


@lru_cache(maxsize=4096)  # an answer has thousands of rows with the same names
def normalised(name: str) -> str:
    """A field's name without what may differ in its spelling."""
    return name.replace("_", "").casefold()


def at(value: Any, address: str) -> Any:
    """What stands in `value` at `address`; MISSING where nothing does, and for the address "".

    A whole name is looked for first: `@odata.nextLink` is one, and no path.
    """
    # The usual case first: it is asked for some times in each row.
    if type(value) is dict and address in value and address:
        return value[address]
    if not address or not isinstance(value, Mapping):
        return MISSING
    whole = _named(value, address)
    if whole is not MISSING or "." not in address:
        return whole
    for part in address.split("."):
        value = _named(value, part) if isinstance(value, Mapping) else MISSING
        if value is MISSING:
            return MISSING
    return value


def _named(row: Mapping[str, Any], name: str) -> Any:
    """The value of a field. The usual spelling is tried first: it is right for all rows but the first of a server."""
    if name in row:
        return row[name]
    wanted = normalised(name)
    for found, value in row.items():
        if normalised(found) == wanted:
            return value
    return MISSING
