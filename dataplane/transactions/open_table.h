// The requests that wait for an answer, and those that are remembered: a chained hash table in
// fixed memory. Private to dataplane/transactions/.
#pragma once

#include "dataplane/transactions/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENTRY_NONE UINT32_MAX

enum entry_state {
    ENTRY_OPEN,
    ENTRY_ANSWERED,
    ENTRY_EXPIRED, // unanswered or unobserved; a late answer still finds it
    ENTRY_LATE,    // expired, and its late answer has come
    ENTRY_EARLY,   // an answer whose request may still come (early.c)
    ENTRY_SPENT,   // its request has come, and has an entry of its own
};

// Line 1 is what a lookup and an expiry touch, line 2 what the record needs besides.
struct entry {
    uint64_t key[2];
    struct instant requested_at;
    uint64_t ordinal;
    uint64_t account;
    uint32_t chain; // next of the same hash
    uint32_t next;  // next of the same list
    uint16_t link, function, mti;
    uint8_t state;      // enum entry_state
    uint8_t flags;      // enum transaction_flag
    bool asked_by_ours; // the request came from our side of the link
    bool slow;          // answered, but so late that it is remembered like an expired one
    uint8_t reserved[6];
    // line 2
    uint64_t amount;
    struct endpoint client, server;
    uint8_t kind, province, holder;
    // of an early answer
    uint8_t verdict, answer_flags;
    uint8_t code_text[RESPONSE_CODE_CHARACTERS];
    uint16_t answer_length;
};

_Static_assert(offsetof(struct entry, amount) == 64, "line 1");
_Static_assert(sizeof(struct entry) <= 128, "two cache lines");

// Entries in the order in which they were appended.
struct entry_list {
    uint32_t head, tail;
};

struct open_table {
    struct entry *entries;
    uint32_t *heads;
    uint32_t mask;
    uint32_t capacity;
    uint32_t used; // entries that were ever in use: memory is touched only when it is needed
    uint32_t free; // chained by `next`
};

// False when there is no memory; open_table_done may be called in any case.
bool open_table_init(struct open_table *table, size_t capacity);
void open_table_done(struct open_table *table);

static inline uint32_t *open_table_head(const struct open_table *table, const uint64_t key[2])
{
    return &table->heads[key[1] & table->mask]; // key[0] has chosen the owner already
}

// The newest entry with this key, or ENTRY_NONE.
uint32_t open_table_find(const struct open_table *table, const uint64_t key[2]);
// A new entry with this key, everything else zero; ENTRY_NONE when the table is full.
uint32_t open_table_add(struct open_table *table, const uint64_t key[2]);
void open_table_remove(struct open_table *table, uint32_t index);

void entry_list_append(struct open_table *table, struct entry_list *list, uint32_t index);
// Takes out the entry behind `previous`, or the head when `previous` is ENTRY_NONE. The one after
// the next is fetched ahead: when heads are taken one a message, none is waited for.
uint32_t entry_list_take(struct open_table *table, struct entry_list *list, uint32_t previous);
