// framing_next over every framing: each split at every byte, 2 to 50 in a row,
// keep-alives, lengths that are none.
#include "dataplane/transactions/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/iso8583/build.h"

#include <cmocka.h>

static const struct value echo[] = {
    {7, "0102030405"}, {11, "000001"}, {33, "03062900"}, {70, "301"}, {0, NULL}};

// What the framing is of, the dialect that its messages are of, and how many bytes stand around a
// message.
static const struct {
    const char *what, *dialect;
    struct framing framing;
    size_t before, behind;
    const char *keepalive; // hex
} framings[] = {
    {"ASCII4", "iso87-ascii4",
        {.form = LENGTH_ASCII, .length_bytes = 4, .zero_is_keepalive = true, .longest = 9999}, 4, 0,
        "30303030"},
    {"ASCII6", "iso87-ascii4", {.form = LENGTH_ASCII, .length_bytes = 6, .longest = 9999}, 6, 0,
        NULL},
    {"CUPS", "cups",
        {.form = LENGTH_ASCII, .length_bytes = 4, .zero_is_keepalive = true, .longest = 9999}, 4, 0,
        "30303030"},
    {"CUPS behind two bytes", "cups",
        {.form = LENGTH_BINARY, .length_bytes = 2, .zero_is_keepalive = true, .longest = 4096}, 2,
        0, "0000"},
    {"BIN2", "iso87-ascii-2byte-raw",
        {.form = LENGTH_BINARY, .length_bytes = 2, .zero_is_keepalive = true, .longest = 4096}, 2,
        0, "0000"},
    {"BCD2", "iso87-bcd-2byte", {.form = LENGTH_BCD, .length_bytes = 2, .longest = 4096}, 2, 0,
        NULL},
    {"BCD2 with TPDU (NCC)", "iso87-bcd-tpdu",
        {.form = LENGTH_BCD, .length_bytes = 2, .longest = 4096}, 2, 0, NULL},
    {"NAC", "iso87-bcd-tpdu", {.form = LENGTH_BINARY, .length_bytes = 2, .longest = 4096}, 2, 0,
        NULL},
    {"NAC that counts its length", "iso87-bcd-tpdu",
        {.form = LENGTH_BINARY, .length_bytes = 2, .counted_before = 2, .longest = 4096}, 2, 0,
        NULL},
    {"POS", "pos", {.form = LENGTH_BINARY, .length_bytes = 2, .longest = 4096}, 2, 0, NULL},
    {"CS", "iso87-ascii4",
        {.form = LENGTH_BINARY,
            .length_bytes = 2,
            .skip_after = 2,
            .zero_is_keepalive = true,
            .longest = 4096},
        4, 0, "00000000"},
    {"GICC", "iso87-bcd-2byte",
        {.form = LENGTH_BINARY,
            .skip_before = 2,
            .length_bytes = 2,
            .zero_is_keepalive = true,
            .longest = 4096},
        4, 0, "00000000"},
    {"VAP", "base1",
        {.form = LENGTH_BINARY,
            .length_bytes = 2,
            .skip_after = 2,
            .zero_is_keepalive = true,
            .longest = 4096},
        4, 0, "00000000"},
    {"RAW", "iso87-bcd-2byte", {.form = LENGTH_BINARY, .length_bytes = 4, .longest = 4096}, 4, 0,
        NULL},
    {"HEX", "iso87-ascii4", {.form = LENGTH_HEX, .length_bytes = 4, .longest = 4096}, 4, 0, NULL},
    {"CMF", "iso87-bcd-2byte",
        {.form = LENGTH_BINARY, .length_bytes = 3, .zero_is_keepalive = true, .longest = 4096}, 3,
        0, "000000"},
    {"Amex", "iso87-ascii4-raw",
        {.form = LENGTH_BINARY,
            .length_bytes = 2,
            .counted_before = 2,
            .zero_is_keepalive = true,
            .longest = 4096},
        2, 0, "0000"},
    {"BASE24", "base24", {.form = LENGTH_NONE, .ends_with_etx = true, .longest = 4096}, 0, 1, NULL},
    {"BASE24 TCP", "base24-tcp",
        {.form = LENGTH_BINARY, .length_bytes = 2, .trailer = 1, .longest = 4096}, 2, 1, NULL},
    {"RBP", "iso87-ascii4-raw",
        {.form = LENGTH_BINARY,
            .skip_before = 2,
            .length_bytes = 2,
            .skip_after = 2,
            .longest = 4096},
        6, 0, NULL},
};
#define FRAMINGS (sizeof(framings) / sizeof(framings[0]))

