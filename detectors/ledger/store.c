#include "detectors/ledger/store.h"

#include "config/log.h"
#include "config/memory.h"

#include <sodium.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BUSY_MS 10000 // the sender marks its rows in the same file

static const char *const statement_texts[STORE_STATEMENTS] = {
    [STORE_FIND] = "SELECT number, content FROM entries WHERE kind = ? AND key = ?",
    [STORE_ENTRY] = "INSERT INTO entries (kind, key, content, previous, hash) VALUES (?,?,?,?,?)",
    [STORE_INCIDENT] = "INSERT INTO incidents (id, sequence, event, entry) VALUES (?,?,?,?)",
    [STORE_DUTY] = "INSERT INTO duties (incident, duty, sequence, entry) VALUES (?,?,?,?)",
    [STORE_DRAFT] = "INSERT INTO drafts (id, incident, entry, text_entry) VALUES (?,?,?,?)",
    [STORE_FACT] = "INSERT INTO facts (id, entry) VALUES (?,?)",
    [STORE_FACT_TAKEN] = "INSERT INTO facts_taken (id, entry) VALUES (?,?)",
    [STORE_FACT_NEXT] =
        "SELECT f.entry, e.content FROM facts f JOIN entries e ON e.number = f.entry"
        " WHERE f.entry > ? AND f.id NOT IN (SELECT id FROM facts_taken)"
        " ORDER BY f.entry LIMIT 1",
    [STORE_EVENT_FIND] = "SELECT topic, key, headers, value FROM outbox WHERE id = ?",
    [STORE_EVENT] = "INSERT INTO outbox (id, topic, key, headers, value) VALUES (?,?,?,?,?)",
};

bool store_refuse(sqlite3 *database, const char *path, char *error, size_t error_size)
{
    snprintf(error, error_size, "ledger '%s': %s", path,
        database != NULL ? sqlite3_errmsg(database) : "out of memory");
    return false;
}

