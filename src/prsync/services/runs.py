"""A row in `runs` for each run that changes something, also for one that was stopped, failed or was killed."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from prsync.core.periods import last_closed_day
from prsync.errors import NotFoundError, PrsyncError, error_line
from prsync.process import logs
from prsync.process.clock import clock_from
from prsync.process.faults import Fault
from prsync.process.lock import is_running, marked_running
from prsync.process.signals import received
from prsync.store.columns import parse_id
from prsync.store.records import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from prsync.store.ledger import Ledger
    from prsync.store.records import Run

COMMANDS: Final = ("sync", "certify", "deliver")
"""The commands whose runs are kept. One of single feeds is kept as `sync --feed`."""

TWO_NIGHTS: Final = timedelta(days=2, hours=2)
"""So long after a run two nightly ones have been missed: a long one may end later than the one before."""

_KEPT_WHOLE: Final = timedelta(days=90)
"""So long a run is kept feed by feed; after that in numbers alone, or the ledger would grow with each night."""


def outcome_of(ledger: Ledger, run: Run) -> RunOutcome:
    """How a run ended, `running` or `killed` where it has not written that."""
    if run.outcome is not None:
        return run.outcome
    if is_running(ledger.path, run.id):
        return RunOutcome.RUNNING
    # Read again, after its lock was found free: it may have ended since its row was read.
    return ledger.runs.get(run.id).outcome or RunOutcome.KILLED


def chosen_run(ledger: Ledger, which: str | None) -> Run:
    """The run with that id, the last one of that command, or the last of all; NotFoundError where there is none."""
    if which is not None and (run_id := parse_id(which)) is not None:
        return ledger.runs.get(run_id)
    if which is not None and which not in COMMANDS:
        hint = f"give the id of one, which prsync run list shows, or one of {', '.join(COMMANDS)}"
        raise NotFoundError("run", which, hint)
    found = next(iter(ledger.runs.last(1, which)), None)
    if found is None:
        raise NotFoundError("run", which or "(the last)", f"there has been none yet; prsync {which or 'sync'} is one")
    return found


def cut_short(ledger: Ledger, run: Run, outcome: RunOutcome) -> list[str]:
    """What a person wants to know of a run that did not come to its end: what becomes of it, and whom it left out."""
    if outcome not in {RunOutcome.KILLED, RunOutcome.STOPPED}:
        return []
    lines = [f"What it has stored stays; the next prsync {run.command.split()[0]} goes on from there."]
    # What a run has done with several feeds is noted at once: of one that was cut off their days tell it.
    left_out = [
        feed.name
        for feed in ledger.feeds.all()
        if feed.wanted_by_run == run.id and feed.looked_through < last_closed_day(run.started_at, feed.timezone)
    ]
    if left_out:
        more = f" and {len(left_out) - _MOST_NAMED:,} more" if len(left_out) > _MOST_NAMED else ""
        lines.append(f"Not collected through the day before it: {', '.join(left_out[:_MOST_NAMED])}{more}.")
    return lines


_MOST_NAMED: Final = 10


@dataclass(slots=True)
class RunRecord:
    """What the row will say. A run that does not get so far as to say it has failed."""

    run_id: int
    outcome: RunOutcome = RunOutcome.FAILED
    summary: dict[str, object] = field(default_factory=dict)

    def done(
        self, summary: Mapping[str, object], faults: Sequence[Fault], *, ok: bool, only_locked: bool = False
    ) -> None:
        """The run came to its end; `only_locked` where all that kept it from its work was another run.

        `faults` are the unforeseen errors that the run isolated and went on from.
        """
        self.outcome = RunOutcome.OK if ok else RunOutcome.LOCKED if only_locked else RunOutcome.FAILED
        self.summary = {**summary, **_documented(faults)}

    def ended_by(self, error: BaseException) -> None:
        """The run did not come to its end."""
        self.outcome = RunOutcome.STOPPED if received() is not None else RunOutcome.FAILED
        if isinstance(error, PrsyncError):
            self.summary = {"error": error_line(error)}
        elif isinstance(error, Exception):
            self.summary = {"error": error_line(error), **_documented([Fault.of(error)])}


def _documented(faults: Sequence[Fault]) -> dict[str, object]:
    return {"faults": [fault.document() for fault in faults]} if faults else {}


@contextmanager
def recorded(
    ledger: Ledger, command: str, now: datetime, clock: Callable[[], datetime] | None = None
) -> Iterator[RunRecord]:
    """Note that a command begins at `now`, and in the end what came of it.

    `clock` then says what time it is: that of `now` and what has passed since, should the machine's be set meanwhile.
    """
    clock = clock or clock_from(now)
    # Stored before anything is done: a run that is killed leaves a row without an end.
    run = ledger.runs.start(command, now)
    logs.add_context(run_id=run)
    record = RunRecord(run)
    with marked_running(ledger.path, run):
        try:
            yield record
        except BaseException as error:
            record.ended_by(error)
            with suppress(Exception):  # the failure itself is what a person must hear of
                ledger.runs.finish(run, record.outcome, record.summary, clock())
            raise
        ledger.runs.finish(run, record.outcome, record.summary, clock())
        ledger.runs.shorten(now - _KEPT_WHOLE)
