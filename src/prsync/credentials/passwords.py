"""The secrets of the servers: read from the OS keyring or from a command, and kept in the OS keyring only.

Each server has a password. One that wants to know its client too may have that client's secret beside it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from prsync.credentials import os_keyring, password_command
from prsync.errors import NoKeyringError, PasswordMissingError, secret_owner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyring.backend import KeyringBackend

    from prsync.core.settings import PrintReleafSettings, ServerSettings

log = logging.getLogger(__name__)

SecretName = Literal["password", "client secret", "key"]
"""Which of a server's secrets; a key is PrintReleaf's. Errors name it so, and options with hyphens."""


class Secret:
    """A password in memory. Printing, formatting or logging it shows ***."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The password itself, for the call that sends or stores it."""
        return self._value

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a server wants to know of us. `client_secret` is None where the client has none."""

    password: Secret
    client_secret: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a server's secret comes from: out of `command`, or the keyring's entry `service` and `username`."""

    what: SecretName
    server: str
    service: str
    username: str
    command: str | None

    @property
    def in_keyring(self) -> bool:
        """Whether the keyring has it."""
        return self.command is None


def password_origin(server: ServerSettings) -> Origin:
    """Where a server's password comes from."""
    return Origin(
        what="password",
        server=server.name,
        # As an app that manages keyrings shows it. With the URL, because two ledgers of one account may each have a
        # server of the same name.
        service=f"prsync: 3manager server {server.name} ({server.url})",
        username=server.username,
        command=server.password_command,
    )


def client_secret_origin(server: ServerSettings) -> Origin | None:
    """Where the secret of a server's client comes from; None where the client has none."""
    if not server.has_client_secret:
        return None
    return Origin(
        what="client secret",
        server=server.name,
        service=f"prsync: client of 3manager server {server.name} ({server.url})",
        username=server.client_id or "",
        command=server.client_secret_command,
    )


def key_origin(settings: PrintReleafSettings) -> Origin:
    """Where the key of PrintReleaf's API comes from."""
    return Origin(
        what="key",
        server="PrintReleaf",
        service=f"prsync: PrintReleaf ({settings.url})",
        username="api-key",
        command=settings.key_command,
    )


def origins_of(server: ServerSettings) -> Sequence[Origin]:
    """Where a server's secrets come from, the password first."""
    client_secret = client_secret_origin(server)
    return [password_origin(server)] if client_secret is None else [password_origin(server), client_secret]


def credentials_of(server: ServerSettings) -> Credentials:
    """A registered server's secrets. CredentialError if one is not to be had."""
    client_secret = client_secret_origin(server)
    return Credentials(
        password=read(password_origin(server)), client_secret=None if client_secret is None else read(client_secret)
    )


def read(origin: Origin, *, may_prompt: bool | None = None) -> Secret:
    """A secret from where it comes from: the first line of its command, or the keyring's entry.

    `may_prompt` as in `ask_keyring`. CredentialError if it is not to be had.
    """
    if origin.command is not None:
        return Secret(password_command.first_line(origin.server, origin.command, what=origin.what))
    try:
        value = os_keyring.ask_keyring(
            lambda keyring: keyring.get_password(origin.service, origin.username), may_prompt=may_prompt
        )
    except NoKeyringError as error:
        raise without_keyring(origin, error) from None
    if value is None:
        raise PasswordMissingError(origin.server, origin.what)
    return Secret(value)


def without_keyring(origin: Origin, error: NoKeyringError) -> NoKeyringError:
    """The error with the option that does without a keyring: each secret has one of its own."""
    return NoKeyringError(error.reason, f"--{origin.what.replace(' ', '-')}-command")


def keyring_name(*, may_prompt: bool | None = None) -> str:
    """The name of the keyring backend that would be used here; NoKeyringError where there is none."""
    return os_keyring.ask_keyring(os_keyring.name_of, may_prompt=may_prompt)


def keep_in_keyring(origin: Origin, secret: Secret) -> None:
    """Store a secret in the OS keyring, in place of one that is there."""
    try:
        os_keyring.ask_keyring(lambda keyring: keyring.set_password(origin.service, origin.username, secret.reveal()))
    except NoKeyringError as error:
        raise without_keyring(origin, error) from None


def remove_from_keyring(origin: Origin) -> None:
    """Delete a secret from the OS keyring, if it is there.

    Where the keyring cannot be used, a warning says that the secret stays in it.
    """

    def remove(keyring: KeyringBackend) -> None:
        if keyring.get_password(origin.service, origin.username) is not None:
            keyring.delete_password(origin.service, origin.username)

    try:
        os_keyring.ask_keyring(remove)
    # No error: a server must be removable from a machine whose keyring is gone.
    except NoKeyringError as error:
        stays = "the %s of %s stays in the keyring, as %r, until you delete it there: %s"
        whose = secret_owner(origin.server, origin.what)
        log.warning(stays, origin.what, whose, origin.service, error.reason, extra={"server": origin.server})
