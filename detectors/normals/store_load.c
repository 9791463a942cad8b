// Reading the store: everything of one read transaction, in the order of the keys, so that the same
// content has the same digest whatever its pages look like.
#include "config/memory.h"

#include "detectors/normals/memory.h"
#include "detectors/normals/store.h"

#include <sodium.h>

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_BYTES ((NORMALS_DIGEST_TEXT_MAX - 1) / 2)

struct loading {
    struct normals *normals;
    sqlite3_stmt *row;
    crypto_generichash_state digest;
    bool any;
};

// Every value of the row, with its length.
static void row_hash(struct loading *loading)
{
    loading->any = true;
    for (int i = 0; i < sqlite3_column_count(loading->row); i++) {
        const void *bytes = sqlite3_column_blob(loading->row, i);
        uint64_t length = (uint64_t)sqlite3_column_bytes(loading->row, i);
        crypto_generichash_update(&loading->digest, (const uint8_t *)&length, sizeof(length));
        if (length > 0) {
            crypto_generichash_update(&loading->digest, bytes, length);
        }
    }
}

static int network_of(const struct loading *loading)
{
    const struct settings *settings = loading->normals->settings;
    const char *id = (const char *)sqlite3_column_text(loading->row, 0);
    for (size_t i = 0; i < settings->network_count; i++) {
        if (strcmp(settings->networks[i].id, id) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int function_of(const struct loading *loading, int network)
{
    const struct function_table *table = &loading->normals->settings->networks[network].functions;
    const char *id = (const char *)sqlite3_column_text(loading->row, 1);
    for (size_t i = 0; i <= table->function_count; i++) {
        if (strcmp(function_id(table, i), id) == 0) {
            return (int)i;
        }
    }
    return -1;
}

// The cell of a row (network, function, province ...); NULL when the settings have none such.
static struct group *group_of(const struct loading *loading)
{
    int network = network_of(loading);
    int function = network < 0 ? -1 : function_of(loading, network);
    int province = sqlite3_column_int(loading->row, 2);
    return function < 0 ? NULL
                        : group_at(loading->normals, (uint16_t)network, (uint16_t)function,
                              (uint8_t)province);
}

static void volumes_read(sqlite3_stmt *row, int column, uint16_t ret[static DAY_SLOTS])
{
    const uint8_t *bytes = sqlite3_column_blob(row, column); // its length is checked by the table
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        uint16_t two;
        memcpy(&two, bytes + s * sizeof(two), sizeof(two));
        ret[s] = le16toh(two);
    }
}

static void sums_read(sqlite3_stmt *row, int column, int64_t ret[static DAY_SLOTS])
{
    const uint8_t *bytes = sqlite3_column_blob(row, column);
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        uint64_t eight;
        memcpy(&eight, bytes + s * sizeof(eight), sizeof(eight));
        ret[s] = (int64_t)le64toh(eight);
    }
}

// False when the text is no date: somebody else wrote it.
static bool date_read(sqlite3_stmt *row, int column, int64_t *ret)
{
    return date_parse((const char *)sqlite3_column_text(row, column), ret);
}

static bool day_read(struct loading *loading)
{
    struct past_day day = {.kind = (uint8_t)sqlite3_column_int(loading->row, 4)};
    struct group *group = group_of(loading);
    if (!date_read(loading->row, 3, &day.date)) {
        return false;
    }
    if (group == NULL) {
        return true;
    }
    struct learned *learned = learned_at(group);
    volumes_read(loading->row, 6, day.volumes);
    if (sqlite3_column_int(loading->row, 5) == 1) {
        past_put(&learned->past, &day);
    } else {
        struct open_day *open = &learned->open[day.date % 2];
        open->date = day.date;
        memcpy(open->volumes, day.volumes, sizeof(open->volumes));
    }
    return true;
}

static bool profile_read(struct loading *loading)
{
    struct group *group = group_of(loading);
    if (group != NULL) {
        struct past *past = &learned_at(group)->past;
        past->year = sqlite3_column_int64(loading->row, 3);
        sums_read(loading->row, 4, past->sums);
        volumes_read(loading->row, 5, past->counts);
    }
    return true;
}

static bool hours_read(struct loading *loading)
{
    int64_t date;
    int network = network_of(loading);
    if (!date_read(loading->row, 1, &date)) {
        return false;
    }
    if (network >= 0) {
        struct open_hours *open = &loading->normals->networks[network].learned.open[date % 2];
        open->date = date;
        sums_read(loading->row, 2, open->volumes);
    }
    return true;
}

// By year: the newest ones stay.
static bool year_read(struct loading *loading)
{
    int network = network_of(loading);
    bool bank = strcmp((const char *)sqlite3_column_text(loading->row, 2), "bank") == 0;
    struct year_volumes year = {.year = sqlite3_column_int64(loading->row, 1),
        .full_days = sqlite3_column_int64(loading->row, 3)};
    sums_read(loading->row, 4, year.volumes);
    if (network >= 0) {
        struct network_learned *learned = &loading->normals->networks[network].learned;
        struct year_volumes *at = bank ? &learned->bank : &learned->years[0];
        if (!bank) {
            learned->years[1] = learned->years[0];
        }
        *at = year;
    }
    return true;
}

static bool approval_read(struct loading *loading)
{
    int network = network_of(loading);
    const char *slots = (const char *)sqlite3_column_text(loading->row, 3);
    struct approved_peak approved = {.year = sqlite3_column_int64(loading->row, 1),
        .bank = strcmp((const char *)sqlite3_column_text(loading->row, 2), "bank") == 0};
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        approved.slots[s] = slots[s] == '1';
    }
    if (network >= 0) {
        struct network_learned *learned = &loading->normals->networks[network].learned;
        size_t count = learned->approval_count++;
        learned->approvals =
            memory_resize(learned->approvals, count + 1, sizeof(*learned->approvals));
        learned->approvals[count] = approved;
    }
    return true;
}

