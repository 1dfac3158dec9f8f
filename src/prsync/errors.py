"""What can go wrong, and the one line that a person reads of it: what happened, to what, what to do.

    PrsyncError                      anything foreseen; everything else is a bug
    ├── InputError                   wrong usage or input: nothing was changed
    │   ├── InvalidValueError        an option's value that cannot be used
    │   ├── MissingOptionError       what a terminal would be asked for, where there is none
    │   ├── NothingToChangeError     an update without a change
    │   ├── NotFoundError            no server, feed, organization … of that name
    │   ├── NameTakenError           a name that must be unique is in use
    │   ├── NameTooAlikeError        a name that is easily taken for another
    │   ├── OrganizationConnectedError
    │   ├── BrandError               a brand file, a key or a picture of it
    │   ├── PrintReleafFileError     printreleaf.toml, or a key of it
    │   ├── NotConnectedError        PrintReleaf is not set up
    │   ├── RefusedError             the ledger's rules do not allow it
    │   └── ImportRefusedError       lines of an import file that cannot be used
    ├── ServerError                  a server (3manager's, PrintReleaf's) could not be talked to, or said nothing usable
    │   ├── UnreachableError         no connection could be made
    │   ├── BrokenConnectionError    a connection that did not last to the end of an answer
    │   ├── TlsError                 the server answers, and does not speak TLS
    │   ├── UntrustedCertificateError
    │   ├── LoginRefusedError        the server does not take this username and password
    │   ├── ClientRefusedError       the server does not take this OAuth client
    │   ├── TokenRequestRefusedError
    │   │                            the server does not understand the request for a token
    │   ├── UnusableAnswerError      an answer that is none of the contract's shapes
    │   │   └── NoTokenError         an answer to a token request that has no token
    │   ├── ProfileMismatchError     an answer that does not mean what the API profile says
    │   ├── ServerLostError          a server that is not worth waiting for in this run
    │   ├── KeyRefusedError          PrintReleaf does not take the key
    │   ├── PrintReleafRefusedError  PrintReleaf refuses what it was asked for: nothing was made
    │   ├── PrintReleafAnswerError   an answer of PrintReleaf's that tells nothing
    │   ├── IncompleteListError      its list of deposits lacks one that is there
    │   └── AtServerError            one of the above, and at which registered server
    ├── CredentialError              a password could not be had or kept
    │   ├── NoKeyringError
    │   ├── PasswordMissingError
    │   └── PasswordCommandError
    ├── LedgerError                  the ledger cannot be worked with
    │   ├── NoHomeError
    │   ├── NoLedgerError        there is none where it should be
    │   ├── NoServerError
    │   ├── LedgerFileError          the database cannot be opened, read or written
    │   │   ├── NotWritableError     it can be read and not be written
    │   │   └── ConstraintError      a row that the database's own rules do not allow
    │   ├── CopyError
    │   └── NewerSchemaError
    ├── ClockError                   the machine's clock cannot be right
    ├── LockedError                  another prsync is at it
    ├── UnansweredError              a deposit was sent to PrintReleaf, and nobody knows yet whether it is there
    ├── DeliveryChangedError         a deposit that is not sent, since its feed was changed during the run
    ├── KeptBackupsError             the last backup holds more than the ledger: none was removed
    ├── UnknownRegionError           no public holidays are known of a feed's country
    ├── UnprintableNameError         a name with letters that no typeface of this machine has
    ├── IssuerKeyError               the key with which certificates are signed cannot be used
    ├── NotRestorableError           a certificate's file that is gone, and would not be drawn as it was issued
    ├── OutputFileError              a file that was asked for cannot be written
    └── CertificateFileError

The line is the error's text, `str(error)`. It stands here and not in cli/, because it is needed also where no command
prints it: the ledger keeps a server's last error, and `--json` carries it. cli/status.py says how each kind ends.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path


class PrsyncError(Exception):
    """Anything prsync foresees: a `message` (what happened, to what) and a `hint` (what to do).

    The hint may be missing where the message says it already. A class keeps what it is given as far as somebody asks.
    """

    def __init__(self, message: str, hint: str = "", *, separator: str = ": ") -> None:
        # A name or a reason from outside may hold line breaks, and an error is one line.
        self.message, self.hint = " ".join(message.split()), hint
        super().__init__(f"{self.message}{separator}{hint}" if hint else self.message)


def error_line(error: BaseException) -> str:
    """The line for any error. Of one that nobody foresaw its class alone: its text may quote an answer."""
    if isinstance(error, PrsyncError):
        return str(error)
    return f"unexpected {type(error).__name__}; run again with -v to see where"


class InputError(PrsyncError):
    """Wrong usage or input: nothing was changed."""


class InvalidValueError(InputError):
    """An option's value that cannot be used, or an argument's. A file is told by its own name alone."""

    def __init__(self, option: str, value: str, reason: str) -> None:
        super().__init__(f"{value}: {reason}" if option.startswith("FILE") else f"{option} {value}: {reason}")
        self.option, self.value, self.reason = option, value, reason


class MissingOptionError(InputError):
    """What a terminal would be asked for, where there is none."""

    def __init__(self, what: str, option: str) -> None:
        super().__init__(f"there is no terminal to ask for {what}", f"give {option}")


class NothingToChangeError(InputError):
    """An update that names nothing to change."""

    def __init__(self, kind: str, name: str) -> None:
        hint = f"prsync {kind} update --help shows what can be"
        super().__init__(f"{kind} {name}: no change was given", hint, separator="; ")


class NotFoundError(InputError):
    """No server, feed, organization, anomaly … of that name or id."""

    def __init__(self, kind: str, name: str, hint: str) -> None:
        super().__init__(f"no {kind} {name}", hint)


class NameTakenError(InputError):
    """A name that must be unique is in use."""

    def __init__(self, kind: str, name: str) -> None:
        hint = "give it another with --name" if kind == "feed" else "choose another name"
        super().__init__(f"there is a {kind} named {name} already", hint)


class NameTooAlikeError(InputError):
    """A name that differs from another feed's in nothing but case, blanks or Unicode form."""

    def __init__(self, name: str, other: str) -> None:
        super().__init__(f"{name} is easily taken for the feed {other}", "give it another name with --name")


