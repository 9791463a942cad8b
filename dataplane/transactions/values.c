// Account, amount and code. The account number is hashed where it stands; in BCD it is turned into
// characters on the stack, so that a card has one hash in every dialect, and that copy is wiped.
#include "dataplane/transactions/values.h"

#include "dataplane/transactions/digits.h"

#include <sodium.h>

#include <string.h>

#define ACCOUNT_DIGITS 19
#define TRACK2_UNITS   40

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
        return digits == 0 ? 0 : account_hash(parser->key, value, digits);
    }
    uint8_t track[TRACK2_UNITS];
    uint64_t hash = 0;
    if (count <= sizeof(track) && walk_characters(walk, 35, 0, count, track)) {
        size_t digits = track2_account_digits(track, count);
        hash = digits == 0 ? 0 : account_hash(parser->key, track, digits);
        sodium_memzero(track, sizeof(track));
    }
    return hash;
}

size_t account_digits(const struct walk *walk, int *ret_field)
{
    uint8_t track[TRACK2_UNITS];
    size_t count = walk_has(walk, 2) ? walk_units(walk, 2) : 0;
    *ret_field = 2;
    if (count > 0 || !walk_has(walk, 35)) {
        return count;
    }
    *ret_field = 35;
    count = walk_units(walk, 35);
    if (count > sizeof(track) || !walk_characters(walk, 35, 0, count, track)) {
        return 0;
    }
    count = track2_account_digits(track, count);
    sodium_memzero(track, sizeof(track));
    return count;
}

uint64_t account_from_walk(const struct parser *parser, const struct walk *walk)
{
    size_t count = walk_has(walk, 2) ? walk_units(walk, 2) : 0;
    if (count == 0) {
        return walk_has(walk, 35) ? account_from_track2(parser, walk) : 0;
    }
    if (!walk->dialect->steps[2].halved) {
        return account_hash(parser->key, walk_value(walk, 2), walk_wire_bytes(walk, 2));
    }
    uint8_t digits[99]; // an LL field has no more
    uint64_t hash = 0;
    if (count <= sizeof(digits) && walk_characters(walk, 2, 0, count, digits)) {
        hash = account_hash(parser->key, digits, count);
        sodium_memzero(digits, count);
    }
    return hash;
}

void code_from_walk(const struct walk *walk, struct message *ret)
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

uint64_t amount_from_walk(const struct walk *walk)
{
    uint64_t amount = 0;
    if (walk_has(walk, 4)) {
        size_t digits = walk_units(walk, 4);
        walk_number(walk, 4, 0, digits == 12 ? 12 : digits, &amount);
    }
    return amount;
}