// The settings' file of a network wins over what was imported.
static bool bank_volume_read(struct loading *loading)
{
    int network = network_of(loading);
    struct normals *normals = loading->normals;
    bool has_file = network >= 0 && normals->settings->networks[network].normals_path != NULL &&
                    normals->settings->networks[network].normals_path[0] != '\0';
    int function = network < 0 ? -1 : function_of(loading, network);
    if (function >= 0 && !has_file) {
        struct network_memory *memory = &normals->networks[network];
        volume_table_set(&memory->table,
            normals->settings->networks[network].functions.function_count, function,
            sqlite3_column_int(loading->row, 2), sqlite3_column_int(loading->row, 3),
            sqlite3_column_int64(loading->row, 4));
        struct group *group = group_of(loading);
        group_take_volumes(memory, group);
    }
    return true;
}

static const struct {
    const char *select;
    bool (*read)(struct loading *loading);
} tables[] = {
    {"SELECT network,function,province,date,kind,closed,volumes FROM days "
     "ORDER BY network,function,province,date",
        day_read},
    {"SELECT network,function,province,year,sums,counts FROM profiles "
     "ORDER BY network,function,province",
        profile_read},
    {"SELECT network,date,volumes FROM hours ORDER BY network,date", hours_read},
    {"SELECT network,year,source,full_days,volumes FROM years ORDER BY network,year,source",
        year_read},
    {"SELECT network,year,source,slots FROM approvals ORDER BY network,year", approval_read},
    {"SELECT network,function,province,hour,normal_milli FROM bank_volumes "
     "ORDER BY network,function,province,hour",
        bank_volume_read},
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static bool table_read(sqlite3 *store, struct loading *loading, size_t which)
{
    bool good =
        sqlite3_prepare_v2(store, tables[which].select, -1, &loading->row, NULL) == SQLITE_OK;
    int result = good ? SQLITE_ROW : SQLITE_ERROR;
    while (good && (result = sqlite3_step(loading->row)) == SQLITE_ROW) {
        row_hash(loading);
        good = tables[which].read(loading);
    }
    sqlite3_finalize(loading->row);
    crypto_generichash_update(&loading->digest, (const uint8_t *)&which, sizeof(which));
    return good && result == SQLITE_DONE;
}

bool normals_store_load(sqlite3 *store, struct normals *normals,
    char digest[static NORMALS_DIGEST_TEXT_MAX], char *error, size_t error_size)
{
    struct loading loading = {.normals = normals};
    uint8_t bytes[DIGEST_BYTES];
    bool good = sodium_init() >= 0 && sqlite3_exec(store, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
    crypto_generichash_init(&loading.digest, NULL, 0, sizeof(bytes));
    for (size_t i = 0; good && i < TABLES; i++) {
        good = table_read(store, &loading, i);
    }
    if (!good) {
        snprintf(error, error_size, "normals: %s",
            sqlite3_errcode(store) == SQLITE_OK || sqlite3_errcode(store) == SQLITE_ROW
                ? "a date in it is none"
                : sqlite3_errmsg(store));
    }
    sqlite3_exec(store, "ROLLBACK", NULL, NULL, NULL);
    crypto_generichash_final(&loading.digest, bytes, sizeof(bytes));
    sodium_bin2hex(digest, NORMALS_DIGEST_TEXT_MAX, bytes, sizeof(bytes));
    if (!loading.any) {
        digest[0] = '\0';
    }
    return good;
}
