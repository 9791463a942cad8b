// Answers that were captured before their requests: two ports of a tap, or two queues of a card,
// hand over a little late, and an answer on the local network may take less. Without a request it
// waits here for `packets.disorder`, exactly. When its request comes by then, the two are paired at
// once; else it was an orphan, known from the end of the wait on.
//
// The answer lies in an entry of the table, under its key, in a queue of its own; answers come in
// order of time and wait equally long, so the queue is sorted. A request that finds its answer
// takes an entry of its own, and its place in the index.
#include "dataplane/transactions/expiry.h"

#include <string.h>

static struct instant early_deadline(const struct pairing *pairing, const struct entry *entry)
{
    return later_by(entry->requested_at, pairing->disorder_ns);
}

void early_keep(
    struct pairing *pairing, const struct message *answer, struct place place, uint16_t code)
{
    uint32_t index = pairing_append(pairing, &pairing->early, answer->at);
    struct entry *entry = &pairing->table.entries[index];
    entry_fill(pairing, entry, answer);
    entry->state = ENTRY_EARLY;
    entry->answer_code = code;
    entry->answer_length = answer->length;
    struct instant deadline = early_deadline(pairing, entry);
    open_table_put(&pairing->table, place, index, deadline);
    pairing->next_early = instant_min(pairing->next_early, deadline);
}

static void early_give_up(struct pairing *pairing, uint32_t index, struct instant known_at)
{
    struct entry *entry = &pairing->table.entries[index];
    struct transaction transaction;
    transaction_from_entry(pairing, entry, &transaction);
    transaction_set_early(pairing, &transaction, entry);
    transaction.known_at = known_at;
    transaction.flags |= TRANSACTION_ORPHAN;
    entry_conclude(pairing, entry, ENTRY_SPENT, false);
    pairing->counts.orphans++;
    pairing->sink(pairing->context, &transaction);
}

static void blocks_give(struct pairing *pairing)
{
    struct open_table *table = &pairing->table;
    struct entry_queue *early = &pairing->early;
    while (early->head != BLOCK_NONE && table->blocks[early->head].waiting == 0) {
        entry_queue_give(table, early, BLOCK_NONE);
    }
}

void early_expire(struct pairing *pairing, struct instant now)
{
    struct instant next = INSTANT_NEVER;
    uint32_t index;
    while ((index = entry_queue_waiting(&pairing->table, &pairing->early)) != ENTRY_NONE) {
        next = early_deadline(pairing, &pairing->table.entries[index]);
        if (next.ns >= now.ns) {
            break;
        }
        early_give_up(pairing, index, next);
        next = INSTANT_NEVER;
    }
    pairing->next_early = next;
    blocks_give(pairing);
}

bool early_evict(struct pairing *pairing, struct instant now)
{
    struct open_table *table = &pairing->table;
    uint32_t head = pairing->early.head;
    if (head == BLOCK_NONE) {
        return false;
    }
    while (table->blocks[head].waiting > 0) {
        uint32_t index = entry_queue_waiting(table, &pairing->early);
        struct instant deadline = early_deadline(pairing, &table->entries[index]);
        early_give_up(pairing, index, instant_min(deadline, now));
        pairing->counts.evicted++;
    }
    blocks_give(pairing);
    return true;
}

void early_end(struct pairing *pairing)
{
    early_expire(pairing, pairing->now);
    uint32_t index;
    while ((index = entry_queue_waiting(&pairing->table, &pairing->early)) != ENTRY_NONE) {
        early_give_up(pairing, index, pairing->now);
    }
    blocks_give(pairing);
}
