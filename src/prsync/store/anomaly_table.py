"""The table of anomalies: the readings that were held back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prsync.core.model import AnomalyState
from prsync.errors import NotFoundError
from prsync.store.columns import LARGEST_INTEGER
from prsync.store.records import StoredAnomaly

if TYPE_CHECKING:
    from prsync.store.connection import Connection

# LEFT JOIN: an anomaly may be of a device that has no row, because it never had a readable counter, and few devices
# have a reset that is remembered, which stands with another one of their anomalies.
_SELECT = """
    SELECT anomalies.*, feeds.name AS feed, servers.name AS server, devices.latest_count,
           resets.fell_from AS device_fell_from, resets.pages_since AS device_pages_since
    FROM anomalies
    JOIN feeds ON feeds.id = anomalies.feed_id
    JOIN servers ON servers.id = feeds.server_id
    LEFT JOIN devices ON devices.feed_id = anomalies.feed_id AND devices.device_id = anomalies.device_id
    LEFT JOIN anomalies AS resets ON resets.feed_id = anomalies.feed_id AND resets.device_id = anomalies.device_id
        AND resets.fell_from IS NOT NULL
"""


class AnomalyTable:
    """Reads the table `anomalies`. FeedDays writes it, in the same transaction as a feed's days."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, feed_id: int | None = None) -> list[StoredAnomaly]:
        """The anomalies of one feed, or of all, that are not decided yet; oldest first."""
        # The index of what is not settled is used only where the statement says so.
        where, values = _of_feed(feed_id)
        return self._ordered(f"{where} AND anomalies.settled_on IS NULL AND anomalies.state = 'open'", values)

    def accepted(self, feed_id: int) -> list[StoredAnomaly]:
        """The jumps of a feed that were accepted and whose pages are in no deposit yet; oldest first."""
        where = "anomalies.feed_id = ? AND anomalies.settled_on IS NULL AND anomalies.state = 'accepted'"
        return self._ordered(where, [feed_id])

    def all(self, feed_id: int | None = None) -> list[StoredAnomaly]:
        """All anomalies of one feed, or of all, also those that were decided; oldest first."""
        return self._ordered(*_of_feed(feed_id))

    def _ordered(self, where: str, values: list[int]) -> list[StoredAnomaly]:
        rows = self._connection.query(f"{_SELECT} WHERE {where} ORDER BY anomalies.date, anomalies.id", values)
        return [StoredAnomaly.from_row(row) for row in rows]

    def open_by_feed(self) -> dict[int, int]:
        """How many are not decided yet, by the feed's id."""
        rows = self._connection.query(
            "SELECT feed_id, count(*) AS number FROM anomalies WHERE state = ? GROUP BY feed_id", [AnomalyState.OPEN]
        )
        return {row["feed_id"]: row["number"] for row in rows}

    def get(self, anomaly_id: int) -> StoredAnomaly:
        """The anomaly of that id; NotFoundError if there is none."""
        known = [anomaly_id] if anomaly_id <= LARGEST_INTEGER else [None]
        for row in self._connection.query(f"{_SELECT} WHERE anomalies.id = ?", known):
            return StoredAnomaly.from_row(row)
        raise NotFoundError("anomaly", str(anomaly_id), "prsync anomaly list shows those that are open")


def _of_feed(feed_id: int | None) -> tuple[str, list[int]]:
    """The condition for one feed's anomalies, or for all; and its values."""
    return ("TRUE", []) if feed_id is None else ("anomalies.feed_id = ?", [feed_id])
