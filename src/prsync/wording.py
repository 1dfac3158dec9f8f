"""Every foreseen error in one line: what happened, to what, and what to do.

Outside cli/, because the ledger keeps a server's error too, and `--json` carries it.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from prsync import errors

if TYPE_CHECKING:
    from collections.abc import Callable


@singledispatch
def words(error: BaseException) -> str:
    """The line for an error. For one that nobody foresaw: its class, since its text may quote an answer."""
    return f"unexpected {type(error).__name__}; run again with -v to see where"


def _line(kind: type[errors.PrsyncError], template: str) -> None:
    def fill(error: errors.PrsyncError) -> str:
        return " ".join(template.format(e=error).split())

    register: Callable[[Callable[[errors.PrsyncError], str]], object] = words.register(kind)
    register(fill)


_line(errors.InvalidValueError, "{e.option} {e.value}: {e.reason}")
_line(errors.MissingOptionError, "there is no terminal to ask for {e.what}: give {e.option}")
_line(errors.NotFoundError, "no {e.kind} {e.name}: {e.hint}")
_line(errors.NameTakenError, "there is a {e.kind} named {e.name} already: choose another name")
_line(errors.OrganizationConnectedError, "organization {e.organization} is connected already, as feed {e.feed}")
_line(errors.RefusedError, "{e.what} is refused: {e.why}")
_line(errors.UnreachableError, "cannot reach {e.url}: {e.reason}")
_line(
    errors.UntrustedCertificateError,
    "the certificate of {e.url} cannot be trusted: {e.reason}; a private CA is given with --ca-bundle FILE",
)
_line(
    errors.LoginRefusedError,
    "{e.url} refuses user {e.username} ({e.reason}): check the username and the password",
)
_line(
    errors.UnusableAnswerError,
    "{e.path} answered with status {e.status}, expected was {e.expected}: is the URL right, is the profile?",
)
_line(
    errors.NoKeyringError,
    "no keyring can be used here: {e.reason}; give --password-command CMD, or run prsync where the keyring is unlocked",
)
_line(
    errors.PasswordMissingError,
    "the keyring has no password for server {e.server}: prsync server update {e.server} --password-stdin keeps one",
)
_line(
    errors.PasswordCommandError,
    "the password command of server {e.server} failed: {e.reason}; run it by hand in this environment",
)
_line(errors.LedgerFileError, "the ledger {e.path} cannot be used: {e.reason}")
_line(
    errors.NewerSchemaError,
    "the ledger {e.path} was written by a later prsync: upgrade this one; nothing was changed",
)


@words.register
def _(error: errors.ImportRefusedError) -> str:
    first, *others = (f"line {number}: {reason}" for number, reason in error.lines)
    return "\n".join([f"{error.file}: nothing was imported; {first}", *(f"{error.file}: {line}" for line in others)])


@words.register
def _(error: errors.LockedError) -> str:
    holder = f"process {error.pid}" if error.pid else "another process"
    since = f" since {error.since:%Y-%m-%d %H:%M:%S} UTC" if error.since else ""
    return f"another prsync, {holder}, is at {error.what}{since}: nothing of it was changed; try again when it is done"
