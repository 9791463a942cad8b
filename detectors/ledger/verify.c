// Whether any byte of what a ledger says was changed since it was written. Everything is read in
// one transaction, so that a process may write meanwhile:
//
// - the chain: each entry's hash over the one before and all that it says, numbers without a gap;
// - the head beside the file: the chain reaches at least as far as that (nothing cut off);
// - each row of the other tables against the entry that it belongs to, and their numbers;
// - SQLite's own integrity check: pages, indexes, types, constraints, references;
// - the schema with its triggers, as this program makes it.
//
// What it cannot see: a file that was made anew as a whole together with its head, by somebody who
// may write both and knows this program. Against that stand the head that was kept elsewhere
// (`ledger verify --head`), in backups and exports, and the messages that consumers have.
#include "detectors/ledger/reader.h"
#include "detectors/ledger/store.h"

#include <sodium.h>

#include <stdio.h>
#include <string.h>

struct check {
    sqlite3 *database;
    const char *path;
    struct ledger_head head; // where the chain ends
    char *error;
    size_t error_size;
};

static bool refuse(const struct check *check, const char *what)
{
    snprintf(check->error, check->error_size, "ledger '%s': %s", check->path, what);
    return false;
}

static bool refuse_sqlite(const struct check *check)
{
    return store_refuse(check->database, check->path, check->error, check->error_size);
}

// A text with nothing behind its end.
static const char *whole_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text != NULL && strlen(text) == (size_t)sqlite3_column_bytes(statement, column) ? text
                                                                                           : NULL;
}

static bool entry_fits(
    sqlite3_stmt *entry, int64_t expected, const uint8_t previous[static HASH_BYTES])
{
    uint8_t hash[HASH_BYTES];
    const char *kind = whole_text(entry, 1), *key = whole_text(entry, 2);
    const char *content = whole_text(entry, 3);
    if (sqlite3_column_int64(entry, 0) != expected || kind == NULL || key == NULL ||
        content == NULL || sqlite3_column_bytes(entry, 4) != HASH_BYTES ||
        sqlite3_column_bytes(entry, 5) != HASH_BYTES ||
        memcmp(sqlite3_column_blob(entry, 4), previous, HASH_BYTES) != 0) {
        return false;
    }
    store_hash(previous, kind, key, content, hash);
    return memcmp(sqlite3_column_blob(entry, 5), hash, HASH_BYTES) == 0;
}

static bool refuse_entry(const struct check *check, sqlite3_stmt *entry, int64_t number)
{
    snprintf(check->error, check->error_size,
        "ledger '%s': the hash chain is broken at entry %lld (%s '%s')", check->path,
        (long long)number, (const char *)sqlite3_column_text(entry, 1),
        (const char *)sqlite3_column_text(entry, 2));
    return false;
}

static bool chain_check(struct check *check)
{
    static const char all[] =
        "SELECT number, kind, key, content, previous, hash FROM entries ORDER BY number";
    uint8_t previous[HASH_BYTES] = {0};
    sqlite3_stmt *entry = NULL;
    int64_t number = 1;
    int result = sqlite3_prepare_v2(check->database, all, -1, &entry, NULL);
    bool fits = result == SQLITE_OK || refuse_sqlite(check);
    for (; fits && (result = sqlite3_step(entry)) == SQLITE_ROW; number++) {
        fits = entry_fits(entry, number, previous) || refuse_entry(check, entry, number);
        if (fits) {
            memcpy(previous, sqlite3_column_blob(entry, 5), HASH_BYTES);
        }
    }
    if (fits && result != SQLITE_DONE) {
        fits = refuse_sqlite(check);
    }
    sqlite3_finalize(entry);
    check->head.count = number - 1;
    sodium_bin2hex(check->head.hash, sizeof(check->head.hash), previous, HASH_BYTES);
    return fits;
}

