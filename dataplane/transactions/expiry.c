// Theory of operation
//
// Each time limit has two queues of entries (entry_queue.h), both in the order of requested_at:
//
//   young   every request comes here. A block is given back once its last entry was asked 5/4 of
//           the limit ago: as a rule all were answered quickly, and none is looked at again.
//   old     those that outlive their young block, because they expired or were answered slowly;
//           they move here then. A block is given back once its last entry was asked
//           remember_limits limits ago.
//
// Both only make room: an entry is forgotten when its own time is over, to the nanosecond
// (entry_is_known). Deadlines go by the oldest entry that waits, of all queues.
//
// When there is no room, a whole block goes: the head that would be forgotten first, if nothing
// waits in it. Else a young head of which half at least is concluded: what waits there moves to
// old. Else any young block in which nothing waits. Else the oldest early answers, which are
// orphans then. Else the oldest open requests, which are unobserved from then on (known_at = now).
// What was still known of it is counted as evicted: it flags the verdict, because from then on
// records may depend on the number of workers.
#include "dataplane/transactions/expiry.h"

// ---- deadlines

static bool is_before(const struct entry *a, const struct entry *b) // of one time limit
{
    return a->requested_at.ns != b->requested_at.ns ? a->requested_at.ns < b->requested_at.ns
                                                    : a->ordinal < b->ordinal;
}

static uint32_t class_waiting(struct pairing *pairing, struct limit_class *class)
{
    const struct entry *entries = pairing->table.entries;
    uint32_t young = entry_queue_waiting(&pairing->table, &class->young);
    uint32_t old = entry_queue_waiting(&pairing->table, &class->old);
    if (young == ENTRY_NONE || old == ENTRY_NONE) {
        return young == ENTRY_NONE ? old : young;
    }
    return is_before(&entries[old], &entries[young]) ? old : young;
}

// The one with the least (deadline, ordinal), or ENTRY_NONE.
static uint32_t oldest_waiting(struct pairing *pairing, struct instant *deadline)
{
    uint32_t oldest = ENTRY_NONE;
    *deadline = INSTANT_NEVER;
    for (size_t i = 0; i < pairing->class_count; i++) {
        uint32_t index = class_waiting(pairing, &pairing->classes[i]);
        if (index == ENTRY_NONE) {
            continue;
        }
        const struct entry *entries = pairing->table.entries;
        struct instant at = entry_deadline(pairing, &entries[index]);
        if (oldest == ENTRY_NONE || at.ns < deadline->ns ||
            (at.ns == deadline->ns && entries[index].ordinal < entries[oldest].ordinal)) {
            oldest = index;
            *deadline = at;
        }
    }
    return oldest;
}

static void expire(struct pairing *pairing, uint32_t index, struct instant deadline)
{
    struct entry *entry = &pairing->table.entries[index];
    // Sorted order makes the last gap enough: none later than the deadline has been seen yet.
    struct instant gap = pairing->links[entry->link].gap[!entry->asked_by_ours];
    bool blind = gap.ns >= entry->requested_at.ns;
    entry_conclude(pairing, entry, ENTRY_EXPIRED, true);
    pairing_sink(pairing, entry, blind ? OUTCOME_UNOBSERVED : OUTCOME_UNANSWERED, deadline, 0);
}

void pairing_expire(struct pairing *pairing, struct instant watermark)
{
    struct instant deadline;
    uint32_t index;
    while (
        (index = oldest_waiting(pairing, &deadline)) != ENTRY_NONE && deadline.ns < watermark.ns) {
        expire(pairing, index, deadline);
    }
    pairing->next_deadline = deadline;
}

// ---- forgetting

static void entry_grow_old(
    struct pairing *pairing, struct limit_class *class, uint32_t from, struct instant now)
{
    struct open_table *table = &pairing->table;
    const struct entry *entry = &table->entries[from];
    uint32_t to = entry_queue_append(table, &class->old, entry->requested_at);
    table->entries[to] = *entry;
    if (table->details != NULL) {
        table->details[to] = table->details[from];
    }
    table->merchants[to] = table->merchants[from];
    open_table_block(table, entry_waits(entry) ? from : to)->waiting--;
    open_table_move(table, from, to, now);
    pairing->next_forgotten =
        instant_min(pairing->next_forgotten, later_by(entry->requested_at, class->slow_ns));
}

static void young_forget(struct pairing *pairing, struct limit_class *class, struct instant now)
{
    struct open_table *table = &pairing->table;
    uint32_t head = class->young.head, first = head << table->block_shift;
    uint32_t left = table->blocks[head].long_lived;
    for (uint32_t i = first; left > 0; i++) {
        const struct entry *entry = &table->entries[i];
        bool quick = entry->state == ENTRY_ANSWERED && !entry->slow;
        left -= !quick;
        if (!quick && entry_is_known(pairing, entry, now)) {
            entry_grow_old(pairing, class, i, now);
        }
    }
    entry_queue_give(table, &class->young, BLOCK_NONE);
}

static struct instant head_until(
    const struct pairing *pairing, const struct entry_queue *queue, int64_t remembered_ns)
{
    return queue->head == BLOCK_NONE
               ? INSTANT_NEVER
               : later_by(pairing->table.blocks[queue->head].last_at, remembered_ns);
}

