"""Names as people type them: in another Unicode form, with other blanks, in another case."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, TypeVar

from prsync.core.text import without_joiners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Value = TypeVar("Value")


def same_name(text: str) -> str:
    """What two ways to type one name have in common: Unicode's forms, and runs of white space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def nearly_same_name(text: str) -> str:
    """The same, without case and joiners: names that differ in nothing else are easily taken for one another."""
    return same_name(without_joiners(same_name(text)).casefold())


def named(wanted: str, values: Iterable[Value], name_of: Callable[[Value], str]) -> list[Value]:
    """The values that a person means by a name: those called the same, else those called nearly so.

    Several where the name does not tell them apart, as two that only Unicode's forms make different.
    """
    among = list(values)
    for as_compared in (same_name, nearly_same_name):
        if found := [value for value in among if as_compared(name_of(value)) == as_compared(wanted)]:
            return found
    return []
