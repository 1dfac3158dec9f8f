"""Notes of a deposit that it is to be delivered to PrintReleaf, in the transaction that stores it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

    from prsync.store.connection import Connection

_NOTE: Final = """
    INSERT INTO deliveries (feed_id, date, pages, state)
    SELECT feed_id, date, pages, 'waiting' FROM deposits JOIN feeds ON feeds.id = feed_id
    WHERE feed_id = ? AND account_id IS NOT NULL AND pages > 0 AND date BETWEEN max(deliver_from, ?) AND ?
    ON CONFLICT DO NOTHING
"""


def note_deliveries(connection: Connection, feed_id: int, first: date | None = None, last: date | None = None) -> None:
    """Within a transaction, note of each deposit between two days that it is to be delivered, where its feed is."""
    span = (first.isoformat() if first else "", last.isoformat() if last else "9999")
    connection.write_all(_NOTE, [(feed_id, *span)])
