BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
) STRICT;
INSERT INTO "_sqlite_migrations" VALUES(1,'prsync','m001_ledger','2026-11-27 15:31:25.114298+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'prsync','m002_remembered_resets','2026-11-27 15:31:25.115755+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'prsync','m003_client_secrets','2026-11-27 15:31:25.116322+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'prsync','m004_shared_devices','2026-11-27 15:31:25.116499+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'prsync','m005_feed_runs','2026-11-27 15:31:25.117385+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'prsync','m006_signed_certificates','2026-11-27 15:31:25.118559+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'prsync','m007_deliveries','2026-11-27 15:31:25.119326+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'prsync','m008_connections','2026-11-27 15:31:25.119734+00:00');
INSERT INTO "_sqlite_migrations" VALUES(9,'prsync','m009_unwritten_certificates','2026-11-27 15:31:25.119883+00:00');
CREATE TABLE "anomalies" (
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
    ;
INSERT INTO "anomalies" VALUES(1,1,'B','2026-11-02','counter_dropped',7,'2026-11-02T12:00:00Z','reset','2026-11-24T01:30:00Z','2026-11-04',500,33);
INSERT INTO "anomalies" VALUES(2,1,'C','2026-11-02','invalid_reading',NULL,'2026-11-02T12:00:00Z','transient','2026-11-24T01:30:00Z','2026-11-04',NULL,NULL);
INSERT INTO "anomalies" VALUES(5,1,'A','2026-11-05','counter_jumped',5001300,'2026-11-06T12:00:00Z','open',NULL,NULL,NULL,NULL);
CREATE TABLE certificate_files (
        sha256 TEXT PRIMARY KEY,    -- every file ever drawn from a certificate's facts
        certificate_id INTEGER NOT NULL REFERENCES certificates (id),
        prsync_version TEXT NOT NULL,
        drawn_at TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "certificate_files" VALUES('abababababababababababababababababababababababababababababababab',1,'0.1.0','2026-11-24T01:30:00Z');
CREATE TABLE certificate_parts (
            sha256 TEXT PRIMARY KEY,        -- by which facts name it
            content BLOB NOT NULL           -- a picture of the issuer's as PNG, or the font of the names' glyphs
        ) STRICT
        ;
INSERT INTO "certificate_parts" VALUES('1212121212121212121212121212121212121212121212121212121212121212',X'612070696374757265');
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
        facts TEXT NOT NULL, signature TEXT, signed_by TEXT REFERENCES issuer_keys (fingerprint),
        UNIQUE (feed_id, month, revision)
    ) STRICT
    ;
INSERT INTO "certificates" VALUES(1,1,'2026-11',1,'PR-2026-11-0001-1',267,'0.03',8333,1,'2026-11-24T01:30:00Z','abababababababababababababababababababababababababababababababab',NULL,'{"feed": "Acme"}','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd','efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef');
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
        ;
INSERT INTO "deliveries" VALUES(1,'2026-11-02',120,'aaaaaaaa','delivered','dddddddd','2026-11-24T01:30:00Z','2026-11-24T01:30:00Z',NULL);
INSERT INTO "deliveries" VALUES(1,'2026-11-04',118,NULL,'waiting',NULL,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(1,'2026-11-05',17,NULL,'waiting',NULL,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(1,'2026-11-06',12,NULL,'waiting',NULL,NULL,NULL,NULL);
CREATE TABLE deposits (
        feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        date TEXT NOT NULL,
        pages INTEGER NOT NULL CHECK (pages >= 0),
        PRIMARY KEY (feed_id, date)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "deposits" VALUES(1,'2026-11-02',120);
INSERT INTO "deposits" VALUES(1,'2026-11-03',0);
INSERT INTO "deposits" VALUES(1,'2026-11-04',118);
INSERT INTO "deposits" VALUES(1,'2026-11-05',17);
INSERT INTO "deposits" VALUES(1,'2026-11-06',12);
CREATE TABLE devices (
        feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        device_id TEXT NOT NULL,
        managed INTEGER CHECK (managed IN (0, 1)),  -- NULL: not read yet since the feed's rule changed
        initial_count INTEGER NOT NULL,
        latest_count INTEGER NOT NULL,
        life_count INTEGER GENERATED ALWAYS AS (latest_count - initial_count) VIRTUAL,
        PRIMARY KEY (feed_id, device_id)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "devices" VALUES(1,'A',1,1000,1200);
INSERT INTO "devices" VALUES(1,'B',1,7,40);
INSERT INTO "devices" VALUES(1,'C',1,70,104);
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
        health TEXT NOT NULL DEFAULT 'unknown' CHECK (health IN ('unknown', 'healthy', 'unhealthy')),
        health_checked_at TEXT,
        health_changed_at TEXT,
        created_at TEXT NOT NULL,
        deposited_meter TEXT,       -- the rule of the last deposit: by it a changed meter or scope is told
        deposited_scope TEXT CHECK (deposited_scope IN ('all', 'managed')),
        joining_from TEXT,          -- an earlier activation date whose days have not joined in front yet
        sync_health TEXT NOT NULL DEFAULT 'unknown'
            CHECK (sync_health IN ('unknown', 'healthy', 'unhealthy')), wanted_by_run INTEGER, last_run_at TEXT, last_error TEXT, deactivated_on TEXT, language TEXT, paper TEXT CHECK (paper IN ('a4', 'letter')), account_id TEXT, deliver_from TEXT,  -- what the last sync found and told
        UNIQUE (server_id, organization_id)
    ) STRICT
    ;
INSERT INTO "feeds" VALUES(1,1,'Acme','1001','Acme','2026-11-02','all','totalPages','UTC',NULL,500000,0,'2026-11-06','2026-11-06','2026-11-06T12:00:00Z','healthy','2026-11-24T01:30:00Z','2026-11-24T01:30:00Z','2026-11-24T01:30:00Z','totalPages','all',NULL,'unknown',NULL,NULL,NULL,NULL,NULL,NULL,'aaaaaaaa','2026-11-02');
CREATE TABLE issuer_keys (
            fingerprint TEXT PRIMARY KEY,   -- the SHA-256 of the key in DER
            public_key TEXT NOT NULL,       -- PEM; the private key is in no ledger
            first_used_at TEXT NOT NULL
        ) STRICT
        ;
INSERT INTO "issuer_keys" VALUES('efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef','-----BEGIN PUBLIC KEY-----','2026-11-24T01:30:00Z');
CREATE TABLE printreleaf (
            id INTEGER PRIMARY KEY CHECK (id = 1),  -- there is one connection at most
            url TEXT NOT NULL,
            key_command TEXT,                       -- NULL: the key is in the keyring
            ca_bundle TEXT,
            connected_at TEXT NOT NULL
        ) STRICT
        ;
INSERT INTO "printreleaf" VALUES(1,'https://api.printreleaf.com/v1',NULL,NULL,'2026-11-24T01:30:00Z');
CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        command TEXT NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT,
        outcome TEXT,
        summary TEXT
    ) STRICT
    ;
INSERT INTO "runs" VALUES(1,'sync','2026-11-24T01:30:00Z','2026-11-24T01:30:00Z','ok','{"pages": 267}');
CREATE TABLE servers (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        url TEXT NOT NULL,
        username TEXT NOT NULL,
        client_id TEXT,
        password_command TEXT,
        ca_bundle TEXT,
        profile TEXT,
        health TEXT NOT NULL DEFAULT 'unknown' CHECK (health IN ('unknown', 'healthy', 'unhealthy')),
        health_error TEXT,
        health_checked_at TEXT,
        health_changed_at TEXT,
        created_at TEXT NOT NULL
    , client_secret_command TEXT, client_secret_in_keyring INTEGER NOT NULL DEFAULT 0 CHECK (client_secret_in_keyring IN (0, 1)), connections INTEGER NOT NULL DEFAULT 1 CHECK (connections BETWEEN 1 AND 16)) STRICT
    ;
INSERT INTO "servers" VALUES(1,'main','https://app.3manager.example','prsync',NULL,NULL,NULL,NULL,'healthy',NULL,'2026-11-24T01:30:00Z','2026-11-24T01:30:00Z','2026-11-24T01:30:00Z',NULL,0,1);
CREATE TABLE shared_devices (
            feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
            other_feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
            devices INTEGER NOT NULL CHECK (devices > 0),
            CHECK (feed_id < other_feed_id),
            PRIMARY KEY (feed_id, other_feed_id)
        ) STRICT, WITHOUT ROWID
        ;
CREATE TABLE unwritten_certificates (certificate_id INTEGER PRIMARY KEY REFERENCES certificates (id)) STRICT;
INSERT INTO "unwritten_certificates" VALUES(1);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE TRIGGER deposits_never_change BEFORE UPDATE ON deposits
    BEGIN SELECT RAISE(ABORT, 'a deposit never changes'); END;
CREATE TRIGGER deposits_are_never_replaced BEFORE INSERT ON deposits
    WHEN EXISTS (SELECT 1 FROM deposits WHERE feed_id = NEW.feed_id AND date = NEW.date)
    BEGIN SELECT RAISE(ABORT, 'a deposit never changes'); END;
CREATE TRIGGER deposits_go_only_with_their_feed BEFORE DELETE ON deposits
    WHEN EXISTS (SELECT 1 FROM feeds WHERE id = OLD.feed_id)
    BEGIN SELECT RAISE(ABORT, 'a deposit goes only with its feed'); END;
CREATE TRIGGER certificates_never_change BEFORE UPDATE ON certificates
    BEGIN SELECT RAISE(ABORT, 'a certificate never changes'); END;
CREATE TRIGGER certificates_are_never_replaced BEFORE INSERT ON certificates
    WHEN EXISTS (SELECT 1 FROM certificates WHERE id = NEW.id OR number = NEW.number
                 OR (feed_id = NEW.feed_id AND month = NEW.month AND revision = NEW.revision))
    BEGIN SELECT RAISE(ABORT, 'a certificate never changes'); END;
CREATE TRIGGER certificates_never_go BEFORE DELETE ON certificates
    BEGIN SELECT RAISE(ABORT, 'a certificate never goes'); END;
CREATE INDEX anomalies_unsettled ON anomalies (feed_id) WHERE settled_on IS NULL;
CREATE INDEX anomalies_remembered ON anomalies (feed_id, device_id) WHERE fell_from IS NOT NULL;
CREATE TRIGGER issuer_keys_never_see_update BEFORE UPDATE ON issuer_keys BEGIN SELECT RAISE(ABORT, 'what certificates are made of never changes'); END;
CREATE TRIGGER issuer_keys_never_see_delete BEFORE DELETE ON issuer_keys BEGIN SELECT RAISE(ABORT, 'what certificates are made of never changes'); END;
CREATE TRIGGER certificate_parts_never_see_update BEFORE UPDATE ON certificate_parts BEGIN SELECT RAISE(ABORT, 'what certificates are made of never changes'); END;
CREATE TRIGGER certificate_parts_never_see_delete BEFORE DELETE ON certificate_parts BEGIN SELECT RAISE(ABORT, 'what certificates are made of never changes'); END;
CREATE UNIQUE INDEX deliveries_by_remote_id ON deliveries (remote_id) WHERE remote_id IS NOT NULL;
CREATE INDEX deliveries_by_account ON deliveries (account_id, remote_id) WHERE remote_id IS NOT NULL;
CREATE INDEX deliveries_to_do ON deliveries (feed_id, date) WHERE state <> 'delivered';
CREATE TRIGGER what_is_delivered_never_changes BEFORE UPDATE ON deliveries
        WHEN OLD.state = 'delivered' OR NEW.pages <> OLD.pages
        BEGIN SELECT RAISE(ABORT, 'what is delivered never changes'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('servers',1);
INSERT INTO "sqlite_sequence" VALUES('feeds',1);
INSERT INTO "sqlite_sequence" VALUES('anomalies',8);
INSERT INTO "sqlite_sequence" VALUES('runs',1);
INSERT INTO "sqlite_sequence" VALUES('certificates',1);
COMMIT;
