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
    bool fine = message_parse(&parser, copy, length, ret, counts);
    free(copy);
    return fine;
}

static uint64_t hash_of(const char *digits)
{
    struct parser parser = parser_of(settings, NULL);
    return account_hash(parser.key, (const uint8_t *)digits, strlen(digits));
}

// An echo made by hand, byte by byte: framing and parser together.
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
    uint64_t merchant = 0;
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
            message.holder != HOLDER_UNKNOWN || message.original[1] != 0 || message.merchant == 0 ||
            (merchant != 0 && message.merchant != merchant) ||
            message.account != hash_of("6200000000000000003") ||
            strcmp(function_id(&settings->networks[0].functions, message.function), "payment") !=
                0) {
            fail_msg("%s: %d, mti %d, amount %lu, province %d, function %d, left over %lu",
                purchases[i].what, fine, message.mti, message.amount, message.province,
                message.function, counts.left_over);
        }
        merchant = message.merchant; // the same one in all
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
        {"1993, the largest", "iso93-ascii4", "1210", "ZZZ", 1210, MESSAGE_ANSWER, KIND_BUSINESS},
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
            (rows[i].code != NULL &&
                memcmp(message.code_text, rows[i].code, strlen(rows[i].code)) != 0)) {
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

// What is wrong or unusual, and under which name it is counted.
static void test_counts(void **state)
{
    static const struct {
        const char *what, *dialect, *hex;
        bool fine;
        size_t counter;
    } rows[] = {
#define COUNT(name) offsetof(struct parse_counts, name)
        {"fine", "iso87-ascii4-raw", "30323030 0020000000000000 303030313233", true,
            COUNT(messages)},
        {"empty", "iso87-ascii4-raw", "", false, COUNT(too_short)},
        {"version 5", "iso87-ascii4-raw", "35323030 0020000000000000 303030313233", false,
            COUNT(bad_mti)},
        {"class 0", "iso87-ascii4-raw", "30303030 0020000000000000 303030313233", false,
            COUNT(bad_mti)},
        {"class 9", "iso87-ascii4-raw", "30393030 0020000000000000 303030313233", false,
            COUNT(bad_mti)},
        {"function 8", "iso87-ascii4-raw", "30323830 0020000000000000 303030313233", false,
            COUNT(bad_mti)},
        {"origin 6", "iso87-ascii4-raw", "30323036 0020000000000000 303030313233", false,
            COUNT(bad_mti)},
        {"BCD version 5", "iso87-bcd-2byte", "5200 0020000000000000 000123", false, COUNT(bad_mti)},
        {"letter in a hex bitmap", "iso87-ascii4",
            "30323030 3030323030303030303030303030304730 303030313233", false, COUNT(bad_bitmap)},
        {"second bitmap missing", "iso87-ascii4-raw", "30323030 8020000000000000 303030", false,
            COUNT(too_short)},
        {"third bitmap", "iso87-ascii4-raw",
            "30323030 8020000000000000 8000000000000000 0000000000000000 303030313233", true,
            COUNT(messages)},
        {"third bitmap, hex", "iso87-ascii4",
            "30323030 38303230303030303030303030303030 38303030303030303030303030303030"
            "30303030303030303030303030303030 303030313233",
            true, COUNT(messages)},
        {"field 129 without a row", "iso87-ascii4-raw",
            "30323030 8020000000000000 8000000000000000 8000000000000000 303030313233", false,
            COUNT(unknown_field)},
        {"length with a letter", "iso87-ascii4-raw", "30323030 4020000000000000 3141 3030", false,
            COUNT(bad_field_length)},
        {"length beyond the end", "iso87-ascii4-raw", "30323030 4020000000000000 3039 303132",
            false, COUNT(bad_field_length)},
        {"length of LLL beyond the end", "iso87-ascii4-raw",
            "30323030 0020000000010000 303030313233 393939 30", false, COUNT(bad_field_length)},
        {"BCD length with a letter", "iso87-bcd-2byte", "0200 4020000000000000 1a 00", false,
            COUNT(bad_field_length)},
        {"BCD LLL with a letter", "iso87-bcd-2byte", "0200 0020000000010000 000123 0a01 00", false,
            COUNT(bad_field_length)},
        {"BCD length beyond the end by half a byte", "iso87-bcd-2byte",
            "0200 4020000000000000 03 62", false, COUNT(bad_field_length)},
        {"above the table, fits", "iso87-ascii4-raw",
            "30323030 0020000100000000 303030313233 3132 303132333435363738393031", true,
            COUNT(over_table)},
        {"at the table's length", "iso87-ascii4-raw",
            "30323030 0020000100000000 303030313233 3131 3031323334353637383930", true,
            COUNT(messages)},
        {"bytes behind the last field", "iso87-ascii4-raw",
            "30323030 0020000000000000 303030313233 00", true, COUNT(left_over)},
        {"no STAN", "iso87-ascii4-raw", "30323030 0200000000000000 30333130313033303030", false,
            COUNT(key_missing)},
        {"only a STAN of the key", "iso87-ascii4-raw", "30323030 0020000000000000 303030313233",
            true, COUNT(messages)},
        {"no field at all", "iso87-ascii4-raw", "30323030 0000000000000000", false,
            COUNT(key_missing)},
        {"not CUPS", "cups", "2f", false, COUNT(bad_header)},
        {"no digits in the total", "cups", "2e02 30304130", false, COUNT(bad_header)},
        {"half a header", "cups", "2e02 30303935", false, COUNT(too_short)},
        {"not a TPDU", "iso87-bcd-tpdu", "5000030000 0200 0020000000000000 000123", false,
            COUNT(bad_header)},
        {"another TPDU", "iso87-bcd-tpdu", "6800030000 0200 0020000000000000 000123", true,
            COUNT(messages)},
        {"not BASE24", "base24", "49534e", false, COUNT(bad_header)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect *dialect = dialect_of(rows[i].dialect);
        static struct built built;
        struct message message;
        struct parse_counts counts = {0};
        built.length = 0;
        built_add_hex(&built, rows[i].hex);
        bool fine = parse(dialect, built.bytes, built.length, &message, &counts);
        uint64_t sum = 0, *all = (uint64_t *)&counts;
        for (size_t n = 0; n < sizeof(counts) / sizeof(*all); n++) {
            sum += all[n];
        }
        bool twice = fine && rows[i].counter != COUNT(messages);
        if (fine != rows[i].fine || all[rows[i].counter / sizeof(*all)] != 1 ||
            counts.messages != fine || sum != (twice ? 2 : 1)) {
            fail_msg("%s: %d", rows[i].what, fine);
        }
        dialect_free(dialect);
    }
}

static void test_cups_header(void **state)
{
    static const struct {
        const char *what, *reject;
        uint8_t flag, flags;
        bool doubled, fine;
    } rows[] = {
        {"accepted", "00000", 0x02, 0, false, true},
        {"version 1", "00000", 0x01, 0, false, true},
        {"sent back", "30100", 0x02, MESSAGE_ANSWER | MESSAGE_REJECTED, true, true},
        {"sent back without the original header", "30100", 0x02, MESSAGE_ANSWER | MESSAGE_REJECTED,
            false, true},
        {"blank code", "     ", 0x02, 0, false, true},
        {"code of zero bytes", "\0\0\0\0\0", 0x02, 0, false, true},
        {"test", "00000", 0x82, 0, false, false},
        {"test, version 1", "00000", 0x81, 0, false, false},
        {"test sent back", "30100", 0x82, 0, true, false},
    };
    static const struct value values[] = {{11, "000123"},
        {43, "hex:"
             "434e48d2f8c1aacac2bba7b5c4b2e2cad4c9ccbba7bac5b9abcbbe20202020202020202020202020"},
        {0, NULL}}; // 43 in GBK
    (void)state;
    struct dialect *dialect = dialect_of("cups");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static struct built built, whole;
        struct message message;
        struct parse_counts counts = {0};
        message_build(dialect, "0200", values, &built);
        whole.length = 0;
        built_add(&whole, built.bytes, rows[i].doubled ? 46 : 0);
        built_add(&whole, built.bytes, built.length);
        whole.bytes[1] = rows[i].flag;
        memcpy(whole.bytes + 41, rows[i].reject, 5);
        bool fine = parse(dialect, whole.bytes, whole.length, &message, &counts);
        if (fine != rows[i].fine || counts.test_messages != !fine || counts.messages != fine ||
            (fine && (message.flags != rows[i].flags || message.mti != 200))) {
            fail_msg("%s: %d, flags %x", rows[i].what, fine, message.flags);
        }
        for (size_t length = 0; length < whole.length; length++) { // cut anywhere: refused
            assert_false(parse(dialect, whole.bytes, length, &message, &counts));
        }
    }
    dialect_free(dialect);
}

static void test_provinces(void **state)
{
    static struct province_source pboc[] = {{42, CODES_PBOC}, {32, CODES_PBOC}, {33, CODES_PBOC}},
                                  gbt[] = {{42, CODES_GBT2260}}, last[] = {{33, CODES_PBOC}};
    static struct province_override overrides[] = {
        {.field = 33, .prefix = "0102", .prefix_length = 4, .province = 11},
        {.field = 42, .prefix = "999", .prefix_length = 3, .province = 54}};
    static const struct {
        const char *what, *dialect, *f32, *f33, *f42;
        struct province_source *sources;
        size_t source_count, override_count;
        int province;
    } rows[] = {
        {"merchant", "cups", "03065810", "03065810", "301290054110001", pboc, 3, 0, 31},
        {"merchant says 0000: acquirer", "cups", "03065810", "03062900", "301000054110001", pboc, 3,
            0, 44},
        {"no merchant: acquirer", "cups", "03065810", NULL, NULL, pboc, 3, 0, 44},
        {"head office: forwarder", "cups", "03060000", "03062900", NULL, pboc, 3, 0, 31},
        {"nothing known", "cups", "03060000", "03060000", "301000054110001", pboc, 3, 0, 0},
        {"merchant not in digits", "cups", "03065810", NULL, "30129X054110001", pboc, 3, 0, 44},
        {"acquirer of 11 digits", "cups", "03065810000", NULL, NULL, pboc, 3, 0, 0},
        {"GB/T 2260: 3401 is Hefei", "cups", NULL, NULL, "301340154110001", gbt, 1, 0, 34},
        {"GB/T 2260: 29 is none", "cups", NULL, NULL, "301290054110001", gbt, 1, 0, 0},
        {"only the forwarder counts", "cups", "03062900", "03065810", "301290054110001", last, 1, 0,
            44},
        {"terminal", "pos", "03065810", NULL, NULL, pboc, 3, 0, 44},
        {"terminal, merchant", "pos", "03065810", NULL, "301290054110001", pboc, 3, 0, 31},
        {"override in front", "cups", "03065810", NULL, "999290054110001", pboc, 3, 2, 54},
        {"override of another field", "cups", "03065810", "01022900", "301290054110001", pboc, 3, 2,
            11},
        {"override in BCD", "pos", "03065810", "01022900", NULL, pboc, 3, 2, 11},
        {"no override fits", "cups", "03065810", NULL, NULL, pboc, 3, 2, 44},
    };
    (void)state;
    struct link_settings *link = &settings->links[0], kept = *link;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect *dialect = dialect_of(rows[i].dialect);
        static struct built built;
        struct value values[5] = {{11, "000123"}};
        const struct value given[] = {{32, rows[i].f32}, {33, rows[i].f33}, {42, rows[i].f42}};
        for (size_t n = 0, count = 1; n < 3; n++) {
            if (given[n].text != NULL) {
                values[count++] = given[n];
            }
        }
        link->province_sources = rows[i].sources;
        link->province_source_count = rows[i].source_count;
        link->overrides = (struct province_overrides){overrides, rows[i].override_count};
        struct message message;
        struct parse_counts counts = {0};
        message_build(dialect, "0200", values, &built);
        assert_true(parse(dialect, built.bytes, built.length, &message, &counts));
        if (message.province != rows[i].province) {
            fail_msg("%s: %d", rows[i].what, message.province);
        }
        dialect_free(dialect);
    }
    *link = kept;
}

