// Theory of operation
//
// Demand counts every request at once, and whoever fails tries again: in a storm of retries most of
// demand is the same wish again. So the tries of one intent are put together, and one of them goes
// on counting. Only tries that failed are ever looked for; while nothing fails nothing is looked
// up, and a tick passes as it came.
//
// One intent. Tries with the same key (account, function, amount, merchant: tries.h) are taken in
// the order of their requests. The first that failed is the anchor. Those that failed within
// retry_window of it are its retries. A processed one ends the intent; when it was processed until
// served_within after the anchor's failure, the intent was served. Anything later is another
// intent. What counts is
//
//     not served  the anchor, in its second, as it failed; its retries do not
//     served      the try that was processed; none of those that failed
//
// A try that does not count is taken out of demand and of its outcome in its own second, and goes
// into `retries` there. What was not seen (unobserved, orphans) is no try of anything: it stays as
// unknown as it is.
//
// When. Which tries count follows from the tries known by a tick, and from nothing else. A try may
// become known long after a later one: time-outs do. So a chain is grouped anew when a try is added
// to it, and what that changes is said then: a correction may be taken back.
//
// Where the tries are from. Workers send those that failed with their ticks. Of those that were
// processed each pairing remembers the last ones (processed.h), in the order in which they became
// known. A new key, or a try with an earlier request than any of its key, has that searched from
// its request on; the keys that are there have each tick's part searched, past a filter.
//
// Who is affected is said served_within after the anchor's failure, once for an intent; nothing
// takes it back. Who gets through after that is said too (`served`).
//
// Room. A try is remembered until every other one of its intent is known. Beyond the table a failed
// try counts for itself, flagged (`ungrouped`), and whom it affects is said at once; what was
// overwritten among the processed ones is missed. Both count as evicted, which flags the verdict.
#include "dataplane/counters/intents.h"

#include "config/memory.h"

#include "dataplane/counters/corrections.h"
#include "dataplane/counters/intent_table.h"
#include "dataplane/counters/pending.h"

#include <stdlib.h>
#include <string.h>

#define SPARE_S 2 // watermarks and whole seconds

struct intents {
    struct intent_table table;
    struct corrections corrections;
    const struct processed **sources;
    size_t source_count;
    int64_t tick_s; // the last one
    int64_t window_ns, within_ns, keep_ns;
    uint64_t due; // slots before this one have had their time
    uint64_t evicted;
    uint32_t *touched; // chains to be grouped again
    size_t touched_count, touched_capacity;
    struct intent_try *tries; // of this tick
    size_t try_capacity;
    struct key_filter sought; // keys whose past is to be searched
    struct instant sought_from;
};

struct intents *intents_new(const struct settings *settings)
{
    struct intents *intents = calloc(1, sizeof(*intents));
    if (intents == NULL) {
        return NULL;
    }
    const struct intents_settings *limits = &settings->intents;
    int64_t longest_ns = 0;
    for (size_t i = 0; i < settings->link_count; i++) {
        int64_t limit_ns = settings->links[i].time_limit_ns;
        longest_ns = limit_ns > longest_ns ? limit_ns : longest_ns;
    }
    intents->corrections.settings = settings;
    intents->tick_s = INT64_MIN;
    intents->window_ns = limits->retry_window_ns;
    intents->within_ns = limits->served_within_ns;
    intents->keep_ns =
        2 * longest_ns + SPARE_S * NS_PER_S +
        (intents->window_ns > intents->within_ns ? intents->window_ns : intents->within_ns);
    if (!intent_table_init(&intents->table, (size_t)limits->failed)) {
        intents_free(intents);
        return NULL;
    }
    return intents;
}

void intents_free(struct intents *intents)
{
    if (intents != NULL) {
        intent_table_done(&intents->table);
        corrections_done(&intents->corrections);
        free(intents->sources);
        free(intents->touched);
        free(intents->tries);
        free(intents);
    }
}

