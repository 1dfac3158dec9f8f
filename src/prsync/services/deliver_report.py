"""The report of a run of `deliver`, for its `--json` and for the run's summary in the table `runs`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from prsync.process.faults import Fault


class DeliverOutcome(StrEnum):
    """How a run ended for one feed."""

    DELIVERED = "delivered"
    UP_TO_DATE = "up_to_date"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    """A person has to decide about a day; the others are delivered."""


@dataclass(slots=True)
class FeedDelivery:
    """What a run has done for one feed: `sent` deposits with so many `pages`, and those it `found` to be there."""

    feed: str
    account_id: str | None
    sent: int = 0
    found: int = 0
    pages: int = 0
    first: date | None = None
    last: date | None = None
    error: str | None = None
    doubts: list[tuple[date, str]] = field(default_factory=list)
    """The days about which a person has to decide, and why."""
    fault: Fault | None = None

    @property
    def outcome(self) -> DeliverOutcome:
        """How the run ended for it."""
        if self.error is not None:
            return DeliverOutcome.FAILED
        if self.doubts:
            return DeliverOutcome.IN_DOUBT
        return DeliverOutcome.DELIVERED if self.sent or self.found else DeliverOutcome.UP_TO_DATE

    def delivered(self, day: date) -> None:
        """Note that a day is delivered; days come in their order."""
        self.first, self.last = self.first or day, day

    def document(self) -> dict[str, object]:
        """The entry of `feeds` in the output of `deliver --json`."""
        doubt = "; ".join(f"{day}: {why}" for day, why in self.doubts) or None
        return {
            "feed": self.feed,
            "account_id": self.account_id,
            "outcome": self.outcome,
            "sent": self.sent,
            "pages": self.pages,
            "from": self.first.isoformat() if self.first else None,
            "through": self.last.isoformat() if self.last else None,
            "error": self.error or doubt,
        }


@dataclass(slots=True)
class DeliverReport:
    """The report of a whole run. `lost` is what ended it for all feeds that were still to come."""

    feeds: list[FeedDelivery] = field(default_factory=list)
    lost: str | None = None

    @property
    def ok(self) -> bool:
        """Whether all that was to be delivered is there."""
        return all(feed.outcome in {DeliverOutcome.DELIVERED, DeliverOutcome.UP_TO_DATE} for feed in self.feeds)

    @property
    def faults(self) -> list[Fault]:
        """The unforeseen errors, at most one for each feed."""
        return [feed.fault for feed in self.feeds if feed.fault]

    @property
    def sent(self) -> int:
        """How many deposits were sent."""
        return sum(feed.sent for feed in self.feeds)

    @property
    def pages(self) -> int:
        """Their pages."""
        return sum(feed.pages for feed in self.feeds)

    def document(self) -> dict[str, object]:
        """The output of `deliver --json`."""
        feeds = [feed.document() for feed in self.feeds]
        return {"ok": self.ok, "sent": self.sent, "pages": self.pages, "feeds": feeds}
