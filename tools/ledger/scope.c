// A verdict depends on nothing of another institution's networks: cells, links, mirrors and normal
// business are of one network each, and groups of one institution. So what is left gives the same
// verdict. The counts of the sensor alone (ports, evictions) stay.
#include "tools/ledger/scope.h"

#include "config/memory.h"

#include "detectors/grades/overlay.h"

#include "tools/inputs.h"

#include <sqlite3.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scope_of {
    const struct settings *settings;
    uint16_t institution;
};

// ---- settings

// Shallow: the records share everything with the settings' own.
static void *list_keep(const struct scope_of *scope, const void *list, size_t *count, size_t size,
    bool (*keeps)(const struct scope_of *scope, const void *record))
{
    char *kept = memory_zeroed(*count + 1, size);
    size_t used = 0;
    for (size_t i = 0; i < *count; i++) {
        const char *record = (const char *)list + i * size;
        if (keeps(scope, record)) {
            memcpy(kept + used++ * size, record, size);
        }
    }
    *count = used;
    return kept;
}

static bool has_network(const struct scope_of *scope, const char *id)
{
    for (size_t i = 0; i < scope->settings->network_count; i++) {
        const struct network_settings *network = &scope->settings->networks[i];
        if (network->institution == scope->institution && strcmp(network->id, id) == 0) {
            return true;
        }
    }
    return false;
}

static bool keeps_institution(const struct scope_of *scope, const void *record)
{
    const struct institution_settings *institution = record;
    return strcmp(scope->settings->institutions[scope->institution].id, institution->id) == 0;
}

static bool keeps_network(const struct scope_of *scope, const void *record)
{
    return ((const struct network_settings *)record)->institution == scope->institution;
}

static bool keeps_link(const struct scope_of *scope, const void *record)
{
    return has_network(scope, ((const struct link_settings *)record)->network_id);
}

static bool keeps_service(const struct scope_of *scope, const void *record)
{
    return has_network(scope, ((const struct service_settings *)record)->network_id);
}

static bool keeps_service_day(const struct scope_of *scope, const void *record)
{
    return has_network(scope, ((const struct service_day_settings *)record)->network_id);
}

static bool keeps_maintenance(const struct scope_of *scope, const void *record)
{
    return has_network(scope, ((const struct maintenance_settings *)record)->network_id);
}

static bool keeps_cii(const struct scope_of *scope, const void *record)
{
    return has_network(scope, *(char *const *)record);
}

// Of data centres in which the institution has none, nothing is said.
static bool keeps_site(const struct scope_of *scope, const void *record)
{
    for (size_t i = 0; i < scope->settings->link_count; i++) {
        const struct link_settings *link = &scope->settings->links[i];
        if (keeps_link(scope, link) && strcmp(link->site_name, *(char *const *)record) == 0) {
            return true;
        }
    }
    return false;
}

static bool keeps_overlay(const struct scope_of *scope, const void *record)
{
    struct mistakes *mistakes = mistakes_new();
    struct overlay *overlay = overlay_read(*(char *const *)record, scope->settings, mistakes);
    bool kept = false;
    for (size_t i = 0; overlay != NULL && i < overlay->network_count; i++) {
        kept |= has_network(scope, overlay->networks[i]);
    }
    overlay_free(overlay);
    mistakes_free(mistakes);
    return kept;
}

static void path_make_absolute(void *context, char **path)
{
    const struct settings *settings = context;
    if (*path != NULL && **path != '\0') {
        char *resolved = settings_path(settings, *path), *real = realpath(resolved, NULL);
        free(*path);
        *path = real != NULL ? real : memory_text(resolved);
        free(resolved);
    }
}

#define KEEP(list, count, keeps)                                                                   \
    ((list) = list_keep(&scope, (list), &(count), sizeof(*(list)), (keeps)))