void intents_add_source(struct intents *intents, const struct processed *processed)
{
    size_t count = intents->source_count++;
    intents->sources =
        memory_resize(intents->sources, intents->source_count, sizeof(*intents->sources));
    intents->sources[count] = processed;
}

static struct intent_try *try_of(const struct intents *intents, uint32_t slot)
{
    return &intents->table.slots[slot].try;
}

static void touch(struct intents *intents, uint32_t of)
{
    struct intent_chain *chain = &intents->table.chains[of];
    if (!chain->touched) {
        chain->touched = true;
        intents->touched = memory_grow(intents->touched, intents->touched_count,
            &intents->touched_capacity, sizeof(*intents->touched));
        intents->touched[intents->touched_count++] = of;
    }
}

// ---- one chain

// Tries [from, to) of a chain: an intent, which the try before `to` ended if it was processed.
struct intent {
    uint32_t anchor; // SLOT_NONE: no intent, a processed try without a failed one before it
    uint32_t to;
    bool served, late; // in time; after that
};

static struct intent intent_at(const struct intents *intents, uint32_t from)
{
    const struct intent_try *anchor = try_of(intents, from);
    struct intent intent = {.anchor = from, .to = intents->table.slots[from].later};
    if (anchor->flags & TRY_PROCESSED) {
        intent.anchor = SLOT_NONE;
        return intent;
    }
    while (intent.to != SLOT_NONE) {
        const struct try_slot *slot = &intents->table.slots[intent.to];
        if (slot->try.requested_at.ns - anchor->requested_at.ns > intents->window_ns) {
            break;
        }
        intent.to = slot->later;
        if (slot->try.flags & TRY_PROCESSED) {
            intent.served = slot->try.known_at.ns - anchor->known_at.ns <= intents->within_ns;
            intent.late = !intent.served;
            break;
        }
    }
    return intent;
}

static void retry_set(struct intents *intents, struct try_slot *slot, bool is_retry)
{
    if (((slot->state & SLOT_RETRY) != 0) != is_retry) {
        slot->state ^= SLOT_RETRY;
        correct_retry(&intents->corrections, &slot->try, is_retry ? 1 : -1);
    }
}

static bool is_due(const struct intents *intents, const struct try_slot *slot)
{
    return slot->tick_s + intents->within_ns / NS_PER_S <= intents->tick_s;
}

// Whom the intent affects, and that they got through, each once, whichever try was its anchor then.
static void intent_tell(struct intents *intents, const struct intent *intent, uint8_t told)
{
    struct try_slot *anchor = &intents->table.slots[intent->anchor];
    anchor->state |= told;
    if (!intent->served && !(anchor->state & SLOT_AFFECTED) && is_due(intents, anchor)) {
        anchor->state |= SLOT_AFFECTED;
        correct_affected(&intents->corrections, &anchor->try, false);
    }
    if (intent->late && (anchor->state & (SLOT_AFFECTED | SLOT_SERVED)) == SLOT_AFFECTED) {
        anchor->state |= SLOT_SERVED;
        correct_affected(&intents->corrections, &anchor->try, true);
    }
}

static void chain_group(struct intents *intents, uint32_t chain)
{
    uint32_t from = intents->table.chains[chain].first;
    while (from != SLOT_NONE) {
        struct intent intent = intent_at(intents, from);
        uint8_t told = 0;
        for (; from != intent.to; from = intents->table.slots[from].later) {
            struct try_slot *slot = &intents->table.slots[from];
            told |= slot->state & (SLOT_AFFECTED | SLOT_SERVED);
            if (!(slot->try.flags & TRY_PROCESSED)) {
                retry_set(intents, slot, intent.served || from != intent.anchor);
            }
        }
        if (intent.anchor != SLOT_NONE) {
            intent_tell(intents, &intent, told);
        }
    }
}

static void touched_group(struct intents *intents)
{
    for (size_t i = 0; i < intents->touched_count; i++) {
        uint32_t chain = intents->touched[i];
        intents->table.chains[chain].touched = false;
        chain_group(intents, chain);
    }
    intents->touched_count = 0;
}

