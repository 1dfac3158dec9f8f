"""A feed's questions to its server in one run: a day each."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prsync.core.model import Scope
from prsync.threemanager.query import DevicesQuery

if TYPE_CHECKING:
    from datetime import date

    from prsync.core.model import Reading
    from prsync.services.watch import Watch
    from prsync.store.records import Feed
    from prsync.threemanager.client import ThreeManager

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class FeedQuestions:
    """Asks for one day after another. `yesterday` is the feed's last day that is over."""

    client: ThreeManager
    feed: Feed
    yesterday: date
    watch: Watch | None = None
    last_answer: list[Reading] | None = None
    """What the server has answered last; None as long as nothing was asked."""

    def ask(self, day: date) -> list[Reading]:
        """The readings as of the end of a day; a ServerError where there is no telling."""
        feed = self.feed
        names = {"server": feed.server, "feed": feed.name, "day": day.isoformat()}
        log.debug("feed %s: asking for %s", feed.name, day, extra=names)
        # A server without history knows only what the counters say now: that is asked for once, as yesterday's, and
        # the days before it bring nothing.
        readings: list[Reading] = []
        if day >= self.yesterday or self.client.has_history:
            query = DevicesQuery(
                organization_id=feed.organization_id,
                day=day,
                meter=feed.meter,
                scope=feed.scope,
                timezone=feed.timezone,
                is_yesterday=day >= self.yesterday,
            )
            self.last_answer = readings = self.client.devices(query)
        if self.watch is not None:
            self.watch.day()
        return readings

    @property
    def devices(self) -> set[str] | None:
        """The ids of the devices that count, by the last answer; None where there was none."""
        if self.last_answer is None:
            return None
        return {one.device_id for one in self.last_answer if self.feed.scope is Scope.ALL or one.managed}
