// Theory of operation
//
// Each owner has a run and a heap. A message that is not before the last one of the run is appended
// to it: with one worker, or with messages that are almost in order, that is nearly every message.
// The others, stragglers, go into a binary heap of keys (at, ordinal) over a pool of messages. Any
// disorder is put right exactly; n stragglers cost O(log n) each, order costs nothing.
//
// Where packets are lost all messages wait until packets.disorder has passed, some ten thousand of
// them, and a gap's word comes late. So the run is a list of chunks, in which no message is moved
// again, and is handed out where it lies, in pieces: up to the end of a chunk, or to where
// stragglers come in between. A chunk that was emptied is the next one to be filled.
//
// A heap of many stragglers would be deep, and out of the cache. So those of a slot of time that
// the watermark has not come to stand in a list, as they came, and go into the heap when it comes.
// What lies beyond the last slot goes into the heap at once, as what is earlier than the first.
//
// Stragglers are copied out of the heap when they are taken; what was taken is given back at the
// next put or take. Arrays grow when they must, by doubling, and are kept: in a steady state
// nothing is allocated.
#include "dataplane/exchange.h"

#include "config/log.h"
#include "config/memory.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_BITS 15   // of ns: 33 us
#define SLOTS     2048 // 67 ms, thrice the shipped packets.disorder
#define NOWHERE   SIZE_MAX

#define CHUNK_MESSAGES 1024
#define MERGED         64 // stragglers that are handed out at once

struct straggler {
    struct instant at;
    uint64_t ordinal;
    size_t place; // in the pool; of one that waits in its slot: the next one's there
};

// Of the run: messages [first, count) wait, and what was taken last may still be looked at.
struct chunk {
    struct chunk *next;
    size_t first, count;
    struct message items[CHUNK_MESSAGES];
};

struct owner {
    struct chunk *head, *tail; // of the run; there is always one
    struct chunk *spare;
    struct message *pool;
    size_t *free; // places of the pool
    size_t pool_capacity, free_count;
    struct straggler *heap;
    size_t heap_count;
    int64_t slot;              // the first whose stragglers are not in the heap
    struct straggler *waiting; // in slots, by place in the pool
    size_t waiting_count;
    size_t slots[SLOTS]; // the last one that came, or NOWHERE
    struct message merged[MERGED];
};

struct exchange {
    size_t owner_count;
    struct owner owners[];
};

// The rings between threads are of a fixed size; what waits here is not: it grows with the disorder
// of what is read and, live, for as long as one worker's watermark stands still.
static void *checked(void *grown, size_t count)
{
    if (grown == NULL) {
        log_error("no memory for %zu messages that wait for their turn", count);
        abort();
    }
    return grown;
}

static void *grow(void *array, size_t count, size_t size)
{
    return checked(reallocarray(array, count, size), count);
}

static struct chunk *chunk_take(struct owner *owner)
{
    struct chunk *chunk = owner->spare;
    if (chunk == NULL) {
        chunk = checked(memory_map_as_needed(sizeof(*chunk)), CHUNK_MESSAGES);
    } else {
        owner->spare = chunk->next;
    }
    chunk->next = NULL;
    chunk->first = chunk->count = 0;
    return chunk;
}

static void chunks_free(struct chunk *chunk)
{
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        memory_unmap(chunk, sizeof(*chunk));
        chunk = next;
    }
}

struct exchange *exchange_new(size_t workers)
{
    struct exchange *exchange =
        calloc(1, sizeof(*exchange) + workers * sizeof(exchange->owners[0]));
    if (exchange != NULL) {
        exchange->owner_count = workers;
        for (size_t i = 0; i < workers; i++) {
            struct owner *owner = &exchange->owners[i];
            memset(owner->slots, 0xff, sizeof(owner->slots));
            owner->head = owner->tail = chunk_take(owner);
        }
    }
    return exchange;
}

void exchange_free(struct exchange *exchange)
{
    for (size_t i = 0; exchange != NULL && i < exchange->owner_count; i++) {
        struct owner *owner = &exchange->owners[i];
        chunks_free(owner->head);
        chunks_free(owner->spare);
        memory_unmap(owner->pool, owner->pool_capacity * sizeof(*owner->pool));
        free(owner->free);
        free(owner->heap);
        free(owner->waiting);
    }
    free(exchange);
}

// ---- stragglers

