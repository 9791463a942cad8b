// Pairing keys: which messages have the same one, and which must not.
#include "dataplane/transactions/keys.h"

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

// A message in short: type, sender, fields as "11=000123 32=03062900 ...", CUPS reject code.
struct sketch {
    const char *mti;
    bool ours;
    const char *fields;
    const char *reject;
};

static void values_from(const char *fields, char *text, struct value *ret)
{
    int count = 0;
    strcpy(text, fields);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
        char *equals = strchr(word, '=');
        *equals = '\0';
        ret[count++] = (struct value){atoi(word), equals + 1};
    }
    ret[count] = (struct value){0, NULL};
}

static struct message message_of(const struct dialect *dialect, const struct sketch *sketch)
{
    static struct built built, whole;
    char text[1024];
    struct value values[32];
    values_from(sketch->fields, text, values);
    message_build(dialect, sketch->mti, values, &built);
    whole.length = 0;
    if (sketch->reject != NULL) {
        built_add(&whole, built.bytes, 46);
        memcpy(whole.bytes + 41, sketch->reject, 5);
    }
    built_add(&whole, built.bytes, built.length);
    struct parser parser = parser_of(settings, dialect);
    struct message message = {.flags = sketch->ours ? MESSAGE_FROM_OURS : 0};
    struct parse_counts counts = {0};
    uint8_t *copy = exactly(whole.bytes, whole.length);
    if (!message_parse(&parser, copy, whole.length, &message, &counts)) {
        fail_msg("%s %s is refused", sketch->mti, sketch->fields);
    }
    free(copy);
    return message;
}

#define HOST     "7=0310103000 11=000123 32=03062900 33=03062900"
#define TERMINAL "11=000123 41=00000001 42=301290054110001"