static void settings_print(const struct settings *settings, uint16_t institution, FILE *out)
{
    const struct scope_of scope = {settings, institution};
    struct settings kept = *settings;
    KEEP(kept.institutions, kept.institution_count, keeps_institution);
    KEEP(kept.networks, kept.network_count, keeps_network);
    KEEP(kept.links, kept.link_count, keeps_link);
    KEEP(kept.services, kept.service_count, keeps_service);
    KEEP(kept.service_days, kept.service_day_count, keeps_service_day);
    KEEP(kept.maintenance, kept.maintenance_count, keeps_maintenance);
    KEEP(kept.grades.cii_networks, kept.grades.cii_count, keeps_cii);
    KEEP(kept.grades.overlay_paths, kept.grades.overlay_count, keeps_overlay);
    kept.incidents.zones =
        memory_zeroed(settings->incidents.zone_count + 1, sizeof(*kept.incidents.zones));
    kept.incidents.zone_count = 0;
    for (size_t i = 0; i < settings->incidents.zone_count; i++) {
        struct zone_settings *zone = &kept.incidents.zones[kept.incidents.zone_count++];
        *zone = settings->incidents.zones[i];
        KEEP(zone->sites, zone->site_count, keeps_site);
        if (zone->site_count == 0) {
            free(zone->sites);
            kept.incidents.zone_count--;
        }
    }
    yaml_print(out, &settings_schema, &kept, false);
    for (size_t i = 0; i < kept.incidents.zone_count; i++) {
        free(kept.incidents.zones[i].sites);
    }
    void *const lists[] = {kept.institutions, kept.networks, kept.links, kept.services,
        kept.service_days, kept.maintenance, kept.grades.cii_networks, kept.grades.overlay_paths,
        kept.incidents.zones};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        free(lists[i]);
    }
}

bool scope_settings(struct settings *settings, uint16_t institution, char *path, size_t path_size,
    char *error, size_t error_size)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, path_size, "%s/tapgrade-export-XXXXXX", folder != NULL ? folder : "/tmp");
    int file = mkstemp(path); // mode 0600
    FILE *out = file < 0 ? NULL : fdopen(file, "w");
    if (out == NULL) {
        snprintf(error, error_size, "'%s' cannot be made: %s", path, strerror(errno));
        return false;
    }
    inputs_each_path(settings, path_make_absolute, settings);
    path_make_absolute(settings, &settings->drafts.templates);
    path_make_absolute(settings, &settings->ledger.folder);
    settings_print(settings, institution, out);
    bool written = ferror(out) == 0;
    written = fclose(out) == 0 && written;
    if (!written) {
        snprintf(error, error_size, "'%s' cannot be written", path);
        unlink(path);
    }
    return written;
}

// ---- counters

static bool of_network(const struct scope_of *scope, uint16_t network)
{
    return scope->settings->networks[network].institution == scope->institution;
}

#define FILTER(list, count, network_of)                                                            \
    do {                                                                                           \
        size_t used = 0;                                                                           \
        for (size_t i = 0; i < (count); i++) {                                                     \
            if (of_network(&scope, (list)[i].network_of)) {                                        \
                (list)[used++] = (list)[i];                                                        \
            }                                                                                      \
        }                                                                                          \
        (count) = used;                                                                            \
    } while (0)

void scope_counters(
    const struct settings *settings, uint16_t institution, struct counters *counters)
{
    const struct scope_of scope = {settings, institution};
    size_t links = 0;
    FILTER(counters->cells, counters->cell_count, cell.network);
    FILTER(counters->codes, counters->code_count, cell.network);
    FILTER(counters->affected, counters->affected_count, cell.network);
    FILTER(counters->counterparties, counters->counterparty_count, network);
    for (size_t i = 0; i < counters->link_count; i++) {
        if (of_network(&scope, settings->links[counters->links[i].link].network)) {
            counters->links[links++] = counters->links[i];
        }
    }
    counters->link_count = links;
}

// ---- what is normal

bool scope_normals(const struct settings *settings, const char *path)
{
    static const char *const tables[] = {
        "days", "profiles", "hours", "years", "approvals", "bank_volumes"};
    sqlite3 *database = NULL;
    sqlite3_str *list = sqlite3_str_new(NULL);
    bool good = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
                sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) == SQLITE_OK;
    for (size_t i = 0; i < settings->network_count; i++) {
        sqlite3_str_appendf(list, "%s%Q", i > 0 ? ", " : "", settings->networks[i].id);
    }
    char *ids = sqlite3_str_finish(list);
    for (size_t i = 0; good && i < sizeof(tables) / sizeof(tables[0]); i++) {
        char *text = sqlite3_mprintf("DELETE FROM %s WHERE network NOT IN (%s)", tables[i], ids);
        good = text != NULL && sqlite3_exec(database, text, NULL, NULL, NULL) == SQLITE_OK;
        sqlite3_free(text);
    }
    good = good && sqlite3_exec(database, "VACUUM", NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_free(ids);
    return sqlite3_close(database) == SQLITE_OK && good;
}
