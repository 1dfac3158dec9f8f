"""SQLite's write-ahead log, as its file format describes it: a header, then frames of a page each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

HEADER: Final = 32
FRAME: Final = 24 + 4096


def frames(log: Path) -> list[bool]:
    """The frames since the log was begun anew: of each whether it commits what came before it."""
    written = log.read_bytes() if log.exists() else b""
    salt, found = written[16:24], []
    for place in range(HEADER, len(written), FRAME):
        header = written[place : place + 24]
        if header[8:16] != salt:  # of an earlier round
            break
        is_whole = len(written) >= place + FRAME
        found.append(is_whole and header[4:8] != bytes(4))
    return found


def is_torn(log: Path) -> bool:
    """Whether the log ends within a transaction: in pages that no commit follows."""
    return not all(frames(log)[-1:])
