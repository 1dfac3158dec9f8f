"""Values as a person writes them in an option or in a cell of an import file: names, days and months.

Each function takes what the value is called there, for an InvalidValueError.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from prsync.core.model import Month
from prsync.core.same_names import same_name
from prsync.core.text import is_shown, without_joiners
from prsync.errors import InvalidValueError

FIRST_DATE: Final = date(1990, 1, 1)
LAST_DATE: Final = date(2999, 12, 31)
NAME_LENGTH: Final = 200
_NO_DATE: Final = "is not a date; write it as 2026-11-24"


def parse_name(option: str, text: str) -> str:
    """A server's or a feed's name: one line that a person can read and type."""
    name = text.strip()
    if not name or len(name) > NAME_LENGTH or not all(map(is_shown, without_joiners(name))):
        raise InvalidValueError(option, repr(text), f"a name is one line of 1 to {NAME_LENGTH} printable characters")
    return name


def parse_feed_name(option: str, text: str) -> str:
    """A feed's name: not all digits, since a feed is looked up by its id, too."""
    name = parse_name(option, text)
    if same_name(name).isdigit():
        raise InvalidValueError(
            option, text, "a feed's name has more than digits, which are an id; give it another name"
        )
    if name.startswith("-"):
        raise InvalidValueError(option, text, "begins as an option does; give it another name")
    return name


def parse_date(option: str, text: str) -> date:
    """A day, as 2026-11-24."""
    written = text.strip()
    try:
        day = date.fromisoformat(written)
    except ValueError as error:
        raise InvalidValueError(option, text, _NO_DATE) from error
    # Python reads 20261124 and 2026-W48-2 as well; a person who mistypes a date should be told.
    if day.isoformat() != written:
        raise InvalidValueError(option, text, _NO_DATE)
    if not FIRST_DATE <= day <= LAST_DATE:
        raise InvalidValueError(option, text, f"is not between {FIRST_DATE} and {LAST_DATE}")
    return day


def parse_month(option: str, text: str) -> Month:
    """A month, as 2026-11."""
    try:
        first = parse_date(option, f"{text.strip()}-01")
    except InvalidValueError as error:
        raise InvalidValueError(option, text, "is no month; write it as 2026-11") from error
    return Month(first.year, first.month)
