// Records of a pending tick that only some facts make, each found by what it counts. Private to
// dataplane/counters/.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct row_key {
    uint64_t cell;
    int64_t cohort_s;
    uint64_t what;
};

struct row_slot {
    struct row_key key;
    uint32_t index; // 1 + index of the record; 0: free
};

// Zeroed before the first use; keeps what it has grown to.
struct rows {
    struct row_slot *slots;
    char *records;
    uint32_t count, capacity; // of records; there are twice as many slots
};

// The record of `size` bytes with this key, NULL with a zeroed one in *ret_new when it is the
// first. Valid until the next call.
void *rows_find(struct rows *rows, const struct row_key *key, size_t size, void **ret_new);
void rows_clear(struct rows *rows);
void rows_done(struct rows *rows);