class OrganizationConnectedError(InputError):
    """An organization can be connected once per server; `where` is the server of the feed, where it is another."""

    def __init__(self, organization: str, feed: str, where: str = "") -> None:
        message = f"organization {organization} is connected already, as feed {feed}{where}"
        super().__init__(message, f"prsync feed update {quote(feed)} changes that one")


class KeptBackupsError(PrsyncError):
    """A backup that was made, and older ones that were kept beside it: one holds more than the ledger does."""

    def __init__(self, file: Path, deposits: int, now: int) -> None:
        message = f"no older backup was removed: {file} holds {deposits:,} deposits, and the ledger {now:,}"
        super().__init__(message, "is it the right ledger? If so, remove that file", separator="; ")


class RefusedError(InputError):
    """A request that the ledger's rules do not allow."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} is refused: {why}")


class ImportRefusedError(InputError):
    """Lines of an import file that cannot be used; nothing of it was. `lines`: the number of each, and why.

    The one error of several lines: a person mends all of them at once.
    """

    def __init__(self, file: Path, lines: tuple[tuple[int, str], ...]) -> None:
        first, *others = (f"line {number}: {reason}" for number, reason in lines)
        super().__init__(f"{file}: nothing was imported; {first}")
        self.lines = lines
        self._others = [f"{file}: {line}" for line in others]

    def __str__(self) -> str:
        return "\n".join([self.message, *self._others])


class ServerError(PrsyncError):
    """A server, of 3manager's or PrintReleaf's, could not be talked to, or said something unusable."""


class UnreachableError(ServerError):
    """No connection could be made."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"cannot reach {url}: {reason}")


class BrokenConnectionError(ServerError):
    """A connection that did not last to the end of an answer, or one in which no HTTP is spoken."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} gave no whole answer: {reason}", "try again later", separator="; ")


class TlsError(ServerError):
    """The server answers, and does not speak TLS."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"no TLS with {url}: {reason}", "is the port right?", separator="; ")


