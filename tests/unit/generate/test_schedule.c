// Rates are exact per second, shares exact per hundred, thresholds can be met to the last intent.
#include "tools/generate/cards.h"
#include "tools/generate/faults.h"
#include "tools/generate/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t half_day_profile[24] = {
    [0] = 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50};

static char payment_id[] = "payment", query_id[] = "query", transfer_id[] = "transfer";
static char echo_id[] = "echo", link_id[] = "a", code_91[] = "91";

static struct province_scenario provinces[] = {{.code = 31}, {.code = 32}};
static struct function_scenario functions[] = {
    {.id = payment_id, .share_ppm = 700000},
    {.id = query_id, .share_ppm = 200000},
    {.id = transfer_id, .share_ppm = 100000},
};
static struct link_scenario links[] = {{.id = link_id}};

static struct scenario base(int64_t rate_milli, int64_t duration_ns)
{
    struct scenario scenario = {.seed = 7,
        .duration_ns = duration_ns,
        .provinces = provinces,
        .province_count = 2,
        .functions = functions,
        .function_count = 3,
        .links = links,
        .link_count = 1,
        .tap = {.coalesce = 1}};
    provinces[0].rate_milli = provinces[1].rate_milli = rate_milli;
    assert_true(instant_parse("2026-03-10T09:59:55+08:00", &scenario.start));
    return scenario;
}

static const struct {
    const char *what;
    int64_t rate_milli;
    enum spacing spacing;
    bool profile; // half from 10:00 on, the scenario's sixth second
    int expected[10];
} rates[] = {
    {"20/s is 20 in each second", 20000, SPACING_EVEN, false,
        {20, 20, 20, 20, 20, 20, 20, 20, 20, 20}},
    {"and so when they come at random", 20000, SPACING_RANDOM, false,
        {20, 20, 20, 20, 20, 20, 20, 20, 20, 20}},
    {"0.5/s is one in every other", 500, SPACING_EVEN, false, {0, 1, 0, 1, 0, 1, 0, 1, 0, 1}},
    {"2.5/s adds up", 2500, SPACING_RANDOM, false, {2, 3, 2, 3, 2, 3, 2, 3, 2, 3}},
    {"the profile follows the clock", 20000, SPACING_EVEN, true,
        {20, 20, 20, 20, 20, 10, 10, 10, 10, 10}},
    {"nothing is nothing", 0, SPACING_EVEN, false, {0}},
};

static void seconds_hold_their_rate(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct scenario scenario = base(rates[i].rate_milli, 10 * NS_PER_S);
        scenario.spacing = rates[i].spacing;
        provinces[0].hourly = half_day_profile;
        provinces[0].hourly_count = rates[i].profile ? 24 : 0;
        struct schedule *schedule = schedule_new(&scenario);
        int counts[10] = {0};
        int64_t at_ns = 0, last_ns = 0;
        while (schedule_next(schedule, 0, &at_ns)) {
            int64_t since_ns = at_ns - scenario.start.ns;
            assert_true(at_ns >= last_ns && since_ns < 10 * NS_PER_S);
            assert_true(since_ns % NS_PER_S < NS_PER_S - SCENARIO_MARGIN_NS);
            counts[since_ns / NS_PER_S]++;
            last_ns = at_ns;
        }
        print_message("%s\n", rates[i].what);
        assert_memory_equal(counts, rates[i].expected, sizeof(counts));
        schedule_free(schedule);
        provinces[0].hourly_count = 0;
    }
}

static void functions_have_their_shares_after_every_ten(void **state)
{
    (void)state;
    struct scenario scenario = base(10000, NS_PER_S);
    struct schedule *schedule = schedule_new(&scenario);
    for (int round = 0; round < 20; round++) {
        int counts[3] = {0};
        for (int i = 0; i < 10; i++) {
            counts[schedule_function(schedule, round % 2)]++;
        }
        assert_int_equal(counts[0], 7);
        assert_int_equal(counts[1], 2);
        assert_int_equal(counts[2], 1);
    }
    schedule_free(schedule);
}

static const struct {
    const char *what;
    int64_t share_ppm;
    int attempts, hits;
} shares[] = {
    {"70 % is 70 of 100", 700000, 100, 70},
    {"70 % is 7 of 10", 700000, 10, 7},
    {"70.0001 % is 700001 of a million", 700001, 1000000, 700001},
    {"70 % is 700000 of a million", 700000, 1000000, 700000},
    {"100 % is all", 1000000, 100, 100},
    {"0 % is none", 0, 100, 0},
};

