// Persons come in groups of one cell, cohort and kind, by the million: their hashes are read
// without going through a number's text.
#include "dataplane/counters/counters_scan.h"

#include <stdlib.h>
#include <string.h>

#define ID_DIGITS 16

static bool scan_id(struct scan *scan, const json_t *value, uint64_t *ret)
{
    const char *text = json_string_value(value);
    uint64_t id = 0;
    size_t length = text == NULL ? 0 : json_string_length(value);
    for (size_t i = 0; i < length && i < ID_DIGITS; i++) {
        char digit = text[i];
        bool is_decimal = digit >= '0' && digit <= '9', is_letter = digit >= 'a' && digit <= 'f';
        if (!is_decimal && !is_letter) {
            length = 0;
            break;
        }
        id = id << 4 | (uint64_t)(is_decimal ? digit - '0' : digit - 'a' + 10);
    }
    if (length != ID_DIGITS || id == 0) {
        return scan_refuse(scan, "a person is %d hex digits, not all of them 0, and is '%.*s'",
            ID_DIGITS, SCAN_QUOTE_BYTES, text == NULL ? scan_kind_of(value) : text);
    }
    *ret = id;
    return true;
}

static bool scan_kind(struct scan *scan, const json_t *object, uint8_t *ret)
{
    const char *kind = scan_text(scan, object, "kind");
    for (uint8_t i = 0; kind != NULL && i < AFFECTED_KINDS; i++) {
        if (strcmp(kind, affected_kind_names[i]) == 0) {
            *ret = i;
            return true;
        }
    }
    return scan_refuse(scan, "a person's kind is natural, legal, unknown or merchant and is '%.*s'",
        SCAN_QUOTE_BYTES, kind == NULL ? "" : kind);
}

// What all persons of a group share.
static bool scan_group(struct scan *scan, json_t *object, int64_t tick_s, struct affected *ret)
{
    static const char *const names[] = {"network", "link", "function", "province", "site", "unit",
        "cohort", "kind", "served", "ids", NULL};
    const char *key;
    json_t *value, *served = json_object_get(object, "served");
    json_object_foreach(object, key, value)
    {
        if (!scan_is_one_of(key, names)) {
            return scan_refuse(scan, "affected has no '%.*s'", SCAN_QUOTE_BYTES, key);
        }
    }
    if (served != NULL && !json_is_true(served)) {
        return scan_refuse(scan, "'served' is true or absent");
    }
    ret->served = served != NULL;
    return scan_cell_id(scan, object, &ret->cell) && scan_cell_fits(scan, &ret->cell) &&
           scan_second(scan, object, "cohort", &ret->cohort_s) &&
           scan_kind(scan, object, &ret->kind) &&
           (ret->cohort_s <= tick_s || scan_refuse(scan, "a cohort is later than its tick"));
}

static bool scan_persons(struct scan *scan, const json_t *object, const struct affected *group)
{
    struct counters *counters = scan->counters;
    const json_t *ids = json_object_get(object, "ids");
    for (size_t i = 0; i < json_array_size(ids); i++) {
        struct affected *affected = &counters->affected[counters->affected_count];
        *affected = *group;
        if (!scan_id(scan, json_array_get(ids, i), &affected->id)) {
            return false;
        }
        if (counters->affected_count > 0 && affected_compare(affected - 1, affected) >= 0) {
            return scan_refuse(scan, "the affected are not in their order");
        }
        counters->affected_count++;
    }
    return true;
}

// How many persons all groups hold; 0, with the sentence, when one has none.
static size_t persons_count(struct scan *scan, const json_t *groups)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *ids = json_object_get(json_array_get(groups, i), "ids");
        if (json_array_size(ids) == 0) {
            scan_refuse(scan, "'ids' must be an array of persons");
            return 0;
        }
        count += json_array_size(ids);
    }
    if (count == 0) {
        scan_refuse(scan, "'affected' must hold objects");
    }
    return count;
}

bool scan_affected(struct scan *scan, const json_t *root, int64_t tick_s)
{
    struct counters *counters = scan->counters;
    const json_t *groups = json_object_get(root, "affected");
    if (groups == NULL) {
        return true;
    }
    size_t count = persons_count(scan, groups);
    if (count == 0) {
        return false;
    }
    counters->affected = calloc(count, sizeof(*counters->affected));
    bool good = counters->affected != NULL || scan_refuse(scan, "no memory for %zu persons", count);
    for (size_t i = 0; good && i < json_array_size(groups); i++) {
        json_t *object = json_array_get(groups, i);
        struct affected group = {0};
        good = scan_group(scan, object, tick_s, &group) && scan_persons(scan, object, &group);
    }
    return good;
}
