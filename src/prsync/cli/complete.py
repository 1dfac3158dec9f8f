"""Completes names of feeds and servers, months and words at Tab. A shell waits for it: nothing slow is loaded."""

import itertools
import os
import re
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
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


def reissued(context: typer.Context, incomplete: str) -> list[str]:
    """What `--reissue` takes: a feed, then a month."""
    words = _words_on_the_line()
    before = words[:-1] if incomplete else words
    return feeds(context, incomplete) if before[-1:] == ["--reissue"] else months(incomplete)


def one_of(*words: str) -> "Callable[[str], list[str]]":
    """Those of the words that an option takes that begin so."""

    def beginning_so(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return beginning_so


def _last_months(today: "date") -> "Iterable[str]":
    place = today.year * 12 + today.month - 1
    return (f"{number // 12:04}-{number % 12 + 1:02}" for number in range(place, place - _MONTHS, -1))


def _names(context: typer.Context, incomplete: str, table: Literal["feeds", "servers"]) -> list[str]:
    from prsync.errors import PrsyncError
    from prsync.process.files import state_path
    from prsync.store.names_to_complete import names_in

    state = _option_on_the_line("--state") or context.find_root().params.get("state")
    try:
        found = names_in(state_path(state), table)
    except PrsyncError:
        return []
    begins = (name for name in found if name.casefold().startswith(incomplete.casefold()))
    # bash puts in what it is given as it is: a name with a blank would be two words. zsh and fish quote for themselves.
    return [_Offered(_SPECIAL.sub(r"\\\1", name) if _is_bash() else name) for name in begins]


def _option_on_the_line(option: str) -> str | None:
    """An option's value, wherever it stands: typer at Tab knows the program's options before the command only."""
    words = _words_on_the_line()
    values = [after for word, after in itertools.pairwise(words) if word == option]
    values += [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]
    return values[-1] if values else None


def _words_on_the_line() -> list[str]:
    """The words typed so far, with the one that is being typed."""
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    for end_of_quotation in ("", '"', "'"):  # the last word may have begun one
        with suppress(ValueError):
            return shlex.split(line + end_of_quotation)
    return []


class _Offered(str):
    """A word to offer. typer drops those that do not begin as typed, which one in another case or quoted need not."""

    __slots__ = ()

    def startswith(self, *_: object) -> bool:
        """Whether it is offered: it is."""
        return True


def _is_bash() -> bool:
    return os.environ.get("_PRSYNC_COMPLETE", "").endswith("bash")
