"""Parses an answer's JSON into the core's values. Spellings may differ; what is missing or wrong is never guessed.

Of a device only the fields of a reading are looked at. All others (serial number, address, location …) are dropped with
the answer, so that they cannot be stored or logged.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from prsync.core.model import Organization
from prsync.core.readings import reading_of
from prsync.errors import UnusableAnswerError
from prsync.threemanager.profile import normalised_name

if TYPE_CHECKING:
    from prsync.core.model import Reading
    from prsync.threemanager.profile import Fields

_OK: Final = 200
# No count has as many digits, and int() raises an error for thousands of them: one device's faulty number would then
# make the whole answer unusable.
_MOST_DIGITS: Final = 40
_NOT_A_NUMBER: Final = Decimal("NaN")
# Stands for a count where the counters are of another shape; the core takes an object of no known type as invalid.
_INVALID_COUNT: Final = object()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows, and the number of the next page, None after the last one.

    `is_bare_array`: the answer was an array of rows instead of an object, which has no room for a next page's number.
    """

    rows: list[dict[str, Any]]
    next_page: int | None
    is_bare_array: bool


def document_of(body: bytes) -> Any:
    """The JSON document of an answer; ValueError where it is not JSON.

    A number with a fraction or an exponent is a Decimal, one with too many digits is NaN.
    """
    try:
        return json.loads(body, parse_int=_integer, parse_float=_decimal)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MOST_DIGITS else _NOT_A_NUMBER


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return _NOT_A_NUMBER


def page_of(answer: Any, fields: Fields, path: str) -> Page:
    """The rows of an answer, with normalised field names; UnusableAnswerError, with `path`, where there are none."""
    if isinstance(answer, list):
        return Page(_rows(answer, path), None, is_bare_array=True)
    if isinstance(answer, dict):
        envelope = _with_normalised_names(answer)
        for name in fields.rows:
            if isinstance(rows := envelope.get(normalised_name(name)), list):
                return Page(_rows(rows, path), _next_page(envelope, fields, path), is_bare_array=False)
    raise UnusableAnswerError(path, _OK, f"an array of rows, or an object with one in {' or '.join(fields.rows)}")


def _rows(rows: list[Any], path: str) -> list[dict[str, Any]]:
    for row in rows:
        if not isinstance(row, dict):
            raise UnusableAnswerError(path, _OK, "an object in each row")
    return [_with_normalised_names(row) for row in rows]


def _with_normalised_names(row: dict[str, Any]) -> dict[str, Any]:
    return {normalised_name(name): value for name, value in row.items()}


def _next_page(envelope: dict[str, Any], fields: Fields, path: str) -> int | None:
    value = envelope.get(normalised_name(fields.next_page))
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise UnusableAnswerError(path, _OK, f"a number or null in {fields.next_page}")


def organization_of(row: dict[str, Any], fields: Fields, path: str) -> Organization:
    """An organization's id and name; without a name, the id stands for it."""
    organization_id = _id(row, fields.organization_id, path)
    name = row.get(normalised_name(fields.organization_name))
    name_or_empty = _on_one_line(name) if isinstance(name, str) else ""
    return Organization(organization_id, name_or_empty or organization_id.strip())


def _on_one_line(name: str) -> str:
    """A name with single spaces instead of whatever cannot be printed, so that a person can type it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())


def device_reading(row: dict[str, Any], fields: Fields, meter: str, path: str) -> Reading:
    """The reading of one meter in a device's row; `path` is where the row is from, for errors."""
    counters = row.get(normalised_name(fields.counters), {})
    if isinstance(counters, dict):
        count = _with_normalised_names(counters).get(normalised_name(meter))
    else:
        # Counters of another shape make this device's reading invalid. The others' must not be lost with it.
        count = None if counters is None else _INVALID_COUNT
    return reading_of(
        _id(row, fields.device_id, path),
        managed=_is_managed(row.get(normalised_name(fields.managed))),
        count=count,
        read_at=row.get(normalised_name(fields.read_at)),
    )


def _is_managed(value: Any) -> bool:
    """Whether the server says that a device is managed."""
    # Only where it clearly says so: a feed of scope `managed` must not count the pages of any other device.
    return value is True or value == 1 or (isinstance(value, str) and value.strip().casefold() == "true")


def _id(row: dict[str, Any], name: str, path: str) -> str:
    """The id in the field `name`, a text or a whole number; UnusableAnswerError where there is none."""
    value = row.get(normalised_name(name))
    if isinstance(value, str) and value.strip() and not any(map(_is_control_or_surrogate, value)):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise UnusableAnswerError(path, _OK, f"{name} in each row")


def _is_control_or_surrogate(char: str) -> bool:
    # A terminal obeys control characters, and a lone surrogate (half a character) cannot be written to a file.
    return unicodedata.category(char) in {"Cc", "Cs"}
