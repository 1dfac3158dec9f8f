"""Texts: what a name may hold, and how a line shows it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

UNPRINTABLE: Final = "\N{REPLACEMENT CHARACTER}"
"""Stands for what a terminal would obey or cannot show."""

_JOINERS: Final = frozenset("\u200c\u200d")
_BLANK_LETTERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""The combining grapheme joiner, Hangul's fillers, two Khmer vowels that are never written, and Braille's blank."""


def is_text(text: str) -> bool:
    """Whether `text` was text to begin with: bytes that Python could not decode stand in it as lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def is_shown(letter: str) -> bool:
    """Whether a reader sees a character where it stands: no control, no change of direction, nothing without width."""
    # Python knows all of these but the ones that Unicode calls letters, symbols or marks and that look like nothing.
    return letter.isprintable() and letter not in _BLANK_LETTERS


def printable(text: str) -> str:
    """`text` on one line: a customer's name may hold anything, also what moves a cursor or turns a line around."""
    if text.isprintable() and _BLANK_LETTERS.isdisjoint(text):
        return text
    return "".join(letter if is_shown(letter) or joins else UNPRINTABLE for letter, joins in _joining(text))


def without_joiners(text: str) -> str:
    """`text` without what only tells how letters of its script join: Persian and Hindi are spelled with such."""
    return "".join(letter for letter, joins in _joining(text) if not joins)


def _joining(text: str) -> Iterator[tuple[str, bool]]:
    """Each letter, and whether it is a joiner where it means something: after a letter without case, or its mark."""
    before = " "
    for letter in text:
        yield letter, letter in _JOINERS and unicodedata.category(before) in {"Lo", "Mn", "Mc"}
        before = letter


def escaped(document: str) -> str:
    """A JSON document, with whatever is not shown written as an escape: to a program it is the same document."""
    if document.isascii():  # JSON itself has escaped what of ASCII is not shown
        return document
    return "".join(letter if is_shown(letter) or letter == "\n" else _escape(letter) for letter in document)


def _escape(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def quantity(number: int, thing: str) -> str:
    """As `1 feed` and `3,000 feeds`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