static void test_pairs(void **state)
{
    static const struct {
        const char *what, *dialect;
        struct sketch a, b;
        bool same;
    } rows[] = {
        {"request and answer", "cups", {"0200", true, HOST}, {"0210", false, HOST " 39=00"}, true},
        {"centre asks, we answer", "cups", {"0200", false, HOST}, {"0210", true, HOST " 39=00"},
            true},
        {"both ask", "cups", {"0200", true, HOST}, {"0200", false, HOST}, false},
        {"answer from the wrong side", "cups", {"0200", true, HOST}, {"0210", true, HOST}, false},
        {"the repeat", "cups", {"0200", true, HOST}, {"0201", true, HOST}, true},
        {"repeat of a reversal and its answer", "cups", {"0421", true, HOST},
            {"0430", false, HOST " 39=00"}, true},
        {"issuer's repeat and its answer", "cups", {"0423", false, HOST},
            {"0432", true, HOST " 39=00"}, true},
        {"issuer's advice answered as the acquirer's", "cups", {"0422", false, HOST},
            {"0430", true, HOST " 39=00"}, true},
        {"reversal and its answer", "cups", {"0400", true, HOST}, {"0410", false, HOST}, true},
        {"reversal and advice of it", "cups", {"0400", true, HOST}, {"0420", true, HOST}, false},
        {"authorization and its answer", "cups", {"0100", true, HOST}, {"0110", false, HOST}, true},
        {"authorization and purchase", "cups", {"0100", true, HOST}, {"0200", true, HOST}, false},
        {"purchase and its reversal", "cups", {"0200", true, HOST}, {"0420", true, HOST}, false},
        {"100 differs", "cups", {"0200", true, HOST " 100=03050001"},
            {"0210", false, HOST " 39=00 100=00980001"}, true},
        {"another STAN", "cups", {"0200", true, HOST},
            {"0210", false, "7=0310103000 11=000124 32=03062900 33=03062900"}, false},
        {"another time", "cups", {"0200", true, HOST},
            {"0210", false, "7=0310103001 11=000123 32=03062900 33=03062900"}, false},
        {"another acquirer", "cups", {"0200", true, HOST},
            {"0210", false, "7=0310103000 11=000123 32=03062901 33=03062900"}, false},
        {"fields change places", "cups", {"0200", true, "11=000123 32=03062900"},
            {"0210", false, "11=000123 33=03062900"}, false},
        {"longer by one", "cups", {"0200", true, "11=000123 32=0306 33=2900"},
            {"0210", false, "11=000123 32=03062 33=900"}, false},
        {"both without 33", "cups", {"0200", true, "11=000123 32=03062900"},
            {"0210", false, "11=000123 32=03062900 39=00"}, true},
        {"echo", "cups", {"0820", true, "7=0310103000 11=000001 33=03062900 70=301"},
            {"0830", false, "7=0310103000 11=000001 33=03062900 39=00 70=301"}, true},
        {"echo and sign-off", "cups", {"0820", true, "7=0310103000 11=000001 33=03062900 70=301"},
            {"0830", false, "7=0310103000 11=000001 33=03062900 39=00 70=002"}, false},
        {"sent back by the centre", "cups", {"0200", true, HOST}, {"0200", false, HOST, "30100"},
            true},
        {"sent back to the centre", "cups", {"0200", false, HOST}, {"0200", true, HOST, "30100"},
            true},
        {"an answer sent back", "cups", {"0200", false, HOST},
            {"0210", false, HOST " 39=00", "30100"}, true},
        {"terminal", "pos", {"0200", false, TERMINAL " 60=22000001"},
            {"0210", true, "11=000123 39=00 41=00000001 42=301290054110001 60=22000001"}, true},
        {"terminal, next batch", "pos", {"0200", false, TERMINAL " 60=22000001"},
            {"0210", true, TERMINAL " 60=22000002"}, false},
        {"terminal, only the type differs", "pos", {"0200", false, TERMINAL " 60=22000001"},
            {"0210", true, TERMINAL " 60=23000001000"}, true},
        {"another terminal", "pos", {"0200", false, TERMINAL " 60=22000001"},
            {"0210", true, "11=000123 41=00000002 42=301290054110001 60=22000001"}, false},
        {"sign-on, the answer has a new batch", "pos", {"0800", false, TERMINAL " 60=00000001003"},
            {"0810", true, TERMINAL " 60=00000002003"}, true},
        {"BCD ids of odd length", "iso87-bcd-2byte", {"0200", true, "11=000123 32=0306290"},
            {"0210", false, "11=000123 32=0306290"}, true},
        {"1993", "iso93-ascii4", {"1200", true, "11=000123 12=260310103000 32=03062900"},
            {"1210", false, "11=000123 12=260310103000 32=03062900 39=000"}, true},
        {"1987 and 1993", "iso93-ascii4", {"1200", true, "11=000123"}, {"0200", true, "11=000123"},
            false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect *dialect = dialect_of(rows[i].dialect);
        struct message a = message_of(dialect, &rows[i].a), b = message_of(dialect, &rows[i].b);
        if ((memcmp(a.key, b.key, sizeof(a.key)) == 0) != rows[i].same) {
            fail_msg("%s", rows[i].what);
        }
        dialect_free(dialect);
    }
}

// The nibble behind a BCD number of odd length is 0 or F; it is no part of it.
static void test_padding(void **state)
{
    (void)state;
    struct dialect *dialect = dialect_of("iso87-bcd-2byte");
    struct parser parser = parser_of(settings, dialect);
    struct message messages[2] = {0};
    static const char *const hex[] = {
        "0200 0020000100000000 000123 07 03062900", "0200 0020000100000000 000123 07 0306290f"};
    for (int i = 0; i < 2; i++) {
        static struct built built;
        struct parse_counts counts = {0};
        built.length = 0;
        built_add_hex(&built, hex[i]);
        assert_true(message_parse(&parser, built.bytes, built.length, &messages[i], &counts));
    }
    assert_memory_equal(messages[0].key, messages[1].key, sizeof(messages[0].key));
    dialect_free(dialect);
}

static void test_links(void **state)
{
    (void)state;
    struct dialect *dialect = dialect_of("cups");
    struct parser parser = parser_of(settings, dialect);
    static const struct value values[] = {{11, "000123"}, {0, NULL}};
    static struct built built;
    message_build(dialect, "0200", values, &built);
    struct message a = {0}, b = {0}, c = {0};
    struct parse_counts counts = {0};
    assert_true(message_parse(&parser, built.bytes, built.length, &a, &counts));
    parser.link_index++;
    assert_true(message_parse(&parser, built.bytes, built.length, &b, &counts));
    assert_memory_not_equal(a.key, b.key, sizeof(a.key));
    parser.link_index--;
    static const uint8_t other_bytes[16] = {9};
    struct account_key other_key;
    account_key_set(&other_key, other_bytes);
    parser.key = &other_key;
    assert_true(message_parse(&parser, built.bytes, built.length, &c, &counts));
    assert_memory_not_equal(a.key, c.key, sizeof(a.key));
    dialect_free(dialect);
}

#define REVERSAL "7=0310103100 11=000124 32=03062900 33=03062900 90="

static void test_originals(void **state)
{
    static const struct {
        const char *what, *dialect;
        struct sketch request, reversal;
        bool found;
    } rows[] = {
        {"ids filled on the left", "cups", {"0200", true, HOST},
            {"0420", true, REVERSAL "020000012303101030000000306290000003062900"}, true},
        {"ids filled on the right", "cups", {"0200", true, HOST},
            {"0420", true, REVERSAL "020000012303101030000306290000003062900000"}, true},
        {"ids left open", "cups", {"0200", true, HOST},
            {"0420", true, REVERSAL "020000012303101030000000000000000000000000"}, true},
        {"of a repeat", "cups", {"0201", true, HOST},
            {"0420", true, REVERSAL "020100012303101030000000306290000003062900"}, true},
        {"the reversal repeated", "cups", {"0200", true, HOST},
            {"0421", true, REVERSAL "020000012303101030000000306290000003062900"}, true},
        {"of a pre-authorization", "cups", {"0100", true, HOST},
            {"0420", true, REVERSAL "010000012303101030000000306290000003062900"}, true},
        {"of another STAN", "cups", {"0200", true, HOST},
            {"0420", true, REVERSAL "020000012203101030000000306290000003062900"}, false},
        {"of another acquirer", "cups", {"0200", true, HOST},
            {"0420", true, REVERSAL "020000012303101030000000306290100003062900"}, false},
        {"all zeros", "cups", {"0200", true, HOST},
            {"0420", true, REVERSAL "000000000000000000000000000000000000000000"}, false},
        {"of an answer", "cups", {"0200", true, HOST},
            {"0420", true, REVERSAL "021000012303101030000000306290000003062900"}, false},
        {"the other side reverses", "cups", {"0200", true, HOST},
            {"0420", false, REVERSAL "020000012303101030000000306290000003062900"}, false},
        {"the answer of the reversal names it too", "cups", {"0200", true, HOST},
            {"0430", false, REVERSAL "020000012303101030000000306290000003062900"}, true},
        {"90 in a purchase", "cups", {"0200", true, HOST},
            {"0200", true, REVERSAL "020000012303101030000000306290000003062900"}, false},
        {"BCD", "iso87-bcd-2byte", {"0200", true, HOST},
            {"0400", true, REVERSAL "020000012303101030000000306290000003062900"}, true},
        {"terminal: same STAN and batch", "pos", {"0200", false, TERMINAL " 60=22000001"},
            {"0400", false, TERMINAL " 60=22000001"}, true},
        {"terminal: pre-authorization", "pos", {"0100", false, TERMINAL " 60=10000001"},
            {"0400", false, TERMINAL " 60=10000001"}, true},
        {"terminal: other batch", "pos", {"0200", false, TERMINAL " 60=22000001"},
            {"0400", false, TERMINAL " 60=22000002"}, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect *dialect = dialect_of(rows[i].dialect);
        struct message request = message_of(dialect, &rows[i].request);
        struct message reversal = message_of(dialect, &rows[i].reversal);
        assert_true(request.original[1] == 0);
        if ((memcmp(request.key, reversal.original, sizeof(request.key)) == 0) != rows[i].found) {
            fail_msg("%s", rows[i].what);
        }
        dialect_free(dialect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_originals),
    };
    return cmocka_run_group_tests_name("keys", tests, settings_open, settings_close);
}
