"""`prsync doctor`: tells what a run under this account and in this environment would find."""

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Annotated, Final

import typer

from prsync.cli import show
from prsync.cli.invocation import JsonOption, invocation_of
from prsync.cli.status import Status

if TYPE_CHECKING:
    from prsync.services.finding import Finding

_MARKS: Final = {True: "ok", False: "BAD", None: "-"}
# Columns that are left for what was found, however narrow the terminal is.
_LEAST_TEXT_WIDTH: Final = 40


def doctor(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Do not connect to the servers.")] = False,
    json: JsonOption = False,
) -> None:
    """Tell what this account can and cannot do here. Status 1 if a run would fail."""
    from prsync.services.doctor import examine
    from prsync.services.printreleaf import deposit_client_at_once
    from prsync.services.server_access import connect_at_once

    invocation = invocation_of(context)
    findings = []
    # Shown one by one, since the next check may take its time, or be the one that hangs.
    connect = None if offline else connect_at_once
    at_printreleaf = None if offline else deposit_client_at_once
    for finding in examine(invocation.state, invocation.now, invocation.local_timezone, connect, at_printreleaf):
        findings.append(finding)
        if not json and (finding.ok is False or not invocation.quiet):
            _show(finding)
    ok = all(finding.ok is not False for finding in findings)
    if json:
        show.document({"ok": ok, "findings": [finding.document() for finding in findings]})
    if not ok:
        raise typer.Exit(Status.FAILED)


def _show(finding: "Finding") -> None:
    """Show a finding on as many lines as it needs; lines after the first are indented."""
    head = f"{_MARKS[finding.ok]:<5}{show.cell(finding.about)}: "
    width = max(shutil.get_terminal_size().columns, len(head) + _LEAST_TEXT_WIDTH)
    # Long words are not broken: a path or a command is there to be copied.
    lines = textwrap.TextWrapper(width, subsequent_indent=" " * 5, break_on_hyphens=False, break_long_words=False)
    show.line(lines.fill(head + show.cell(finding.found)))
    sys.stdout.flush()
