// Which unit and counterparty a message has by the bank's tables, in characters and in BCD; and
// what field 70 says of management.
#include "config/settings.h"

#include "dataplane/transactions/labels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/config/scratch.h"
#include "tests/unit/iso8583/build.h"
#include "tests/unit/iso8583/parser_of.h"

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char units_text[] = "field\tpart\tfrom\tto\tname\n"
                                 "18\tfirst\t6011\t\tatm\n"
                                 "2\tfirst\t622848\t\tgold\n"
                                 "2\tlast\t5\t9\tshard-2\n";
static const char parties_text[] = "field\tpart\tfrom\tto\tname\n"
                                   "100\tfirst\t0103\t\t01030000\n"
                                   "2\tfirst\t6228\t\t01040000\n"
                                   "32\tfirst\t0105\t\t01050000\n";

static void table_read(const char *name, const char *text, size_t longest, struct label_table *ret)
{
    struct mistakes *mistakes = mistakes_new();
    assert_true(label_table_read(scratch_write(name, text, strlen(text)), longest, ret, mistakes));
    mistakes_free(mistakes);
}

static const struct {
    const char *what;
    struct value values[6];
    const char *unit, *counterparty;
} rows[] = {
    {"nothing to go by", {{11, "000001"}}, "", ""},
    {"fields, but no row of theirs", {{2, "6222480012345671"}, {11, "000001"}, {32, "01020000"}},
        "", "other"},
    {"the first digits", {{2, "6228480012345671"}, {11, "000001"}}, "gold", "01040000"},
    {"the last digit", {{2, "6222480012345677"}, {11, "000001"}}, "shard-2", "other"},
    {"19 digits: an odd count in BCD", {{2, "6222480012345678905"}, {11, "000001"}}, "shard-2",
        "other"},
    {"the table's first field first", {{2, "6228480012345671"}, {11, "000001"}, {18, "6011"}},
        "atm", "01040000"},
    {"track 2 instead of field 2", {{11, "000001"}, {35, "6228480012345671=30121011234567890"}},
        "gold", "01040000"},
    {"an encrypted track says nothing", {{11, "000001"}, {35, "622848001234567130121011234567890"}},
        "", ""},
    {"whom it is for, before whose card it is",
        {{2, "6228480012345671"}, {11, "000001"}, {32, "01050000"}, {100, "01030001"}}, "gold",
        "01030000"},
    {"the acquirer when nothing else fits", {{11, "000001"}, {32, "01050000"}}, "", "01050000"},
    {"shorter than the row", {{2, "62"}, {11, "000001"}, {32, "01"}}, "", "other"},
};

static void test_labels(void **state)
{
    static const char *const dialects[] = {"cups", "pos", "iso87-bcd-2byte"};
    (void)state;
    struct settings *settings = settings_shipped();
    struct label_table *units = &settings->networks[0].units;
    struct label_table *parties = &settings->links[0].counterparties;
    table_read("units.tsv", units_text, UNIT_CHARACTERS, units);
    table_read("parties.tsv", parties_text, COUNTERPARTY_CHARACTERS, parties);
    for (size_t i = 0; i < COUNT(rows) * COUNT(dialects); i++) {
        struct dialect *dialect = dialect_of(dialects[i % COUNT(dialects)]);
        struct parser parser = parser_of(settings, dialect);
        static struct built built;
        struct message message = {.flags = MESSAGE_FROM_OURS};
        struct parse_counts counts = {0};
        message_build(dialect, "0200", rows[i / COUNT(dialects)].values, &built);
        assert_true(message_parse(&parser, built.bytes, built.length, &message, &counts));
        if (strcmp(label_name(units, message.unit), rows[i / COUNT(dialects)].unit) != 0 ||
            strcmp(label_name(parties, message.counterparty),
                rows[i / COUNT(dialects)].counterparty) != 0) {
            fail_msg("%s: %s: %s, %s", dialects[i % COUNT(dialects)],
                rows[i / COUNT(dialects)].what, label_name(units, message.unit),
                label_name(parties, message.counterparty));
        }
        dialect_free(dialect);
    }
    settings_free(settings);
}

static void test_management(void **state)
{
    static const char *const dialects[] = {"cups", "iso87-bcd-2byte"};
    static const struct value values[] = {
        {7, "0310103000"}, {11, "000001"}, {33, "03062900"}, {70, "201"}, {0}};
    (void)state;
    struct settings *settings = settings_shipped();
    for (size_t i = 0; i < 2 * COUNT(dialects); i++) {
        struct dialect *dialect = dialect_of(dialects[i / 2]);
        struct parser parser = parser_of(settings, dialect);
        static struct built built;
        struct message message = {.flags = MESSAGE_FROM_OURS};
        struct parse_counts counts = {0};
        message_build(dialect, i % 2 == 0 ? "0820" : "0200", values, &built);
        assert_true(message_parse(&parser, built.bytes, built.length, &message, &counts));
        assert_int_equal(message.unit, i % 2 == 0 ? 201 : LABEL_NONE);
        dialect_free(dialect);
    }
    settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_management),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
