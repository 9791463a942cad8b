// Reading the settings: the file by its schema, then the checks across values, then the tables that
// it names. All three say their mistakes before anything is refused.
#include "config/settings.h"

#include "config/log.h"
#include "config/settings_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path));
}

char *settings_path(const struct settings *settings, const char *path)
{
    char *joined;
    if (path[0] == '/') {
        return strdup(path);
    }
    return asprintf(&joined, "%s/%s", settings->folder, path) < 0 ? NULL : joined;
}

// A path of the settings, ready to open. NULL when the value is empty, or has its mistake already,
// or cannot be read, which alone makes *good false. The caller frees.
static char *path_check(
    const struct settings *settings, char *const *value, bool *good, struct mistakes *mistakes)
{
    if (*value == NULL || **value == '\0') {
        return NULL;
    }
    char *path = settings_path(settings, *value);
    if (path == NULL || access(path, R_OK) != 0) {
        mistake_at(mistakes, value, "\"%s\" cannot be read: %s", *value, strerror(errno));
        *good = false;
        free(path);
        return NULL;
    }
    return path;
}

// For files that later stages read: they must be there.
static void file_check(
    const struct settings *settings, char *const *value, bool *good, struct mistakes *mistakes)
{
    free(path_check(settings, value, good, mistakes));
}

// A table that says natural or legal, and nothing else.
static bool classes_load(const struct settings *settings, char *const *value,
    struct label_table *table, struct mistakes *mistakes)
{
    bool good = true;
    char *path = path_check(settings, value, &good, mistakes);
    if (path != NULL) {
        good &= label_table_read(path, sizeof("natural") - 1, table, mistakes);
    }
    for (size_t i = 0; good && i < table->count; i++) {
        if (strcmp(table->names[i], "natural") != 0 && strcmp(table->names[i], "legal") != 0) {
            mistake(mistakes, path, 0, 0, "a person is natural or legal, found \"%s\"",
                table->names[i]);
            good = false;
        }
    }
    free(path);
    return good;
}

static bool network_load(
    const struct settings *settings, struct network_settings *network, struct mistakes *mistakes)
{
    bool good = true;
    char *functions = path_check(settings, &network->functions_path, &good, mistakes);
    if (functions != NULL) {
        good &= function_table_read(functions, &network->functions, mistakes);
    }
    char *codes = path_check(settings, &network->response_codes_path, &good, mistakes);
    if (codes != NULL) {
        good &= response_codes_read(codes, &network->response_codes, mistakes);
    }
    good &= classes_load(settings, &network->holders_path, &network->holders, mistakes);
    good &= classes_load(settings, &network->merchants_path, &network->merchants, mistakes);
    char *units = path_check(settings, &network->units_path, &good, mistakes);
    if (units != NULL) {
        good &= label_table_read(units, UNIT_CHARACTERS, &network->units, mistakes);
    }
    file_check(settings, &network->normals_path, &good, mistakes);
    network->learned_peak = calloc(1, sizeof(*network->learned_peak));
    if (network->learned_peak == NULL) {
        mistake_at(mistakes, &network->peak_hours, "not enough memory");
        good = false;
    } else {
        network->learned_peak->before.state = network->learned_peak->now.state = PEAK_NONE;
    }
    free(units);
    free(functions);
    free(codes);
    return good;
}

static bool link_load(
    const struct settings *settings, struct link_settings *link, struct mistakes *mistakes)
{
    bool good = true;
    char *overrides = path_check(settings, &link->province_overrides_path, &good, mistakes);
    if (overrides != NULL) {
        good &= province_overrides_read(overrides, &link->overrides, mistakes);
    }
    char *parties = path_check(settings, &link->counterparties_path, &good, mistakes);
    if (parties != NULL) {
        good &= label_table_read(parties, COUNTERPARTY_CHARACTERS, &link->counterparties, mistakes);
    }
    file_check(settings, &link->dialect_path, &good, mistakes);
    free(parties);
    free(overrides);
    return good;
}

static bool calendars_load(struct settings *settings, struct mistakes *mistakes)
{
    struct calendars_settings *calendars = &settings->calendars;
    bool good = true;
    for (size_t i = 0; i < calendars->year_count; i++) {
        char *path = path_check(settings, &calendars->year_paths[i], &good, mistakes);
        if (path != NULL) {
            good &= calendar_read_year(path, &calendars->calendar, mistakes);
        }
        free(path);
    }
    char *path = path_check(settings, &calendars->bank_days_path, &good, mistakes);
    if (path != NULL) {
        good &= calendar_read_bank(path, &calendars->calendar, mistakes);
    }
    free(path);
    return good;
}

