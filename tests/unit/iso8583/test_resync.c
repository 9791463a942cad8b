// framing_resync: garbage of every kind in front, places that look like messages and are none,
// messages that are only partly there.
#include "dataplane/transactions/dialect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/iso8583/build.h"

#include <cmocka.h>

static const char *const dialects[] = {"cups", "cups-binary-length", "iso87-ascii4",
    "iso87-ascii4-raw", "iso87-ascii-2byte", "iso87-ascii-2byte-raw", "iso87-bcd-2byte",
    "iso87-bcd-tpdu", "iso93-ascii4", "pos", "base24", "base24-tcp"};
#define DIALECTS (sizeof(dialects) / sizeof(dialects[0]))

static const struct value purchase[] = {{2, "6200000000000000003"}, {3, "000000"},
    {4, "000000010000"}, {11, "000123"}, {22, "021"}, {25, "00"}, {35, "6200000000000000003=2912"},
    {41, "00000001"}, {42, "301290054110001"}, {49, "156"}, {52, "hex:0011223344556677"},
    {0, NULL}};

// Ends with a field whose length stands in front of it, and much behind that length.
static char many_digits[241];
static const struct value variable_end[] = {
    {3, "000000"}, {4, "000000010000"}, {11, "000123"}, {48, many_digits}, {0, NULL}};

static size_t resync_exactly(const struct dialect *dialect, const uint8_t *bytes, size_t length)
{
    uint8_t *copy = exactly(bytes, length);
    size_t offset = framing_resync(dialect, copy, length);
    free(copy);
    assert_true(offset <= length);
    return offset;
}

static void frames_of(
    const struct dialect *dialect, const struct value *values, int count, struct built *stream)
{
    static struct built message;
    message_build(dialect, "0200", values, &message);
    for (int i = 0; i < count; i++) {
        frame_add(dialect, message.bytes, message.length, stream);
    }
}

static void frames_add(const struct dialect *dialect, int count, struct built *stream)
{
    frames_of(dialect, purchase, count, stream);
}

// Steps through a stream as the reassembly does: the offset of the first whole message.
static size_t first_message(const struct dialect *dialect, const uint8_t *bytes, size_t length)
{
    size_t at = resync_exactly(dialect, bytes, length);
    while (at < length) {
        struct framed framed;
        enum framing_result result = framing_next(dialect, bytes + at, length - at, &framed);
        if (result == FRAMING_WHOLE) {
            return at;
        }
        if (result != FRAMING_BAD) {
            return length;
        }
        at += 1 + resync_exactly(dialect, bytes + at + 1, length - at - 1);
    }
    return length;
}

// Every tail of a message in front of three whole ones, as after a gap.
static void test_tails(void **state)
{
    (void)state;
    static struct built stream;
    for (size_t i = 0; i < DIALECTS; i++) {
        struct dialect *dialect = dialect_of(dialects[i]);
        stream.length = 0;
        frames_add(dialect, 4, &stream);
        size_t one = stream.length / 4;
        for (size_t cut = 1; cut < one; cut++) {
            size_t found = resync_exactly(dialect, stream.bytes + cut, stream.length - cut);
            if (found != one - cut) {
                fail_msg("%s: cut at %zu of %zu, found %zu", dialects[i], cut, one, found);
            }
        }
        assert_int_equal(resync_exactly(dialect, stream.bytes, stream.length), 0);
        dialect_free(dialect);
    }
}

static void check_partial(const struct dialect *dialect, const struct value *values)
{
    static struct built stream;
    stream.length = 0;
    built_add_hex(&stream, "ffffffffffffff");
    size_t begin = stream.length;
    frames_of(dialect, values, 1, &stream);
    for (size_t have = begin + 1; have <= stream.length; have++) {
        size_t found = resync_exactly(dialect, stream.bytes, have);
        if (found != begin) {
            fail_msg(
                "%zu of %zu bytes there, found %zu", have - begin, stream.length - begin, found);
        }
    }
}

// The first bytes of a message behind garbage are never jumped over, however few they are.
static void test_partial(void **state)
{
    (void)state;
    memset(many_digits, '7', sizeof(many_digits) - 1);
    for (size_t i = 0; i < DIALECTS; i++) {
        struct dialect *dialect = dialect_of(dialects[i]);
        check_partial(dialect, purchase);
        check_partial(dialect, variable_end);
        dialect_free(dialect);
    }
}

