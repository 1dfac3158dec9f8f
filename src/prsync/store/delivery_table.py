"""The table of deliveries: a row for each deposit of a feed that is delivered to PrintReleaf, and its state there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from prsync.core.delivery import DeliveryState
from prsync.core.utc import utc_text
from prsync.errors import ConstraintError, DeliveryChangedError, NotFoundError, RefusedError
from prsync.store.columns import parse_instant
from prsync.store.delivery_records import DeliveredFeed, Delivery, DeliveryCounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from prsync.store.connection import Connection

_SELECT: Final = """
    SELECT deliveries.*, feeds.name AS feed, servers.name AS server, feeds.account_id AS feed_account_id,
        feeds.account_id IS NOT NULL AND date >= deliver_from AS wanted
    FROM deliveries JOIN feeds ON feeds.id = feed_id JOIN servers ON servers.id = feeds.server_id
"""
# Only as it was read: meanwhile its feed may have been given another account, or been removed.
_BEGIN: Final = """
    UPDATE deliveries SET state = 'sending', account_id = ?, remote_id = NULL, sent_at = ?, error = NULL
    WHERE feed_id = ? AND date = ? AND state = ? AND EXISTS (
        SELECT 1 FROM feeds WHERE id = feed_id AND account_id IS ?
            AND (account_id IS NOT NULL AND deliveries.date >= deliver_from) IS ?
    )
"""
_TO_DO: Final = f"{_SELECT} WHERE deliveries.state <> 'delivered' ORDER BY feeds.name, date"
_COUNTS: Final = """
    SELECT feeds.id AS feed_id, feeds.name AS feed, servers.name AS server, feeds.account_id, feeds.deliver_from,
        count(*) FILTER (WHERE state = 'delivered') AS delivered,
        count(*) FILTER (WHERE state = 'waiting' AND date >= deliver_from) AS waiting,
        count(*) FILTER (WHERE state = 'sending') AS sending,
        count(*) FILTER (WHERE state = 'in_doubt') AS in_doubt,
        (SELECT error FROM deliveries AS latest WHERE latest.feed_id = feeds.id AND latest.state <> 'delivered'
            AND (latest.state <> 'waiting' OR date >= deliver_from)
            AND error IS NOT NULL ORDER BY date LIMIT 1) AS error
    FROM feeds JOIN servers ON servers.id = feeds.server_id LEFT JOIN deliveries ON deliveries.feed_id = feeds.id
    GROUP BY feeds.id HAVING feeds.account_id IS NOT NULL OR count(state) > 0 ORDER BY feeds.name
"""


class DeliveryTable:
    """The table `deliveries`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def to_do(self) -> list[Delivery]:
        """All that is not known to be delivered, by feed and day."""
        return [Delivery.from_row(row) for row in self._connection.query(_TO_DO)]

    def find(self, feed_id: int, day: date) -> Delivery:
        """The delivery of a feed's day; NotFoundError if there is none."""
        where = "WHERE feed_id = ? AND date = ?"
        for row in self._connection.query(f"{_SELECT} {where}", [feed_id, day.isoformat()]):
            return Delivery.from_row(row)
        raise NotFoundError("delivery", str(day), "prsync printreleaf status shows what is delivered")

    def feeds(self) -> list[DeliveredFeed]:
        """The feeds whose deposits are delivered, by name."""
        rows = self._connection.query(
            "SELECT id, name, account_id FROM feeds WHERE account_id IS NOT NULL ORDER BY name"
        )
        return [DeliveredFeed(row["id"], row["name"], row["account_id"]) for row in rows]

    def counts(self) -> list[DeliveryCounts]:
        """How many deposits are in which state, of each feed that is or was delivered, by name."""
        return [DeliveryCounts.from_row(row) for row in self._connection.query(_COUNTS)]

    def ids_in(self, account_id: str) -> dict[str, datetime | None]:
        """The ids that the deposits of an account are known by, with when each was delivered."""
        rows = self._connection.query(
            "SELECT remote_id, delivered_at FROM deliveries WHERE account_id = ? AND remote_id IS NOT NULL",
            [account_id],
        )
        return {row["remote_id"]: parse_instant(row["delivered_at"]) for row in rows}

    def known_among(self, ids: Iterable[str]) -> set[str]:
        """Which of these ids deposits of the ledger are known by, in whatever account."""
        # Only these are looked for: after years there are very many others.
        rows = self._connection.query(
            "SELECT remote_id FROM deliveries WHERE remote_id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(ids))],
        )
        return {row["remote_id"] for row in rows}

    def begin_sending(self, delivery: Delivery, account_id: str, now: datetime) -> None:
        """Store that a deposit is about to be sent: should the answer be lost, it may be there.

        DeliveryChangedError where it, or the account of its feed, is no longer as it was read.
        """
        with self._connection.transaction():
            row = [account_id, utc_text(now), delivery.feed_id, delivery.date.isoformat(), delivery.state]
            if not self._connection.write(_BEGIN, [*row, delivery.feed_account_id, delivery.wanted]):
                raise DeliveryChangedError(delivery.feed, delivery.date)

    def note_sent_at(self, delivery: Delivery, now: datetime) -> None:
        """Store another instant for when it was sent: the clock had been ahead."""
        self._change(delivery, None, sent_at=utc_text(now))

    def end_sending(self, delivery: Delivery, error: str | None) -> None:
        """Store that it was not made there, and why."""
        self._change(delivery, DeliveryState.WAITING, account_id=None, sent_at=None, error=error)

    def note_error(self, delivery: Delivery, error: str) -> None:
        """Store what kept it from being delivered; its state stays as it is."""
        self._change(delivery, None, error=error)

    def deliver(self, delivery: Delivery, account_id: str, remote_id: str, now: datetime) -> None:
        """Store that it is there under that id; RefusedError where another deposit of the ledger is that one."""
        try:
            self._change(
                delivery,
                DeliveryState.DELIVERED,
                account_id=account_id,
                remote_id=remote_id,
                delivered_at=utc_text(now),
                error=None,
            )
        except ConstraintError as error:
            what = f"the deposit {remote_id} for {delivery.date} of feed {delivery.feed}"
            raise RefusedError(what, "another day or feed has it already") from error

    def doubt(self, delivery: Delivery, account_id: str, why: str, remote_id: str | None = None) -> None:
        """Store that a person has to decide whether it is there; `remote_id` where it is known and not as sent."""
        self._change(
            delivery, DeliveryState.IN_DOUBT, account_id=account_id, remote_id=remote_id, error=f"in doubt: {why}"
        )

    def _change(self, delivery: Delivery, state: DeliveryState | None, **values: object) -> None:
        columns = {"state": state, **values} if state else values
        sql = ", ".join(f"{name} = ?" for name in columns)
        row: Sequence[object] = (*columns.values(), delivery.feed_id, delivery.date.isoformat())
        with self._connection.transaction():
            statement = f"UPDATE deliveries SET {sql} WHERE feed_id = ? AND date = ?"  # noqa: S608  our own columns
            self._connection.write_all(statement, [row])
