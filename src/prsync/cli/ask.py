"""Asks a person at the terminal. Without a terminal nothing is asked: the error names the option to give instead.

A run from cron therefore never waits for an answer.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from prsync.cli.invocation import is_terminal

if TYPE_CHECKING:
    from prsync.credentials.passwords import Secret


def password(*, stdin: bool) -> Secret:
    """Read a password: the first line of standard input if `stdin`, else what is typed, which is not shown.

    With `stdin` at a terminal it is typed, too. MissingOptionError without a terminal, InvalidValueError where standard
    input is empty.
    """
    from prsync.credentials.passwords import Secret
    from prsync.errors import InvalidValueError, MissingOptionError

    if stdin and not sys.stdin.isatty():
        line = ""
        with suppress(OSError):  # it is closed: there is no password either
            line = sys.stdin.readline().rstrip("\r\n")
        # Editors of other systems begin a file with a byte order mark.
        line = line.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
        if not line:
            raise InvalidValueError("--password-stdin", "(empty)", "standard input held no password")
        return Secret(line)
    if not is_terminal():
        raise MissingOptionError("the password", "--password-stdin or --password-command CMD")
    # On standard error, because standard output may be a file or a pipe, and with --json holds JSON only.
    return Secret(typer.prompt("Password", hide_input=True, err=True))


def confirm(question: str, *, yes: bool) -> None:
    """Ask a person to confirm `question`, and abort if they do not; with `yes` an option has confirmed it already."""
    from prsync.errors import MissingOptionError

    if yes:
        return
    if not is_terminal():
        raise MissingOptionError("a confirmation", "--yes")
    typer.confirm(question, abort=True, err=True)
