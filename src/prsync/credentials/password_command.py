"""A command that prints a password: run without a shell, without a terminal, and never for ever."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from prsync.errors import PasswordCommandError
from prsync.process import signals

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS: Final = 60.0
"""How long it may take: a vault may be far away, a question that nobody answers would wait for ever."""

_MOST_OUTPUT_BYTES: Final = 64 * 1024
"""Bytes of its output that are kept: far more than any password. The rest is read, so that it can end."""

_POLL_SECONDS: Final = 0.02


def first_line(server: str, command: str, *, seconds: float = SECONDS) -> str:
    """The first line that `command` prints, which is split as a shell would; a PasswordCommandError if there is none.

    What it prints to standard error is for a person who runs it by hand: it may say anything.
    """
    try:
        with _running(_words(command)) as process:
            output = _output(process, time.monotonic() + seconds)
    except TimeoutError:
        raise PasswordCommandError(server, f"it did not end within {seconds:g} seconds") from None
    except (OSError, ValueError) as error:
        raise PasswordCommandError(server, _why(error)) from None
    if process.returncode != 0:
        raise PasswordCommandError(server, _end(process.returncode))
    line = output.partition(b"\n")[0].removesuffix(b"\r")
    if not line:
        raise PasswordCommandError(server, "it printed no password")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise PasswordCommandError(server, "its first line is not UTF-8 text") from None


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError:
        raise ValueError("its quotes do not match") from None
    if not words:
        raise ValueError("it is empty")
    return words


@contextmanager
def _running(words: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a session of its own, so that it finds no terminal to ask at, and all of it can be ended."""
    with signals.deferred():
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    assert process.stdout is not None  # noqa: S101  it is a pipe
    try:
        yield process
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    finally:
        process.stdout.close()


def _output(process: subprocess.Popen[bytes], until: float) -> bytes:
    """What it prints until it ends. Not until its pipe is closed: an agent that it starts may keep that open."""
    assert process.stdout is not None  # noqa: S101  it is a pipe
    pipe, kept = process.stdout.fileno(), b""
    os.set_blocking(pipe, False)
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_SECONDS)
        ended = process.returncode is not None  # asked first: what it printed is then all there
        with suppress(BlockingIOError):
            kept = (kept + os.read(pipe, _MOST_OUTPUT_BYTES))[:_MOST_OUTPUT_BYTES]
        if ended:
            return kept
        if time.monotonic() > until:
            raise TimeoutError


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return str(error)


def _end(status: int) -> str:
    return f"it ended with status {status}" if status > 0 else f"it was ended by {signal.Signals(-status).name}"
