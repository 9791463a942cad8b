// Where messages begin and end on a stream of bytes.
//
// Every framing is one form: some bytes, a length in ASCII, hex, BCD or binary,
// some bytes, the message, a trailer; or no length and a closing 0x03. What differs is data
// (struct framing). Both functions keep nothing between calls.
//
// framing_next trusts a length, because it stands where the last message ended, and looks at the
// header and the message type only to notice early when that trust is broken. One message with a
// broken inside between two good ones is still handed out, so that the parser can say what is wrong
// with it. framing_resync trusts nothing: after a gap it starts in the middle of a message, in text
// full of digits that look like lengths. A place is believed when its length, header, message type,
// bitmap and every field as far as its bytes go agree with each other, and the next message, when
// bytes of it are there, looks like one too. The first such place is returned; when there is none,
// the first that is only partly there and fits so far, so that no message that has begun is lost.
// Should it turn out wrong, framing_next says BAD and the caller comes back. (A run of digits often
// announces something long; a whole message that fits to its last byte is the better witness.)
//
// Cost: framing_next looks at a bounded count of bytes, without a length at most `longest`.
// framing_resync looks at each offset; most fail at the first byte.
#include "dataplane/transactions/header.h"
#include "dataplane/transactions/walk.h"

#include <string.h>

#define ETX             0x03
#define KEEPALIVES_MOST 16 // looked over in search of the next message

// Bytes in front of the message.
static size_t prefix_bytes(const struct framing *framing)
{
    return (size_t)(framing->skip_before + framing->length_bytes + framing->skip_after);
}

