"""SIGTERM, SIGINT and SIGHUP end the program at once, whatever it waits for, with one line and the usual status.

Nothing needs to be tidied up: a day is one transaction, and the kernel lets go of the locks.
"""

from __future__ import annotations

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
"""How long the program's own way out may take; a name server or a full disk may not let Python hear the signal."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked us to end. Not an Exception: nothing that isolates a feed's failure may hold it back."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def listen(rendered: Callable[[str], str]) -> None:
    """From now on the first signal ends the process; once we are `loaded`, by Stopped if that is heard.

    `rendered` makes the line that standard error gets of a message.
    """
    _listener.rendered = rendered
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or a shell's background job: it is meant so
            signal.signal(number, _listener.hears)
    listening, speaking = os.pipe()
    os.set_blocking(speaking, False)
    signal.set_wakeup_fd(speaking, warn_on_full_buffer=False)
    threading.Thread(target=_see_to_it, args=(listening,), daemon=True).start()
    # It may be heard where Python has nobody to raise it to, and would say so at length.
    sys.unraisablehook = lambda _: None


def loaded() -> None:
    """From now on there is something to end in good order; before, an exception would only break an import."""
    _listener.loaded = True


def heard() -> int | None:
    """The signal that asked us to end; whatever else is raised since then, that is why."""
    return _listener.number


def settled() -> None:
    """The work is done and only the process must end: from now on a signal is what it is to any program.

    Stopped, if one has been heard that something kept to itself.
    """
    _listener.raise_what_was_heard()
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def end(number: int) -> NoReturn:
    """One line, and out. What is still stuck, a thread or a pipe that nobody reads, is left behind."""
    if _listener.says_it.acquire(blocking=False):
        text = f"stopped by {signal.Signals(number).name}; what was deposited stays, the next run goes on from there"
        with suppress(OSError):
            if select.select([], [2], [], 0)[1]:
                os.write(2, _listener.rendered(text).encode(errors="backslashreplace") + b"\n")
    os._exit(128 + number)


@contextmanager
def not_now() -> Iterator[None]:
    """A few moments that a signal waits for, so that what is begun in them can be ended with the rest."""
    _listener.busy = True
    try:
        yield
    finally:
        _listener.busy = False
        _listener.raise_what_was_heard()


@contextmanager
def event_loop(leave: Callable[[Stopped], object]) -> Iterator[None]:
    """A library's event loop, which may keep to itself what is raised in it: `leave` is to make it end with that.

    It also takes the signals' wake-up for its own, does not give it back, and reads Ctrl-C as a key.
    """
    ours = signal.set_wakeup_fd(-1)
    _listener.leave = leave
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped(signal.SIGINT) from None
    finally:
        _listener.leave = None
        signal.set_wakeup_fd(ours, warn_on_full_buffer=False)
        _listener.raise_what_was_heard()


class _Listener:
    def __init__(self) -> None:
        self.rendered: Callable[[str], str] = str
        self.says_it = threading.Lock()
        self.loaded = False
        self.busy = False
        self.leave: Callable[[Stopped], object] | None = None
        self.number: int | None = None

    def hears(self, number: int, _frame: FrameType | None) -> None:
        for other in _SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        self.number = number
        if not self.loaded:
            end(number)
        if self.leave is not None:
            self.leave(Stopped(number))
        elif not self.busy:
            raise Stopped(number)

    def raise_what_was_heard(self) -> None:
        if self.number is not None:
            raise Stopped(self.number)


_listener: Final = _Listener()


def _see_to_it(listening: int) -> None:
    while (number := os.read(listening, 1)[0]) not in _SIGNALS:
        pass
    threading.Event().wait(GRACE_SECONDS)
    end(number)
