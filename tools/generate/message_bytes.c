// An independent writer of ISO 8583 (1987, CUPS, POS): fields are added in the
// order of their numbers, each in the dialect's own form, the bitmap is filled in afterwards, the
// length last. Nothing here is shared with the parser.
#include "tools/generate/message_bytes.h"

#include "tools/generate/cards.h"
#include "tools/generate/digits.h"

#include <string.h>
#include <time.h>

#define CUPS_HEADER_BYTES 46
#define INSTITUTION_BYTES 8 // institution 4 + region 4
#define CENTRE            "00010000"

enum { FIXED, LL = 2, LLL = 3 };
enum bcd { TEXT, RIGHT_ALIGNED, LEFT_ALIGNED }; // of POS: how an odd count of digits is padded

// The fields that are written, 1987 and CUPS alike.
static const struct form {
    uint8_t number, prefix;
    uint8_t pos; // enum bcd
} forms[] = {
    {2, LL, LEFT_ALIGNED},
    {3, FIXED, RIGHT_ALIGNED},
    {4, FIXED, RIGHT_ALIGNED},
    {7, FIXED, RIGHT_ALIGNED},
    {11, FIXED, RIGHT_ALIGNED},
    {12, FIXED, RIGHT_ALIGNED},
    {13, FIXED, RIGHT_ALIGNED},
    {15, FIXED, RIGHT_ALIGNED},
    {18, FIXED, RIGHT_ALIGNED},
    {22, FIXED, LEFT_ALIGNED},
    {25, FIXED, RIGHT_ALIGNED},
    {32, LL, LEFT_ALIGNED},
    {33, LL, LEFT_ALIGNED},
    {37, FIXED, TEXT},
    {38, FIXED, TEXT},
    {39, FIXED, TEXT},
    {41, FIXED, TEXT},
    {42, FIXED, TEXT},
    {49, FIXED, TEXT},
    {60, LLL, LEFT_ALIGNED},
    {70, FIXED, RIGHT_ALIGNED},
    {90, FIXED, RIGHT_ALIGNED},
    {100, LL, LEFT_ALIGNED},
    {128, FIXED, TEXT},
};

struct message_writer {
    uint8_t *bytes;
    uint32_t length;
    enum dialect_name dialect;
    uint64_t bitmap[2];
};

static void put(struct message_writer *writer, const void *bytes, size_t length)
{
    memcpy(writer->bytes + writer->length, bytes, length);
    writer->length += (uint32_t)length;
}

static void put_byte(struct message_writer *writer, unsigned value)
{
    writer->bytes[writer->length++] = (uint8_t)value;
}

static void put_bcd(
    struct message_writer *writer, const char *digits, size_t count, bool left_aligned)
{
    size_t at = 0;
    if (count % 2 == 1 && !left_aligned) {
        put_byte(writer, (unsigned)(digits[at++] - '0'));
    }
    for (; at + 1 < count; at += 2) {
        put_byte(writer, (unsigned)((digits[at] - '0') << 4 | (digits[at + 1] - '0')));
    }
    if (at < count) {
        put_byte(writer, (unsigned)((digits[at] - '0') << 4));
    }
}

static const struct form *form_of(unsigned number)
{
    const struct form *form = forms;
    while (form->number != number) {
        form++;
    }
    return form;
}

static void put_field(
    struct message_writer *writer, unsigned number, const char *text, size_t length)
{
    const struct form *form = form_of(number);
    bool pos = writer->dialect == DIALECT_POS;
    char prefix[4];
    writer->bitmap[number > 64] |= 1ULL << (63 - (number - 1) % 64);
    if (form->prefix != FIXED) {
        size_t digits = pos && form->prefix == LLL ? 4 : form->prefix;
        digits_write(prefix, length, digits);
        pos ? put_bcd(writer, prefix, digits, false) : put(writer, prefix, digits);
    }
    if (pos && form->pos != TEXT) {
        put_bcd(writer, text, length, form->pos == LEFT_ALIGNED);
    } else {
        put(writer, text, length);
    }
}

static void put_number(struct message_writer *writer, unsigned number, uint64_t value, size_t count)
{
    char digits[48];
    digits_write(digits, value, count);
    put_field(writer, number, digits, count);
}

// MMDDhhmmss in Shanghai.
static void write_date_time(char text[static 10], int64_t epoch_s)
{
    static _Thread_local int64_t known_s = -1; // thousands of messages share a second
    static _Thread_local char known[10];
    if (epoch_s != known_s) {
        struct tm tm;
        time_t local = (time_t)(epoch_s + SHANGHAI_OFFSET_S);
        gmtime_r(&local, &tm);
        digits_write(known, (uint64_t)tm.tm_mon + 1, 2);
        digits_write(known + 2, (uint64_t)tm.tm_mday, 2);
        digits_write(known + 4, (uint64_t)tm.tm_hour, 2);
        digits_write(known + 6, (uint64_t)tm.tm_min, 2);
        digits_write(known + 8, (uint64_t)tm.tm_sec, 2);
        known_s = epoch_s;
    }
    memcpy(text, known, 10);
}

