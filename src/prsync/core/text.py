"""Texts: what a name may hold, and how a line shows it."""

from __future__ import annotations

from typing import Final

UNPRINTABLE: Final = "\N{REPLACEMENT CHARACTER}"
"""Stands for what a terminal would obey or cannot show."""


def is_text(text: str) -> bool:
    """Whether `text` was text to begin with: bytes that Python could not decode stand in it as lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def printable(text: str) -> str:
    """`text` on one line: a customer's name may hold anything, also what moves a cursor."""
    return "".join(letter if letter.isprintable() else UNPRINTABLE for letter in text)


def quantity(number: int, thing: str) -> str:
    """As `1 feed` and `3,000 feeds`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
