"""How one key of an API profile fits what a server answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Fit(StrEnum):
    """Whether a key fits."""

    FITS = "fits"
    GUESSED = "guessed"
    """It works, though by a guess or without something that would be better."""
    MISFIT = "does not fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFit:
    """What a key says, what was found, and to what it could be set instead, the likeliest first.

    `key` is the key as `devices.id`; `says` and `could_be` are values of the profile. `found` holds no value of
    a customer.
    """

    key: str
    says: Any
    fit: Fit
    found: str
    could_be: tuple[Any, ...] = ()
    question: str | None = None
    """What only a person can know, where the key works by a guess that may be wrong."""

    @property
    def is_misfit(self) -> bool:
        """Whether prsync cannot work with that server until the key is changed."""
        return self.fit is Fit.MISFIT

    @property
    def is_guessed(self) -> bool:
        """Whether prsync can work with it, and something else may be better."""
        return self.fit is Fit.GUESSED
