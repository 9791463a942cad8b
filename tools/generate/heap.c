#include "tools/generate/heap.h"

#include "config/memory.h"

#include <stdlib.h>

static bool is_before(const struct heap_item *a, const struct heap_item *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->serial < b->serial;
}

void heap_add(struct heap *heap, int64_t at_ns, uint32_t kind, void *subject, uint32_t value)
{
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity == 0 ? 256 : heap->capacity * 2;
        heap->items = memory_resize(heap->items, heap->capacity, sizeof(*heap->items));
    }
    struct heap_item item = {at_ns, heap->serial++, subject, kind, value};
    size_t hole = heap->count++;
    for (; hole > 0 && is_before(&item, &heap->items[(hole - 1) / 2]); hole = (hole - 1) / 2) {
        heap->items[hole] = heap->items[(hole - 1) / 2];
    }
    heap->items[hole] = item;
}

bool heap_take(struct heap *heap, struct heap_item *ret)
{
    if (heap->count == 0) {
        return false;
    }
    *ret = heap->items[0];
    struct heap_item last = heap->items[--heap->count];
    size_t hole = 0;
    for (size_t child = 1; child < heap->count; child = 2 * hole + 1) {
        child += child + 1 < heap->count && is_before(&heap->items[child + 1], &heap->items[child]);
        if (!is_before(&heap->items[child], &last)) {
            break;
        }
        heap->items[hole] = heap->items[child];
        hole = child;
    }
    heap->items[hole] = last;
    return true;
}

void heap_done(struct heap *heap)
{
    free(heap->items);
    *heap = (struct heap){0};
}
