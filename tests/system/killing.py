"""SIGKILL at chosen moments of a real sync: after so many requests, in the middle of a commit, or whenever."""

from __future__ import annotations

import os
import signal
from threading import Event
from typing import TYPE_CHECKING, Final

from tests.support.log_frames import is_torn

from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path
    from random import Random

    from tests.support import Prsync

    from prsync.demo.simulator import Simulator
    from prsync.demo.traffic import Request

_LOOK_AGAIN_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 60


class Killer:
    """Starts syncs of one ledger and kills them. The same seed kills alike."""

    def __init__(self, prsync: Prsync, simulator: Simulator, random: Random) -> None:
        self._prsync, self._simulator, self._random = prsync, simulator, random
        self.hits = self.torn = 0

    def kill_one(self, *options: object) -> bool:
        """Start a sync and kill it; False if it came to its end before."""
        requests, log = self._random.randint(1, 8), self._prsync.state.with_name("ledger.db-wal")
        reached = self._after(requests)
        with self._prsync.start("sync", *options) as process:
            how = self._random.choice((self._soon_after, self._whenever, self._while_writing, self._while_writing))
            how(process, reached, log)
            process.kill()
            process.communicate()
        self._simulator.answer_normally()
        hit = process.returncode == -signal.SIGKILL
        self.hits += hit
        self.torn += hit and is_torn(log)
        return hit

    def _after(self, requests: int) -> Event:
        """An event that comes with so manieth devices request from now on."""
        reached, left = Event(), [requests]

        def count(request: Request) -> bool:
            left[0] -= request.is_devices
            if left[0] == 0:
                reached.set()
            return False

        self._simulator.answer_with(count, Answer())
        return reached

    def _whenever(self, process: subprocess.Popen[str], reached: Event, _log: Path) -> None:
        """While it starts, connects or collects."""
        _unless_ended(process, reached, self._random.uniform(0, 1))

    def _soon_after(self, process: subprocess.Popen[str], reached: Event, _log: Path) -> None:
        """While it reads an answer, thinks or writes."""
        if _unless_ended(process, reached):
            Event().wait(self._random.uniform(0, 0.015))

    def _while_writing(self, process: subprocess.Popen[str], reached: Event, log: Path) -> None:
        """When the log is written to: within a commit, or just after it."""
        if _unless_ended(process, reached):
            before = _written(log)
            while _written(log) == before and process.poll() is None:
                pass


def _unless_ended(process: subprocess.Popen[str], event: Event, seconds: float = _PATIENCE_SECONDS) -> bool:
    """Wait until it happens, the time is over or the process has ended; whether it has happened."""
    while not event.is_set() and seconds > 0 and process.poll() is None:
        event.wait(min(_LOOK_AGAIN_SECONDS, seconds))
        seconds -= _LOOK_AGAIN_SECONDS
    return event.is_set()


def _written(log: Path) -> int:
    try:
        return os.stat(log).st_mtime_ns  # noqa: PTH116  as fast as it goes
    except FileNotFoundError:
        return 0
