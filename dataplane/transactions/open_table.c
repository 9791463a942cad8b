#include "dataplane/transactions/open_table.h"

#include "config/memory.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SHIFT_MOST 8 // 256 entries, 16 KiB: what is looked at in one go stays short
#define SLOTS_AN_ENTRY   3
#define BLOCKS_FEWEST    256 // blocks of a smaller table are smaller

static void blocks_size(struct open_table *table, size_t capacity)
{
    while (table->block_shift < BLOCK_SHIFT_MOST &&
           capacity >> (table->block_shift + 1) >= BLOCKS_FEWEST) {
        table->block_shift++;
    }
    size_t entries = (size_t)1 << table->block_shift;
    table->block_count = (uint32_t)((capacity + entries - 1) / entries + 1);
    table->free_count = table->block_count;
}

static bool index_alloc(struct open_table *table, size_t entries)
{
    table->bucket_count = (uint32_t)(SLOTS_AN_ENTRY * entries / BUCKET_SLOTS + 1);
    table->buckets = memory_map(table->bucket_count * sizeof(struct bucket));
    table->generations = malloc(table->block_count * sizeof(*table->generations));
    if (table->buckets == NULL || table->generations == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < table->block_count; i++) {
        table->generations[i] = 1;
    }
    return true;
}

bool open_table_init(struct open_table *table, size_t capacity, bool with_details)
{
    *table = (struct open_table){.free_blocks = BLOCK_NONE};
    if (capacity == 0 || capacity >= ENTRY_NONE / 2) {
        return false;
    }
    blocks_size(table, capacity);
    size_t entries = (size_t)table->block_count << table->block_shift;
    table->entries = memory_map(entries * sizeof(struct entry));
    table->blocks = malloc(table->block_count * sizeof(*table->blocks));
    if (with_details) {
        table->details = memory_map(entries * sizeof(struct entry_details));
    }
    table->merchants = memory_map(entries * sizeof(*table->merchants));
    bool made = table->entries != NULL && table->blocks != NULL && table->merchants != NULL &&
                (table->details != NULL || !with_details);
    return made && index_alloc(table, entries);
}

void open_table_done(struct open_table *table)
{
    size_t entries = (size_t)table->block_count << table->block_shift;
    memory_unmap(table->entries, entries * sizeof(struct entry));
    memory_unmap(table->details, entries * sizeof(struct entry_details));
    memory_unmap(table->merchants, entries * sizeof(*table->merchants));
    memory_unmap(table->buckets, table->bucket_count * sizeof(struct bucket));
    free(table->blocks);
    free(table->generations);
    *table = (struct open_table){.free_blocks = BLOCK_NONE};
}

// ---- blocks

uint32_t open_table_take_block(struct open_table *table)
{
    uint32_t block = table->free_blocks;
    if (block != BLOCK_NONE) {
        table->free_blocks = table->blocks[block].next;
    } else {
        block = table->used_blocks++;
    }
    table->free_count--;
    table->blocks[block] = (struct entry_block){.next = BLOCK_NONE};
    return block;
}

void open_table_give_block(struct open_table *table, uint32_t block)
{
    uint16_t *generation = &table->generations[block];
    *generation = *generation == UINT16_MAX ? 1 : (uint16_t)(*generation + 1);
    table->blocks[block].count = 0;
    table->blocks[block].next = table->free_blocks;
    table->free_blocks = block;
    table->free_count++;
}

// ---- the index

static inline uint32_t match_first(uint64_t match)
{
    return (uint32_t)__builtin_ctzll(match) / 8;
}

static inline bool slot_is_stale(
    const struct open_table *table, const struct bucket *bucket, uint32_t slot)
{
    uint32_t block = bucket->indices[slot] >> table->block_shift;
    return table->generations[block] != bucket->generations[slot];
}

// Generations come round again, but a place that is in use holds what was put there last.
static inline bool slot_has_key(const struct open_table *table, const struct bucket *bucket,
    uint32_t slot, const uint64_t key[2])
{
    uint32_t index = bucket->indices[slot];
    const struct entry *entry = &table->entries[index];
    uint32_t place = index & ((1u << table->block_shift) - 1);
    return !slot_is_stale(table, bucket, slot) && entry->key[0] == key[0] &&
           entry->key[1] == key[1] && place < open_table_block(table, index)->count;
}

static struct bucket *bucket_next(const struct open_table *table, struct bucket *bucket)
{
    return bucket + 1 == table->buckets + table->bucket_count ? table->buckets : bucket + 1;
}

static inline struct place bucket_find(
    const struct open_table *table, struct bucket *bucket, const uint64_t key[2])
{
    uint64_t match = bucket_match(bucket, key);
    for (; match != 0; match &= match - 1) {
        if (slot_has_key(table, bucket, match_first(match), key)) {
            return (struct place){bucket, match_first(match)};
        }
    }
    return (struct place){NULL, 0};
}

struct place open_table_search(
    const struct open_table *table, const uint64_t key[2], struct instant now)
{
    struct bucket *bucket = open_table_bucket(table, key);
    struct place place = bucket_find(table, bucket, key);
    for (uint32_t i = 1; place.bucket == NULL && bucket->spilled_until.ns >= now.ns; i++) {
        if (i == table->bucket_count) {
            break;
        }
        bucket = bucket_next(table, bucket);
        place = bucket_find(table, bucket, key);
    }
    return place;
}

static struct place bucket_free_slot(const struct open_table *table, struct bucket *bucket)
{
    uint32_t slot = bucket->turn;
    for (uint32_t i = 0; i < BUCKET_SLOTS; i++) {
        uint32_t next = slot + 1 == BUCKET_SLOTS ? 0 : slot + 1;
        if (slot_is_stale(table, bucket, slot)) {
            bucket->turn = (uint8_t)next;
            return (struct place){bucket, slot};
        }
        slot = next;
    }
    return (struct place){NULL, 0};
}

static void place_set(const struct open_table *table, struct place place, uint32_t index)
{
    struct bucket *bucket = place.bucket;
    bucket->tags[place.slot] = (uint8_t)table->entries[index].key[1];
    bucket->generations[place.slot] = table->generations[index >> table->block_shift];
    bucket->indices[place.slot] = index;
}

void open_table_put(
    struct open_table *table, struct place place, uint32_t index, struct instant until)
{
    const uint64_t *key = table->entries[index].key;
    struct bucket *bucket = open_table_bucket(table, key);
    while (place.bucket == NULL && (place = bucket_free_slot(table, bucket)).bucket == NULL) {
        bucket->spilled_until = instant_max(bucket->spilled_until, until);
        bucket = bucket_next(table, bucket);
        place = bucket_find(table, bucket, key); // a forgotten one must not be found before this
    }
    place_set(table, place, index);
}

void open_table_move(struct open_table *table, uint32_t from, uint32_t to, struct instant now)
{
    struct place place = open_table_find(table, table->entries[from].key, now);
    if (place.bucket != NULL && place_index(place) == from) {
        place_set(table, place, to);
    }
}

void open_table_fetch_entry(const struct open_table *table, const uint64_t key[2])
{
    const struct bucket *bucket = open_table_bucket(table, key);
    uint64_t match = bucket_match(bucket, key);
    if (match != 0) {
        __builtin_prefetch(&table->entries[bucket->indices[match_first(match)]], 1);
    }
}
