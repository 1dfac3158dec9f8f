"""The exit statuses. Scripts and monitors depend on them, so that each is defined here once."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """The exit status of a command. After a signal it is 128 plus the signal's number (process/signals.py)."""

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
    """The exit status for an error that ends a command."""
    from prsync.errors import InputError, LockedError

    if isinstance(error, LockedError):
        return Status.LOCKED
    return Status.WRONG_INPUT if isinstance(error, InputError) else Status.FAILED
