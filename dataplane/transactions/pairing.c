// Theory of operation
//
// Messages come sorted by (at, ordinal), all messages of one key to one pairing, gaps to all. So
// what happens to a key depends on that key's messages and on the gaps alone, and the records are
// the same for any number of pairings.
//
// A request makes an entry. The entry goes through these lists, one set per distinct time limit;
// within a set requests come in order of time, so every list is sorted by what it waits for, and
// its head is all that expiry looks at:
//
//   awaiting    until the deadline, requested_at + limit. Open entries then expire: unanswered, or
//               unobserved when a gap of the answering side lies in [requested_at, deadline].
//   answered    answered within a quarter of the limit: until requested_at + 5/4 limit, so that a
//               second copy of request or answer is known as one for at least a limit.
//   remembered  expired, or answered later than that: until requested_at + remember_limits limits.
//               A late answer finds its request here.
//
// An answer leaves its entry where it is in `awaiting`; nothing is ever unlinked from the middle on
// the way, so an answer touches its own entry only. A message at t first lets every deadline < t
// expire, in order of (deadline, ordinal): an answer at the deadline is in time. An entry past its
// remember time is gone: a message at t first forgets what was remembered until earlier than t.
//
// An answer without an entry may have been captured before its request: it waits for it for
// packets.disorder (early.c), and is an orphan when none has come by then.
//
// Expiry, forgetting and eviction are in expiry.c.
#include "dataplane/transactions/expiry.h"
#include "dataplane/transactions/transactions.h"

#include <stdlib.h>
#include <string.h>

#define AHEAD_HEADS   16 // messages ahead of which the hash heads are fetched
#define AHEAD_ENTRIES 8  // messages ahead of which the entries are fetched

// What an answer says.
struct judgement {
    enum verdict verdict;
    uint8_t flags; // enum transaction_flag
};

const uint8_t outcome_by_verdict[] = {
    [VERDICT_SUCCEEDED] = OUTCOME_SUCCEEDED,
    [VERDICT_DECLINED] = OUTCOME_DECLINED,
    [VERDICT_FAILED] = OUTCOME_FAILED,
    [VERDICT_PENDING] = OUTCOME_EXCLUDED, // of orphans only: it says nothing final
    [VERDICT_PLANNED] = OUTCOME_EXCLUDED,
    [VERDICT_EXCLUDED] = OUTCOME_EXCLUDED,
};

// ---- records

struct transaction transaction_of_entry(const struct pairing *pairing, const struct entry *entry)
{
    return (struct transaction){
        .requested_at = entry->requested_at,
        .ordinal = entry->ordinal,
        .account = entry->account,
        .amount = entry->amount,
        .network = pairing->links[entry->link].network,
        .link = entry->link,
        .function = entry->function,
        .mti = entry->mti,
        .province = entry->province,
        .site = pairing->links[entry->link].site,
        .kind = entry->kind,
        .holder = entry->holder,
        .flags = entry->flags,
        .client = entry->client,
        .server = entry->server,
    };
}

// Of a message that has no entry: a request's second copy, or an orphan.
static struct transaction transaction_of_message(
    const struct pairing *pairing, const struct message *message)
{
    bool answer = message->flags & (MESSAGE_ANSWER | MESSAGE_REJECTED);
    return (struct transaction){
        .requested_at = message->at,
        .known_at = message->at,
        .ordinal = message->ordinal,
        .account = message->account,
        .amount = message->amount,
        .network = pairing->links[message->link].network,
        .link = message->link,
        .function = message->function,
        .mti = message->mti,
        .province = message->province,
        .site = pairing->links[message->link].site,
        .kind = message->kind,
        .holder = message->holder,
        .client = answer ? message->destination : message->source,
        .server = answer ? message->source : message->destination,
    };
}

static void transaction_set_answer(struct transaction *transaction, const struct message *answer)
{
    transaction->answered_at = answer->at;
    transaction->known_at = answer->at;
    transaction->answer_length = answer->length;
    memcpy(transaction->code_text, answer->code_text, sizeof(transaction->code_text));
}