// Random bytes, random digits, zeros: found is the first whole message, not something inside.
static void test_garbage(void **state)
{
    (void)state;
    static struct built stream;
    uint32_t random = 1;
    int wrong = 0;
    for (size_t i = 0; i < DIALECTS; i++) {
        struct dialect *dialect = dialect_of(dialects[i]);
        for (int round = 0; round < 300; round++) {
            stream.length = 0;
            size_t begin = (size_t)round;
            for (size_t n = 0; n < begin; n++) {
                random = random * 1664525 + 1013904223;
                uint8_t byte = (uint8_t)(random >> 24);
                byte = round % 3 == 0 ? byte : round % 3 == 1 ? '0' + byte % 10 : 0;
                built_add(&stream, &byte, 1);
            }
            frames_add(dialect, 3, &stream);
            size_t found = first_message(dialect, stream.bytes, stream.length);
            wrong += found != begin;
        }
        dialect_free(dialect);
    }
    assert_int_equal(wrong, 0);
}

static void test_nothing(void **state)
{
    (void)state;
    static uint8_t zeros[2000];
    for (size_t i = 0; i < DIALECTS; i++) {
        struct dialect *dialect = dialect_of(dialects[i]);
        assert_int_equal(resync_exactly(dialect, zeros, 0), 0);
        memset(zeros, 0xFF, sizeof(zeros));
        assert_int_equal(resync_exactly(dialect, zeros, sizeof(zeros)), sizeof(zeros));
        dialect_free(dialect);
    }
}

// A whole message in a text field of another is no message: what is behind it is none.
static void test_message_in_message(void **state)
{
    (void)state;
    struct dialect *dialect = dialect_of("cups");
    static struct built inner, outer, stream, field;
    static char hex[8192];
    inner.length = field.length = stream.length = 0;
    frames_add(dialect, 1, &inner);
    strcpy(hex, "hex:");
    for (size_t i = 0; i < inner.length; i++) {
        snprintf(hex + 4 + 2 * i, 3, "%02x", inner.bytes[i]);
    }
    const struct value values[] = {{11, "000123"}, {48, hex}, {60, "0000"}, {0, NULL}};
    message_build(dialect, "0200", values, &outer);
    frame_add(dialect, outer.bytes, outer.length, &stream);
    size_t one = stream.length;
    frames_add(dialect, 2, &stream);
    assert_int_equal(resync_exactly(dialect, stream.bytes + 1, stream.length - 1), one - 1);
    dialect_free(dialect);
}

// Keep-alives between the messages are looked over, and are no place to start by themselves.
static void test_keepalives(void **state)
{
    (void)state;
    struct dialect *dialect = dialect_of("cups");
    static struct built stream;
    stream.length = 0;
    built_add(&stream, "xx00000000", 10);
    frames_add(dialect, 1, &stream);
    built_add(&stream, "00000000", 8);
    frames_add(dialect, 1, &stream);
    assert_int_equal(resync_exactly(dialect, stream.bytes, stream.length), 10);
    dialect_free(dialect);
}

// The CUPS header says its length once more; a place where the two differ is none.
static void test_two_lengths(void **state)
{
    (void)state;
    struct dialect *dialect = dialect_of("cups");
    static struct built stream;
    stream.length = 0;
    frames_add(dialect, 3, &stream);
    stream.bytes[4 + 5] ^= 1; // the last digit of the first header's total
    assert_int_equal(resync_exactly(dialect, stream.bytes, stream.length), stream.length / 3);
    dialect_free(dialect);
}

// Numbers that some send blank do not hide a message; a STAN that is none does.
static void test_blank_numbers(void **state)
{
    static const struct {
        const char *what, *stan, *security;
        size_t found;
    } rows[] = {
        {"all digits", "000123", "2600000000000000", 0},
        {"blank 53", "000123", "                ", 0},
        {"blank STAN", "      ", "2600000000000000", 1},
    };
    (void)state;
    struct dialect *dialect = dialect_of("cups");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static struct built message, stream;
        const struct value values[] = {{11, rows[i].stan}, {53, rows[i].security}, {0, NULL}};
        stream.length = 0;
        message_build(dialect, "0200", values, &message);
        frame_add(dialect, message.bytes, message.length, &stream);
        size_t one = stream.length;
        frames_add(dialect, 1, &stream);
        if (resync_exactly(dialect, stream.bytes, stream.length) != rows[i].found * one) {
            fail_msg("%s", rows[i].what);
        }
    }
    dialect_free(dialect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tails),
        cmocka_unit_test(test_partial),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_message_in_message),
        cmocka_unit_test(test_keepalives),
        cmocka_unit_test(test_two_lengths),
        cmocka_unit_test(test_blank_numbers),
    };
    return cmocka_run_group_tests_name("resync", tests, NULL, NULL);
}
