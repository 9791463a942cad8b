// Theory of operation
//
// Messages come sorted by (at, ordinal), all messages of one key to one pairing, gaps to all. So
// what happens to a key depends on that key's messages and on the gaps alone, and the records are
// the same for any number of pairings.
//
// A request makes an entry, which waits for its answer. At its deadline, requested_at + limit, an
// open entry expires: unanswered, or unobserved when a gap of the answering side lies in
// [requested_at, deadline]. A message at t first lets every deadline < t expire, in order of
// (deadline, ordinal): an answer at the deadline is in time.
//
// A concluded entry is remembered: when it was answered within a quarter of the limit until
// requested_at + 5/4 limit, so that a second copy of request or answer is known as one for at least
// a limit; when it was answered later than that, or expired, until requested_at + remember_limits
// limits: a late answer finds its request. An entry past its remember time is gone: a message at t
// does not find what was remembered until earlier than t.
//
// An answer touches its own entry only, and nothing else is touched for it later on. Where entries
// lie and how they are found is told in open_table.h; expiry, forgetting and eviction are in
// expiry.c.
//
// An automatic reversal of an approval comes with a word to its original (MESSAGE_REVERSES), which
// has the original's key and so comes to the pairing that knows it.
//
// An answer without an entry may have been captured before its request: it waits for it for
// packets.disorder (early.c), and is an orphan when none has come by then.
#include "dataplane/counters/cell_key.h"
#include "dataplane/transactions/expiry.h"
#include "dataplane/transactions/transactions.h"

#include <string.h>

#define AHEAD         32 // messages whose buckets are fetched before the first one is taken
#define ENTRIES_AHEAD 8  // and whose entries

// ---- messages

// What the table knows of a message's key: the place is kept for a new entry of the same key.
struct known {
    struct place place;
    struct entry *entry; // NULL: nothing
};

static struct known known_find(struct pairing *pairing, const struct message *message)
{
    struct known known = {open_table_find(&pairing->table, message->key, message->at), NULL};
    if (known.place.bucket != NULL) {
        struct entry *entry = &pairing->table.entries[place_index(known.place)];
        known.entry = entry_is_known(pairing, entry, message->at) ? entry : NULL;
    }
    return known;
}

uint32_t pairing_append(
    struct pairing *pairing, struct entry_queue *queue, struct instant requested_at)
{
    if (entry_queue_is_full(&pairing->table, queue) && !open_table_has_room(&pairing->table)) {
        pairing_evict(pairing, requested_at);
    }
    return entry_queue_append(&pairing->table, queue, requested_at);
}

static inline void request_tell(struct pairing *pairing, const struct entry *entry)
{
    if (pairing->request_sink != NULL && entry->kind == KIND_BUSINESS) {
        uint64_t cell = pairing->links[entry->link].cell |
                        cell_key_of_business(entry->function, entry->province, entry->unit);
        pairing->request_sink(pairing->context, cell, entry->requested_at);
    } else {
        pairing_sink(pairing, entry, OUTCOME_OPEN, entry->requested_at, 0);
    }
}

static struct entry *request_open(
    struct pairing *pairing, const struct message *message, struct place place)
{
    struct limit_class *class = pairing->links[message->link].limit;
    uint32_t index = pairing_append(pairing, &class->young, message->at);
    struct entry *entry = &pairing->table.entries[index];
    entry_fill(pairing, entry, message);
    open_table_put(&pairing->table, place, index, later_by(message->at, class->slow_ns));
    pairing->next_deadline =
        instant_min(pairing->next_deadline, later_by(message->at, class->limit_ns));
    pairing->next_forgotten =
        instant_min(pairing->next_forgotten, later_by(message->at, class->quick_ns));
    request_tell(pairing, entry);
    return entry;
}

// What it approved is taken back: it failed, in its request's second, known from now on.
static void approval_reversed(
    struct pairing *pairing, const struct entry *entry, struct instant known_at)
{
    if (entry->approved) {
        pairing->counts.reversed++;
        pairing_sink(pairing, entry, OUTCOME_REVERSED, known_at, 0);
    }
}

// A reversal says that its sender has not seen the answer, or could do nothing with it. One that
// waited for the answer as long as the link allows comes a little after the limit; up to a quarter
// of it later every answered request is still known. A reversal in front of the answer makes that
// answer worthless as well. Copies of a reversal say nothing new.
static void take_reversal(struct pairing *pairing, const struct message *message)
{
    struct entry *entry = known_find(pairing, message).entry;
    if (entry == NULL || entry->reversed ||
        message->at.ns - entry->requested_at.ns > pairing->links[entry->link].limit->quick_ns) {
        return;
    }
    bool answered = entry->state == ENTRY_ANSWERED;
    entry->reversed = answered || entry->state == ENTRY_OPEN;
    if (answered) {
        approval_reversed(pairing, entry, message->at);
    }
}

