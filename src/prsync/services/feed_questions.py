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
    from prsync.services.asking_ahead import AskingAhead
    from prsync.services.watch import Watch
    from prsync.store.records import Feed
    from prsync.threemanager.client import ThreeManager

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class FeedQuestions:
    """Asks for one day after another. `yesterday` is the feed's last day that is over.

    With `ahead` the days through `through` may be asked for before their turn has come.
    """

    client: ThreeManager
    feed: Feed
    yesterday: date
    ahead: AskingAhead | None = None
    through: date | None = None
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
            self.last_answer = readings = self._answer(day)
        if self.watch is not None:
            self.watch.day()
        return readings

    def _answer(self, day: date) -> list[Reading]:
        if self.ahead is None or self.through is None or not self.client.has_history:
            return self.client.devices(self._query(day))
        return self.ahead.devices(day, self.through, self._query)

    def _query(self, day: date) -> DevicesQuery:
        feed = self.feed
        return DevicesQuery(
            organization_id=feed.organization_id,
            day=day,
            meter=feed.meter,
            scope=feed.scope,
            timezone=feed.timezone,
            is_yesterday=day >= self.yesterday,
            through=self.through,
        )

    @property
    def devices(self) -> set[str] | None:
        """The ids of the devices that count, by the last answer; None where there was none."""
        if self.last_answer is None:
            return None
        return {one.device_id for one in self.last_answer if self.feed.scope is Scope.ALL or one.managed}