static struct dialect *dialect_with_framing(size_t row)
{
    bool base1 = strcmp(framings[row].dialect, "base1") == 0;
    struct dialect *dialect = dialect_of(base1 ? "iso87-bcd-2byte" : framings[row].dialect);
    dialect->framing = framings[row].framing;
    dialect->header = base1 ? HEADER_BASE1 : dialect->header;
    dialect->shortest = message_shortest(dialect);
    return dialect;
}

static enum framing_result next_exactly(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, struct framed *ret)
{
    uint8_t *copy = exactly(bytes, length);
    enum framing_result result = framing_next(dialect, copy, length, ret);
    free(copy);
    return result;
}

static void test_split(void **state)
{
    (void)state;
    static struct built message, stream;
    for (size_t i = 0; i < FRAMINGS; i++) {
        struct dialect *dialect = dialect_with_framing(i);
        message_build(dialect, "0820", echo, &message);
        stream.length = 0;
        frame_add(dialect, message.bytes, message.length, &stream);
        assert_int_equal(stream.length, framings[i].before + message.length + framings[i].behind);
        struct framed framed;
        for (size_t have = 0; have < stream.length; have++) {
            enum framing_result result = next_exactly(dialect, stream.bytes, have, &framed);
            bool needs_fine = framed.consumed == 0 || framed.consumed == stream.length;
            if (result != FRAMING_PARTIAL || !needs_fine) {
                fail_msg("%s: %d, needs %u at %zu of %zu", framings[i].what, result,
                    framed.consumed, have, stream.length);
            }
        }
        assert_int_equal(
            next_exactly(dialect, stream.bytes, stream.length, &framed), FRAMING_WHOLE);
        assert_int_equal(framed.offset, framings[i].before);
        assert_int_equal(framed.length, message.length);
        assert_int_equal(framed.consumed, stream.length);
        dialect_free(dialect);
    }
}

static void test_coalesced(void **state)
{
    (void)state;
    static struct built message, stream;
    for (size_t i = 0; i < FRAMINGS; i++) {
        struct dialect *dialect = dialect_with_framing(i);
        message_build(dialect, "0820", echo, &message);
        for (int count = 2; count <= 50; count++) {
            stream.length = 0;
            for (int n = 0; n < count; n++) {
                frame_add(dialect, message.bytes, message.length, &stream);
            }
            size_t at = 0;
            for (int n = 0; n < count; n++) {
                struct framed framed;
                if (next_exactly(dialect, stream.bytes + at, stream.length - at, &framed) !=
                        FRAMING_WHOLE ||
                    memcmp(stream.bytes + at + framed.offset, message.bytes, message.length) != 0) {
                    fail_msg("%s: message %d of %d", framings[i].what, n, count);
                }
                at += framed.consumed;
            }
            assert_int_equal(at, stream.length);
        }
        dialect_free(dialect);
    }
}

