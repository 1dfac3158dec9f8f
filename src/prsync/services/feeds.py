"""A feed's life: connected, changed, paused, removed."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, cast

from prsync.core.periods import today
from prsync.core.same_names import named
from prsync.core.text import quantity
from prsync.errors import (
    InvalidValueError,
    NameTooAlikeError,
    NotFoundError,
    NothingToChangeError,
    OrganizationConnectedError,
    RefusedError,
)
from prsync.services.locks import server_lock
from prsync.services.server_access import organizations_of, profile_of
from prsync.services.servers import other_names_of
from prsync.services.values import parse_feed_name
from prsync.store.feed_table import NewFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from prsync.core.model import Organization
    from prsync.core.settings import FeedChanges, FeedSettings
    from prsync.services.feed_settings import FeedTexts
    from prsync.services.server_access import Connect
    from prsync.services.servers import Confirm
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server

    Choose = Callable[[Sequence[Organization]], Organization]
    """Chooses one of the organizations that are not connected yet, or raises."""


def connect_feed(
    ledger: Ledger,
    server: str,
    organization: str | Choose,
    texts: FeedTexts,
    *,
    connect: Connect,
    now: datetime,
    local_timezone: str,
) -> Feed:
    """Connect an organization of `server`: the one of that id or exact name, or the one that is chosen."""
    registered = ledger.servers.named(server)
    profile = profile_of(registered)
    # Before the server is asked: a mistyped option is told at once.
    settings = texts.settings(profile, now, local_timezone)
    organizations = organizations_of(registered, connect, now, profile)
    if isinstance(organization, str):
        wanted = find_organization(organizations, organization, server)
    else:
        connected = {feed.organization_id for feed in ledger.feeds.of_server(registered.id)}
        wanted = organization([one for one in organizations if one.organization_id not in connected])
    if (elsewhere := connected_elsewhere(ledger, registered).get(wanted.organization_id)) is not None:
        raise OrganizationConnectedError(wanted.name, elsewhere.name, f" of server {elsewhere.server}")
    new = new_feed(registered, wanted, settings)
    refuse_confusing_name(ledger, new.name)
    ledger.feeds.add([new], now)
    feed = ledger.feeds.of_organization(registered.id, wanted.organization_id)
    return feed or _removed_meanwhile(wanted.name)


def refuse_confusing_name(ledger: Ledger, name: str, *, feed_id: int | None = None) -> None:
    """An InputError for a feed's name that could be an id, or is easily taken for another feed's."""
    parse_feed_name("--name", name)
    if (other := ledger.feeds.nearly_called(name, but=feed_id)) is not None:
        raise NameTooAlikeError(name, other)


def _removed_meanwhile(name: str) -> NoReturn:
    raise NotFoundError("feed", name, "it has been removed")


def new_feed(server: Server, organization: Organization, settings: FeedSettings) -> NewFeed:
    """The feed of an organization with these settings."""
    return NewFeed(
        server_id=server.id,
        organization_id=organization.organization_id,
        organization_name=organization.name,
        settings=settings,
    )


def connected_elsewhere(ledger: Ledger, server: Server) -> dict[str, Feed]:
    """The feeds at other registered servers that are the same 3manager, by their organization's id.

    Connected here as well, an organization's pages would be counted twice.
    """
    same = other_names_of(ledger, server.url, server_id=server.id)
    return {feed.organization_id: feed for other in same for feed in ledger.feeds.of_server(other.id)}


def find_organization(organizations: Sequence[Organization], wanted: str, server: str) -> Organization:
    """The organization of that id, else of that name, however it is typed."""
    # The id first: a customer may be called like another one's id.
    for organization in organizations:
        if organization.organization_id == wanted:
            return organization
    found = named(wanted, organizations, lambda organization: organization.name)
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(organization.organization_id for organization in found)
        raise NotFoundError("single organization", wanted, f"several have that name; give one of the ids {ids}")
    hint = f"{shlex.join(['prsync', 'server', 'organizations', server])} shows those there are"
    raise NotFoundError("organization", wanted or "(blank)", hint)


def history_note(ledger: Ledger, feed: Feed) -> str | None:
    """What it means for a feed that its server has no history; None where it has."""
    try:
        has_history = profile_of(ledger.servers.get(feed.server_id)).has_history
    except InvalidValueError:
        # A profile's file that has gone bad is told by the commands that need it.
        return None
    if has_history:
        return None
    return (
        f"server {feed.server} has no history: a device counts from its first reading on,"
        " and the pages of nights that were missed land on the day of the next reading"
    )


@contextmanager
def locked_feed(ledger: Ledger, feed: Feed, now: datetime) -> Iterator[Feed]:
    """The feed as it is now, while no sync is at its server."""
    with server_lock(ledger, now, server_id=feed.server_id, server=feed.server):
        yield ledger.feeds.get(feed.id)


def update_feed(ledger: Ledger, name: str, texts: FeedTexts, now: datetime) -> Feed:
    """Change the settings of the feed of that name or id; the feed as it is then."""
    if not texts.texts:
        raise NothingToChangeError("feed", name)
    feed = ledger.feeds.find(name)
    profile = profile_of(ledger.servers.get(feed.server_id))
    given = texts.given(profile)
    texts.refuse_a_past_that_is_not_kept(profile, given, today(now, given.get("timezone", feed.timezone)))
    with locked_feed(ledger, feed, now) as current:
        if given.get("account_id") and current.deliver_from is None:
            # What was deposited before somebody had an account is delivered only if they say so.
            given.setdefault("deliver_from", today(now, given.get("timezone", current.timezone)))
        return change(ledger, current, cast("FeedChanges", given))


def set_paused(ledger: Ledger, name: str, *, paused: bool, now: datetime) -> Feed:
    """Stop collecting the feed of that name or id, or collect it again; the feed as it is then."""
    with locked_feed(ledger, ledger.feeds.find(name), now) as feed:
        return change(ledger, feed, {"paused": paused})


def remove_feed(ledger: Ledger, name: str, confirm: Confirm, now: datetime) -> Feed:
    """Remove the feed of that name or id, once it is confirmed; what it was. Its certificates stay."""
    feed = ledger.feeds.find(name)
    # Asked before the lock is taken, so that no run waits for a person's answer.
    deposits = quantity(len(ledger.days.deposits(feed.id)), "deposit")
    confirm(f"Remove feed {feed.name} with its devices, {deposits} and anomalies?")
    with locked_feed(ledger, feed, now) as current:
        ledger.feeds.remove(current)
    return feed


def change(ledger: Ledger, feed: Feed, changes: FeedChanges) -> Feed:
    """Change a feed's settings, as far as the ledger's rules allow; the caller holds the server's lock.

    Meter and scope count from the first day on that is not deposited yet. The time zone is fixed with the first
    deposit. An earlier activation date is joined in front by the next sync; a later one is refused after the first
    deposit.
    """
    allowed = changes.copy()
    if "name" in changes:
        refuse_confusing_name(ledger, changes["name"], feed_id=feed.id)
    if "timezone" in changes and changes["timezone"] != feed.timezone and feed.has_deposits:
        raise RefusedError(
            f"another time zone for feed {feed.name}",
            f"its days are deposited by the clock of {feed.timezone}, and a deposit never changes",
        )
    # Without a deposit there is nothing to join: the feed simply begins on another day.
    if "activation_date" in changes and feed.has_deposits:
        wanted = allowed.pop("activation_date")
        if wanted > feed.activation_date:
            raise RefusedError(
                f"activation date {wanted} for feed {feed.name}",
                f"its days are deposited since {feed.activation_date}, and a deposit never changes",
            )
        allowed["joining_from"] = wanted if wanted < feed.activation_date else None
    return ledger.feeds.update(feed, allowed)
