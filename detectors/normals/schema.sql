-- What was learned of normal business, version 1. Names, not indices: settings may be put in another
-- order. Volumes of a day are 288 slots of five minutes, two bytes each, little-endian (past.h).

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Days of a cell: the newest nine of each kind (type * 4 + flags), and those in hand (closed 0).
CREATE TABLE days (
    network TEXT NOT NULL,
    function TEXT NOT NULL,
    province INTEGER NOT NULL CHECK (province BETWEEN 0 AND 99),
    date TEXT NOT NULL,
    kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 11),
    closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
    volumes BLOB NOT NULL CHECK (length(volumes) = 576),
    PRIMARY KEY (network, function, province, date)
) STRICT, WITHOUT ROWID;

-- The shape of a cell's year: per slot a sum of eight bytes, then a number of days of two.
CREATE TABLE profiles (
    network TEXT NOT NULL,
    function TEXT NOT NULL,
    province INTEGER NOT NULL CHECK (province BETWEEN 0 AND 99),
    year INTEGER NOT NULL,
    sums BLOB NOT NULL CHECK (length(sums) = 2304),
    counts BLOB NOT NULL CHECK (length(counts) = 576),
    PRIMARY KEY (network, function, province)
) STRICT, WITHOUT ROWID;

-- All business of a network on a day in hand, by slot; -1 was not wholly seen.
CREATE TABLE hours (
    network TEXT NOT NULL,
    date TEXT NOT NULL,
    volumes BLOB NOT NULL CHECK (length(volumes) = 2304),
    PRIMARY KEY (network, date)
) STRICT, WITHOUT ROWID;

-- The full days of a year (sensor), or what the bank's own books say of it (bank), by slot.
CREATE TABLE years (
    network TEXT NOT NULL,
    year INTEGER NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('sensor', 'bank')),
    full_days INTEGER NOT NULL,
    volumes BLOB NOT NULL CHECK (length(volumes) = 2304),
    PRIMARY KEY (network, year, source)
) STRICT, WITHOUT ROWID;

-- Peak hours of a year (art. 31(3)), as a named person approved them: 288 characters, 1 is peak.
CREATE TABLE approvals (
    network TEXT NOT NULL,
    year INTEGER NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('sensor', 'bank')),
    full_days INTEGER NOT NULL,
    slots TEXT NOT NULL CHECK (length(slots) = 288),
    slot_minutes INTEGER NOT NULL,
    method TEXT NOT NULL,
    approved_by TEXT NOT NULL CHECK (approved_by <> ''),
    approved_on TEXT NOT NULL,
    PRIMARY KEY (network, year)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER approvals_no_update BEFORE UPDATE ON approvals
    BEGIN SELECT RAISE(ABORT, 'an approved table is frozen'); END;
CREATE TRIGGER approvals_no_delete BEFORE DELETE ON approvals
    BEGIN SELECT RAISE(ABORT, 'an approved table is frozen'); END;

-- The bank's own normal volumes, as imported.
CREATE TABLE bank_volumes (
    network TEXT NOT NULL,
    function TEXT NOT NULL,
    province INTEGER NOT NULL CHECK (province BETWEEN 0 AND 99),
    hour INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23),
    normal_milli INTEGER NOT NULL CHECK (normal_milli >= 0),
    PRIMARY KEY (network, function, province, hour)
) STRICT, WITHOUT ROWID;

INSERT INTO meta VALUES ('format', 'tapgrade normals');
PRAGMA user_version = 1;
