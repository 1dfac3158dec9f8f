"""The rows of the table `deliveries` as typed values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from prsync.core.delivery import DeliveryKey, DeliveryState, Undelivered
from prsync.store.columns import parse_day, parse_instant
from prsync.store.records import Record

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Record):
    """A deposit to deliver, or delivered. `sent_to` is the account it was sent to, None as long as it was not.

    `account_id` is where it is looked for and sent: there, else in its feed's account; None where that has none.
    """

    feed_id: int
    feed: str
    server: str
    date: dt.date
    pages: int
    sent_to: str | None
    feed_account_id: str | None
    state: DeliveryState
    remote_id: str | None
    sent_at: dt.datetime | None
    delivered_at: dt.datetime | None
    error: str | None
    wanted: bool

    @property
    def is_due(self) -> bool:
        """Whether a run has to deal with it: it is wanted, or was sent already."""
        return self.wanted or self.state is not DeliveryState.WAITING

    @property
    def account_id(self) -> str | None:
        """The account where it is looked for."""
        return self.sent_to or self.feed_account_id

    @property
    def key(self) -> DeliveryKey:
        """Its name."""
        return self.feed_id, self.date

    @property
    def undelivered(self) -> Undelivered:
        """The same as the core knows it."""
        return Undelivered(
            feed_id=self.feed_id,
            date=self.date,
            pages=self.pages,
            state=self.state,
            sent_at=self.sent_at,
            wanted=self.wanted,
        )

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """From a row of the table `deliveries`, with the names and what its feed says."""
        return cls(
            **{name: row[name] for name in ("feed_id", "feed", "server", "pages", "remote_id", "error")},
            date=parse_day(row["date"]),
            sent_to=row["account_id"],
            feed_account_id=row["feed_account_id"],
            state=DeliveryState(row["state"]),
            sent_at=parse_instant(row["sent_at"]),
            delivered_at=parse_instant(row["delivered_at"]),
            wanted=bool(row["wanted"]),
        )


@dataclass(frozen=True, slots=True)
class DeliveredFeed:
    """A feed whose deposits are delivered, and the account they are delivered to."""

    feed_id: int
    name: str
    account_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCounts(Record):
    """How many of a feed's deposits are in which state, and the first error of those that are not delivered."""

    feed_id: int
    feed: str
    server: str
    account_id: str | None
    deliver_from: dt.date | None
    delivered: int
    waiting: int
    sending: int
    in_doubt: int
    error: str | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """From a row of the counts."""
        same = ("feed_id", "feed", "server", "account_id", "delivered", "waiting", "sending", "in_doubt", "error")
        return cls(
            **{name: row[name] for name in same},
            deliver_from=parse_day(row["deliver_from"]) if row["deliver_from"] else None,
        )
