"""Describes a JSON document by its fields: where they stand, of which types, in how many rows. It keeps no value.

An address is written with dots, `[]` for each entry of a list, and `{}` for each entry of an object whose keys are
data: `items[].counters.totalPages`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from prsync.threemanager.shown_texts import FEWEST_ROWS, Texts, is_field_name, is_table_by_key, shown_name

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_FIELDS: Final = 400
MOST_ROWS: Final = 5_000
"""Of each list, so many entries are looked at."""

_MOST_NAMES: Final = 1_000
"""Of each object, so many names are looked at."""

_DEEPEST: Final = 10
_LIST_STEP: Final = "[]"
_TABLE_STEP: Final = "{}"

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d.*)?")
_DOTNET_DATE: Final = re.compile(r"/Date\(.*\)/")
_OTHER_DATE: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([T ,]+\d{1,2}[:.]\d\d.*)?")


@dataclass(slots=True)
class FieldShape:
    """One field of a document. `rows` is how many rows its list has, and in `seen` of them it stands."""

    address: str
    rows_address: str
    """The address of the rows it stands in, as `items[]`; "" where it stands in none."""
    kinds: Counter[str] = field(default_factory=Counter)
    seen: int = 0
    rows: int = 0
    texts: Texts = field(default_factory=Texts)
    values: set[int] = field(default_factory=set)
    """A hash of each value that is a text or a number: to see how many differ, not which they are."""

    @property
    def differs_in_every_row(self) -> bool:
        """Whether no two rows have the same here."""
        return self.seen > 1 and len(self.values) == self.seen


@dataclass(slots=True)
class Description:
    """The fields of a document in the order in which they come. `left_out` is above 0 where there are more."""

    fields: dict[str, FieldShape] = field(default_factory=dict)
    left_out: int = 0
    kind: str = "nothing"
    row_counts: Counter[str] = field(default_factory=Counter)
    """How many entries a list has in all, by the address of its entries."""

    def lists_of_objects(self) -> list[tuple[str, int]]:
        """The address of each list whose entries are objects, with how many it has; the longest first."""
        found = [
            (shape.address.removesuffix(_LIST_STEP), self.row_counts[shape.address])
            for shape in self.fields.values()
            if shape.address.endswith(_LIST_STEP) and shape.kinds["object"]
        ]
        return sorted(found, key=lambda one: -one[1])


def describe(document: Any) -> Description:
    """The description of a document, whatever it is; what is deeper or more than anybody reads is left out."""
    description = Description(kind=kind_of(document))
    _Walk(description, _recurring_names(document)).value(document, "", "", 0)
    for shape in description.fields.values():
        shape.rows = description.row_counts[shape.rows_address] if shape.rows_address else 1
    return description


@dataclass(slots=True)
class _Walk:
    description: Description
    recurring: frozenset[str]
    """Names that so many objects have that they are no customer's."""

    row: int = 0
    """The number of the entry of an outermost list that is looked at."""

    is_in_list: bool = False

    def value(self, value: Any, address: str, rows_address: str, depth: int) -> None:
        if depth > _DEEPEST:
            return
        if isinstance(value, Mapping):
            self._object(value, address, rows_address, depth)
        elif isinstance(value, list):
            self._entries(value, address + _LIST_STEP, depth)

    def _object(self, value: Mapping[str, Any], address: str, rows_address: str, depth: int) -> None:
        if is_table_by_key(value) and not all(name in self.recurring for name in value):
            self._entries(list(value.values()), address + _TABLE_STEP, depth)
            return
        self.description.left_out += max(0, len(value) - _MOST_NAMES)
        for name, inner in islice(value.items(), _MOST_NAMES):
            is_shown = name in self.recurring or is_field_name(name)
            step = shown_name(name) if is_shown else _TABLE_STEP
            below = f"{address}.{step}" if address else step
            self._note(below, rows_address, inner)
            self.value(inner, below, rows_address, depth + 1)

    def _entries(self, entries: list[Any], address: str, depth: int) -> None:
        self.description.row_counts[address] += len(entries)
        is_outermost, self.is_in_list = not self.is_in_list, True
        for entry in entries[:MOST_ROWS]:
            self.row += is_outermost
            self._note(address, address, entry)
            self.value(entry, address, address, depth + 1)
        self.is_in_list = not is_outermost

    def _note(self, address: str, rows_address: str, value: Any) -> None:
        fields = self.description.fields
        if address not in fields:
            if len(fields) >= MOST_FIELDS:
                self.description.left_out += 1
                return
            fields[address] = FieldShape(address, rows_address)
        shape = fields[address]
        shape.kinds[kind_of(value)] += 1
        shape.seen += 1
        if isinstance(value, str):
            shape.texts.add(value, self.row)
        if isinstance(value, str | int | Decimal) and len(shape.values) < MOST_ROWS:
            shape.values.add(hash((type(value).__name__, str(value))))


def _recurring_names(document: Any) -> frozenset[str]:
    """The names that at least FEWEST_ROWS entries of one list have, or of one list's entries' objects."""
    names: Counter[str] = Counter()
    for entries in _lists(document, 0):
        for entry in entries[:MOST_ROWS]:
            names.update(_names_below(entry, 0))
    return frozenset(name for name, times in names.items() if times >= FEWEST_ROWS)


def _lists(value: Any, depth: int) -> Iterator[list[Any]]:
    """The outermost lists of a document."""
    if isinstance(value, list):
        yield value
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        for inner in list(value.values())[:MOST_ROWS]:
            yield from _lists(inner, depth + 1)


def _names_below(value: Any, depth: int) -> set[str]:
    if not isinstance(value, Mapping) or depth > _DEEPEST:
        return set()
    names = set(list(value)[:MOST_FIELDS])
    for inner in list(value.values())[:MOST_FIELDS]:
        names |= _names_below(inner, depth + 1)
    return names


def kind_of(value: Any) -> str:
    """The type of a value in a sysadmin's words; of a text also what it looks like, and never what it is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list):
        return "list"
    if isinstance(value, int | Decimal | float):
        return "number"
    return _kind_of_text(str(value).strip())


def _kind_of_text(text: str) -> str:
    if not text:
        return "empty text"
    if text.isascii() and text.isdigit():
        return "digits as text"
    if _DATE.fullmatch(text) or _DOTNET_DATE.fullmatch(text) or _OTHER_DATE.fullmatch(text):
        return "date as text"
    return "text"
