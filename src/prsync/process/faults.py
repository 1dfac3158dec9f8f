"""What is kept of an error that nobody foresaw: enough to find the place, and nothing of a customer's data."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARTS_KEPT: Final = 3
"""Of a file's path the end is enough to know it by; the rest tells of somebody's machine."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error's class and where it was raised, outermost frame first. `feed` is None where no feed was at work.

    Neither the error's text nor a variable's value: both may quote a server's answer, or hold a password.
    """

    error: str
    frames: tuple[str, ...]
    feed: str | None = None

    @classmethod
    def of(cls, error: BaseException, feed: str | None = None) -> Self:
        """The fault that an error is."""
        return cls(type(error).__name__, tuple(_frames(error)), feed)

    def document(self) -> dict[str, object]:
        """The fault as a run's summary keeps it."""
        return {"feed": self.feed, "error": self.error, "frames": list(self.frames)}


def _frames(error: BaseException) -> Iterator[str]:
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        file = "/".join(Path(code.co_filename).parts[-_PARTS_KEPT:])
        yield f"{file}:{line} {code.co_qualname}"
