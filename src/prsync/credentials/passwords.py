"""The passwords of the servers: read from the OS keyring or from a command, and kept in the OS keyring only."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from prsync.credentials import os_keyring, password_command
from prsync.errors import NoKeyringError, PasswordMissingError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

    from prsync.core.settings import ServerSettings

log = logging.getLogger(__name__)


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


def password_of(server: ServerSettings, *, may_prompt: bool | None = None) -> Secret:
    """A registered server's password: from its password command if it has one, else from the keyring.

    `may_prompt` as in `ask_keyring`. CredentialError if there is no password to be had.
    """
    if server.password_command is not None:
        return from_command(server.name, server.password_command)
    return from_keyring(server.name, server.url, server.username, may_prompt=may_prompt)


def from_command(server: str, command: str) -> Secret:
    """The first line that `command` prints; a PasswordCommandError if there is none."""
    return Secret(password_command.first_line(server, command))


def service_name(server: str, url: str) -> str:
    """The name of a server's entry in the keyring, as an app that manages keyrings shows it."""
    # With the URL, because two ledgers of one account may each have a server of the same name.
    return f"prsync: 3manager server {server} ({url})"


def keyring_name(*, may_prompt: bool | None = None) -> str:
    """The name of the keyring backend that would be used here; NoKeyringError where there is none."""
    return os_keyring.ask_keyring(os_keyring.name_of, may_prompt=may_prompt)


def from_keyring(server: str, url: str, username: str, *, may_prompt: bool | None = None) -> Secret:
    """The password kept for a server in the OS keyring; PasswordMissingError if it has none."""
    service = service_name(server, url)
    value = os_keyring.ask_keyring(lambda keyring: keyring.get_password(service, username), may_prompt=may_prompt)
    if value is None:
        raise PasswordMissingError(server)
    return Secret(value)


def keep_in_keyring(server: str, url: str, username: str, password: Secret) -> None:
    """Store a server's password in the OS keyring, in place of one that is there."""
    service = service_name(server, url)
    os_keyring.ask_keyring(lambda keyring: keyring.set_password(service, username, password.reveal()))


def remove_from_keyring(server: str, url: str, username: str) -> None:
    """Delete a server's password from the OS keyring, if it is there.

    Where the keyring cannot be used, a warning says that the password stays in it.
    """
    service = service_name(server, url)

    def remove(keyring: KeyringBackend) -> None:
        if keyring.get_password(service, username) is not None:
            keyring.delete_password(service, username)

    try:
        os_keyring.ask_keyring(remove)
    # No error: a server must be removable from a machine whose keyring is gone.
    except NoKeyringError as error:
        stays = "the password of server %s stays in the keyring, as %r, until you delete it there: %s"
        log.warning(stays, server, service, error.reason, extra={"server": server})
