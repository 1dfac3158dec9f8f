"""What a sync run did, as `sync --json` says it and as a row of `runs` keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from prsync.core.model import Health

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from prsync.core.model import Deposit
    from prsync.process.faults import Fault
    from prsync.store.records import Feed, SharedDevices


class FeedOutcome(StrEnum):
    """What a run came to for one feed."""

    DEPOSITED = "deposited"
    NO_NEW_DATA = "no_new_data"
    UP_TO_DATE = "up_to_date"
    FAILED = "failed"
    PAUSED = "paused"
    SERVER_UNHEALTHY = "server_unhealthy"


@dataclass(slots=True, kw_only=True)
class FeedReport:
    """What a run did for one feed: of `first` to `last`, `days` were deposited.

    `anomalies` are all that are new, `jumps` the held jumps to report now: the new ones, on Mondays all that are open.
    Not all of it is in `document()`: the rest is for the lines that cron mails.
    """

    feed: str
    server: str
    timezone: str
    outcome: FeedOutcome = FeedOutcome.UP_TO_DATE
    first: date | None = None
    last: date | None = None
    days: int = 0
    pages: int = 0
    devices: int = 0
    anomalies: int = 0
    jumps: int = 0
    unread: int = 0
    error: str | None = None
    health: Health = Health.UNKNOWN
    turned_unhealthy: bool = False
    is_still_unhealthy: bool = False
    """Since an earlier night, and today is the day of the week on which that is said again."""
    last_data_at: datetime | None = None
    synced_through: date | None = None
    looked_ahead_through: date | None = None
    """The last of the days that were looked at before they were over, where the clock was ahead once."""
    ended_short_of: date | None = None
    """The last day of a customer who has left with this run, where nothing came for it."""
    accepted_left: list[int] = field(default_factory=list)
    """The ids of the jumps of such a customer that were accepted, and for which no deposit came."""
    days_not_rehearsed: int = 0
    """The days that a dry run has left out, since it would have asked for them for too long."""
    fault: Fault | None = None
    """Where the error was raised, if nobody foresaw it. For the run's summary alone."""

    @classmethod
    def of(cls, feed: Feed, outcome: FeedOutcome) -> Self:
        """The report of a feed with which nothing is done yet."""
        return cls(
            feed=feed.name,
            server=feed.server,
            timezone=feed.timezone,
            outcome=outcome,
            health=feed.health,
            synced_through=feed.deposited_through,
        )

    def add(self, deposits: Sequence[Deposit]) -> None:
        """Add days that were deposited."""
        self.outcome = FeedOutcome.DEPOSITED
        for deposit in deposits:
            self.looked_at(deposit.date)
            self.pages += deposit.pages
        self.days += len(deposits)

    def looked_at(self, day: date) -> None:
        """Widen the span of days by one."""
        self.first = min(self.first or day, day)
        self.last = max(self.last or day, day)

    def document(self) -> dict[str, object]:
        """The report as `sync --json` has it."""
        return {
            "feed": self.feed,
            "server": self.server,
            "outcome": self.outcome,
            "from": self.first.isoformat() if self.first else None,
            "through": self.last.isoformat() if self.last else None,
            "days": self.days,
            "pages": self.pages,
            "devices": self.devices,
            "anomalies": self.anomalies,
            "unread": self.unread,
            "synced_through": self.synced_through.isoformat() if self.synced_through else None,
            "health": self.health,
            "error": self.error,
        }


@dataclass(slots=True)
class ServerReport:
    """What a run found of one server. `locked` where another prsync is at it."""

    server: str
    health: Health
    error: str | None = None
    locked: bool = False

    def document(self) -> dict[str, object]:
        """The report as `sync --json` has it."""
        return {"server": self.server, "health": self.health, "error": self.error}


@dataclass(slots=True)
class SyncReport:
    """What a run did."""

    through: date
    servers: list[ServerReport] = field(default_factory=list)
    feeds: list[FeedReport] = field(default_factory=list)
    shared_devices: list[SharedDevices] = field(default_factory=list)
    """The feeds that share devices, those of them that a person should hear of now."""
    has_ended_feeds: bool = False
    """Whether a server was left alone because each of its feeds is deactivated."""

    @property
    def pages(self) -> int:
        """All pages deposited."""
        return sum(feed.pages for feed in self.feeds)

    @property
    def ok(self) -> bool:
        """Whether every server and every feed was collected. A stale feed alone does not fail a run."""
        return not (self.failed or self.locked)

    @property
    def failed(self) -> bool:
        """Whether a server or a feed failed."""
        servers = (server.error for server in self.servers if not server.locked)
        return any(servers) or bool(self.not_collected)

    @property
    def locked(self) -> bool:
        """Whether another prsync was at one of the servers."""
        return any(server.locked for server in self.servers)

    @property
    def faults(self) -> list[Fault]:
        """The unforeseen errors, each of a feed."""
        return [feed.fault for feed in self.feeds if feed.fault]

    @property
    def not_collected(self) -> list[FeedReport]:
        """The feeds that failed, or whose server did."""
        failed = {FeedOutcome.FAILED, FeedOutcome.SERVER_UNHEALTHY}
        return [feed for feed in self.feeds if feed.outcome in failed]

    def document(self) -> dict[str, object]:
        """The report as `sync --json` has it."""
        return {
            "through": self.through.isoformat(),
            "pages": self.pages,
            "ok": self.ok,
            "servers": [server.document() for server in self.servers],
            "feeds": [feed.document() for feed in self.feeds],
            "shared_devices": [shared.document() for shared in self.shared_devices],
        }
