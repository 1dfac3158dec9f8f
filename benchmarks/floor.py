"""The least that collects the same with requests and sqlite3: one session, one transaction for each feed and day.

It believes every answer, holds nothing back, and goes on nowhere when it is cut off. It exists to be compared with.
Usage: python -m benchmarks.floor LEDGER URL CA_BUNDLE CUSTOMERS DAY
"""

from __future__ import annotations

import json
import sqlite3
import sys

import requests

SCHEMA = """
CREATE TABLE IF NOT EXISTS feeds (id INTEGER PRIMARY KEY, synced_through TEXT, health TEXT, checked_at TEXT);
CREATE TABLE IF NOT EXISTS deposits (feed_id INTEGER, date TEXT, pages INTEGER,
                                     PRIMARY KEY (feed_id, date)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS devices (feed_id INTEGER, device_id TEXT, managed INTEGER, initial INTEGER, latest INTEGER,
                                    PRIMARY KEY (feed_id, device_id)) WITHOUT ROWID;
"""
UPSERT = """
INSERT INTO devices VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET managed = excluded.managed, latest = excluded.latest
"""


def main() -> None:
    """Collect one day of all customers."""
    path, url, ca_bundle, customers, day = *sys.argv[1:4], int(sys.argv[4]), sys.argv[5]
    ledger = sqlite3.connect(path, isolation_level=None)
    ledger.execute("PRAGMA journal_mode = WAL")
    ledger.execute("PRAGMA synchronous = FULL")
    ledger.executescript(SCHEMA)
    session = requests.Session()
    session.trust_env, session.verify = False, ca_bundle
    token = session.post(f"{url}/oauth/token", data={"grant_type": "password"}, timeout=60).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    session.get(f"{url}/api/v1/organizations?page=1&pageSize=200", timeout=60).raise_for_status()
    for feed in range(1, customers + 1):
        store(ledger, feed, day, rows_of(session, url, feed, day))
    ledger.close()


def rows_of(session: requests.Session, url: str, feed: int, day: str) -> list[dict[str, object]]:
    """All rows of a customer's devices, page after page."""
    rows, page = [], 1
    while page:
        target = f"{url}/api/v1/organizations/{feed}/devices?date={day}&page={page}&pageSize=200"
        answer = session.get(target, timeout=60)
        answer.raise_for_status()
        document = json.loads(answer.content)
        rows += document["items"]
        page = document["nextPage"]
    return rows


def store(ledger: sqlite3.Connection, feed: int, day: str, rows: list[dict[str, object]]) -> None:
    """Work out the pages of a day and store them."""
    ledger.execute("BEGIN IMMEDIATE")
    known = dict(ledger.execute("SELECT device_id, latest FROM devices WHERE feed_id = ?", [feed]).fetchall())
    pages, devices = 0, []
    for row in rows:
        count = row["counters"]["totalPages"]  # type: ignore[index]
        before = known.get(row["deviceId"], count)
        pages += max(count - before, 0)
        devices.append((feed, row["deviceId"], row["managed"], count, count))
    ledger.execute("INSERT INTO deposits VALUES (?, ?, ?)", [feed, day, pages])
    ledger.executemany(UPSERT, devices)
    ledger.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, 'healthy', ?)", [feed, day, day])
    ledger.execute("COMMIT")


if __name__ == "__main__":
    main()
