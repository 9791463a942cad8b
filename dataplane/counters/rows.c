#include "dataplane/counters/rows.h"

#include "config/memory.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS_AT_FIRST 64 // a power of two

static struct row_slot *slot_find(const struct rows *rows, const struct row_key *key)
{
    uint64_t mixed =
        key->cell ^ (uint64_t)key->cohort_s * 0xff51afd7ed558ccdu ^ key->what * 0xc4ceb9fe1a85ec53u;
    uint32_t mask = 2 * rows->capacity - 1;
    uint32_t at = (uint32_t)((mixed ^ mixed >> 29) * 0x9e3779b97f4a7c15u >> 32) & mask;
    while (rows->slots[at].index != 0 && memcmp(&rows->slots[at].key, key, sizeof(*key)) != 0) {
        at = (at + 1) & mask;
    }
    return &rows->slots[at];
}

static void rows_grow(struct rows *rows, size_t size)
{
    struct row_slot *old = rows->slots;
    uint32_t slots = 2 * rows->capacity;
    rows->capacity = rows->capacity == 0 ? RECORDS_AT_FIRST : 2 * rows->capacity;
    rows->records = memory_resize(rows->records, rows->capacity, size);
    rows->slots = memory_zeroed(2 * (size_t)rows->capacity, sizeof(*rows->slots));
    for (uint32_t i = 0; i < slots; i++) {
        if (old[i].index != 0) {
            *slot_find(rows, &old[i].key) = old[i];
        }
    }
    free(old);
}

void *rows_find(struct rows *rows, const struct row_key *key, size_t size, void **ret_new)
{
    struct row_slot *slot = rows->capacity == 0 ? NULL : slot_find(rows, key);
    if (slot != NULL && slot->index != 0) {
        return rows->records + (slot->index - 1) * size;
    }
    if (rows->count == rows->capacity) {
        rows_grow(rows, size);
        slot = slot_find(rows, key);
    }
    *slot = (struct row_slot){*key, ++rows->count};
    *ret_new = memset(rows->records + (rows->count - 1) * size, 0, size);
    return NULL;
}

void rows_clear(struct rows *rows)
{
    if (rows->count > 0) {
        memset(rows->slots, 0, 2 * (size_t)rows->capacity * sizeof(*rows->slots));
        rows->count = 0;
    }
}

void rows_done(struct rows *rows)
{
    free(rows->slots);
    free(rows->records);
}