class UntrustedCertificateError(ServerError):
    """TLS: the server's certificate is not one we may believe."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"the certificate of {url} cannot be trusted: {reason}")


class LoginRefusedError(ServerError):
    """The server does not take this username and password, or no longer takes its own token."""

    def __init__(self, url: str, username: str, reason: str, also: str = "") -> None:
        hint = f"check the username and the password{also and f'; {also}'}"
        super().__init__(f"{url} refuses user {username} ({reason})", hint)


class TokenRequestRefusedError(ServerError):
    """The server does not understand the request for a token; it says nothing of user and password."""

    def __init__(self, url: str, grant: str, reason: str) -> None:
        hint = "see auth.grant, auth.form (such as a scope) and auth.headers in the API profile"
        message = f"{url} does not understand the request for a token by the grant {grant} ({reason})"
        super().__init__(message, hint, separator="; ")


class ClientRefusedError(ServerError):
    """The server does not take the OAuth client that the token was asked for by."""

    def __init__(self, url: str, client_id: str | None, reason: str) -> None:
        client = f"the client {client_id}" if client_id else "a login without a client id"
        hint = (
            "check --client-id, its secret (--client-secret-stdin or --client-secret-command), and auth.client in the"
            " API profile: body or basic"
        )
        super().__init__(f"{url} refuses {client} ({reason})", hint)


_HINT_BY_STATUS: Final = {
    400: "it does not understand the question; see the path, paging and history in the API profile",
    403: "this user may not see it, until somebody allows it in 3manager",
    404: "nothing is there; is the organization still there, is the URL right, is the profile?",
    429: "it was asked too often; try again later",
}
_FIRST_SERVER_ERROR: Final = 500


class UnusableAnswerError(ServerError):
    """An answer that is none of the contract's shapes. `path` is that of the request, `status` the HTTP status."""

    hint_by_status: ClassVar[Mapping[int, str]] = _HINT_BY_STATUS

    def __init__(self, path: str, status: int, expected: str) -> None:
        message, hint = f"{path} answered with status {status}", self.hint_by_status.get(status)
        if status >= _FIRST_SERVER_ERROR:
            message, hint = f"{message}, an error of the server's own", "try again later"
        elif hint is None:
            message, hint = f"{message} where {expected} was expected", "is the URL right, is the profile?"
        super().__init__(message, hint)
        self.status = status


class NoTokenError(UnusableAnswerError):
    """An answer to a token request that neither has a token nor says why there is none."""

    hint_by_status: ClassVar[Mapping[int, str]] = {
        404: "no token is had there; is the URL right, is auth.token in the API profile?",
        405: "no token is had there; is the URL right, is auth.token in the API profile?",
        429: _HINT_BY_STATUS[429],
    }

    def __init__(self, path: str, status: int) -> None:
        super().__init__(path, status, "an OAuth 2.0 token")


class ProfileMismatchError(ServerError):
    """An answer that does not mean what the API profile says. `key` is the profile's key that decides about it."""

    def __init__(self, path: str, problem: str, key: str, *, also: str = "") -> None:
        hint = f"{also}see {key} in the API profile; prsync server probe shows what fits"
        super().__init__(f"{path}: {problem}", hint, separator="; ")
        self.key = key


class ServerLostError(ServerError):
    """A server that is not worth waiting for in this run: it is asked nothing more."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"{url} is left alone for this run: {reason}", "the next run goes on from there", separator="; "
        )


class KeyRefusedError(ServerError):
    """PrintReleaf does not take the key."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} refuses the key ({reason})", "prsync printreleaf connect takes another")


class PrintReleafRefusedError(ServerError):
    """PrintReleaf refuses what it was asked for, in its own words if it has any: nothing was made."""

    def __init__(self, path: str, status: int, message: str | None) -> None:
        what, hint = f"PrintReleaf refuses {path} with status {status}", _HINT_BY_STATUS_AT_PRINTRELEAF.get(status, "")
        if message:
            super().__init__(f"{what}: {message.rstrip('.') if hint else message}", hint, separator="; ")
        else:
            super().__init__(what, hint or "it does not say why")
        self.status = status


_HINT_BY_STATUS_AT_PRINTRELEAF: Final = {
    403: "the key may not do that",
    404: "there is no such account, or the key may not see it; prsync printreleaf accounts lists those that it sees",
    429: "it was asked too often; try again later",
}


class PrintReleafAnswerError(ServerError):
    """An answer of PrintReleaf's that tells nothing: what was asked for may have been done."""

    def __init__(self, path: str, problem: str) -> None:
        hint = "is the URL right? printreleaf.toml says what is expected"
        super().__init__(f"the answer of PrintReleaf to {path} cannot be used: {problem}", hint, separator="; ")