static bool straggler_is_before(const struct straggler *a, const struct straggler *b)
{
    return a->at.ns != b->at.ns ? a->at.ns < b->at.ns : a->ordinal < b->ordinal;
}

// Of equals the straggler goes first, so that one of the two can always be taken.
static bool straggler_is_first(const struct straggler *a, const struct message *b)
{
    return !straggler_is_before(&(struct straggler){b->at, b->ordinal, NOWHERE}, a);
}

// In huge pages: its places are gone to in any order.
static struct message *pool_map(struct message *old, size_t count, size_t capacity)
{
    struct message *grown = checked(memory_map(capacity * sizeof(*grown)), capacity);
    if (count > 0) {
        memcpy(grown, old, count * sizeof(*old));
        memory_unmap(old, count * sizeof(*old));
    }
    return grown;
}

static void pool_grow(struct owner *owner)
{
    size_t old = owner->pool_capacity, capacity = old == 0 ? 256 : 2 * old;
    owner->pool = pool_map(owner->pool, old, capacity);
    owner->free = grow(owner->free, capacity, sizeof(*owner->free));
    owner->heap = grow(owner->heap, capacity, sizeof(*owner->heap));
    owner->waiting = grow(owner->waiting, capacity, sizeof(*owner->waiting));
    for (size_t place = old; place < capacity; place++) {
        owner->free[owner->free_count++] = place;
    }
    owner->pool_capacity = capacity;
}

