-- 台账 (art. 25), version 1. What is recorded is never changed: triggers forbid UPDATE and DELETE
-- everywhere but in the outbox, whose rows say how far a message has come.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- The chain: hash = BLAKE2b-256 over (previous, and kind, key, content each with its length).
CREATE TABLE entries (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('incident', 'duty', 'draft', 'draft_text')),
    key TEXT NOT NULL,
    content TEXT NOT NULL,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    UNIQUE (kind, key)
) STRICT;

-- One row an event of an incident.
CREATE TABLE incidents (
    id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    event TEXT NOT NULL,
    entry INTEGER NOT NULL REFERENCES entries (number),
    PRIMARY KEY (id, sequence)
) STRICT;

-- One row a version of a duty.
CREATE TABLE duties (
    incident TEXT NOT NULL,
    duty TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    entry INTEGER NOT NULL REFERENCES entries (number),
    PRIMARY KEY (incident, duty, sequence)
) STRICT;

CREATE TABLE drafts (
    id TEXT PRIMARY KEY,
    incident TEXT NOT NULL,
    entry INTEGER NOT NULL REFERENCES entries (number),
    text_entry INTEGER NOT NULL REFERENCES entries (number)
) STRICT;

CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    headers TEXT NOT NULL,
    value TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered')),
    attempts INTEGER NOT NULL DEFAULT 0,
    delivered_at TEXT
) STRICT;
CREATE INDEX outbox_pending ON outbox (number) WHERE state = 'pending';

-- For people and scripts: the rows with their contents.
CREATE VIEW incident_history AS
    SELECT i.id, i.sequence, i.event, e.content AS json
    FROM incidents i JOIN entries e ON e.number = i.entry ORDER BY e.number;
CREATE VIEW duty_history AS
    SELECT d.incident, d.duty, d.sequence, e.content AS json
    FROM duties d JOIN entries e ON e.number = d.entry ORDER BY e.number;
CREATE VIEW draft_history AS
    SELECT d.id, d.incident, e.content AS json, t.content AS text
    FROM drafts d JOIN entries e ON e.number = d.entry JOIN entries t ON t.number = d.text_entry
    ORDER BY e.number;

CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER incidents_no_update BEFORE UPDATE ON incidents
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER incidents_no_delete BEFORE DELETE ON incidents
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER duties_no_update BEFORE UPDATE ON duties
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER duties_no_delete BEFORE DELETE ON duties
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER drafts_no_update BEFORE UPDATE ON drafts
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER drafts_no_delete BEFORE DELETE ON drafts
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
-- What a message says is fixed; only its state, attempts and delivered_at move, and never back.
CREATE TRIGGER outbox_content BEFORE UPDATE OF id, topic, key, headers, value ON outbox
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER outbox_no_return BEFORE UPDATE OF state ON outbox WHEN OLD.state = 'delivered'
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER outbox_no_delete BEFORE DELETE ON outbox
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

INSERT INTO meta VALUES ('format', 'tapgrade ledger'), ('hash', 'blake2b-256');
PRAGMA user_version = 1;
