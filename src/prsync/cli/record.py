"""A row in `runs` for each run that changes something, also for one that was stopped or failed."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prsync.cli.invocation import clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from prsync.store.ledger import Ledger


@dataclass(slots=True)
class Record:
    """What the row will say. A run that does not get so far as to say it has failed."""

    outcome: str = "failed"
    summary: Mapping[str, object] = field(default_factory=dict)

    def done(self, summary: Mapping[str, object], *, ok: bool, locked: bool = False) -> None:
        """The run came to its end; `locked` where all that kept it from its work was another run."""
        self.outcome, self.summary = "ok" if ok else "locked" if locked else "failed", summary


@contextmanager
def recorded(ledger: Ledger, command: str, now: datetime) -> Iterator[Record]:
    """Note that a command begins, and in the end what came of it."""
    from prsync.process import logs
    from prsync.process.lock import marked_running

    run = ledger.runs.start(command, now)
    logs.about(run_id=run)
    with marked_running(ledger.path, run), _finished(ledger, run) as record:
        yield record


@contextmanager
def _finished(ledger: Ledger, run: int) -> Iterator[Record]:
    from prsync.process.signals import heard

    record = Record()
    try:
        yield record
    except BaseException:
        outcome = "stopped" if heard() is not None else "failed"
        with suppress(Exception):  # the failure itself is what must be heard
            ledger.runs.finish(run, outcome, {}, clock())
        raise
    ledger.runs.finish(run, record.outcome, record.summary, clock())
