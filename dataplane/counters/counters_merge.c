// Theory of operation
//
// Every worker puts the same ticks, none skipped, from the same first one on; a ring that was full
// puts several as one sum (`merged`). A tick in hand is added up from one head of each ring. When
// one of them is the sum of several, the tick in hand is that sum's last one, and the other rings'
// heads are added until they have come as far. `merged` of the whole is then how many ticks it
// holds before its own. A ring that is over holds nobody up.
//
// With one ring its head is the tick itself: nothing is copied. A tick that is whole has its tries
// grouped once, when it is first looked at.
#include "dataplane/counters/counters_merge.h"

#include "dataplane/counters/counters_sum.h"
#include "dataplane/counters/intents.h"

#include <stdlib.h>

struct source {
    struct counters_ring *ring;
    int64_t reached_s; // the last tick that was added
    uint64_t evicted;
};

struct counters_merge {
    struct counters_sum hand, spare;
    bool has_hand, is_whole; // of the tick in hand: begun, complete
    int64_t before_s;        // the tick before it
    int64_t target_s;        // its own
    struct intents *intents;
    const struct counters *grouped; // the tick that is shown; NULL: none yet
    void (*watch)(void *context, const struct counters *counters);
    void *watch_context;
    size_t count;
    struct source sources[];
};

struct counters_merge *counters_merge_new(
    struct counters_ring *const rings[], size_t count, struct intents *intents)
{
    struct counters_merge *merge = calloc(1, sizeof(*merge) + count * sizeof(merge->sources[0]));
    for (size_t i = 0; merge != NULL && i < count; i++) {
        merge->sources[i] = (struct source){.ring = rings[i], .reached_s = INT64_MIN};
    }
    if (merge != NULL) {
        merge->count = count;
        merge->intents = intents;
        merge->before_s = merge->target_s = INT64_MIN;
    }
    return merge;
}

void counters_merge_free(struct counters_merge *merge)
{
    if (merge != NULL) {
        counters_sum_done(&merge->hand);
        counters_sum_done(&merge->spare);
        free(merge);
    }
}

void counters_merge_watch(struct counters_merge *merge,
    void (*watch)(void *context, const struct counters *counters), void *context)
{
    merge->watch = watch;
    merge->watch_context = context;
}

static void hand_add(struct counters_merge *merge, const struct counters *counters)
{
    if (!merge->has_hand) {
        counters_sum_copy(&merge->hand, counters);
        merge->has_hand = true;
        return;
    }
    counters_sum_of(&merge->spare, &merge->hand.counters, counters);
    struct counters_sum added = merge->spare;
    merge->spare = merge->hand;
    merge->hand = added;
}

// Adds this worker's ticks up to the target, which its own sum may move on. False when some are not
// there yet.
static bool source_take(struct counters_merge *merge, struct source *source)
{
    while (source->reached_s < merge->target_s || !merge->has_hand) {
        const struct counters *head = counters_ring_head(source->ring);
        if (head == NULL) {
            return merge->has_hand && counters_ring_is_over(source->ring);
        }
        int64_t tick_s = instant_second(head->tick);
        if (merge->before_s == INT64_MIN) {
            merge->before_s = tick_s - (int64_t)head->merged - 1;
        }
        hand_add(merge, head);
        source->reached_s = tick_s;
        source->evicted = head->evicted;
        merge->target_s = tick_s > merge->target_s ? tick_s : merge->target_s;
        counters_ring_pop(source->ring);
    }
    return true;
}

// Once more for all when the target has moved on meanwhile.
static bool hand_fill(struct counters_merge *merge)
{
    bool whole = true;
    int64_t target_s;
    do {
        target_s = merge->target_s;
        whole = true;
        for (size_t i = 0; i < merge->count; i++) {
            whole = source_take(merge, &merge->sources[i]) && whole;
        }
    } while (whole && merge->target_s != target_s);
    return whole && merge->has_hand;
}

static const struct counters *hand_head(struct counters_merge *merge)
{
    if (!merge->is_whole) {
        merge->is_whole = hand_fill(merge);
    }
    if (!merge->is_whole) {
        return NULL;
    }
    struct counters *counters = &merge->hand.counters;
    counters->tick = instant_from_s(merge->target_s);
    counters->merged = (uint64_t)(merge->target_s - merge->before_s - 1);
    counters->evicted = 0;
    for (size_t i = 0; i < merge->count; i++) {
        counters->evicted += merge->sources[i].evicted;
    }
    return counters;
}

const struct counters *counters_merge_head(struct counters_merge *merge)
{
    if (merge->grouped != NULL) {
        return merge->grouped;
    }
    const struct counters *head =
        merge->count == 1 ? counters_ring_head(merge->sources[0].ring) : hand_head(merge);
    if (head != NULL && merge->watch != NULL) {
        merge->watch(merge->watch_context, head);
    }
    merge->grouped =
        head == NULL || merge->intents == NULL ? head : intents_group(merge->intents, head);
    return merge->grouped;
}

void counters_merge_pop(struct counters_merge *merge)
{
    merge->grouped = NULL;
    if (merge->count == 1) {
        counters_ring_pop(merge->sources[0].ring);
        return;
    }
    merge->before_s = merge->target_s;
    merge->has_hand = merge->is_whole = false;
}

bool counters_merge_is_over(struct counters_merge *merge)
{
    for (size_t i = 0; i < merge->count; i++) {
        if (!counters_ring_is_over(merge->sources[i].ring)) {
            return false;
        }
    }
    return !merge->has_hand;
}
