// The classes of GB/T 20986-2023: a row each, as many as a bank wants to tell apart.
#include "config/tables.h"
#include "config/tsv.h"

#include <stdlib.h>
#include <string.h>

#define NAME_BYTES_MAX 60

// What the machine proposes must be there.
static const char *const proposed[] = {
    CLASS_RANSOMWARE, CLASS_TAMPERED, CLASS_LEAKED, CLASS_DATA_LOST, CLASS_ACCESS, CLASS_TRAFFIC};

static bool is_code(const char *cell)
{
    return strlen(cell) == CLASSIFICATION_CODE && strspn(cell, "0123456789") == CLASSIFICATION_CODE;
}

static bool is_name(const char *cell)
{
    size_t length = strlen(cell);
    return length > 0 && length <= NAME_BYTES_MAX;
}

static bool row_add(const struct tsv *tsv, char *const *cells, struct classifications *ret,
    struct mistakes *mistakes)
{
    const char *fault = NULL;
    if (!is_code(cells[0])) {
        fault = "a code must be five digits";
    } else if (classification_find(ret, cells[0]) != NULL) {
        fault = "the code stands in two rows";
    } else if (!is_name(cells[1]) || !is_name(cells[2])) {
        fault = "category and name must have 1 to 60 bytes";
    } else if (strcmp(cells[3], "yes") != 0 && strcmp(cells[3], "no") != 0) {
        fault = "verified must be yes or no";
    } else if (ret->count == CLASSIFICATIONS_MAX) {
        fault = "the table has too many rows";
    }
    if (fault != NULL) {
        mistake(mistakes, tsv->path, tsv->line, 1, "%s, found \"%.20s\"", fault, cells[0]);
        return false;
    }
    struct classification *rows = reallocarray(ret->rows, ret->count + 1, sizeof(*ret->rows));
    if (rows == NULL) {
        mistake(mistakes, tsv->path, 0, 0, "out of memory");
        return false;
    }
    ret->rows = rows;
    struct classification *row = &rows[ret->count++];
    *row = (struct classification){.verified = strcmp(cells[3], "yes") == 0};
    memcpy(row->code, cells[0], sizeof(row->code));
    row->category = strdup(cells[1]);
    row->name = strdup(cells[2]);
    return row->category != NULL && row->name != NULL;
}

bool classifications_read(const char *path, struct classifications *ret, struct mistakes *mistakes)
{
    struct tsv tsv;
    char *cells[TSV_CELLS_MAX];
    bool good = true;
    *ret = (struct classifications){0};
    if (!tsv_open(&tsv, path, "code\tcategory\tname\tverified", mistakes)) {
        return false;
    }
    for (int got; (got = tsv_next(&tsv, cells, mistakes)) != 0;) {
        good &= got > 0 && row_add(&tsv, cells, ret, mistakes);
    }
    tsv_close(&tsv);
    for (size_t i = 0; good && i < sizeof(proposed) / sizeof(proposed[0]); i++) {
        if (classification_find(ret, proposed[i]) == NULL) {
            mistake(mistakes, path, 0, 0, "code %s, which drafts propose, has no row", proposed[i]);
            good = false;
        }
    }
    return good;
}

void classifications_free(struct classifications *classifications)
{
    for (size_t i = 0; i < classifications->count; i++) {
        free(classifications->rows[i].category);
        free(classifications->rows[i].name);
    }
    free(classifications->rows);
    *classifications = (struct classifications){0};
}

const struct classification *classification_find(
    const struct classifications *classifications, const char *code)
{
    for (size_t i = 0; i < classifications->count; i++) {
        if (strcmp(classifications->rows[i].code, code) == 0) {
            return &classifications->rows[i];
        }
    }
    return NULL;
}
