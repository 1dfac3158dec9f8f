"""A process that is told to end: when, and how it did."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    import subprocess
    from collections.abc import Callable


def eventually(condition: Callable[[], object], seconds: float = 20) -> bool:
    """Whether `condition` comes true within so many seconds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def is_alive(pid: int) -> bool:
    """Whether a process is there and more than a status that nobody has asked for."""
    try:
        return _stat(pid)[0] not in {"Z", "X"}
    except OSError:
        return False


def is_waiting(pid: int) -> bool:
    """Whether a process sleeps, and has for a moment done nothing else."""
    before = _stat(pid)
    time.sleep(0.2)
    return before == _stat(pid) and before[0] == "S"


def _stat(pid: int) -> tuple[str, ...]:
    """A process's state, and the ticks that it has had of the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (fields[0], *fields[11:13])


def catches(pid: int, number: int) -> bool:
    """Whether a process has something to say when it gets this signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


@dataclass(frozen=True)
class Ended:
    """How a process ended, and how many seconds after it was told to."""

    status: int
    stdout: str
    stderr: str
    seconds: float

    def stopped_by(self, number: signal.Signals) -> bool:
        """Whether it ended as it must: in time, with the usual status and one line."""
        line = f"prsync: stopped by {number.name}; what was deposited stays, the next run goes on from there\n"
        return (self.status, self.stderr, self.seconds < 2) == (128 + number, line, True)


def end(process: subprocess.Popen[str], number: int) -> Ended:
    """Send a signal and wait for the end."""
    begun = time.monotonic()
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    return Ended(process.returncode, stdout, stderr, time.monotonic() - begun)
