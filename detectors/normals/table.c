#include "detectors/normals/table.h"

#include "config/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS      5
#define PER_HOUR_MAX 1000000000LL // intents; ten times what all of China does in an hour
#define HOURS        24
static const char header[] = "network,function,province,hour,normal_per_hour";

struct row {
    struct volume_table *table;
    const struct settings *settings;
    uint16_t network;
    const char *path;
    size_t line;
    struct mistakes *mistakes;
};

// Splits in place at commas; false when there are not exactly COLUMNS columns.
static bool columns_split(char *text, char *columns[static COLUMNS])
{
    for (size_t i = 0; i < COLUMNS; i++) {
        columns[i] = strsep(&text, ",");
        if (columns[i] == NULL) {
            return false;
        }
    }
    return text == NULL;
}

// Whole number of digits only, up to `max`; -1 for anything else.
static int64_t whole_parse(const char *text, size_t length, int64_t max)
{
    int64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
        if (value > max) {
            return -1;
        }
    }
    return length == 0 ? -1 : value;
}

// "1234.5" in thousandths: digits, and up to three decimals; -1 for anything else.
static int64_t milli_parse(const char *text)
{
    const char *point = strchr(text, '.');
    size_t length = point == NULL ? strlen(text) : (size_t)(point - text);
    int64_t whole = whole_parse(text, length, PER_HOUR_MAX);
    if (whole < 0 || point == NULL) {
        return whole < 0 ? -1 : whole * 1000;
    }
    size_t digits = strlen(point + 1);
    int64_t fraction = digits > 3 ? -1 : whole_parse(point + 1, digits, 999);
    for (; fraction >= 0 && digits < 3; digits++) {
        fraction *= 10;
    }
    return fraction < 0 ? -1 : whole * 1000 + fraction;
}

static int network_find(const struct settings *settings, const char *id)
{
    for (size_t i = 0; i < settings->network_count; i++) {
        if (strcmp(settings->networks[i].id, id) == 0) {
            return (int)i;
        }
    }
    return -1;
}

// "other" is the function past the end of the table.
static int function_index(const struct function_table *functions, const char *id)
{
    for (size_t i = 0; i < functions->function_count; i++) {
        if (strcmp(functions->functions[i].id, id) == 0) {
            return (int)i;
        }
    }
    return strcmp(id, "other") == 0 ? (int)functions->function_count : -1;
}

static int province_parse(const struct regions *regions, const char *text)
{
    int64_t province = strlen(text) == 2 ? whole_parse(text, 2, PROVINCES - 1) : -1;
    return province > 0 && province != PROVINCE_NATIONAL && !regions->province[province]
               ? -1
               : (int)province;
}

static struct volumes *volumes_at(struct volume_table *table, int function, int province)
{
    struct volumes **at = &table->volumes[function * PROVINCES + province];
    if (*at == NULL) {
        *at = memory_zeroed(1, sizeof(**at));
        for (size_t hour = 0; hour < HOURS; hour++) {
            (*at)->hourly_milli[hour] = VOLUME_NONE;
        }
    }
    return *at;
}

