"""A limit on how long an answer may take in all, also where it makes a little progress again and again."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    Result = TypeVar("Result")


def within(seconds: float, work: Callable[[], Result], waited: Callable[[], float]) -> Result:
    """What `work` returns or raises; TimeoutError if it takes longer than that, less what it has `waited` on purpose.

    A socket's timeout counts from the last byte: a server that sends one letter a minute would never run into it, least
    of all in the middle of a header. So the work is done in a thread that can be left behind. (A signal is heard
    meanwhile: Python runs its handlers in the main thread, which only waits here.)
    """
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001  it is raised again where it is waited for
            errors.append(error)

    begun, waited_before = time.monotonic(), waited()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        left = seconds + waited() - waited_before - (time.monotonic() - begun)
        if left <= 0:
            raise TimeoutError
        thread.join(left)
    if errors:
        raise errors[0]
    return results[0]