// Partial approvals differ too; many such pairs say that the dialect's key is not unique.
static bool is_mismatched(const struct entry *entry, uint64_t amount, uint64_t account)
{
    return (amount != 0 && amount != entry->amount) || (account != 0 && account != entry->account);
}

// Its answer is there already. What the record says of the answer is when that was captured; both
// together are known from now on. The answer's entry makes way before another one is made: it has
// the place in the index.
static void request_answered(
    struct pairing *pairing, struct known early, const struct message *message)
{
    struct transaction answer;
    transaction_from_entry(pairing, early.entry, &answer);
    transaction_set_early(pairing, &answer, early.entry);
    entry_conclude(pairing, early.entry, ENTRY_SPENT, false);
    struct entry *entry = request_open(pairing, message, early.place);
    struct transaction transaction;
    transaction_from_entry(pairing, entry, &transaction);
    transaction.answered_at = answer.answered_at;
    transaction.known_at = message->at;
    transaction.answer_length = answer.answer_length;
    transaction.code = answer.code;
    transaction.outcome = answer.outcome;
    transaction.merchant = entry_merchant(&pairing->table, entry);
    transaction.flags |= answer.flags;
    memcpy(transaction.code_text, answer.code_text, sizeof(transaction.code_text));
    entry->approved = transaction.outcome == OUTCOME_SUCCEEDED;
    entry_conclude(pairing, entry, ENTRY_ANSWERED, false);
    pairing->counts.paired++;
    pairing->counts.mismatched += is_mismatched(entry, answer.amount, answer.account);
    pairing->sink(pairing->context, &transaction);
}

// A second copy is not a second demand. The repeat bit marks the open request; everything else is
// shown as a duplicate.
static void request_again(
    struct pairing *pairing, struct entry *entry, const struct message *message)
{
    bool repeat = message->flags & MESSAGE_REPEAT;
    pairing->counts.repeats += repeat;
    pairing->counts.duplicates += !repeat;
    if (repeat && entry->state == ENTRY_OPEN) {
        entry->flags |= TRANSACTION_REPEATED;
        return;
    }
    struct transaction transaction;
    transaction_from_message(pairing, message, &transaction);
    transaction.outcome = OUTCOME_DUPLICATE;
    transaction.flags = repeat ? TRANSACTION_REPEATED : 0;
    pairing->sink(pairing->context, &transaction);
}

static void take_request(struct pairing *pairing, const struct message *message)
{
    pairing->counts.requests++;
    struct known known = known_find(pairing, message);
    if (known.entry == NULL) {
        request_open(pairing, message, known.place);
    } else if (known.entry->state == ENTRY_EARLY) {
        request_answered(pairing, known, message);
    } else {
        request_again(pairing, known.entry, message);
    }
}

static void take_orphan(struct pairing *pairing, const struct message *answer, struct place place)
{
    uint16_t code = answer_code(pairing, answer, (enum kind)answer->kind);
    struct judgement judgement = answer_judge(&pairing->links[answer->link], code);
    pairing->counts.unlisted_codes += code == ANSWER_UNLISTED;
    if (pairing->disorder_ns > 0 && judgement.verdict != VERDICT_PENDING) {
        early_keep(pairing, answer, place, code);
        return;
    }
    struct transaction transaction;
    transaction_from_message(pairing, answer, &transaction);
    transaction_set_answer(&transaction, answer, code);
    transaction.outcome = outcome_by_verdict[judgement.verdict];
    transaction.flags = judgement.flags | TRANSACTION_ORPHAN;
    pairing->counts.orphans++;
    pairing->sink(pairing->context, &transaction);
}

// 超时报错: what was processed too late for its function was not processed.
static void judge_slow(const struct pairing_link *link, struct entry *entry, int64_t taken_ns,
    struct judgement *judgement)
{
    const struct function_table *functions = link->functions;
    int64_t limit_ns = entry->function < functions->function_count
                           ? functions->functions[entry->function].time_limit_ns
                           : 0;
    bool processed =
        judgement->verdict == VERDICT_SUCCEEDED || judgement->verdict == VERDICT_DECLINED;
    entry->slow = taken_ns > link->limit->limit_ns / QUICK_DIVISOR;
    if (limit_ns > 0 && taken_ns > limit_ns && processed) {
        judgement->verdict = VERDICT_FAILED;
        judgement->flags |= TRANSACTION_SLOW;
    }
}

