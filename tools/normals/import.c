// The bank's own tables into the store, and peak hours under a name.
#include "detectors/normals/table.h"
#include "detectors/normals/year_table.h"

#include "tools/normals/normals.h"
#include "tools/outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FULL_YEAR_DAYS 365

static sqlite3 *store_write(const struct request *request)
{
    char error[512];
    if (request->path == NULL) {
        normals_fail("normals.store is empty: there is no file to write to");
        return NULL;
    }
    if (!outputs_check(request->settings)) {
        return NULL;
    }
    sqlite3 *store = normals_store_open(request->path, true, error, sizeof(error));
    if (store == NULL) {
        normals_fail("%s", error);
    }
    return store;
}

static size_t rows_of(const struct volume_table *table)
{
    size_t rows = 0;
    for (size_t i = 0; i < table->volume_count; i++) {
        for (int hour = 0; table->volumes[i] != NULL && hour < 24; hour++) {
            rows += table->volumes[i]->hourly_milli[hour] != VOLUME_NONE;
        }
    }
    return rows;
}

// All of the file is read before anything is written.
static int volumes_import(struct request *request)
{
    const struct settings *settings = request->settings;
    struct volume_table tables[256] = {0}; // of NETWORKS_MAX and less
    char error[512] = "";
    bool good = true;
    for (uint16_t n = 0; n < settings->network_count; n++) {
        // A row of a bad file is said once, by the network that it is of.
        good &= volume_table_read(request->file, settings, n, &tables[n], request->mistakes);
        if (n == 0 && !good && settings->network_count > 1) {
            break;
        }
    }
    sqlite3 *store = good ? store_write(request) : NULL;
    good = store != NULL;
    for (uint16_t n = 0; n < settings->network_count; n++) {
        size_t rows = rows_of(&tables[n]);
        if (good && rows > 0) {
            good = normals_store_put_volumes(store, settings, n, &tables[n], error, sizeof(error));
        }
        if (good && rows > 0) {
            printf("network \"%s\": %zu rows%s\n", settings->networks[n].id, rows,
                settings->networks[n].normals_path[0] != '\0'
                    ? ", which its table in the settings overrules"
                    : "");
        }
        volume_table_done(&tables[n]);
    }
    sqlite3_close(store);
    return error[0] != '\0' ? normals_fail("%s", error) : good ? EXIT_DONE : EXIT_INPUT;
}

static int years_import(struct request *request)
{
    struct network_year *years = NULL;
    size_t count = 0;
    char error[512] = "";
    bool good =
        year_table_read(request->file, request->settings, &years, &count, request->mistakes);
    sqlite3 *store = good ? store_write(request) : NULL;
    good = store != NULL;
    for (size_t i = 0; good && i < count; i++) {
        const char *network = request->settings->networks[years[i].network].id;
        good =
            normals_store_put_year(store, network, &years[i].volumes, true, error, sizeof(error));
        if (good) {
            printf("network \"%s\": %lld, not approved yet\n", network,
                (long long)years[i].volumes.year);
        }
    }
    sqlite3_close(store);
    free(years);
    return error[0] != '\0' ? normals_fail("%s", error) : good ? EXIT_DONE : EXIT_INPUT;
}

int normals_import(struct request *request)
{
    char line[sizeof(YEAR_TABLE_HEADER) + 4] = "";
    FILE *in = fopen(request->file, "re");
    if (in == NULL) {
        return normals_fail("%s: %s", request->file, strerror(errno));
    }
    bool read = fgets(line, sizeof(line), in) != NULL;
    fclose(in);
    return read && strstr(line, YEAR_TABLE_HEADER) != NULL ? years_import(request)
                                                           : volumes_import(request);
}

static const struct network_settings *network_find(const struct request *request, uint16_t *ret)
{
    for (uint16_t n = 0; n < request->settings->network_count; n++) {
        if (strcmp(request->settings->networks[n].id, request->network) == 0) {
            *ret = n;
            return &request->settings->networks[n];
        }
    }
    return NULL;
}

static bool year_view_find(
    struct request *request, uint16_t network, struct year_volumes *ret, bool *ret_bank)
{
    struct peak_view view;
    struct normals *normals = normals_of_store(request);
    if (normals == NULL) {
        return false;
    }
    normals_peak_view(normals, network, request->date, &view);
    normals_free(normals);
    const struct year_volumes *found = view.bank.year == request->year ? &view.bank : NULL;
    for (size_t i = 0; i < OWN_YEARS && found == NULL; i++) {
        found = view.own[i].year == request->year ? &view.own[i] : NULL;
    }
    if (found != NULL) {
        *ret = *found;
        *ret_bank = view.bank.year == request->year;
    }
    return found != NULL;
}

static int year_approve(
    struct request *request, uint16_t n, const struct year_volumes *year, bool bank)
{
    const struct peak_settings *peak = &request->settings->normals.peak;
    char error[512];
    bool slots[DAY_SLOTS];
    sqlite3 *store = store_write(request);
    if (store == NULL) {
        return EXIT_INPUT;
    }
    peak_slots(year->volumes, peak->slot_ns, slots);
    struct approval approval = {.network = request->settings->networks[n].id,
        .approved_by = request->by,
        .method = peak->method,
        .year = request->year,
        .approved_on = request->date,
        .full_days = year->full_days,
        .slot_minutes = peak->slot_ns / (60 * NS_PER_S),
        .bank = bank,
        .slots = slots};
    bool done = normals_store_approve(store, &approval, error, sizeof(error));
    sqlite3_close(store);
    if (!done) {
        return normals_fail("%s", error);
    }
    printf("network \"%s\": peak hours of %lld approved by %s\n", approval.network,
        (long long)request->year, request->by);
    return EXIT_DONE;
}

int normals_approve(struct request *request)
{
    struct year_volumes year;
    uint16_t network = 0;
    bool bank = false;
    if (request->network == NULL || request->year == 0 || request->by == NULL ||
        request->by[0] == '\0') {
        fputs("tapgrade normals: approve needs --network, --year and --by\n", stderr);
        return EXIT_USAGE;
    }
    if (network_find(request, &network) == NULL) {
        return normals_fail("network \"%s\" is not in the settings", request->network);
    }
    if (request->date < date_make(request->year + 1, 1, 1)) {
        return normals_fail("%lld is not over: peak hours are those of a full calendar year",
            (long long)request->year);
    }
    if (!year_view_find(request, network, &year, &bank)) {
        return normals_fail("the store has no volumes of network \"%s\" in %lld", request->network,
            (long long)request->year);
    }
    if (bank && request->settings->normals.peak.slot_ns != S_PER_HOUR * NS_PER_S) {
        return normals_fail("the bank's volumes are by hour: they make no slots of another length");
    }
    if (!bank && year.full_days < FULL_YEAR_DAYS) {
        printf("of %lld only %lld days were wholly seen: they stand for the year\n",
            (long long)request->year, (long long)year.full_days);
    }
    return year_approve(request, network, &year, bank);
}
