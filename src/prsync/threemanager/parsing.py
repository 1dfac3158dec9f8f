"""From an answer's JSON to the core's values. Liberal in spelling, never guessing.

Only the five fields a device row needs are looked at; whatever else comes along is dropped with the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prsync.core.readings import reading_of
from prsync.errors import UnusableAnswerError
from prsync.threemanager.profile import key

if TYPE_CHECKING:
    from prsync.core.model import Reading
    from prsync.threemanager.profile import Fields

_OK = 200


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
    return Organization(organization_id, (isinstance(name, str) and _one_line(name)) or organization_id)


def _one_line(name: str) -> str:
    """A name as a person can type it: what moves a cursor or breaks a line is a space."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())


def device_reading(row: dict[str, Any], fields: Fields, meter: str, path: str) -> Reading:
    """A device's reading of one meter."""
    counters = row.get(key(fields.counters))
    # Counters of another shape are this device's problem alone: an invalid reading.
    count = _normalised(counters).get(key(meter)) if isinstance(counters, dict) else counters
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
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise UnusableAnswerError(path, _OK, f"{name} in each row")