static bool head_check(const struct check *check, enum head_state state, struct ledger_head head)
{
    char what[256];
    if (state == HEAD_READ && head.count > check->head.count) {
        snprintf(what, sizeof(what),
            "it was cut off at its end: entry %lld is its last, and %lld were written",
            (long long)check->head.count, (long long)head.count);
        return refuse(check, what);
    }
    if (state == HEAD_READ && !store_head_fits(check->database, &head)) {
        snprintf(what, sizeof(what), "entry %lld is not the one that '-head' beside it names",
            (long long)head.count);
        return refuse(check, what);
    }
    return state == HEAD_READ ||
           refuse(check, state == HEAD_MISSING
                             ? "'-head' beside it is missing, which says how far it had come"
                             : "'-head' beside it, which says how far it had come, was changed");
}

// Each query finds what does not fit; a row of it is a name.
static const struct {
    const char *query, *sentence;
} rows[] = {
    {"SELECT i.id || '/' || i.sequence FROM incidents i LEFT JOIN entries e ON e.number = i.entry"
     " WHERE e.kind IS NOT 'incident' OR e.key IS NOT i.id || '/' || i.sequence"
     " OR CASE WHEN json_valid(e.content) THEN json_extract(e.content, '$.event') END"
     " IS NOT i.event",
        "a row of incidents is not what its entry says"},
    {"SELECT d.incident || '/' || d.duty || '/' || d.sequence"
     " FROM duties d LEFT JOIN entries e ON e.number = d.entry WHERE e.kind IS NOT 'duty'"
     " OR e.key IS NOT d.incident || '/' || d.duty || '/' || d.sequence",
        "a row of duties is not what its entry says"},
    {"SELECT d.id FROM drafts d LEFT JOIN entries e ON e.number = d.entry"
     " LEFT JOIN entries t ON t.number = d.text_entry"
     " WHERE e.kind IS NOT 'draft' OR e.key IS NOT d.id OR t.kind IS NOT 'draft_text'"
     " OR t.key IS NOT d.id OR substr(d.id, 1, instr(d.id, '/') - 1) IS NOT d.incident",
        "a row of drafts is not what its entries say"},
    {"SELECT f.id FROM facts f LEFT JOIN entries e ON e.number = f.entry"
     " WHERE e.kind IS NOT 'fact' OR e.key IS NOT f.id",
        "a row of facts is not what its entry says"},
    {"SELECT f.id FROM facts_taken f LEFT JOIN entries e ON e.number = f.entry"
     " WHERE e.kind IS NOT 'fact_taken' OR e.key IS NOT f.id",
        "a row of facts_taken is not what its entry says"},
    {"SELECT o.id FROM outbox o LEFT JOIN entries e ON e.kind = 'message' AND e.key = o.id"
     " WHERE e.content IS NOT ledger_mark(o.topic, o.key, o.headers, o.value)",
        "a message is not what its entry says"},
    {"SELECT id FROM outbox"
     " WHERE mark IS NOT ledger_mark(id, state, attempts, coalesce(delivered_at, ''))",
        "how far a message has come was changed by another program"},
    {"SELECT kind FROM (SELECT kind, count(*) AS entries FROM entries GROUP BY kind) JOIN"
     " (SELECT 'incident' AS name, count(*) AS lines FROM incidents"
     " UNION ALL SELECT 'duty', count(*) FROM duties UNION ALL SELECT 'draft', count(*) FROM drafts"
     " UNION ALL SELECT 'draft_text', count(*) FROM drafts"
     " UNION ALL SELECT 'fact', count(*) FROM facts"
     " UNION ALL SELECT 'fact_taken', count(*) FROM facts_taken"
     " UNION ALL SELECT 'message', count(*) FROM outbox) ON name = kind WHERE entries <> lines",
        "an entry has lost its row, of kind"},
    {"SELECT 'outbox' FROM (SELECT count(*) AS lines, max(number) AS last FROM outbox)"
     " WHERE lines <> coalesce(last, 0)"
     " OR (SELECT group_concat(name || seq) FROM sqlite_sequence)"
     " IS NOT CASE WHEN lines > 0 THEN 'outbox' || last END",
        "the numbers have a gap, of"},
    {"SELECT group_concat(key || '=' || value) FROM (SELECT key, value FROM meta ORDER BY key)"
     " HAVING group_concat(key || '=' || value) IS NOT"
     " 'format=tapgrade ledger,hash=blake2b-256'",
        "what it says of itself was changed"},
    {"SELECT \"table\" || ' ' || coalesce(rowid, '') FROM pragma_foreign_key_check",
        "a row refers to an entry that is not there"},
    {"SELECT integrity_check FROM pragma_integrity_check(1) WHERE integrity_check <> 'ok'",
        "the file is damaged"},
};

