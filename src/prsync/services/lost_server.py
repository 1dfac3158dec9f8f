"""When a server is not worth asking any more in this run: it has failed several feeds in a row in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from prsync.errors import ServerError, ServerLostError, UnusableAnswerError

FEEDS_IN_A_ROW: Final = 5
"""So many failures alike are the server's and no customer's; each feed more would wait for it as long."""

_CLIENT_ERRORS: Final = range(400, 500)
"""HTTP statuses that are about what was asked for: another customer may be answered."""


@dataclass(slots=True)
class FailuresInARow:
    """How the last feeds of one server failed. `lost` says why the rest is not asked, None as long as it is."""

    lost: str | None = None
    _kind: object = None
    _count: int = 0

    def feed_done(self, error: Exception | None) -> None:
        """A feed was collected, or failed with that error."""
        if isinstance(error, ServerLostError):
            self.lost = str(error)
            return
        kind = _kind_of(error)
        self._count = self._count + 1 if kind is not None and kind == self._kind else int(kind is not None)
        self._kind = kind
        if self._count >= FEEDS_IN_A_ROW:
            self.lost = f"{FEEDS_IN_A_ROW} feeds in a row failed in the same way, the last one so: {error}"


def _kind_of(error: Exception | None) -> object:
    """What makes two failures alike; None for what tells nothing of the server."""
    if not isinstance(error, ServerError):
        return None
    if isinstance(error, UnusableAnswerError):
        return None if error.status in _CLIENT_ERRORS else (type(error), error.status)
    return type(error)
