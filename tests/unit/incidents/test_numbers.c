// What people type: which numbers are refused, and which leave as ***. The numbers are made up:
// each has only the check digit of its kind.
#include "detectors/facts/numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/incidents/sample.h"

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *has; // NULL: it may be entered
    } rows[] = {
        {"已切换至备用链路", NULL},
        {"", NULL},
        {"卡号6222020000000000000", "card"}, // 19 digits
        {"6222-0200-0000-0001", NULL},       // no check
        {"6222-0200-0000-0007", "card"},     // 16, in groups
        {"6222 0200 0000 0007。", "card"},
        {"６２２２０２０００００００００７", "card"}, // full-width
        {"6222－0200－0000－0007", "card"},
        {"6222.0200.0000.0007", "card"},
        {"440524　18800101　0014", "identity"},
        {"622202000007", NULL},             // 12 digits: no card
        {"62220200000000000000", NULL},     // 20
        {"11010519491231002X", "identity"}, // the standard's own example
        {"11010519491231002x,", "identity"},
        {"440524188001010014", "identity"}, // the same
        {"440524188001010013", NULL},
        {"2026-03-10 10:30:00 至 2026-03-11 11:30:00", NULL},
        {"021-58345678", NULL},
        {"13800138000", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *found = number_refusal(rows[i].text);
        if ((found != NULL) != (rows[i].has != NULL) ||
            (found != NULL && strstr(found, rows[i].has) == NULL)) {
            fail_msg("'%s': %s", rows[i].text, found != NULL ? found : "nothing");
        }
    }
}

static void test_what_is_masked(void **state)
{
    (void)state;
    static const struct {
        const char *text, *masked;
    } rows[] = {
        {"", ""},
        {"联系13800138000或021-58345678转801。", "联系***或***转801。"},
        {"138 0013 8000", "***"},
        {"１３８００１３８０００", "***"},
        {"联系13812345678个人电话，13912345678家属", "联系***个人电话，***家属"},
        {"400-820-8820 人工客服，1000000 户", "*** 人工客服，1000000 户"},
        {"138－1234－5678、138–1234–5678、138—1234—5678", "***、***、***"},
        {"138.1234.5678、138·1234·5678、138　1234　5678", "***、***、***"},
        {"58345678 人工客服，影响1000000人", "*** 人工客服，影响1000000人"},
        {"192.168.100.200", "192.168.100.200"},
        {"1234.567 万元，2026.03.10", "1234.567 万元，2026.03.10"},
        {"110105194912310", "***"},
        {"123456", "123456"},
        {"1234567", "***"},
        {"2026-03-10 10:30 恢复", "2026-03-10 10:30 恢复"},
        {"10.1.2.3:443", "10.1.2.3:443"},
        {"损失 12345678 元，¥1234567.00", "损失 12345678 元，¥1234567.00"},
        {"影响1000000笔、2000000户", "影响1000000笔、2000000户"},
        {"流水1234567，另 7654321", "流水***，另 ***"},
        {"尾\xef", "尾\xef"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *masked = numbers_masked(rows[i].text);
        assert_string_equal(masked, rows[i].masked);
        free(masked);
    }
}

// What was entered before a number was refused is read again all the same.
static void test_what_the_ledger_has(void **state)
{
    (void)state;
    static const char line[] =
        "{\"kind\":\"ended\",\"network\":\"pay\",\"at\":\"2026-03-10T12:00:00+08:00\",\"by\":\"a\","
        "\"incident\":\"00112233445566778899aabbccddeeff\",\"why\":\"6222-0200-0000-0007\"}";
    struct sample sample;
    struct fact fact;
    char error[512] = "";
    sample_init(&sample);
    assert_false(fact_read(line, &sample.settings, &fact, error, sizeof(error)));
    assert_non_null(strstr(error, "card"));
    if (!fact_read_again(line, &sample.settings, &fact, error, sizeof(error))) {
        fail_msg("%s", error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_what_is_masked),
        cmocka_unit_test(test_what_the_ledger_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
