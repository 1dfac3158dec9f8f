"""What may be shown of an answer beside the names of its fields: as good as nothing, for answers speak of customers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from prsync.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME_LENGTH: Final = 60
MOST_TEXTS: Final = 5
"""A field with more different texts than this shows none of them."""

FEWEST_ROWS: Final = 3
"""A text or a name that stands in fewer rows may be about one customer or one device."""

_MANY_KEYS: Final = 3
_TEXT_LENGTH: Final = 24

# Of these fields no text is shown: it would be a person, a place or a customer, also where it stands in every row.
_PERSONAL: Final = re.compile(
    r"name|title|contact|person|user|owner|mail|phone|address|street|city|town|country|region|site|place|location|room"
    r"|floor|building|department|host|customer|account|company|organi[sz]ation|tenant|dealer|client|note|comment"
    r"|description|serial|token|secret|password|key",
    re.IGNORECASE,
)

# A field's name: a word as programs write it. Anything else in its place may be data that is used as a key.
_FIELD_NAME: Final = re.compile(r"[@$_]{0,2}[^\W\d_][\w.:@$ -]*")
_DATA_IN_NAME: Final = re.compile(r"\d{3}|(?<=.)@(?!odata\.).+\.|[^\w.:@$ -]")


def shown_name(name: str) -> str:
    """A field's name on one line, and no longer than can be read."""
    text = printable(name)
    return text if len(text) <= NAME_LENGTH else text[: NAME_LENGTH - 1] + "…"


def is_field_name(name: str) -> bool:
    """Whether a key of an object is the name of a field, by its letters; else it may be a customer's or a device's."""
    return len(name) <= NAME_LENGTH and bool(_FIELD_NAME.fullmatch(name)) and not _DATA_IN_NAME.search(name)


def is_table_by_key(value: Mapping[str, Any]) -> bool:
    """Whether an object is rather a table of alike objects, whose keys are data, as {"4711": {...}, "4712": {...}}."""
    if len(value) < _MANY_KEYS or not all(isinstance(entry, dict) and entry for entry in value.values()):
        return False
    first, *others = (set(entry) for entry in value.values())
    return all(len(first & other) * 2 >= len(first | other) for other in others)


@dataclass(slots=True)
class Texts:
    """The different texts of one field, as long as there are few, and in how many rows each stands."""

    rows: dict[str, int] = field(default_factory=dict)
    overflown: bool = False
    _last_row: dict[str, int] = field(default_factory=dict)

    def add(self, text: str, row: int) -> None:
        """The row of this number has this text. One that has it several times, as in a list of its own, counts once."""
        if text not in self.rows and len(self.rows) >= MOST_TEXTS:
            self.overflown = True
        elif self._last_row.get(text) != row:
            self.rows[text] = self.rows.get(text, 0) + 1
            self._last_row[text] = row

    def shown(self, address: str, hidden: frozenset[str]) -> list[str]:
        """Those that may be shown of the field at `address`. `hidden` are words that stand for a customer."""
        if self.overflown or _PERSONAL.search(address.rpartition(".")[2]):
            return []
        return sorted(text for text, rows in self.rows.items() if rows >= FEWEST_ROWS and _is_harmless(text, hidden))


def _is_harmless(text: str, hidden: frozenset[str]) -> bool:
    return text.isalpha() and len(text) <= _TEXT_LENGTH and text.casefold() not in hidden


def words_of(texts: list[str]) -> frozenset[str]:
    """The texts and their words, to be hidden wherever they turn up."""
    words = {text.casefold() for text in texts}
    for text in texts:
        words.update(re.findall(r"[^\W\d_]+", text.casefold()))
    return frozenset(words)
