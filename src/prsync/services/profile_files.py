"""API profiles as files: the built-in one to begin from, and whether a file is one."""

from __future__ import annotations

from prsync.errors import InvalidValueError
from prsync.threemanager.profile import Profile, built_in_text


def built_in_profile() -> str:
    """The built-in profile with its comments."""
    return built_in_text()


def check_profile(path: str) -> str | None:
    """What is wrong with a profile's file, with the key and the line; None where it is a profile."""
    try:
        Profile.load(path)
    except InvalidValueError as error:
        return error.reason
    return None
