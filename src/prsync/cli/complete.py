"""Completes names of feeds and servers, and months, at Tab. A shell waits for it: nothing slow is loaded."""

import os
import re
from typing import TYPE_CHECKING, Final, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

_MONTHS: Final = 24
_SPECIAL: Final = re.compile(r"([^\w@%+=:,./-])")


def feeds(context: typer.Context, incomplete: str) -> list[str]:
    """The names of feeds that begin so, whatever the case."""
    return _names(context, incomplete, "feeds")


def servers(context: typer.Context, incomplete: str) -> list[str]:
    """The names of servers that begin so, whatever the case."""
    return _names(context, incomplete, "servers")


def months(incomplete: str) -> list[str]:
    """The last months, the latest first."""
    from prsync.process.clock import utc_now

    return [month for month in _last_months(utc_now().date()) if month.startswith(incomplete)]


def _last_months(today: "date") -> "Iterable[str]":
    place = today.year * 12 + today.month - 1
    return (f"{number // 12:04}-{number % 12 + 1:02}" for number in range(place, place - _MONTHS, -1))


def _names(context: typer.Context, incomplete: str, table: Literal["feeds", "servers"]) -> list[str]:
    from prsync.errors import PrsyncError
    from prsync.process.files import state_path
    from prsync.store.names_to_complete import names_in

    try:
        found = names_in(state_path(context.find_root().params.get("state")), table)
    except PrsyncError:
        return []
    begins = (name for name in found if name.casefold().startswith(incomplete.casefold()))
    # bash puts in what it is given as it is: a name with a blank would be two words. zsh and fish quote for themselves.
    return [_Offered(_SPECIAL.sub(r"\\\1", name) if _is_bash() else name) for name in begins]


class _Offered(str):
    """A word to offer. typer drops those that do not begin as typed, which one in another case or quoted need not."""

    __slots__ = ()

    def startswith(self, *_: object) -> bool:
        """Whether it is offered: it is."""
        return True


def _is_bash() -> bool:
    return os.environ.get("_PRSYNC_COMPLETE", "").endswith("bash")