static int length_digit(enum length_form form, uint8_t character)
{
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    uint8_t folded = character | 0x20;
    return form == LENGTH_HEX && folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

// The length's value from its first `have` bytes; -1 when they are not one.
static int64_t length_value(const struct framing *framing, const uint8_t *bytes, size_t have)
{
    int64_t value = 0;
    for (size_t i = 0; i < have; i++) {
        if (framing->form == LENGTH_BINARY) {
            value = value << 8 | bytes[i];
        } else if (framing->form == LENGTH_BCD) {
            if ((bytes[i] >> 4) > 9 || (bytes[i] & 15) > 9) {
                return -1;
            }
            value = value * 100 + (bytes[i] >> 4) * 10 + (bytes[i] & 15);
        } else {
            int digit = length_digit(framing->form, bytes[i]);
            if (digit < 0) {
                return -1;
            }
            value = value * (framing->form == LENGTH_HEX ? 16 : 10) + digit;
        }
    }
    return value;
}

// The least that a length can be whose last `missing` bytes are still to come.
static int64_t least_value(const struct framing *framing, int64_t value, size_t missing)
{
    static const int64_t base[] = {
        [LENGTH_ASCII] = 10, [LENGTH_HEX] = 16, [LENGTH_BINARY] = 256, [LENGTH_BCD] = 100};
    for (size_t i = 0; i < missing; i++) {
        value *= base[framing->form];
    }
    return value;
}

// Whether the first `have` bytes may be those of a message of `length` bytes. `strict`: the
// header's own length and the fields must agree with it too.
static bool message_is_plausible(
    const struct dialect *dialect, const uint8_t *bytes, size_t have, size_t length, bool strict)
{
    struct header header;
    struct mti mti;
    enum header_result result = header_parse(dialect, bytes, have, &header);
    if (result == HEADER_BAD || (strict && header.announced != 0 && header.announced != length)) {
        return false;
    }
    if (result == HEADER_SHORT) {
        return have < length; // when all is there, it is too short for its header
    }
    size_t at = header.bytes;
    result = mti_parse(dialect, bytes + at, have - at, &mti);
    if (result != HEADER_FINE) {
        return result == HEADER_SHORT && have < length;
    }
    at += mti_bytes(dialect);
    return !strict || walk_check(dialect, bytes, have, length, at) == WALK_FINE;
}

// What the bytes announce, without a look into the message: WHOLE also when its bytes are not all
// there.
static enum framing_result length_next(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, struct framed *ret)
{
    const struct framing *framing = &dialect->framing;
    size_t prefix = prefix_bytes(framing), before = (size_t)framing->skip_before;
    size_t have = length <= before ? 0 : length - before;
    size_t length_bytes = (size_t)framing->length_bytes;
    int64_t value =
        length_value(framing, bytes + before, have < length_bytes ? have : length_bytes);
    int64_t most = framing->longest + framing->counted_before + framing->trailer;
    if (value < 0 || have < length_bytes) {
        int64_t least = value < 0 ? 0 : least_value(framing, value, length_bytes - have);
        return value < 0 || least > most ? FRAMING_BAD : FRAMING_PARTIAL;
    }
    if (framing->zero_is_keepalive && (value == 0 || value == framing->counted_before)) {
        ret->consumed = (uint32_t)prefix;
        return length < prefix ? FRAMING_PARTIAL : FRAMING_KEEPALIVE;
    }
    int64_t text = value - framing->counted_before - framing->trailer;
    if (text < (int64_t)dialect->shortest || value > most) {
        return FRAMING_BAD;
    }
    ret->offset = (uint32_t)prefix;
    ret->length = (uint32_t)text;
    ret->consumed = (uint32_t)(prefix + (size_t)text + (size_t)framing->trailer);
    return FRAMING_WHOLE;
}

// The same for a framing without a length.
static enum framing_result etx_next(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, struct framed *ret)
{
    size_t longest = (size_t)dialect->framing.longest, shortest = dialect->shortest;
    size_t head = length < shortest ? length : shortest;
    if (!message_is_plausible(dialect, bytes, head, longest, false)) {
        return FRAMING_BAD; // before a search that would cost more
    }
    const uint8_t *end = memchr(bytes, ETX, length <= longest ? length : longest + 1);
    if (end == NULL) {
        return length > longest ? FRAMING_BAD : FRAMING_PARTIAL;
    }
    ret->offset = 0;
    ret->length = (uint32_t)(end - bytes);
    ret->consumed = ret->length + 1;
    return ret->length < shortest ? FRAMING_BAD : FRAMING_WHOLE;
}

// The first message of the bytes with a look into it. *fine says whether it looks like one; bytes
// that are not there yet do.
static enum framing_result look(const struct dialect *dialect, const uint8_t *bytes, size_t length,
    bool strict, struct framed *ret, bool *fine)
{
    *ret = (struct framed){0};
    bool has_length = dialect->framing.form != LENGTH_NONE;
    enum framing_result result = has_length ? length_next(dialect, bytes, length, ret)
                                            : etx_next(dialect, bytes, length, ret);
    *fine = result != FRAMING_BAD;
    if (result == FRAMING_PARTIAL && !has_length) {
        *fine =
            message_is_plausible(dialect, bytes, length, (size_t)dialect->framing.longest, strict);
    }
    if (result != FRAMING_WHOLE) {
        return result;
    }
    size_t have = length <= ret->offset ? 0 : length - ret->offset;
    have = have < ret->length ? have : ret->length;
    const uint8_t *message = bytes + (have == 0 ? 0 : ret->offset);
    *fine = message_is_plausible(dialect, message, have, ret->length, strict);
    return length < ret->consumed ? FRAMING_PARTIAL : FRAMING_WHOLE;
}

// Whether the bytes behind a message may be a message or keep-alives, as far as they go.
static bool next_is_plausible(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, bool strict)
{
    for (int i = 0; i < KEEPALIVES_MOST && length > 0; i++) {
        struct framed framed;
        bool fine;
        if (look(dialect, bytes, length, strict, &framed, &fine) != FRAMING_KEEPALIVE) {
            return fine;
        }
        bytes += framed.consumed;
        length -= framed.consumed;
    }
    return true;
}

enum framing_result framing_next(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, struct framed *ret)
{
    struct framed framed;
    bool fine;
    if (length == 0) {
        *ret = (struct framed){0};
        return FRAMING_PARTIAL;
    }
    if (dialect->framing.form != LENGTH_NONE &&
        length_next(dialect, bytes, length, &framed) == FRAMING_WHOLE &&
        framed.consumed == length) {
        *ret = framed; // nothing stands behind it that could gainsay its length
        return FRAMING_WHOLE;
    }
    enum framing_result result = look(dialect, bytes, length, false, &framed, &fine);
    if (result == FRAMING_WHOLE) {
        const uint8_t *next = bytes + framed.consumed;
        size_t left = length - framed.consumed;
        // A broken message needs a good one behind it, a good one before a broken one must be
        // perfect.
        if (left > 0 && !next_is_plausible(dialect, next, left, !fine)) {
            const uint8_t *message = bytes + framed.offset;
            fine =
                fine && message_is_plausible(dialect, message, framed.length, framed.length, true);
        } else {
            fine = true;
        }
    }
    if (!fine) {
        return FRAMING_BAD;
    }
    *ret = framed;
    return result;
}

bool framing_is_sound(const struct dialect *dialect, const uint8_t *bytes, size_t length)
{
    bool fine = length > 0;
    for (size_t at = 0; fine && at < length;) {
        struct framed framed;
        if (look(dialect, bytes + at, length - at, true, &framed, &fine) != FRAMING_WHOLE) {
            return false;
        }
        at += framed.consumed;
    }
    return fine;
}

// What begins at the first of these bytes: WHOLE with a plausible next message, PARTIAL when all
// that is there fits, else BAD. A keep-alive is BAD: it is not worth being found, and zeros are
// everywhere.
static enum framing_result begins(
    const struct dialect *dialect, const uint8_t *bytes, size_t length)
{
    struct framed framed;
    bool fine;
    enum framing_result result = look(dialect, bytes, length, true, &framed, &fine);
    if (!fine || result == FRAMING_KEEPALIVE) {
        return FRAMING_BAD;
    }
    if (result == FRAMING_WHOLE &&
        !next_is_plausible(dialect, bytes + framed.consumed, length - framed.consumed, false)) {
        return FRAMING_BAD;
    }
    return result;
}

size_t framing_resync(const struct dialect *dialect, const uint8_t *bytes, size_t length)
{
    size_t partial = length;
    for (size_t offset = 0; offset < length; offset++) {
        enum framing_result result = begins(dialect, bytes + offset, length - offset);
        if (result == FRAMING_WHOLE) {
            return offset;
        }
        if (result == FRAMING_PARTIAL && partial == length) {
            partial = offset;
        }
    }
    return partial;
}