static void faults_hit_their_share(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        struct scenario scenario = base(1000, NS_PER_S);
        struct fault_scenario fault = {
            .to_ns = NS_PER_S, .kind = FAULT_NO_ANSWER, .share_ppm = shares[i].share_ppm};
        scenario.faults = &fault;
        scenario.fault_count = 1;
        struct faults *faults = faults_new(&scenario);
        int hits[2] = {0};
        for (int n = 0; n < shares[i].attempts; n++) {
            for (size_t p = 0; p < 2; p++) { // another cell's attempts in between change nothing
                const struct concern concern = {.province = p};
                hits[p] +=
                    faults_decide(faults, &concern, scenario.start.ns).kind == FATE_UNANSWERED;
            }
        }
        print_message("%s\n", shares[i].what);
        assert_int_equal(hits[0], shares[i].hits);
        assert_int_equal(hits[1], shares[i].hits);
        faults_free(faults);
    }
}

static void faults_cover_what_they_name(void **state)
{
    (void)state;
    int64_t only[] = {32};
    char *payment[] = {payment_id}, *echo[] = {echo_id};
    struct fault_scenario of_payment = {.from_ns = 1000,
        .to_ns = 2000,
        .kind = FAULT_ERROR_CODE,
        .code = code_91,
        .verdict = VERDICT_FAILED,
        .share_ppm = PPM,
        .provinces = only,
        .province_count = 1,
        .functions = payment,
        .function_count = 1};
    struct fault_scenario of_echo = {.to_ns = 5000,
        .kind = FAULT_NO_ANSWER,
        .share_ppm = PPM,
        .functions = echo,
        .function_count = 1};
    struct fault_scenario both[] = {of_payment, of_echo};
    struct scenario scenario = base(1000, NS_PER_S);
    scenario.faults = both;
    scenario.fault_count = 2;
    const struct {
        const char *what;
        size_t province, function;
        int64_t at_ns;
        const char *code; // NULL: no answer
    } cases[] = {
        {"before", 1, 0, 999, "00"},
        {"the first instant", 1, 0, 1000, "91"},
        {"the last instant", 1, 0, 1999, "91"},
        {"after", 1, 0, 2000, "00"},
        {"another province", 0, 0, 1500, "00"},
        {"another function", 1, 1, 1500, "00"},
        {"network management", 0, 3, 1500, NULL},
        {"network management later", 0, 3, 5000, "00"},
    };
    struct faults *faults = faults_new(&scenario);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct concern concern = {
            .province = cases[i].province, .function = cases[i].function};
        struct fate fate = faults_decide(faults, &concern, scenario.start.ns + cases[i].at_ns);
        print_message("%s\n", cases[i].what);
        assert_int_equal(fate.kind, cases[i].code == NULL ? FATE_UNANSWERED : FATE_ANSWERED);
        if (cases[i].code != NULL) {
            assert_string_equal(fate.code, cases[i].code);
        }
    }
    faults_free(faults);
}

// Of an institution, and of cards by their last digit, which checks the others.
static void faults_cover_whom_they_name(void **state)
{
    (void)state;
    static char first[] = "0306", second[] = "0105";
    char *institutions[] = {first, second};
    int64_t ends[] = {0, 1, 2, 3, 4};
    struct fault_scenario fault = {.to_ns = NS_PER_S,
        .kind = FAULT_REVERSED,
        .share_ppm = PPM,
        .delay_ns = 7,
        .institutions = &institutions[1],
        .institution_count = 1,
        .card_ends = ends,
        .card_end_count = 5};
    struct scenario scenario = base(1000, NS_PER_S);
    scenario.faults = &fault;
    scenario.fault_count = 1;
    scenario.institutions = institutions;
    scenario.institution_count = 2;
    struct faults *faults = faults_new(&scenario);
    for (uint64_t card = 0; card < 100; card++) {
        char digits[CARD_DIGITS];
        card_write(card, digits);
        for (uint16_t i = 0; i < 2; i++) {
            const struct concern concern = {.institution = i, .card = card};
            struct fate fate = faults_decide(faults, &concern, scenario.start.ns);
            bool meant = i == 1 && digits[CARD_DIGITS - 1] < '5';
            assert_int_equal(fate.reverse_after_ns, meant ? 7 : 0);
            assert_string_equal(fate.code, "00");
        }
    }
    faults_free(faults);
}

// The built-in capitals are the first codes of their provinces in the table.
static void capitals_are_in_the_table(void **state)
{
    (void)state;
    char path[4096], line[512];
    bool known[100] = {false};
    snprintf(path, sizeof(path), "%s/config/tables/regions.tsv", getenv("TAPGRADE_SOURCE"));
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    int found = 0;
    while (fgets(line, sizeof(line), in) != NULL) {
        int region = 0, province = 0;
        if (sscanf(line, "%d\t%*[^\t]\t%d", &region, &province) == 2 && !known[province]) {
            known[province] = true;
            found++;
            assert_int_equal(province_capital_region(province), region);
        }
    }
    fclose(in);
    assert_int_equal(found, 33);
    assert_int_equal(province_capital_region(99), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_hold_their_rate),
        cmocka_unit_test(functions_have_their_shares_after_every_ten),
        cmocka_unit_test(faults_hit_their_share),
        cmocka_unit_test(faults_cover_what_they_name),
        cmocka_unit_test(faults_cover_whom_they_name),
        cmocka_unit_test(capitals_are_in_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
