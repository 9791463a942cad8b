// Theory of operation
//
// Each owner has a run and a heap. A message that is not before the last one of the run is appended
// to it: with one worker, or with messages that are almost in order, that is nearly every message.
// The others, stragglers, go into a binary heap of keys (at, ordinal) over a pool of messages. Any
// disorder is put right exactly; n stragglers cost O(log n) each, order costs nothing.
//
// Where packets are lost most messages are stragglers, and wait until packets.disorder has passed:
// a heap of all of them would be deep, and out of the cache. So those of a slot of time that the
// watermark has not come to stand in a list, as they came, and go into the heap when it comes.
// What lies beyond the last slot goes into the heap at once, as what is earlier than the first.
//
// Taking up to a watermark hands out the front of the run itself when no straggler lies before the
// watermark; else run and heap are merged into `merged`. What was taken from the run is given back
// at the next put. Arrays grow when they must, by doubling, and are kept: in a steady state nothing
// is allocated.
#include "dataplane/exchange.h"

#include "config/log.h"
#include "config/memory.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_BITS 15   // of ns: 33 us
#define SLOTS     2048 // 67 ms, thrice the shipped packets.disorder
#define NOWHERE   SIZE_MAX

struct straggler {
    struct instant at;
    uint64_t ordinal;
    size_t place; // in the pool; of one that waits in its slot: the next one's there
};

struct owner {
    struct message *run;
    size_t run_first, run_count, run_capacity;
    struct message *pool;
    size_t *free; // places of the pool
    size_t pool_capacity, free_count;
    struct straggler *heap;
    size_t heap_count;
    int64_t slot;              // the first whose stragglers are not in the heap
    struct straggler *waiting; // in slots, by place in the pool
    size_t waiting_count;
    size_t slots[SLOTS]; // the last one that came, or NOWHERE
    struct message *merged;
    size_t merged_capacity;
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

struct exchange *exchange_new(size_t workers)
{
    struct exchange *exchange =
        calloc(1, sizeof(*exchange) + workers * sizeof(exchange->owners[0]));
    if (exchange != NULL) {
        exchange->owner_count = workers;
        for (size_t i = 0; i < workers; i++) {
            memset(exchange->owners[i].slots, 0xff, sizeof(exchange->owners[i].slots));
        }
    }
    return exchange;
}

void exchange_free(struct exchange *exchange)
{
    for (size_t i = 0; exchange != NULL && i < exchange->owner_count; i++) {
        struct owner *owner = &exchange->owners[i];
        free(owner->run);
        memory_unmap(owner->pool, owner->pool_capacity * sizeof(*owner->pool));
        free(owner->free);
        free(owner->heap);
        free(owner->waiting);
        free(owner->merged);
    }
    free(exchange);
}

// ---- stragglers

static bool straggler_is_before(const struct straggler *a, const struct straggler *b)
{
    return a->at.ns != b->at.ns ? a->at.ns < b->at.ns : a->ordinal < b->ordinal;
}

static bool straggler_is_before_message(const struct straggler *a, const struct message *b)
{
    return straggler_is_before(a, &(struct straggler){b->at, b->ordinal, NOWHERE});
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

static struct message *run_extend(struct owner *owner, size_t count)
{
    size_t first = owner->run_count;
    owner->run_count += count;
    if (owner->run_count > owner->run_capacity) {
        owner->run_capacity = 2 * owner->run_count + 256;
        owner->run = grow(owner->run, owner->run_capacity, sizeof(*owner->run));
    }
    return &owner->run[first];
}

// Gives back what was taken, once that is at least half of the run: each message moves once at
// most for each one taken.
static void run_compact(struct owner *owner)
{
    size_t left = owner->run_count - owner->run_first;
    if (owner->run_first > 0 && owner->run_first >= left) {
        memmove(owner->run, owner->run + owner->run_first, left * sizeof(*owner->run));
        owner->run_first = 0;
        owner->run_count = left;
    }
}

static bool is_behind_run(const struct owner *owner, const struct message *message)
{
    return owner->run_count == owner->run_first ||
           message_compare(&owner->run[owner->run_count - 1], message) <= 0;
}

static void owner_put(struct owner *owner, const struct message *message)
{
    if (is_behind_run(owner, message)) {
        *run_extend(owner, 1) = *message;
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
        memcpy(run_extend(owner, count), messages, count * sizeof(*messages));
        return;
    }
    for (i = 0; i < count; i++) {
        owner_put(owner, &messages[i]);
    }
}

void exchange_put(struct exchange *exchange, const struct message *messages, size_t count)
{
    for (size_t i = 0; i < exchange->owner_count; i++) {
        run_compact(&exchange->owners[i]);
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

// How many of the run lie before the watermark. Nearly all do, as a rule: search from the end.
static size_t run_before(const struct owner *owner, struct instant watermark)
{
    size_t low = owner->run_first, high = owner->run_count;
    while (low < high) {
        size_t middle = high - low > 16 ? low + (high - low) / 2 : high - 1;
        if (owner->run[middle].at.ns < watermark.ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low - owner->run_first;
}

static size_t owner_merge(struct owner *owner, struct instant watermark, size_t of_run)
{
    size_t most = of_run + owner->heap_count, count = 0;
    size_t end = owner->run_first + of_run;
    if (most > owner->merged_capacity) {
        owner->merged_capacity = 2 * most;
        owner->merged = grow(owner->merged, owner->merged_capacity, sizeof(*owner->merged));
    }
    for (;;) {
        const struct message *first = owner->run_first < end ? &owner->run[owner->run_first] : NULL;
        bool late = owner->heap_count > 0 && owner->heap[0].at.ns < watermark.ns;
        if (late && (first == NULL || straggler_is_before_message(&owner->heap[0], first))) {
            straggler_take(owner, &owner->merged[count++]);
        } else if (first != NULL) {
            owner->merged[count++] = *first;
            owner->run_first++;
        } else {
            return count;
        }
    }
}

size_t exchange_take(
    struct exchange *exchange, size_t owner, struct instant watermark, const struct message **ret)
{
    struct owner *of = &exchange->owners[owner];
    size_t of_run = run_before(of, watermark);
    slots_open(of, watermark);
    if (of->heap_count > 0 && of->heap[0].at.ns < watermark.ns) {
        size_t count = owner_merge(of, watermark, of_run);
        *ret = of->merged;
        return count;
    }
    *ret = of->run + of->run_first;
    of->run_first += of_run;
    return of_run;
}
