"""`prsync report`: pages and trees of customers over time, as a table, a file or a page."""

import io
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prsync.cli import complete, show
from prsync.cli.invocation import FeedsOption, Invocation, JsonOption, ServersOption, invocation_of

if TYPE_CHECKING:
    from prsync.services.report import ReportPlan

_FORMATS = ("table", "csv", "json")
_ENDINGS = (".csv", ".xlsx", ".html", ".json")


def report(
    context: typer.Context,
    first: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="YYYY-MM",
            help="The first month.",
            show_default="eleven months before --to",
            autocompletion=complete.months,
        ),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="YYYY-MM", help="The last month.", show_default="last month", autocompletion=complete.months
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            metavar="month|day|year", help="What a row is of.", autocompletion=complete.one_of("month", "day", "year")
        ),
    ] = "month",
    feed: FeedsOption = None,
    server: ServersOption = None,
    state: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="This ledger; repeatable, for one report of several.", show_default=False),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="table|csv|json",
            help="On standard output.",
            autocompletion=complete.one_of("table", "csv", "json"),
        ),
    ] = "table",
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Into FILE.csv, .xlsx, .html or .json.", show_default="standard output"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Report what was printed. A row for each feed and period; the .html is one page that needs nothing else."""
    from prsync.errors import InvalidValueError
    from prsync.process.files import expect_replaceable, from_home, replace_file
    from prsync.services.report import ReportRequest, plan_report

    invocation = invocation_of(context)
    request = ReportRequest(first=first, last=last, by=by, feeds=feed or (), servers=server or ())
    if form not in _FORMATS:
        hint = f"; --output FILE.{form} writes one" if f".{form}" in _ENDINGS else ""
        raise InvalidValueError("--format", form, f"is none of {', '.join(_FORMATS)}{hint}")
    if output is not None and output.suffix.lower() not in _ENDINGS:
        raise InvalidValueError("--output", str(output), f"ends in none of {', '.join(_ENDINGS)}")
    if output is not None and form != "table":
        raise InvalidValueError("--format", form, f"is for standard output; {output} says its own by its ending")
    if json and (form == "csv" or (output is not None and output.suffix.lower() != ".json")):
        raise InvalidValueError("--format json", "(--json)", f"is another format than {output or form}")
    with ExitStack() as stack:
        places = [replace(invocation, state_option=one) for one in _states(context, state or [])] or [invocation]
        ledgers = [stack.enter_context(place.ledger_to_read()) for place in places]
        plan = plan_report(ledgers, request, invocation.now, invocation.local_timezone)
        if output is not None:
            expect_replaceable("--output", from_home(output))
            replace_file(from_home(output), _file(plan, invocation, output.suffix.lower()))
        elif json or form == "json":
            show.text(_json(plan, invocation))
        elif form == "csv":
            show.text(_csv(plan, invocation))
        else:
            _show_table(plan, invocation)


def _states(context: typer.Context, given: list[str]) -> list[str]:
    """The ledgers that were named, also one before the command; none where none was."""
    from prsync.process.files import expanded

    program = context.find_root()
    source = program.get_parameter_source("state")
    before = [program.params["state"]] if given and source is not None and source.name == "COMMANDLINE" else []
    # One file may have two names.
    return list({str(expanded(Path(state)).resolve()): state for state in [*before, *given]}.values())


def _file(plan: "ReportPlan", invocation: Invocation, ending: str) -> bytes:
    """The bytes of a file of that kind."""
    from prsync.services.report import spreadsheet_of
    from prsync.services.report_page import page_of

    if ending == ".xlsx":
        return spreadsheet_of(plan, invocation.now)
    if ending == ".html":
        return page_of(plan, invocation.now).encode()
    return (_json if ending == ".json" else _csv)(plan, invocation).encode()


def _csv(plan: "ReportPlan", invocation: Invocation) -> str:
    from prsync.reports.csv_file import write_csv
    from prsync.services.report import report_rows

    text = io.StringIO(newline="")
    write_csv(report_rows(plan, invocation.now), text)
    return text.getvalue()


def _json(plan: "ReportPlan", invocation: Invocation) -> str:
    from prsync.reports.report_rows import Totals
    from prsync.services.report import report_rows

    totals = Totals()
    rows = (row.document() for row in totals.counting(report_rows(plan, invocation.now)))
    span = {"from": str(plan.first), "to": str(plan.last), "by": plan.by}
    # A row on a line, and none kept as more than that: there may be a million.
    return show.json_with_rows(span, rows, lambda: {"total": totals.document()})


def _show_table(plan: "ReportPlan", invocation: Invocation) -> None:
    from prsync.core.text import quantity
    from prsync.reports.report_rows import Totals
    from prsync.services.report import report_rows

    if not plan.feed_count:
        show.line(show.NO_FEED)
        return
    totals = Totals()
    rows = (
        (
            *(row.feed, row.server, row.period, f"{row.pages:,}", f"{row.trees:,}"),
            *(row.devices, row.is_complete, row.certificate),
        )
        for row in totals.counting(report_rows(plan, invocation.now))
    )
    columns = ("Feed", "Server", "Period", "Pages", "Trees", "Devices", "Complete", "Certificate")
    show.table(columns, rows, right=("Pages", "Trees", "Devices"))
    if not totals.rows:
        show.line("No customer has a day in this time.")
    show.line(f"{plan.caption}: {quantity(totals.pages, 'page')}, {totals.trees:,} trees")
