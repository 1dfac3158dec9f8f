"""A server's life: registered, changed, removed. Nothing is stored before the server has let us in."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from prsync.core.same_names import same_name
from prsync.core.text import quantity
from prsync.credentials.passwords import (
    keep_in_keyring,
    keyring_name,
    origins_of,
    read,
    remove_from_keyring,
)
from prsync.errors import InvalidValueError, NameTakenError, NothingToChangeError, RefusedError
from prsync.https.same_server import place_of
from prsync.services.locks import server_lock
from prsync.services.server_access import check_access, day_of_organizations, organizations_of
from prsync.threemanager.address import normalised
from prsync.threemanager.client import ThreeManager
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from prsync.core.model import Organization
    from prsync.core.settings import ServerChanges, ServerSettings
    from prsync.credentials.passwords import Origin, Secret, SecretName
    from prsync.services.server_access import Connect
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server

    AskFor = Mapping[SecretName, Callable[[], Secret]]
    """How a person is asked for each of a server's secrets. Raises where nobody can be asked."""

    Confirm = Callable[[str], None]
    """Asks a person the question, and raises if the answer is no."""


_SHOWN: Final = 5
"""So many organizations are named in an error."""


def register_server(ledger: Ledger, settings: ServerSettings, ask_for: AskFor, now: datetime) -> Server:
    """Log in, keep the secrets, then the server; in that order, so that a failure leaves nothing behind.

    A person is asked only for what the keyring is to keep, and only when the rest is in order.
    """
    if not ledger.servers.is_free(settings.name):
        raise NameTakenError("server", settings.name)
    refuse_useless_client_secret(settings)
    origins = origins_of(settings)
    if any(origin.in_keyring for origin in origins):
        # Asked first, so that nobody types a password which then cannot be kept.
        keyring_name()
    secrets = {origin: ask_for[origin.what]() if origin.in_keyring else read(origin) for origin in origins}
    _log_in(settings, secrets, now)
    with _kept_in_keyring(secrets, instead_of=()):
        return ledger.servers.add(settings, now)


def refuse_useless_client_secret(settings: ServerSettings) -> None:
    """InvalidValueError for a client's secret that would never be sent."""
    if not settings.has_client_secret:
        return
    if settings.client_id is None:
        raise InvalidValueError("--client-id", "(none)", "a client secret needs the client's id, too")
    grant = Profile.load(settings.profile).auth.grant
    if grant != "password":
        reason = f"with auth.grant {grant} there is none beside the password; --client-secret-command '' removes it"
        raise InvalidValueError("the client secret", "(not shown)", reason)


@contextmanager
def _kept_in_keyring(secrets: Mapping[Origin, Secret], *, instead_of: Iterable[Origin]) -> Iterator[None]:
    """Keep secrets in the keyring for the time of the block, and for good where it succeeds, `instead_of` others.

    Kept before the block stores the settings: were it the other way round, a run in between would find no password.
    What the block no longer needs goes last, for the same reason.
    """
    before = {origin for origin in instead_of if origin.in_keyring}
    added = []
    try:
        for origin, secret in secrets.items():
            if origin.in_keyring:
                keep_in_keyring(origin, secret)
                added.append(origin)
        yield
    except BaseException:
        for origin in added:
            if origin not in before:
                remove_from_keyring(origin)
        raise
    for origin in before - set(added):
        remove_from_keyring(origin)


def update_server(
    ledger: Ledger,
    name: str,
    changes: ServerChanges,
    ask_for: AskFor,
    now: datetime,
    *,
    other_organizations: bool = False,
) -> Server:
    """Change the settings of the server of that name, once it lets us in with them; the server as it is then.

    A URL at which the connected organizations are not, or are others, is refused but with `other_organizations`.
    What is not in `ask_for` stays as it is.
    """
    if not changes:
        raise NothingToChangeError("server", name)
    server_id = ledger.servers.named(name).id
    # Asked before the lock is taken: nobody should wait for a person who is typing.
    given = {what: ask() for what, ask in ask_for.items()}
    with server_lock(ledger, now, server_id=server_id, server=name):
        server = ledger.servers.get(server_id)
        is_moved = changes.get("url", server.url) != server.url and not other_organizations
        feeds = ledger.feeds.of_server(server_id) if is_moved else []
        return _change(ledger, server, changes, given, now, feeds)


