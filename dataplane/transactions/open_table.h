// The requests that wait for an answer, and those that are remembered, in fixed memory. Private to
// dataplane/transactions/.
//
// Entries lie in blocks, in the order in which they came; a block is given back as a whole (queues
// of blocks: entry_queue.h). The index finds an entry by its key: buckets of one cache line, 7
// slots each. A slot bears the generation of its entry's block, so that giving a block back makes
// all slots of its entries stale, and none of them is touched: a slot is used again when a key
// comes by. So a request touches one bucket and the next entry, an answer one bucket and its entry,
// and nothing else is touched for either later on.
//
// When a bucket is full the slot goes to the next one, and the bucket says until when one may lie
// there: a look-up goes on while it does. With three slots an entry few buckets are ever full.
#pragma once

#include "dataplane/transactions/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ENTRY_NONE   UINT32_MAX
#define BLOCK_NONE   UINT32_MAX
#define BUCKET_SLOTS 7

enum entry_state {
    ENTRY_OPEN,
    ENTRY_EARLY, // an answer whose request may still come (early.c)
    ENTRY_ANSWERED,
    ENTRY_EXPIRED, // unanswered or unobserved; a late answer still finds it
    ENTRY_LATE,    // expired, and its late answer has come
    ENTRY_SPENT,   // of no use: an early answer that was paired or given up
};

// All that pairing and counting need: one cache line.
struct entry {
    uint64_t key[2];
    struct instant requested_at;
    uint64_t ordinal;
    uint64_t account, amount;
    uint16_t link, mti, unit;
    union {
        uint16_t counterparty; // of a request
        uint16_t answer_code;  // of an early answer: expiry.h, answer_judge
    };
    union {
        uint16_t merchant_tag;  // of a request: of its merchant's hash, to tell one from another
        uint16_t answer_length; // of an early answer
    };
    uint8_t function;          // of at most 250 and `other`
    uint8_t state;             // enum entry_state
    uint8_t flags;             // enum transaction_flag
    uint8_t asked_by_ours : 1; // the request came from our side of the link
    uint8_t slow : 1;          // answered, but so late that it is remembered like an expired one
    uint8_t approved : 1;      // and in time
    uint8_t reversed : 1;      // a reversal has come
    uint8_t kind : 3;
    uint8_t province, holder;
};

_Static_assert(sizeof(struct entry) == 64, "one cache line");

// What only a record that is shown needs besides.
struct entry_details {
    struct endpoint client, server;
    uint8_t code_text[RESPONSE_CODE_CHARACTERS]; // of an early answer
};

_Static_assert(sizeof(struct entry_details) <= 64, "one cache line");

struct entry_block {
    uint32_t next; // of the same queue, or of the free ones
    uint16_t count;
    uint16_t waiting;       // open or early ones among them
    struct instant last_at; // of the last one
    uint16_t long_lived;    // those that expired, or were answered slowly
};

struct bucket {
    uint8_t tags[8];                    // of the keys; the last one is not a slot's
    uint32_t indices[BUCKET_SLOTS];     // of the entries
    uint16_t generations[BUCKET_SLOTS]; // of the entries' blocks; 0: never used
    uint8_t turn;                 // the slot that was taken longest ago: as a rule it is stale
    struct instant spilled_until; // no entry of this bucket lies in the next one later; 0: none
};

_Static_assert(sizeof(struct bucket) == 64, "one cache line");

// Where an entry is known by its key.
struct place {
    struct bucket *bucket; // NULL: nowhere
    uint32_t slot;
};

static inline uint32_t place_index(struct place place)
{
    return place.bucket->indices[place.slot];
}

struct open_table {
    struct entry *entries;
    struct entry_details *details; // NULL: records do without
    uint64_t *merchants;           // by entry; read of those that fail alone
    struct entry_block *blocks;
    uint16_t *generations; // by block; never 0
    struct bucket *buckets;
    uint32_t bucket_count;
    uint32_t block_shift; // log2 of a block's entries
    uint32_t block_count;
    uint32_t used_blocks; // that were ever in use: memory is touched only when it is needed
    uint32_t free_blocks; // chained by `next`
    uint32_t free_count;  // of these and of those that were never in use
};

// Room for `capacity` entries, and for one block more (open_table_has_room). False when there is no
// memory; open_table_done may be called in any case.
bool open_table_init(struct open_table *table, size_t capacity, bool with_details);
void open_table_done(struct open_table *table);

static inline struct bucket *open_table_bucket(
    const struct open_table *table, const uint64_t key[2])
{
    return &table->buckets[((key[1] >> 32) * table->bucket_count) >> 32]; // key[0]: the owner
}

static inline struct entry_block *open_table_block(const struct open_table *table, uint32_t index)
{
    return &table->blocks[index >> table->block_shift];
}

static inline uint32_t entry_index(const struct open_table *table, const struct entry *entry)
{
    return (uint32_t)(entry - table->entries);
}

// Of a table with details.
static inline struct entry_details *entry_details(
    const struct open_table *table, const struct entry *entry)
{
    return &table->details[entry_index(table, entry)];
}

// Of the request's field 42, keyed hash; 0: none.
static inline uint64_t entry_merchant(const struct open_table *table, const struct entry *entry)
{
    return table->merchants[entry_index(table, entry)];
}

// Byte by byte, all at once.
#define EACH_BYTE UINT64_C(0x0101010101010101)
#define SLOTS_TOP UINT64_C(0x0080808080808080)

// The top bit of byte i is set when slot i bears the key's tag, now and then also when it does not.
static inline uint64_t bucket_match(const struct bucket *bucket, const uint64_t key[2])
{
    uint64_t tags;
    memcpy(&tags, bucket->tags, sizeof(tags));
    uint64_t differ = tags ^ EACH_BYTE * (uint8_t)key[1];
    return (differ - EACH_BYTE) & ~differ & SLOTS_TOP;
}

struct place open_table_search(
    const struct open_table *table, const uint64_t key[2], struct instant now);

// The place of this key, if its entry's block is in use: there is one at most.
static inline struct place open_table_find(
    const struct open_table *table, const uint64_t key[2], struct instant now)
{
    const struct bucket *bucket = open_table_bucket(table, key);
    if (bucket_match(bucket, key) == 0 && bucket->spilled_until.ns < now.ns) {
        return (struct place){NULL, 0};
    }
    return open_table_search(table, key, now);
}

// Makes the entry known by its key, at `place` unless that is nowhere (it has the same key), else
// in a slot that is free. `until`: the entry is of no use later than this.
void open_table_put(
    struct open_table *table, struct place place, uint32_t index, struct instant until);
// The entry has moved.
void open_table_move(struct open_table *table, uint32_t from, uint32_t to, struct instant now);

// Fetches what a look-up will touch: first the bucket, some time later the entry.
static inline void open_table_fetch_bucket(const struct open_table *table, const uint64_t key[2])
{
    __builtin_prefetch(open_table_bucket(table, key), 1);
}
void open_table_fetch_entry(const struct open_table *table, const uint64_t key[2]);

// A block besides the one in reserve, which open_table_take_block gives out last: who takes that
// one has to give one back.
static inline bool open_table_has_room(const struct open_table *table)
{
    return table->free_count > 1;
}
uint32_t open_table_take_block(struct open_table *table);
// Its entries cannot be found any more.
void open_table_give_block(struct open_table *table, uint32_t block);
