"""What every command is given: the global options, the clock, and the ways to show something."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from prsync.store.ledger import Ledger

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else there.")]


@dataclass(slots=True, kw_only=True)
class Invocation:
    """The global options of one call, and the instant at which it began."""

    state_option: str | None
    quiet: bool
    verbose: bool
    log_format: str
    now: datetime
    run: Callable[[list[str]], int]
    """Runs another command line of prsync at the same instant; its exit status."""

    @property
    def state(self) -> Path:
        """The ledger's file."""
        return state_path(self.state_option)

    @property
    def local_timezone(self) -> str:
        """The time zone of this machine, for whatever a person did not say a time zone of."""
        from prsync.process.clock import local_timezone

        return local_timezone()

    def ledger(self, *, rehearsal: bool = False) -> Ledger:
        """Open the ledger, or a copy of it that is thrown away."""
        from prsync.store.ledger import Ledger

        return Ledger(self.state, rehearsal=rehearsal)


def state_path(option: str | None) -> Path:
    """The ledger's file: what `--state` or PRSYNC_STATE says, else the one in the user data folder."""
    from prsync.process.files import default_state

    return Path(option).expanduser().absolute() if option else default_state()


def invocation_of(context: typer.Context) -> Invocation:
    """The invocation of a command's context."""
    invocation = context.obj
    assert isinstance(invocation, Invocation)  # noqa: S101  the app's callback has put it there
    return invocation


def is_terminal() -> bool:
    """Whether a person is there to answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()
