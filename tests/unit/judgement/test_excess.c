// What usually fails, and what is more than that (R-10.3, T-L3, T-N5).
#include "detectors/normals/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void test_excess_over_the_usual_share(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct usual usual;
        int64_t known, failed, excess;
        bool reaches_30, significant;
    } rows[] = {
        {"nothing failed", {1000, 10}, 100, 0, 0, false, false},
        {"as usual", {1000, 10}, 1000, 10, 0, false, false},
        {"40 % where 10 % are usual", {1000, 100}, 1000, 400, 300, true, true},
        {"one less", {1000, 100}, 1000, 399, 299, false, true},
        {"30 % where none ever failed", {1000, 0}, 100, 30, 30, true, true},
        {"29 failures are too few (T-L3)", {1000, 0}, 29, 29, 29, true, false},
        {"30 are not", {1000, 0}, 30, 30, 30, true, true},
        {"T-N5: 0.1 % of 50 million, as ever", {1 << 20, 1049}, 50000000, 50000, 0, false, false},
        {"T-N5: a hundredth more is sure, and no excess", {1 << 20, 1049}, 50000000, 50500, 479,
            false, false},
        {"T-N6: a tenth of all fails where 0.1 % are usual", {1 << 20, 1049}, 50000000, 5000000,
            4949979, false, true},
        {"twice of a few hundred may be chance", {1000, 10}, 200, 4, 2, false, false},
        {"not quite three standard deviations", {1000, 10}, 2000, 46, 26, false, false},
        {"three", {1000, 10}, 2000, 47, 27, false, true},
        {"all fails, as ever", {1000, 1000}, 1000, 1000, 0, false, false},
        {"the most that may come", {1 << 20, 1 << 19}, 1000000000000, 1000000000000, 500000000000,
            true, true},
        {"half of the most, as ever", {1 << 20, 1 << 19}, 1000000000000, 500000000000, 0, false,
            false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct usual *usual = &rows[i].usual;
        int64_t excess = excess_of(usual, rows[i].known, rows[i].failed);
        bool reaches = excess_reaches(usual, rows[i].known, rows[i].failed, 30);
        bool significant = excess_is_significant(usual, rows[i].known, rows[i].failed, 30);
        if (excess != rows[i].excess || reaches != rows[i].reaches_30 ||
            significant != rows[i].significant) {
            fail_msg("%s: %lld, reaches %d, significant %d", rows[i].what, (long long)excess,
                reaches, significant);
        }
    }
}

// A day of 20 intents a bucket, of which every 50th fails, with an hour of outage in it.
static const int provinces[] = {JIANGSU, 0};

static struct second outage_at_noon(const struct scene *scene, int64_t s, int province)
{
    (void)province;
    const int64_t *outage_s = scene->context;
    bool out = s >= 12 * 3600 && s < 12 * 3600 + *outage_s;
    bool failed = out || s % 25 == 0;
    return (struct second){
        .demand = 2, .succeeded = out ? 0 : 2 - failed, .failed = out ? 2 : failed};
}

static struct usual usual_at(
    struct line *line, const struct scene *scene, int64_t from_s, int64_t to_s)
{
    line_run(line, scene, from_s, to_s);
    assert_true(line->last_normal.usual.known > 0);
    return line->last_normal.usual;
}

static void test_usual_share_is_learned_and_frozen(void **state)
{
    (void)state;
    int64_t outage_s = 3600;
    struct scene scene = {outage_at_noon, NULL, provinces, &outage_s};
    struct fixture fixture;
    struct line line;
    fixture_init(&fixture);
    line_init(&line, &fixture);
    struct usual usual = usual_at(&line, &scene, 10 * 3600, 10 * 3600 + 300);
    assert_false(usual.learned);
    assert_int_equal(usual.failed * 100, usual.known);
    usual = usual_at(&line, &scene, 10 * 3600 + 300, 12 * 3600);
    assert_true(usual.learned);
    assert_int_equal(usual.failed * 50, usual.known);
    int64_t before = usual.known;
    usual = usual_at(&line, &scene, 12 * 3600, 13 * 3600);
    assert_in_range(usual.known, before, before + 100); // what was final only now
    assert_int_equal(usual.failed * 50, usual.known);
    usual = usual_at(&line, &scene, 13 * 3600, 14 * 3600);
    assert_in_range(usual.known, before + 7000, before + 7300);
    assert_int_equal(usual.failed * 50, usual.known);
    line_done(&line);
}

// What lasts for more than a week is what is usual.
static void test_usual_share_changes_after_a_week(void **state)
{
    (void)state;
    struct outages_settings settings = {.impaired_percent = 30, .usual_failed_percent = 1};
    struct habit habit = {0};
    struct slot well = {.normal = {.demand = 1000, .succeeded = 990, .failed = 10}};
    struct slot worse = {.normal = {.demand = 1000, .succeeded = 900, .failed = 100}};
    int64_t s = 1000 * S_PER_DAY;
    for (int i = 0; i < 100; i++) {
        usual_learn(&settings, &habit, &well, s + 10LL * i);
    }
    for (int day = 0; day <= 7; day++) {
        usual_learn(&settings, &habit, &worse, s + 2000 + day * S_PER_DAY);
        struct usual usual = usual_of(&settings, &habit);
        assert_int_equal(usual.failed * 100, usual.known); // also when it is known of fewer
    }
    usual_learn(&settings, &habit, &worse, s + 2000 + 8 * S_PER_DAY);
    assert_int_equal(habit.all.failed * 10, habit.all.known);
}

// Within hours nothing creeps in that a day would not show.
static void test_usual_share_does_not_follow_a_slope(void **state)
{
    (void)state;
    struct outages_settings settings = {.impaired_percent = 30, .usual_failed_percent = 1};
    struct habit habit = {0};
    int64_t s = 1000 * S_PER_DAY;
    for (int64_t i = 0; i < 2 * 8640; i++) { // two days of 1 %
        struct slot slot = {.normal = {.demand = 1000, .succeeded = 990, .failed = 10}};
        usual_learn(&settings, &habit, &slot, s + 10 * i);
    }
    for (int64_t i = 0; i < 720; i++) { // two hours up to 36 %
        int64_t failed = 10 + i / 2;
        struct slot slot = {.normal = {.succeeded = 1000 - failed, .failed = failed}};
        usual_learn(&settings, &habit, &slot, s + 2 * S_PER_DAY + 10 * i);
    }
    struct usual usual = usual_of(&settings, &habit);
    assert_true(usual.failed * 1000 < usual.known * 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_excess_over_the_usual_share),
        cmocka_unit_test(test_usual_share_is_learned_and_frozen),
        cmocka_unit_test(test_usual_share_changes_after_a_week),
        cmocka_unit_test(test_usual_share_does_not_follow_a_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
