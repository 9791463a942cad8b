// Reads a tick that has nothing but cells and links, exactly as counters_print writes it: the keys
// in their order, no blanks, no escapes. Nearly every line of a year is one. Whatever else it finds
// it leaves to the reader of JSON (counters_scan.c), which also says what is wrong: so this one
// only has to be sure of what it takes, and takes nothing that the other would refuse.
#include "config/memory.h"

#include "dataplane/counters/counters_fields.h"
#include "dataplane/counters/counters_scan.h"

#include <stdlib.h>
#include <string.h>

#define INSTANT_BYTES 25 // 2026-03-10T10:30:00+08:00

struct plain {
    const struct settings *settings;
    const char *at, *end;
    struct counters *counters;
    size_t cell_capacity, link_capacity;
    char instant[INSTANT_BYTES + 1]; // the last one read: most are alike
    bool instant_read;
    int64_t instant_s;
};

#define TAKE(plain, literal) take(plain, literal, sizeof(literal) - 1)
static bool take(struct plain *plain, const char *text, size_t length)
{
    if ((size_t)(plain->end - plain->at) < length || memcmp(plain->at, text, length) != 0) {
        return false;
    }
    plain->at += length;
    return true;
}

// A number other than zero, which is never written, or `zero` itself.
static bool take_number(struct plain *plain, bool zero, int64_t min, int64_t max, int64_t *ret)
{
    const char *at = plain->at;
    bool negative = at < plain->end && *at == '-';
    int64_t value = 0;
    at += negative;
    const char *first = at;
    for (; at < plain->end && *at >= '0' && *at <= '9' && at - first < 18; at++) {
        value = value * 10 + (*at - '0');
    }
    bool odd = at == first || (*first == '0' && (!zero || negative || at - first > 1));
    bool goes_on = at < plain->end && *at != ',' && *at != '}' && *at != ']';
    value = negative ? -value : value;
    if (odd || goes_on || value < min || value > max) {
        return false;
    }
    plain->at = at;
    *ret = value;
    return true;
}

static bool take_instant(struct plain *plain, int64_t *ret_s)
{
    struct instant at;
    if (plain->end - plain->at <= INSTANT_BYTES || plain->at[INSTANT_BYTES] != '"') {
        return false;
    }
    if (!plain->instant_read || memcmp(plain->at, plain->instant, INSTANT_BYTES) != 0) {
        memcpy(plain->instant, plain->at, INSTANT_BYTES);
        plain->instant_read = instant_parse(plain->instant, &at) && at.ns % NS_PER_S == 0;
        if (!plain->instant_read) {
            return false;
        }
        plain->instant_s = at.ns / NS_PER_S;
    }
    *ret_s = plain->instant_s;
    plain->at += INSTANT_BYTES + 1;
    return true;
}

// In JSON the name stands as it is.
static bool is_plain_name(const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\' || (unsigned char)*name < ' ') {
            return false;
        }
    }
    return true;
}

// A name with the quote behind it.
static bool take_name(struct plain *plain, const char *name)
{
    size_t length = strlen(name);
    if ((size_t)(plain->end - plain->at) > length && plain->at[length] == '"' &&
        memcmp(plain->at, name, length) == 0 && is_plain_name(name)) {
        plain->at += length + 1;
        return true;
    }
    return false;
}

static bool take_network(struct plain *plain, uint16_t *ret)
{
    for (size_t i = 0; i < plain->settings->network_count; i++) {
        if (take_name(plain, plain->settings->networks[i].id)) {
            *ret = (uint16_t)i;
            return true;
        }
    }
    return false;
}

static bool take_link(struct plain *plain, uint16_t *ret)
{
    for (size_t i = 0; i < plain->settings->link_count; i++) {
        if (take_name(plain, plain->settings->links[i].id)) {
            *ret = (uint16_t)i;
            return true;
        }
    }
    return false;
}

static bool take_function(struct plain *plain, uint16_t network, uint16_t *ret)
{
    const struct function_table *table = &plain->settings->networks[network].functions;
    for (size_t i = 0; i <= table->function_count; i++) {
        if (take_name(plain, function_id(table, i))) {
            *ret = (uint16_t)i;
            return true;
        }
    }
    return false;
}

