-- Version 2: what persons enter, and that the detectors have taken it. The kinds of entries are no longer listed in the
-- table, so that more of them need no new table. The chain stays as it is: entries are copied with their hashes.

DROP VIEW incident_history;
DROP VIEW duty_history;
DROP VIEW draft_history;

CREATE TABLE entries_2 (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind <> ''),
    key TEXT NOT NULL,
    content TEXT NOT NULL,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    UNIQUE (kind, key)
) STRICT;
INSERT INTO entries_2 SELECT number, kind, key, content, previous, hash FROM entries ORDER BY number;
DROP TABLE entries;
ALTER TABLE entries_2 RENAME TO entries;

-- One row a fact; `entry` has who entered it, when and why.
CREATE TABLE facts (
    id TEXT PRIMARY KEY,
    entry INTEGER NOT NULL REFERENCES entries (number)
) STRICT;

-- The tick at which a fact became known to the detectors.
CREATE TABLE facts_taken (
    id TEXT PRIMARY KEY,
    entry INTEGER NOT NULL REFERENCES entries (number)
) STRICT;

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
CREATE VIEW fact_history AS
    SELECT f.id, e.content AS json, t.content AS taken
    FROM facts f JOIN entries e ON e.number = f.entry
    LEFT JOIN facts_taken s ON s.id = f.id LEFT JOIN entries t ON t.number = s.entry
    ORDER BY e.number;

CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER facts_no_update BEFORE UPDATE ON facts
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER facts_no_delete BEFORE DELETE ON facts
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER facts_taken_no_update BEFORE UPDATE ON facts_taken
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER facts_taken_no_delete BEFORE DELETE ON facts_taken
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

PRAGMA user_version = 2;
