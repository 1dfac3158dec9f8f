"""The table of connected feeds: their settings and their health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from prsync.core.model import ONE_DAY
from prsync.core.same_names import named, nearly_same_name
from prsync.core.utc import utc_text
from prsync.errors import ConstraintError, NameTakenError, NotFoundError, OrganizationConnectedError
from prsync.store.columns import parse_id, parse_instant
from prsync.store.noted_deliveries import note_deliveries
from prsync.store.records import Feed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from prsync.core.model import Health
    from prsync.core.settings import FeedChanges, FeedSettings
    from prsync.store.connection import Connection

_SELECT = "SELECT feeds.*, servers.name AS server FROM feeds JOIN servers ON servers.id = feeds.server_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeed:
    """An organization to connect, and the settings of its feed."""

    server_id: int
    organization_id: str
    organization_name: str
    settings: FeedSettings

    @property
    def name(self) -> str:
        """The feed's name: the one it was given, else the organization's."""
        return self.settings.name or self.organization_name


@dataclass(frozen=True, slots=True)
class FeedRun:
    """What a sync came to for one feed: how it has judged the feed, and what failed."""

    feed_id: int
    health: Health
    error: str | None


_RECORD_RUN = """
    UPDATE feeds SET health_changed_at = CASE WHEN health = ? THEN health_changed_at ELSE ? END,
        health = ?, health_checked_at = ?, last_run_at = ?, last_error = ?,
        sync_health = CASE WHEN ? IS NULL THEN ? ELSE sync_health END  -- of one that failed nobody has heard
    WHERE id = ?
