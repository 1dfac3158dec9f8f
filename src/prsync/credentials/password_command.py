"""Runs a command that prints a password: without a shell, without a terminal, and with a time limit."""

from __future__ import annotations

import codecs
import os
import shlex
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prsync.errors import PasswordCommandError
from prsync.process import signals

if TYPE_CHECKING:
    from collections.abc import Iterator

# A vault on another machine may take its time. A command that asks a question would wait for an answer for ever.
SECONDS: Final = 60.0

# Far more than any password. Output beyond it is read and dropped, so that the command can end.
_MOST_OUTPUT_BYTES: Final = 64 * 1024

_POLL_SECONDS: Final = 0.02


def first_line(server: str, command: str, *, what: str = "password", seconds: float = SECONDS) -> str:
    """The first line that `command` prints to standard output, without its line break.

    The command is split into words as a shell does it. PasswordCommandError, with the server's name and `what` it
    should have printed, if the command cannot be run, fails, prints nothing, or does not end within `seconds`.
    """
    try:
        with _running(_split_into_words(command)) as running:
            output = _output_until_end(running, deadline=time.monotonic() + seconds)
    except TimeoutError:
        raise PasswordCommandError(server, f"it did not end within {seconds:g} seconds", what) from None
    except (OSError, ValueError) as error:
        raise PasswordCommandError(server, _reason(error), what) from None
    if (status := running.process.returncode) != 0:
        raise PasswordCommandError(server, _ending_of(status), what)
    # Editors of other systems begin a file with a byte order mark.
    line = output.removeprefix(codecs.BOM_UTF8).partition(b"\n")[0].removesuffix(b"\r")
    if not line:
        raise PasswordCommandError(server, f"it printed no {what}", what)
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise PasswordCommandError(server, "its first line is not UTF-8 text", what) from None


def _split_into_words(command: str) -> list[str]:
    """The command and its arguments; ValueError with the reason where there are none."""
    try:
        words = shlex.split(command)
    except ValueError:
        raise ValueError("its quotes do not match") from None
    if not words:
        raise ValueError("it is empty")
    return words


@dataclass(frozen=True, slots=True)
class _Running:
    """A command that was started. `output` is the file descriptor from which its standard output is read."""

    process: subprocess.Popen[bytes]
    output: int


@contextmanager
def _running(words: list[str]) -> Iterator[_Running]:
    """Start a command; where an exception ends the block, end the command and all that it has started."""
    with ExitStack() as stack:
        # A signal waits until it is certain that the command will be ended with us.
        with signals.deferred():
            reading_end, writing_end = os.pipe()
            stack.callback(os.close, reading_end)
            try:
                process = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=writing_end,
                    # What it says there is meant for a person who runs it by hand, and may hold the password.
                    stderr=subprocess.DEVNULL,
                    # In a session of its own it has no terminal to ask at, and all of it can be ended together.
                    start_new_session=True,
                )
            finally:
                os.close(writing_end)
            stack.push(lambda kind, _error, _trace: _end_group(process) if kind else None)
        yield _Running(process, reading_end)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a command and whatever it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _output_until_end(running: _Running, *, deadline: float) -> bytes:
    """What a command prints until it ends; TimeoutError if it is still running at `deadline`, by time.monotonic."""
    kept = b""
    # Polled, because the end of the pipe says nothing: an agent that the command has started may keep it open.
    os.set_blocking(running.output, False)
    while True:
        with suppress(subprocess.TimeoutExpired):
            running.process.wait(_POLL_SECONDS)
        # Asked before the output is read: of a command that has ended, all output is then there.
        has_ended = running.process.returncode is not None
        with suppress(BlockingIOError):
            kept = (kept + os.read(running.output, _MOST_OUTPUT_BYTES))[:_MOST_OUTPUT_BYTES]
        if has_ended:
            return kept
        if time.monotonic() > deadline:
            raise TimeoutError


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return str(error)


def _ending_of(status: int) -> str:
    return f"it ended with status {status}" if status > 0 else f"it was ended by {signal.Signals(-status).name}"
