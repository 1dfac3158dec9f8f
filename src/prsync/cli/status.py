"""The exit statuses, which scripts and monitors read: each is named here once."""

from __future__ import annotations

from enum import IntEnum

from prsync.errors import InputError, LockedError


class Status(IntEnum):
    """How a command ends. A signal ends it with 128 and the signal's number (process/signals.py)."""

    DONE = 0
    FAILED = 1
    """A server or a feed failed, or is unhealthy; the others were done all the same."""
    WRONG_INPUT = 2
    """Wrong usage or input: nothing was changed."""
    LOCKED = 75
    """Another prsync is at that server (EX_TEMPFAIL of sysexits.h): trying again later will do."""
    NOBODY_READS = 128 + 13
    """Standard output is closed, as by `| head`: what a shell says of a command that SIGPIPE has ended."""


def status_of(error: Exception) -> Status:
    """With which status an error ends a command."""
    if isinstance(error, LockedError):
        return Status.LOCKED
    return Status.WRONG_INPUT if isinstance(error, InputError) else Status.FAILED