static bool take_site(struct plain *plain, uint8_t *ret)
{
    for (size_t i = 0; i < plain->settings->site_count && i <= UINT8_MAX; i++) {
        if (take_name(plain, plain->settings->sites[i])) {
            *ret = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static bool take_province(struct plain *plain, uint8_t *ret)
{
    const char *at = plain->at;
    if (plain->end - at < 3 || at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9' ||
        at[2] != '"') {
        return false;
    }
    *ret = (uint8_t)((at[0] - '0') * 10 + (at[1] - '0'));
    plain->at += 3;
    return true;
}

// The next `,"name":` of the fields from *next on.
static const struct sum_field *take_key(
    struct plain *plain, const struct sum_field *fields, size_t count, size_t *next)
{
    const char *name = plain->at + 2;
    if (plain->end - plain->at < 3 || plain->at[0] != ',' || plain->at[1] != '"') {
        return NULL;
    }
    for (; *next < count; (*next)++) {
        size_t length = strlen(fields[*next].name);
        if ((size_t)(plain->end - name) > length + 1 && name[length] == '"' &&
            name[length + 1] == ':' && memcmp(name, fields[*next].name, length) == 0) {
            plain->at = name + length + 2;
            return &fields[(*next)++];
        }
    }
    return NULL;
}

static bool take_small_sums(
    struct plain *plain, const struct sum_field *fields, size_t count, int64_t min, void *record)
{
    const struct sum_field *field;
    const char *before = plain->at;
    int64_t value;
    for (size_t next = 0; (field = take_key(plain, fields, count, &next)) != NULL;) {
        if (!take_number(plain, false, min, INT32_MAX, &value)) {
            plain->at = before;
            return false;
        }
        *sum_small(record, field) = (int32_t)value;
    }
    return true;
}

static bool take_large_sums(struct plain *plain, struct link_counts *link)
{
    const struct sum_field *field;
    for (size_t next = 0; (field = take_key(plain, link_bytes, LINK_BYTES, &next)) != NULL;) {
        if (!take_number(plain, false, 0, SUM_MAX, sum_large(link, field))) {
            return false;
        }
    }
    return true;
}

static bool take_cell(struct plain *plain, int64_t tick_s, struct cell_counts *ret)
{
    struct cell *cell = &ret->cell;
    *ret = (struct cell_counts){0};
    return TAKE(plain, "{\"network\":\"") && take_network(plain, &cell->network) &&
           TAKE(plain, ",\"link\":\"") && take_link(plain, &cell->link) &&
           TAKE(plain, ",\"function\":\"") &&
           take_function(plain, cell->network, &cell->function) &&
           TAKE(plain, ",\"province\":\"") && take_province(plain, &cell->province) &&
           TAKE(plain, ",\"site\":\"") && take_site(plain, &cell->site) &&
           TAKE(plain, ",\"cohort\":\"") && take_instant(plain, &ret->cohort_s) &&
           take_small_sums(plain, cell_sums, CELL_SUMS, INT32_MIN, ret) && TAKE(plain, "}") &&
           plain->settings->links[cell->link].network == cell->network && ret->cohort_s <= tick_s;
}

static bool take_latency(struct plain *plain, int32_t *ret)
{
    int64_t value;
    if (!TAKE(plain, ",\"latency\":[")) {
        return true;
    }
    for (size_t i = 0; i < LATENCY_CLASSES; i++) {
        if ((i > 0 && !TAKE(plain, ",")) || !take_number(plain, true, 0, INT32_MAX, &value)) {
            return false;
        }
        ret[i] = (int32_t)value;
        if (TAKE(plain, "]")) {
            return true;
        }
    }
    return false;
}

static bool take_link_counts(struct plain *plain, int64_t tick_s, struct link_counts *ret)
{
    *ret = (struct link_counts){0};
    return TAKE(plain, "{\"link\":\"") && take_link(plain, &ret->link) &&
           TAKE(plain, ",\"second\":\"") && take_instant(plain, &ret->second) &&
           take_large_sums(plain, ret) &&
           take_small_sums(plain, link_events, LINK_EVENTS, 0, ret) &&
           take_latency(plain, ret->latency) && TAKE(plain, "}") && ret->second <= tick_s;
}

static bool take_cells(struct plain *plain, int64_t tick_s)
{
    struct counters *counters = plain->counters;
    while (plain->at < plain->end && *plain->at == '{') {
        counters->cells = memory_grow(
            counters->cells, counters->cell_count, &plain->cell_capacity, sizeof(*counters->cells));
        struct cell_counts *cell = &counters->cells[counters->cell_count];
        if (!take_cell(plain, tick_s, cell) ||
            (counters->cell_count > 0 && cell_counts_compare(cell - 1, cell) >= 0)) {
            return false;
        }
        counters->cell_count++;
        if (!TAKE(plain, ",")) {
            return true;
        }
    }
    return counters->cell_count == 0;
}

static bool take_links(struct plain *plain, int64_t tick_s)
{
    struct counters *counters = plain->counters;
    while (plain->at < plain->end && *plain->at == '{') {
        counters->links = memory_grow(
            counters->links, counters->link_count, &plain->link_capacity, sizeof(*counters->links));
        struct link_counts *link = &counters->links[counters->link_count];
        if (!take_link_counts(plain, tick_s, link) ||
            (counters->link_count > 0 && link_counts_compare(link - 1, link) >= 0)) {
            return false;
        }
        counters->link_count++;
        if (!TAKE(plain, ",")) {
            return true;
        }
    }
    return counters->link_count == 0;
}

bool counters_scan_plain(
    const struct settings *settings, const char *line, size_t length, struct counters *ret)
{
    struct counters counters = {.line = ret->line};
    struct plain plain = {settings, line, line + length, &counters, 0, 0, {0}, false, 0};
    int64_t tick_s = 0, evicted = 0;
    bool good = TAKE(&plain, "{\"tick\":\"") && take_instant(&plain, &tick_s) &&
                TAKE(&plain, ",\"evicted\":") &&
                take_number(&plain, true, 0, INT64_MAX, &evicted) && TAKE(&plain, ",\"cells\":[") &&
                take_cells(&plain, tick_s) && TAKE(&plain, "],\"links\":[") &&
                take_links(&plain, tick_s) && TAKE(&plain, "]}") && plain.at == plain.end;
    if (!good) {
        counters_free(&counters);
        return false;
    }
    counters.tick = instant_from_s(tick_s);
    counters.evicted = (uint64_t)evicted;
    *ret = counters;
    return true;
}