// The templates themselves are read by the stage that writes drafts.
static bool drafts_load(struct settings *settings, struct mistakes *mistakes)
{
    struct drafts_settings *drafts = &settings->drafts;
    bool good = true;
    file_check(settings, &drafts->templates, &good, mistakes);
    char *path = path_check(settings, &drafts->classification_path, &good, mistakes);
    if (path != NULL) {
        good &= classifications_read(path, &drafts->classifications, mistakes);
    }
    free(path);
    return good;
}

static bool tables_load(struct settings *settings, struct mistakes *mistakes)
{
    bool good = true;
    for (size_t i = 0; i < settings->network_count && i < NETWORKS_MAX; i++) {
        good &= network_load(settings, &settings->networks[i], mistakes);
    }
    for (size_t i = 0; i < settings->link_count && i < LINKS_MAX; i++) {
        good &= link_load(settings, &settings->links[i], mistakes);
    }
    good &= calendars_load(settings, mistakes);
    good &= drafts_load(settings, mistakes);
    char *regions = path_check(settings, &settings->regions_path, &good, mistakes);
    if (regions != NULL) {
        good &= regions_read(regions, &settings->regions, mistakes);
    }
    free(regions);
    file_check(settings, &settings->transactions.account_key_path, &good, mistakes);
    for (size_t i = 0; i < settings->grades.rulebook_count; i++) {
        file_check(settings, &settings->grades.rulebook_paths[i], &good, mistakes);
    }
    for (size_t i = 0; i < settings->grades.overlay_count; i++) {
        file_check(settings, &settings->grades.overlay_paths[i], &good, mistakes);
    }
    return good;
}

static void warn(const struct settings *settings)
{
    for (size_t i = 0; i < settings->network_count; i++) {
        const struct network_settings *network = &settings->networks[i];
        if (network->special_class_count == 0) {
            log_warning("network \"%s\": special_class is empty: treated as special (arts. 7-9)",
                network->id);
        }
    }
}

struct settings *settings_read(const char *path, struct mistakes *mistakes)
{
    struct settings *settings = calloc(1, sizeof(*settings));
    if (settings == NULL) {
        mistake(mistakes, path, 0, 0, "not enough memory");
        return NULL;
    }
    bool good = yaml_read(path, &settings_schema, settings, mistakes);
    settings->folder = folder_of(path);
    if (settings->folder != NULL && mistakes_path_of(mistakes, settings) != NULL) {
        good = settings_check(settings, mistakes) && good;
        good = tables_load(settings, mistakes) && good;
        good = maintenance_check(settings, mistakes) && good;
        good = services_check(settings, mistakes) && good;
    }
    if (!good || settings->folder == NULL) {
        settings_free(settings);
        return NULL;
    }
    warn(settings);
    return settings;
}

void settings_free(struct settings *settings)
{
    if (settings == NULL) {
        return;
    }
    for (size_t i = 0; settings->networks != NULL && i < settings->network_count; i++) {
        function_table_free(&settings->networks[i].functions);
        response_codes_free(&settings->networks[i].response_codes);
        free(settings->networks[i].learned_peak);
        label_table_free(&settings->networks[i].units);
        label_table_free(&settings->networks[i].holders);
        label_table_free(&settings->networks[i].merchants);
    }
    for (size_t i = 0; settings->links != NULL && i < settings->link_count; i++) {
        province_overrides_free(&settings->links[i].overrides);
        label_table_free(&settings->links[i].counterparties);
    }
    for (size_t i = 0; i < settings->site_count; i++) {
        free(settings->sites[i]);
    }
    calendar_free(&settings->calendars.calendar);
    classifications_free(&settings->drafts.classifications);
    free(settings->sites);
    free(settings->folder);
    yaml_free(&settings_schema, settings);
    free(settings);
}

const struct institution_settings *institution_of(const struct settings *settings, uint16_t network)
{
    return &settings->institutions[settings->networks[network].institution];
}

int64_t settings_time_limit_ns(const struct settings *settings, uint16_t network)
{
    int64_t longest_ns = 0;
    for (size_t i = 0; i < settings->link_count; i++) {
        const struct link_settings *link = &settings->links[i];
        if (link->network == network && link->time_limit_ns > longest_ns) {
            longest_ns = link->time_limit_ns;
        }
    }
    return longest_ns;
}
