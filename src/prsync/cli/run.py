"""`prsync run`: the last runs of `sync`, `certify` and `deliver`, and one of them feed by feed."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from prsync.cli import complete, show
from prsync.cli.invocation import JsonOption, invocation_of

if TYPE_CHECKING:
    from collections import Counter

    from prsync.store.records import Run

app = typer.Typer(help="The last runs.", no_args_is_help=True, rich_markup_mode=None)


# Without a callback typer makes a group of one command into that command, `prsync run`.
@app.callback()
def runs() -> None:
    """The last runs."""


@app.command("list")
def list_(
    context: typer.Context,
    number: Annotated[int, typer.Option("--number", "-n", metavar="N", help="How many.", min=1)] = 14,
    json: JsonOption = False,
) -> None:
    """List the last runs, newest first."""
    from prsync.services.runs import outcome_of

    invocation = invocation_of(context)
    with invocation.ledger_to_read() as ledger:
        found = [(run, outcome_of(ledger, run)) for run in ledger.runs.last(number)]
    if json:
        show.document([{**run.document(), "outcome": outcome, "summary": _summary(run)} for run, outcome in found])
    elif not found:
        show.line("No run yet.")
    else:
        show.table(_COLUMNS, (_row(*one) for one in found), right=("Id", "Took"))


@app.command("show")
def show_(
    context: typer.Context,
    which: Annotated[
        str | None,
        typer.Argument(
            metavar="ID|COMMAND",
            help="The run's id; or sync, certify, deliver for its last one.",
            show_default="the last run",
            autocompletion=complete.one_of("sync", "certify", "deliver"),
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show a run feed by feed."""
    from prsync.services.runs import chosen_run, cut_short, outcome_of

    invocation = invocation_of(context)
    with invocation.ledger_to_read() as ledger:
        found = chosen_run(ledger, which)
        outcome = outcome_of(ledger, found)
        lines = cut_short(ledger, found, outcome)
    summary = _summary(found)
    if json:
        show.document({**found.document(), "outcome": outcome, "summary": summary})
        return
    show.facts({name.lower(): value for name, value in zip(_COLUMNS, _row(found, outcome), strict=True)})
    if error := summary.get("error"):
        show.line(f"{error}")
    for text in lines:
        show.line(text)
    for key, columns in _PARTS.items():
        rows = summary.get(key)
        if isinstance(rows, list) and rows:
            show.line("")
            cells = ([_cell(row.get(name.lower())) for name in columns] for row in rows)
            show.table(columns, cells, right=("Days", "Pages"))
    if any(key.endswith("_by_outcome") for key in summary):
        show.line("Of a run of more than 90 days ago only the numbers are kept.")


def _cell(value: object) -> object:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value


_COLUMNS: Final = ("Id", "Command", "Started", "Took", "Outcome", "What")

# What a run's summary holds a list of, and what is shown of each.
_PARTS: Final = {
    "servers": ("Server", "Health", "Error"),
    "feeds": ("Feed", "Outcome", "From", "Through", "Days", "Pages", "Error"),
    "certificates": ("Feed", "Month", "Outcome", "Number", "Pages", "Error"),
}


def _summary(run: "Run") -> dict[str, object]:
    # Under another name, since `json` is an option of the command.
    import json as json_

    return dict(json_.loads(run.summary)) if run.summary else {}


def _row(run: "Run", outcome: str) -> tuple[object, ...]:
    from datetime import timedelta

    took = timedelta(seconds=round((run.finished_at - run.started_at).total_seconds())) if run.finished_at else None
    return run.id, run.command, f"{run.started_at:%Y-%m-%d %H:%M}Z", took, outcome, _summary_line(_summary(run))


def _summary_line(summary: dict[str, object]) -> str | None:
    """What a run did, in a few words; None if it has no summary, because it runs still or was killed."""
    from prsync.core.text import quantity

    feeds, certificates = _by_outcome(summary, "feeds"), _by_outcome(summary, "certificates")
    if feeds is not None and "pages" in summary:
        failed = feeds["failed"] + feeds["server_unhealthy"]
        failures = f", {failed:,} failed" if failed else ""
        return f"{quantity(feeds.total(), 'feed')}, {summary['pages']:,} pages{failures}"
    if certificates is not None:
        counted = ", ".join(f"{number:,} {outcome}" for outcome, number in certificates.items())
        return f"{_months_of(summary)}: {counted or 'nothing due'}"
    return None


def _months_of(summary: dict[str, object]) -> str:
    """The months that a run of certify was about, the last alone where no more is kept."""
    listed = summary.get("certificates")
    months = sorted({one["month"] for one in listed}) if isinstance(listed, list) else []
    return f"{months[0]} to {months[-1]}" if len(months) > 1 else str(summary.get("month"))


def _by_outcome(summary: dict[str, object], key: str) -> "Counter[str] | None":
    """How often each outcome came; of a run of long ago that is all that is kept. None where there is no such list."""
    from collections import Counter

    listed, counted = summary.get(key), summary.get(f"{key}_by_outcome")
    if isinstance(listed, list):
        return Counter(one["outcome"] for one in listed)
    return Counter(counted) if isinstance(counted, dict) else None