static void test_keepalive(void **state)
{
    (void)state;
    static struct built stream, message;
    for (size_t i = 0; i < FRAMINGS; i++) {
        struct dialect *dialect = dialect_with_framing(i);
        const char *zeros = framings[i].keepalive != NULL ? framings[i].keepalive : "00000000";
        stream.length = 0;
        built_add_hex(&stream, zeros);
        size_t length = stream.length;
        message_build(dialect, "0820", echo, &message);
        frame_add(dialect, message.bytes, message.length, &stream);
        struct framed framed;
        enum framing_result result = next_exactly(dialect, stream.bytes, stream.length, &framed);
        if (result != (framings[i].keepalive != NULL ? FRAMING_KEEPALIVE : FRAMING_BAD) ||
            (result == FRAMING_KEEPALIVE && framed.consumed != length)) {
            fail_msg("%s: %d", framings[i].what, result);
        }
        dialect_free(dialect);
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *what, *dialect, *hex;
        enum framing_result result;
    } rows[] = {
        {"a letter in the length", "cups", "303041", FRAMING_BAD},
        {"a length above the longest", "pos", "1001 60", FRAMING_BAD},
        {"a length of the longest", "pos", "1000 60", FRAMING_PARTIAL},
        {"shorter than header, type and bitmap", "cups", "30303537", FRAMING_BAD},
        {"as short as header, type and bitmap", "cups", "30303538", FRAMING_PARTIAL},
        {"no CUPS header", "cups", "30313030 2f", FRAMING_BAD},
        {"no TPDU", "pos", "0040 70", FRAMING_BAD},
        {"no message type", "iso87-ascii4", "30313030 30323938", FRAMING_BAD},
        {"half a message type", "iso87-ascii4", "30313030 3032", FRAMING_PARTIAL},
        {"no BASE24", "base24", "4953504f", FRAMING_BAD},
        {"letter behind ISO", "base24", "49534f41", FRAMING_BAD},
        {"an end before the bitmap's end", "base24", "49534f 303236303030303535 30383030 3803",
            FRAMING_BAD},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect *dialect = dialect_of(rows[i].dialect);
        static struct built stream;
        struct framed framed;
        stream.length = 0;
        built_add_hex(&stream, rows[i].hex);
        if (next_exactly(dialect, stream.bytes, stream.length, &framed) != rows[i].result) {
            fail_msg("%s", rows[i].what);
        }
        dialect_free(dialect);
    }
}

// A BASE24 stream that never ends is given up at `longest`, not searched for ever.
static void test_endless(void **state)
{
    (void)state;
    struct dialect *dialect = dialect_of("base24");
    static struct built stream;
    struct framed framed;
    message_build(dialect, "0820", echo, &stream);
    while (stream.length < 4096) {
        built_add(&stream, "x", 1);
    }
    assert_int_equal(next_exactly(dialect, stream.bytes, 4096, &framed), FRAMING_PARTIAL);
    built_add(&stream, "\x03", 1); // a message of exactly the longest
    assert_int_equal(next_exactly(dialect, stream.bytes, 4097, &framed), FRAMING_WHOLE);
    stream.bytes[4096] = 'x';
    assert_int_equal(next_exactly(dialect, stream.bytes, 4097, &framed), FRAMING_BAD);
    dialect_free(dialect);
}

// One message with a broken type between two good ones belongs to the parser, which names the
// fault.
static void test_broken_between(void **state)
{
    (void)state;
    struct dialect *dialect = dialect_of("iso87-ascii4");
    static struct built message, stream;
    struct framed framed;
    message_build(dialect, "0820", echo, &message);
    message.bytes[0] = 'X';
    stream.length = 0;
    frame_add(dialect, message.bytes, message.length, &stream);
    assert_int_equal(next_exactly(dialect, stream.bytes, stream.length, &framed), FRAMING_WHOLE);
    size_t first = stream.length;
    message.bytes[0] = '0';
    frame_add(dialect, message.bytes, message.length, &stream);
    assert_int_equal(next_exactly(dialect, stream.bytes, stream.length, &framed), FRAMING_WHOLE);
    assert_int_equal(framed.consumed, first);
    stream.bytes[first] = '?'; // nothing good behind: the place itself is in doubt
    assert_int_equal(next_exactly(dialect, stream.bytes, stream.length, &framed), FRAMING_BAD);
    dialect_free(dialect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_coalesced),
        cmocka_unit_test(test_keepalive),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_endless),
        cmocka_unit_test(test_broken_between),
    };
    return cmocka_run_group_tests_name("framing", tests, NULL, NULL);
}