static void write_institution(
    char text[static INSTITUTION_BYTES], const char *institution, const char *region)
{
    memcpy(text, institution, 4);
    memcpy(text + 4, region, 4);
}

// ---- framing and headers
// --------------------------------------------------------------------------

static void begin_cups(struct message_writer *writer, const struct message_facts *facts)
{
    char own[11] = "           ", centre[11] = "           ";
    write_institution(own, facts->institution, facts->region);
    memcpy(centre, CENTRE, 8);
    put_byte(writer, CUPS_HEADER_BYTES);
    put_byte(writer, facts->is_test ? 0x81u + facts->stan % 2 : 0x02); // by either version
    put(writer, "0000", 4); // the total length, filled in at the end
    put(writer, facts->is_answer ? own : centre, 11);
    put(writer, facts->is_answer ? centre : own, 11);
    put(writer, "000", 3);
    put_byte(writer, 0);
    put(writer, "00000000", 8);
    put_byte(writer, 0);
    put(writer, "00000", 5);
}

static void begin_pos(struct message_writer *writer, const struct message_facts *facts)
{
    static const uint8_t asks[5] = {0x60, 0x00, 0x03, 0x00, 0x01};
    static const uint8_t answers[5] = {0x60, 0x00, 0x01, 0x00, 0x03};
    static const uint8_t header[6] = {0x60, 0x31, 0x00, 0x31, 0x00, 0x01};
    put(writer, facts->is_answer ? answers : asks, 5);
    put(writer, header, 6);
}

// The framing's length, the header and the MTI. Returns where the bitmap goes.
static uint32_t begin(
    struct message_writer *writer, const struct message_facts *facts, bool secondary)
{
    static const uint8_t prefix_bytes[] = {[DIALECT_CUPS] = 4,
        [DIALECT_ASCII4] = 4,
        [DIALECT_2BYTE] = 2,
        [DIALECT_2BYTE_RAW] = 2,
        [DIALECT_POS] = 2};
    char mti[4];
    writer->length = prefix_bytes[writer->dialect];
    if (writer->dialect == DIALECT_CUPS) {
        begin_cups(writer, facts);
    } else if (writer->dialect == DIALECT_POS) {
        begin_pos(writer, facts);
    }
    digits_write(mti, facts->mti, 4);
    if (writer->dialect == DIALECT_POS) {
        put_bcd(writer, mti, 4, false);
    } else {
        put(writer, mti, 4);
    }
    bool hex = writer->dialect == DIALECT_ASCII4 || writer->dialect == DIALECT_2BYTE;
    uint32_t bitmap_at = writer->length;
    writer->bitmap[0] = secondary ? 1ULL << 63 : 0;
    writer->length += (hex ? 16u : 8u) << secondary;
    return bitmap_at;
}

static void fill_bitmap(struct message_writer *writer, uint32_t at)
{
    bool hex = writer->dialect == DIALECT_ASCII4 || writer->dialect == DIALECT_2BYTE;
    for (int half = 0; half < 1 + (int)(writer->bitmap[0] >> 63); half++) {
        for (int byte = 7; byte >= 0; byte--) {
            unsigned value = (unsigned)(writer->bitmap[half] >> (8 * byte)) & 0xff;
            if (hex) {
                writer->bytes[at++] = (uint8_t) "0123456789ABCDEF"[value >> 4];
                writer->bytes[at++] = (uint8_t) "0123456789ABCDEF"[value & 15];
            } else {
                writer->bytes[at++] = (uint8_t)value;
            }
        }
    }
}

static void fill_length(struct message_writer *writer)
{
    char digits[4];
    if (writer->dialect == DIALECT_CUPS || writer->dialect == DIALECT_ASCII4) {
        digits_write(digits, writer->length - 4, 4);
        memcpy(writer->bytes, digits, 4);
        if (writer->dialect == DIALECT_CUPS) {
            memcpy(writer->bytes + 6, digits, 4);
        }
    } else {
        writer->bytes[0] = (uint8_t)((writer->length - 2) >> 8);
        writer->bytes[1] = (uint8_t)(writer->length - 2);
    }
}

// ---- fields
// ---------------------------------------------------------------------------------------

static void put_times(struct message_writer *writer, const struct message_facts *facts)
{
    char when[10];
    write_date_time(when, facts->transmitted_s);
    if (writer->dialect != DIALECT_POS) {
        put_field(writer, 7, when, 10);
    }
    put_number(writer, 11, facts->stan, 6);
    if (facts->network_code == 0 && (writer->dialect != DIALECT_POS || facts->is_answer)) {
        put_field(writer, 12, when + 4, 6);
        put_field(writer, 13, when, 4);
    }
    if (facts->network_code == 0 && facts->is_answer) {
        put_field(writer, 15, when, 4);
    }
}

