"""What can go wrong, as data. The command line words it and picks the exit status (cli/wording.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class PrsyncError(Exception):
    """Anything prsync foresees. Everything else is a bug.

    Its classes are not frozen: contextlib writes an exception's traceback back into it.
    """

    def __str__(self) -> str:
        return repr(self)


class InputError(PrsyncError):
    """Wrong usage or input: nothing was changed."""


@dataclass(eq=False)
class InvalidValueError(InputError):
    """An option's value that cannot be used."""

    option: str
    value: str
    reason: str


@dataclass(eq=False)
class MissingOptionError(InputError):
    """What a terminal would be asked for, where there is none."""

    what: str
    option: str


@dataclass(eq=False)
class NothingToChangeError(InputError):
    """A change of something, and not a word of what."""

    kind: str
    name: str


@dataclass(eq=False)
class NotFoundError(InputError):
    """No server, feed, organization, anomaly … of that name or id."""

    kind: str
    name: str
    hint: str


@dataclass(eq=False)
class NameTakenError(InputError):
    """A name that must be unique is in use."""

    kind: str
    name: str


@dataclass(eq=False)
class OrganizationConnectedError(InputError):
    """An organization can be connected once per server."""

    organization: str
    feed: str


@dataclass(eq=False)
class RefusedError(InputError):
    """A request that the ledger's rules do not allow."""

    what: str
    why: str


@dataclass(eq=False)
class ImportRefusedError(InputError):
    """Lines of an import file that cannot be used; nothing of it was."""

    file: Path
    lines: tuple[tuple[int, str], ...]


class ServerError(PrsyncError):
    """A 3manager server could not be talked to, or said something unusable."""


@dataclass(eq=False)
class UnreachableError(ServerError):
    """No connection could be made."""

    url: str
    reason: str


@dataclass(eq=False)
class BrokenConnectionError(ServerError):
    """A connection that did not last to the end of an answer, or one in which no HTTP is spoken."""

    url: str
    reason: str


@dataclass(eq=False)
class TlsError(ServerError):
    """A connection, and no TLS in it."""

    url: str
    reason: str


@dataclass(eq=False)
class UntrustedCertificateError(ServerError):
    """TLS: the server's certificate is not one we may believe."""

    url: str
    reason: str


@dataclass(eq=False)
class LoginRefusedError(ServerError):
    """The server does not take this username and password, or no longer takes its own token."""

    url: str
    username: str
    reason: str


@dataclass(eq=False)
class UnusableAnswerError(ServerError):
    """An answer that is none of the contract's shapes."""

    path: str
    status: int
    expected: str


@dataclass(eq=False)
class AtServerError(ServerError):
    """What went wrong at a registered server, and at which."""

    server: str
    cause: ServerError


class CredentialError(PrsyncError):
    """A password could not be had or kept."""


@dataclass(eq=False)
class NoKeyringError(CredentialError):
    """There is no keyring to be used in this environment."""

    reason: str


@dataclass(eq=False)
class PasswordMissingError(CredentialError):
    """The keyring has no password for this server."""

    server: str


@dataclass(eq=False)
class PasswordCommandError(CredentialError):
    """The password command failed or printed nothing."""

    server: str
    reason: str


class LedgerError(PrsyncError):
    """The ledger cannot be worked with."""


@dataclass(eq=False)
class NoServerError(LedgerError):
    """A ledger without any server: nothing can be collected, and cron is to hear of it."""

    path: Path


@dataclass(eq=False)
class LedgerFileError(LedgerError):
    """The database cannot be opened, read or written."""

    path: Path
    reason: str


@dataclass(eq=False)
class CopyError(LedgerError):
    """A copy of the ledger could not be made, or was not good."""

    path: Path
    reason: str


@dataclass(eq=False)
class NewerSchemaError(LedgerError):
    """The database was written by a later prsync."""

    path: Path
    unknown: tuple[str, ...]


@dataclass(eq=False)
class LockedError(PrsyncError):
    """Another prsync is at it."""

    what: str
    pid: int | None
    since: datetime | None


@dataclass(eq=False)
class UnprintableNameError(PrsyncError):
    """A name with characters that no typeface of the certificate has."""

    name: str
    characters: str


@dataclass(eq=False)
class CertificateFileError(PrsyncError):
    """A certificate's file could not be written; the certificate itself is in the ledger."""

    path: Path
    reason: str
