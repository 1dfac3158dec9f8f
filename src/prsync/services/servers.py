"""Registering a server: nothing is stored before it has let us in."""

from __future__ import annotations

import shlex
import ssl
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from prsync.credentials.passwords import from_command, keep_in_keyring, keyring_name, password_of, remove_from_keyring
from prsync.errors import InvalidValueError, NameTakenError, RefusedError
from prsync.services.connection import check
from prsync.store.server_table import NewServer
from prsync.threemanager.client import ThreeManager
from prsync.threemanager.profile import Profile
from prsync.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from prsync.credentials.passwords import Secret
    from prsync.store.ledger import Ledger
    from prsync.store.records import Server


def an_https_url(option: str, text: str) -> str:
    """A server's URL: HTTPS whatever the host, and no password in it."""
    url = text.strip().rstrip("/")
    shown = "(not shown)" if set(text) & set("@?#") else text  # there may be a password behind one of these
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise InvalidValueError(option, shown, "is not a URL") from error
    if parts.username is not None or parts.password is not None:
        raise InvalidValueError(option, shown, "must not hold a user or a password; give --username")
    if parts.scheme != "https":
        raise InvalidValueError(option, shown, "must begin with https://; prsync sends nothing over HTTP")
    if not parts.hostname or parts.query or parts.fragment:
        raise InvalidValueError(option, shown, "must be a server's address, such as https://app.3manager.com")
    return url


def a_command(option: str, text: str) -> str:
    """A command that prints a password. It is never quoted in an error: somebody may have put one into it."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise InvalidValueError(option, "(not shown)", "its quotes do not match") from error
    if not words:
        raise InvalidValueError(option, "(blank)", "must name a command that prints the password")
    return text


def a_ca_bundle(option: str, text: str) -> str:
    """A file of CA certificates in PEM form; its absolute path, since cron starts elsewhere."""
    path = Path(text).expanduser().absolute()
    try:
        ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if isinstance(error, FileNotFoundError | PermissionError) else None
        raise InvalidValueError(option, text, reason or "holds no CA certificate in PEM form") from error
    return str(path)


def a_profile(option: str, text: str) -> str:
    """A file with an API profile; its absolute path."""
    path = str(Path(text).expanduser().absolute())
    try:
        Profile.load(path)
    except InvalidValueError as error:
        raise InvalidValueError(option, text, error.reason) from error
    return path


def register(ledger: Ledger, new: NewServer, ask_password: Callable[[], Secret], now: datetime) -> Server:
    """Log in, keep the password, then the server; in that order, so that a failure leaves nothing behind.

    `ask_password` is asked only where there is no password command, and only when the rest is in order.
    """
    if not ledger.servers.is_free(new.name):
        raise NameTakenError("server", new.name)
    if new.password_command is not None:
        _let_in(new, from_command(new.name, new.password_command))
        return ledger.servers.add(new, now)
    keyring_name()
    password = ask_password()
    _let_in(new, password)
    keep_in_keyring(new.name, new.url, new.username, password)
    try:
        return ledger.servers.add(new, now)
    except BaseException:
        remove_from_keyring(new.name, new.url, new.username)
        raise


def _let_in(server: NewServer, password: Secret) -> None:
    with ThreeManager(server, password) as client:
        check(client)


def change(
    ledger: Ledger, server: Server, changes: dict[str, str | None], password: Secret | None, now: datetime
) -> Server:
    """Change a server's settings: log in with the new ones first, then keep them.

    `password` is a new one for the keyring, None to keep the one there is.
    """
    name = changes.get("name", server.name)
    if name != server.name and not ledger.servers.is_free(str(name)):
        raise NameTakenError("server", str(name))
    merged = replace(server, **changes)  # type: ignore[arg-type]
    if merged.password_command is not None:
        secret = from_command(merged.name, merged.password_command)
    else:
        secret = password or password_of(server)
    settings = NewServer(**{field: getattr(merged, field) for field in NewServer.__slots__})
    _let_in(settings, secret)
    if merged.password_command is None:
        keep_in_keyring(merged.name, merged.url, merged.username, secret)
    entry, new_entry = _entry(server), _entry(merged)
    try:
        changed = ledger.servers.update(server, changes) if changes else server
    except BaseException:
        if new_entry is not None and entry != new_entry:
            remove_from_keyring(*new_entry)
        raise
    if entry is not None and entry != new_entry:
        remove_from_keyring(*entry)
    ledger.servers.record_health(changed, None, now)
    return ledger.servers.named(changed.name)


def _entry(server: Server) -> tuple[str, str, str] | None:
    """What a server's password is kept under, None where a command prints it."""
    return None if server.password_command is not None else (server.name, server.url, server.username)


def remove(ledger: Ledger, server: Server, *, cascade: bool) -> None:
    """Forget a server and its password; one that has feeds only with `cascade`. Certificates stay."""
    feeds = ledger.feeds.of_server(server.id)
    if feeds and not cascade:
        raise RefusedError(
            f"removing server {server.name}",
            f"it has {counted(len(feeds), 'feed')}; give --cascade to remove what was collected with it",
        )
    ledger.servers.remove(server)
    if (entry := _entry(server)) is not None:
        remove_from_keyring(*entry)
