"""SIGTERM and SIGINT end the program at once, whatever it waits for, with one line and the conventional status.

Nothing needs to be tidied up: a day is one transaction, and the kernel lets go of the locks.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

GRACE_SECONDS: Final = 1.0
"""How long the program's own way out may take; a name server or a keyring may not let Python hear the signal."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """A signal asked us to end. Not an Exception: nothing that isolates a feed's failure may hold it back."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def status(self) -> int:
        """The exit status a shell expects."""
        return 128 + self.number


def line(number: int) -> str:
    """What the person who stopped us reads."""
    return f"stopped by {signal.Signals(number).name}; what was deposited stays, the next run goes on from there"


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn the first signal into Stopped, and end the process should that not be heard."""
    listening, speaking = os.pipe()
    os.set_blocking(speaking, False)
    before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    signal.set_wakeup_fd(speaking, warn_on_full_buffer=False)
    threading.Thread(target=_see_to_it, args=(listening,), daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(speaking)


def _stop(number: int, _frame: FrameType | None) -> None:
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise Stopped(number)


def _see_to_it(listening: int) -> None:
    with os.fdopen(listening, "rb", buffering=0) as pipe:
        while (heard := pipe.read(1)) and heard[0] not in _SIGNALS:
            pass
        if not heard:
            return
        threading.Event().wait(GRACE_SECONDS)
        # Not by the log: whoever is stuck may hold its lock.
        sys.stderr.write(f"prsync: {line(heard[0])}\n")
        sys.stderr.flush()
        os._exit(128 + heard[0])
