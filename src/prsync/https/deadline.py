"""A limit on how long an answer may take in all, also where it makes a little progress again and again."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    Result = TypeVar("Result")


class Worker:
    """A thread that does one piece of work after another, and can be left behind with one that takes too long.

    A socket's timeout counts from the last byte: a server that sends one letter a minute would never run into it, least
    of all in the middle of a header. (A signal is heard meanwhile: Python runs its handlers in the main thread, which
    only waits here.)
    """

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def within(self, seconds: float, work: Callable[[], Result], waited: Callable[[], float]) -> Result:
        """What `work` returns or raises; TimeoutError if it takes longer, less what it has `waited` on purpose.

        After a TimeoutError the worker is of no more use.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=_run, args=(self._work, self._done), daemon=True)
            self._thread.start()
        begun, waited_before = time.monotonic(), waited()
        self._work.put(work)
        while True:
            left = seconds + waited() - waited_before - (time.monotonic() - begun)
            if left <= 0:
                raise TimeoutError
            try:
                result, error = self._done.get(timeout=left)
            except Empty:
                continue
            if error is not None:
                raise error
            return result  # type: ignore[no-any-return]

    def end(self) -> None:
        """End the thread, now or when it is done with what it is at."""
        self._work.put(None)


def _run(work: SimpleQueue[Callable[[], Any] | None], done: SimpleQueue[tuple[Any, BaseException | None]]) -> None:
    # Not a method: a thread that is left behind must keep nothing alive but its own work.
    while (task := work.get()) is not None:
        try:
            done.put((task(), None))
        except BaseException as error:  # noqa: BLE001  it is raised again where it is waited for
            done.put((None, error))
        # What it was given and has returned may hold a password, and is nobody's any more.
        del task
