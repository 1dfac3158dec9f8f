"""Showing things: tables on standard output, JSON alone on it, progress and everything else on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from prsync.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.console import Console
    from rich.progress import Progress, TaskID

    from prsync.cli.invocation import Invocation

NO_SERVER: Final = "No server yet: prsync server add NAME --url URL --username USER registers one."
NO_FEED: Final = "No feed yet: prsync feed add SERVER connects a customer's organization."

_STYLES: Final = {
    "healthy": "green",
    "unhealthy": "bold red",
    "failed": "bold red",
    "server_unhealthy": "bold red",
    "deposited": "green",
    "issued": "green",
    "restored": "green",
    "pending": "yellow",
    "paused": "yellow",
}


def document(value: object) -> None:
    """One JSON document."""
    import json

    holds_any_name = (sys.stdout.encoding or "utf-8").lower() == "utf-8"
    sys.stdout.write(json.dumps(value, ensure_ascii=not holds_any_name, indent=2) + "\n")


def line(text: str) -> None:
    """One line of a result."""
    sys.stdout.write(text + "\n")


def note(text: str, **names: str) -> None:
    """One line that is not a result: for a person, or for cron's mail. `names`: its server, feed or day."""
    from prsync.process.logs import log_note

    log_note(text, **names)


def _console(stream: Any = None) -> Console:
    from rich.console import Console

    return Console(file=stream or sys.stdout, highlight=False, soft_wrap=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """A table; the columns named in `right` hold numbers. Long cells fold, nothing is cut."""
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        shown.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(cell(value), style=_STYLES.get(str(value), "")) for value in row))
    _console().print(shown)


def facts(pairs: Mapping[str, object]) -> None:
    """The fields of one thing, a line each."""
    width = max(map(len, pairs))
    for name, value in pairs.items():
        line(f"{name:<{width}}  {cell(value)}")


def number(value: int | None) -> str | None:
    """A number as a person reads it."""
    return None if value is None else f"{value:,}"


def cell(value: object) -> str:
    """A value as a table shows it; the parts of a tuple have a line each."""
    if isinstance(value, tuple):
        return "\n".join(map(cell, value))
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(str(value))


class _ProgressBar:
    """A progress bar over all days of a run."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._begun = progress, 0
        self._task: TaskID | None = None

    def begin(self, days: int) -> None:
        """Show the bar, if there is anything to wait for."""
        if days:
            self._task = self._progress.add_task("", total=days)

    def feed(self, name: str, days: int) -> None:
        """A feed's collection begins; what a feed before it left undone is not waited for."""
        if self._task is not None:
            self._progress.update(self._task, completed=self._begun, description=name)
        self._begun += days

    def day(self) -> None:
        """One of its days is done."""
        if self._task is not None:
            self._progress.advance(self._task)


class _NoProgress:
    """Where nobody watches."""

    def begin(self, days: int) -> None:
        """Show nothing."""

    def feed(self, name: str, days: int) -> None:
        """Show nothing."""

    def day(self) -> None:
        """Show nothing."""


@contextmanager
def progress(invocation: Invocation, *, json: bool) -> Iterator[_ProgressBar | _NoProgress]:
    """A progress bar on standard error, where that is a terminal that a person reads, who wants to see it."""
    from prsync.process.logs import is_json

    # A bar among verbose log lines would be torn to pieces by them.
    wanted = not (json or invocation.quiet or invocation.verbose)
    if not wanted or not sys.stderr.isatty() or is_json():
        yield _NoProgress()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<24.24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_console(sys.stderr), transient=True) as bar:
        yield _ProgressBar(bar)
