"""The OS keyring: which one this environment has, that it really is one, and that it keeps nobody waiting."""

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

SECONDS: Final = 10.0
"""How long a keyring may take where nobody is there: one that does not answer would hold up the night."""

SECONDS_FOR_A_PERSON: Final = 60.0
"""How long it may take on a terminal: somebody may be typing the keyring's password into its window."""

ALLOW_PLAINTEXT: Final = "PRSYNC_ALLOW_PLAINTEXT_KEYRING"

_OF_THE_SYSTEM: Final = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "libsecret", "kwallet", "macOS")
)
"""The modules of the backends that we know to keep secrets. What others do with a password, their names do not tell."""

_DEFAULT_COLLECTION: Final = "/org/freedesktop/secrets/aliases/default"


Answer = TypeVar("Answer")


def ask_keyring(
    question: Callable[[KeyringBackend], Answer], *, may_prompt: bool | None = None, seconds: float | None = None
) -> Answer:
    """What the keyring of this environment answers to `question`; a NoKeyringError if it cannot, within `seconds`.

    Only with `may_prompt` may it put up a window to be unlocked; by default where a person is at a terminal.
    """
    if may_prompt is None:
        may_prompt = sys.stdin.isatty() and sys.stderr.isatty()
    if seconds is None:
        seconds = SECONDS_FOR_A_PERSON if may_prompt else SECONDS
    answers: list[Answer] = []
    problems: list[NoKeyringError] = []

    def ask() -> None:
        try:
            backend = _usable()
            if not may_prompt:
                _refuse_if_it_would_prompt(backend)
            answers.append(question(backend))
        except NoKeyringError as error:
            problems.append(error)
        except Exception as error:  # noqa: BLE001  a backend and the daemon behind it may fail in any way
            problems.append(NoKeyringError(_reason(error)))

    # D-Bus knows no time limit, and neither it nor a backend in C hears a signal: so they are left behind in a thread.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if answers:
        return answers[0]
    raise problems[0] if problems else NoKeyringError(f"it did not answer within {seconds:g} seconds")


def name_of(backend: KeyringBackend) -> str:
    """The backend's name as keyring's own configuration has it."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _usable() -> KeyringBackend:
    """The best backend that is known to keep secrets, or the one chosen if the environment says that any will do."""
    from keyring.backends.chainer import ChainerBackend

    chosen = _chosen()
    if os.environ.get(ALLOW_PLAINTEXT) == "1":
        return chosen
    backends = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
    for backend in backends:
        if type(backend).__module__ in _OF_THE_SYSTEM:
            return backend
    names = ", ".join(map(name_of, backends))
    raise NoKeyringError(
        f"{names} is not one of the system's and may keep passwords in plain text; {ALLOW_PLAINTEXT}=1 allows it"
    )


def _chosen() -> KeyringBackend:
    """What `keyring` takes: the backend that is configured, else the best that it finds."""
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
    """Nobody would see the window in which a Secret Service asks for its password."""
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


def _reason(error: Exception) -> str:
    from keyring.errors import InitError, KeyringLocked

    if isinstance(error, KeyringLocked | InitError):
        return "it is locked, and was not unlocked"
    return f"it failed ({type(error).__name__})"
