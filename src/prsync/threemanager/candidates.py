"""Which fields of some rows could be what a key of the profile is for: by their names, types and how they differ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from prsync.threemanager.address import MISSING
from prsync.threemanager.describe import describe
from prsync.threemanager.instants import instant_of
from prsync.threemanager.shown_texts import NAME_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from prsync.threemanager.rows import Row

MOST_SHOWN: Final = 3
_ROWS_LOOKED_AT: Final = 500
_ROOT: Final = "[]."

# More than this many different values are no flag.
_MOST_FLAGS: Final = 5

_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)

_PATTERNS: Final = (
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m/%d/%Y",
)
READ_AT_WRITTEN_AS: Final = ("iso", "dotnet", "milliseconds", "seconds", *_PATTERNS)
"""The formats that are tried, in this order."""


@dataclass(frozen=True, slots=True)
class Column:
    """What some rows have at one address."""

    address: str
    values: tuple[Any, ...]
    rows: int

    @property
    def present(self) -> list[Any]:
        """The values but null."""
        return [value for value in self.values if value is not None]

    @property
    def is_everywhere(self) -> bool:
        """Whether every row has a value there."""
        return len(self.present) == self.rows

    @property
    def differs(self) -> bool:
        """Whether no two rows have the same value; so it is with a single row, too."""
        return len({str(value) for value in self.present}) == len(self.present)

    @property
    def words(self) -> list[str]:
        """The words of the name, the last part's alone: `lastReadAt` has last, read and at."""
        name = self.address.rpartition(".")[2]
        return [word.casefold() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)] or [name.casefold()]


def columns(rows: Sequence[Row]) -> list[Column]:
    """The columns of some rows that an address of a profile can name, in the order in which they come."""
    looked_at = list(rows[:_ROWS_LOOKED_AT])
    addresses = [address.removeprefix(_ROOT) for address in describe(looked_at).fields if address.startswith(_ROOT)]
    found = []
    for address in addresses:
        if "[]" not in address and "{}" not in address and len(address) <= NAME_LENGTH and address.isprintable():
            values = tuple(value for row in looked_at if (value := _exactly_at(row, address)) is not MISSING)
            if values:
                found.append(Column(address, values, len(looked_at)))
    return found


def _exactly_at(row: Row, address: str) -> Any:
    """What stands at an address as it is spelled: other spellings would be looked for in every row without it."""
    if address in row:
        return row[address]
    value: Any = row
    for part in address.split("."):
        value = value.get(part, MISSING) if isinstance(value, Mapping) else MISSING
    return value


def _best(found: Sequence[Column], score: Callable[[Column], int]) -> list[str]:
    scored = [(score(column), -place, column.address) for place, column in enumerate(found)]
    return [address for points, _, address in sorted(scored, reverse=True) if points > 0][:MOST_SHOWN]


_ID_WORDS: Final = {"id", "guid", "uuid", "key", "code"}
_MAYBE_ID_ENDINGS: Final = ("no", "nr", "num", "number", "ref", "reference", "ident", "identifier", "serial", "tag")


def could_be_id(found: Sequence[Column], things: Sequence[str], *, differs: bool = True) -> list[str]:
    """The fields that could be the id of one of `things` (`device`, `printer`), the likeliest first."""

    def score(column: Column) -> int:
        scalar = all(isinstance(value, str | int) and not isinstance(value, bool) for value in column.present)
        if not (column.is_everywhere and scalar and (column.differs or not differs)):
            return 0
        words = column.words
        is_id = words[-1] in _ID_WORDS or words[-1].endswith("id")
        is_about = any(thing in column.address.casefold() for thing in things)
        # Dealers assign a service id by hand and often leave it blank: it is no device's id, even where all have one.
        if any(word.startswith("service") for word in words):
            return 0
        if not is_id:
            # Only a guess by its name: it must at least behave as an id, or as what several rows have in common.
            may_be = words[-1].endswith(_MAYBE_ID_ENDINGS) and (column.rows == 1 or column.differs is differs)
            return 1 + 2 * is_about if may_be else 0
        alone = len(words) == 1
        return 2 + 4 * is_about + 3 * alone + 2 * (words[-1] in {"id", "guid", "uuid"}) - column.address.count(".")

    return _best(found, score)


def only_number(found: Sequence[Column]) -> list[str]:
    """The one field that is a number and differs in every row: an id, where nothing is called so."""
    numbers = [
        column.address
        for column in found
        if column.is_everywhere and column.differs and all(type(value) is int for value in column.present)
    ]
    return numbers if len(numbers) == 1 else []


def could_be_name(found: Sequence[Column], things: Sequence[str]) -> list[str]:
    """The fields that could be the name of one of `things`."""

    def score(column: Column) -> int:
        is_text = bool(column.present) and all(isinstance(value, str) for value in column.present)
        words = column.words
        is_name = words[-1] in {"name", "title", "caption", "label"} or words[-1].endswith("name")
        if is_text and not is_name and len(words) == 1 and words[0] in things:
            return 1  # a field called Company, where nothing is called a name
        if not (is_text and is_name):
            return 0
        is_about = any(thing in column.address.casefold() for thing in things)
        return 3 + 2 * (len(words) == 1) + 2 * is_about + column.is_everywhere - 2 * column.address.count(".")

    return _best(found, score)


_FLAG_NAMES: Final = re.compile(r"managed|management|monitor", re.IGNORECASE)
_MAYBE_FLAG_NAMES: Final = re.compile(r"status|state|contract|active|enabled", re.IGNORECASE)


def could_be_managed(found: Sequence[Column]) -> list[str]:
    """The fields that could say whether a device is managed."""

    def score(column: Column) -> int:
        scalar = all(isinstance(value, str | int) for value in column.present)
        different = len({str(value) for value in column.present})
        name = column.address.rpartition(".")[2]
        if not column.present or not scalar or different > _MOST_FLAGS or (different == len(column.present) > 1):
            return 0
        points = 6 if _FLAG_NAMES.search(name) else 2 if _MAYBE_FLAG_NAMES.search(name) else 0
        return points and points + 2 * isinstance(column.present[0], bool)

    return _best(found, score)


_READ_NAMES: Final = re.compile(r"read|audit|meter|collect|seen|poll|scan|report|counter", re.IGNORECASE)
_MAYBE_READ_NAMES: Final = re.compile(r"time|date|updated|sync|last|timestamp", re.IGNORECASE)


def could_be_read_at(found: Sequence[Column]) -> list[str]:
    """The fields that could say when a device was read last."""

    def score(column: Column) -> int:
        if not column.present or format_of(column.present) is None:
            return 0
        name = column.address.rpartition(".")[2]
        return 4 * bool(_READ_NAMES.search(name)) + 2 * bool(_MAYBE_READ_NAMES.search(name))

    return _best(found, score)


def format_of(values: Sequence[Any]) -> str | None:
    """How the instants are written, as `devices.read_at_format` says it; None where they are none."""
    some = [value for value in values if value is not None][:_ROWS_LOOKED_AT]
    for written_as in READ_AT_WRITTEN_AS:
        if some and all(_is_plausible(value, written_as) for value in some):
            return written_as
    return None


def _is_plausible(value: Any, written_as: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return False
    instant = instant_of(value, written_as, "UTC")
    # Milliseconds taken for seconds, or a page count for either, come out in another century.
    return instant is not None and _EARLIEST <= instant <= _LATEST