static void put_parties(struct message_writer *writer, const struct message_facts *facts)
{
    char institution[INSTITUTION_BYTES];
    if (facts->network_code == 0) {
        write_institution(institution, facts->institution, facts->region);
        put_field(writer, 32, institution, INSTITUTION_BYTES);
    }
    if (writer->dialect != DIALECT_POS) { // the forwarder of business is the head office
        bool business = facts->network_code == 0;
        write_institution(institution, facts->institution, business ? "0000" : facts->region);
        put_field(writer, 33, institution, INSTITUTION_BYTES);
    }
}

static void put_result(struct message_writer *writer, const struct message_facts *facts)
{
    char reference[12], when[10];
    if (facts->network_code == 0) {
        write_date_time(when, facts->transmitted_s);
        memcpy(reference, when + 4, 6);
        digits_write(reference + 6, facts->stan, 6);
        put_field(writer, 37, reference, 12);
    }
    if (facts->code == NULL) {
        return;
    }
    if (memcmp(facts->code, "00", 2) == 0 && facts->network_code == 0) {
        put_number(writer, 38, facts->stan ^ 0x2a, 6);
    }
    put_field(writer, 39, facts->code, 2);
}

void merchant_write(const struct message_facts *facts, char merchant[static MERCHANT_DIGITS])
{
    memcpy(merchant, facts->institution + 1, 3);
    memcpy(merchant + 3, facts->region, 4);
    memcpy(merchant + 7, facts->merchant_type, 4);
    digits_write(merchant + 11, facts->merchant, 4);
}

static void put_place(struct message_writer *writer, const struct message_facts *facts)
{
    char merchant[MERCHANT_DIGITS], terminal[8];
    digits_write(terminal, facts->terminal, 8);
    put_field(writer, 41, terminal, 8);
    merchant_write(facts, merchant);
    put_field(writer, 42, merchant, sizeof(merchant));
    put_field(writer, 49, "156", 3);
}

// CUPS: reason, owner, reading, chip, reserved, terminal type, flags. POS: type, batch, net code.
static void put_private(struct message_writer *writer, const struct message_facts *facts)
{
    if (writer->dialect == DIALECT_CUPS) {
        bool teller = memcmp(facts->merchant_type, "6011", 4) == 0;
        put_field(writer, 60, teller ? "000000000100000" : "000000000300000", 15);
    } else if (writer->dialect == DIALECT_POS) {
        bool asks = memcmp(facts->processing, "31", 2) == 0;
        put_field(writer, 60, asks ? "01000001000" : "22000001000", 11);
    }
}

static void put_original(struct message_writer *writer, const struct message_facts *facts)
{
    char original[42];
    digits_write(original, facts->original_mti, 4);
    digits_write(original + 4, facts->original_stan, 6);
    write_date_time(original + 10, facts->original_transmitted_s);
    memset(original + 20, '0', 22);
    write_institution(original + 23, facts->institution, facts->region);
    write_institution(original + 34, facts->institution, "0000");
    put_field(writer, 90, original, 42);
}

static void put_body(struct message_writer *writer, const struct message_facts *facts)
{
    char card[CARD_DIGITS];
    bool business = facts->network_code == 0;
    if (business) {
        card_write(facts->card, card);
        put_field(writer, 2, card, CARD_DIGITS);
        put_field(writer, 3, facts->processing, 6);
    }
    if (facts->amount != 0) {
        put_number(writer, 4, (uint64_t)facts->amount, 12);
    }
    put_times(writer, facts);
    if (business && writer->dialect != DIALECT_POS) {
        put_field(writer, 18, facts->merchant_type, 4);
    }
    if (business && !facts->is_answer) {
        put_field(writer, 22, "021", 3);
    }
    if (business) {
        put_field(writer, 25, facts->condition, 2);
    }
    put_parties(writer, facts);
    put_result(writer, facts);
    if (business) {
        put_place(writer, facts);
        put_private(writer, facts);
    }
}

uint32_t message_write(uint8_t *bytes, enum dialect_name dialect, const struct message_facts *facts)
{
    struct message_writer writer = {.bytes = bytes, .dialect = dialect};
    bool cups = dialect == DIALECT_CUPS;
    bool business = facts->network_code == 0;
    bool names_original = facts->original_mti != 0 && dialect != DIALECT_POS;
    uint32_t bitmap_at = begin(&writer, facts, cups || names_original || !business);
    put_body(&writer, facts);
    if (!business) {
        put_number(&writer, 70, facts->network_code, 3);
    }
    if (names_original) {
        put_original(&writer, facts);
    }
    if (cups && business) { // 100 differs between request and answer
        put_field(&writer, 100, facts->is_answer ? "00980001" : "03050001", 8);
        char mac[9] = "";
        digits_write(mac, facts->stan * 2654435761u, 8);
        put_field(&writer, 128, mac, 8);
    }
    fill_bitmap(&writer, bitmap_at);
    fill_length(&writer);
    return writer.length;
}
