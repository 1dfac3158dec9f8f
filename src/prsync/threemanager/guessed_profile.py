"""A profile with the likeliest settings in place of those that do not fit: to go on looking as if they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prsync.threemanager.key_fit import KeyFit


def with_guesses(profile: Profile, fits: Iterable[KeyFit]) -> Profile:
    """The profile with the first guess for each key that does not fit; as it is where that makes no profile."""
    tables: dict[str, Any] = profile.model_dump(by_alias=True)
    for fit in fits:
        if fit.could_be and (fit.is_misfit or fit.is_guessed):
            *path, key = fit.key.split(".")
            table = tables
            for part in path:
                table = table[part]
            table[key] = fit.could_be[0]
    try:
        return Profile.model_validate(tables)
    except ValidationError:
        return profile
