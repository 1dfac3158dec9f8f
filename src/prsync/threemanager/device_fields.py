"""Fields of a device's row whose values have rules of their own: its id, and whether it is managed."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from prsync.errors import UnusableAnswerError
from prsync.threemanager.address import at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.threemanager.profile import Devices
    from prsync.threemanager.rows import Row

_OK: Final = 200

_BEYOND_ANY_ID: Final = 10**40
"""Numbers that are ids have fewer digits."""


def id_of(row: Row, address: str, path: str) -> str:
    """The id at an address: a text or a whole number, without blanks around it. UnusableAnswerError for none."""
    value = at(row, address)
    if is_usable_id(value):
        return str(value).strip()
    raise UnusableAnswerError(path, _OK, f"{address} in each row")


def is_usable_id(value: Any) -> bool:
    """Whether a value can be an id."""
    if isinstance(value, str):
        text = value.strip()
        return bool(text) and (text.isprintable() or not any(map(_is_control_or_surrogate, text)))
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _BEYOND_ANY_ID


def _is_control_or_surrogate(char: str) -> bool:
    # A terminal obeys control characters, and a lone surrogate (half a character) cannot be written to a file.
    return unicodedata.category(char) in {"Cc", "Cs"}


def is_managed_value(value: Any, devices: Devices) -> bool | None:
    """Whether a value means managed; None for one that the profile does not name."""
    if value is None or _is_one_of(value, devices.unmanaged_values):
        return False
    return True if _is_one_of(value, devices.managed_values) else None


def _is_one_of(value: Any, wanted: Sequence[object]) -> bool:
    """Whether a JSON value is in a list: a text whatever its case, true and 1 as different values."""
    if isinstance(value, str):
        return value.strip().casefold() in {one.strip().casefold() for one in wanted if isinstance(one, str)}
    same_kind = (one for one in wanted if isinstance(one, bool) is isinstance(value, bool) and not isinstance(one, str))
    return isinstance(value, bool | int | float | Decimal) and any(value == one for one in same_kind)
