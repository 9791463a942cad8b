// What pairing says and keeps of a message: records of transactions, and entries.
#include "dataplane/transactions/expiry.h"

#include <string.h>

const uint8_t outcome_by_verdict[] = {
    [VERDICT_SUCCEEDED] = OUTCOME_SUCCEEDED,
    [VERDICT_DECLINED] = OUTCOME_DECLINED,
    [VERDICT_FAILED] = OUTCOME_FAILED,
    [VERDICT_PENDING] = OUTCOME_EXCLUDED, // of orphans only: it says nothing final
    [VERDICT_PLANNED] = OUTCOME_EXCLUDED,
    [VERDICT_EXCLUDED] = OUTCOME_EXCLUDED,
    [VERDICT_THROTTLED] = OUTCOME_THROTTLED,
};

struct judgement answer_judge_seldom(const struct pairing_link *link, uint16_t code)
{
    switch (code) {
    case ANSWER_REJECTED: return (struct judgement){VERDICT_FAILED, TRANSACTION_REJECTED};
    case ANSWER_WITHOUT_CODE: return (struct judgement){VERDICT_SUCCEEDED, 0};
    default: return (struct judgement){link->codes->unlisted, TRANSACTION_UNLISTED_CODE};
    }
}

// Of a record: only codes of the table have an index.
static uint16_t code_listed(uint16_t code)
{
    return code >= ANSWER_REJECTED ? 0 : code;
}

// Field by field, where it is to be: an initializer would be made elsewhere, and copied.
void transaction_from_entry(
    const struct pairing *pairing, const struct entry *entry, struct transaction *ret)
{
    const struct pairing_link *link = &pairing->links[entry->link];
    ret->requested_at = entry->requested_at;
    ret->answered_at = INSTANT_NONE;
    ret->ordinal = entry->ordinal;
    ret->account = entry->account;
    ret->amount = entry->amount;
    ret->network = link->network;
    ret->link = entry->link;
    ret->function = entry->function;
    ret->mti = entry->mti;
    ret->province = entry->province;
    ret->site = link->site;
    ret->kind = entry->kind;
    ret->holder = entry->holder;
    ret->flags = entry->flags;
    ret->unit = entry->unit;
    ret->counterparty = entry->counterparty; // of an early answer: transaction_set_early
    ret->code = 0;
    ret->answer_length = 0;
    ret->merchant_tag = entry->merchant_tag;
    ret->merchant = 0;
    memset(ret->code_text, 0, sizeof(ret->code_text));
    if (pairing->table.details != NULL) {
        const struct entry_details *details = entry_details(&pairing->table, entry);
        ret->client = details->client;
        ret->server = details->server;
    } else {
        memset(&ret->client, 0, sizeof(ret->client));
        memset(&ret->server, 0, sizeof(ret->server));
    }
}

void transaction_from_message(
    const struct pairing *pairing, const struct message *message, struct transaction *ret)
{
    bool answer = message->flags & (MESSAGE_ANSWER | MESSAGE_REJECTED);
    *ret = (struct transaction){
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
        .unit = message->unit,
        .counterparty = message->counterparty,
        .client = answer ? message->destination : message->source,
        .server = answer ? message->source : message->destination,
    };
}

void transaction_set_answer(
    struct transaction *transaction, const struct message *answer, uint16_t code)
{
    transaction->answered_at = answer->at;
    transaction->known_at = answer->at;
    transaction->code = code_listed(code);
    if (transaction->counterparty == LABEL_NONE) {
        transaction->counterparty = answer->counterparty;
    }
    transaction->answer_length = answer->length;
    memcpy(transaction->code_text, answer->code_text, sizeof(transaction->code_text));
}

static void sink_outcome(const struct pairing *pairing, const struct entry *entry,
    enum outcome outcome, struct transaction *transaction)
{
    transaction->outcome = (uint8_t)outcome;
    if (outcome == OUTCOME_FAILED || outcome == OUTCOME_UNANSWERED || outcome == OUTCOME_REVERSED) {
        transaction->merchant = entry_merchant(&pairing->table, entry);
    }
    pairing->sink(pairing->context, transaction);
}

void pairing_sink(const struct pairing *pairing, const struct entry *entry, enum outcome outcome,
    struct instant known_at, uint8_t flags)
{
    struct transaction transaction;
    transaction_from_entry(pairing, entry, &transaction);
    transaction.known_at = known_at;
    transaction.flags |= flags;
    sink_outcome(pairing, entry, outcome, &transaction);
}

void pairing_sink_answer(const struct pairing *pairing, const struct entry *entry,
    const struct message *answer, uint16_t code, enum outcome outcome, uint8_t flags)
{
    struct transaction transaction;
    transaction_from_entry(pairing, entry, &transaction);
    transaction_set_answer(&transaction, answer, code);
    transaction.flags |= flags;
    sink_outcome(pairing, entry, outcome, &transaction);
}

void transaction_set_early(
    const struct pairing *pairing, struct transaction *transaction, const struct entry *early)
{
    struct judgement judgement = answer_judge(&pairing->links[early->link], early->answer_code);
    transaction->answered_at = early->requested_at;
    transaction->counterparty = LABEL_NONE;
    transaction->answer_length = early->answer_length;
    transaction->code = code_listed(early->answer_code);
    transaction->outcome = outcome_by_verdict[judgement.verdict];
    transaction->flags |= judgement.flags;
    if (pairing->table.details != NULL) {
        memcpy(transaction->code_text, entry_details(&pairing->table, early)->code_text,
            sizeof(transaction->code_text));
    }
}

void entry_fill(struct pairing *pairing, struct entry *entry, const struct message *message)
{
    bool answer = message->flags & (MESSAGE_ANSWER | MESSAGE_REJECTED);
    entry->key[0] = message->key[0];
    entry->key[1] = message->key[1];
    entry->requested_at = message->at;
    entry->ordinal = message->ordinal;
    entry->account = message->account;
    entry->amount = message->amount;
    entry->link = message->link;
    entry->mti = message->mti;
    entry->unit = message->unit;
    entry->counterparty = message->counterparty;
    entry->function = (uint8_t)message->function;
    entry->state = ENTRY_OPEN;
    entry->flags = 0;
    entry->asked_by_ours = (message->flags & MESSAGE_FROM_OURS) != 0;
    entry->slow = entry->approved = entry->reversed = false;
    entry->kind = message->kind & 7;
    entry->province = message->province;
    entry->holder = message->holder;
    uint64_t merchant = answer || message->kind != KIND_BUSINESS ? 0 : message->merchant;
    entry->merchant_tag = (uint16_t)merchant;
    pairing->table.merchants[entry_index(&pairing->table, entry)] = merchant;
    if (pairing->table.details != NULL) {
        struct entry_details *details = entry_details(&pairing->table, entry);
        details->client = answer ? message->destination : message->source;
        details->server = answer ? message->source : message->destination;
        memcpy(details->code_text, message->code_text, sizeof(details->code_text));
    }
}
