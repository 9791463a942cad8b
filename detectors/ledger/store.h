// The SQLite side of the ledger: opening, migrating, and one change set as one transaction. Used by
// one thread at a time; the threads are in ledger.c.
#pragma once

#include "detectors/ledger/change_set.h"

#include <sqlite3.h>

#define HASH_BYTES     32
#define LEDGER_VERSION 2 // user_version

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
    uint8_t last_hash[HASH_BYTES]; // of the last committed entry; zeroes before the first
    uint8_t hash[HASH_BYTES];      // the same inside the transaction
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

// The first fact behind entry `after` that nobody has taken; the caller frees *ret_json.
bool store_facts(struct store *store, int64_t after, char **ret_json, int64_t *ret_entry);

// The chain's step: hash of an entry that follows `previous`.
void store_hash(const uint8_t previous[static HASH_BYTES], const char *kind, const char *key,
    const char *content, uint8_t ret[static HASH_BYTES]);
