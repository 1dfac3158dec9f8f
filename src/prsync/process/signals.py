"""SIGTERM, SIGINT and SIGHUP end the program at once, whatever it waits for, with one line and the usual status.

Nothing needs to be tidied up: a day is one transaction, and the kernel releases the locks.

SIGUSR1 does not end it. It prints where each thread stands, for a run that hangs: `kill -USR1 PID`.
"""

from __future__ import annotations

import faulthandler
import os
import select
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

GRACE_SECONDS: Final = 1.0
"""How long the program's own way out may take. A name server or a full disk can keep Python from running a handler."""

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that end the program."""


class Stopped(BaseException):
    """A signal asked us to end. Not an Exception: nothing that isolates a feed's failure may hold it back."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def listen(format_line: Callable[[str], str]) -> None:
    """From now on the first signal ends the process: at once, or by Stopped when `program_loaded` was called.

    `format_line` makes of a message the line that goes to standard error.
    """
    _state.format_line = format_line
    for number in ENDING:
        # Under nohup, or in a shell's background job, a signal is ignored on purpose, and stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _state.handle)
    # The handler runs only between two steps of Python. The wake-up pipe is written even when Python is stuck in a
    # library, so a thread that reads it can end the process then.
    reading_end, writing_end = os.pipe()
    os.set_blocking(writing_end, False)
    signal.set_wakeup_fd(writing_end, warn_on_full_buffer=False)
    threading.Thread(target=_exit_after_grace, args=(reading_end,), daemon=True).start()
    # Stopped may be raised in a place from which Python cannot pass it on, and Python would print it at length.
    sys.unraisablehook = lambda _: None
    faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)


def program_loaded() -> None:
    """From now on a signal raises Stopped. Before, an exception would only break an import half-way."""
    _state.may_raise = True


def received() -> int | None:
    """The signal that asked us to end, if any: whatever else is raised since then, that is the reason."""
    return _state.number


def restore_defaults() -> None:
    """The work is done: from now on a signal does what it does to any program.

    Raises Stopped if a signal was received and something swallowed the exception.
    """
    _state.raise_if_received()
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def exit_now(number: int) -> NoReturn:
    """Print one line and end. What is still stuck, a thread or a pipe that nobody reads, is left behind."""
    if _state.exiting.acquire(blocking=False):
        text = f"stopped by {signal.Signals(number).name}; what was deposited stays, the next run goes on from there"
        with suppress(OSError):
            # Only if standard error takes it now: a reader that has stopped reading must not keep us.
            if select.select([], [2], [], 0)[1]:
                os.write(2, _state.format_line(text).encode(errors="backslashreplace") + b"\n")
    os._exit(128 + number)


@contextmanager
def deferred() -> Iterator[None]:
    """Let a signal wait a few moments, so that what is begun in them can be ended with the rest."""
    _state.is_deferred = True
    try:
        yield
    finally:
        _state.is_deferred = False
        _state.raise_if_received()


@contextmanager
def in_event_loop(stop_loop: Callable[[Stopped], object]) -> Iterator[None]:
    """Run a library's event loop, which may swallow what is raised in it: `stop_loop` must make it end with Stopped.

    Such a loop takes the wake-up pipe for its own, does not give it back, and reads Ctrl-C as a key.
    """
    ours = signal.set_wakeup_fd(-1)
    _state.stop_loop = stop_loop
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped(signal.SIGINT) from None
    finally:
        _state.stop_loop = None
        signal.set_wakeup_fd(ours, warn_on_full_buffer=False)
        _state.raise_if_received()


class _SignalState:
    """Which signal was received, and how the program may be told of it just now."""

    def __init__(self) -> None:
        self.format_line: Callable[[str], str] = str
        self.exiting = threading.Lock()
        self.may_raise = False
        self.is_deferred = False
        self.stop_loop: Callable[[Stopped], object] | None = None
        self.number: int | None = None

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        # One is enough: a second one would interrupt the way out of the first.
        for other in ENDING:
            signal.signal(other, signal.SIG_IGN)
        self.number = number
        if not self.may_raise:
            exit_now(number)
        if self.stop_loop is not None:
            self.stop_loop(Stopped(number))
        elif not self.is_deferred:
            raise Stopped(number)

    def raise_if_received(self) -> None:
        """Raise Stopped if a signal was received."""
        if self.number is not None:
            raise Stopped(self.number)


_state: Final = _SignalState()


def _exit_after_grace(reading_end: int) -> None:
    while (number := os.read(reading_end, 1)[0]) not in ENDING:
        pass
    threading.Event().wait(GRACE_SECONDS)
    exit_now(number)
