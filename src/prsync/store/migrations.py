"""The schema, in numbered steps. A step that was released never changes; a new one is added after it.

Every table is STRICT, so that an INTEGER column takes no text. Ids are never used twice (AUTOINCREMENT): a certificate
outlives its feed and keeps its id, which a later feed must not get.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from sqlite_utils import Database

    Step = Callable[[Database], None]

_HEALTH = "CHECK (health IN ('unknown', 'healthy', 'unhealthy'))"

_TABLES_1 = (
    f"""
    CREATE TABLE servers (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        url TEXT NOT NULL,
        username TEXT NOT NULL,
        client_id TEXT,
        password_command TEXT,
        ca_bundle TEXT,
        profile TEXT,
        health TEXT NOT NULL DEFAULT 'unknown' {_HEALTH},
        health_error TEXT,
        health_checked_at TEXT,
        health_changed_at TEXT,
        created_at TEXT NOT NULL
    ) STRICT
    """,
    f"""
    CREATE TABLE feeds (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        server_id INTEGER NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
        name TEXT NOT NULL UNIQUE,
        organization_id TEXT NOT NULL,
        organization_name TEXT NOT NULL,
        activation_date TEXT NOT NULL,
        scope TEXT NOT NULL CHECK (scope IN ('all', 'managed')),
        meter TEXT NOT NULL,
        timezone TEXT NOT NULL,
        holidays TEXT,
        ceiling INTEGER NOT NULL CHECK (ceiling > 0),
        paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
        synced_through TEXT NOT NULL,
        looked_through TEXT NOT NULL CHECK (looked_through >= synced_through),
        last_data_at TEXT,
        health TEXT NOT NULL DEFAULT 'unknown' {_HEALTH},
        health_checked_at TEXT,
        health_changed_at TEXT,
        created_at TEXT NOT NULL,
        deposited_meter TEXT,       -- the rule of the last deposit: by it a changed meter or scope is told
        deposited_scope TEXT CHECK (deposited_scope IN ('all', 'managed')),
        joining_from TEXT,          -- an earlier activation date whose days have not joined in front yet
        sync_health TEXT NOT NULL DEFAULT 'unknown'
            CHECK (sync_health IN ('unknown', 'healthy', 'unhealthy')),  -- what the last sync found and told
        UNIQUE (server_id, organization_id)
    ) STRICT
    """,
    """
    CREATE TABLE devices (
        feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        device_id TEXT NOT NULL,
        managed INTEGER CHECK (managed IN (0, 1)),  -- NULL: not read yet since the feed's rule changed
        initial_count INTEGER NOT NULL,
        latest_count INTEGER NOT NULL,
        life_count INTEGER GENERATED ALWAYS AS (latest_count - initial_count) VIRTUAL,
        PRIMARY KEY (feed_id, device_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE deposits (
        feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        date TEXT NOT NULL,
        pages INTEGER NOT NULL CHECK (pages >= 0),
        PRIMARY KEY (feed_id, date)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER deposits_never_change BEFORE UPDATE ON deposits
    BEGIN SELECT RAISE(ABORT, 'a deposit never changes'); END
    """,
    # In another program, without recursive_triggers, INSERT OR REPLACE deletes the old row and fires no trigger for it.
    """
    CREATE TRIGGER deposits_are_never_replaced BEFORE INSERT ON deposits
    WHEN EXISTS (SELECT 1 FROM deposits WHERE feed_id = NEW.feed_id AND date = NEW.date)
    BEGIN SELECT RAISE(ABORT, 'a deposit never changes'); END
    """,
    """
    CREATE TRIGGER deposits_go_only_with_their_feed BEFORE DELETE ON deposits
    WHEN EXISTS (SELECT 1 FROM feeds WHERE id = OLD.feed_id)
    BEGIN SELECT RAISE(ABORT, 'a deposit goes only with its feed'); END
    """,
    """
    CREATE TABLE anomalies (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        device_id TEXT NOT NULL,
        date TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('invalid_reading', 'counter_dropped', 'counter_jumped')),
        count INTEGER,
        read_at TEXT,
        state TEXT NOT NULL CHECK (state IN ('open', 'transient', 'reset', 'accepted', 'rejected')),
        resolved_at TEXT,
        settled_on TEXT,            -- the day of the ledger on which it stopped to matter
        UNIQUE (feed_id, device_id, date, kind)
    ) STRICT
    """,
    "CREATE INDEX anomalies_unsettled ON anomalies (feed_id) WHERE settled_on IS NULL",
    """
    CREATE TABLE certificates (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        feed_id INTEGER NOT NULL,   -- no reference: a certificate outlives its feed
        month TEXT NOT NULL,
        revision INTEGER NOT NULL CHECK (revision > 0),
        number TEXT NOT NULL UNIQUE,
        pages INTEGER NOT NULL CHECK (pages >= 0),
        trees TEXT NOT NULL,
        pages_per_tree INTEGER NOT NULL,
        provisional INTEGER NOT NULL CHECK (provisional IN (0, 1)),
        issued_at TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        replaces TEXT,
        facts TEXT NOT NULL,
        UNIQUE (feed_id, month, revision)
    ) STRICT
    """,
    """
    CREATE TRIGGER certificates_never_change BEFORE UPDATE ON certificates
    BEGIN SELECT RAISE(ABORT, 'a certificate never changes'); END
    """,
    """
    CREATE TRIGGER certificates_are_never_replaced BEFORE INSERT ON certificates
    WHEN EXISTS (SELECT 1 FROM certificates WHERE id = NEW.id OR number = NEW.number
                 OR (feed_id = NEW.feed_id AND month = NEW.month AND revision = NEW.revision))
    BEGIN SELECT RAISE(ABORT, 'a certificate never changes'); END
    """,
    """
    CREATE TRIGGER certificates_never_go BEFORE DELETE ON certificates
    BEGIN SELECT RAISE(ABORT, 'a certificate never goes'); END
    """,
    """
    CREATE TABLE certificate_files (
        sha256 TEXT PRIMARY KEY,    -- every file ever drawn from a certificate's facts
        certificate_id INTEGER NOT NULL REFERENCES certificates (id),
        prsync_version TEXT NOT NULL,
        drawn_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        command TEXT NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT,
        outcome TEXT,
        summary TEXT
    ) STRICT
    """,
)


def m001_ledger(db: Database) -> None:
    """All tables of the first release."""
    for statement in _TABLES_1:
        db.execute(statement)


_ANOMALIES_2 = (
    """
    CREATE TABLE anomalies_2 (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        device_id TEXT NOT NULL,
        date TEXT NOT NULL,
        kind TEXT NOT NULL
            CHECK (kind IN ('invalid_reading', 'counter_dropped', 'counter_jumped', 'counter_returned')),
        count INTEGER,
        read_at TEXT,
        state TEXT NOT NULL CHECK (state IN ('open', 'transient', 'reset', 'accepted', 'rejected')),
        resolved_at TEXT,
        settled_on TEXT,            -- the day of the ledger on which it stopped to matter
        fell_from INTEGER,          -- of a reset that is remembered: the LatestCount before it
        pages_since INTEGER,        -- and the pages counted since
        CHECK ((fell_from IS NULL) = (pages_since IS NULL)),
        CHECK (fell_from IS NULL OR state = 'reset'),
        UNIQUE (feed_id, device_id, date, kind)
    ) STRICT
    """,
    """
    INSERT INTO anomalies_2
        (id, feed_id, device_id, date, kind, count, read_at, state, resolved_at, settled_on)
    SELECT id, feed_id, device_id, date, kind, count, read_at, state, resolved_at, settled_on FROM anomalies
    """,
    # Also where the newest rows are gone: their ids must not be used twice.
    "DELETE FROM sqlite_sequence WHERE name = 'anomalies_2'",
    "INSERT INTO sqlite_sequence (name, seq) SELECT 'anomalies_2', seq FROM sqlite_sequence WHERE name = 'anomalies'",
    "DROP TABLE anomalies",
    "ALTER TABLE anomalies_2 RENAME TO anomalies",
    "CREATE INDEX anomalies_unsettled ON anomalies (feed_id) WHERE settled_on IS NULL",
    "CREATE INDEX anomalies_remembered ON anomalies (feed_id, device_id) WHERE fell_from IS NOT NULL",
)


def m002_remembered_resets(db: Database) -> None:
    """What is remembered of a reset, and a kind for a counter that has come back from one.

    SQLite changes no CHECK of a table that is there, so the table is made anew. Of the resets before this step nothing
    is remembered: what they fell from was not written down.
    """
    for statement in _ANOMALIES_2:
        db.execute(statement)


def m003_client_secrets(db: Database) -> None:
    """Whether the OAuth client of a server has a secret: printed by a command, or in the keyring."""
    db.execute("ALTER TABLE servers ADD COLUMN client_secret_command TEXT")
    db.execute(
        "ALTER TABLE servers ADD COLUMN client_secret_in_keyring INTEGER NOT NULL DEFAULT 0"
        " CHECK (client_secret_in_keyring IN (0, 1))"
    )


def m004_shared_devices(db: Database) -> None:
    """How many devices two feeds of one server both have."""
    db.execute(
        """
        CREATE TABLE shared_devices (
            feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
            other_feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
            devices INTEGER NOT NULL CHECK (devices > 0),
            CHECK (feed_id < other_feed_id),
            PRIMARY KEY (feed_id, other_feed_id)
        ) STRICT, WITHOUT ROWID
        """
    )


def m005_feed_runs(db: Database) -> None:
    """What the last runs of `sync` came to for a feed, and the last day of one whose customer has left."""
    # The last run that set out to collect it. No reference: rows of `runs` may be deleted.
    db.execute("ALTER TABLE feeds ADD COLUMN wanted_by_run INTEGER")
    # When a run was last done with it, well or not, and what failed then.
    db.execute("ALTER TABLE feeds ADD COLUMN last_run_at TEXT")
    db.execute("ALTER TABLE feeds ADD COLUMN last_error TEXT")
    db.execute("ALTER TABLE feeds ADD COLUMN deactivated_on TEXT")
    # The nearest that is known of the runs before this step.
    db.execute("UPDATE feeds SET last_run_at = health_checked_at WHERE looked_through >= activation_date")


def m006_signed_certificates(db: Database) -> None:
    """Whose key has signed a certificate's file, what it is drawn from, and a customer's language and paper."""
    db.execute(
        """
        CREATE TABLE issuer_keys (
            fingerprint TEXT PRIMARY KEY,   -- the SHA-256 of the key in DER
            public_key TEXT NOT NULL,       -- PEM; the private key is in no ledger
            first_used_at TEXT NOT NULL
        ) STRICT
        """
    )
    db.execute(
        """
        CREATE TABLE certificate_parts (
            sha256 TEXT PRIMARY KEY,        -- by which facts name it
            content BLOB NOT NULL           -- a picture of the issuer's as PNG, or the font of the names' glyphs
        ) STRICT
        """
    )
    for table in ("issuer_keys", "certificate_parts"):
        for change in ("UPDATE", "DELETE"):
            db.execute(
                f"CREATE TRIGGER {table}_never_see_{change.lower()} BEFORE {change} ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'what certificates are made of never changes'); END"
            )
    # Empty for certificates of before they were signed.
    db.execute("ALTER TABLE certificates ADD COLUMN signature TEXT")
    db.execute("ALTER TABLE certificates ADD COLUMN signed_by TEXT REFERENCES issuer_keys (fingerprint)")
    # Empty: as the brand says.
    db.execute("ALTER TABLE feeds ADD COLUMN language TEXT")
    db.execute("ALTER TABLE feeds ADD COLUMN paper TEXT CHECK (paper IN ('a4', 'letter'))")


def m007_deliveries(db: Database) -> None:
    """The connection to PrintReleaf, the account of each customer there, and what has become of each deposit."""
    db.execute(
        """
        CREATE TABLE printreleaf (
            id INTEGER PRIMARY KEY CHECK (id = 1),  -- there is one connection at most
            url TEXT NOT NULL,
            key_command TEXT,                       -- NULL: the key is in the keyring
            ca_bundle TEXT,
            connected_at TEXT NOT NULL
        ) STRICT
        """
    )
    db.execute("ALTER TABLE feeds ADD COLUMN account_id TEXT")
    db.execute("ALTER TABLE feeds ADD COLUMN deliver_from TEXT")
    db.execute(
        """
        CREATE TABLE deliveries (
            feed_id INTEGER NOT NULL,
            date TEXT NOT NULL,
            pages INTEGER NOT NULL CHECK (pages > 0),
            account_id TEXT,                        -- where it was sent; NULL as long as it was not
            state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'delivered', 'in_doubt')),
            remote_id TEXT,
            sent_at TEXT,
            delivered_at TEXT,
            error TEXT,
            CHECK (state NOT IN ('sending', 'delivered') OR account_id IS NOT NULL),
            CHECK (state <> 'sending' OR sent_at IS NOT NULL),
            CHECK ((state = 'delivered') = (delivered_at IS NOT NULL)),
            CHECK (state <> 'delivered' OR remote_id IS NOT NULL),
            PRIMARY KEY (feed_id, date),
            FOREIGN KEY (feed_id, date) REFERENCES deposits (feed_id, date) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID
        """
    )
    # A deposit there is one of ours at most.
    db.execute("CREATE UNIQUE INDEX deliveries_by_remote_id ON deliveries (remote_id) WHERE remote_id IS NOT NULL")
    db.execute("CREATE INDEX deliveries_by_account ON deliveries (account_id, remote_id) WHERE remote_id IS NOT NULL")
    # A night looks at these alone, whatever the years before have delivered.
    db.execute("CREATE INDEX deliveries_to_do ON deliveries (feed_id, date) WHERE state <> 'delivered'")
    db.execute(
        """
        CREATE TRIGGER what_is_delivered_never_changes BEFORE UPDATE ON deliveries
        WHEN OLD.state = 'delivered' OR NEW.pages <> OLD.pages
        BEGIN SELECT RAISE(ABORT, 'what is delivered never changes'); END
        """
    )


def m008_connections(db: Database) -> None:
    """How many connections to a server may be used at once."""
    db.execute(
        "ALTER TABLE servers ADD COLUMN connections INTEGER NOT NULL DEFAULT 1 CHECK (connections BETWEEN 1 AND 16)"
    )


def m009_unwritten_certificates(db: Database) -> None:
    """The certificates whose file was not written yet, or not for certain."""
    db.execute(
        "CREATE TABLE unwritten_certificates (certificate_id INTEGER PRIMARY KEY REFERENCES certificates (id)) STRICT"
    )


# All steps that this version knows, in their order. A file in which others were applied is of a later prsync.
STEPS: Final[Sequence[Step]] = (
    m001_ledger,
    m002_remembered_resets,
    m003_client_secrets,
    m004_shared_devices,
    m005_feed_runs,
    m006_signed_certificates,
    m007_deliveries,
    m008_connections,
    m009_unwritten_certificates,
)


_SET: Final = "prsync"


def applied_steps(sqlite: sqlite3.Connection) -> list[str]:
    """The names of the steps that were applied to the file, in their order; none where it is not a ledger."""
    # Read as sqlite-utils has recorded them, without loading it: it would be half of what a short command takes.
    record = "_sqlite_migrations"
    if record not in table_names(sqlite):
        return []
    rows = sqlite.execute(f"SELECT name FROM {record} WHERE migration_set = ? ORDER BY rowid", [_SET])  # noqa: S608
    return [name for (name,) in rows]


def table_names(sqlite: sqlite3.Connection) -> list[str]:
    """The names of the tables in the file."""
    return [name for (name,) in sqlite.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]


def apply_steps(sqlite: sqlite3.Connection, steps: Sequence[Step]) -> None:
    """Apply those of the steps that were not; sqlite-utils records each under the name of its function."""
    from sqlite_utils import Database, Migrations

    migrations = Migrations(_SET)
    for step in steps:
        migrations()(step)
    migrations.apply(Database(sqlite, execute_plugins=False, strict=True))
