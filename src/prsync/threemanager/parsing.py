"""From an answer's JSON to the core's values. Liberal in spelling, never guessing.

Only the five fields a device row needs are looked at; whatever else comes along is dropped with the answer.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from prsync.core.readings import reading_of
from prsync.errors import UnusableAnswerError
from prsync.threemanager.profile import key

if TYPE_CHECKING:
    from prsync.core.model import Reading
    from prsync.threemanager.profile import Fields

_OK: Final = 200
_MOST_DIGITS: Final = 40
"""No count has as many, and int() refuses thousands of them: one device's nonsense would be the whole answer's."""
_NO_NUMBER: Final = Decimal("NaN")
_NO_COUNTERS: Final = object()


@dataclass(frozen=True, slots=True)
class Organization:
    """A customer, as 3manager knows it."""

    organization_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows, and the number of the next; `bare` where the answer was an array and cannot say."""

    rows: list[dict[str, Any]]
    next_page: int | None
    bare: bool


def document_of(body: bytes) -> Any:
    """The JSON of an answer; ValueError where it is none. A number beyond all measure is NaN."""
    try:
        return json.loads(body, parse_int=_integer, parse_float=_decimal)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MOST_DIGITS else _NO_NUMBER


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return _NO_NUMBER


def page_of(answer: Any, fields: Fields, path: str) -> Page:
    """The rows of an answer, each with its field names without case and underscores."""
    if isinstance(answer, list):
        return Page(_rows(answer, path), None, bare=True)
    if isinstance(answer, dict):
        named = _normalised(answer)
        for name in fields.rows:
            if isinstance(rows := named.get(key(name)), list):
                return Page(_rows(rows, path), _next_page(named, fields, path), bare=False)
    raise UnusableAnswerError(path, _OK, f"an array of rows, or an object with one in {' or '.join(fields.rows)}")


def _rows(rows: list[Any], path: str) -> list[dict[str, Any]]:
    for row in rows:
        if not isinstance(row, dict):
            raise UnusableAnswerError(path, _OK, "an object in each row")
    return [_normalised(row) for row in rows]


def _normalised(row: dict[str, Any]) -> dict[str, Any]:
    return {key(name): value for name, value in row.items()}


def _next_page(named: dict[str, Any], fields: Fields, path: str) -> int | None:
    value = named.get(key(fields.next_page))
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise UnusableAnswerError(path, _OK, f"a number or null in {fields.next_page}")


def organization_of(row: dict[str, Any], fields: Fields, path: str) -> Organization:
    """An organization's id and name."""
    organization_id = _id(row, fields.organization_id, path)
    name = row.get(key(fields.organization_name))
    named = _one_line(name) if isinstance(name, str) else ""
    return Organization(organization_id, named or organization_id.strip())


def _one_line(name: str) -> str:
    """A name as a person can type it: what moves a cursor or breaks a line is a space."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())


def device_reading(row: dict[str, Any], fields: Fields, meter: str, path: str) -> Reading:
    """A device's reading of one meter."""
    counters = row.get(key(fields.counters), {})
    if isinstance(counters, dict):
        count = _normalised(counters).get(key(meter))
    else:  # of another shape they are this device's problem alone: an invalid reading
        count = None if counters is None else _NO_COUNTERS
    return reading_of(
        _id(row, fields.device_id, path),
        managed=_flag(row.get(key(fields.managed))),
        count=count,
        read_at=row.get(key(fields.read_at)),
    )


def _flag(value: Any) -> bool:
    """Managed only where the server says so: pages of a device not known to be managed are not counted as such."""
    return value is True or value == 1 or (isinstance(value, str) and value.strip().casefold() == "true")


def _id(row: dict[str, Any], name: str, path: str) -> str:
    value = row.get(key(name))
    if isinstance(value, str) and value.strip() and not any(map(_is_unspeakable, value)):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise UnusableAnswerError(path, _OK, f"{name} in each row")


def _is_unspeakable(letter: str) -> bool:
    """Control characters, which a terminal would obey, and halves of a character, which no file can hold."""
    return unicodedata.category(letter) in {"Cc", "Cs"}
