// One message: header, message type, bitmaps, one walk (or what plan.h remembers of an equal one),
// then the few values that the rest of the program wants. Values are read where they stand; the
// account number is hashed where it stands, in BCD it is turned into characters on the stack, so
// that a card has one hash in every dialect, and that copy is wiped.
//
// A message that the centre sent back (CUPS reject header) is the request with a header in front:
// its type is the request's, its sender is the side that did not ask. It becomes the answer of that
// request.
#include "dataplane/transactions/iso8583.h"

#include "dataplane/transactions/classify.h"
#include "dataplane/transactions/keys.h"
#include "dataplane/transactions/plan.h"
#include "dataplane/transactions/transactions.h"
#include "dataplane/transactions/walk.h"

#include <sodium.h>

#include <string.h>

#define ACCOUNT_DIGITS 19
#define TRACK2_UNITS   40

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

// Digits of the account number in track 2: what is in front of the separator; 0 when it has none,
// as an encrypted one.
static size_t track2_account_digits(const uint8_t *track, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (track[i] == '=' || track[i] == 'D' || track[i] == 'd') {
            return i <= ACCOUNT_DIGITS ? i : 0;
        }
    }
    return 0;
}

static uint64_t account_from_track2(const struct parser *parser, const struct walk *walk)
{
    size_t count = walk_units(walk, 35);
    if (!walk->dialect->steps[35].halved) {
        const uint8_t *value = walk_value(walk, 35);
        size_t digits = track2_account_digits(value, walk_wire_bytes(walk, 35));
        return digits == 0 ? 0 : account_hash(&parser->key, value, digits);
    }
    uint8_t track[TRACK2_UNITS];
    uint64_t hash = 0;
    if (count <= sizeof(track) && walk_characters(walk, 35, 0, count, track)) {
        size_t digits = track2_account_digits(track, count);
        hash = digits == 0 ? 0 : account_hash(&parser->key, track, digits);
        sodium_memzero(track, sizeof(track));
    }
    return hash;
}

static uint64_t account_from_walk(const struct parser *parser, const struct walk *walk)
{
    size_t count = walk_has(walk, 2) ? walk_units(walk, 2) : 0;
    if (count == 0) {
        return walk_has(walk, 35) ? account_from_track2(parser, walk) : 0;
    }
    if (!walk->dialect->steps[2].halved) {
        return account_hash(&parser->key, walk_value(walk, 2), walk_wire_bytes(walk, 2));
    }
    uint8_t digits[99]; // an LL field has no more
    uint64_t hash = 0;
    if (count <= sizeof(digits) && walk_characters(walk, 2, 0, count, digits)) {
        hash = account_hash(&parser->key, digits, count);
        sodium_memzero(digits, count);
    }
    return hash;
}

// Field 39: two characters of 1987 or three digits of 1993.
static void code_from_walk(const struct walk *walk, struct message *ret)
{
    uint8_t text[RESPONSE_CODE_CHARACTERS];
    const uint8_t *value = text;
    ret->code = -1;
    memset(ret->code_text, 0, sizeof(ret->code_text));
    size_t count = walk_has(walk, 39) ? walk_units(walk, 39) : 0;
    if (count != 2 && count != 3) {
        return;
    }
    if (!walk->dialect->steps[39].halved && count <= walk_wire_bytes(walk, 39)) {
        value = walk_value(walk, 39);
    } else if (!walk_characters(walk, 39, 0, count, text)) {
        return;
    }
    ret->code = response_code_number(value, count);
    if (ret->code >= 0) {
        ret->code_text[0] = value[0];
        ret->code_text[1] = value[1];
        ret->code_text[2] = count == 3 ? value[2] : 0;
    }
}

static uint64_t amount_from_walk(const struct walk *walk)
{
    uint64_t amount = 0;
    if (walk_has(walk, 4)) {
        size_t digits = walk_units(walk, 4);
        walk_number(walk, 4, 0, digits == 12 ? 12 : digits, &amount);
    }
    return amount;
}

// What the walk and its plan tell; the key is there already.
static void message_fill(const struct parser *parser, struct plan *plan, const struct walk *walk,
    bool ours_asked, struct message *ret)
{
    ret->account = account_from_walk(parser, walk);
    ret->amount = amount_from_walk(walk);
    ret->link = parser->link_index;
    ret->function = function_from_walk(parser, plan, walk);
    ret->mti = plan->mti_number;
    ret->length = (uint16_t)walk->length;
    code_from_walk(walk, ret);
    ret->kind = plan->kind;
    ret->province = province_from_walk(parser, plan, walk);
    ret->holder = HOLDER_UNKNOWN; // a BIN table will tell
    original_from_walk(parser, walk, plan->mti, ours_asked, ret->original);
    ret->counterparty = 0;
    memset(ret->reserved, 0, sizeof(ret->reserved));
}

// One message on its way.
struct reading {
    const struct parser *parser;
    const uint8_t *bytes;
    size_t length;
    struct header header;
    const struct layout *layout;
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
    if (!walk_count(walk_message(dialect, bytes, length, at, &plans->whole.walk), counts)) {
        return NULL;
    }
    plans->whole.key.slot_count = 0;
    reading->layout = &plans->whole;
    return plans_add(plans, reading->parser, shape, mti, &plans->whole.walk);
}

static struct plan *plan_of(
    struct reading *reading, struct plans *plans, struct parse_counts *counts)
{
    const struct parser *parser = reading->parser;
    size_t at = reading->header.bytes;
    struct shape shape;
    if (reading->header.test ||
        !shape_read(parser, reading->bytes + at, reading->length - at, &shape)) {
        return walk_whole(reading, plans, NULL, counts);
    }
    struct plan *plan = plans_find(plans, &shape);
    if (plan != NULL) {
        at += mti_bytes(parser->dialect);
        reading->layout = plan_walk(plan, reading->bytes, reading->length, at);
    }
    return plan != NULL && reading->layout != NULL ? plan
                                                   : walk_whole(reading, plans, &shape, counts);
}

bool message_from_bytes(const struct parser *parser, struct plans *plans, const uint8_t *bytes,
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
    const struct walk *walk = &reading.layout->walk;
    key_from_walk(parser, &plan->key, &reading.layout->key, walk, ours_asked, ret->key);
    message_fill(parser, plan, walk, ours_asked, ret);
    counts->messages++;
    counts->over_table += walk->over_table;
    counts->left_over += walk->end < length;
    return true;
}