def _change(
    ledger: Ledger,
    server: Server,
    changes: ServerChanges,
    given: Mapping[SecretName, Secret],
    now: datetime,
    expected: Sequence[Feed],
) -> Server:
    """Log in with the new settings, keep the secrets, then the settings; a failure leaves everything as it was."""
    settings = replace(server.settings, **changes)
    if settings.name != server.name and not ledger.servers.is_free(settings.name):
        raise NameTakenError("server", settings.name)
    refuse_useless_client_secret(settings)
    if settings.url != server.url:
        _refuse_twice_connected(ledger, server, settings.url)
    before = {origin.what: origin for origin in origins_of(server.settings)}

    def secret_of(origin: Origin) -> Secret:
        if not origin.in_keyring:
            return read(origin)
        # One that nobody has given anew is kept under the old settings still.
        return given.get(origin.what) or read(before[origin.what])

    secrets = {origin: secret_of(origin) for origin in origins_of(settings)}
    _log_in(settings, secrets, now, expected)
    with _kept_in_keyring(secrets, instead_of=before.values()):
        changed = ledger.servers.update(server, changes)
    ledger.servers.record_health(changed, None, now)
    return ledger.servers.get(server.id)


def _log_in(
    settings: ServerSettings, secrets: Mapping[Origin, Secret], now: datetime, expected: Sequence[Feed] = ()
) -> None:
    by_what = {origin.what: secret for origin, secret in secrets.items()}
    password, client_secret = by_what["password"], by_what.get("client secret")
    # A person waits for the answer, and would rather hear of a mistyped URL at once.
    profile = Profile.load(settings.profile).without_retries()
    with ThreeManager(settings, password, profile, client_secret=client_secret) as client:
        check_access(client, now)
        if expected:
            _expect_the_same_organizations(client.organizations(day_of_organizations(now)), expected, settings)


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


def other_names_of(ledger: Ledger, url: str, *, server_id: int) -> list[Server]:
    """The servers beside that one which are the same 3manager, registered under another name."""
    place = place_of(url)
    return [other for other in ledger.servers.all() if other.id != server_id and place_of(other.url) == place]


def _refuse_twice_connected(ledger: Ledger, server: Server, url: str) -> None:
    """RefusedError where an organization would be connected twice, and its pages counted twice."""
    connected = {feed.organization_id: feed for feed in ledger.feeds.of_server(server.id)}
    others = (
        feed for other in other_names_of(ledger, url, server_id=server.id) for feed in ledger.feeds.of_server(other.id)
    )
    for other in others:
        if (feed := connected.get(other.organization_id)) is not None:
            why = f"feed {feed.name} and feed {other.name} of server {other.server} would be the same organization"
            raise RefusedError(f"moving server {server.name} to {url}", why)


def feeds_without_their_meter(ledger: Ledger, server: Server) -> list[Feed]:
    """The feeds whose meter the server's API profile does not name, as after a change of the profile."""
    profile = Profile.load(server.profile)
    known = {normalised(name) for name in profile.meters.names}
    feeds = ledger.feeds.of_server(server.id)
    return [feed for feed in feeds if not {normalised(part) for part in feed.meter.split(" + ")} <= known]


def remove_server(ledger: Ledger, name: str, confirm: Confirm, now: datetime, *, cascade: bool) -> int:
    """Forget a server and its secrets; one that has feeds only with `cascade`, once it is confirmed.

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
    for origin in origins_of(current.settings):
        if origin.in_keyring:
            remove_from_keyring(origin)
    return len(feeds)


def organizations_with_feeds(
    ledger: Ledger, server: Server, connect: Connect, now: datetime
) -> list[tuple[Organization, str | None]]:
    """The organizations that a server lets us see, each with the name of its feed if it is connected."""
    feeds = {feed.organization_id: feed.name for feed in ledger.feeds.of_server(server.id)}
    return [(one, feeds.get(one.organization_id)) for one in organizations_of(server, connect, now)]
