// What is remembered of earlier messages changes nothing: messages of few shapes whose lengths
// vary, some of them broken, parsed by plans that have seen all the others and by plans that are
// new.
#include "dataplane/transactions/iso8583.h"

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

#define ROUNDS 3000

// A value of one of two lengths; lengths of different fields make up for each other, so that
// messages of one total length differ inside.
static const char *digits(char *text, size_t shorter, size_t longer)
{
    size_t count = rand() % 2 == 0 ? shorter : longer;
    for (size_t i = 0; i < count; i++) {
        text[i] = (char)('0' + rand() % 10);
    }
    text[count] = '\0';
    return text;
}

static void message_make(const struct dialect *dialect, struct built *ret)
{
    static const char *const types[] = {"0200", "0210", "0420"};
    static const char *const merchants[] = {
        "105311054110731", "105290054110731", "105000054110731", "1053A1054110731"};
    char pan[20], amount[13], stan[7], time[11], processing[7], institution[12], forwarder[12];
    struct value values[] = {
        {2, digits(pan, 12, 16)},
        {3, digits(processing, 6, 6)},
        {4, digits(amount, 12, 12)},
        {7, digits(time, 10, 10)},
        {11, digits(stan, 6, 6)},
        {25, rand() % 2 == 0 ? "00" : "06"},
        {32, digits(institution, rand() % 2 == 0 ? 4 : 7, 8)},
        {33, digits(forwarder, 4, 8)},
        {39, rand() % 2 == 0 ? "00" : "51"},
        {42, merchants[rand() % 4]},
        {0, NULL},
    };
    size_t count = 0;
    for (size_t i = 0; values[i].field != 0; i++) { // not always all of them
        bool wanted = dialect->fields[values[i].field].known && rand() % 16 != 0;
        values[count] = values[i];
        count += wanted;
    }
    values[count].field = 0;
    ret->length = 0;
    message_build(dialect, types[rand() % 3], values, ret);
}

static void message_break(struct built *built)
{
    size_t place = (size_t)rand() % built->length;
    switch (rand() % 9) {
    case 0: built->length = place; break;
    case 1: built->bytes[place] = (uint8_t)rand(); break;
    case 2: built->bytes[place] ^= 4; break;    // 2 and 6, 0 and 4: a length that may fit
    case 3: built->length += 1; break;          // one more than its fields
    case 4: built->bytes[place] |= 0x0F; break; // what fills a BCD number up
    default: break;
    }
}

static void dialect_run(const char *name)
{
    struct settings *settings = settings_shipped();
    struct dialect *dialect = dialect_of(name);
    const struct parser parser = parser_of(settings, dialect);
    struct plans *kept = plans_new(), *fresh = plans_new();
    static struct built built;
    for (int round = 0; round < ROUNDS; round++) {
        struct message by_kept = {0}, by_fresh = {0};
        struct parse_counts kept_counts = {0}, fresh_counts = {0};
        message_make(dialect, &built);
        message_break(&built);
        uint8_t *copy = exactly(built.bytes, built.length);
        plans_clear(fresh);
        bool fine =
            message_from_bytes(&parser, fresh, copy, built.length, &by_fresh, &fresh_counts);
        assert_int_equal(
            message_from_bytes(&parser, kept, copy, built.length, &by_kept, &kept_counts), fine);
        free(copy);
        assert_memory_equal(&kept_counts, &fresh_counts, sizeof(kept_counts));
        if (fine) {
            assert_memory_equal(&by_kept, &by_fresh, sizeof(by_kept));
        }
    }
    plans_free(kept);
    plans_free(fresh);
    dialect_free(dialect);
    settings_free(settings);
}

static void test_plans(void **state)
{
    static const char *const names[] = {"cups", "pos", "iso87-ascii-2byte", "iso87-ascii4-raw",
        "iso87-bcd-2byte", "iso93-ascii4", "base24"};
    (void)state;
    srand(3);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        dialect_run(names[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plans)};
    return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