// ---- tries that failed

// An approval that is reversed was processed when it was remembered.
static void unprocess(struct intents *intents, uint32_t chain, const struct intent_try *try)
{
    uint32_t slot = table_chain_processed(&intents->table, chain, try->requested_at);
    if (slot != SLOT_NONE) {
        table_chain_remove(&intents->table, slot);
    }
}

static void seek(struct intents *intents, const struct intent_try *try)
{
    filter_add(&intents->sought, try->key);
    intents->sought_from = instant_min(intents->sought_from, try->requested_at);
}

static void failed_add(struct intents *intents, const struct intent_try *try, int64_t tick_s)
{
    struct intent_table *table = &intents->table;
    if (table_is_full(table)) {
        intents->evicted++;
        correct_ungrouped(&intents->corrections, try);
        correct_affected(&intents->corrections, try, false);
        return;
    }
    uint32_t slot = table_append(table, try, tick_s);
    if (try->key == 0) {
        correct_ungrouped(&intents->corrections, try);
        return;
    }
    uint32_t chain = table_chain_find(table, try->key);
    bool is_first = chain == CHAIN_NONE;
    if (is_first) {
        chain = table_chain_make(table, try->key);
    }
    table_chain_add(table, chain, slot);
    if (is_first || table->chains[chain].first == slot) {
        seek(intents, try);
    }
    if (try->flags & TRY_REVERSED) {
        unprocess(intents, chain, try);
    }
    touch(intents, chain);
}

static int try_compare(const void *one, const void *other)
{
    const struct intent_try *a = one, *b = other;
    if (a->known_at.ns != b->known_at.ns) {
        return a->known_at.ns < b->known_at.ns ? -1 : 1;
    }
    if (a->requested_at.ns != b->requested_at.ns) {
        return a->requested_at.ns < b->requested_at.ns ? -1 : 1;
    }
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    int cell = memcmp(&a->cell, &b->cell, sizeof(a->cell));
    return cell != 0 ? cell : (a->merchant > b->merchant) - (a->merchant < b->merchant);
}

// In an order that does not depend on who sent them. What comes later than its tick, which the
// watermarks rule out, came in this one.
static void failed_take(struct intents *intents, const struct counters *counters, int64_t before_s)
{
    size_t count = counters->try_count;
    if (count == 0) {
        return;
    }
    if (count > intents->try_capacity) {
        intents->tries = memory_resize(intents->tries, 2 * count, sizeof(*intents->tries));
        intents->try_capacity = 2 * count;
    }
    memcpy(intents->tries, counters->tries, count * sizeof(*intents->tries));
    qsort(intents->tries, count, sizeof(*intents->tries), try_compare);
    for (size_t i = 0; i < count; i++) {
        int64_t tick_s = tick_of(intents->tries[i].known_at);
        tick_s = tick_s <= before_s ? before_s + 1 : tick_s;
        failed_add(
            intents, &intents->tries[i], tick_s < intents->tick_s ? tick_s : intents->tick_s);
    }
}

// ---- tries that were processed

static bool is_wanted(const struct intents *intents, uint32_t chain, const struct intent_try *try)
{
    uint32_t first = intents->table.chains[chain].first;
    if (try->requested_at.ns < try_of(intents, first)->requested_at.ns ||
        table_chain_processed(&intents->table, chain, try->requested_at) != SLOT_NONE) {
        return false;
    }
    for (uint32_t slot = first; slot != SLOT_NONE; slot = intents->table.slots[slot].later) {
        const struct intent_try *other = try_of(intents, slot);
        if (other->requested_at.ns >= try->requested_at.ns) {
            return other->requested_at.ns > try->requested_at.ns || !(other->flags & TRY_REVERSED);
        }
    }
    return true;
}