void pairing_sink(const struct pairing *pairing, const struct entry *entry, enum outcome outcome,
    struct instant known_at, uint8_t flags)
{
    struct transaction transaction = transaction_of_entry(pairing, entry);
    transaction.known_at = known_at;
    transaction.outcome = (uint8_t)outcome;
    transaction.flags |= flags;
    pairing->sink(pairing->context, &transaction);
}

static void sink_answer(const struct pairing *pairing, const struct entry *entry,
    const struct message *answer, enum outcome outcome, uint8_t flags)
{
    struct transaction transaction = transaction_of_entry(pairing, entry);
    transaction_set_answer(&transaction, answer);
    transaction.outcome = (uint8_t)outcome;
    transaction.flags |= flags;
    pairing->sink(pairing->context, &transaction);
}

// ---- messages

static struct entry *entry_find(struct pairing *pairing, const struct message *message)
{
    uint32_t index = open_table_find(&pairing->table, message->key);
    if (index == ENTRY_NONE || pairing->table.entries[index].state == ENTRY_SPENT) {
        return NULL;
    }
    return &pairing->table.entries[index];
}

struct entry *entry_new(
    struct pairing *pairing, const uint64_t key[2], struct instant now, uint32_t *index)
{
    *index = open_table_add(&pairing->table, key);
    if (*index == ENTRY_NONE) {
        pairing_evict(pairing, now);
        *index = open_table_add(&pairing->table, key);
    }
    return &pairing->table.entries[*index];
}

static void entry_fill(struct entry *entry, const struct message *message)
{
    entry->requested_at = message->at;
    entry->ordinal = message->ordinal;
    entry->account = message->account;
    entry->amount = message->amount;
    entry->link = message->link;
    entry->function = message->function;
    entry->mti = message->mti;
    entry->kind = message->kind;
    entry->province = message->province;
    entry->holder = message->holder;
    entry->asked_by_ours = message->flags & MESSAGE_FROM_OURS;
    entry->client = message->source;
    entry->server = message->destination;
}

static struct entry *request_open(struct pairing *pairing, const struct message *message)
{
    uint32_t index;
    struct entry *entry = entry_new(pairing, message->key, message->at, &index);
    struct limit_class *class = pairing->links[message->link].limit;
    entry_fill(entry, message);
    entry_list_append(&pairing->table, &class->awaiting, index);
    pairing->next_deadline = instant_min(pairing->next_deadline, entry_deadline(pairing, entry));
    pairing_sink(pairing, entry, OUTCOME_OPEN, message->at, 0);
    return entry;
}

// Partial approvals differ too; many such pairs say that the dialect's key is not unique.
static bool is_mismatched(const struct entry *entry, uint64_t amount, uint64_t account)
{
    return (amount != 0 && amount != entry->amount) || (account != 0 && account != entry->account);
}

// Its answer is there already. What the record says of the answer is when that was captured; both
// together are known from now on.
static void request_answered(
    struct pairing *pairing, struct entry *early, const struct message *message)
{
    const struct entry answer = *early;
    early->state = ENTRY_SPENT;
    struct entry *entry = request_open(pairing, message);
    struct transaction transaction = transaction_of_entry(pairing, entry);
    transaction.answered_at = answer.requested_at;
    transaction.known_at = message->at;
    transaction.answer_length = answer.answer_length;
    transaction.outcome = outcome_by_verdict[answer.verdict];
    transaction.flags |= answer.answer_flags;
    memcpy(transaction.code_text, answer.code_text, sizeof(transaction.code_text));
    entry->state = ENTRY_ANSWERED;
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
    struct transaction transaction = transaction_of_message(pairing, message);
    transaction.outcome = OUTCOME_DUPLICATE;
    transaction.flags = repeat ? TRANSACTION_REPEATED : 0;
    pairing->sink(pairing->context, &transaction);
}