class IncompleteListError(ServerError):
    """A list of deposits that lacks one which is there: by it nobody could tell what is delivered.

    `lately` is whether that one was delivered so short a time ago that it may not be listed yet.
    """

    def __init__(self, account_id: str, deposit_id: str, *, lately: bool = False) -> None:
        message = f"PrintReleaf's list of the deposits of account {account_id} lacks {deposit_id}, which is there"
        hint = "it was delivered a short while ago, and a run an hour later will see it listed"
        super().__init__(message, f"{hint if lately else _LIST_HINT}; nothing was sent", separator="; ")


_LIST_HINT: Final = "does the list come in pages (page in printreleaf.toml)?"


class DeliveryChangedError(PrsyncError):
    """A deposit that is not sent: what was read of it before does not hold any more."""

    def __init__(self, feed: str, day: date) -> None:
        message = f"{day} of feed {feed} was not sent: the feed was changed or removed during this run"
        super().__init__(message, "the next run goes on", separator="; ")


class UnansweredError(PrsyncError):
    """A deposit that was sent lately and not answered: it may be there and not be listed yet."""

    def __init__(self, day: date, sent_at: datetime | None) -> None:
        at = f" at {sent_at:%Y-%m-%d %H:%M} UTC" if sent_at else ""
        message = f"the deposit of {day} was sent{at} and not answered"
        super().__init__(message, "it is looked for at each run, and sent again an hour after that")


class AtServerError(ServerError):
    """What went wrong at a registered server, and at which."""

    def __init__(self, server: str, cause: ServerError) -> None:
        super().__init__(f"server {server}: {cause}")
        self.server = server


class CredentialError(PrsyncError):
    """A password could not be had or kept."""


class NoKeyringError(CredentialError):
    """There is no keyring to be used in this environment."""

    def __init__(self, reason: str, option: str = "--password-command") -> None:
        hint = (
            f"give {option} CMD, or run prsync where the keyring is unlocked (examples/prsync-with-keyring unlocks one)"
        )
        super().__init__(f"no keyring can be used here: {reason}", hint, separator="; ")
        self.reason = reason


KEY: Final = "key"
"""What the secret is called that PrintReleaf wants."""


def secret_owner(server: str, what: str) -> str:
    """Whose secret it is, for an error: that of a server, or of PrintReleaf, of which there is one."""
    return server if what == KEY else f"server {server}"


class PasswordMissingError(CredentialError):
    """The keyring has no password for this server, or no secret of its client: `what` says which."""

    def __init__(self, server: str, what: str = "password") -> None:
        command = "printreleaf connect" if what == KEY else f"server update {quote(server)}"
        hint = f"prsync {command} --{what.replace(' ', '-')}-stdin keeps one"
        super().__init__(f"the keyring has no {what} for {secret_owner(server, what)}", hint)
        self.server = server


class PasswordCommandError(CredentialError):
    """The command that prints a password, or a client's secret, failed or printed nothing."""

    def __init__(self, server: str, reason: str, what: str = "password") -> None:
        message = f"the {what} command of {secret_owner(server, what)} failed: {reason}"
        super().__init__(message, "run it by hand in this environment", separator="; ")
        self.server, self.reason = server, reason


class LedgerError(PrsyncError):
    """The ledger cannot be worked with."""


class NoHomeError(LedgerError):
    """This user has no home folder, in which the ledger would be; `variable` names another place."""

    def __init__(self, variable: str) -> None:
        hint = f"set HOME, or give the ledger's place with --state FILE or {variable}"
        super().__init__("this user has no home folder, since neither HOME nor the password database names one", hint)


class NoLedgerError(LedgerError):
    """There is no ledger where it should be: it was lost, its disk is not mounted, or it is elsewhere."""

    def __init__(self, path: Path) -> None:
        hint = "--state or PRSYNC_STATE says where it is; prsync server add begins a new one"
        super().__init__(f"there is no ledger at {path}", hint)


class NoServerError(LedgerError):
    """A ledger without any server: nothing can be collected, and cron is to hear of it."""

    def __init__(self, path: Path) -> None:
        hint = "prsync server add registers one (or is --state, PRSYNC_STATE or HOME wrong?)"
        super().__init__(f"no server is registered in {path}", hint)


class LedgerFileError(LedgerError):
    """The database cannot be opened, read or written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"the ledger {path} cannot be used: {reason}")
        self.reason = reason


class NotWritableError(LedgerFileError):
    """The database or its folder can be read, and not be written. `place` is which of the two."""

    def __init__(self, path: Path, place: Path) -> None:
        super().__init__(path, f"this account cannot write {place}, or its disk is read-only")


class ConstraintError(LedgerFileError):
    """A row that the database's own rules do not allow: a name that is taken, a deposit that is there already."""


