// The SQLite side of the ledger: opening, migrating, and one change set as one transaction. Used by
// one thread at a time; the threads are in ledger.c.
#pragma once

#include "detectors/ledger/change_set.h"

#include <sqlite3.h>

#define HASH_BYTES     32
#define HASH_TEXT_MAX  (2 * HASH_BYTES + 1)
#define LEDGER_VERSION 3 // user_version

enum store_statement {
    STORE_FIND,
    STORE_ENTRY,
    STORE_INCIDENT,
    STORE_DUTY,
    STORE_DRAFT,
    STORE_FACT,
    STORE_FACT_TAKEN,
    STORE_FACT_NEXT,
    STORE_EVENT_FIND,
    STORE_EVENT,
    STORE_STATEMENTS,
};

struct store {
    sqlite3 *database;
    sqlite3_stmt *statements[STORE_STATEMENTS];
    char *path;
    uint8_t last_hash[HASH_BYTES]; // of the last committed entry; zeroes before the first
    uint8_t hash[HASH_BYTES];      // the same inside the transaction
    int64_t last_number, number;   // of these entries
    bool full;                     // the last failure was for want of room
    bool headless;                 // the log has been told that the head cannot be written
};

// A connection with the ledger's pragmas; what every user of the file starts with.
bool store_connect(const char *path, sqlite3 **ret, char *error, size_t error_size);
// Opens, makes or migrates. False with one sentence; `store` is then closed.
bool store_open(struct store *store, const char *path, char *error, size_t error_size);
void store_close(struct store *store);

enum store_result {
    STORE_DONE,
    STORE_CONFLICT, // everything else is written; `error` names the first key whose content differs
    STORE_FAILED,   // nothing is written: try again
};
enum store_result store_write(
    struct store *store, const struct change_set *changes, char *error, size_t error_size);

// Whether the last failure was for want of room.
bool store_is_full(const struct store *store);

// reserve.c: a file that holds room. Whether it is there then.
bool reserve_hold(const char *path, int64_t bytes);
bool disk_has_room(const char *path, int64_t bytes); // true when nobody can say
// Whether it was there.
bool reserve_release(const char *path);

// The first fact behind entry `after` that nobody has taken; the caller frees *ret_json.
bool store_facts(struct store *store, int64_t after, char **ret_json, int64_t *ret_entry);

// The chain's step: hash of an entry that follows `previous`.
void store_hash(const uint8_t previous[static HASH_BYTES], const char *kind, const char *key,
    const char *content, uint8_t ret[static HASH_BYTES]);
// Hash of the texts, each with its length; the same as the SQL function ledger_mark has.
void store_mark(const char *const *texts, size_t count, char ret[static HASH_TEXT_MAX]);
bool store_functions_add(sqlite3 *database);

// One sentence of what SQLite said; false.
bool store_refuse(sqlite3 *database, const char *path, char *error, size_t error_size);
int64_t store_version(sqlite3 *database); // user_version; -1: it cannot be read
// The steps behind `version`, without a transaction.
bool store_make(sqlite3 *database, int64_t version);
bool store_migrate(sqlite3 *database, const char *path, char *error, size_t error_size);
// The chain's end; zeroes in an empty one.
bool store_last_hash(sqlite3 *database, int64_t *ret_number, uint8_t ret[static HASH_BYTES]);

// Whether the chain holds the entry that the head names.
bool store_head_fits(sqlite3 *database, const struct ledger_head *head);
// Moves the head beside `path` forward. False: it could not be written, or what is there does not
// fit the chain, and stays.
bool store_head_write(sqlite3 *database, const char *path, const struct ledger_head *head);
