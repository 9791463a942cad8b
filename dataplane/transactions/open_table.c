#include "dataplane/transactions/open_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

// Look-ups go anywhere: with small pages each would miss the TLB too.
static void *table_alloc(size_t count, size_t size)
{
    size_t bytes = (count * size + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    void *memory = aligned_alloc(HUGE_PAGE_BYTES, bytes);
    if (memory != NULL) {
        madvise(memory, bytes, MADV_HUGEPAGE); // a wish: without it the table is slower
    }
    return memory;
}

bool open_table_init(struct open_table *table, size_t capacity)
{
    size_t heads = 32; // two an entry: chains are short
    while (heads < 2 * capacity) {
        heads *= 2;
    }
    *table = (struct open_table){
        .mask = (uint32_t)(heads - 1), .capacity = (uint32_t)capacity, .free = ENTRY_NONE};
    if (capacity == 0 || capacity >= ENTRY_NONE) {
        return false;
    }
    table->entries = table_alloc(capacity, sizeof(struct entry));
    table->heads = table_alloc(heads, sizeof(uint32_t));
    if (table->entries == NULL || table->heads == NULL) {
        return false;
    }
    memset(table->heads, 0xff, heads * sizeof(uint32_t)); // ENTRY_NONE everywhere
    return true;
}

void open_table_done(struct open_table *table)
{
    free(table->entries);
    free(table->heads);
    *table = (struct open_table){.free = ENTRY_NONE};
}

uint32_t open_table_find(const struct open_table *table, const uint64_t key[2])
{
    uint32_t index = *open_table_head(table, key);
    while (index != ENTRY_NONE) {
        const struct entry *entry = &table->entries[index];
        if (entry->key[0] == key[0] && entry->key[1] == key[1]) {
            return index;
        }
        index = entry->chain;
    }
    return ENTRY_NONE;
}

uint32_t open_table_add(struct open_table *table, const uint64_t key[2])
{
    uint32_t index = table->free;
    if (index != ENTRY_NONE) {
        table->free = table->entries[index].next;
    } else if (table->used < table->capacity) {
        index = table->used++;
    } else {
        return ENTRY_NONE;
    }
    uint32_t *head = open_table_head(table, key);
    table->entries[index] =
        (struct entry){.key = {key[0], key[1]}, .chain = *head, .next = ENTRY_NONE};
    *head = index;
    return index;
}

void open_table_remove(struct open_table *table, uint32_t index)
{
    struct entry *entry = &table->entries[index];
    uint32_t *at = open_table_head(table, entry->key);
    while (*at != index) {
        at = &table->entries[*at].chain;
    }
    *at = entry->chain;
    entry->next = table->free;
    table->free = index;
}

void entry_list_append(struct open_table *table, struct entry_list *list, uint32_t index)
{
    table->entries[index].next = ENTRY_NONE;
    if (list->head == ENTRY_NONE) {
        list->head = index;
    } else {
        table->entries[list->tail].next = index;
    }
    list->tail = index;
}

uint32_t entry_list_take(struct open_table *table, struct entry_list *list, uint32_t previous)
{
    uint32_t *at = previous == ENTRY_NONE ? &list->head : &table->entries[previous].next;
    uint32_t index = *at;
    *at = table->entries[index].next;
    if (list->tail == index) {
        list->tail = previous;
    }
    if (*at != ENTRY_NONE && table->entries[*at].next != ENTRY_NONE) {
        __builtin_prefetch(&table->entries[table->entries[*at].next]);
    }
    return index;
}
