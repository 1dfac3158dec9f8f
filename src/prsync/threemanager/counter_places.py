"""Where the counters of devices could stand: what the profile's `[counters]` could say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from prsync.threemanager.address import MISSING, at, normalised
from prsync.threemanager.describe import kind_of
from prsync.threemanager.shown_texts import NAME_LENGTH, is_field_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.threemanager.rows import Row

_ROWS_LOOKED_AT: Final = 200
_DEEPEST: Final = 3
_MOST_NAMES: Final = 200
"""So many names of an object, and entries of a list, are looked at."""

_FEWEST_UNKNOWN: Final = 2
"""So many numbers beside each other may be counters also where the profile knows none of their names."""

_COUNTER_WORDS: Final = ("counter", "count", "meter", "page", "reading", "usage", "total")


@dataclass(frozen=True, slots=True)
class CounterPlace:
    """A place that counters could stand in, as `[counters]` says it. `meters` are the names there."""

    style: str
    at: str = ""
    name: str = ""
    value: str = ""
    meters: tuple[str, ...] = ()
    known: int = 0
    """How many of them are meters of the profile."""

    @property
    def settings(self) -> dict[str, str]:
        """The keys of the table `[counters]`."""
        return {"style": self.style, "at": self.at, "name": self.name, "value": self.value}


def counter_places(rows: Sequence[Row], meters: Sequence[str]) -> list[CounterPlace]:
    """The places that there are, the likeliest first."""
    known = {normalised(meter) for meter in meters}
    found: dict[tuple[str, ...], CounterPlace] = {}
    for row in rows[:_ROWS_LOOKED_AT]:
        for place in _places(row, "", known, 0):
            key = tuple(place.settings.values())
            if key not in found or (place.known, len(place.meters)) > (found[key].known, len(found[key].meters)):
                found[key] = place
    return sorted(found.values(), key=_rank, reverse=True)


def _rank(place: CounterPlace) -> tuple[int, bool, int]:
    return place.known, any(word in place.at.casefold() for word in _COUNTER_WORDS), len(place.meters)


def _places(value: Mapping[str, Any], address: str, known: set[str], depth: int) -> list[CounterPlace]:
    places = [*_object_place(value, address, known)]
    for name, inner in islice(value.items(), _MOST_NAMES):
        below = f"{address}.{name}" if address else name
        # A key that may be a customer's must not get into a proposal.
        if len(below) > NAME_LENGTH or not is_field_name(name):
            continue
        if isinstance(inner, Mapping) and depth < _DEEPEST:
            places += _places(inner, below, known, depth + 1)
        elif isinstance(inner, list):
            places += _list_place(inner, below, known)
    return places


def _object_place(value: Mapping[str, Any], address: str, known: set[str]) -> list[CounterPlace]:
    """`{meter: count}` or `{meter: {value: count}}`; or, without an address, counters on the device itself."""
    numbers = tuple(name for name, inner in value.items() if is_count(inner))
    in_objects = _value_name(value)
    if in_objects:
        numbers = tuple(name for name, inner in value.items() if is_count(at(inner, in_objects)))
    hits = sum(normalised(name) in known for name in numbers)
    if address:
        is_place = hits or (
            len(numbers) >= _FEWEST_UNKNOWN and any(word in address.casefold() for word in _COUNTER_WORDS)
        )
        return [CounterPlace("object", address, value=in_objects, meters=numbers, known=hits)] if is_place else []
    # Other numbers of a device (a year, a price) stand beside these, so only a name that is known makes them counters.
    return [CounterPlace("fields", meters=numbers, known=hits)] if hits and not in_objects else []


def _value_name(value: Mapping[str, Any]) -> str:
    """In which field of the objects in an object their number stands; "" where they are none, or have none."""
    if not _FEWEST_UNKNOWN <= len(value) <= _MOST_NAMES:
        return ""
    inner = [one for one in value.values() if isinstance(one, Mapping)]
    if len(inner) != len(value):
        return ""
    names = [name for name, number in islice(inner[0].items(), _MOST_NAMES) if is_count(number)]
    return next((name for name in names if all(is_count(at(one, name)) for one in inner)), "")


def _list_place(entries: list[Any], address: str, known: set[str]) -> list[CounterPlace]:
    """`[{name, value}]`: the text that differs in every entry is the name, the number beside it the count."""
    objects = [entry for entry in entries[:_MOST_NAMES] if isinstance(entry, Mapping)]
    if not objects or len(objects) != len(entries[:_MOST_NAMES]):
        return []
    places = []
    for name in filter(is_field_name, islice(objects[0], _MOST_NAMES)):
        texts = [at(entry, name) for entry in objects]
        if not all(isinstance(text, str) for text in texts) or len(set(texts)) != len(texts):
            continue
        hits = sum(normalised(text) in known for text in texts)
        is_place = hits or any(word in address.casefold() for word in _COUNTER_WORDS)
        value = _likeliest_count(objects)
        if is_place and value:
            places.append(CounterPlace("list", address, name, value, tuple(texts), hits))
    return places


def _likeliest_count(entries: Sequence[Mapping[str, Any]]) -> str:
    """The name of the number in each entry: one called value or count rather than any other, such as an id."""
    some = filter(is_field_name, islice(entries[0], _MOST_NAMES))
    names = [name for name in some if all(is_count(at(entry, name)) for entry in entries)]
    named = [name for name in names if any(word in name.casefold() for word in ("value", *_COUNTER_WORDS))]
    return (named or [name for name in names if not name.casefold().endswith("id")] or [""])[0]


def is_count(value: Any) -> bool:
    """Whether a value can be a count: a number, also one that is written as a text, or null."""
    if value is MISSING:
        return False
    return (
        value is None
        or (isinstance(value, int | Decimal) and not isinstance(value, bool))
        or (kind_of(value) == "digits as text")
    )
