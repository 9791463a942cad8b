// message_from_bytes: messages written by hand for every dialect, and what is wrong with others.
#include "dataplane/transactions/iso8583.h"
#include "dataplane/transactions/transactions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/iso8583/build.h"
#include "tests/unit/iso8583/parser_of.h"

#include <cmocka.h>

static struct settings *settings;

static int settings_open(void **state)
{
    (void)state;
    settings = settings_shipped();
    return 0;
}

static int settings_close(void **state)
{
    (void)state;
    settings_free(settings);
    return 0;
}

static bool parse(const struct dialect *dialect, const uint8_t *bytes, size_t length,
    struct message *ret, struct parse_counts *counts)
{
    struct parser parser = parser_of(settings, dialect);
    uint8_t *copy = exactly(bytes, length);
    memset(ret, 0, sizeof(*ret));
    bool fine = message_from_bytes(&parser, copy, length, ret, counts);
    free(copy);
    return fine;
}

static uint64_t hash_of(const char *digits)
{
    struct parser parser = parser_of(settings, NULL);
    return account_hash(&parser.key, (const uint8_t *)digits, strlen(digits));
}

// The echo of protocols.md 2.5, byte by byte: framing and parser together.
static void test_echo(void **state)
{
    (void)state;
    static struct built stream;
    stream.length = 0;
    built_add_hex(&stream,
        "30303935 2e02 30303935 3030303130303030202020 3033303632393030202020 303030 00"
        "3030303030303030 00 3030303030 30383230 82200000800000000400000000000000"
        "30313032303330343035 303030303031 30383033303632393030 333031");
    assert_int_equal(stream.length, 99);
    struct dialect *dialect = dialect_of("cups");
    struct framed framed;
    assert_int_equal(framing_next(dialect, stream.bytes, stream.length, &framed), FRAMING_WHOLE);
    assert_int_equal(framed.offset, 4);
    assert_int_equal(framed.length, 95);
    assert_int_equal(framed.consumed, 99);
    struct message message;
    struct parse_counts counts = {0};
    assert_true(parse(dialect, stream.bytes + framed.offset, framed.length, &message, &counts));
    assert_int_equal(counts.messages, 1);
    assert_int_equal(counts.left_over, 0);
    assert_int_equal(message.mti, 820);
    assert_int_equal(message.kind, KIND_MANAGEMENT);
    assert_int_equal(message.code, -1);
    assert_int_equal(message.link, 3);
    assert_int_equal(message.length, 95);
    assert_int_equal(message.account, 0);
    assert_true(message.key[0] != 0 && message.key[1] != 0);
    dialect_free(dialect);
}

// A purchase of 100.00 with card 6200000000000000003 at a merchant in Shanghai, by hand.
static const struct {
    const char *what, *dialect, *hex;
} purchases[] = {
    {"CUPS", "cups",
        "2e02 30313938 3030303130303030202020 3033303632393030202020 303030 01 3030303030303030 01"
        "3030303030 30323030"
        "7020048188c08000" // 2 3 4 11 22 25 32 33 37 41 42 49
        "3139 36323030303030303030303030303030303033 303030303030 303030303030303130303030"
        "303030313233 303231 3030 3038 3033303632393030 3038 3033303632393030"
        "313233343536373839303132 3030303030303031 333031323930303534313130303031 313536"},
    {"characters, hex bitmap", "iso87-ascii4",
        "30323030 37303230303438313838433038303030"
        "3139 36323030303030303030303030303030303033 303030303030 303030303030303130303030"
        "303030313233 303231 3030 3038 3033303632393030 3038 3033303632393030"
        "313233343536373839303132 3030303030303031 333031323930303534313130303031 313536"},
    {"characters, hex bitmap in small letters", "iso87-ascii-2byte",
        "30323030 37303230303438313838633038303030"
        "3139 36323030303030303030303030303030303033 303030303030 303030303030303130303030"
        "303030313233 303231 3030 3038 3033303632393030 3038 3033303632393030"
        "313233343536373839303132 3030303030303031 333031323930303534313130303031 313536"},
    {"characters, raw bitmap", "iso87-ascii4-raw",
        "30323030 7020048188c08000"
        "3139 36323030303030303030303030303030303033 303030303030 303030303030303130303030"
        "303030313233 303231 3030 3038 3033303632393030 3038 3033303632393030"
        "313233343536373839303132 3030303030303031 333031323930303534313130303031 313536"},
    {"BCD", "iso87-bcd-2byte",
        "0200 7020048188c08000 19 62000000000000000030 000000 000000010000 000123 0021 00"
        "08 03062900 08 03062900 313233343536373839303132 3030303030303031"
        "333031323930303534313130303031 313536"},
    {"BCD behind a TPDU, padded with F", "iso87-bcd-tpdu",
        "6000030000 0200 7020048188c08000 19 6200000000000000003f 000000 000000010000 000123 0021 "
        "00"
        "08 03062900 08 03062900 313233343536373839303132 3030303030303031"
        "333031323930303534313130303031 313536"},
    {"POS, field 22 left-aligned, with batch", "pos",
        "6000030000 603100311122 0200 7020048188c08010 19 62000000000000000030 000000 000000010000"
        "000123 0210 00 08 03062900 08 03062900 313233343536373839303132 3030303030303031"
        "333031323930303534313130303031 313536 0011 220000010000"},
    {"BASE24", "base24",
        "49534f 303236303030303535 30323030 37303230303438313838433038303030"
        "3139 36323030303030303030303030303030303033 303030303030 303030303030303130303030"
        "303030313233 303231 3030 3038 3033303632393030 3038 3033303632393030"
        "313233343536373839303132 3030303030303031 333031323930303534313130303031 313536"},
};
#define PURCHASES (sizeof(purchases) / sizeof(purchases[0]))

