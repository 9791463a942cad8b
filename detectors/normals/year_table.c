#include "detectors/normals/year_table.h"

#include "config/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS     4
#define HOURS       24
#define HOUR_SLOTS  (DAY_SLOTS / HOURS)
#define INTENTS_MAX 1000000000000000LL // of an hour of a year
#define YEARS_MAX   1000
#define YEAR_FIRST  2000
#define YEAR_LAST   9998

struct reading {
    const struct settings *settings;
    struct mistakes *mistakes;
    const char *path;
    size_t line;
    struct network_year *years;
    size_t count, capacity;
    uint32_t *given; // by year: bit of each hour
    size_t given_capacity;
};

static int64_t whole_parse(const char *text, int64_t max)
{
    int64_t value = 0;
    if (*text == '\0') {
        return -1;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return -1;
        }
        value = value * 10 + (*text - '0');
        if (value > max) {
            return -1;
        }
    }
    return value;
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

static size_t year_at(struct reading *reading, uint16_t network, int64_t year)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (reading->years[i].network == network && reading->years[i].volumes.year == year) {
            return i;
        }
    }
    size_t at = reading->count;
    reading->years = memory_grow(reading->years, at, &reading->capacity, sizeof(*reading->years));
    reading->given =
        memory_grow(reading->given, at, &reading->given_capacity, sizeof(*reading->given));
    reading->years[at] = (struct network_year){.network = network, .volumes.year = year};
    reading->given[at] = 0;
    reading->count++;
    return at;
}

static void hour_set(struct year_volumes *year, int64_t hour, int64_t intents)
{
    int64_t *slots = &year->volumes[hour * HOUR_SLOTS];
    for (size_t s = 0; s < HOUR_SLOTS; s++) {
        slots[s] = intents / HOUR_SLOTS + ((int64_t)s < intents % HOUR_SLOTS);
    }
}

#define SAY(reading, ...)                                                                          \
    mistake((reading)->mistakes, (reading)->path, (reading)->line, 0, __VA_ARGS__)

static void row_read(struct reading *reading, char *text)
{
    char *columns[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++) {
        columns[i] = strsep(&text, ",");
    }
    if (columns[COLUMNS - 1] == NULL || text != NULL) {
        SAY(reading, "a row has the %d columns %s", COLUMNS, YEAR_TABLE_HEADER);
        return;
    }
    int network = network_find(reading->settings, columns[0]);
    int64_t year = whole_parse(columns[1], YEAR_LAST), hour = whole_parse(columns[2], HOURS - 1);
    int64_t intents = whole_parse(columns[3], INTENTS_MAX);
    if (network < 0) {
        SAY(reading, "network is the id of a network in the settings, not \"%.80s\"", columns[0]);
    }
    if (year < YEAR_FIRST) {
        SAY(reading, "year is %d to %d, not \"%.80s\"", YEAR_FIRST, YEAR_LAST, columns[1]);
    }
    if (hour < 0) {
        SAY(reading, "hour is 0 to 23, not \"%.80s\"", columns[2]);
    }
    if (intents < 0) {
        SAY(reading, "intents is a whole number up to %lld, not \"%.80s\"", INTENTS_MAX,
            columns[3]);
    }
    if (network < 0 || year < YEAR_FIRST || hour < 0 || intents < 0) {
        return;
    }
    if (reading->count >= YEARS_MAX) {
        SAY(reading, "more than %d years", YEARS_MAX);
        return;
    }
    size_t at = year_at(reading, (uint16_t)network, year);
    if ((reading->given[at] & 1U << hour) != 0) {
        SAY(reading, "an hour is given once, and %s,%s,%s was given before", columns[0], columns[1],
            columns[2]);
        return;
    }
    reading->given[at] |= 1U << hour;
    hour_set(&reading->years[at].volumes, hour, intents);
}

static void rows_read(struct reading *reading, FILE *in)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, in)) >= 0) {
        reading->line++;
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) {
            line[--length] = '\0';
        }
        if (strlen(line) != (size_t)length) {
            SAY(reading, "a row is text, and has no NUL byte");
            continue;
        }
        bool marked = reading->line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0;
        char *text = marked ? line + 3 : line;
        if (reading->line == 1 && strcmp(text, YEAR_TABLE_HEADER) != 0) {
            SAY(reading, "the first line is the header %s, not \"%.80s\"", YEAR_TABLE_HEADER, text);
            break;
        }
        if (reading->line > 1 && text[0] != '\0') {
            row_read(reading, text);
        }
    }
    free(line);
}

// A year of which an hour is missing would make peak hours of the others.
static void years_check(struct reading *reading)
{
    reading->line = 0;
    for (size_t i = 0; i < reading->count; i++) {
        const struct network_year *year = &reading->years[i];
        int64_t all = 0;
        for (size_t s = 0; s < DAY_SLOTS; s++) {
            all += year->volumes.volumes[s];
        }
        const char *id = reading->settings->networks[year->network].id;
        if (reading->given[i] != (1U << HOURS) - 1) {
            SAY(reading, "%s,%lld has not all 24 hours", id, (long long)year->volumes.year);
        } else if (all == 0) {
            SAY(reading, "%s,%lld has no intents at all", id, (long long)year->volumes.year);
        }
    }
}

bool year_table_read(const char *path, const struct settings *settings, struct network_year **ret,
    size_t *ret_count, struct mistakes *mistakes)
{
    struct reading reading = {.settings = settings, .mistakes = mistakes, .path = path};
    size_t before = mistakes_count(mistakes);
    FILE *in = fopen(path, "re");
    if (in == NULL) {
        mistake(mistakes, path, 0, 0, "cannot be read: %s", strerror(errno));
    } else {
        rows_read(&reading, in);
        fclose(in);
        years_check(&reading);
    }
    free(reading.given);
    *ret = reading.years;
    *ret_count = reading.count;
    return mistakes_count(mistakes) == before;
}