static void row_read(const struct row *row, char *text)
{
    char *columns[COLUMNS];
    if (!columns_split(text, columns)) {
        mistake(
            row->mistakes, row->path, row->line, 0, "a row has the %d columns %s", COLUMNS, header);
        return;
    }
    int network = network_find(row->settings, columns[0]);
    if (network < 0) {
        mistake(row->mistakes, row->path, row->line, 0,
            "network is the id of a network in the settings, not \"%s\"", columns[0]);
        return;
    }
    if (network != row->network) {
        return;
    }
    int function = function_index(&row->settings->networks[network].functions, columns[1]);
    int province = province_parse(&row->settings->regions, columns[2]);
    int64_t hour = whole_parse(columns[3], strlen(columns[3]), HOURS - 1);
    int64_t per_hour = milli_parse(columns[4]);
    if (function < 0) {
        mistake(row->mistakes, row->path, row->line, 0,
            "function is the id of a function of network %s, not \"%s\"", columns[0], columns[1]);
    }
    if (province < 0) {
        mistake(row->mistakes, row->path, row->line, 0,
            "province is a GB/T 2260 code of two digits or 00, not \"%s\"; a normal volume belongs "
            "to one province",
            columns[2]);
    }
    if (hour < 0) {
        mistake(row->mistakes, row->path, row->line, 0, "hour is 0 to 23, not \"%s\"", columns[3]);
    }
    if (per_hour < 0) {
        mistake(row->mistakes, row->path, row->line, 0,
            "normal_per_hour is 0 to %lld intents with up to three decimals, not \"%s\"",
            PER_HOUR_MAX, columns[4]);
    }
    if (function < 0 || province < 0 || hour < 0 || per_hour < 0) {
        return;
    }
    int64_t *at = &volumes_at(row->table, function, province)->hourly_milli[hour];
    if (*at != VOLUME_NONE) {
        mistake(row->mistakes, row->path, row->line, 0,
            "a normal volume is given once, and %s,%s,%s,%s was given before", columns[0],
            columns[1], columns[2], columns[3]);
        return;
    }
    *at = per_hour;
}

static char *line_trim(char *line, ssize_t length, bool first)
{
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) {
        line[--length] = '\0';
    }
    return first && strncmp(line, "\xef\xbb\xbf", 3) == 0 ? line + 3 : line;
}

static void rows_read(struct row *row, FILE *in)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, in)) >= 0) {
        row->line++;
        char *text = line_trim(line, length, row->line == 1);
        if (row->line == 1 && strcmp(text, header) != 0) {
            mistake(row->mistakes, row->path, 1, 0,
                "the first line is the header %s, not \"%.80s\"", header, text);
            break;
        }
        if (row->line > 1 && text[0] != '\0') {
            row_read(row, text);
        }
    }
    if (row->line == 0) {
        mistake(row->mistakes, row->path, 0, 0,
            "the first line is the header %s, but the file is empty", header);
    }
    free(line);
}

bool volume_table_read(const char *path, const struct settings *settings, uint16_t network,
    struct volume_table *ret, struct mistakes *mistakes)
{
    size_t before = mistakes_count(mistakes);
    ret->volume_count = (settings->networks[network].functions.function_count + 1) * PROVINCES;
    ret->volumes = memory_zeroed(ret->volume_count, sizeof(*ret->volumes));
    FILE *in = fopen(path, "re");
    if (in == NULL) {
        mistake(mistakes, path, 0, 0, "the table of normal volumes cannot be read: %s",
            strerror(errno));
        return false;
    }
    struct row row = {ret, settings, network, path, 0, mistakes};
    rows_read(&row, in);
    fclose(in);
    return mistakes_count(mistakes) == before;
}

void volume_table_set(struct volume_table *table, size_t function_count, int function, int province,
    int hour, int64_t milli)
{
    if (table->volumes == NULL) {
        table->volume_count = (function_count + 1) * PROVINCES;
        table->volumes = memory_zeroed(table->volume_count, sizeof(*table->volumes));
    }
    volumes_at(table, function, province)->hourly_milli[hour] = milli;
}

void volume_table_done(struct volume_table *table)
{
    for (size_t i = 0; i < table->volume_count; i++) {
        free(table->volumes[i]);
    }
    free(table->volumes);
    *table = (struct volume_table){0};
}

int64_t volumes_milli(const struct volumes *volumes, int64_t epoch_s, int64_t covered_s)
{
    int64_t hour = shanghai_second_of_day(epoch_s) / S_PER_HOUR;
    int64_t hourly_milli = volumes == NULL ? VOLUME_NONE : volumes->hourly_milli[hour];
    return hourly_milli < 0 ? VOLUME_NONE
                            : (hourly_milli * covered_s + S_PER_HOUR / 2) / S_PER_HOUR;
}