static void test_purchases(void **state)
{
    (void)state;
    static struct built built;
    for (size_t i = 0; i < PURCHASES; i++) {
        struct dialect *dialect = dialect_of(purchases[i].dialect);
        struct message message;
        struct parse_counts counts = {0};
        built.length = 0;
        built_add_hex(&built, purchases[i].hex);
        bool fine = parse(dialect, built.bytes, built.length, &message, &counts);
        if (!fine || counts.messages != 1 || counts.left_over != 0 || counts.over_table != 0 ||
            message.mti != 200 || message.amount != 10000 || message.province != 31 ||
            message.kind != KIND_BUSINESS || message.flags != 0 || message.code != -1 ||
            message.holder != HOLDER_UNKNOWN || message.original[0] != 0 ||
            message.account != hash_of("6200000000000000003") ||
            strcmp(function_id(&settings->networks[0].functions, message.function), "payment") !=
                0) {
            fail_msg("%s: %d, mti %d, amount %lu, province %d, function %d, left over %lu",
                purchases[i].what, fine, message.mti, message.amount, message.province,
                message.function, counts.left_over);
        }
        assert_null(memmem(&message, sizeof(message), "6200000000", 10));
        assert_null(memmem(&message, sizeof(message), "\x62\0\0\0\0\0", 6));
        dialect_free(dialect);
    }
}

// Cut at every length: refused, counted once, and never read past (the sanitizer sees to that).
static void test_truncated(void **state)
{
    (void)state;
    static struct built built;
    for (size_t i = 0; i < PURCHASES; i++) {
        struct dialect *dialect = dialect_of(purchases[i].dialect);
        struct message message;
        built.length = 0;
        built_add_hex(&built, purchases[i].hex);
        for (size_t length = 0; length < built.length; length++) {
            struct parse_counts counts = {0};
            if (parse(dialect, built.bytes, length, &message, &counts) ||
                counts.too_short + counts.bad_field_length != 1) {
                fail_msg("%s: %zu of %zu", purchases[i].what, length, built.length);
            }
        }
        dialect_free(dialect);
    }
}

