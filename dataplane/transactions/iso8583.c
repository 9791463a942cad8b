// One message: header, message type, bitmaps, one walk, then the few values that the rest of the
// program wants. Values are read where they stand; the account number is hashed where it stands, in
// BCD it is turned into characters on the stack, so that a card has one hash in every dialect, and
// that copy is wiped.
//
// A message that the centre sent back (CUPS reject header) is the request with a header in front:
// its type is the request's, its sender is the side that did not ask. It becomes the answer of that
// request.
#include "dataplane/transactions/iso8583.h"

#include "dataplane/transactions/classify.h"
#include "dataplane/transactions/keys.h"
#include "dataplane/transactions/transactions.h"
#include "dataplane/transactions/walk.h"

#include <sodium.h>

#include <string.h>

#define ACCOUNT_DIGITS 19
#define TRACK2_UNITS   40

// Header and message type; counts what is wrong with them.
static bool head_parse(const struct parser *parser, const uint8_t *bytes, size_t length,
    struct header *header, struct mti *mti, struct parse_counts *counts)
{
    if (length > UINT16_MAX) {
        counts->bad_header++;
        return false;
    }
    enum header_result result = header_parse(parser->dialect, bytes, length, header);
    if (result == HEADER_FINE) {
        result = mti_parse(parser->dialect, bytes + header->bytes, length - header->bytes, mti);
        counts->bad_mti += result == HEADER_BAD;
    } else {
        counts->bad_header += result == HEADER_BAD;
    }
    counts->too_short += result == HEADER_SHORT;
    if (result == HEADER_FINE && header->test) {
        counts->test_messages++;
        return false;
    }
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
    uint8_t text[RESPONSE_CODE_CHARACTERS] = {0};
    ret->code = -1;
    memset(ret->code_text, 0, sizeof(ret->code_text));
    size_t count = walk_has(walk, 39) ? walk_units(walk, 39) : 0;
    if (count < 2 || count > sizeof(text) || !walk_characters(walk, 39, 0, count, text)) {
        return;
    }
    ret->code = response_code_number(text, count);
    if (ret->code >= 0) {
        memcpy(ret->code_text, text, sizeof(ret->code_text));
    }
}

static uint8_t flags_from(struct mti mti, bool rejected, uint8_t given)
{
    unsigned flags = given & MESSAGE_FROM_OURS;
    flags |= rejected ? MESSAGE_ANSWER | MESSAGE_REJECTED : 0;
    flags |= mti_is_answer(mti) ? MESSAGE_ANSWER : 0;
    flags |= (mti.origin & 1) != 0 ? MESSAGE_REPEAT : 0;
    flags |= mti.function == 4 || mti.function == 5 ? MESSAGE_NOTICE : 0;
    return (uint8_t)flags;
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

static void message_fill(const struct parser *parser, const struct walk *walk, struct mti mti,
    bool ours_asked, struct message *ret)
{
    ret->account = account_from_walk(parser, walk);
    ret->amount = amount_from_walk(walk);
    ret->link = parser->link_index;
    ret->function = function_from_walk(parser, walk, mti);
    ret->mti = (uint16_t)(mti.version * 1000 + mti.class * 100 + mti.function * 10 + mti.origin);
    ret->length = (uint16_t)walk->length;
    code_from_walk(walk, ret);
    ret->kind = (uint8_t)kind_from_mti(mti);
    ret->province = province_from_walk(parser, walk);
    ret->holder = HOLDER_UNKNOWN; // a BIN table will tell
    original_from_walk(parser, walk, mti, ours_asked, ret->original);
    ret->counterparty = 0;
    memset(ret->reserved, 0, sizeof(ret->reserved));
}

bool message_from_bytes(const struct parser *parser, const uint8_t *bytes, size_t length,
    struct message *ret, struct parse_counts *counts)
{
    struct header header;
    struct mti mti;
    struct walk walk;
    if (!head_parse(parser, bytes, length, &header, &mti, counts)) {
        return false;
    }
    size_t bitmap_at = header.bytes + mti_bytes(parser->dialect);
    if (!walk_count(walk_message(parser->dialect, bytes, length, bitmap_at, &walk), counts)) {
        return false;
    }
    ret->flags = flags_from(mti, header.rejected, ret->flags);
    // Who asked: the sender, unless this answers; a message sent back turns that around once more.
    bool from_ours = (ret->flags & MESSAGE_FROM_OURS) != 0;
    bool ours_asked = from_ours ^ mti_is_answer(mti) ^ header.rejected;
    if (!key_from_walk(parser, &walk, mti, ours_asked, ret->key)) {
        counts->key_missing++;
        return false;
    }
    message_fill(parser, &walk, mti, ours_asked, ret);
    counts->messages++;
    counts->over_table += walk.over_table;
    counts->left_over += walk.end < length;
    return true;
}
