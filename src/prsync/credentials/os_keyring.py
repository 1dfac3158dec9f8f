"""The keyring of the operating system: which backend this environment has, and a time limit for its answers.

A backend is a module of the `keyring` library, and not all of them keep secrets: some write plain text, some keep
nothing. Only those known to keep secrets are used.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Final, TypeVar

from prsync.errors import NoKeyringError

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyring.backend import KeyringBackend

# Without a terminal: a keyring that does not answer must not keep a night's run from the other servers.
SECONDS: Final = 10.0
# On a terminal: a person may be typing the keyring's password into its window.
SECONDS_FOR_A_PERSON: Final = 60.0

ALLOW_PLAINTEXT: Final = "PRSYNC_ALLOW_PLAINTEXT_KEYRING"

# A list of modules to trust and not of those to refuse, since a backend's name does not tell what it does with a
# password.
_TRUSTED_MODULES: Final = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "libsecret", "kwallet", "macOS")
)

_DEFAULT_COLLECTION: Final = "/org/freedesktop/secrets/aliases/default"

_Answer = TypeVar("_Answer")


def ask_keyring(
    question: Callable[[KeyringBackend], _Answer], *, may_prompt: bool | None = None, seconds: float | None = None
) -> _Answer:
    """Call `question` with the keyring backend of this environment, and return what it returns.

    NoKeyringError where there is no usable backend, where it fails, or after `seconds` (default: SECONDS, or
    SECONDS_FOR_A_PERSON with `may_prompt`). With `may_prompt` a locked keyring may open a window that asks for its
    password; by default if a person is at a terminal.
    """
    if may_prompt is None:
        may_prompt = sys.stdin.isatty() and sys.stderr.isatty()
    if seconds is None:
        seconds = SECONDS_FOR_A_PERSON if may_prompt else SECONDS
    answers: list[_Answer] = []
    problems: list[NoKeyringError] = []

    def ask() -> None:
        try:
            backend = _usable_backend()
            if not may_prompt:
                _refuse_if_it_would_prompt(backend)
            answers.append(question(backend))
        except NoKeyringError as error:
            problems.append(error)
        except Exception as error:  # noqa: BLE001  a backend and the daemon behind it may fail in any way
            problems.append(NoKeyringError(_failure_reason(error)))

    # In a thread, because a call over D-Bus or into a backend's C code has no time limit and is not interrupted by a
    # signal. A daemon thread, because Python would wait at its end for any other that is stuck.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if answers:
        return answers[0]
    raise problems[0] if problems else NoKeyringError(f"it did not answer within {seconds:g} seconds")


def name_of(backend: KeyringBackend) -> str:
    """The backend's name, as a person writes it into keyringrc.cfg."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _usable_backend() -> KeyringBackend:
    """The first backend that is known to keep secrets; any other only if the environment allows it."""
    from keyring.backends.chainer import ChainerBackend

    chosen = _configured_backend()
    if os.environ.get(ALLOW_PLAINTEXT) == "1":
        return chosen
    # The chainer would ask all of its backends, and store a password in any of them.
    backends = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
    for backend in backends:
        if type(backend).__module__ in _TRUSTED_MODULES:
            return backend
    names = ", ".join(map(name_of, backends))
    raise NoKeyringError(
        f"{names} is not one of the system's and may keep passwords in plain text; {ALLOW_PLAINTEXT}=1 allows it"
    )


def _configured_backend() -> KeyringBackend:
    """The backend that `keyring` would use: the one configured, else the one with the highest priority."""
    import keyring
    from keyring.backends import fail

    try:
        chosen = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001  a module of any kind, named in the environment or in keyringrc.cfg
        configured = os.environ.get("PYTHON_KEYRING_BACKEND", "the one that keyringrc.cfg names")
        raise NoKeyringError(f"{configured} cannot be loaded ({type(error).__name__})") from None
    if not isinstance(chosen, fail.Keyring):
        return chosen
    if "DBUS_SESSION_BUS_ADDRESS" in os.environ:
        raise NoKeyringError("no keyring daemon answers in this D-Bus session")
    raise NoKeyringError("there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)")


def _refuse_if_it_would_prompt(backend: KeyringBackend) -> None:
    """NoKeyringError where a Secret Service is locked: nobody would see the window that asks for its password."""
    # The other backends have no way of telling; for them the time limit has to do.
    if type(backend).__module__ != "keyring.backends.SecretService":
        return
    import secretstorage

    path = getattr(backend, "preferred_collection", _DEFAULT_COLLECTION)
    with closing(secretstorage.dbus_init()) as bus:
        try:
            locked = secretstorage.Collection(bus, path).is_locked()
        except secretstorage.ItemNotFoundException:
            raise NoKeyringError("it was never set up: nobody has given it a password yet") from None
    if locked:
        raise NoKeyringError("it is locked")


def _failure_reason(error: Exception) -> str:
    from keyring.errors import InitError, KeyringLocked

    if isinstance(error, KeyringLocked | InitError):
        return "it is locked, and was not unlocked"
    # Not the error's text: it may hold what was asked for.
    return f"it failed ({type(error).__name__})"
