"""What every command is given: the global options and the current time; and options that several commands have."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prsync.cli import complete

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from prsync.store.ledger import Ledger

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else there.")]
FeedsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--feed", metavar="FEED", help="Only this feed; repeatable.", show_default=False, autocompletion=complete.feeds
    ),
]
ServersOption = Annotated[
    list[str] | None,
    typer.Option(
        "--server",
        metavar="NAME",
        help="Only this server's feeds; repeatable.",
        show_default=False,
        autocompletion=complete.servers,
    ),
]
PingOption = Annotated[
    str | None,
    typer.Option(
        "--ping-url",
        metavar="URL",
        envvar="PRSYNC_PING_URL",
        help="A monitor of cron jobs: URL/start, then URL or URL/fail.",
        show_default=False,
    ),
]
BrandOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The issuer's brand.", show_default="brand.toml beside the ledger, if it is there"
    ),
]
WaitOption = Annotated[float, typer.Option(metavar="SECONDS", help="Wait for another prsync to finish.", min=0)]


@dataclass(slots=True, kw_only=True)
class Invocation:
    """The global options of one command line, and the instant at which it began, which is aware."""

    state_option: str | None
    quiet: bool
    verbose: bool
    log_format: str
    now: datetime
    run: Callable[[list[str]], int]
    """Runs another command line of prsync, as much later as has passed since this one began; its exit status."""

    @property
    def state(self) -> Path:
        """The ledger's file."""
        from prsync.process.files import state_path

        return state_path(self.state_option)

    @property
    def local_timezone(self) -> str:
        """The name of this machine's time zone, the default where none is given."""
        from prsync.process.clock import local_timezone

        return local_timezone()

    def ledger(self) -> Ledger:
        """Open the ledger to work with it; NoLedgerError where there is none."""
        from prsync.store.ledger import Access, Ledger

        return Ledger(self.state, Access.WORK)

    def ledger_to_read(self) -> Ledger:
        """Open the ledger to read it, also where it cannot be written; NoLedgerError where there is none."""
        from prsync.store.ledger import Access, Ledger

        return Ledger(self.state, Access.READ)

    def rehearsal(self) -> Ledger:
        """Open a copy of the ledger in memory, which is lost at the end; NoLedgerError where there is none."""
        from prsync.store.ledger import Access, Ledger

        return Ledger(self.state, Access.REHEARSE)

    def new_ledger(self) -> Ledger:
        """Open the ledger, and begin one where there is none."""
        from prsync.store.ledger import Ledger

        return Ledger(self.state)


def invocation_of(context: typer.Context) -> Invocation:
    """The invocation of a command's context."""
    # The program's callback, which runs before any command, has put it there.
    invocation: Invocation = context.obj
    return invocation


def is_terminal() -> bool:
    """Whether a person can be asked: they read the question on standard error and type into standard input."""
    return sys.stdin.isatty() and sys.stderr.isatty()
