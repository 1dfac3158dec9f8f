"""Devices that two feeds of one server both have: their pages count in both, so a person should know.

Only how many there are is kept, for each two feeds. It is found in the answers of one run and not in the table
`devices`, where a device that has moved from one customer to another stands in both for ever.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from prsync.store.records import SharedDevices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prsync.store.connection import Connection

_NEEDED = """
    CREATE TEMP TABLE IF NOT EXISTS answered_devices (
        device_id TEXT NOT NULL,
        feed_id INTEGER NOT NULL,
        PRIMARY KEY (device_id, feed_id)
    ) STRICT, WITHOUT ROWID
"""
# Each feed is compared with the first that has the device: where a server gives every customer the same devices, the
# pairs of all feeds with all others would be very many.
_SHARED = """
    SELECT first.feed_id AS feed_id, other.feed_id AS other_feed_id, count(*) AS devices
    FROM answered_devices AS other
    JOIN (
        SELECT device_id, min(feed_id) AS feed_id FROM answered_devices GROUP BY device_id HAVING count(*) > 1
    ) AS first ON first.device_id = other.device_id AND first.feed_id < other.feed_id
    GROUP BY first.feed_id, other.feed_id
"""
_ALL = """
    SELECT servers.name AS server, first.name AS feed, other.name AS other_feed, devices, feed_id, other_feed_id
    FROM shared_devices
    JOIN feeds AS first ON first.id = feed_id
    JOIN feeds AS other ON other.id = other_feed_id
    JOIN servers ON servers.id = first.server_id
    ORDER BY server, feed, other_feed
"""
_UPSERT = """
    INSERT INTO shared_devices (feed_id, other_feed_id, devices) VALUES (?, ?, ?)
    ON CONFLICT (feed_id, other_feed_id) DO UPDATE SET devices = excluded.devices
"""


class SharedDeviceTable:
    """The table `shared_devices`, and the devices in the answers of a run from which it is made."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._answered: set[int] = set()

    def all(self) -> list[SharedDevices]:
        """The feeds that share devices, by server and name."""
        return [SharedDevices.from_row(row) for row in self._connection.query(_ALL)]

    def begin(self) -> None:
        """Forget the answers so far: those of another server's feeds come now."""
        self._answered.clear()
        # Not in a file: where prsync runs there may be no folder for temporary ones.
        self._connection.run("PRAGMA temp_store = MEMORY")
        self._connection.run(_NEEDED)
        self._connection.run("DELETE FROM answered_devices")

    def add_answer(self, feed_id: int, device_ids: Iterable[str]) -> None:
        """The devices that count for a feed, as of the last day that it was asked for."""
        self._answered.add(feed_id)
        # One statement for all of them: it takes a third of what one for each would.
        self._connection.write(
            "INSERT INTO answered_devices (device_id, feed_id) SELECT value, ? FROM json_each(?)",
            (feed_id, json.dumps(list(device_ids))),
        )

    def record(self) -> list[SharedDevices]:
        """Store what the answers since `begin` have shown; those feeds that now share devices, or more than before."""
        pairs = self._connection.query("SELECT feed_id, other_feed_id, devices FROM shared_devices")
        before = {(row["feed_id"], row["other_feed_id"]): row["devices"] for row in pairs}
        now = {(row["feed_id"], row["other_feed_id"]): row["devices"] for row in self._connection.query(_SHARED)}
        changed = [(*pair, devices) for pair, devices in now.items() if devices != before.get(pair)]
        # Of a feed that was not asked, or failed, nothing new is known.
        gone = [pair for pair in before if self._answered.issuperset(pair) and pair not in now]
        if changed or gone:
            with self._connection.transaction():
                self._connection.write_all("DELETE FROM shared_devices WHERE feed_id = ? AND other_feed_id = ?", gone)
                self._connection.write_all(_UPSERT, changed)
        # Where the first feed of several with the same devices has not answered, the next takes its place: no news.
        missing: defaultdict[int, set[int]] = defaultdict(set)
        for first, other in before:
            if first not in self._answered:
                missing[other].add(first)
        more = {
            pair
            for pair, devices in now.items()
            if devices > before.get(pair, 0) and missing[pair[0]].isdisjoint(missing[pair[1]])
        }
        return [
            SharedDevices.from_row(row)
            for row in self._connection.query(_ALL)
            if (row["feed_id"], row["other_feed_id"]) in more
        ]
