// Entries in the order of requested_at, in blocks of the table (open_table.h): they are appended,
// looked at from the oldest one that waits, and given back a block at a time, the oldest first.
// Private to dataplane/transactions/.
#pragma once

#include "dataplane/transactions/open_table.h"

struct entry_queue {
    uint32_t head, tail;   // blocks; BLOCK_NONE: empty
    uint32_t cursor;       // the block that holds the oldest entry that waits, if any waits
    uint32_t cursor_place; // none before this place of it waits
};

#define ENTRY_QUEUE_EMPTY ((struct entry_queue){BLOCK_NONE, BLOCK_NONE, BLOCK_NONE, 0})

// Whether the next entry needs a block.
static inline bool entry_queue_is_full(
    const struct open_table *table, const struct entry_queue *queue)
{
    return queue->tail == BLOCK_NONE ||
           table->blocks[queue->tail].count == 1u << table->block_shift;
}

// A place behind the last one, not written yet; it counts as waiting. There is a free block.
uint32_t entry_queue_append(
    struct open_table *table, struct entry_queue *queue, struct instant requested_at);

// The oldest entry that waits, ENTRY_NONE when none does. What was passed is not looked at again,
// and a block without waiting ones is not looked into.
uint32_t entry_queue_waiting(struct open_table *table, struct entry_queue *queue);

// Gives back the block behind `previous`, or the head when that is BLOCK_NONE. Nothing in it waits.
void entry_queue_give(struct open_table *table, struct entry_queue *queue, uint32_t previous);

static inline bool entry_waits(const struct entry *entry)
{
    return entry->state <= ENTRY_EARLY;
}