void pairing_forget(struct pairing *pairing, struct instant now)
{
    pairing->next_forgotten = INSTANT_NEVER;
    for (size_t i = 0; i < pairing->class_count; i++) {
        struct limit_class *class = &pairing->classes[i];
        while (head_until(pairing, &class->young, class->quick_ns).ns < now.ns) {
            young_forget(pairing, class, now);
        }
        while (head_until(pairing, &class->old, class->slow_ns).ns < now.ns) {
            entry_queue_give(&pairing->table, &class->old, BLOCK_NONE);
        }
        struct instant until = instant_min(head_until(pairing, &class->young, class->quick_ns),
            head_until(pairing, &class->old, class->slow_ns));
        pairing->next_forgotten = instant_min(pairing->next_forgotten, until);
    }
}

// ---- eviction

// Nothing was told of its entries since they were answered quickly, and all are still known.
static bool block_is_plain(struct pairing *pairing, uint32_t block, struct instant now)
{
    const struct entry_block *of = &pairing->table.blocks[block];
    const struct entry *first = &pairing->table.entries[block << pairing->table.block_shift];
    return of->waiting == 0 && of->long_lived == 0 && entry_is_known(pairing, first, now);
}

// Everything in the block that is still known goes; what waits in it is unobserved.
static void block_evict(
    struct pairing *pairing, struct entry_queue *queue, uint32_t previous, struct instant now)
{
    struct open_table *table = &pairing->table;
    uint32_t block = previous == BLOCK_NONE ? queue->head : table->blocks[previous].next;
    uint32_t first = block << table->block_shift;
    uint32_t count = table->blocks[block].count;
    if (block_is_plain(pairing, block, now)) {
        pairing->counts.evicted += count;
        count = 0; // nothing to look at
    }
    for (uint32_t i = first; i < first + count; i++) {
        struct entry *entry = &table->entries[i];
        pairing->counts.evicted += entry_is_known(pairing, entry, now);
        if (entry_waits(entry)) {
            pairing->counts.evicted_open++;
            entry_conclude(pairing, entry, ENTRY_SPENT, false);
            pairing_sink(pairing, entry, OUTCOME_UNOBSERVED, now, 0);
        }
    }
    entry_queue_give(table, queue, previous);
}

// Of all heads in which nothing waits, the one that would be forgotten first.
static bool evict_concluded(struct pairing *pairing, struct instant now)
{
    struct entry_queue *first = NULL;
    struct instant earliest = INSTANT_NEVER;
    for (size_t i = 0; i < 2 * pairing->class_count; i++) {
        struct limit_class *class = &pairing->classes[i / 2];
        struct entry_queue *queue = i % 2 == 0 ? &class->young : &class->old;
        if (queue->head == BLOCK_NONE || pairing->table.blocks[queue->head].waiting > 0) {
            continue;
        }
        struct instant until =
            head_until(pairing, queue, i % 2 == 0 ? class->quick_ns : class->slow_ns);
        if (first == NULL || until.ns < earliest.ns) {
            first = queue;
            earliest = until;
        }
    }
    if (first != NULL) {
        block_evict(pairing, first, BLOCK_NONE, now);
    }
    return first != NULL;
}

// The oldest young head of which half at least is concluded: what waits in it moves.
static bool evict_half(struct pairing *pairing, struct instant now)
{
    struct open_table *table = &pairing->table;
    struct limit_class *found = NULL;
    for (size_t i = 0; i < pairing->class_count; i++) {
        struct limit_class *class = &pairing->classes[i];
        if (class->young.head == BLOCK_NONE) {
            continue;
        }
        const struct entry_block *head = &table->blocks[class->young.head];
        if (2 * head->waiting <= head->count &&
            (found == NULL || head->last_at.ns < table->blocks[found->young.head].last_at.ns)) {
            found = class;
        }
    }
    if (found == NULL) {
        return false;
    }
    uint32_t first = found->young.head << table->block_shift;
    for (uint32_t i = first; i < first + table->blocks[found->young.head].count; i++) {
        if (entry_waits(&table->entries[i])) {
            entry_grow_old(pairing, found, i, now);
            table->entries[i].state = ENTRY_SPENT;
        }
    }
    block_evict(pairing, &found->young, BLOCK_NONE, now);
    return true;
}

static bool evict_behind(struct pairing *pairing, struct limit_class *class, struct instant now)
{
    const struct entry_block *blocks = pairing->table.blocks;
    uint32_t previous = class->young.head;
    while (previous != BLOCK_NONE && blocks[previous].next != BLOCK_NONE) {
        if (blocks[blocks[previous].next].waiting == 0) {
            block_evict(pairing, &class->young, previous, now);
            return true;
        }
        previous = blocks[previous].next;
    }
    return false;
}

// Something waits in every head: the oldest one that waits lies in one of them.
static void evict_open(struct pairing *pairing, struct instant now)
{
    struct instant deadline;
    uint32_t index = oldest_waiting(pairing, &deadline);
    struct limit_class *class = pairing->links[pairing->table.entries[index].link].limit;
    bool is_old = class->old.head == index >> pairing->table.block_shift;
    block_evict(pairing, is_old ? &class->old : &class->young, BLOCK_NONE, now);
}

static void evict_once(struct pairing *pairing, struct instant now)
{
    if (evict_concluded(pairing, now) || evict_half(pairing, now)) {
        return;
    }
    for (size_t i = 0; i < pairing->class_count; i++) {
        if (evict_behind(pairing, &pairing->classes[i], now)) {
            return;
        }
    }
    if (!early_evict(pairing, now)) {
        evict_open(pairing, now);
    }
}

void pairing_evict(struct pairing *pairing, struct instant now)
{
    while (!open_table_has_room(&pairing->table)) {
        evict_once(pairing, now);
    }
}
