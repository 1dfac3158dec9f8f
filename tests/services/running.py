"""The services as tests run them: on a real ledger, with a fixed clock, asking scripted servers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tests.support.scripted_server import ScriptedServer

from prsync.core.settings import ServerSettings
from prsync.services.feed_settings import FeedTexts
from prsync.services.feeds import connect_feed, update_feed
from prsync.services.sync import run_sync
from prsync.services.sync_plan import SyncRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.demo.fleet import Fleet
    from prsync.services.sync_report import SyncReport
    from prsync.services.watch import Watch
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server
    from prsync.threemanager.client import ThreeManager
    from prsync.threemanager.profile import Profile

FIRST: Final = date(2026, 11, 2)
"""A Monday: the first day that a feed collects where a test says nothing else."""

NOW: Final = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
"""The night on which everything happens where a test says nothing else."""


def day(number: int) -> date:
    """So many days after the first."""
    return FIRST + timedelta(days=number)


def night_of(day: date, hour: int = 1, minute: int = 30) -> datetime:
    """An instant of that day; the default is when cron runs the sync."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


class NobodyWatches:
    """A Watch that shows nothing, as under cron."""

    def begin(self, days: int) -> None:
        pass

    def feed(self, name: str, days: int) -> None:
        pass

    def day(self) -> None:
        pass


def texts(**settings: str) -> FeedTexts:
    """What a person typed of a feed's settings, as options."""
    return FeedTexts(texts=settings, called=lambda setting: f"--{setting.replace('_', '-')}")


@dataclass
class Services:
    """The services on one ledger. Its servers are those of `scripted`, by name."""

    ledger: Ledger
    scripted: dict[str, ScriptedServer] = field(default_factory=dict)

    def connect(self, server: Server, profile: Profile | None = None) -> ThreeManager:  # noqa: ARG002  as a Connect
        """A client of the scripted server of that name."""
        return self.scripted[server.name].client()

    def add_server(self, name: str, fleet: Fleet) -> ScriptedServer:
        """Register a server without asking it anything."""
        self.ledger.servers.add(ServerSettings(name=name, url=f"https://{name}.example", username="prsync"), NOW)
        self.scripted[name] = ScriptedServer(fleet)
        return self.scripted[name]

    def add_feed(self, organization: str, *, server: str = "main", now: datetime = NOW, **settings: str) -> Feed:
        """Connect an organization, from FIRST on and in days of UTC unless `settings` say otherwise."""
        given = texts(**{"activation_date": FIRST.isoformat(), "timezone": "UTC"} | settings)
        return connect_feed(
            self.ledger, server, organization, given, connect=self.connect, now=now, local_timezone="UTC"
        )

    def update_feed(self, feed: str, /, **settings: str) -> Feed:
        """Change a feed's settings."""
        return update_feed(self.ledger, feed, texts(**settings), NOW)

    def sync(
        self,
        through: date | None = None,
        *,
        servers: Sequence[str] = (),
        feeds: Sequence[str] = (),
        now: datetime = NOW,
        watch: Watch | None = None,
        ledger: Ledger | None = None,
        dry_run: bool = False,
    ) -> SyncReport:
        """A sync run."""
        request = SyncRequest(servers=servers, feeds=feeds, through=through.isoformat() if through else None)
        return run_sync(
            ledger or self.ledger,
            request,
            connect=self.connect,
            now=now,
            local_timezone="UTC",
            watch=watch or NobodyWatches(),
            dry_run=dry_run,
        )
