"""Every foreseen error in one line: what happened, to what, and what to do.

Outside cli/, because the ledger keeps a server's error too, and `--json` carries it.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Final

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
_line(
    errors.NothingToChangeError,
    "{e.kind} {e.name}: no change was given; prsync {e.kind} update --help shows what can be",
)
_line(
    errors.OrganizationConnectedError,
    "organization {e.organization} is connected already, as feed {e.feed}: prsync feed update changes that one",
)
_line(errors.RefusedError, "{e.what} is refused: {e.why}")
_line(errors.UnreachableError, "cannot reach {e.url}: {e.reason}")
_line(errors.BrokenConnectionError, "{e.url} gave no whole answer: {e.reason}; try again later")
_line(errors.TlsError, "no TLS with {e.url}: {e.reason}; is the port right?")
_line(
    errors.UntrustedCertificateError,
    "the certificate of {e.url} cannot be trusted: {e.reason}",
)
_line(
    errors.LoginRefusedError,
    "{e.url} refuses user {e.username} ({e.reason}): check the username and the password;"
    " prsync server update changes them",
)
_line(
    errors.NoKeyringError,
    "no keyring can be used here: {e.reason}; give --password-command CMD, or run prsync where the keyring is unlocked"
    " (examples/prsync-with-keyring unlocks one)",
)
_line(
    errors.PasswordMissingError,
    "the keyring has no password for server {e.server}: prsync server update {e.server} --password-stdin keeps one",
)
_line(
    errors.PasswordCommandError,
    "the password command of server {e.server} failed: {e.reason}; run it by hand in this environment",
)
_line(
    errors.NoServerError,
    "no server is registered in {e.path}: prsync server add registers one (or is --state, PRSYNC_STATE or HOME wrong?)",
)
_line(errors.LedgerFileError, "the ledger {e.path} cannot be used: {e.reason}")
_line(errors.CopyError, "the copy {e.path} could not be made: {e.reason}; the ledger itself was not changed")
_line(
    errors.NewerSchemaError,
    "the ledger {e.path} was written by a later prsync: upgrade this one; nothing was changed",
)
_line(
    errors.UnprintableNameError,
    "the certificate's typefaces lack characters of the name {e.name} ({e.characters}): prsync feed update gives the"
    " feed a --name that can be printed",
)
_line(
    errors.CertificateFileError,
    "the certificate's file {e.path} cannot be used: {e.reason}; once that is mended, prsync certify writes it",
)


def counted(number: int, thing: str) -> str:
    """As `1 feed` and `3 feeds`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


@words.register
def _(error: errors.NameTakenError) -> str:
    how = "give it another with --name" if error.kind == "feed" else "choose another name"
    return f"there is a {error.kind} named {error.name} already: {how}"


@words.register
def _(error: errors.UnusableAnswerError) -> str:
    answered = f"{error.path} answered with status {error.status}"
    if error.status >= _SERVER_ERROR:
        return f"{answered}, an error of the server's own: try again later"
    if (hint := _ANSWER_HINTS.get(error.status)) is not None:
        return f"{answered}: {hint}"
    return f"{answered} where {error.expected} was expected: is the URL right, is the profile?"


_SERVER_ERROR: Final = 500
_ANSWER_HINTS: Final = {
    403: "this user may not see it, until somebody allows it in 3manager",
    404: "nothing is there; is the organization still there, is the URL right, is the profile?",
    429: "it was asked too often; try again later",
}


@words.register
def _(error: errors.AtServerError) -> str:
    return f"server {error.server}: {words(error.cause)}"


@words.register
def _(error: errors.ImportRefusedError) -> str:
    first, *others = (f"line {number}: {reason}" for number, reason in error.lines)
    return "\n".join([f"{error.file}: nothing was imported; {first}", *(f"{error.file}: {line}" for line in others)])


@words.register
def _(error: errors.LockedError) -> str:
    holder = f", process {error.pid}," if error.pid else ""
    since = f" since {error.since:%Y-%m-%d %H:%M:%S} UTC" if error.since else ""
    return f"another prsync{holder} is at {error.what}{since}: nothing of it was changed; try again when it is done"
