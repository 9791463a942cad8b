// Answers that were captured before their requests: two ports of a tap, or two queues of a card,
// hand over a little late, and an answer on the local network may take less. Without a request it
// waits here for `packets.disorder`, exactly. When its request comes by then, the two are paired at
// once; else it was an orphan, known from the end of the wait on.
//
// The answer lies in an entry of the table, under its key, in a list of its own; answers come in
// order of time and wait equally long, so the list is sorted. A request leaves the entry where it
// is, as spent, and takes one of its own.
#include "dataplane/transactions/expiry.h"

#include <string.h>

static struct instant early_deadline(const struct pairing *pairing, const struct entry *entry)
{
    return later_by(entry->requested_at, pairing->disorder_ns);
}

void early_keep(
    struct pairing *pairing, const struct message *answer, uint8_t verdict, uint8_t answer_flags)
{
    uint32_t index;
    struct entry *entry = entry_new(pairing, answer->key, answer->at, &index);
    entry->requested_at = answer->at; // as an orphan's record has it
    entry->ordinal = answer->ordinal;
    entry->account = answer->account;
    entry->amount = answer->amount;
    entry->link = answer->link;
    entry->function = answer->function;
    entry->mti = answer->mti;
    entry->kind = answer->kind;
    entry->province = answer->province;
    entry->holder = answer->holder;
    entry->client = answer->destination;
    entry->server = answer->source;
    entry->state = ENTRY_EARLY;
    entry->verdict = verdict;
    entry->answer_flags = answer_flags;
    entry->answer_length = answer->length;
    memcpy(entry->code_text, answer->code_text, sizeof(entry->code_text));
    entry_list_append(&pairing->table, &pairing->early, index);
    pairing->next_early = instant_min(pairing->next_early, early_deadline(pairing, entry));
}

static void orphan_put(struct pairing *pairing, const struct entry *entry, struct instant known_at)
{
    struct transaction transaction = transaction_of_entry(pairing, entry);
    transaction.answered_at = entry->requested_at;
    transaction.known_at = known_at;
    transaction.answer_length = entry->answer_length;
    transaction.outcome = outcome_by_verdict[entry->verdict];
    transaction.flags = entry->answer_flags | TRANSACTION_ORPHAN;
    memcpy(transaction.code_text, entry->code_text, sizeof(transaction.code_text));
    pairing->counts.orphans++;
    pairing->sink(pairing->context, &transaction);
}

// Takes the oldest one out, known at the end of its wait or at `now`.
static void head_give_up(struct pairing *pairing, struct instant now)
{
    uint32_t index = entry_list_take(&pairing->table, &pairing->early, ENTRY_NONE);
    const struct entry *entry = &pairing->table.entries[index];
    if (entry->state == ENTRY_EARLY) {
        orphan_put(pairing, entry, instant_min(early_deadline(pairing, entry), now));
    }
    open_table_remove(&pairing->table, index);
}

static struct instant head_deadline(const struct pairing *pairing)
{
    uint32_t head = pairing->early.head;
    return head == ENTRY_NONE ? INSTANT_NEVER
                              : early_deadline(pairing, &pairing->table.entries[head]);
}

void early_expire(struct pairing *pairing, struct instant now)
{
    while (head_deadline(pairing).ns < now.ns) {
        head_give_up(pairing, now);
    }
    pairing->next_early = head_deadline(pairing);
}

bool early_evict(struct pairing *pairing, struct instant now)
{
    bool found = pairing->early.head != ENTRY_NONE;
    if (found) {
        head_give_up(pairing, now);
    }
    return found;
}

void early_end(struct pairing *pairing)
{
    while (early_evict(pairing, pairing->now)) {
    }
}
