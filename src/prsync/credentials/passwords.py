"""Where passwords come from: the OS keyring, or a command. They are kept nowhere else, and never printed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from prsync.credentials import os_keyring, password_command
from prsync.errors import NoKeyringError, PasswordMissingError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

    from prsync.store.records import Server

log = logging.getLogger(__name__)


class Secret:
    """A password in memory. Whatever prints it prints ***."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The password itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "***"


def password_of(server: Server, *, may_prompt: bool | None = None) -> Secret:
    """A registered server's password: its command's first output line, else the keyring's entry.

    Without `may_prompt` the keyring may put up a window to be unlocked if a person is at a terminal.
    """
    if server.password_command is not None:
        return from_command(server.name, server.password_command)
    return from_keyring(server.name, server.url, server.username, may_prompt=may_prompt)


def from_command(server: str, command: str) -> Secret:
    """The first line that `command` prints; a PasswordCommandError if there is none."""
    return Secret(password_command.first_line(server, command))


def service_name(server: str, url: str) -> str:
    """How the entry is called in a keyring app."""
    return f"prsync: 3manager server {server} ({url})"


def keyring_name(*, may_prompt: bool | None = None) -> str:
    """The keyring of this environment, if it can be used; a NoKeyringError tells why not."""
    return os_keyring.ask_keyring(os_keyring.name_of, may_prompt=may_prompt)


def from_keyring(server: str, url: str, username: str, *, may_prompt: bool | None = None) -> Secret:
    """The password kept for a server in the OS keyring."""
    service = service_name(server, url)
    value = os_keyring.ask_keyring(lambda keyring: keyring.get_password(service, username), may_prompt=may_prompt)
    if value is None:
        raise PasswordMissingError(server)
    return Secret(value)


def keep_in_keyring(server: str, url: str, username: str, password: Secret) -> None:
    """Keep a server's password in the OS keyring."""
    service = service_name(server, url)
    os_keyring.ask_keyring(lambda keyring: keyring.set_password(service, username, password.reveal()))


def remove_from_keyring(server: str, url: str, username: str) -> None:
    """Forget a server's password; none to forget is as good. One that must stay, for want of a keyring, is told."""
    service = service_name(server, url)

    def remove(keyring: KeyringBackend) -> None:
        if keyring.get_password(service, username) is not None:
            keyring.delete_password(service, username)

    try:
        os_keyring.ask_keyring(remove)
    except NoKeyringError as error:
        stays = "the password of server %s stays in the keyring, as %r, until you delete it there: %s"
        log.warning(stays, server, service, error.reason, extra={"server": server})
