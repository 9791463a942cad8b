#include "dataplane/transactions/entry_queue.h"

#define WRITE_AHEAD 6 // entries: the line is there when its turn comes

static void block_add(struct open_table *table, struct entry_queue *queue)
{
    uint32_t block = open_table_take_block(table);
    if (queue->tail == BLOCK_NONE) {
        queue->head = queue->cursor = block;
        queue->cursor_place = 0;
    } else {
        table->blocks[queue->tail].next = block;
    }
    queue->tail = block;
}

uint32_t entry_queue_append(
    struct open_table *table, struct entry_queue *queue, struct instant requested_at)
{
    if (entry_queue_is_full(table, queue)) {
        block_add(table, queue);
    }
    struct entry_block *block = &table->blocks[queue->tail];
    uint32_t index = (queue->tail << table->block_shift) + block->count;
    block->count++;
    block->waiting++;
    block->last_at = requested_at;
    __builtin_prefetch(&table->entries[index + WRITE_AHEAD], 1);
    return index;
}

static uint32_t block_waiting(const struct open_table *table, uint32_t block, uint32_t place)
{
    const struct entry *entries = &table->entries[(size_t)block << table->block_shift];
    while (!entry_waits(&entries[place])) {
        place++;
    }
    return place;
}

uint32_t entry_queue_waiting(struct open_table *table, struct entry_queue *queue)
{
    while (queue->cursor != BLOCK_NONE) {
        const struct entry_block *block = &table->blocks[queue->cursor];
        if (block->waiting > 0) {
            queue->cursor_place = block_waiting(table, queue->cursor, queue->cursor_place);
            return (queue->cursor << table->block_shift) + queue->cursor_place;
        }
        queue->cursor_place = block->count;
        if (block->next == BLOCK_NONE) {
            break;
        }
        queue->cursor = block->next;
        queue->cursor_place = 0;
    }
    return ENTRY_NONE;
}

void entry_queue_give(struct open_table *table, struct entry_queue *queue, uint32_t previous)
{
    uint32_t *at = previous == BLOCK_NONE ? &queue->head : &table->blocks[previous].next;
    uint32_t block = *at, next = table->blocks[block].next;
    *at = next;
    if (queue->tail == block) {
        queue->tail = previous;
    }
    if (queue->cursor == block) {
        queue->cursor = next != BLOCK_NONE ? next : previous;
        queue->cursor_place =
            next != BLOCK_NONE || previous == BLOCK_NONE ? 0 : table->blocks[previous].count;
    }
    open_table_give_block(table, block);
}