static void take_request(struct pairing *pairing, const struct message *message)
{
    pairing->counts.requests++;
    struct entry *entry = entry_find(pairing, message);
    if (entry == NULL) {
        request_open(pairing, message);
    } else if (entry->state == ENTRY_EARLY) {
        request_answered(pairing, entry, message);
    } else {
        request_again(pairing, entry, message);
    }
}

// protocols.md 1.7: the network's table says what field 39 means.
static struct judgement answer_judge(
    struct pairing *pairing, const struct message *answer, enum kind kind)
{
    if (answer->flags & MESSAGE_REJECTED) {
        return (struct judgement){VERDICT_FAILED, TRANSACTION_REJECTED};
    }
    bool without_code = answer->code < 0 && answer->code_text[0] == 0;
    if (without_code && kind == KIND_MANAGEMENT) {
        return (struct judgement){VERDICT_SUCCEEDED, 0};
    }
    const struct response_codes *codes = pairing->links[answer->link].codes;
    const struct response_code *code =
        answer->code < 0 ? NULL : response_code_find(codes, answer->code);
    if (code == NULL) {
        pairing->counts.unlisted_codes++;
        return (struct judgement){codes->unlisted, TRANSACTION_UNLISTED_CODE};
    }
    return (struct judgement){code->verdict, code->degraded ? TRANSACTION_DEGRADED : 0};
}

static void take_orphan(struct pairing *pairing, const struct message *answer)
{
    struct judgement judgement = answer_judge(pairing, answer, answer->kind);
    if (pairing->disorder_ns > 0 && judgement.verdict != VERDICT_PENDING) {
        early_keep(pairing, answer, (uint8_t)judgement.verdict, judgement.flags);
        return;
    }
    struct transaction transaction = transaction_of_message(pairing, answer);
    transaction_set_answer(&transaction, answer);
    transaction.outcome = outcome_by_verdict[judgement.verdict];
    transaction.flags = judgement.flags | TRANSACTION_ORPHAN;
    pairing->counts.orphans++;
    pairing->sink(pairing->context, &transaction);
}

static void entry_answered(struct pairing *pairing, struct entry *entry,
    const struct message *answer, struct judgement judgement)
{
    int64_t limit_ns = pairing->links[entry->link].limit->limit_ns;
    entry->state = ENTRY_ANSWERED;
    entry->slow = answer->at.ns - entry->requested_at.ns > limit_ns / QUICK_DIVISOR;
    pairing->counts.paired++;
    pairing->counts.mismatched += is_mismatched(entry, answer->amount, answer->account);
    sink_answer(pairing, entry, answer, outcome_by_verdict[judgement.verdict], judgement.flags);
}

static void take_answer(struct pairing *pairing, const struct message *answer)
{
    pairing->counts.answers++;
    struct entry *entry = entry_find(pairing, answer);
    if (entry == NULL) {
        take_orphan(pairing, answer);
        return;
    }
    bool again = entry->state == ENTRY_ANSWERED || entry->state == ENTRY_LATE;
    if (again || entry->state == ENTRY_EARLY) {
        pairing->counts.duplicates++;
        sink_answer(pairing, entry, answer, OUTCOME_DUPLICATE, 0);
        return;
    }
    struct judgement judgement = answer_judge(pairing, answer, entry->kind);
    if (judgement.verdict == VERDICT_PENDING) {
        return; // the final answer decides; without one it stays unanswered
    }
    if (entry->state == ENTRY_EXPIRED) {
        entry->state = ENTRY_LATE;
        pairing->counts.late++;
        sink_answer(pairing, entry, answer, OUTCOME_LATE, judgement.flags);
        return;
    }
    entry_answered(pairing, entry, answer, judgement);
}

