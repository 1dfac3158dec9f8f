"""A feed's settings, from what a person writes in an option or in a cell of an import file."""

from __future__ import annotations

import warnings
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import available_timezones

from prsync.core.model import Month, Scope
from prsync.errors import InvalidValueError

if TYPE_CHECKING:
    from prsync.threemanager.profile import Profile

MAX_CEILING: Final = 10**12
"""Keeps every sum of a feed's pages a number SQLite can hold."""

FIRST_DATE: Final = date(1990, 1, 1)
LAST_DATE: Final = date(2999, 12, 31)
NAME_LENGTH: Final = 200
DEFAULT_METER: Final = "totalPages"
NO_HOLIDAYS: Final = "none"
_NO_DATE: Final = "is not a date; write it as 2026-11-24"


def a_name(option: str, text: str) -> str:
    """A server's or a feed's name: one line that a person can read and type."""
    name = text.strip()
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise InvalidValueError(option, repr(text), f"a name is one line of 1 to {NAME_LENGTH} printable characters")
    return name


def a_date(option: str, text: str) -> date:
    """A day, as 2026-11-24."""
    written = text.strip()
    try:
        day = date.fromisoformat(written)
    except ValueError as error:
        raise InvalidValueError(option, text, _NO_DATE) from error
    if day.isoformat() != written:  # Python reads 20261124 and 2026-W48-2 as well
        raise InvalidValueError(option, text, _NO_DATE)
    if not FIRST_DATE <= day <= LAST_DATE:
        raise InvalidValueError(option, text, f"is not between {FIRST_DATE} and {LAST_DATE}")
    return day


def a_month(option: str, text: str) -> Month:
    """A month, as 2026-11."""
    try:
        first = a_date(option, f"{text.strip()}-01")
    except InvalidValueError as error:
        raise InvalidValueError(option, text, "is no month; write it as 2026-11") from error
    return Month(first.year, first.month)


def a_scope(option: str, text: str) -> Scope:
    """`all` or `managed`."""
    try:
        return Scope(text.strip().lower())
    except ValueError as error:
        raise InvalidValueError(option, text, "is neither all nor managed") from error


def a_timezone(option: str, text: str) -> str:
    """An IANA time zone, as Europe/Copenhagen."""
    name = text.strip()
    if name not in _timezones():
        raise InvalidValueError(option, text, "is no time zone; write it as Europe/Copenhagen")
    return name


def system_timezone() -> str:
    """The time zone of this machine; UTC where it has one without a name."""
    from pendulum.tz.local_timezone import get_local_timezone

    with warnings.catch_warnings(action="ignore"):  # a container need not have one, and -q is to be silent there too
        try:
            name = str(get_local_timezone().name)
        except (ValueError, KeyError):  # /etc/timezone names one that there is not
            return "UTC"
    return name if name in _timezones() else "UTC"


@cache
def _timezones() -> set[str]:
    """All but the one whose meaning moves with the machine."""
    return available_timezones() - {"localtime"}


def a_region(option: str, text: str) -> str | None:
    """A country whose public holidays are known, or a region of it as DE-BY; `none` for no holidays."""
    from prsync.services.health import holidays_of

    region = text.strip().upper()
    if region == NO_HOLIDAYS.upper():
        return None
    try:
        holidays_of(region)
    except InvalidValueError as error:
        raise InvalidValueError(option, text, error.reason) from error
    return region


def a_ceiling(option: str, text: str) -> int:
    """Pages one device may add from one reading to the next."""
    digits = text.strip()
    if (
        digits.isascii()
        and digits.isdigit()
        and len(digits) <= len(str(MAX_CEILING))
        and 0 < int(digits) <= MAX_CEILING
    ):
        return int(digits)
    raise InvalidValueError(option, text, f"is not a whole number from 1 to {MAX_CEILING}")


def a_meter(option: str, text: str, profile: Profile) -> str:
    """A meter that the server's API profile knows, in its spelling."""
    try:
        return profile.meter(text.strip())
    except InvalidValueError as error:
        raise InvalidValueError(option, text, error.reason) from error
