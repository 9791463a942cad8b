// A binary heap of things by instant; equal instants in the order in which they were added.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_item {
    int64_t at_ns;
    uint64_t serial; // set by heap_add
    void *subject;
    uint32_t kind;
    uint32_t value;
};

struct heap {
    struct heap_item *items;
    size_t count, capacity;
    uint64_t serial;
};

// Ends the program when there is no memory: a scenario that does not fit cannot go on.
void heap_add(struct heap *heap, int64_t at_ns, uint32_t kind, void *subject, uint32_t value);
// The earliest, removed. False when the heap is empty.
bool heap_take(struct heap *heap, struct heap_item *ret);
void heap_done(struct heap *heap);

// NULL when the heap is empty.
static inline const struct heap_item *heap_first(const struct heap *heap)
{
    return heap->count == 0 ? NULL : heap->items;
}