static void take_message(struct pairing *pairing, const struct message *message)
{
    if (message->link >= pairing->link_count) {
        return;
    }
    pairing->now = message->at;
    pairing_pass(pairing, message->at);
    if (message->flags & MESSAGE_GAP) {
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

void transactions_from_messages(
    struct pairing *pairing, const struct message *messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD_HEADS < count) {
            __builtin_prefetch(open_table_head(&pairing->table, messages[i + AHEAD_HEADS].key));
        }
        if (i + AHEAD_ENTRIES < count) {
            uint32_t index = *open_table_head(&pairing->table, messages[i + AHEAD_ENTRIES].key);
            if (index != ENTRY_NONE) {
                __builtin_prefetch(&pairing->table.entries[index]);
                __builtin_prefetch(&pairing->table.entries[index].amount);
            }
        }
        take_message(pairing, &messages[i]);
    }
}

void pairing_advance(struct pairing *pairing, struct instant watermark)
{
    pairing_pass(pairing, watermark);
    pairing->now = instant_max(pairing->now, watermark);
}

static void class_end(struct pairing *pairing, struct limit_class *class)
{
    for (uint32_t i = class->awaiting.head; i != ENTRY_NONE; i = pairing->table.entries[i].next) {
        struct entry *entry = &pairing->table.entries[i];
        if (entry->state == ENTRY_OPEN) {
            entry->state = ENTRY_EXPIRED;
            pairing_sink(pairing, entry, OUTCOME_UNOBSERVED, pairing->now, TRANSACTION_END);
        }
    }
}

void pairing_end(struct pairing *pairing)
{
    for (size_t i = 0; i < pairing->class_count; i++) {
        class_end(pairing, &pairing->classes[i]);
    }
    early_end(pairing);
}

const struct transaction_counts *pairing_counts(const struct pairing *pairing)
{
    return &pairing->counts;
}

// ---- start and end

static struct limit_class *class_of_limit(struct pairing *pairing, int64_t limit_ns)
{
    size_t i = 0;
    while (i < pairing->class_count && pairing->classes[i].limit_ns != limit_ns) {
        i++;
    }
    if (i == pairing->class_count) {
        struct entry_list empty = {ENTRY_NONE, ENTRY_NONE};
        pairing->classes[i] = (struct limit_class){.limit_ns = limit_ns,
            .awaiting = empty,
            .answered = empty,
            .remembered = empty,
            .kept = ENTRY_NONE};
        pairing->class_count++;
    }
    return &pairing->classes[i];
}

static void links_init(struct pairing *pairing, const struct settings *settings)
{
    for (size_t i = 0; i < settings->link_count; i++) {
        const struct link_settings *link = &settings->links[i];
        pairing->links[i] = (struct pairing_link){
            .limit = class_of_limit(pairing, link->time_limit_ns),
            .codes = &settings->networks[link->network].response_codes,
            .gap = {{INT64_MIN}, {INT64_MIN}},
            .network = link->network,
            .site = (uint8_t)link->site,
        };
    }
    pairing->link_count = settings->link_count;
}

struct pairing *pairing_new(const struct settings *settings, transaction_sink *sink, void *context)
{
    struct pairing *pairing = calloc(1, sizeof(*pairing));
    if (pairing == NULL) {
        return NULL;
    }
    pairing->sink = sink;
    pairing->context = context;
    pairing->remember_limits = settings->transactions.remember_limits;
    pairing->next_deadline = INSTANT_NEVER;
    pairing->next_forgotten = INSTANT_NEVER;
    pairing->next_early = INSTANT_NEVER;
    pairing->early = (struct entry_list){ENTRY_NONE, ENTRY_NONE};
    pairing->disorder_ns = settings->packets.disorder_ns;
    pairing->classes = calloc(settings->link_count + 1, sizeof(*pairing->classes));
    pairing->links = calloc(settings->link_count + 1, sizeof(*pairing->links));
    bool made = open_table_init(&pairing->table, (size_t)settings->transactions.open);
    if (!made || pairing->classes == NULL || pairing->links == NULL) {
        pairing_free(pairing);
        return NULL;
    }
    links_init(pairing, settings);
    return pairing;
}

void pairing_free(struct pairing *pairing)
{
    if (pairing == NULL) {
        return;
    }
    open_table_done(&pairing->table);
    free(pairing->classes);
    free(pairing->links);
    free(pairing);
}
