"""Where passwords come from: the OS keyring, or a command. They are kept nowhere else, and never printed."""

from __future__ import annotations

import os
import shlex
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from prsync.errors import NoKeyringError, PasswordCommandError, PasswordMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyring.backend import KeyringBackend

    from prsync.store.records import Server

COMMAND_SECONDS: Final = 60
"""How long a password command may take: a vault may be far away, a prompt would wait for ever."""

ALLOW_PLAINTEXT: Final = "PRSYNC_ALLOW_PLAINTEXT_KEYRING"


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


def password_of(server: Server) -> Secret:
    """A registered server's password: its command's first output line, else the keyring's entry."""
    if server.password_command is not None:
        return from_command(server.name, server.password_command)
    return from_keyring(server.name, server.url, server.username)


def from_command(server: str, command: str) -> Secret:
    """The first output line of `command`, which is run as a person's shell would split it, without a shell."""
    try:
        done = subprocess.run(
            shlex.split(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_SECONDS, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise PasswordCommandError(server, _why(error)) from None
    if done.returncode != 0:
        raise PasswordCommandError(server, f"it ended with status {done.returncode}")
    lines = done.stdout.decode("utf-8", errors="replace").splitlines()
    if not lines or not lines[0]:
        raise PasswordCommandError(server, "it printed no password")
    return Secret(lines[0])


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it did not end within {COMMAND_SECONDS} seconds"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return "its quotes do not match"


def service_name(server: str, url: str) -> str:
    """How the entry is called in a keyring app."""
    return f"prsync: 3manager server {server} ({url})"


def from_keyring(server: str, url: str, username: str) -> Secret:
    """The password kept for a server in the OS keyring."""
    with working_keyring() as keyring:
        value = keyring.get_password(service_name(server, url), username)
    if value is None:
        raise PasswordMissingError(server)
    return Secret(value)


def keep_in_keyring(server: str, url: str, username: str, password: Secret) -> None:
    """Keep a server's password in the OS keyring."""
    with working_keyring() as keyring:
        keyring.set_password(service_name(server, url), username, password.reveal())


def remove_from_keyring(server: str, url: str, username: str) -> None:
    """Forget a server's password; none to forget, or no keyring to forget it, is as good."""
    from keyring.errors import PasswordDeleteError

    with suppress(NoKeyringError, PasswordDeleteError), working_keyring() as keyring:
        keyring.delete_password(service_name(server, url), username)


@contextmanager
def working_keyring() -> Iterator[KeyringBackend]:
    """The keyring of this environment; what is wrong with it leaves as a NoKeyringError."""
    from keyring.errors import InitError, KeyringError, KeyringLocked, PasswordDeleteError

    try:
        yield usable_keyring()
    except PasswordDeleteError:
        raise
    except KeyringLocked:
        raise NoKeyringError("it is locked") from None
    except InitError:
        raise NoKeyringError("it is locked or not set up, and there is no desktop to ask for its password") from None
    except KeyringError as error:
        raise NoKeyringError(f"{type(error).__name__}") from None


def usable_keyring() -> KeyringBackend:
    """The best keyring of this environment that really keeps secrets; NoKeyringError where there is none.

    One that stores in plain text, or nothing at all, is refused unless the environment says it is wanted.
    """
    import keyring
    from keyring.backends.chainer import ChainerBackend

    chosen = keyring.get_keyring()
    backends = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
    if os.environ.get(ALLOW_PLAINTEXT) == "1":
        return chosen
    for backend in backends:
        if not _is_unsafe(backend):
            return backend
    names = ", ".join(_backend_name(backend) for backend in backends if not _is_missing(backend))
    if names:
        raise NoKeyringError(f"{names} keeps nothing secret, and is used only where {ALLOW_PLAINTEXT}=1 is set")
    raise NoKeyringError("there is none in this environment (no D-Bus session, or no keyring daemon)")


def _backend_name(backend: object) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _is_missing(backend: object) -> bool:
    return _backend_name(backend) == "keyring.backends.fail.Keyring"


def _is_unsafe(backend: object) -> bool:
    return _is_missing(backend) or _backend_name(backend).startswith(("keyring.backends.null.", "keyrings.alt."))
