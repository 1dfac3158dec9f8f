"""Nights of a server over real HTTPS, run in this process, and what the ledger holds after each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tests.edges.clients import PASSWORD, settings_at
from tests.edges.ledgers import content, feed_settings
from tests.services.running import NobodyWatches

from prsync.core.model import ONE_DAY, Scope
from prsync.credentials.passwords import Secret
from prsync.https.sender import TIMEOUTS
from prsync.services.sync import run_sync
from prsync.services.sync_plan import SyncRequest
from prsync.store.feed_table import NewFeed
from prsync.store.ledger import Ledger
from prsync.threemanager.client import ThreeManager
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.edges.raw_server import RawServer

    from prsync.demo.simulator import Simulator
    from prsync.services.sync_report import FeedReport, SyncReport
    from prsync.store.records import Server

FIRST: Final = date(2026, 11, 2)
"""A Monday: the first day that the feeds collect."""


@dataclass
class Nights:
    """The nights of one server. It waits for nothing; `waits` are the seconds that it would have waited."""

    folder: Path
    server: Simulator | RawServer
    profile: str = ""
    timeouts: tuple[float, float] = TIMEOUTS
    waits: list[float] = field(default_factory=list)
    while_waiting: Callable[[float], object] = lambda _: None
    """Is called in place of each wait."""

    def __post_init__(self) -> None:
        self.path = self.folder / "nights.db"
        with Ledger(self.path) as ledger:
            settings = settings_at(self.server.url, self.server.ca_bundle, self.server.username)
            self.server_id = ledger.servers.add(settings, datetime(2026, 11, 1, tzinfo=UTC)).id

    def connect(self, server: Server, profile: Profile | None = None) -> ThreeManager:
        """A client of the server, as its row in the ledger says."""
        password = getattr(self.server, "password", PASSWORD)
        chosen = profile or Profile.parse(self.profile)
        return ThreeManager(server.settings, Secret(password), chosen, timeouts=self.timeouts, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        """Note a wait."""
        self.waits.append(seconds)
        self.while_waiting(seconds)

    def add_feeds(self, *names: str, activation: date = FIRST, scope: Scope = Scope.ALL, meter: str = "") -> None:
        """Connect organizations; their ids are 1001 and on, in this order."""
        settings = replace(feed_settings(activation_date=activation), scope=scope)
        settings = replace(settings, meter=meter) if meter else settings
        feeds = [
            NewFeed(
                server_id=self.server_id, organization_id=str(1001 + place), organization_name=name, settings=settings
            )
            for place, name in enumerate(names)
        ]
        with Ledger(self.path) as ledger:
            ledger.feeds.add(feeds, datetime(2026, 11, 1, tzinfo=UTC))

    def sync(self, day: date, *, through: date | None = None) -> SyncReport:
        """The run of the night after `day`."""
        night = datetime(day.year, day.month, day.day, 1, 30, tzinfo=UTC) + timedelta(days=1)
        with Ledger(self.path) as ledger:
            # No power cut is to be survived here.
            ledger._connection.sqlite.execute("PRAGMA synchronous = OFF")
            return run_sync(
                ledger,
                SyncRequest(through=through.isoformat() if through else None),
                connect=self.connect,
                now=night,
                local_timezone="UTC",
                watch=NobodyWatches(),
            )

    def collect(self, day: date) -> FeedReport:
        """What the run of the night after `day` says of the only feed."""
        (report,) = self.sync(day).feeds
        return report

    def figures(self) -> dict[str, list[tuple[object, ...]]]:
        """Every page count there is: devices, deposits, anomalies, and how far each feed has come."""
        tables = content(self.path)
        with Ledger(self.path) as ledger:
            marks: list[tuple[object, ...]] = [
                (feed.name, feed.synced_through, feed.looked_through, feed.last_data_at) for feed in ledger.feeds.all()
            ]
        return {name: tables[name] for name in ("devices", "deposits", "anomalies")} | {"marks": marks}

    def pages(self) -> dict[str, int]:
        """The pages deposited, by day."""
        found: dict[str, int] = {}
        for _feed, day, pages in content(self.path)["deposits"]:
            found[str(day)] = found.get(str(day), 0) + int(str(pages))
        return found


def day(number: int) -> date:
    """So many days after the first."""
    return FIRST + number * ONE_DAY
