// Value prefixes that decide the province before any code does: the bank's own knowledge of its
// institutions and merchants. The longest prefix wins. Rows are sorted by field, then length, then
// bytes, so that each length that occurs is one binary search.
#include "config/tables.h"
#include "config/tsv.h"

#include <stdlib.h>
#include <string.h>

#define OVERRIDES_MAX 1000000
#define PREFIX_MAX    (sizeof(((struct province_override *)NULL)->prefix) - 1)

static int override_compare(const void *left, const void *right)
{
    const struct province_override *a = left, *b = right;
    if (a->field != b->field) {
        return a->field < b->field ? -1 : 1;
    }
    if (a->prefix_length != b->prefix_length) {
        return a->prefix_length > b->prefix_length ? -1 : 1;
    }
    return memcmp(a->prefix, b->prefix, a->prefix_length);
}

static uint8_t field_cell(const struct tsv *tsv, const char *cell, struct mistakes *mistakes)
{
    static const char *const names[] = {"42", "32", "33"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(cell, names[i]) == 0) {
            return (uint8_t)atoi(cell);
        }
    }
    mistake(
        mistakes, tsv->path, tsv->line, 1, "a field must be 42, 32 or 33, found \"%.20s\"", cell);
    return 0;
}

static bool override_row(const struct tsv *tsv, char *const *cells, struct province_override *ret,
    struct mistakes *mistakes)
{
    uint8_t field = field_cell(tsv, cells[0], mistakes);
    size_t length = strlen(cells[1]);
    bool digits = strlen(cells[2]) == 2 && strspn(cells[2], "0123456789") == 2;
    uint8_t province = digits ? (uint8_t)atoi(cells[2]) : 0;
    if (length == 0 || length > PREFIX_MAX) {
        mistake(mistakes, tsv->path, tsv->line, 0,
            "a prefix must be 1 to %zu characters, found %zu", PREFIX_MAX, length);
        return false;
    }
    if (!province_is_known(province)) {
        mistake(mistakes, tsv->path, tsv->line, 0,
            "a province must be two digits of GB/T 2260, found \"%.20s\"", cells[2]);
        return false;
    }
    *ret = (struct province_override){
        .field = field, .prefix_length = (uint8_t)length, .province = province};
    memcpy(ret->prefix, cells[1], length);
    return field != 0;
}

static bool row_add(struct province_overrides *overrides, const struct province_override *row)
{
    size_t count = overrides->count;
    if ((count & (count - 1)) == 0) { // room is doubled at every power of two
        struct province_override *rows =
            realloc(overrides->rows, (count == 0 ? 1 : 2 * count) * sizeof(rows[0]));
        if (rows == NULL) {
            return false;
        }
        overrides->rows = rows;
    }
    overrides->rows[overrides->count++] = *row;
    return true;
}

static bool rows_read(
    struct tsv *tsv, struct province_overrides *overrides, struct mistakes *mistakes)
{
    char *cells[TSV_CELLS_MAX];
    struct province_override row;
    bool good = true;
    for (int got; (got = tsv_next(tsv, cells, mistakes)) != 0;) {
        if (got < 0 || !override_row(tsv, cells, &row, mistakes)) {
            good = false;
        } else if (overrides->count == OVERRIDES_MAX || !row_add(overrides, &row)) {
            mistake(mistakes, tsv->path, tsv->line, 0, "more than %d rows", OVERRIDES_MAX);
            return false;
        }
    }
    return good;
}

bool province_overrides_read(
    const char *path, struct province_overrides *ret, struct mistakes *mistakes)
{
    struct tsv tsv;
    *ret = (struct province_overrides){0};
    if (!tsv_open(&tsv, path, "field\tprefix\tprovince", mistakes)) {
        return false;
    }
    bool good = rows_read(&tsv, ret, mistakes);
    tsv_close(&tsv);
    if (ret->count > 0) {
        qsort(ret->rows, ret->count, sizeof(ret->rows[0]), override_compare);
    }
    for (size_t i = 1; i < ret->count; i++) {
        if (override_compare(&ret->rows[i - 1], &ret->rows[i]) == 0) {
            mistake(mistakes, path, 0, 0, "duplicate prefix \"%s\" of field %u",
                ret->rows[i].prefix, ret->rows[i].field);
            good = false;
        }
    }
    return good;
}

void province_overrides_free(struct province_overrides *overrides)
{
    if (overrides != NULL) {
        free(overrides->rows);
        *overrides = (struct province_overrides){0};
    }
}

uint8_t province_overrides_find(
    const struct province_overrides *overrides, int field, const uint8_t *value, size_t length)
{
    struct province_override key = {.field = (uint8_t)field};
    if (overrides->count == 0 || field < 0 || field > UINT8_MAX) {
        return PROVINCE_UNKNOWN;
    }
    for (size_t take = length < PREFIX_MAX ? length : PREFIX_MAX; take > 0; take--) {
        key.prefix_length = (uint8_t)take;
        memcpy(key.prefix, value, take);
        const struct province_override *row = bsearch(
            &key, overrides->rows, overrides->count, sizeof(overrides->rows[0]), override_compare);
        if (row != NULL) {
            return row->province;
        }
    }
    return PROVINCE_UNKNOWN;
}
