"""The connected feeds: their settings and their health."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from prsync.core.model import ONE_DAY, Health, Scope
from prsync.errors import NameTakenError, NotFoundError, OrganizationConnectedError
from prsync.store.database import immediate, utc_text
from prsync.store.records import Feed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlite_utils import Database
    from sqlite_utils.db import Table

_SELECT = "SELECT feeds.*, servers.name AS server FROM feeds JOIN servers ON servers.id = feeds.server_id"


@dataclass(frozen=True, slots=True)
class NewFeed:
    """What a person says of a feed when connecting it."""

    server_id: int
    name: str
    organization_id: str
    organization_name: str
    activation_date: date
    scope: Scope
    meter: str
    timezone: str
    holidays: str | None
    ceiling: int


class Feeds:
    """The table `feeds`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = cast("Table", db["feeds"])

    def all(self) -> list[Feed]:
        """Every feed, by server and name."""
        return [Feed.of(row) for row in self._db.query(f"{_SELECT} ORDER BY servers.name, feeds.name")]

    def of_server(self, server_id: int) -> list[Feed]:
        """A server's feeds, in the order in which they are collected."""
        rows = self._db.query(f"{_SELECT} WHERE feeds.server_id = ? ORDER BY feeds.name", [server_id])
        return [Feed.of(row) for row in rows]

    def find(self, name_or_id: str) -> Feed:
        """The feed of that name, else of that id; NotFoundError if there is neither."""
        for where, value in (("feeds.name = ?", name_or_id), ("feeds.id = ?", _as_id(name_or_id))):
            for row in self._db.query(f"{_SELECT} WHERE {where}", [value]):
                return Feed.of(row)
        raise NotFoundError("feed", name_or_id, "prsync feed list shows those connected")

    def find_id(self, feed_id: int) -> Feed:
        """The feed of that id; NotFoundError if it has been removed meanwhile."""
        for row in self._db.query(f"{_SELECT} WHERE feeds.id = ?", [feed_id]):
            return Feed.of(row)
        raise NotFoundError("feed", str(feed_id), "it has been removed")

    def is_free(self, name: str) -> bool:
        """Whether a feed may be given that name."""
        return not self._table.count_where("name = ?", [name])

    def add(self, feeds: Sequence[NewFeed], now: datetime) -> None:
        """Connect feeds, all of them or none."""
        with immediate(self._db):
            for feed in feeds:
                self._insert(feed, now)

    def _insert(self, feed: NewFeed, now: datetime) -> None:
        baseline_day = (feed.activation_date - ONE_DAY).isoformat()
        values = {name: getattr(feed, name) for name in feed.__slots__}
        values["activation_date"] = feed.activation_date.isoformat()
        marks = {"synced_through": baseline_day, "looked_through": baseline_day, "created_at": utc_text(now)}
        try:
            self._table.insert({**values, **marks})
        except sqlite3.IntegrityError as error:
            self._explain(feed)
            raise NameTakenError("feed", feed.name) from error

    def _explain(self, feed: NewFeed) -> None:
        for other in self.of_server(feed.server_id):
            if other.organization_id == feed.organization_id:
                raise OrganizationConnectedError(feed.organization_name, other.name)

    def update(self, feed: Feed, values: Mapping[str, object]) -> Feed:
        """Change a feed's settings."""
        try:
            with immediate(self._db):
                self._table.update(feed.id, dict(values))
        except sqlite3.IntegrityError as error:
            raise NameTakenError("feed", str(values.get("name"))) from error
        return self.find_id(feed.id)

    def record_health(self, feed: Feed, health: Health, now: datetime, *, by_sync: bool = False) -> None:
        """Keep what a check found; what a sync finds it tells, so that is kept apart."""
        values = {"health": health, "health_checked_at": utc_text(now)}
        if by_sync:
            values["sync_health"] = health
        if health is not feed.health:
            values["health_changed_at"] = utc_text(now)
        with immediate(self._db):
            self._table.update(feed.id, values)

    def remove(self, feed: Feed) -> None:
        """Forget a feed with its devices, deposits and anomalies; certificates stay."""
        with immediate(self._db):
            self._table.delete(feed.id)


def _as_id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**63)) else None