static void entry_answered(struct pairing *pairing, struct entry *entry,
    const struct message *answer, uint16_t code, struct judgement judgement)
{
    const struct pairing_link *link = &pairing->links[entry->link];
    int64_t taken_ns = answer->at.ns - entry->requested_at.ns;
    if (__builtin_expect(taken_ns > link->attentive_ns, 0)) {
        judge_slow(link, entry, taken_ns, &judgement);
    }
    entry->approved = judgement.verdict == VERDICT_SUCCEEDED;
    entry_conclude(pairing, entry, ENTRY_ANSWERED, entry->slow);
    pairing->counts.paired++;
    pairing->counts.mismatched += is_mismatched(entry, answer->amount, answer->account);
    pairing_sink_answer(
        pairing, entry, answer, code, outcome_by_verdict[judgement.verdict], judgement.flags);
    if (__builtin_expect(entry->reversed, 0)) {
        approval_reversed(pairing, entry, answer->at);
    }
}

static void take_answer(struct pairing *pairing, const struct message *answer)
{
    pairing->counts.answers++;
    struct known known = known_find(pairing, answer);
    struct entry *entry = known.entry;
    if (entry == NULL) {
        take_orphan(pairing, answer, known.place);
        return;
    }
    bool again = entry->state == ENTRY_ANSWERED || entry->state == ENTRY_LATE;
    if (again || entry->state == ENTRY_EARLY) {
        pairing->counts.duplicates++;
        pairing_sink_answer(pairing, entry, answer, 0, OUTCOME_DUPLICATE, 0);
        return;
    }
    uint16_t code = answer_code(pairing, answer, (enum kind)entry->kind);
    struct judgement judgement = answer_judge(&pairing->links[answer->link], code);
    pairing->counts.unlisted_codes += code == ANSWER_UNLISTED;
    if (judgement.verdict == VERDICT_PENDING) {
        return; // the final answer decides; without one it stays unanswered
    }
    if (entry->state == ENTRY_EXPIRED) {
        entry->state = ENTRY_LATE;
        pairing->counts.late++;
        pairing_sink_answer(pairing, entry, answer, code, OUTCOME_LATE, judgement.flags);
        return;
    }
    entry_answered(pairing, entry, answer, code, judgement);
}

static void take_message(struct pairing *pairing, const struct message *message)
{
    if (message->link >= pairing->link_count) {
        return;
    }
    pairing->now = message->at;
    pairing_pass(pairing, message->at);
    if (message->flags & MESSAGE_REVERSES) {
        take_reversal(pairing, message);
    } else if (message->flags & MESSAGE_GAP) {
        pairing->counts.gaps++;
        bool ours = message->flags & MESSAGE_FROM_OURS;
        pairing->links[message->link].gap[ours] = message->at;
    } else if (message->flags & (MESSAGE_ANSWER | MESSAGE_REJECTED)) {
        take_answer(pairing, message);
    } else if (message->flags & MESSAGE_NOTICE) {
        pairing->counts.notices++;
    } else {
        take_request(pairing, message);
    }
}

void pairing_fetch(const struct pairing *pairing, const struct message *messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        open_table_fetch_bucket(&pairing->table, messages[i].key);
    }
}

static inline void entry_fetch(const struct pairing *pairing, const struct message *message)
{
    if (message->flags & MESSAGE_ANSWER) {
        open_table_fetch_entry(&pairing->table, message->key);
    }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void transactions_from_fetched(
    struct pairing *pairing, const struct message *messages, size_t count)
{
    for (size_t i = 0; i < smaller(count, ENTRIES_AHEAD); i++) {
        entry_fetch(pairing, &messages[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (i + ENTRIES_AHEAD < count) {
            entry_fetch(pairing, &messages[i + ENTRIES_AHEAD]);
        }
        take_message(pairing, &messages[i]);
    }
}

void transactions_from_messages(
    struct pairing *pairing, const struct message *messages, size_t count)
{
    pairing_fetch(pairing, messages, smaller(count, AHEAD));
    while (count > AHEAD) {
        pairing_fetch(pairing, messages + AHEAD, smaller(count - AHEAD, AHEAD));
        transactions_from_fetched(pairing, messages, AHEAD);
        messages += AHEAD;
        count -= AHEAD;
    }
    transactions_from_fetched(pairing, messages, count);
}

void pairing_advance(struct pairing *pairing, struct instant watermark)
{
    pairing_pass(pairing, watermark);
    pairing->now = instant_max(pairing->now, watermark);
}

static void queue_end(struct pairing *pairing, struct entry_queue *queue)
{
    uint32_t index;
    while ((index = entry_queue_waiting(&pairing->table, queue)) != ENTRY_NONE) {
        struct entry *entry = &pairing->table.entries[index];
        entry_conclude(pairing, entry, ENTRY_EXPIRED, true);
        pairing_sink(pairing, entry, OUTCOME_UNOBSERVED, pairing->now, TRANSACTION_END);
    }
}

void pairing_end(struct pairing *pairing)
{
    for (size_t i = 0; i < pairing->class_count; i++) {
        queue_end(pairing, &pairing->classes[i].old);
        queue_end(pairing, &pairing->classes[i].young);
    }
    early_end(pairing);
}

const struct transaction_counts *pairing_counts(const struct pairing *pairing)
{
    return &pairing->counts;
}
