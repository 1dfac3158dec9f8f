"""The table of anomalies: the readings that were held back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prsync.core.model import AnomalyState
from prsync.errors import NotFoundError
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
        return [anomaly for anomaly in self.all(feed_id) if anomaly.state is AnomalyState.OPEN]

    def all(self, feed_id: int | None = None) -> list[StoredAnomaly]:
        """All anomalies of one feed, or of all, also those that were decided; oldest first."""
        where = "anomalies.feed_id = coalesce(?, anomalies.feed_id)"
        rows = self._connection.query(f"{_SELECT} WHERE {where} ORDER BY anomalies.date, anomalies.id", [feed_id])
        return [StoredAnomaly.from_row(row) for row in rows]

    def open_by_feed(self) -> dict[int, int]:
        """How many are not decided yet, by the feed's id."""
        rows = self._connection.query(
            "SELECT feed_id, count(*) AS number FROM anomalies WHERE state = ? GROUP BY feed_id", [AnomalyState.OPEN]
        )
        return {row["feed_id"]: row["number"] for row in rows}

    def get(self, anomaly_id: int) -> StoredAnomaly:
        """The anomaly of that id; NotFoundError if there is none."""
        for row in self._connection.query(f"{_SELECT} WHERE anomalies.id = ?", [anomaly_id]):
            return StoredAnomaly.from_row(row)
        raise NotFoundError("anomaly", str(anomaly_id), "prsync anomaly list shows those that are open")
