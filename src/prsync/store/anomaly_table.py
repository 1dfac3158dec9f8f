"""The readings held back, as a person looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prsync.core.model import AnomalyState
from prsync.errors import NotFoundError
from prsync.store.records import StoredAnomaly

if TYPE_CHECKING:
    from prsync.store.connection import Connection

_SELECT = """
    SELECT anomalies.*, feeds.name AS feed, servers.name AS server, devices.latest_count
    FROM anomalies
    JOIN feeds ON feeds.id = anomalies.feed_id
    JOIN servers ON servers.id = feeds.server_id
    LEFT JOIN devices ON devices.feed_id = anomalies.feed_id AND devices.device_id = anomalies.device_id
"""


class AnomalyTable:
    """The table `anomalies`. It is written with a feed's days, in FeedDays."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, feed_id: int | None = None) -> list[StoredAnomaly]:
        """Those that wait for the next reading or for a person, oldest first; of one feed or of all."""
        return [anomaly for anomaly in self.all(feed_id) if anomaly.state is AnomalyState.OPEN]

    def all(self, feed_id: int | None = None) -> list[StoredAnomaly]:
        """Every one there ever was, oldest first; of one feed or of all."""
        where = "anomalies.feed_id = coalesce(?, anomalies.feed_id)"
        rows = self._connection.query(f"{_SELECT} WHERE {where} ORDER BY anomalies.date, anomalies.id", [feed_id])
        return [StoredAnomaly.of(row) for row in rows]

    def get(self, anomaly_id: int) -> StoredAnomaly:
        """The anomaly of that id; NotFoundError if there is none."""
        for row in self._connection.query(f"{_SELECT} WHERE anomalies.id = ?", [anomaly_id]):
            return StoredAnomaly.of(row)
        raise NotFoundError("anomaly", str(anomaly_id), "prsync anomaly list shows those that are open")
