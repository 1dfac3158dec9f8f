"""A server's life: registered, changed, removed. Nothing is stored before the server has let us in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from prsync.core.text import quantity
from prsync.credentials.passwords import (
    from_command,
    keep_in_keyring,
    keyring_name,
    password_of,
    remove_from_keyring,
)
from prsync.errors import NameTakenError, NothingToChangeError, RefusedError
from prsync.services.locks import server_lock
from prsync.services.server_access import check_access, organizations_of
from prsync.services.values import same_name
from prsync.threemanager.client import ThreeManager
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from prsync.core.model import Organization
    from prsync.core.settings import ServerChanges, ServerSettings
    from prsync.credentials.passwords import Secret
    from prsync.services.server_access import Connect
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server

    AskPassword = Callable[[], Secret]
    """Asks a person for the password, or raises where nobody can be asked."""

    Confirm = Callable[[str], None]
    """Asks a person the question, and raises if the answer is no."""


_SHOWN: Final = 5
"""So many organizations are named in an error."""


def register_server(ledger: Ledger, settings: ServerSettings, ask_password: AskPassword, now: datetime) -> Server:
    """Log in, keep the password, then the server; in that order, so that a failure leaves nothing behind.

    `ask_password` is called only where there is no password command, and only when the rest is in order.
    """
    if not ledger.servers.is_free(settings.name):
        raise NameTakenError("server", settings.name)
    if settings.password_command is not None:
        _log_in(settings, from_command(settings.name, settings.password_command))
        return ledger.servers.add(settings, now)
    # Asked first, so that nobody types a password which then cannot be kept.
    keyring_name()
    password = ask_password()
    _log_in(settings, password)
    keep_in_keyring(settings.name, settings.url, settings.username, password)
    try:
        return ledger.servers.add(settings, now)
    except BaseException:
        remove_from_keyring(settings.name, settings.url, settings.username)
        raise


def update_server(
    ledger: Ledger,
    name: str,
    changes: ServerChanges,
    ask_password: AskPassword | None,
    now: datetime,
    *,
    other_organizations: bool = False,
) -> Server:
    """Change the settings of the server of that name, once it lets us in with them; the server as it is then.

    A URL at which the connected organizations are not, or are others, is refused but with `other_organizations`.
    `ask_password` asks for a new password for the keyring, None keeps the one there is.
    """
    if not changes:
        raise NothingToChangeError("server", name)
    server_id = ledger.servers.named(name).id
    # Asked before the lock is taken: nobody should wait for a person who is typing.
    password = ask_password() if ask_password else None
    with server_lock(ledger, now, server_id=server_id, server=name):
        server = ledger.servers.get(server_id)
        is_moved = changes.get("url", server.url) != server.url and not other_organizations
        feeds = ledger.feeds.of_server(server_id) if is_moved else []
        return _change(ledger, server, changes, password, now, feeds)


def _change(
    ledger: Ledger,
    server: Server,
    changes: ServerChanges,
    password: Secret | None,
    now: datetime,
    expected: Sequence[Feed],
) -> Server:
    """Log in with the new settings, keep the password, then the settings; a failure leaves everything as it was."""
    settings = replace(server.settings, **changes)
    if settings.name != server.name and not ledger.servers.is_free(settings.name):
        raise NameTakenError("server", settings.name)
    if settings.password_command is not None:
        secret = from_command(settings.name, settings.password_command)
    else:
        secret = password or password_of(server.settings)
    _log_in(settings, secret, expected)
    # Kept before the settings: were it the other way round, a run in between would find no password.
    if settings.password_command is None:
        keep_in_keyring(settings.name, settings.url, settings.username, secret)
    entry, new_entry = _keyring_entry(server.settings), _keyring_entry(settings)
    try:
        changed = ledger.servers.update(server, changes)
    except BaseException:
        if new_entry is not None and entry != new_entry:
            remove_from_keyring(*new_entry)
        raise
    # The old entry goes last: until the new settings are stored, it is the one that is needed.
    if entry is not None and entry != new_entry:
        remove_from_keyring(*entry)
    ledger.servers.record_health(changed, None, now)
    return ledger.servers.get(server.id)


def _log_in(settings: ServerSettings, password: Secret, expected: Sequence[Feed] = ()) -> None:
    # A person waits for the answer, and would rather hear of a mistyped URL at once.
    with ThreeManager(settings, password, Profile.load(settings.profile).without_retries()) as client:
        check_access(client)
        if expected:
            _expect_the_same_organizations(client.organizations(), expected, settings)


def _expect_the_same_organizations(
    organizations: Sequence[Organization], feeds: Sequence[Feed], settings: ServerSettings
) -> None:
    """RefusedError where another company's pages would be deposited for a connected organization."""
    names = {organization.organization_id: organization.name for organization in organizations}
    others = [
        f"{feed.organization_id} {feed.organization_name} "
        + (f"is {name} there" if (name := names.get(feed.organization_id)) else "is not there")
        for feed in feeds
        if same_name(names.get(feed.organization_id, "")) != same_name(feed.organization_name)
    ]
    if others:
        shown = "; ".join(others[:_SHOWN]) + (f"; and {len(others) - _SHOWN:,} more" if len(others) > _SHOWN else "")
        raise RefusedError(f"moving server {settings.name} to {settings.url}", f"{shown}; --yes moves it all the same")


def _keyring_entry(settings: ServerSettings) -> tuple[str, str, str] | None:
    """What a server's password is kept under, None where a command prints it."""
    if settings.password_command is not None:
        return None
    return (settings.name, settings.url, settings.username)


def remove_server(ledger: Ledger, name: str, confirm: Confirm, now: datetime, *, cascade: bool) -> int:
    """Forget a server and its password; one that has feeds only with `cascade`, once it is confirmed.

    How many feeds went with it. Certificates stay.
    """
    server = ledger.servers.named(name)
    feeds = ledger.feeds.of_server(server.id)
    # Without --cascade it is refused below, and need not be confirmed.
    if feeds and cascade:
        confirm(f"Remove server {name} with {quantity(len(feeds), 'feed')}, devices and deposits?")
    with server_lock(ledger, now, server_id=server.id, server=name):
        current, feeds = ledger.servers.get(server.id), ledger.feeds.of_server(server.id)
        if feeds and not cascade:
            raise RefusedError(
                f"removing server {current.name}",
                f"it has {quantity(len(feeds), 'feed')}; give --cascade to remove what was collected with it",
            )
        ledger.servers.remove(current)
    if (entry := _keyring_entry(current.settings)) is not None:
        remove_from_keyring(*entry)
    return len(feeds)


def organizations_with_feeds(ledger: Ledger, server: Server, connect: Connect) -> list[tuple[Organization, str | None]]:
    """The organizations that a server lets us see, each with the name of its feed if it is connected."""
    feeds = {feed.organization_id: feed.name for feed in ledger.feeds.of_server(server.id)}
    return [(one, feeds.get(one.organization_id)) for one in organizations_of(server, connect)]