static void test_answers(void **state)
{
    static const struct {
        const char *what, *dialect, *mti, *code;
        uint16_t mti_number;
        uint8_t flags;
        enum kind kind;
    } rows[] = {
        {"approved", "cups", "0210", "00", 210, MESSAGE_ANSWER, KIND_BUSINESS},
        {"declined", "cups", "0110", "51", 110, MESSAGE_ANSWER, KIND_BUSINESS},
        {"approved with a defect", "cups", "0210", "A2", 210, MESSAGE_ANSWER, KIND_BUSINESS},
        {"advice answered", "cups", "0230", "00", 230, MESSAGE_ANSWER, KIND_ADVICE},
        {"reversal answered", "cups", "0430", "25", 430, MESSAGE_ANSWER, KIND_REVERSAL},
        {"issuer's reversal answered", "cups", "0432", "00", 432, MESSAGE_ANSWER, KIND_REVERSAL},
        {"echo answered", "cups", "0830", "00", 830, MESSAGE_ANSWER, KIND_MANAGEMENT},
        {"totals answered", "cups", "0530", "95", 530, MESSAGE_ANSWER, KIND_RECONCILIATION},
        {"file answered", "cups", "0312", "D1", 312, MESSAGE_ANSWER, KIND_FILE},
        {"notice answered", "cups", "0630", "00", 630, MESSAGE_ANSWER, KIND_OTHER},
        {"repeat", "cups", "0201", NULL, 201, MESSAGE_REPEAT, KIND_BUSINESS},
        {"issuer's repeat", "cups", "0423", NULL, 423, MESSAGE_REPEAT, KIND_REVERSAL},
        {"notification", "cups", "0240", NULL, 240, MESSAGE_NOTICE, KIND_OTHER},
        {"script result", "cups", "0620", NULL, 620, 0, KIND_OTHER},
        {"1987 in characters", "iso87-ascii4", "0210", "96", 210, MESSAGE_ANSWER, KIND_BUSINESS},
        {"terminal", "pos", "0210", "98", 210, MESSAGE_ANSWER, KIND_BUSINESS},
        {"terminal's reversal", "pos", "0410", "00", 410, MESSAGE_ANSWER, KIND_REVERSAL},
        {"1993", "iso93-ascii4", "1110", "907", 1110, MESSAGE_ANSWER, KIND_BUSINESS},
        {"BASE24", "base24", "0210", "00", 210, MESSAGE_ANSWER, KIND_BUSINESS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect *dialect = dialect_of(rows[i].dialect);
        static struct built built;
        struct value values[] = {{11, "000123"}, {39, rows[i].code}, {41, "00000001"}, {0, NULL}};
        if (rows[i].code == NULL) {
            memmove(&values[1], &values[2], 2 * sizeof(values[0]));
        }
        message_build(dialect, rows[i].mti, values, &built);
        struct message message;
        struct parse_counts counts = {0};
        bool fine = parse(dialect, built.bytes, built.length, &message, &counts);
        int code = rows[i].code == NULL
                       ? -1
                       : response_code_number((const uint8_t *)rows[i].code, strlen(rows[i].code));
        if (!fine || message.mti != rows[i].mti_number || message.flags != rows[i].flags ||
            message.kind != rows[i].kind || message.code != code ||
            (rows[i].code != NULL && memcmp(message.code_text, rows[i].code, 2) != 0)) {
            fail_msg("%s: %d, mti %d, flags %x, kind %d, code %d", rows[i].what, fine, message.mti,
                message.flags, message.kind, message.code);
        }
        dialect_free(dialect);
    }
}

static void test_accounts(void **state)
{
    static const struct {
        const char *what, *dialect, *pan, *track, *other, *account;
    } rows[] = {
        {"PAN", "cups", "6200000000000000003", NULL, NULL, "6200000000000000003"},
        {"PAN of 16", "pos", "6200000000000003", NULL, NULL, "6200000000000003"},
        {"PAN and track", "cups", "6200000000000003", "6211111111111111=29", NULL,
            "6200000000000003"},
        {"track with =", "cups", NULL, "6200000000000003=2912", NULL, "6200000000000003"},
        {"track with D", "cups", NULL, "6200000000000003D2912", NULL, "6200000000000003"},
        {"BCD track", "pos", NULL, "6200000000000003=2912", NULL, "6200000000000003"},
        {"BCD track, odd PAN", "pos", NULL, "6200000000000000003=291", NULL, "6200000000000000003"},
        {"track without separator", "cups", NULL, "6200000000000003", NULL, NULL},
        {"separator too late", "cups", NULL, "62000000000000000034=", NULL, NULL},
        {"separator at once", "cups", NULL, "=2912", NULL, NULL},
        {"only field 102", "cups", NULL, NULL, "6200000000000003", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect *dialect = dialect_of(rows[i].dialect);
        static struct built built;
        struct value values[5];
        int count = 0;
        if (rows[i].pan != NULL) {
            values[count++] = (struct value){2, rows[i].pan};
        }
        values[count++] = (struct value){11, "000123"};
        if (rows[i].track != NULL) {
            values[count++] = (struct value){35, rows[i].track};
        }
        if (rows[i].other != NULL) {
            values[count++] = (struct value){102, rows[i].other};
        }
        values[count] = (struct value){0, NULL};
        message_build(dialect, "0200", values, &built);
        struct message message;
        struct parse_counts counts = {0};
        assert_true(parse(dialect, built.bytes, built.length, &message, &counts));
        if (message.account != (rows[i].account == NULL ? 0 : hash_of(rows[i].account))) {
            fail_msg("%s", rows[i].what);
        }
        dialect_free(dialect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_purchases),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_accounts),
    };
    return cmocka_run_group_tests_name("iso8583", tests, settings_open, settings_close);
}
