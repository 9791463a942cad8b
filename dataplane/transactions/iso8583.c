// One message: header, message type, bitmaps, one walk (or what plan.h remembers of an equal one),
// then the few values that the rest of the program wants. A message that is cut like an earlier one
// (stencil.h) needs none of the former.
//
// A message that the centre sent back (CUPS reject header) is the request with a header in front:
// its type is the request's, its sender is the side that did not ask. It becomes the answer of that
// request.
#include "dataplane/transactions/iso8583.h"

#include "dataplane/transactions/accounts.h"
#include "dataplane/transactions/classify.h"
#include "dataplane/transactions/digits.h"
#include "dataplane/transactions/keys.h"
#include "dataplane/transactions/labels.h"
#include "dataplane/transactions/plan.h"
#include "dataplane/transactions/transactions.h"
#include "dataplane/transactions/values.h"
#include "dataplane/transactions/walk.h"

#include <string.h>

static bool header_count(enum header_result result, uint64_t *bad, struct parse_counts *counts)
{
    *bad += result == HEADER_BAD;
    counts->too_short += result == HEADER_SHORT;
    return result == HEADER_FINE;
}

static bool walk_count(enum walk_result result, struct parse_counts *counts)
{
    switch (result) {
    case WALK_FINE: return true;
    case WALK_SHORT: counts->too_short++; break;
    case WALK_BAD_BITMAP: counts->bad_bitmap++; break;
    case WALK_UNKNOWN_FIELD: counts->unknown_field++; break;
    case WALK_BAD_LENGTH:
    case WALK_LEFT_OVER:
    case WALK_BAD_DIGITS: counts->bad_field_length++; break;
    }
    return false;
}

// What follows from the message's shape and length, and what few messages have.
static inline void message_fill_rest(const struct parser *parser, const struct plan *plan,
    const struct walk *walk, bool ours_asked, struct message *ret)
{
    ret->link = parser->link_index;
    ret->mti = plan->mti_number;
    ret->length = (uint16_t)walk->length;
    ret->kind = plan->kind;
    ret->holder = HOLDER_UNKNOWN; // unless a table tells: labels_from_walk
    original_from_walk(parser, walk, plan->mti, ours_asked, ret->original);
    if (plan->kind == KIND_BUSINESS && !(plan->flags & MESSAGE_ANSWER) && walk_has(walk, 42)) {
        ret->merchant = merchant_hash(parser->key, walk_value(walk, 42), walk_wire_bytes(walk, 42));
    }
    ret->unit = ret->counterparty = LABEL_NONE;
    if (__builtin_expect(plan->labelled, 0)) {
        labels_from_walk(parser, walk, ret);
    }
    memset(ret->reserved, 0, sizeof(ret->reserved));
}

// What the walk and its plan tell; the key is there already.
static void message_fill(const struct parser *parser, struct plan *plan, const struct walk *walk,
    bool ours_asked, struct message *ret)
{
    ret->account = account_from_walk(parser, walk);
    ret->amount = amount_from_walk(walk);
    ret->function = function_from_walk(parser, plan, walk);
    ret->province = province_from_walk(parser, plan, walk);
    code_from_walk(walk, ret);
    message_fill_rest(parser, plan, walk, ours_asked, ret);
}

// One message on its way, that has no stencil.
struct reading {
    const struct parser *parser;
    const uint8_t *bytes;
    size_t length;
    struct header header;
    bool by_plan; // one that is kept
};

// The long way, on which every fault has a counter of its own. NULL when there is one. A `shape`
// has its plan kept.
static struct plan *walk_whole(struct reading *reading, struct plans *plans,
    const struct shape *shape, struct parse_counts *counts)
{
    const struct dialect *dialect = reading->parser->dialect;
    const uint8_t *bytes = reading->bytes;
    size_t at = reading->header.bytes, length = reading->length;
    struct mti mti;
    enum header_result result = mti_parse(dialect, bytes + at, length - at, &mti);
    if (!header_count(result, &counts->bad_mti, counts)) {
        return NULL;
    }
    if (reading->header.test) {
        counts->test_messages++;
        return NULL;
    }
    at += mti_bytes(dialect);
    if (!walk_count(walk_message(dialect, bytes, length, at, &plans->walk), counts)) {
        return NULL;
    }
    return plans_add(plans, reading->parser, shape, mti, &plans->walk);
}

