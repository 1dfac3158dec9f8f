"""What came of a run, also of one that could not say so any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prsync.process.lock import is_running

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.store.records import Run

RUNNING: Final = "running"
KILLED: Final = "killed"


def outcome_of(state: Path, run: Run) -> str:
    """How a run of the ledger `state` ended, `running` or `killed` where it has not written that."""
    return run.outcome or (RUNNING if is_running(state, run.id) else KILLED)
