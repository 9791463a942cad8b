#include "detectors/normals/store.h"

#include "config/memory.h"

#include "detectors/normals/learned.h"
#include "detectors/normals/table.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_VERSION 1
#define BUSY_MS       10000 // `normals import` writes into the file of a running sensor
#define DAY_BYTES     (DAY_SLOTS * sizeof(uint16_t))
#define SUM_BYTES     (DAY_SLOTS * sizeof(int64_t))
#define HOURS         24

static const char schema[] =
#include "detectors/normals/schema.sql.inc"
    ;

char *normals_store_path(const struct settings *settings)
{
    const char *name = settings->normals.store_path;
    char *folder, *path = NULL;
    if (name == NULL || name[0] == '\0') {
        return NULL;
    }
    if (name[0] == '/') {
        return memory_text(name);
    }
    folder = settings_path(settings, settings->ledger.folder);
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        abort(); // out of memory
    }
    free(folder);
    return path;
}

bool normals_store_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool refuse(sqlite3 *store, const char *path, char *error, size_t error_size)
{
    snprintf(error, error_size, "normals '%s': %s", path,
        store != NULL ? sqlite3_errmsg(store) : "out of memory");
    return false;
}

static int64_t user_version(sqlite3 *store)
{
    sqlite3_stmt *statement = NULL;
    int64_t version = -1;
    if (sqlite3_prepare_v2(store, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        version = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return version;
}

// Version 0 is a new file. A later version adds its step here.
static bool migrate(sqlite3 *store, const char *path, bool writes, char *error, size_t error_size)
{
    if (writes && sqlite3_exec(store, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
        return refuse(store, path, error, error_size);
    }
    int64_t version = user_version(store);
    bool is_new = writes && version == 0;
    if (version < 0) {
        return refuse(store, path, error, error_size);
    }
    if (version != STORE_VERSION && !is_new) {
        snprintf(error, error_size, "normals '%s' has version %lld; this program knows %d", path,
            (long long)version, STORE_VERSION);
        return false;
    }
    if ((is_new && sqlite3_exec(store, schema, NULL, NULL, NULL) != SQLITE_OK) ||
        (writes && sqlite3_exec(store, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)) {
        return refuse(store, path, error, error_size);
    }
    return true;
}

sqlite3 *normals_store_open(const char *path, bool writes, char *error, size_t error_size)
{
    sqlite3 *store = NULL;
    int flags = writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    mode_t mask = umask(0077); // how much business there is is nobody else's business
    bool opened = sqlite3_open_v2(path, &store, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;
    if (opened) {
        sqlite3_busy_timeout(store, BUSY_MS);
        opened = !writes ||
                 sqlite3_exec(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
                     NULL, NULL, NULL) == SQLITE_OK;
    }
    umask(mask);
    if (!opened) {
        refuse(store, path, error, error_size);
    }
    if (!opened || !migrate(store, path, writes, error, error_size)) {
        sqlite3_close(store);
        return NULL;
    }
    return store;
}

// ---- what is written ----------------------------------------------------------------------------

static void bytes_add(struct kept_batch *batch, const void *values, size_t size)
{
    size_t needed = batch->length + DAY_SLOTS * size;
    if (needed > batch->bytes_capacity) {
        batch->bytes_capacity = needed * 2;
        batch->bytes = memory_resize(batch->bytes, batch->bytes_capacity, 1);
    }
    uint8_t *to = batch->bytes + batch->length;
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        uint16_t two = size == 2 ? htole16(((const uint16_t *)values)[s]) : 0;
        uint64_t eight = size == 8 ? htole64((uint64_t)((const int64_t *)values)[s]) : 0;
        memcpy(to + s * size, size == 2 ? (void *)&two : (void *)&eight, size);
    }
    batch->length = needed;
}

void kept_add(struct kept_batch *batch, const struct kept_row *row, const void *volumes,
    size_t size, const uint16_t *counts)
{
    batch->rows = memory_grow(batch->rows, batch->count, &batch->capacity, sizeof(*batch->rows));
    batch->rows[batch->count] = *row;
    batch->rows[batch->count++].at = batch->length;
    if (volumes != NULL) {
        bytes_add(batch, volumes, size);
    }
    if (counts != NULL) {
        bytes_add(batch, counts, sizeof(*counts));
    }
}

void kept_free(struct kept_batch *batch)
{
    if (batch != NULL) {
        free(batch->rows);
        free(batch->bytes);
    }
    free(batch);
}

// The parameters of all statements have the same numbers: 1 network, 2 function, 3 province,
// 4 date, 5 kind, 6 volumes, 7 counts, 8 oldest date, 9 year, 10 full days.
enum write_statement {
    WRITE_DAY,
    WRITE_OPEN,
    DROP_DAY,
    DROP_OLD,
    WRITE_PROFILE,
    WRITE_HOURS,
    DROP_HOURS,
    WRITE_YEAR,
    WRITES
};
static const char *const write_texts[WRITES] = {
    [WRITE_DAY] = "INSERT OR REPLACE INTO days VALUES (?1,?2,?3,?4,?5,1,?6)",
    [WRITE_OPEN] = "INSERT OR REPLACE INTO days VALUES (?1,?2,?3,?4,?5,0,?6)",
    [DROP_DAY] = "DELETE FROM days WHERE network=?1 AND function=?2 AND province=?3 AND date=?4",
    [DROP_OLD] = ("DELETE FROM days WHERE network=?1 AND function=?2 AND province=?3 AND "
                  "kind=?5 AND closed=1 AND date<?8"),
    [WRITE_PROFILE] = "INSERT OR REPLACE INTO profiles VALUES (?1,?2,?3,?9,?6,?7)",
    [WRITE_HOURS] = "INSERT OR REPLACE INTO hours VALUES (?1,?4,?6)",
    [DROP_HOURS] = "DELETE FROM hours WHERE network=?1 AND date=?4",
    [WRITE_YEAR] = "INSERT OR REPLACE INTO years VALUES (?1,?9,'sensor',?10,?6)",
};

struct writing {
    sqlite3_stmt *statements[WRITES];
    const struct settings *settings;
    const struct kept_batch *batch;
};

static void row_bind(const struct writing *writing, const struct kept_row *row, sqlite3_stmt *to)
{
    const struct network_settings *network = &writing->settings->networks[row->network];
    bool wide = row->kind != KEPT_DAY && row->kind != KEPT_OPEN_DAY;
    const uint8_t *bytes = writing->batch->bytes + row->at;
    char date[DATE_TEXT_MAX], oldest[DATE_TEXT_MAX];
    date_format(&row->date, date, sizeof(date));
    date_format(&row->oldest, oldest, sizeof(oldest));
    int count = sqlite3_bind_parameter_count(to);
    sqlite3_bind_text(to, 1, network->id, -1, SQLITE_STATIC);
    if (count >= 2) {
        sqlite3_bind_text(
            to, 2, function_id(&network->functions, row->function), -1, SQLITE_STATIC);
        sqlite3_bind_int(to, 3, row->province);
    }
    sqlite3_bind_text(to, 4, date, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int(to, 5, row->day_kind);
    sqlite3_bind_blob(to, 6, bytes, wide ? SUM_BYTES : DAY_BYTES, SQLITE_STATIC);
    if (row->kind == KEPT_PROFILE) {
        sqlite3_bind_blob(to, 7, bytes + SUM_BYTES, DAY_BYTES, SQLITE_STATIC);
    }
    sqlite3_bind_text(to, 8, oldest, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(to, 9, row->date);
    sqlite3_bind_int64(to, 10, row->oldest);
}

static bool row_run(
    const struct writing *writing, const struct kept_row *row, enum write_statement which)
{
    sqlite3_stmt *statement = writing->statements[which];
    row_bind(writing, row, statement);
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return result == SQLITE_DONE;
}

static bool row_write(const struct writing *writing, const struct kept_row *row)
{
    switch (row->kind) {
    case KEPT_DAY: return row_run(writing, row, WRITE_DAY) && row_run(writing, row, DROP_OLD);
    case KEPT_OPEN_DAY: return row_run(writing, row, WRITE_OPEN);
    case KEPT_LOST_DAY: return row_run(writing, row, DROP_DAY);
    case KEPT_PROFILE: return row_run(writing, row, WRITE_PROFILE);
    case KEPT_OPEN_HOURS: return row_run(writing, row, WRITE_HOURS);
    case KEPT_PAST_HOURS: return row_run(writing, row, DROP_HOURS);
    case KEPT_YEAR: return row_run(writing, row, WRITE_YEAR);
    default: return true;
    }
}

static bool failed(sqlite3 *store, char *error, size_t error_size)
{
    snprintf(error, error_size, "normals: %s", sqlite3_errmsg(store));
    sqlite3_exec(store, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool normals_store_write(sqlite3 *store, const struct settings *settings,
    const struct kept_batch *batch, char *error, size_t error_size)
{
    struct writing writing = {.settings = settings, .batch = batch};
    bool good = sqlite3_exec(store, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    for (int i = 0; good && i < WRITES; i++) {
        good = sqlite3_prepare_v2(store, write_texts[i], -1, &writing.statements[i], NULL) ==
               SQLITE_OK;
    }
    for (size_t i = 0; good && i < batch->count; i++) {
        good = row_write(&writing, &batch->rows[i]);
    }
    if (!good) {
        failed(store, error, error_size);
    }
    for (int i = 0; i < WRITES; i++) {
        sqlite3_finalize(writing.statements[i]);
    }
    return good && (sqlite3_exec(store, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ||
                       failed(store, error, error_size));
}

// ---- what a person brings -----------------------------------------------------------------------

static bool run_once(sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE;
}

static bool volumes_insert(sqlite3_stmt *insert, const struct settings *settings, uint16_t network,
    const struct volume_table *table)
{
    bool good = true;
    const struct network_settings *of = &settings->networks[network];
    for (size_t i = 0; i < table->volume_count; i++) {
        for (int hour = 0; table->volumes[i] != NULL && hour < HOURS; hour++) {
            int64_t milli = table->volumes[i]->hourly_milli[hour];
            sqlite3_bind_text(insert, 1, of->id, -1, SQLITE_STATIC);
            sqlite3_bind_text(
                insert, 2, function_id(&of->functions, i / PROVINCES), -1, SQLITE_STATIC);
            sqlite3_bind_int(insert, 3, (int)(i % PROVINCES));
            sqlite3_bind_int(insert, 4, hour);
            sqlite3_bind_int64(insert, 5, milli);
            good = good && (milli == VOLUME_NONE || run_once(insert));
        }
    }
    return good;
}

bool normals_store_put_volumes(sqlite3 *store, const struct settings *settings, uint16_t network,
    const struct volume_table *table, char *error, size_t error_size)
{
    sqlite3_stmt *drop = NULL, *insert = NULL;
    bool good = sqlite3_exec(store, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(store, "DELETE FROM bank_volumes WHERE network=?1", -1, &drop,
                    NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(store, "INSERT INTO bank_volumes VALUES (?1,?2,?3,?4,?5)", -1,
                    &insert, NULL) == SQLITE_OK;
    if (good) {
        sqlite3_bind_text(drop, 1, settings->networks[network].id, -1, SQLITE_STATIC);
        good = run_once(drop) && volumes_insert(insert, settings, network, table);
    }
    if (!good) {
        failed(store, error, error_size);
    }
    sqlite3_finalize(drop);
    sqlite3_finalize(insert);
    return good && (sqlite3_exec(store, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ||
                       failed(store, error, error_size));
}

bool normals_store_put_year(sqlite3 *store, const char *network, const struct year_volumes *year,
    bool bank, char *error, size_t error_size)
{
    struct kept_batch bytes = {0};
    sqlite3_stmt *insert = NULL;
    bytes_add(&bytes, year->volumes, sizeof(year->volumes[0]));
    bool good = sqlite3_prepare_v2(store, "INSERT OR REPLACE INTO years VALUES (?1,?2,?3,?4,?5)",
                    -1, &insert, NULL) == SQLITE_OK;
    if (good) {
        sqlite3_bind_text(insert, 1, network, -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 2, year->year);
        sqlite3_bind_text(insert, 3, bank ? "bank" : "sensor", -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 4, year->full_days);
        sqlite3_bind_blob(insert, 5, bytes.bytes, SUM_BYTES, SQLITE_STATIC);
        good = run_once(insert);
    }
    if (!good) {
        snprintf(error, error_size, "normals: %s", sqlite3_errmsg(store));
    }
    sqlite3_finalize(insert);
    free(bytes.bytes);
    return good;
}

bool normals_store_approve(
    sqlite3 *store, const struct approval *approval, char *error, size_t error_size)
{
    sqlite3_stmt *insert = NULL;
    char slots[DAY_SLOTS + 1] = "", date[DATE_TEXT_MAX];
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        slots[s] = approval->slots[s] ? '1' : '0';
    }
    date_format(&approval->approved_on, date, sizeof(date));
    if (sqlite3_prepare_v2(store, "INSERT INTO approvals VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)", -1,
            &insert, NULL) != SQLITE_OK) {
        snprintf(error, error_size, "normals: %s", sqlite3_errmsg(store));
        return false;
    }
    sqlite3_bind_text(insert, 1, approval->network, -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 2, approval->year);
    sqlite3_bind_text(insert, 3, approval->bank ? "bank" : "sensor", -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 4, approval->full_days);
    sqlite3_bind_text(insert, 5, slots, -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 6, approval->slot_minutes);
    sqlite3_bind_text(insert, 7, approval->method, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 8, approval->approved_by, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 9, date, -1, SQLITE_STATIC);
    bool good = run_once(insert);
    if (!good && sqlite3_errcode(store) == SQLITE_CONSTRAINT) {
        snprintf(error, error_size,
            "the peak hours of network \"%s\" in %lld were approved before, "
            "and an approved table is frozen",
            approval->network, (long long)approval->year);
    } else if (!good) {
        snprintf(error, error_size, "normals: %s", sqlite3_errmsg(store));
    }
    sqlite3_finalize(insert);
    return good;
}