"""


class FeedTable:
    """The table `feeds`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Feed]:
        """All feeds, by server and name."""
        return [Feed.from_row(row) for row in self._connection.query(f"{_SELECT} ORDER BY servers.name, feeds.name")]

    def of_server(self, server_id: int) -> list[Feed]:
        """A server's feeds, in the order in which they are collected."""
        rows = self._connection.query(f"{_SELECT} WHERE feeds.server_id = ? ORDER BY feeds.name", [server_id])
        return [Feed.from_row(row) for row in rows]

    def find(self, name_or_id: str) -> Feed:
        """The feed with that name, or else with that id; NotFoundError if there is neither.

        A name may be typed in another Unicode form, with other blanks and in another case, as far as that names one.
        """
        # The name first: a customer may be called 42.
        for where, value in (("feeds.name = ?", name_or_id), ("feeds.id = ?", parse_id(name_or_id))):
            for row in self._connection.query(f"{_SELECT} WHERE {where}", [value]):
                return Feed.from_row(row)
        found = named(name_or_id, self._connection.query("SELECT id, name FROM feeds"), lambda row: row["name"])
        if len(found) == 1:
            return self.get(found[0]["id"])
        hint = "prsync feed list shows those connected"
        if found:
            hint = f"several are called nearly so: {', '.join(row['name'] for row in found)}"
        raise NotFoundError("feed", name_or_id, hint)

    def nearly_called(self, name: str, *, but: int | None = None) -> str | None:
        """The name of a feed that is easily taken for this one; None if there is none, the feed `but` left aside."""
        wanted = nearly_same_name(name)
        rows = self._connection.query("SELECT id, name FROM feeds")
        others = (row["name"] for row in rows if row["id"] != but and row["name"] != name)
        return next((other for other in others if nearly_same_name(other) == wanted), None)

    def get(self, feed_id: int) -> Feed:
        """The feed with that id; NotFoundError if it was removed in the meantime."""
        for row in self._connection.query(f"{_SELECT} WHERE feeds.id = ?", [feed_id]):
            return Feed.from_row(row)
        raise NotFoundError("feed", str(feed_id), "it has been removed")

    def of_organization(self, server_id: int, organization_id: str) -> Feed | None:
        """The feed of an organization of a server; None if it is not connected."""
        where = "feeds.server_id = ? AND feeds.organization_id = ?"
        rows = self._connection.query(f"{_SELECT} WHERE {where}", [server_id, organization_id])
        return next(map(Feed.from_row, rows), None)

    def add(self, feeds: Sequence[NewFeed], now: datetime) -> None:
        """Store new feeds, all of them or none.

        OrganizationConnectedError or NameTakenError for the first that cannot be stored.
        """
        with self._connection.transaction():
            for feed in feeds:
                self._insert(feed, now)

    def _insert(self, feed: NewFeed, now: datetime) -> None:
        settings = feed.settings
        values = {
            "server_id": feed.server_id,
            "name": feed.name,
            "organization_id": feed.organization_id,
            "organization_name": feed.organization_name,
            "scope": settings.scope,
            "meter": settings.meter,
            "timezone": settings.timezone,
            "holidays": settings.holidays,
            "ceiling": settings.ceiling,
            "language": settings.language,
            "paper": settings.paper,
            "account_id": settings.account_id,
            "deliver_from": settings.deliver_from.isoformat() if settings.deliver_from else None,
            "created_at": utc_text(now),
            **_starting_dates(settings.activation_date),
        }
        try:
            self._connection.insert("feeds", values)
        # Both rules are the table's; which of them was broken has to be found out.
        except ConstraintError as error:
            if (other := self.of_organization(feed.server_id, feed.organization_id)) is not None:
                raise OrganizationConnectedError(feed.organization_name, other.name) from error
            if not self._connection.query("SELECT 1 FROM servers WHERE id = ?", [feed.server_id]):
                raise NotFoundError("server", str(feed.server_id), "it has been removed") from error
            raise NameTakenError("feed", feed.name) from error

    def update(self, feed: Feed, changes: FeedChanges) -> Feed:
        """Change a feed's settings and return the feed as it is then; NameTakenError if another has the new name.

        `activation_date` is for a feed without deposits, which then begins on that day; `joining_from` for one with.
        """
        values: dict[str, object] = dict(changes)
        if "activation_date" in changes:
            values.update(_starting_dates(changes["activation_date"]))
        values.update({name: day.isoformat() for name, day in values.items() if isinstance(day, date)})
        try:
            with self._connection.transaction():
                self._connection.update("feeds", feed.id, values)
                note_deliveries(self._connection, feed.id)
        except ConstraintError as error:
            raise NameTakenError("feed", changes.get("name", feed.name)) from error
        return self.get(feed.id)

    def record_health(self, feed: Feed, health: Health, now: datetime) -> None:
        """Store the result of a check at `now`."""
        with self._connection.transaction():
            self._connection.update("feeds", feed.id, _health_values(feed, health, now))

    def record_runs(self, done: Iterable[FeedRun], now: datetime) -> None:
        """Store what a sync has come to by `now` for some feeds, in one transaction.

        `sync_health` is what the next sync compares with: it reports a feed only when it has become unhealthy since.
        """
        at = utc_text(now)
        with self._connection.transaction():
            self._connection.write_all(
                _RECORD_RUN,
                [(run.health, at, run.health, at, at, run.error, run.error, run.health, run.feed_id) for run in done],
            )

    def begin_run(self, run_id: int, feed_ids: Iterable[int]) -> None:
        """Store that a sync sets out to collect these feeds: should it be killed, the ones it has not come to show."""
        with self._connection.transaction():
            self._connection.write_all(
                "UPDATE feeds SET wanted_by_run = ? WHERE id = ?", [(run_id, feed_id) for feed_id in feed_ids]
            )

    def last_run_at(self) -> datetime | None:
        """When a sync was last done with any feed; None before the first."""
        (row,) = self._connection.query("SELECT max(last_run_at) AS latest FROM feeds")
        return parse_instant(row["latest"])

    def remove(self, feed: Feed) -> None:
        """Delete a feed with its devices, deposits and anomalies; certificates stay."""
        with self._connection.transaction():
            self._connection.delete("feeds", feed.id)


def _health_values(feed: Feed, health: Health, now: datetime) -> dict[str, object]:
    values: dict[str, object] = {"health": health, "health_checked_at": utc_text(now)}
    if health is not feed.health:
        values["health_changed_at"] = utc_text(now)
    return values


def _starting_dates(activation_date: date) -> dict[str, object]:
    """The columns for the dates of a feed without deposits; it counts as synced through the day before it begins."""
    baseline_day = (activation_date - ONE_DAY).isoformat()
    return {
        "activation_date": activation_date.isoformat(),
        "synced_through": baseline_day,
        "looked_through": baseline_day,
    }
