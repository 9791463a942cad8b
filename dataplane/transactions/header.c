#include "dataplane/transactions/header.h"

#include "dataplane/transactions/digits.h"

#include <string.h>

#define CUPS_BYTES         46
#define CUPS_TEST_FLAG     0x80
#define CUPS_TOTAL_AT      2
#define CUPS_REJECT_AT     41
#define TPDU_BYTES         5
#define POS_BYTES          (TPDU_BYTES + 6)
#define BASE1_BYTES        22
#define BASE1_REJECT_BYTES 26
#define BASE24_BYTES       12

static bool are_ascii_digits(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] < '0' || bytes[i] > '9') {
            return false;
        }
    }
    return true;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// A reject code is five characters other than 00000; blanks or zero bytes are none.
static bool cups_is_rejected(const uint8_t *code)
{
    if (memcmp(code, "00000", 5) == 0) {
        return false;
    }
    for (int i = 0; i < 5; i++) {
        if (code[i] <= ' ' || code[i] > '~') {
            return false;
        }
    }
    return true;
}

static enum header_result cups_parse(const uint8_t *bytes, size_t length, struct header *ret)
{
    if (length >= 1 && bytes[0] != CUPS_BYTES) {
        return HEADER_BAD;
    }
    size_t digits = length > CUPS_TOTAL_AT ? least(length - CUPS_TOTAL_AT, 4) : 0;
    if (!are_ascii_digits(bytes + CUPS_TOTAL_AT, digits)) {
        return HEADER_BAD;
    }
    if (digits == 4) {
        const uint8_t *total = bytes + CUPS_TOTAL_AT;
        ret->announced = (size_t)((total[0] - '0') * 1000 + (total[1] - '0') * 100 +
                                  (total[2] - '0') * 10 + (total[3] - '0'));
    }
    if (length <= CUPS_BYTES) {
        return HEADER_SHORT;
    }
    ret->test = (bytes[1] & CUPS_TEST_FLAG) != 0;
    ret->rejected = cups_is_rejected(bytes + CUPS_REJECT_AT);
    ret->bytes = CUPS_BYTES;
    if (ret->rejected && bytes[CUPS_BYTES] == CUPS_BYTES) {
        ret->bytes = 2 * CUPS_BYTES; // the original header and the original message are behind it
    }
    return length < ret->bytes ? HEADER_SHORT : HEADER_FINE;
}

// 60 is the usual first byte; 61, 68 and others occur.
static enum header_result tpdu_parse(
    const uint8_t *bytes, size_t length, size_t header_bytes, struct header *ret)
{
    if (length >= 1 && (bytes[0] & 0xF0) != 0x60) {
        return HEADER_BAD;
    }
    ret->bytes = header_bytes;
    return length < header_bytes ? HEADER_SHORT : HEADER_FINE;
}

static enum header_result base1_parse(const uint8_t *bytes, size_t length, struct header *ret)
{
    if (length < 1) {
        return HEADER_SHORT;
    }
    size_t own = bytes[0] & 0x7F;
    if (own != BASE1_BYTES && own != BASE1_REJECT_BYTES) {
        return HEADER_BAD;
    }
    ret->bytes = own;
    if (own == BASE1_REJECT_BYTES) {
        if (length <= own) {
            return HEADER_SHORT;
        }
        ret->rejected = (bytes[0] & 0x80) != 0 || (bytes[BASE1_BYTES] & 0x80) != 0;
        if (ret->rejected && (bytes[own] & 0x7F) == BASE1_BYTES) {
            ret->bytes = own + BASE1_BYTES;
        }
    }
    return length < ret->bytes ? HEADER_SHORT : HEADER_FINE;
}

static enum header_result base24_parse(const uint8_t *bytes, size_t length, struct header *ret)
{
    if (memcmp(bytes, "ISO", least(length, 3)) != 0 ||
        (length > 3 && !are_ascii_digits(bytes + 3, least(length, BASE24_BYTES) - 3))) {
        return HEADER_BAD;
    }
    ret->bytes = BASE24_BYTES;
    return length < BASE24_BYTES ? HEADER_SHORT : HEADER_FINE;
}

enum header_result header_parse(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, struct header *ret)
{
    *ret = (struct header){0};
    switch (dialect->header) {
    case HEADER_NONE: return HEADER_FINE;
    case HEADER_CUPS: return cups_parse(bytes, length, ret);
    case HEADER_TPDU: return tpdu_parse(bytes, length, TPDU_BYTES, ret);
    case HEADER_POS: return tpdu_parse(bytes, length, POS_BYTES, ret);
    case HEADER_BASE1: return base1_parse(bytes, length, ret);
    case HEADER_BASE24: return base24_parse(bytes, length, ret);
    }
    return HEADER_BAD;
}

void header_mask(
    const struct dialect *dialect, size_t header_bytes, uint8_t ret[static HEADER_BYTES_MOST])
{
    switch (dialect->header) {
    case HEADER_NONE: return;
    case HEADER_CUPS:
        ret[0] = 0xFF;
        ret[1] = CUPS_TEST_FLAG;
        memset(ret + CUPS_TOTAL_AT, 0xFF, 4);
        memset(ret + CUPS_REJECT_AT, 0xFF, 5);
        return;
    case HEADER_TPDU:
    case HEADER_POS: ret[0] = 0xF0; return;
    case HEADER_BASE1:
        ret[0] = 0xFF;
        ret[BASE1_BYTES] = header_bytes == BASE1_REJECT_BYTES ? 0x80 : 0;
        return;
    case HEADER_BASE24: memset(ret, 0xFF, BASE24_BYTES); return;
    }
}

enum header_result mti_parse_part(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, struct mti *ret)
{
    static const uint16_t may_be[4] = {MTI_VERSIONS, MTI_CLASSES, MTI_FUNCTIONS, MTI_ORIGINS};
    bool bcd = dialect->mti == DIGITS_BCD;
    uint8_t digits[4] = {0};
    size_t count = least(4, bcd ? 2 * length : length);
    for (size_t i = 0; i < count; i++) {
        uint8_t digit = bcd ? bytes[i / 2] >> (4 * (~i & 1)) & 15 : (uint8_t)(bytes[i] - '0');
        if (digit > 9 || (may_be[i] >> digit & 1) == 0) {
            return HEADER_BAD;
        }
        digits[i] = digit;
    }
    *ret = (struct mti){digits[0], digits[1], digits[2], digits[3]};
    return count < 4 ? HEADER_SHORT : HEADER_FINE;
}

size_t message_mti_at(const struct dialect *dialect)
{
    static const size_t header_bytes[] = {[HEADER_NONE] = 0,
        [HEADER_CUPS] = CUPS_BYTES,
        [HEADER_TPDU] = TPDU_BYTES,
        [HEADER_POS] = POS_BYTES,
        [HEADER_BASE1] = BASE1_BYTES,
        [HEADER_BASE24] = BASE24_BYTES};
    return header_bytes[dialect->header];
}

size_t message_shortest(const struct dialect *dialect)
{
    return message_mti_at(dialect) + mti_bytes(dialect) + (dialect->bitmap == BITMAP_RAW ? 8 : 16);
}