static struct plan *plan_of(
    struct reading *reading, struct plans *plans, struct parse_counts *counts)
{
    const struct parser *parser = reading->parser;
    size_t at = reading->header.bytes, length = reading->length;
    struct shape shape;
    if (reading->header.test || !shape_read(parser, reading->bytes + at, length - at, &shape)) {
        return walk_whole(reading, plans, NULL, counts);
    }
    struct plan *plan = plans_find(plans, &shape);
    size_t bitmap_at = at + mti_bytes(parser->dialect);
    if (plan != NULL && plan_walk(plan, reading->bytes, length, bitmap_at, &plans->walk)) {
        reading->by_plan = true;
        return plan;
    }
    return walk_whole(reading, plans, &shape, counts);
}

static bool message_walk(const struct parser *parser, struct plans *plans, const uint8_t *bytes,
    size_t length, struct message *ret, struct parse_counts *counts)
{
    struct reading reading = {.parser = parser, .bytes = bytes, .length = length};
    if (length > UINT16_MAX) {
        counts->bad_header++;
        return false;
    }
    enum header_result result = header_parse(parser->dialect, bytes, length, &reading.header);
    struct plan *plan =
        header_count(result, &counts->bad_header, counts) ? plan_of(&reading, plans, counts) : NULL;
    if (plan == NULL) {
        return false;
    }
    const struct header *header = &reading.header;
    bool from_ours = (ret->flags & MESSAGE_FROM_OURS) != 0;
    unsigned rejected = header->rejected ? MESSAGE_ANSWER | MESSAGE_REJECTED : 0;
    ret->flags = (uint8_t)((ret->flags & MESSAGE_FROM_OURS) | plan->flags | rejected);
    if (!plan->key.whole) {
        counts->key_missing++;
        return false;
    }
    // Who asked: the sender, unless this answers; a message sent back turns that around once more.
    bool ours_asked = from_ours ^ mti_is_answer(plan->mti) ^ header->rejected;
    const struct walk *walk = &plans->walk;
    key_from_walk(parser, &plan->key, walk, ours_asked, ret->key);
    message_fill(parser, plan, walk, ours_asked, ret);
    counts->messages++;
    counts->over_table += walk->over_table;
    counts->left_over += walk->end < length;
    if (reading.by_plan && !header->rejected) {
        stencil_learn(&plans->stencils, parser, plan, walk, header->bytes, from_ours);
    }
    return true;
}

// ---- by a stencil

// `accounts`: where it may wait, or NULL.
static inline void account_by_stencil(const struct parser *parser, const struct stencil *stencil,
    const uint8_t *bytes, struct accounts *accounts, uint64_t *ret)
{
    size_t digits = stencil->account_digits;
    if (__builtin_expect(stencil->account == VALUE_PLAIN, 1)) {
        if (accounts != NULL && digits >= WAITING_SHORTEST) {
            accounts_add(accounts, parser->key, bytes + stencil->account_at, digits, ret);
        } else {
            *ret = account_hash(parser->key, bytes + stencil->account_at, digits);
        }
        return;
    }
    *ret = stencil->account == VALUE_ABSENT ? 0 : account_from_walk(parser, &stencil->walk);
}

static inline uint64_t amount_by_stencil(const struct stencil *stencil, const uint8_t *bytes)
{
    uint64_t amount = 0;
    if (__builtin_expect(stencil->amount == VALUE_PLAIN, 1)) {
        (void)twelve_digits(bytes + stencil->amount_at, &amount);
        return amount;
    }
    return stencil->amount == VALUE_ABSENT ? 0 : amount_from_walk(&stencil->walk);
}

static inline uint16_t function_by_stencil(
    const struct parser *parser, const struct stencil *stencil, const uint8_t *bytes)
{
    struct plan *plan = stencil->plan;
    if (__builtin_expect(stencil->function_plain, 1)) {
        uint64_t processing;
        uint16_t condition;
        memcpy(&processing, bytes + stencil->processing_at, sizeof(processing));
        memcpy(&condition, bytes + stencil->condition_at, sizeof(condition));
        processing &= plan->processing_mask;
        condition &= plan->condition_mask;
        const struct function_memo *memo = function_memo_at(plan, processing, condition);
        if (__builtin_expect(function_memo_is(memo, processing, condition), 1)) {
            return memo->function - 1;
        }
    }
    return function_from_walk(parser, plan, &stencil->walk);
}

