"""What is asked of a person, and of nobody else: where there is no terminal, an option has to say it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from prsync.cli.invocation import is_terminal

if TYPE_CHECKING:
    from prsync.credentials.passwords import Secret


def password(*, stdin: bool) -> Secret:
    """A password: from standard input if so asked, else typed without being shown."""
    from prsync.credentials.passwords import Secret
    from prsync.errors import InvalidValueError, MissingOptionError

    if stdin and not sys.stdin.isatty():
        given = sys.stdin.readline().rstrip("\r\n")
        if not given:
            raise InvalidValueError("--password-stdin", "(empty)", "standard input held no password")
        return Secret(given)
    if not is_terminal():
        raise MissingOptionError("the password", "--password-stdin or --password-command CMD")
    return Secret(typer.prompt("Password", hide_input=True, err=True))


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something is gone for good; `yes` where an option has said so already."""
    from prsync.errors import MissingOptionError

    if yes:
        return
    if not is_terminal():
        raise MissingOptionError("a confirmation", "--yes")
    typer.confirm(question, abort=True, err=True)