bool store_connect(const char *path, sqlite3 **ret, char *error, size_t error_size)
{
    static const char pragmas[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                  "PRAGMA foreign_keys = ON;";
    sqlite3 *database = NULL;
    mode_t mask = umask(0077); // who reports what is nobody else's business
    int result = sqlite3_open_v2(
        path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK) {
        sqlite3_busy_timeout(database, BUSY_MS);
        result = store_functions_add(database) ? sqlite3_exec(database, pragmas, NULL, NULL, NULL)
                                               : SQLITE_NOMEM;
    }
    umask(mask);
    if (result != SQLITE_OK) {
        store_refuse(database, path, error, error_size);
        sqlite3_close(database);
        return false;
    }
    *ret = database;
    return true;
}

// A ledger whose head cannot be written goes on: what is missing then is only the guard of its last
// entries, and `ledger verify` says so.
static void head_write(struct store *store)
{
    struct ledger_head head = {.count = store->last_number};
    sodium_bin2hex(head.hash, sizeof(head.hash), store->last_hash, HASH_BYTES);
    bool written = sqlite3_db_readonly(store->database, "main") == 1 ||
                   store_head_write(store->database, store->path, &head);
    if (!written && !store->headless) {
        log_error("ledger '%s': its end is not what '%s-head' says, or that cannot be written: run "
                  "`tapgrade ledger verify`",
            store->path, store->path);
    }
    store->headless = !written;
}

bool store_open(struct store *store, const char *path, char *error, size_t error_size)
{
    *store = (struct store){0};
    if (sodium_init() < 0) {
        snprintf(error, error_size, "libsodium could not be started");
        return false;
    }
    if (!store_connect(path, &store->database, error, error_size)) {
        return false;
    }
    bool opened = store_migrate(store->database, path, error, error_size);
    for (int i = 0; opened && i < STORE_STATEMENTS; i++) {
        opened = sqlite3_prepare_v3(store->database, statement_texts[i], -1,
                     SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL) == SQLITE_OK ||
                 store_refuse(store->database, path, error, error_size);
    }
    if (opened && !store_last_hash(store->database, &store->last_number, store->last_hash)) {
        opened = store_refuse(store->database, path, error, error_size);
    }
    if (!opened) {
        store_close(store);
        return false;
    }
    store->path = memory_text(path);
    head_write(store);
    return true;
}

void store_close(struct store *store)
{
    for (int i = 0; i < STORE_STATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
    }
    sqlite3_close(store->database);
    free(store->path);
    *store = (struct store){0};
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

// Runs to its end; true when it was done.
static bool run(sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE;
}

static bool column_is(sqlite3_stmt *statement, int column, const char *text)
{
    const unsigned char *there = sqlite3_column_text(statement, column);
    return there != NULL && strcmp((const char *)there, text) == 0;
}

enum found { FOUND_NONE, FOUND_SAME, FOUND_OTHER, FOUND_ERROR };

static enum found entry_find(
    struct store *store, const char *kind, const char *key, const char *content, int64_t *ret)
{
    sqlite3_stmt *find = store->statements[STORE_FIND];
    bind_text(find, 1, kind);
    bind_text(find, 2, key);
    int result = sqlite3_step(find);
    enum found found = result == SQLITE_DONE         ? FOUND_NONE
                       : result != SQLITE_ROW        ? FOUND_ERROR
                       : column_is(find, 1, content) ? FOUND_SAME
                                                     : FOUND_OTHER;
    if (result == SQLITE_ROW) {
        *ret = sqlite3_column_int64(find, 0);
    }
    sqlite3_reset(find);
    return found;
}

static bool entry_insert(
    struct store *store, const char *kind, const char *key, const char *content, int64_t *ret)
{
    sqlite3_stmt *insert = store->statements[STORE_ENTRY];
    uint8_t hash[HASH_BYTES];
    store_hash(store->hash, kind, key, content, hash);
    bind_text(insert, 1, kind);
    bind_text(insert, 2, key);
    bind_text(insert, 3, content);
    sqlite3_bind_blob(insert, 4, store->hash, HASH_BYTES, SQLITE_TRANSIENT);
    sqlite3_bind_blob(insert, 5, hash, HASH_BYTES, SQLITE_TRANSIENT);
    if (!run(insert)) {
        return false;
    }
    memcpy(store->hash, hash, HASH_BYTES);
    *ret = store->number = sqlite3_last_insert_rowid(store->database);
    return true;
}

struct entry {
    const char *kind, *key, *content;
    int64_t number;
};

// STORE_DONE with *ret_new when it was not there.
static enum store_result entry_put(
    struct store *store, struct entry *entry, bool *ret_new, char *error, size_t error_size)
{
    enum found found = entry_find(store, entry->kind, entry->key, entry->content, &entry->number);
    *ret_new = found == FOUND_NONE;
    switch (found) {
    case FOUND_SAME: return STORE_DONE;
    case FOUND_ERROR: return STORE_FAILED;
    case FOUND_OTHER:
        snprintf(error, error_size, "ledger: %s '%s' is there already with another content",
            entry->kind, entry->key);
        return STORE_CONFLICT;
    case FOUND_NONE: break;
    }
    return entry_insert(store, entry->kind, entry->key, entry->content, &entry->number)
               ? STORE_DONE
               : STORE_FAILED;
}

static bool row_insert(struct store *store, const struct change *change, const int64_t numbers[2])
{
    static const enum store_statement statements[] = {[CHANGE_INCIDENT] = STORE_INCIDENT,
        [CHANGE_DUTY] = STORE_DUTY,
        [CHANGE_DRAFT] = STORE_DRAFT,
        [CHANGE_FACT] = STORE_FACT,
        [CHANGE_FACT_TAKEN] = STORE_FACT_TAKEN};
    sqlite3_stmt *insert = store->statements[statements[change->kind]];
    bind_text(insert, 1, change->id);
    if (change->kind == CHANGE_INCIDENT) {
        sqlite3_bind_int64(insert, 2, change->sequence);
        bind_text(insert, 3, change->name);
        sqlite3_bind_int64(insert, 4, numbers[0]);
    } else if (change->kind == CHANGE_DUTY) {
        bind_text(insert, 2, change->name);
        sqlite3_bind_int64(insert, 3, change->sequence);
        sqlite3_bind_int64(insert, 4, numbers[0]);
    } else if (change->kind == CHANGE_DRAFT) {
        bind_text(insert, 2, change->name);
        sqlite3_bind_int64(insert, 3, numbers[0]);
        sqlite3_bind_int64(insert, 4, numbers[1]);
    } else {
        sqlite3_bind_int64(insert, 2, numbers[0]);
    }
    return run(insert);
}

static enum store_result record_write(
    struct store *store, const struct change *change, char *error, size_t error_size)
{
    static const char *const kinds[] = {[CHANGE_INCIDENT] = "incident",
        [CHANGE_DUTY] = "duty",
        [CHANGE_DRAFT] = "draft",
        [CHANGE_FACT] = "fact",
        [CHANGE_FACT_TAKEN] = "fact_taken"};
    char key[256];
    bool is_new = false, text_is_new = false;
    if (change->kind == CHANGE_INCIDENT) {
        snprintf(key, sizeof(key), "%s/%u", change->id, change->sequence);
    } else if (change->kind == CHANGE_DUTY) {
        snprintf(key, sizeof(key), "%s/%s/%u", change->id, change->name, change->sequence);
    } else {
        snprintf(key, sizeof(key), "%s", change->id);
    }
    bool is_note = change->kind == CHANGE_NOTE;
    struct entry entry = {is_note ? change->name : kinds[change->kind], key, change->json, 0};
    struct entry text = {"draft_text", key, change->text, 0};
    enum store_result result = entry_put(store, &entry, &is_new, error, error_size);
    if (result == STORE_DONE && change->kind == CHANGE_DRAFT) {
        result = entry_put(store, &text, &text_is_new, error, error_size);
    }
    if (result != STORE_DONE || !is_new || is_note) {
        return result;
    }
    return row_insert(store, change, (const int64_t[]){entry.number, text.number}) ? STORE_DONE
                                                                                   : STORE_FAILED;
}

static enum store_result event_write(
    struct store *store, const struct change *change, char *error, size_t error_size)
{
    const char *const texts[] = {change->name, change->key, change->json, change->text};
    sqlite3_stmt *find = store->statements[STORE_EVENT_FIND];
    sqlite3_stmt *insert = store->statements[STORE_EVENT];
    bind_text(find, 1, change->id);
    int result = sqlite3_step(find);
    bool same = true;
    for (int i = 0; result == SQLITE_ROW && i < 4; i++) {
        same &= column_is(find, i, texts[i]);
    }
    sqlite3_reset(find);
    if (result == SQLITE_ROW) {
        if (!same) {
            snprintf(error, error_size,
                "ledger: message '%s' is there already with another content", change->id);
        }
        return same ? STORE_DONE : STORE_CONFLICT;
    }
    bind_text(insert, 1, change->id);
    for (int i = 0; i < 4; i++) {
        bind_text(insert, i + 2, texts[i]);
    }
    if (result != SQLITE_DONE || !run(insert)) {
        return STORE_FAILED;
    }
    char mark[HASH_TEXT_MAX];
    struct entry entry = {"message", change->id, mark, 0};
    store_mark(texts, 4, mark);
    return entry_put(store, &entry, &same, error, error_size);
}

bool store_is_full(const struct store *store)
{
    return store->full;
}

static enum store_result failed(struct store *store, char *error, size_t error_size)
{
    snprintf(error, error_size, "ledger: %s", sqlite3_errmsg(store->database));
    int why = sqlite3_errcode(store->database), system = sqlite3_system_errno(store->database);
    store->full =
        why == SQLITE_FULL ||
        (why == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT || system == EFBIG));
    sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
    return STORE_FAILED;
}

enum store_result store_write(
    struct store *store, const struct change_set *changes, char *error, size_t error_size)
{
    enum store_result all = STORE_DONE;
    char ignored[256];
    // Another process may have put a fact at the end of the chain since.
    if (sqlite3_exec(store->database, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        !store_last_hash(store->database, &store->last_number, store->last_hash)) {
        return failed(store, error, error_size);
    }
    memcpy(store->hash, store->last_hash, HASH_BYTES);
    store->number = store->last_number;
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *change = &changes->changes[i];
        bool first = all == STORE_DONE; // the first conflict is the one that is told
        char *sentence = first ? error : ignored;
        size_t size = first ? error_size : sizeof(ignored);
        enum store_result result = change->kind == CHANGE_EVENT
                                       ? event_write(store, change, sentence, size)
                                       : record_write(store, change, sentence, size);
        if (result == STORE_FAILED) {
            return failed(store, error, error_size);
        }
        bool conflicts = result == STORE_CONFLICT && !changes->again;
        all = conflicts ? STORE_CONFLICT : all;
    }
    if (sqlite3_exec(store->database, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        return failed(store, error, error_size);
    }
    if (store->number > store->last_number) {
        memcpy(store->last_hash, store->hash, HASH_BYTES);
        store->last_number = store->number;
        head_write(store);
    }
    return all;
}
