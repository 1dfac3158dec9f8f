"""Runs a command that prints a password: without a shell, without a terminal, and with a time limit."""

from __future__ import annotations

import codecs
import os
import re
import shlex
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prsync.core.text import printable
from prsync.errors import PasswordCommandError
from prsync.process import signals

if TYPE_CHECKING:
    from collections.abc import Iterator

# A vault on another machine may take its time. A command that asks a question would wait for an answer for ever.
SECONDS: Final = 60.0

# Far more than any password. Output beyond it is read and dropped, so that the command can end.
_MOST_OUTPUT_BYTES: Final = 64 * 1024

_POLL_SECONDS: Final = 0.02

_MOST_SAID: Final = 200
_SHELLS: Final = {"sh", "bash", "dash", "zsh", "/bin/sh", "/bin/bash"}

# Shorter ones are words of any language.
_WORD: Final = re.compile(r"[^\s:;,()\[\]'\"]{6,}")


def first_line(server: str, command: str, *, what: str = "password", seconds: float = SECONDS) -> str:
    """The first line that `command` prints to standard output, without its line break.

    The command is split into words as a shell does it. PasswordCommandError, with the server's name and `what` it
    should have printed, if the command cannot be run, fails, prints nothing, or does not end within `seconds`.
    """
    try:
        words = _split_into_words(command)
    except ValueError as error:
        raise PasswordCommandError(server, str(error), what) from None
    try:
        with _running(words) as running:
            output = _output_until_end(running, deadline=time.monotonic() + seconds)
    except TimeoutError:
        raise PasswordCommandError(server, f"it did not end within {seconds:g} seconds", what) from None
    except OSError as error:
        raise PasswordCommandError(server, _reason(error) + _unexpanded(words), what) from None
    if (status := running.process.returncode) != 0:
        said = _said(running.said, printed=output, words=words)
        raise PasswordCommandError(server, _ending_of(status) + said + _unexpanded(words), what)
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
    """A command that was started, and the file descriptors from which what it prints is read.

    `said` is what it has written to standard error so far.
    """

    process: subprocess.Popen[bytes]
    output: int
    errors: int
    said: bytearray


@contextmanager
def _running(words: list[str]) -> Iterator[_Running]:
    """Start a command; where an exception ends the block, end the command and all that it has started."""
    with ExitStack() as stack:
        # A signal waits until it is certain that the command will be ended with us.
        with signals.deferred():
            reading_end, writing_end = os.pipe()
            stack.callback(os.close, reading_end)
            errors_end, saying_end = os.pipe()
            stack.callback(os.close, errors_end)
            try:
                process = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=writing_end,
                    stderr=saying_end,
                    # In a session of its own it has no terminal to ask at, and all of it can be ended together.
                    start_new_session=True,
                )
            finally:
                os.close(writing_end)
                os.close(saying_end)
            stack.push(lambda kind, _error, _trace: _end_group(process) if kind else None)
        yield _Running(process, reading_end, errors_end, bytearray())


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
    os.set_blocking(running.errors, False)
    while True:
        with suppress(subprocess.TimeoutExpired):
            running.process.wait(_POLL_SECONDS)
        # Asked before the output is read: of a command that has ended, all output is then there.
        has_ended = running.process.returncode is not None
        with suppress(BlockingIOError):
            kept = (kept + os.read(running.output, _MOST_OUTPUT_BYTES))[:_MOST_OUTPUT_BYTES]
        with suppress(BlockingIOError):
            running.said.extend(os.read(running.errors, _MOST_OUTPUT_BYTES))
            del running.said[_MOST_OUTPUT_BYTES:]
        if has_ended:
            return kept
        if time.monotonic() > deadline:
            raise TimeoutError


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)


def _said(errors: bytes | bytearray, *, printed: bytes, words: list[str]) -> str:
    """The first line that a command has written to standard error, as the end of a reason; "" where there is none.

    A word of it that may be a secret is left out: one that it has printed, too, or that stands in its arguments. A path
    is none.
    """
    lines = (line.strip() for line in errors.decode("utf-8", "replace").splitlines())
    line = next(filter(None, lines), "")[:_MOST_SAID]
    may_be_secret = printed.decode("utf-8", "replace") + " ".join(word for word in words[1:] if not _is_path(word))
    shown = _WORD.sub(lambda word: "…" if word[0] in may_be_secret else word[0], line)
    return f': it says "{printable(shown)}"' if shown else ""


def _is_path(word: str) -> bool:
    # Not of any word with a slash: base64 has some, and so has --token=….
    return word.startswith(("/", "./", "../", "~/")) and not any(letter.isspace() for letter in word)


def _unexpanded(words: list[str]) -> str:
    """What somebody may have meant a shell to expand, as the end of a reason; "" where there is nothing of it."""
    meant = [word for word in words if word.startswith("~") or "$" in word]
    if not meant or words[0] in _SHELLS:
        return ""
    return "; it is run without a shell, so that ~ and variables stay as they are written"


def _ending_of(status: int) -> str:
    if status > 0:
        return f"it ended with status {status}"
    try:
        return f"it was ended by {signal.Signals(-status).name}"
    except ValueError:  # a real-time signal has no name
        return f"it was ended by signal {-status}"