static bool rows_check(const struct check *check, const char *query, const char *sentence)
{
    sqlite3_stmt *statement = NULL;
    char what[512];
    int result = sqlite3_prepare_v2(check->database, query, -1, &statement, NULL);
    result = result == SQLITE_OK ? sqlite3_step(statement) : result;
    bool fits = result == SQLITE_DONE;
    if (result == SQLITE_ROW) {
        const unsigned char *name = sqlite3_column_text(statement, 0);
        snprintf(what, sizeof(what), "%s: '%s'", sentence, name == NULL ? "" : (const char *)name);
        refuse(check, what);
    } else if (!fits) {
        refuse_sqlite(check);
    }
    sqlite3_finalize(statement);
    return fits;
}

// The hash of all that defines a database.
static bool schema_hash(sqlite3 *database, uint8_t ret[static HASH_BYTES])
{
    static const char all[] =
        "SELECT type || char(31) || name || char(31) || tbl_name || char(31)"
        " || coalesce(sql, '') || CASE WHEN type IN ('table', 'index') THEN ''"
        " ELSE rootpage END FROM sqlite_schema ORDER BY type, name";
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database, all, -1, &statement, NULL);
    memset(ret, 0, HASH_BYTES);
    while (result == SQLITE_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        store_hash(ret, "", "", (const char *)sqlite3_column_text(statement, 0), ret);
        result = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return result == SQLITE_DONE;
}

static bool schema_check(const struct check *check)
{
    uint8_t found[HASH_BYTES], wanted[HASH_BYTES];
    sqlite3 *fresh = NULL;
    bool good =
        sqlite3_open_v2(":memory:", &fresh,
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
        store_functions_add(fresh) && store_make(fresh, 0) && schema_hash(fresh, wanted);
    sqlite3_close(fresh);
    if (!good) {
        return refuse(check, "its schema could not be made for comparison");
    }
    if (!schema_hash(check->database, found)) {
        return refuse_sqlite(check);
    }
    return memcmp(found, wanted, HASH_BYTES) == 0 ||
           refuse(check, "its tables or the triggers that keep it append-only were changed");
}

static bool version_check(const struct check *check)
{
    char what[128];
    int64_t version = store_version(check->database);
    snprintf(what, sizeof(what), "it has version %lld; a run of this program makes it %d",
        (long long)version, LEDGER_VERSION);
    return version == LEDGER_VERSION || (version < 0 ? refuse_sqlite(check) : refuse(check, what));
}

bool ledger_verify(const char *path, struct ledger_head *ret_head, char *error, size_t error_size)
{
    struct check check = {.path = path, .error = error, .error_size = error_size};
    struct ledger_head head = {0};
    enum head_state state = ledger_head_read(path, &head); // before the chain: that only grows
    if (sodium_init() < 0 || !ledger_read(path, &check.database, error, error_size)) {
        return false;
    }
    bool fits = sqlite3_exec(check.database, "BEGIN", NULL, NULL, NULL) == SQLITE_OK ||
                refuse_sqlite(&check);
    fits = fits && version_check(&check) && chain_check(&check) && head_check(&check, state, head);
    for (size_t i = 0; fits && i < sizeof(rows) / sizeof(rows[0]); i++) {
        fits = rows_check(&check, rows[i].query, rows[i].sentence);
    }
    fits = fits && schema_check(&check);
    sqlite3_close(check.database);
    if (fits && ret_head != NULL) {
        *ret_head = check.head;
    }
    return fits;
}