static inline uint8_t province_by_stencil(
    const struct parser *parser, const struct stencil *stencil, const uint8_t *bytes)
{
    struct plan *plan = stencil->plan;
    if (__builtin_expect(stencil->province_plain, 1)) {
        uint32_t region;
        memcpy(&region, bytes + stencil->region_at, sizeof(region));
        const struct province_memo *memo = province_memo_at(plan, region);
        if (__builtin_expect(province_memo_is(memo, region), 1)) {
            return memo->province;
        }
    }
    return province_from_walk(parser, plan, &stencil->walk);
}

static inline void code_by_stencil(
    const struct stencil *stencil, const uint8_t *bytes, struct message *ret)
{
    ret->code = -1;
    memset(ret->code_text, 0, sizeof(ret->code_text));
    if (stencil->code == VALUE_ABSENT) {
        return;
    }
    const uint8_t *text = bytes + stencil->code_at;
    uint32_t high = digit_value(text[0]), low = digit_value(text[1]);
    if (stencil->code != VALUE_PLAIN || high > 9 || low > 9) {
        code_from_walk(&stencil->walk, ret);
        return;
    }
    ret->code = (int32_t)(36 * high + low); // response_code_number of two digits
    ret->code_text[0] = text[0];
    ret->code_text[1] = text[1];
}

static void message_by_stencil(const struct parser *parser, struct stencil *stencil,
    const uint8_t *bytes, struct message *ret, struct parse_counts *counts,
    struct accounts *accounts)
{
    struct plan *plan = stencil->plan;
    bool ours_asked = stencil->from_ours ^ mti_is_answer(plan->mti);
    stencil->walk.bytes = bytes;
    if (__builtin_expect(stencil->key_plain, 1)) {
        key_from_recipe(parser->key, &stencil->key, bytes, ret->key);
    } else {
        key_from_walk(parser, &plan->key, &stencil->walk, ours_asked, ret->key);
    }
    account_by_stencil(parser, stencil, bytes, accounts, &ret->account);
    ret->amount = amount_by_stencil(stencil, bytes);
    ret->function = function_by_stencil(parser, stencil, bytes);
    ret->province = province_by_stencil(parser, stencil, bytes);
    code_by_stencil(stencil, bytes, ret);
    ret->flags = plan->flags | (stencil->from_ours ? MESSAGE_FROM_OURS : 0);
    message_fill_rest(parser, plan, &stencil->walk, ours_asked, ret);
    counts->messages++;
    counts->over_table += stencil->over_table;
    counts->left_over += stencil->left_over;
}

static inline struct stencil *stencil_find(struct plans *plans, const struct parser *parser,
    const uint8_t *bytes, size_t length, bool from_ours)
{
    const struct dialect *dialect = parser->dialect;
    if (length < STENCIL_BYTES || length < dialect->shortest) {
        return NULL;
    }
    size_t set = stencil_set(parser, dialect, bytes, length);
    struct stencil *stencil = plans->stencils.ways[set];
    for (size_t i = 0; i < STENCIL_WAYS; i++, stencil++) {
        if (stencil_is_of(stencil, parser, from_ours, length) && stencil_fits(stencil, bytes) &&
            stencil->plan->turn == stencil->plan_turn) {
            return stencil;
        }
    }
    return NULL;
}

bool message_from_bytes_waiting(const struct parser *parser, struct plans *plans,
    const uint8_t *bytes, size_t length, struct message *ret, struct parse_counts *counts,
    struct accounts *accounts)
{
    bool from_ours = (ret->flags & MESSAGE_FROM_OURS) != 0;
    struct stencil *stencil = stencil_find(plans, parser, bytes, length, from_ours);
    if (__builtin_expect(stencil == NULL, 0)) {
        return message_walk(parser, plans, bytes, length, ret, counts);
    }
    message_by_stencil(parser, stencil, bytes, ret, counts, accounts);
    return true;
}

bool message_from_bytes(const struct parser *parser, struct plans *plans, const uint8_t *bytes,
    size_t length, struct message *ret, struct parse_counts *counts)
{
    return message_from_bytes_waiting(parser, plans, bytes, length, ret, counts, NULL);
}
