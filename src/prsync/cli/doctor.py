"""`prsync doctor`: what would go wrong tonight, in one screen."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Final

import typer

from prsync.cli import show
from prsync.cli.invocation import JsonOption, invocation_of
from prsync.cli.status import Status

if TYPE_CHECKING:
    from prsync.services.doctor import Finding

_MARKS: Final = {True: "ok", False: "BAD", None: "-"}
_NARROW: Final = 40
"""Columns that are left to what was found, however narrow the terminal is."""


def doctor(context: typer.Context, json: JsonOption = False) -> None:
    """Tell what this account can and cannot do here. Status 1 if a run would fail."""
    from prsync.services.doctor import examine

    invocation = invocation_of(context)
    findings = []
    for finding in examine(invocation.state, invocation.now, invocation.local_timezone):
        findings.append(finding)
        if not json and (finding.ok is False or not invocation.quiet):
            _show(finding)
    ok = all(finding.ok is not False for finding in findings)
    if json:
        show.document({"ok": ok, "findings": [finding.document() for finding in findings]})
    if not ok:
        raise typer.Exit(Status.FAILED)


def _show(finding: Finding) -> None:
    """A finding at once, since the next one may take its time."""
    head = f"{_MARKS[finding.ok]:<5}{show.cell(finding.about)}: "
    width = max(shutil.get_terminal_size().columns, len(head) + _NARROW)
    lines = textwrap.TextWrapper(width, subsequent_indent=" " * 5, break_on_hyphens=False, break_long_words=False)
    show.line(lines.fill(head + show.cell(finding.found)))  # a path is not broken: it is copied
    sys.stdout.flush()