static void processed_found(struct intents *intents, const struct intent_try *try)
{
    struct intent_table *table = &intents->table;
    uint32_t chain = table_chain_find(table, try->key);
    if (chain == CHAIN_NONE || !is_wanted(intents, chain, try)) {
        return;
    }
    if (table_is_full(table)) {
        intents->evicted++;
        return;
    }
    uint32_t slot = table_append(table, try, intents->tick_s);
    table_chain_add(table, chain, slot);
    touch(intents, chain);
}

// What a source knew in (after, until], of the keys in the filter.
static void source_search(struct intents *intents, const struct processed *source,
    const struct key_filter *filter, struct instant after, struct instant until)
{
    struct processed_part part = processed_known(source, after, until);
    for (uint64_t i = part.from; i < part.to; i++) {
        struct intent_try try = {.key = processed_key(source, i), .flags = TRY_PROCESSED};
        if (filter_has(filter, try.key) &&
            processed_read(source, i, &try.requested_at, &try.known_at)) {
            processed_found(intents, &try);
        }
    }
    bool lost = !part.whole || (part.from < part.to && !processed_is_there(source, part.from));
    intents->evicted += lost;
}

static void processed_search(struct intents *intents, int64_t before_s)
{
    struct instant now = instant_from_s(intents->tick_s);
    struct instant before =
        before_s == INT64_MIN ? (struct instant){INT64_MIN} : instant_from_s(before_s);
    struct instant from = instant_min(instant_add(intents->sought_from, -1), before);
    for (size_t i = 0; i < intents->source_count; i++) {
        if (from.ns < before.ns) {
            source_search(intents, intents->sources[i], &intents->sought, from, before);
        }
        source_search(intents, intents->sources[i], &intents->table.filter, before, now);
    }
}

// ---- time

static void due_pass(struct intents *intents)
{
    struct intent_table *table = &intents->table;
    for (; intents->due < table->end; intents->due++) {
        struct try_slot *slot = table_slot(table, intents->due);
        if (!is_due(intents, slot)) {
            return;
        }
        if (slot->try.key == 0) {
            correct_affected(&intents->corrections, &slot->try, false);
        } else if (slot->chain != CHAIN_NONE && !(slot->state & SLOT_RETRY) &&
                   !(slot->try.flags & TRY_PROCESSED)) {
            touch(intents, slot->chain);
        }
    }
}

// Its intent is settled, and so are those before it: no try of them can become known any more.
static void intents_settle(struct intents *intents, uint32_t until)
{
    struct intent_table *table = &intents->table;
    while (table->slots[until].chain != CHAIN_NONE) {
        uint32_t from = table->chains[table->slots[until].chain].first;
        uint32_t to = intent_at(intents, from).to;
        while (from != to) {
            uint32_t next = table->slots[from].later;
            table_chain_remove(table, from);
            from = next;
        }
    }
}

static void old_forget(struct intents *intents)
{
    struct intent_table *table = &intents->table;
    while (table->begin < table->end) {
        uint32_t oldest = (uint32_t)(table->begin % table->capacity);
        int64_t from_ns = table->slots[oldest].tick_s * NS_PER_S;
        if (intents->tick_s * NS_PER_S - from_ns < intents->keep_ns) {
            return;
        }
        intents_settle(intents, oldest);
        table_forget_oldest(table);
    }
}

const struct counters *intents_group(struct intents *intents, const struct counters *counters)
{
    int64_t before_s = intents->tick_s;
    corrections_begin(&intents->corrections);
    intents->tick_s = instant_second(counters->tick);
    if (counters->try_count > 0 || intents->table.begin < intents->table.end) {
        intents->sought_from = INSTANT_NEVER;
        failed_take(intents, counters, before_s);
        if (intents->table.chain_count > 0) {
            processed_search(intents, before_s);
        }
        due_pass(intents);
        touched_group(intents);
        old_forget(intents);
        memset(&intents->sought, 0, sizeof(intents->sought));
    }
    return corrections_add(&intents->corrections, counters, intents->evicted);
}