class CopyError(LedgerError):
    """A copy of the ledger could not be made, or was not good."""

    def __init__(self, path: Path, reason: str) -> None:
        message = f"the copy {path} could not be made: {reason}"
        super().__init__(message, "the ledger itself was not changed", separator="; ")


class NewerSchemaError(LedgerError):
    """The database was written by a later prsync. `unknown` are the schema's steps that this one does not know."""

    def __init__(self, path: Path, unknown: tuple[str, ...]) -> None:
        super().__init__(f"the ledger {path} was written by a later prsync", "upgrade this one; nothing was changed")
        self.unknown = unknown


class ClockError(PrsyncError):
    """The machine's clock cannot be right, or nobody knows that it is: nothing is collected by it."""

    def __init__(self, now: datetime, why: str, hint: str = "is the clock set?") -> None:
        super().__init__(f"the clock says {now:%Y-%m-%d %H:%M} UTC, {why}", hint, separator="; ")


class LockedError(PrsyncError):
    """Another prsync is at it. `pid` and `since` are None where the holder has not written them down yet."""

    def __init__(self, what: str, pid: int | None, since: datetime | None) -> None:
        holder = f", process {pid}," if pid else ""
        begun = f" since {since:%Y-%m-%d %H:%M:%S} UTC" if since else ""
        message = f"another prsync{holder} is at {what}{begun}: nothing of it was changed"
        super().__init__(message, "try again when it is done", separator="; ")
        self.what, self.pid, self.since = what, pid, since


class UnknownRegionError(PrsyncError):
    """A country or region of which no public holidays are known: a later holidays library may drop one."""

    def __init__(self, region: str) -> None:
        hint = "--holidays of prsync feed update names another country or region, or none"
        super().__init__(f"no public holidays are known of {region}", hint)


class UnprintableNameError(PrsyncError):
    """A name with letters that no typeface of this machine has, or that Unicode has not."""

    def __init__(self, name: str, characters: Sequence[str], package: str | None = None) -> None:
        codes = ", ".join(f"U+{ord(char):04X}" for char in characters)
        if package is None:
            message = f"the name {name} has characters that are no letters ({codes})"
            hint = "prsync feed update gives the feed a --name that can be printed"
        else:
            message = f"no typeface of this machine has the letters {codes} of the name {name}"
            hint = f"Debian's package {package} brings one, and then prsync certify goes on"
        super().__init__(message, hint)
        self.name, self.characters = name, characters


class BrandError(InputError):
    """A brand file, a key or a picture of it that cannot be used."""

    def __init__(self, path: Path, key: str | None, reason: str) -> None:
        super().__init__(f"the brand {path}{f': {key}' if key else ''} {reason}")


class PrintReleafFileError(InputError):
    """A file printreleaf.toml that cannot be used."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


class NotConnectedError(InputError):
    """PrintReleaf is not set up."""

    def __init__(self) -> None:
        super().__init__("PrintReleaf is not connected", "prsync printreleaf connect does that")


class IssuerKeyError(PrsyncError):
    """The key with which certificates are signed cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        hint = (
            "restore it, or move it away: prsync certify then makes a new one, and what the old one signed stays good"
        )
        super().__init__(f"the issuer's key {path} {reason}", hint, separator="; ")


class NotRestorableError(PrsyncError):
    """A certificate's file is missing, and this prsync would draw another one."""

    def __init__(self, number: str, feed: str, month: str) -> None:
        message = f"the file of {number} is missing, and this prsync would draw another one than was issued"
        hint = f"bring it back from a backup, or prsync certify --reissue {quote(feed)} {month} issues a new revision"
        super().__init__(message, hint, separator="; ")


class OutputFileError(PrsyncError):
    """A file that somebody asked for cannot be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be written: {reason}")
        self.reason = reason


class CertificateFileError(PrsyncError):
    """A certificate's file could not be written; the certificate itself is in the ledger."""

    def __init__(self, path: Path, reason: str) -> None:
        message = f"the certificate's file {path} cannot be used: {reason}"
        super().__init__(message, "once that is mended, prsync certify writes it", separator="; ")
        self.reason = reason