static void heap_add(struct owner *owner, struct straggler added)
{
    size_t i = owner->heap_count++;
    for (; i > 0 && straggler_is_before(&added, &owner->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        owner->heap[i] = owner->heap[(i - 1) / 2];
    }
    owner->heap[i] = added;
}

static int64_t slot_of(struct instant at)
{
    return at.ns >> SLOT_BITS;
}

static void straggler_add(struct owner *owner, const struct message *message)
{
    if (owner->free_count == 0) {
        pool_grow(owner);
    }
    size_t place = owner->free[--owner->free_count];
    int64_t slot = slot_of(message->at);
    owner->pool[place] = *message;
    if (slot < owner->slot || slot - owner->slot >= SLOTS) {
        heap_add(owner, (struct straggler){message->at, message->ordinal, place});
        return;
    }
    size_t *last = &owner->slots[slot & (SLOTS - 1)];
    owner->waiting[place] = (struct straggler){message->at, message->ordinal, *last};
    owner->waiting_count++;
    *last = place;
}

static void slot_open(struct owner *owner)
{
    size_t *last = &owner->slots[owner->slot++ & (SLOTS - 1)];
    for (size_t place = *last; place != NOWHERE; place = owner->waiting[place].place) {
        const struct straggler *waiting = &owner->waiting[place];
        const char *message = (const char *)&owner->pool[place];
        __builtin_prefetch(message); // it came a while ago, and is to be copied soon
        __builtin_prefetch(message + 64);
        heap_add(owner, (struct straggler){waiting->at, waiting->ordinal, place});
        owner->waiting_count--;
    }
    *last = NOWHERE;
}

// Then all stragglers before the watermark are in the heap.
static void slots_open(struct owner *owner, struct instant watermark)
{
    int64_t end = slot_of(watermark) + 1;
    while (owner->slot < end && owner->waiting_count > 0) { // SLOTS times at most
        slot_open(owner);
    }
    owner->slot = owner->slot < end ? end : owner->slot;
}

static void straggler_take(struct owner *owner, struct message *ret)
{
    struct straggler *heap = owner->heap;
    *ret = owner->pool[heap[0].place];
    owner->free[owner->free_count++] = heap[0].place;
    struct straggler last = heap[--owner->heap_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < owner->heap_count; i = child) {
        if (child + 1 < owner->heap_count && straggler_is_before(&heap[child + 1], &heap[child])) {
            child++;
        }
        if (!straggler_is_before(&heap[child], &last)) {
            break;
        }
        heap[i] = heap[child];
    }
    heap[i] = last;
}

// ---- the run

static void run_append(struct owner *owner, const struct message *messages, size_t count)
{
    while (count > 0) {
        struct chunk *tail = owner->tail;
        size_t room = CHUNK_MESSAGES - tail->count, part = count < room ? count : room;
        memcpy(&tail->items[tail->count], messages, part * sizeof(*messages));
        tail->count += part;
        messages += part;
        count -= part;
        if (count > 0) {
            owner->tail = tail->next = chunk_take(owner);
        }
    }
}

// Gives back what was taken.
static void run_give(struct owner *owner)
{
    struct chunk *head = owner->head;
    if (head->first < head->count) {
        return;
    }
    head->first = head->count = 0;
    if (head->next != NULL) {
        owner->head = head->next;
        head->next = owner->spare;
        owner->spare = head;
    }
}

static bool run_is_empty(const struct owner *owner)
{
    return owner->head->first == owner->head->count; // behind run_give
}

static bool is_behind_run(const struct owner *owner, const struct message *message)
{
    const struct chunk *tail = owner->tail;
    return run_is_empty(owner) || message_compare(&tail->items[tail->count - 1], message) <= 0;
}

static void owner_put(struct owner *owner, const struct message *message)
{
    if (is_behind_run(owner, message)) {
        run_append(owner, message, 1);
    } else {
        straggler_add(owner, message);
    }
}

static void owner_put_all(struct owner *owner, const struct message *messages, size_t count)
{
    size_t i = 1;
    while (i < count && message_compare(&messages[i - 1], &messages[i]) <= 0) {
        i++;
    }
    if (count > 0 && i == count && is_behind_run(owner, messages)) {
        run_append(owner, messages, count);
        return;
    }
    for (i = 0; i < count; i++) {
        owner_put(owner, &messages[i]);
    }
}

void exchange_put(struct exchange *exchange, const struct message *messages, size_t count)
{
    for (size_t i = 0; i < exchange->owner_count; i++) {
        run_give(&exchange->owners[i]);
    }
    if (exchange->owner_count == 1) {
        owner_put_all(&exchange->owners[0], messages, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct message *message = &messages[i];
        if (!(message->flags & MESSAGE_GAP)) {
            owner_put(&exchange->owners[message->key[0] % exchange->owner_count], message);
        } else {
            for (size_t j = 0; j < exchange->owner_count; j++) {
                owner_put(&exchange->owners[j], message);
            }
        }
    }
}

// ---- taking

// How many of the chunk lie before `end`, which is no message of it. Nearly all do, as a rule, or
// few, where stragglers come in between.
static size_t chunk_before(const struct chunk *chunk, const struct message *end)
{
    const struct message *first = &chunk->items[chunk->first];
    size_t count = chunk->count - chunk->first, low = 0, high = 1;
    if (count == 0 || message_compare(&first[count - 1], end) < 0) {
        return count;
    }
    while (high < count && message_compare(&first[high - 1], end) < 0) {
        low = high;
        high *= 2;
    }
    high = high < count ? high : count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool before = message_compare(&first[middle], end) < 0;
        *(before ? &low : &high) = before ? middle + 1 : middle;
    }
    return low;
}

static size_t stragglers_take(struct owner *owner, struct instant watermark)
{
    const struct message *next =
        run_is_empty(owner) ? NULL : &owner->head->items[owner->head->first];
    size_t count = 0;
    while (count < MERGED && owner->heap_count > 0 && owner->heap[0].at.ns < watermark.ns &&
           (next == NULL || straggler_is_first(&owner->heap[0], next))) {
        straggler_take(owner, &owner->merged[count++]);
    }
    return count;
}

size_t exchange_take(
    struct exchange *exchange, size_t owner, struct instant watermark, const struct message **ret)
{
    struct owner *of = &exchange->owners[owner];
    run_give(of);
    slots_open(of, watermark);
    *ret = of->merged;
    size_t count = stragglers_take(of, watermark);
    if (count > 0) {
        return count;
    }
    struct message end = {.at = watermark}; // in front of all that is not before it
    if (of->heap_count > 0 && of->heap[0].at.ns < watermark.ns) {
        end.at = of->heap[0].at;
        end.ordinal = of->heap[0].ordinal;
    }
    struct chunk *head = of->head;
    *ret = &head->items[head->first];
    count = chunk_before(head, &end);
    head->first += count;
    return count;
}

size_t exchange_next(
    const struct exchange *exchange, size_t owner, size_t most, const struct message **ret)
{
    const struct chunk *head = exchange->owners[owner].head;
    size_t count = head->count - head->first;
    *ret = &head->items[head->first];
    return count < most ? count : most;
}

bool exchange_waits(const struct exchange *exchange, size_t owner)
{
    return exchange->owners[owner].head != exchange->owners[owner].tail;
}
