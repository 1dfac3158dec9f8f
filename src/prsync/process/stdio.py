"""Standard input, output and error, also where they are closed, full, or read by nobody any more."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class OutputError(OSError):
    """Standard output cannot be written; unlike any other OSError this one is never about a file of ours."""

    @property
    def nobody_reads(self) -> bool:
        """Whether the reader has seen enough, as in `| head`."""
        return self.errno == errno.EPIPE


class _Output(io.FileIO):
    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise OutputError(error.errno, error.strerror) from None


def open_standard_streams() -> None:
    """Make the streams ready, also those that are closed: the ledger's file must not become standard output.

    One that is closed is opened the wrong way round, so that it fails as a closed one does; standard error is silent.
    """
    for number, name, way in ((0, "stdin", os.O_WRONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, way), number)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))
    before = sys.stdout
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Output(1, "wb", closefd=False)),
        encoding=before.encoding,
        errors="replace",  # a customer's name that this terminal cannot show
        line_buffering=bool(before.line_buffering),
    )


def discard_output() -> None:
    """Send standard output nowhere from now on: what is still buffered could not be written either."""
    _discard(1)


def discard_unwritable_errors() -> None:
    """Discard what standard error does not take: Python would end with a status of its own over it."""
    try:
        sys.stderr.flush()
    except OSError:
        _discard(2)


def _discard(number: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)
