// The SQLite file of what was learned. One file for a sensor; `run` writes it, `replay` takes what
// it holds at its start, `normals` imports, exports and approves.
#pragma once

#include "config/settings.h"

#include <sqlite3.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct normals;

// The file's path by the settings, in the ledger's folder unless absolute; NULL: none. Caller
// frees.
char *normals_store_path(const struct settings *settings);
bool normals_store_exists(const char *path);

// Opens, or makes when `writes`; NULL with a sentence that names the file. Close with
// sqlite3_close.
sqlite3 *normals_store_open(const char *path, bool writes, char *error, size_t error_size);

// One row of what is written.
enum kept_kind {
    KEPT_DAY,        // a day that was closed; those of its kind before `oldest` go
    KEPT_OPEN_DAY,   // a day in hand
    KEPT_LOST_DAY,   // a day in hand of which too little was known
    KEPT_PROFILE,    // the cell's year
    KEPT_OPEN_HOURS, // a network's day in hand
    KEPT_PAST_HOURS, // it is over
    KEPT_YEAR,       // a network's year
    KEPT_KINDS,
};

struct kept_row {
    enum kept_kind kind;
    uint8_t province, day_kind;
    uint16_t network, function;
    int64_t date, oldest; // KEPT_PROFILE and KEPT_YEAR: date is the year, oldest the full days
    size_t at;            // of its volumes in the batch's bytes
};

struct kept_batch {
    struct kept_batch *next;
    struct kept_row *rows;
    size_t count, capacity;
    uint8_t *bytes;
    size_t length, bytes_capacity;
};

// Adds a row; `volumes` are DAY_SLOTS elements of `size` bytes, kept little-endian, then `counts`.
void kept_add(struct kept_batch *batch, const struct kept_row *row, const void *volumes,
    size_t size, const uint16_t *counts);
void kept_free(struct kept_batch *batch);
// In one transaction. False with a sentence when nothing of it was written.
bool normals_store_write(sqlite3 *store, const struct settings *settings,
    const struct kept_batch *batch, char *error, size_t error_size);

// The bank's own volumes: those of the networks in the table are replaced as a whole.
struct volume_table;
bool normals_store_put_volumes(sqlite3 *store, const struct settings *settings, uint16_t network,
    const struct volume_table *table, char *error, size_t error_size);
struct year_volumes;
bool normals_store_put_year(sqlite3 *store, const char *network, const struct year_volumes *year,
    bool bank, char *error, size_t error_size);

struct approval {
    const char *network, *approved_by, *method;
    int64_t year, approved_on, full_days, slot_minutes; // approved_on is a date
    bool bank;
    const bool *slots; // DAY_SLOTS
};
// False, and the one that is there stays, when the year's table was approved before.
bool normals_store_approve(
    sqlite3 *store, const struct approval *approval, char *error, size_t error_size);

// Fills a new `normals` with what the file holds of the settings' cells, in one read transaction,
// and names that by a digest. What no cell of the settings is of is passed over.
#define NORMALS_DIGEST_TEXT_MAX 33
bool normals_store_load(sqlite3 *store, struct normals *normals,
    char digest[static NORMALS_DIGEST_TEXT_MAX], char *error, size_t error_size);

// keeper.c: the thread that writes. The detectors' thread waits for no disk.
struct keeper;
struct keeper *keeper_start(
    const char *path, const struct settings *settings, char *error, size_t error_size);
void keeper_put(struct keeper *keeper, struct kept_batch *batch); // takes it
void keeper_stop(struct keeper *keeper);                          // writes what is left, if it can
