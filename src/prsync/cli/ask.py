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
    from collections.abc import Callable

    from prsync.credentials.passwords import Secret, SecretName


def how(
    *, typed_password: bool, password_stdin: bool, client_secret_stdin: bool
) -> dict[SecretName, Callable[[], Secret]]:
    """How a server's secrets are asked for: those that an option names, and with `typed_password` the password."""
    asked: dict[SecretName, Callable[[], Secret]] = {}
    if typed_password or password_stdin:
        asked["password"] = lambda: password(stdin=password_stdin)
    if client_secret_stdin:
        asked["client secret"] = client_secret
    return asked


def password(*, stdin: bool) -> Secret:
    """Read a password: the next line of standard input if `stdin`, else what is typed, which is not shown.

    With `stdin` at a terminal it is typed, too. MissingOptionError without a terminal, InvalidValueError where standard
    input is empty.
    """
    return _secret("password", "Password", stdin=stdin)


def client_secret() -> Secret:
    """Read the secret of a server's client as a password: from the next line of standard input, or typed."""
    return _secret("client secret", "Client secret", stdin=True)


def key(*, stdin: bool) -> Secret:
    """Read the key of PrintReleaf's API as a password."""
    return _secret("key", "API key", stdin=stdin)


def _secret(what: str, prompt: str, *, stdin: bool) -> Secret:
    from prsync.credentials.passwords import Secret
    from prsync.errors import InvalidValueError, MissingOptionError

    option = f"--{what.replace(' ', '-')}"
    if stdin and not sys.stdin.isatty():
        line = ""
        with suppress(OSError):  # it is closed: there is no password either
            line = sys.stdin.readline().rstrip("\r\n")
        # Editors of other systems begin a file with a byte order mark.
        line = line.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
        if not line:
            raise InvalidValueError(f"{option}-stdin", "(empty)", f"standard input held no {what}")
        return Secret(line)
    if not is_terminal():
        raise MissingOptionError(f"the {what}", f"{option}-stdin or {option}-command CMD")
    # On standard error, because standard output may be a file or a pipe, and with --json holds JSON only.
    return Secret(typer.prompt(prompt, hide_input=True, err=True))


def confirm(question: str, *, yes: bool) -> None:
    """Ask a person to confirm `question`, and abort if they do not; with `yes` an option has confirmed it already."""
    from prsync.errors import MissingOptionError

    if yes:
        return
    if not is_terminal():
        raise MissingOptionError("a confirmation", "--yes")
    typer.confirm(question, abort=True, err=True)
