"""What the schema itself refuses, to prsync and to every other program."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from tests.edges.ledgers import collect, connected, content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CERTIFICATE = """
    INSERT INTO certificates (feed_id, month, revision, number, pages, trees, pages_per_tree, provisional, issued_at,
                              sha256, facts)
    VALUES (1, '2026-11', 1, 'N-1', 10, '0.00', 8333, 0, '2026-12-01T00:00:00Z', 'aa', '{}')
"""
_FILE = "INSERT INTO certificate_files VALUES ('aa', 1, '0.1.0', '2026-12-01T00:00:00Z')"
_FEED = """
    INSERT INTO feeds (server_id, name, organization_id, organization_name, activation_date, scope, meter, timezone,
                       ceiling, synced_through, looked_through, created_at)
    SELECT {}, name || '2', organization_id || '{}', '', '', 'all', '', '', 1, '', '', '' FROM feeds
"""

_DELIVERY = "INSERT INTO deliveries (feed_id, date, pages, state) VALUES (1, '2026-11-02', 7, 'waiting')"

_UNIQUE, _CHECK, _FOREIGN_KEY, _TYPE = "UNIQUE", "CHECK", "FOREIGN KEY", "cannot store"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    connected(path)
    collect(path)
    return path


@pytest.fixture
def plain(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection; it has only asked for foreign keys to be kept, as every program should."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(_CERTIFICATE)
        connection.execute(_FILE)
        yield connection


REFUSED = [
    # What is written stays written.
    ("UPDATE deposits SET pages = pages + 1", "a deposit never changes"),
    ("UPDATE OR REPLACE deposits SET date = '2026-11-03' WHERE date = '2026-11-02'", "a deposit never changes"),
    ("INSERT INTO deposits VALUES (1, '2026-11-02', 7)", "a deposit never changes"),
    ("INSERT OR REPLACE INTO deposits VALUES (1, '2026-11-02', 7)", "a deposit never changes"),
    (
        "INSERT INTO deposits VALUES (1, '2026-11-02', 7) ON CONFLICT DO UPDATE SET pages = excluded.pages",
        "a deposit never changes",
    ),
    ("DELETE FROM deposits WHERE date = '2026-11-04'", "a deposit goes only with its feed"),
    ("UPDATE certificates SET pages = 11", "a certificate never changes"),
    ("UPDATE certificates SET sha256 = 'bb'", "a certificate never changes"),
    ("DELETE FROM certificates", "a certificate never goes"),
    # One row for each thing.
    (_CERTIFICATE, "a certificate never changes"),
    (_CERTIFICATE.replace("INSERT", "INSERT OR REPLACE"), "a certificate never changes"),
    (_CERTIFICATE.replace("'N-1'", "'N-2'"), "a certificate never changes"),
    (
        _CERTIFICATE.replace("1, 'N-1'", "2, 'N-2'")
        .replace("INTO certificates (", "OR REPLACE INTO certificates (id, ")
        .replace("(1,", "(1, 1,"),
        "a certificate never changes",
    ),
    (_FILE, _UNIQUE),
    ("INSERT INTO devices VALUES (1, 'A', 1, 1, 1)", _UNIQUE),
    ("UPDATE anomalies SET device_id = 'A', date = '2026-11-02', kind = 'counter_dropped'", _UNIQUE),
    ("INSERT INTO servers (name, url, username, created_at) VALUES ('main', '', '', '')", "UNIQUE.*servers.name"),
    (_FEED.format(1, "9").replace("|| '2'", ""), "UNIQUE.*feeds.name"),
    (_FEED.format(1, ""), "UNIQUE.*feeds.server_id, feeds.organization_id"),
    # Nothing hangs in the air.
    ("INSERT INTO deposits VALUES (2, '2026-11-02', 7)", _FOREIGN_KEY),
    ("INSERT INTO devices VALUES (2, 'A', 1, 1, 1)", _FOREIGN_KEY),
    (
        "INSERT INTO anomalies (feed_id, device_id, date, kind, state) VALUES (2, 'A', '', 'invalid_reading', 'open')",
        _FOREIGN_KEY,
    ),
    (_FEED.format(9, "9"), _FOREIGN_KEY),
    (_FILE.replace("'aa', 1", "'bb', 2"), _FOREIGN_KEY),
    # Values that mean something.
    ("INSERT INTO deposits VALUES (1, '2026-12-01', -1)", _CHECK),
    ("UPDATE feeds SET looked_through = '2026-11-05'", "looked_through >= synced_through"),
    ("UPDATE feeds SET synced_through = '2026-11-07'", "looked_through >= synced_through"),
    ("UPDATE feeds SET scope = 'some'", _CHECK),
    ("UPDATE feeds SET deposited_scope = 'some'", _CHECK),
    ("UPDATE feeds SET ceiling = 0", _CHECK),
    ("UPDATE feeds SET paused = 2", _CHECK),
    ("UPDATE feeds SET health = 'ill'", _CHECK),
    ("UPDATE servers SET health = 'ill'", _CHECK),
    ("UPDATE devices SET managed = 2", _CHECK),
    ("UPDATE anomalies SET kind = 'odd'", _CHECK),
    ("UPDATE anomalies SET state = 'odd'", _CHECK),
    ("UPDATE anomalies SET state = 'reset', fell_from = 7, pages_since = NULL", _CHECK),
    ("UPDATE anomalies SET state = 'reset', fell_from = NULL, pages_since = 7", _CHECK),
    ("UPDATE anomalies SET state = 'open', fell_from = 7, pages_since = 7", _CHECK),
    (_CERTIFICATE.replace("1, 'N-1', 10", "2, 'N-2', -1"), _CHECK),
    (_CERTIFICATE.replace("1, 'N-1', 10", "0, 'N-2', 10"), _CHECK),
    (_CERTIFICATE.replace("1, 'N-1', 10", "2, 'N-2', 10").replace("8333, 0", "8333, 2"), _CHECK),
    # Strict types: SQLite would otherwise keep text in a number's place.
    ("INSERT INTO deposits VALUES (1, '2026-12-01', 'seven')", _TYPE),
    ("INSERT INTO deposits VALUES (1, '2026-12-01', 7.5)", _TYPE),
    ("UPDATE devices SET latest_count = 'many'", _TYPE),
    ("UPDATE devices SET initial_count = x'00'", _TYPE),
    ("UPDATE feeds SET ceiling = 'none'", _TYPE),
    ("UPDATE anomalies SET count = '7 pages'", _TYPE),
    ("UPDATE runs SET id = 'one'", "datatype mismatch"),
    (_CERTIFICATE.replace("1, 'N-1', 10", "2, 'N-2', 'ten'"), _TYPE),
    (_FILE.replace("'aa', 1", "'bb', 'one'"), _TYPE),
    ("UPDATE devices SET life_count = 7", "generated column"),
    # Deliveries: of a deposit that is there, with pages, and in a state that can be.
    (_DELIVERY.replace("2026-11-02", "2031-01-01"), _FOREIGN_KEY),
    (_DELIVERY.replace("7, 'waiting'", "0, 'waiting'"), _CHECK),
    (_DELIVERY.replace("'waiting'", "'lost'"), _CHECK),
    (_DELIVERY.replace("'waiting'", "'sending'"), _CHECK),
    (_DELIVERY.replace("'waiting'", "'delivered'"), _CHECK),
    ("INSERT INTO printreleaf VALUES (2, 'a', NULL, NULL, 'b')", _CHECK),
]


@pytest.mark.parametrize(("statement", "why"), REFUSED, ids=[" ".join(statement.split()) for statement, _ in REFUSED])
def test_the_schema_refuses(path: Path, plain: sqlite3.Connection, statement: str, why: str) -> None:
    plain.execute("INSERT INTO runs (command, started_at) VALUES ('sync', '')")
    before = content(path)
    with pytest.raises(sqlite3.Error, match=why):
        plain.execute(statement)
    assert content(path) == before


def test_each_required_column_refuses_to_be_empty(path: Path, plain: sqlite3.Connection) -> None:
    plain.execute("INSERT INTO runs (command, started_at) VALUES ('sync', '')")
    plain.execute("PRAGMA foreign_keys = OFF")
    plain.execute("INSERT INTO shared_devices VALUES (1, 2, 1)")
    required = [
        (table, column)
        for (table,) in plain.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%STRICT%'")
        for _, column, _, not_null, _, _ in plain.execute(f"PRAGMA table_info({table})")
        if not_null
    ]
    plain.execute("INSERT INTO issuer_keys VALUES ('a', 'b', 'c')")
    plain.execute("INSERT INTO printreleaf VALUES (1, 'a', NULL, NULL, 'b')")
    plain.execute("INSERT INTO deliveries (feed_id, date, pages, state) VALUES (1, 'a', 1, 'waiting')")
    plain.execute("INSERT INTO certificate_parts VALUES ('a', x'00')")
    before = content(path)
    for table, column in required:
        with pytest.raises(sqlite3.IntegrityError, match=f"NOT NULL.*{table}.{column}|never changes"):
            plain.execute(f"UPDATE {table} SET {column} = NULL")  # noqa: S608
    assert content(path) == before
    assert {"servers.url", "feeds.synced_through", "deposits.pages"} <= {
        f"{table}.{column}" for table, column in required
    }


def test_every_table_is_strict(plain: sqlite3.Connection) -> None:
    tables = {row[1]: row[5] for row in plain.execute("PRAGMA table_list") if row[0] == "main"}
    assert {name for name, strict in tables.items() if not strict} <= {
        "sqlite_schema",
        "sqlite_sequence",
        "_sqlite_migrations",
    }


def test_a_feed_goes_with_its_devices_deposits_and_anomalies_and_leaves_its_certificates(
    path: Path, plain: sqlite3.Connection
) -> None:
    plain.execute("DELETE FROM feeds")
    left = {name for name, rows in content(path).items() if rows}
    assert left == {"servers", "certificates", "certificate_files", "sqlite_sequence"}


def test_an_id_is_never_used_twice(plain: sqlite3.Connection) -> None:
    plain.execute("DELETE FROM servers")
    plain.execute("INSERT INTO servers (name, url, username, created_at) VALUES ('main', '', '', '')")
    assert plain.execute("SELECT id FROM servers").fetchall() == [(2,)]


def test_what_is_delivered_never_changes_and_no_deposit_there_is_two_of_ours(
    path: Path, plain: sqlite3.Connection
) -> None:
    delivered = "SELECT 1, '2026-11-{}', 7, 'a', 'delivered', 'id', NULL, 'b', NULL"
    plain.execute("INSERT INTO deliveries " + delivered.format("02"))
    before = content(path)
    for statement, why in (
        ("UPDATE deliveries SET state = 'waiting', delivered_at = NULL", "what is delivered never changes"),
        ("UPDATE deliveries SET pages = 8", "what is delivered never changes"),
        ("INSERT INTO deliveries " + delivered.format("03"), "UNIQUE"),
    ):
        with pytest.raises(sqlite3.IntegrityError, match=why):
            plain.execute(statement)
    assert content(path) == before
    plain.execute("DELETE FROM feeds WHERE id = 1")
    assert content(path)["deliveries"] == []
