"""A feed's life: connected, changed, paused, removed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from prsync.core.model import DEFAULT_CEILING, ONE_DAY, Scope
from prsync.core.periods import today
from prsync.errors import NotFoundError, RefusedError
from prsync.process.lock import held
from prsync.services import feed_settings
from prsync.store.feed_table import NewFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server
    from prsync.threemanager.parsing import Organization
    from prsync.threemanager.profile import Profile

Value = TypeVar("Value")


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
    hint = f"prsync server organizations {server} shows those there are"
    raise NotFoundError("organization", wanted or "(blank)", hint)


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
            f"another time zone for feed {feed.name}",
            f"its days are deposited by the clock of {feed.timezone}, and a deposit never changes",
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


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """What a person says of a feed; `name` is None where it is to be the organization's."""

    name: str | None
    activation_date: date
    scope: Scope
    meter: str
    timezone: str
    holidays: str | None
    ceiling: int

    def feed_of(self, server: Server, organization: Organization) -> NewFeed:
        """The feed of an organization with these settings."""
        return NewFeed(
            server.id,
            self.name or organization.name,
            organization.organization_id,
            organization.name,
            self.activation_date,
            self.scope,
            self.meter,
            self.timezone,
            self.holidays,
            self.ceiling,
        )


def read_settings(
    texts: Mapping[str, str], profile: Profile, now: datetime, called: Callable[[str], str]
) -> FeedSettings:
    """A new feed's settings, from what a person wrote of each, by column; what is not there has its default.

    `called` says what that person calls a column, for an InvalidValueError.
    """

    def read(column: str, default: str, parse: Callable[[str, str], Value]) -> Value:
        return parse(called(column), texts.get(column, default))

    zone = read("timezone", feed_settings.system_timezone(), feed_settings.a_timezone)
    return FeedSettings(
        feed_settings.a_name(called("name"), texts["name"]) if "name" in texts else None,
        read("activation_date", today(now, zone).isoformat(), feed_settings.a_date),
        read("scope", Scope.ALL, feed_settings.a_scope),
        read("meter", feed_settings.DEFAULT_METER, partial(feed_settings.a_meter, profile=profile)),
        zone,
        read("holidays", feed_settings.NO_HOLIDAYS, feed_settings.a_region),
        read("ceiling", str(DEFAULT_CEILING), feed_settings.a_ceiling),
    )


def read_changes(texts: Mapping[str, str], profile: Profile, called: Callable[[str], str]) -> dict[str, object]:
    """The settings to change and their new values, by column, from what a person wrote of each."""
    parse: dict[str, Callable[[str, str], object]] = {
        "name": feed_settings.a_name,
        "activation_date": feed_settings.a_date,
        "scope": feed_settings.a_scope,
        "meter": partial(feed_settings.a_meter, profile=profile),
        "timezone": feed_settings.a_timezone,
        "holidays": feed_settings.a_region,
        "ceiling": feed_settings.a_ceiling,
    }
    return {column: parse[column](called(column), text) for column, text in texts.items()}
