"""A feed's life: connected, changed, paused, removed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from prsync.core.model import ONE_DAY
from prsync.errors import NotFoundError, RefusedError
from prsync.lock import held
from prsync.store.feeds import NewFeed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from prsync.core.model import Scope
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server
    from prsync.threemanager.parsing import Organization


def find_organization(organizations: Sequence[Organization], wanted: str, server: str) -> Organization:
    """The organization of that id, else of exactly that name."""
    for organization in organizations:
        if organization.organization_id == wanted:
            return organization
    named = [organization for organization in organizations if organization.name == wanted]
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join(organization.organization_id for organization in named)
        raise NotFoundError("single organization", wanted, f"several have that name; give one of the ids {ids}")
    raise NotFoundError("organization", wanted, f"prsync server organizations {server} shows those there are")


@contextmanager
def undisturbed(ledger: Ledger, feed: Feed, now: datetime) -> Iterator[Feed]:
    """The feed, while no sync is at its server: a run works with what it has read, and would undo a change."""
    with held(ledger.path, f"server-{feed.server_id}", f"server {feed.server}", now):
        yield ledger.feeds.find_id(feed.id)


def change(ledger: Ledger, feed: Feed, changes: Mapping[str, object]) -> Feed:
    """Change a feed's settings (their columns' names and values), as far as the ledger's rules allow.

    Meter and scope count from the first day on that is not deposited yet. The time zone is fixed with the first
    deposit. An earlier activation date is joined in front by the next sync; a later one is refused after the first
    deposit.
    """
    values = dict(changes)
    if "timezone" in values and values["timezone"] != feed.timezone and feed.has_deposits:
        raise RefusedError(
            f"another time zone for feed {feed.name}", "its days are deposited by the clock of the one it has"
        )
    if "activation_date" in values:
        values.update(_activation(feed, values.pop("activation_date")))  # type: ignore[arg-type]
    return ledger.feeds.update(feed, values) if values else feed


def _activation(feed: Feed, wanted: date) -> dict[str, str | None]:
    if not feed.has_deposits:
        baseline_day = (wanted - ONE_DAY).isoformat()
        marks = {"synced_through": baseline_day, "looked_through": baseline_day}
        return {"activation_date": wanted.isoformat(), **marks}
    if wanted > feed.activation_date:
        raise RefusedError(
            f"activation date {wanted} for feed {feed.name}",
            f"its days are deposited since {feed.activation_date}, and a deposit never changes",
        )
    return {"joining_from": wanted.isoformat() if wanted < feed.activation_date else None}


def new_feed(
    server: Server,
    organization: Organization,
    *,
    name: str | None,
    activation_date: date,
    scope: Scope,
    meter: str,
    timezone: str,
    holidays: str | None,
    ceiling: int,
) -> NewFeed:
    """A feed of an organization, named after it where no name is given."""
    return NewFeed(
        server.id,
        name or organization.name,
        organization.organization_id,
        organization.name,
        activation_date,
        scope,
        meter,
        timezone,
        holidays,
        ceiling,
    )