// Every field at once, in every dialect: the walk ends at the last byte.
static void test_all_fields(void **state)
{
    static const char *const dialects[] = {"cups", "iso87-ascii4", "iso87-ascii-2byte-raw",
        "iso87-bcd-2byte", "pos", "iso93-ascii4", "base24"};
    (void)state;
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
        struct dialect *dialect = dialect_of(dialects[i]);
        static struct built built;
        static char texts[129][1000];
        struct value values[129];
        int count = 0;
        for (int field = 2; field <= 128; field++) {
            const struct iso_field *row = &dialect->fields[field];
            size_t length = row->kind == FIXED ? row->longest : row->longest / 2;
            memset(texts[field], '1', length);
            texts[field][length] = '\0';
            if (row->known) {
                values[count++] = (struct value){field, texts[field]};
            }
        }
        values[count] = (struct value){0, NULL};
        message_build(dialect, "0200", values, &built);
        struct message message;
        struct parse_counts counts = {0};
        bool fine = parse(dialect, built.bytes, built.length, &message, &counts);
        if (!fine || counts.left_over != 0 || counts.over_table != 0 ||
            message.amount != 111111111111) {
            fail_msg("%s: %d, left over %lu", dialects[i], fine, counts.left_over);
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
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_cups_header),
        cmocka_unit_test(test_provinces),
        cmocka_unit_test(test_all_fields),
    };
    return cmocka_run_group_tests_name("iso8583", tests, settings_open, settings_close);
}
