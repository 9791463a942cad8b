// What a pairing holds, and when it lets go of it. Private to dataplane/transactions/.
#pragma once

#include "config/settings.h"

#include "dataplane/transactions/open_table.h"
#include "dataplane/transactions/transactions.h"

#define QUICK_DIVISOR 4 // an answer within limit / 4 is quick

struct limit_class {
    int64_t limit_ns;
    struct entry_list awaiting, answered, remembered;
    uint32_t kept;
};

struct pairing_link {
    struct limit_class *limit;
    const struct response_codes *codes;
    struct instant gap[2]; // the last gap of theirs [0] and of our [1] side
    uint16_t network;
    uint8_t site;
};

struct pairing {
    struct open_table table;
    struct instant next_deadline;  // no deadline is earlier
    struct instant next_forgotten; // nothing is to be forgotten earlier
    struct instant now;            // the last message or watermark
    transaction_sink *sink;
    void *context;
    struct limit_class *classes;
    size_t class_count;
    struct pairing_link *links;
    size_t link_count;
    int64_t remember_limits;
    struct entry_list early;
    struct instant next_early; // no early answer is given up earlier
    int64_t disorder_ns;
    struct transaction_counts counts;
};

static inline struct instant later_by(struct instant at, int64_t ns)
{
    int64_t sum;
    return __builtin_add_overflow(at.ns, ns, &sum) ? INSTANT_NEVER : (struct instant){sum};
}

static inline struct instant entry_deadline(
    const struct pairing *pairing, const struct entry *entry)
{
    return later_by(entry->requested_at, pairing->links[entry->link].limit->limit_ns);
}

// Past this the entry is forgotten.
static inline struct instant entry_remembered_until(
    const struct pairing *pairing, const struct entry *entry)
{
    int64_t limit_ns = pairing->links[entry->link].limit->limit_ns;
    bool quick = entry->state == ENTRY_ANSWERED && !entry->slow;
    return later_by(entry->requested_at,
        quick ? limit_ns + limit_ns / QUICK_DIVISOR : limit_ns * pairing->remember_limits);
}

extern const uint8_t outcome_by_verdict[]; // enum outcome by enum verdict

// The record of an entry, without an outcome.
struct transaction transaction_of_entry(const struct pairing *pairing, const struct entry *entry);
// Gives a record of the entry to the sink.
void pairing_sink(const struct pairing *pairing, const struct entry *entry, enum outcome outcome,
    struct instant known_at, uint8_t flags);

// Concludes what is open with a deadline before `watermark`, in the order of (deadline, ordinal).
void pairing_expire(struct pairing *pairing, struct instant watermark);
// Gives back what was remembered until earlier than `now`.
void pairing_forget(struct pairing *pairing, struct instant now);
// Evicts one entry. At least one is in use.
void pairing_evict(struct pairing *pairing, struct instant now);

// A new entry with this key, also when another one has to go for it.
struct entry *entry_new(
    struct pairing *pairing, const uint64_t key[2], struct instant now, uint32_t *index);

// ---- early.c

// Keeps an answer without a request for packets.disorder.
void early_keep(
    struct pairing *pairing, const struct message *answer, uint8_t verdict, uint8_t answer_flags);
// Gives up what was waited for until earlier than `now`: orphans.
void early_expire(struct pairing *pairing, struct instant now);
// Gives up the oldest one at `now`. False when there is none.
bool early_evict(struct pairing *pairing, struct instant now);
// The capture is over.
void early_end(struct pairing *pairing);

static inline void pairing_pass(struct pairing *pairing, struct instant now)
{
    if (pairing->next_deadline.ns < now.ns) {
        pairing_expire(pairing, now);
    }
    if (pairing->next_early.ns < now.ns) {
        early_expire(pairing, now);
    }
    if (pairing->next_forgotten.ns < now.ns) {
        pairing_forget(pairing, now);
    }
}
