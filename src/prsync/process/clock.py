"""What time it is, and where: asked here and nowhere else. Whatever computes with it is given it."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from functools import cache
from typing import Final
from zoneinfo import available_timezones

FALLBACK: Final = "UTC"
"""The time zone of a machine that has none, or one without a name."""


def utc_now() -> datetime:
    """The present instant, aware and in UTC."""
    return datetime.now(UTC)


def local_timezone() -> str:
    """The IANA name of this machine's time zone."""
    from pendulum.tz.local_timezone import get_local_timezone

    # A container need not have a time zone. pendulum would warn of it, and -q is to be silent there too.
    with warnings.catch_warnings(action="ignore"):
        try:
            name = str(get_local_timezone().name)
        except (ValueError, KeyError):  # /etc/timezone names one that there is not
            return FALLBACK
    return name if is_timezone(name) else FALLBACK


def is_timezone(name: str) -> bool:
    """Whether `name` is an IANA time zone. "localtime" is none: its meaning moves with the machine."""
    return name in _timezones()


@cache
def _timezones() -> set[str]:
    return available_timezones() - {"localtime"}
