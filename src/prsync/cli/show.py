"""Shows results on standard output (a table, lines, or one JSON document), and all else on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

from prsync.core.text import escaped, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rich.console import Console
    from rich.progress import Progress, TaskID

    from prsync.cli.invocation import Invocation

NO_SERVER: Final = "No server yet: prsync server add NAME --url URL --username USER registers one."
NO_FEED: Final = "No feed yet: prsync feed add SERVER connects a customer's organization."

_MOST_FITTED: Final = 1000
"""A table of more rows is not fitted to the terminal's width."""

# By the text of a cell, in whatever table it is.
_STYLES: Final = {
    "healthy": "green",
    "unhealthy": "bold red",
    "failed": "bold red",
    "failing": "bold red",
    "not_collected": "bold red",
    "server_unhealthy": "bold red",
    "deposited": "green",
    "issued": "green",
    "restored": "green",
    "pending": "yellow",
    "empty": "yellow",
    "paused": "yellow",
}


def document(value: object) -> None:
    """Print one JSON document."""
    sys.stdout.write(json_text(value))


def json_text(value: object) -> str:
    """One JSON document, as it is printed."""
    import json

    return escaped(json.dumps(value, ensure_ascii=not _holds_any_name(), indent=2)) + "\n"


def _holds_any_name() -> bool:
    # Where standard output is not UTF-8, names are escaped: a character it lacks would be replaced, and the name lost.
    return (sys.stdout.encoding or "utf-8").lower() == "utf-8"


def json_with_rows(head: Mapping[str, object], rows: Iterable[object], tail: Callable[[], Mapping[str, object]]) -> str:
    """One JSON object with very many `rows`, each on a line of its own; `tail` is asked for when all are through."""
    lines = ",\n".join(f"    {_json_line(row)}" for row in rows)
    begin, end = (json_text(part).rstrip().removeprefix("{").removesuffix("}") for part in (head, tail()))
    return f'{{{begin.rstrip()},\n  "rows": [\n{lines}\n  ],{end}}}\n'


def _json_line(value: object) -> str:
    import json

    return escaped(json.dumps(value, ensure_ascii=not _holds_any_name()))


def line(text: str) -> None:
    """Print one line of a result."""
    sys.stdout.write(text + "\n")


def text(document: str) -> None:
    """Print a document of lines as it is."""
    sys.stdout.write(document)


def note(text: str, **names: str) -> None:
    """Write one line that is not a result to standard error. --quiet does not silence it: cron mails it to a person.

    `names` are the server, the feed or the day it is about, for log lines in JSON.
    """
    from prsync.process.logs import log_note

    log_note(text, **names)


def _console(stream: Any = None) -> Console:
    from rich.console import Console

    # Not highlighted: rich would colour numbers and paths, and so hide what a colour here means.
    return Console(file=stream or sys.stdout, highlight=False, soft_wrap=False)


_LEAST_WIDTH: Final = 8


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """Print a table; the columns named in `right` are aligned to the right. A long cell is folded, never cut off.

    That is for a terminal. Elsewhere a row is one line, whole, whatever its length: for grep, cut and head.
    """
    rows = list(rows)
    # Of more rows rich takes half a minute to find the widths.
    if not sys.stdout.isatty() or len(rows) > _MOST_FITTED:
        _plain_table(columns, rows, right)
        return
    from rich.table import Table
    from rich.text import Text

    console = _console()
    whole = _kept_whole(columns, [[cell(value) for value in row] for row in rows], console.width)
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        justify: Literal["right", "left"] = "right" if column in right else "left"
        shown.add_column(column, justify=justify, overflow="fold", no_wrap=column in whole)
    for row in rows:
        # As Text, so that brackets in a customer's name are not taken for rich's markup.
        shown.add_row(*(Text(cell(value), style=_STYLES.get(str(value), "")) for value in row))
    console.print(shown)


def _kept_whole(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> set[str]:
    """The columns that need not be folded: numbers, days and ids, where those of several words can give way to them."""
    widths: dict[str, int] = {}
    for column, *cells in zip(columns, *rows, strict=True):
        if not any(" " in text or "\n" in text for text in cells):
            widths[column] = max(map(_width, [column, *cells]))
    others = len(columns) - len(widths)
    needed = sum(widths.values()) + _LEAST_WIDTH * others + len("  ") * len(columns)
    return set(widths) if needed <= width else set()


def _plain_table(columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str]) -> None:
    lines = [list(columns), *([cell(value).replace("\n", " ") for value in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = [
            " " * (width - _width(text)) + text if name in right else text + " " * (width - _width(text))
            for text, width, name in zip(line, widths, columns, strict=True)
        ]
        sys.stdout.write("  ".join(padded).rstrip() + "\n")


def _width(text: str) -> int:
    """The columns that a text takes: a letter of Chinese takes two, an accent none."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def facts(pairs: Mapping[str, object]) -> None:
    """Print names and values, one pair on each line."""
    width = max(map(len, pairs))
    for name, value in pairs.items():
        line(f"{name:<{width}}  {cell(value)}")


def number(value: int | None) -> str | None:
    """A number with thousands separated by commas; None for None."""
    return None if value is None else f"{value:,}"


def trees(text: str) -> str:
    """Trees as the ledger keeps them, with the thousands grouped."""
    # As text: in a float, hundredths of very many trees would be lost.
    whole, _, hundredths = text.partition(".")
    return f"{int(whole):,}.{hundredths}"


def cell(value: object) -> str:
    """The text that a table shows for a value; each part of a tuple has a line of its own."""
    if isinstance(value, tuple):
        return "\n".join(map(cell, value))
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(str(value))


class _ProgressBar:
    """A progress bar that counts the days of all feeds of a run."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._days_expected, self._days_done = progress, 0, 0
        self._task: TaskID | None = None

    def begin(self, days: int) -> None:
        """The run begins, and has so many days to do."""
        # Without a day to do there is nothing to wait for, and no bar.
        if days:
            self._task = self._progress.add_task("", total=days)

    def feed(self, name: str, days: int) -> None:
        """A feed begins, and has so many of those days."""
        # A feed that failed has days left that will not come: the bar goes on from where its last day would have been.
        if self._task is not None:
            self._progress.update(self._task, completed=self._days_expected, description=name)
        self._days_done = self._days_expected
        self._days_expected += days

    def day(self) -> None:
        """A day of the feed is done."""
        # Of a new feed the day before its first is asked for, too: one question more than it has days.
        if self._task is not None and self._days_done < self._days_expected:
            self._days_done += 1
            self._progress.update(self._task, completed=self._days_done)


class _NoProgress:
    """Shows no progress."""

    def begin(self, days: int) -> None:
        """Show nothing."""

    def feed(self, name: str, days: int) -> None:
        """Show nothing."""

    def day(self) -> None:
        """Show nothing."""


@contextmanager
def progress(invocation: Invocation, *, json: bool) -> Iterator[_ProgressBar | _NoProgress]:
    """Show a progress bar on standard error during the block, if that is a terminal and no option speaks against it."""
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
