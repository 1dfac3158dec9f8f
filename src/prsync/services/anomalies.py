"""A person's decision about a reading that was held back, taken to the ledger."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prsync.core import decisions
from prsync.core.model import AnomalyKind, AnomalyState
from prsync.errors import RefusedError
from prsync.services.feeds import locked_feed

if TYPE_CHECKING:
    from datetime import datetime

    from prsync.store.ledger import Ledger
    from prsync.store.records import StoredAnomaly


@dataclass(frozen=True, slots=True)
class Decision:
    """The anomaly as it is now, and the pages that accepting it adds to the next deposit.

    `fell_from` is the device's LatestCount before a drop that is accepted now.
    """

    anomaly: StoredAnomaly
    pages: int
    fell_from: int | None = None


def anomalies_of(ledger: Ledger, feed: str | None, *, settled_too: bool) -> list[StoredAnomaly]:
    """The readings held back, oldest first: of one feed, by its name or id, or of all."""
    feed_id = ledger.feeds.find(feed).id if feed is not None else None
    return ledger.anomalies.all(feed_id) if settled_too else ledger.anomalies.open(feed_id)


def decide(ledger: Ledger, anomaly_id: int, *, accepted: bool, now: datetime) -> Decision:
    """Accept or reject an open anomaly, or reject a jump that was accepted as long as no deposit has its pages."""
    feed_id = ledger.anomalies.get(anomaly_id).feed_id
    with locked_feed(ledger, ledger.feeds.get(feed_id), now) as feed:
        stored = ledger.anomalies.get(anomaly_id)
        is_taken_back = not accepted and stored.state is AnomalyState.ACCEPTED and stored.settled_on is None
        if stored.state is not AnomalyState.OPEN and not is_taken_back:
            raise RefusedError(f"deciding anomaly {anomaly_id}", f"it is {stored.state} already")
        if accepted and feed.has_ended and stored.kind is AnomalyKind.COUNTER_JUMPED:
            again = shlex.join(["prsync", "feed", "activate", feed.name])
            why = (
                f"its feed {feed.name} was deactivated on {feed.deactivated_on} and has no next deposit; {again} first"
            )
            raise RefusedError(f"accepting anomaly {anomaly_id}", why)
        state = ledger.days.state(feed)
        try:
            decided = (decisions.accept if accepted else decisions.reject)(state, stored.anomaly)
        except decisions.NotAcceptableError as error:
            raise RefusedError(f"accepting anomaly {anomaly_id}", str(error)) from error
        ledger.days.decide(feed.id, decided, now)
    fell_from = stored.latest_count if accepted and stored.kind is AnomalyKind.COUNTER_DROPPED else None
    return Decision(ledger.anomalies.get(anomaly_id), stored.accepting_adds or 0, fell_from)
