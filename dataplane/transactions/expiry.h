// What a pairing holds, and when it lets go of it. Private to dataplane/transactions/.
#pragma once

#include "config/settings.h"

#include "dataplane/transactions/entry_queue.h"
#include "dataplane/transactions/transactions.h"

#define QUICK_DIVISOR 4 // an answer within limit / 4 is quick

struct limit_class {
    int64_t limit_ns;
    int64_t quick_ns, slow_ns; // remembered for so long from the request on
    struct entry_queue young, old;
};

struct pairing_link {
    struct limit_class *limit;
    const struct response_codes *codes;
    const struct function_table *functions;
    int64_t attentive_ns;  // an answer that takes no longer is quick, and in time by any function
    struct instant gap[2]; // the last gap of theirs [0] and of our [1] side
    uint64_t cell;         // what the keys of its cells have in common
    uint16_t network;
    uint8_t site;
};

struct pairing {
    struct open_table table;
    struct instant next_deadline;  // no deadline is earlier
    struct instant next_forgotten; // nothing is to be forgotten earlier
    struct instant next_early;     // no early answer is given up earlier
    struct instant now;            // the last message or watermark
    transaction_sink *sink;
    request_sink *request_sink; // NULL: their records go to `sink`
    void *context;
    struct limit_class *classes;
    size_t class_count;
    struct pairing_link *links;
    size_t link_count;
    struct entry_queue early;
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

// Past this a concluded entry is forgotten, wherever it lies.
static inline struct instant entry_remembered_until(
    const struct pairing *pairing, const struct entry *entry)
{
    const struct limit_class *class = pairing->links[entry->link].limit;
    bool quick = entry->state == ENTRY_ANSWERED && !entry->slow;
    return later_by(entry->requested_at, quick ? class->quick_ns : class->slow_ns);
}

// Whether a message at `now` finds it.
static inline bool entry_is_known(
    const struct pairing *pairing, const struct entry *entry, struct instant now)
{
    return entry_waits(entry) ||
           (entry->state != ENTRY_SPENT && entry_remembered_until(pairing, entry).ns >= now.ns);
}

// It waits no longer. `long_lived`: it is remembered as long as an expired one.
static inline void entry_conclude(
    struct pairing *pairing, struct entry *entry, enum entry_state state, bool long_lived)
{
    struct entry_block *block =
        open_table_block(&pairing->table, entry_index(&pairing->table, entry));
    entry->state = (uint8_t)state;
    block->waiting--;
    block->long_lived = (uint16_t)(block->long_lived + long_lived);
}

// ---- records.c

extern const uint8_t outcome_by_verdict[]; // enum outcome by enum verdict

// What an answer says.
struct judgement {
    enum verdict verdict;
    uint8_t flags; // enum transaction_flag
};

// An answer's code as two bytes: 1 + index into the network's table, or one of these.
#define ANSWER_WITHOUT_CODE 0 // of management: it is enough that it came
#define ANSWER_REJECTED     (UINT16_MAX - 1)
#define ANSWER_UNLISTED     UINT16_MAX
// Of one that is none of the table.
struct judgement answer_judge_seldom(const struct pairing_link *link, uint16_t code);

static inline uint16_t answer_code(
    const struct pairing *pairing, const struct message *answer, enum kind kind)
{
    if (answer->flags & MESSAGE_REJECTED) {
        return ANSWER_REJECTED;
    }
    if (answer->code < 0 && answer->code_text[0] == 0 && kind == KIND_MANAGEMENT) {
        return ANSWER_WITHOUT_CODE;
    }
    const struct response_codes *codes = pairing->links[answer->link].codes;
    bool has_number = answer->code >= 0 && answer->code < RESPONSE_CODE_NUMBERS;
    uint16_t listed = has_number && codes->index != NULL ? codes->index[answer->code] : 0;
    return listed == 0 ? ANSWER_UNLISTED : listed;
}

// The network's table says what field 39 means.
static inline struct judgement answer_judge(const struct pairing_link *link, uint16_t code)
{
    if (__builtin_expect(code == ANSWER_WITHOUT_CODE || code >= ANSWER_REJECTED, 0)) {
        return answer_judge_seldom(link, code);
    }
    const struct response_code *row = &link->codes->codes[code - 1];
    unsigned flags = row->degraded ? TRANSACTION_DEGRADED : 0;
    flags |= row->verdict == VERDICT_PLANNED ? TRANSACTION_PLANNED : 0;
    return (struct judgement){row->verdict, (uint8_t)flags};
}

// The record of an entry, without known_at and outcome.
void transaction_from_entry(
    const struct pairing *pairing, const struct entry *entry, struct transaction *ret);
// The record of a message that has no entry, without an outcome: a request's second copy, or an
// orphan.
void transaction_from_message(
    const struct pairing *pairing, const struct message *message, struct transaction *ret);
// What an answer says of when, how long and which code.
void transaction_set_answer(
    struct transaction *transaction, const struct message *answer, uint16_t code);
// What an early answer said: instant, length, outcome, flags, code.
void transaction_set_early(
    const struct pairing *pairing, struct transaction *transaction, const struct entry *early);
// Gives a record of the entry to the sink.
void pairing_sink(const struct pairing *pairing, const struct entry *entry, enum outcome outcome,
    struct instant known_at, uint8_t flags);

void pairing_sink_answer(const struct pairing *pairing, const struct entry *entry,
    const struct message *answer, uint16_t code, enum outcome outcome, uint8_t flags);

// ---- expiry.c

// Concludes what is open with a deadline before `watermark`, in the order of (deadline, ordinal).
void pairing_expire(struct pairing *pairing, struct instant watermark);
// Gives back the blocks of what was remembered until earlier than `now`.
void pairing_forget(struct pairing *pairing, struct instant now);
// Evicts until there is room.
void pairing_evict(struct pairing *pairing, struct instant now);

// Makes an open entry of a request, or of an answer as its orphan's record has it.
void entry_fill(struct pairing *pairing, struct entry *entry, const struct message *message);

// ---- pairing.c

// The next place of the queue, not written yet, also when others have to go for it.
uint32_t pairing_append(
    struct pairing *pairing, struct entry_queue *queue, struct instant requested_at);

// ---- early.c

// Keeps an answer without a request for packets.disorder. `place`: of its key, or nowhere.
void early_keep(
    struct pairing *pairing, const struct message *answer, struct place place, uint16_t code);
// Gives up what was waited for until earlier than `now`: orphans.
void early_expire(struct pairing *pairing, struct instant now);
// Gives up the oldest block of them at `now`. False when there is none.
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
