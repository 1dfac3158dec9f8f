"""What time it is, and where: asked here and nowhere else. Whatever computes with it is given it."""

from __future__ import annotations

import os
import time
import warnings
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import available_timezones

if TYPE_CHECKING:
    from collections.abc import Callable

_LOCALTIME: Final = Path("/etc/localtime")
FALLBACK: Final = "UTC"
"""The time zone of a machine that has none, or one without a name."""


def utc_now() -> datetime:
    """The present instant, aware and in UTC."""
    return datetime.now(UTC)


def clock_from(now: datetime) -> Callable[[], datetime]:
    """What tells the time from the instant `now` on: for what takes long enough that it matters."""
    began = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - began)


def local_timezone() -> str:
    """The IANA name of this machine's time zone, as `date` has it: TZ, then /etc/localtime."""
    import tzlocal

    for name in (os.environ.get("TZ", "").removeprefix(":"), _name_of(_LOCALTIME)):
        if name and is_timezone(name):
            return name
    # A container need not have a time zone, and one that is told in two ways may contradict itself. -q is to be silent
    # there, too.
    with warnings.catch_warnings(action="ignore"):
        try:
            found = tzlocal.get_localzone_name()
        except (LookupError, ValueError, OSError):
            return FALLBACK
    return found if is_timezone(found) else FALLBACK


def _name_of(link: Path) -> str:
    """The time zone whose file a link leads to; "" where it is no link to one."""
    _, is_below, name = os.path.realpath(link).partition("/zoneinfo/")
    return name.removeprefix("posix/") if is_below else ""


def is_timezone(name: str) -> bool:
    """Whether `name` is an IANA time zone. "localtime" is none: its meaning moves with the machine."""
    return name in _timezones()


def alike_timezone(name: str) -> str | None:
    """The time zone that is written so but for case and blanks; None where there is none."""
    written = {known.casefold(): known for known in _timezones()}
    return written.get("_".join(name.casefold().split()))


@cache
def _timezones() -> set[str]:
    return available_timezones() - {"localtime"}
