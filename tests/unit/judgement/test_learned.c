#include "detectors/normals/past.h"
#include "detectors/outages/buckets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

#define WORKDAY day_kind((struct day){.type = DAY_WORKDAY})
#define WEEKEND day_kind((struct day){.type = DAY_WEEKEND})
#define PAY_DAY day_kind((struct day){.type = DAY_WORKDAY, .flags = DAY_PAY})

static struct past_day flat_day(int64_t date, uint8_t kind, int64_t volume)
{
    struct past_day day = {.date = date, .kind = kind};
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        day.volumes[s] = volume < 0 ? VOLUME_UNKNOWN : volume_pack(volume);
    }
    return day;
}

static void flat_add(struct past *past, int64_t date, uint8_t kind, int64_t volume)
{
    struct past_day day = flat_day(date, kind, volume);
    past_add(past, &day);
}

static void test_volumes_keep_twelve_bits(void **state)
{
    (void)state;
    for (int64_t volume = 0; volume < 200000000; volume += volume < 10000 ? 1 : volume / 1000) {
        uint16_t packed = volume_pack(volume);
        int64_t back = volume_unpack(packed);
        assert_int_not_equal(packed, VOLUME_UNKNOWN);
        if (volume <= 4095) {
            assert_int_equal(back, volume);
        } else if (volume < 134000000) {
            assert_true(llabs(back - volume) * 4096 <= volume);
        }
    }
    assert_int_equal(volume_pack(-5), 0);
    assert_true(volume_unpack(volume_pack(INT64_MAX / 4)) > 134000000);
}

static void test_normal_is_the_median_of_eight(void **state)
{
    (void)state;
    static const int64_t volumes[] = {100, 9000, 110, 120, 130, 140, 150, 0};
    struct past past = {0};
    struct profile profile;
    for (int64_t i = 0; i < 8; i++) {
        flat_add(&past, 100 + i, WORKDAY, volumes[i]);
    }
    profile_make(&past, 110, WORKDAY, 3, &profile);
    assert_int_equal(profile.basis[7], BASIS_MEDIAN);
    assert_int_equal(profile.milli[7], 125000);
    assert_int_equal(profile.low_milli[7], 100000);
    flat_add(&past, 108, WORKDAY, 160); // the ninth pushes the first out
    profile_make(&past, 110, WORKDAY, 3, &profile);
    assert_int_equal(profile.milli[7], 135000);
    past_done(&past);
}

static void test_yesterday_is_not_asked(void **state)
{
    (void)state;
    struct past past = {0};
    struct profile profile, again;
    for (int64_t i = 0; i < 8; i++) {
        flat_add(&past, 100 + i, WORKDAY, 100 + i);
    }
    profile_make(&past, 109, WORKDAY, 3, &profile);
    flat_add(&past, 108, WORKDAY, 7777); // closed after the profile was made
    profile_make(&past, 109, WORKDAY, 3, &again);
    assert_memory_equal(&profile, &again, sizeof(profile));
    past_done(&past);
}

static void test_days_of_another_kind_are_not_compared(void **state)
{
    (void)state;
    struct past past = {0};
    struct profile profile;
    for (int64_t i = 0; i < 8; i++) {
        flat_add(&past, 100 + 3 * i, WORKDAY, 100);
        flat_add(&past, 101 + 3 * i, WEEKEND, 40);
        flat_add(&past, 102 + 3 * i, PAY_DAY, 300);
    }
    assert_int_equal(past.day_count, 24);
    profile_make(&past, 130, WORKDAY, 3, &profile);
    assert_int_equal(profile.milli[0], 100000);
    profile_make(&past, 130, WEEKEND, 3, &profile);
    assert_int_equal(profile.milli[0], 40000);
    profile_make(&past, 130, PAY_DAY, 3, &profile);
    assert_int_equal(profile.milli[0], 300000);
    past_done(&past);
}

static void test_memory_is_bounded(void **state)
{
    (void)state;
    struct past past = {0};
    for (int64_t date = 0; date < 4000; date++) {
        flat_add(&past, date, (uint8_t)(date % DAY_KINDS), date % 1000);
    }
    assert_int_equal(past.day_count, DAY_KINDS * DAYS_KEPT);
    past_done(&past);
}

// Plan B: the year's shape (twice as much in the second half of the day) at the last days' level.
static void test_plan_b_is_the_year_at_the_last_level(void **state)
{
    (void)state;
    struct past past = {0};
    struct profile profile;
    for (int64_t i = 0; i < 8; i++) {
        struct past_day day = flat_day(100 + i, WORKDAY, 100);
        for (size_t s = DAY_SLOTS / 2; s < DAY_SLOTS; s++) {
            day.volumes[s] = volume_pack(200);
        }
        past_add(&past, &day);
    }
    struct past_day weekend = flat_day(108, WEEKEND, 50); // half of it was seen, at half the level
    memset(&weekend.volumes[DAY_SLOTS / 2], 0xff, DAY_SLOTS / 2 * sizeof(weekend.volumes[0]));
    past_add(&past, &weekend);
    profile_make(&past, 115, WEEKEND, 3, &profile);
    assert_int_equal(profile.basis[0], BASIS_YEARLY);
    assert_in_range(profile.milli[0], 49000, 51000);
    assert_in_range(profile.milli[DAY_SLOTS - 1], 104000, 107000);
    past_done(&past);
}

static void test_too_few_days_are_attempts_only(void **state)
{
    (void)state;
    struct past past = {0};
    struct profile profile;
    flat_add(&past, 100, WORKDAY, 100);
    flat_add(&past, 101, WORKDAY, 100);
    profile_make(&past, 110, WORKDAY, 3, &profile);
    assert_int_equal(profile.basis[0], BASIS_ATTEMPTS);
    assert_int_equal(profile.milli[0], 0);
    flat_add(&past, 102, WORKDAY, 100);
    profile_make(&past, 110, WORKDAY, 3, &profile);
    assert_int_equal(profile.basis[0], BASIS_MEDIAN);
    past_done(&past);
}

static void test_unknown_slots_are_no_zeroes(void **state)
{
    (void)state;
    struct past past = {0};
    struct profile profile;
    for (int64_t i = 0; i < 8; i++) {
        struct past_day day = flat_day(100 + i, WORKDAY, 100);
        if (i >= 3) {
            day.volumes[50] = VOLUME_UNKNOWN;
        }
        day.volumes[60] = i < 6 ? VOLUME_UNKNOWN : volume_pack(100);
        past_add(&past, &day);
    }
    profile_make(&past, 110, WORKDAY, 3, &profile);
    assert_int_equal(profile.basis[50], BASIS_MEDIAN);
    assert_int_equal(profile.milli[50], 100000);
    assert_int_equal(profile.basis[60], BASIS_ATTEMPTS); // two days: neither median nor year
    past_done(&past);
}

// A service that opens at 08:30: the slot before has nothing, and is to have nothing.
static void test_smoothing_leaves_steps(void **state)
{
    (void)state;
    static const int64_t course[] = {0, 0, 1000, 1200, 1000, 0};
    static const int64_t smoothed[] = {0, 0, 1050000, 1100000, 1050000, 0};
    struct past past = {0};
    struct profile profile;
    for (int64_t i = 0; i < 8; i++) {
        struct past_day day = flat_day(100 + i, WORKDAY, 0);
        for (size_t s = 0; s < 6; s++) {
            day.volumes[100 + s] = volume_pack(course[s]);
        }
        past_add(&past, &day);
    }
    profile_make(&past, 110, WORKDAY, 3, &profile);
    for (size_t s = 0; s < 6; s++) {
        assert_int_equal(profile.milli[100 + s], smoothed[s]);
    }
    past_done(&past);
}

// ---- through normals_from_counters --------------------------------------------------------------

#define STEP_S 10 // a tick a bucket is enough here

struct course {
    struct fixture fixture;
    struct normals *normals;
    int64_t now_s; // since DAY_S, a Tuesday
    int64_t missing_percent;
    bool dead;
    int32_t ungrouped;  // fail beside the intents, and nobody knows whose tries they are
    struct normal last; // of the last bucket of JIANGSU that ended
};

static void course_init(struct course *course)
{
    struct mistakes *mistakes = mistakes_new();
    *course = (struct course){0};
    fixture_init(&course->fixture);
    course->fixture.settings.normals.learn = true;
    course->fixture.settings.normals.fewest_days = 3;
    course->fixture.settings.normals.least_coverage = 90;
    course->normals = normals_new(&course->fixture.settings, mistakes);
    assert_non_null(course->normals);
    mistakes_free(mistakes);
}

static void course_done(struct course *course)
{
    normals_free(course->normals);
    fixture_done(&course->fixture);
}

// So many intents in each bucket, until the given second.
static void course_run(struct course *course, int32_t intents, int64_t until_s)
{
    while (course->now_s < until_s) {
        const struct normal *records;
        int64_t second = DAY_S + course->now_s;
        int64_t seen = course->dead ? 0 : (int64_t)intents * 100;
        int64_t missing = course->dead ? 0 : seen * course->missing_percent / 100;
        struct cell_counts cell = {.cell = {.province = JIANGSU},
            .cohort_s = second,
            .demand = course->dead ? 0 : intents + course->ungrouped,
            .failed = course->ungrouped,
            .ungrouped = course->ungrouped,
            .succeeded = course->dead ? 0 : intents};
        struct link_counts link = {.second = second,
            .frames = course->dead ? 0 : 10,
            .seen_request_bytes = seen - missing,
            .missing_request_bytes = missing,
            .seen_answer_bytes = seen,
            .shortest_answer_bytes = 100};
        course->now_s += STEP_S;
        struct counters counters = {.tick = instant_from_s(DAY_S + course->now_s),
            .cells = &cell,
            .cell_count = 1,
            .links = &link,
            .link_count = 1};
        size_t count = normals_from_counters(course->normals, &counters, &records);
        for (size_t i = 0; i < count; i++) {
            bool ended = records[i].from.ns + STEP_S * NS_PER_S == counters.tick.ns;
            course->last = ended ? records[i] : course->last;
        }
    }
}

static void test_three_days_teach_the_fifth(void **state)
{
    (void)state;
    struct course course;
    course_init(&course);
    course_run(&course, 20, 4 * S_PER_DAY);
    assert_int_equal(course.last.basis, BASIS_ATTEMPTS);
    course_run(&course, 20, 4 * S_PER_DAY + 3600);
    assert_int_equal(course.last.basis, BASIS_YEARLY); // a Saturday, of which there was none
    assert_int_equal(course.last.normal_milli, 20000);
    course_done(&course);
}

static void test_workdays_and_weekends_are_told_apart(void **state)
{
    (void)state;
    struct course course;
    course_init(&course);
    for (int64_t day = 0; day < 35; day++) {
        bool weekend = date_weekday(date_of_second(DAY_S) + day) >= 5;
        course_run(&course, weekend ? 8 : 20, day * S_PER_DAY + 7200);
        if (day >= 30) {
            assert_int_equal(course.last.basis, BASIS_MEDIAN);
            assert_int_equal(course.last.normal_milli, weekend ? 8000 : 20000);
        }
        course_run(&course, weekend ? 8 : 20, (day + 1) * S_PER_DAY);
    }
    course_done(&course);
}

static void test_what_was_missing_is_put_back(void **state)
{
    (void)state;
    struct course course;
    course_init(&course);
    course.missing_percent = 5;
    course_run(&course, 19, 6 * S_PER_DAY + 7200); // 5 % of 20 a bucket were not seen
    assert_int_equal(course.last.basis, BASIS_MEDIAN);
    assert_int_equal(course.last.normal_milli, 20000);
    course_done(&course);
}

static void test_what_was_not_seen_teaches_nothing(void **state)
{
    (void)state;
    struct course course;
    course_init(&course);
    course.missing_percent = 11; // coverage 89 %
    course_run(&course, 18, 6 * S_PER_DAY + 7200);
    assert_int_equal(course.last.basis, BASIS_ATTEMPTS);
    course_done(&course);
    course_init(&course);
    course.dead = true;
    course_run(&course, 20, 6 * S_PER_DAY);
    course.dead = false;
    course_run(&course, 20, 6 * S_PER_DAY + 7200);
    assert_int_equal(course.last.basis, BASIS_ATTEMPTS); // no day of zeroes was learned
    course_done(&course);
}

static void leave_out(struct course *course, int64_t from_s, int64_t to_s)
{
    normals_leave_out(course->normals, 0, PAYMENT, JIANGSU, instant_from_s(DAY_S + from_s),
        instant_from_s(DAY_S + to_s));
}

// Two hours of outage on each of eight days, every day at the same time: told every minute.
static void test_incidents_are_left_out(void **state)
{
    (void)state;
    struct course course;
    course_init(&course);
    for (int64_t day = 0; day < 13; day++) {
        int64_t from_s = day * S_PER_DAY + 10 * 3600, to_s = from_s + 7200;
        course_run(&course, 20, from_s);
        for (int64_t s = from_s; day >= 4 && s < to_s; s += 60) {
            course_run(&course, 1, s);
            leave_out(&course, from_s, s);
        }
        course_run(&course, day < 4 ? 20 : 1, to_s);
        for (int64_t s = to_s; s < (day + 1) * S_PER_DAY; s += 600) {
            if (day >= 4) {
                leave_out(&course, from_s, to_s);
            }
            course_run(&course, 20, s);
        }
    }
    course_run(&course, 20, 13 * S_PER_DAY + 11 * 3600); // Monday: six workdays of which two known
    assert_int_equal(course.last.normal_milli, 20000);
    course_done(&course);
}

// Nothing from 10 to 12 on every workday of four weeks, and the outages call it blind: for two
// weeks that teaches nothing, then it is what is normal.
static void test_blind_hours_are_left_out_for_two_weeks(void **state)
{
    (void)state;
    struct course course;
    course_init(&course);
    for (int64_t day = 0; day < 36; day++) {
        int64_t from_s = day * S_PER_DAY + 10 * 3600, to_s = from_s + 7200;
        bool blind = day >= 8;
        course_run(&course, 20, from_s);
        for (int64_t s = from_s; s <= to_s; s += 60) {
            course_run(&course, blind && s < to_s ? 0 : 20, s + 60);
            for (int64_t b = s - 60; blind && b < s; b += 10) { // final, as a blind one is
                normals_leave_blind(course.normals, 0, PAYMENT, JIANGSU, instant_from_s(DAY_S + b));
            }
            if (s == from_s + 3600 && (day == 20 || day == 35)) { // 12 days of it, and 27
                assert_int_equal(course.last.normal_milli, day == 20 ? 20000 : 0);
            }
        }
        course_run(&course, 20, (day + 1) * S_PER_DAY);
    }
    course_done(&course);
}

// One workday of eight has a fifth more: that is what a storm without accounts is held against.
static void test_T_R4_the_cap_is_learned(void **state)
{
    (void)state;
    struct course course;
    course_init(&course);
    for (int64_t day = 0; day < 15; day++) {
        course_run(&course, day == 8 ? 24 : 20, (day + 1) * S_PER_DAY);
    }
    course_run(&course, 20, 15 * S_PER_DAY + 3600); // a Wednesday
    assert_int_equal(course.last.most_permille, 0); // nothing is ungrouped
    course.ungrouped = 100;
    course_run(&course, 20, 15 * S_PER_DAY + 3600 + STEP_S);
    assert_int_equal(course.last.normal_milli, 20000);
    assert_int_equal(course.last.most_permille, 1200);
    struct bucket bucket;
    bucket_from_normal(&course.last, &bucket);
    assert_int_equal(bucket.demand, 35); // 20 + sqrt(4^2 + 13.8^2) of 120
    assert_int_equal(bucket.failed, 15);
    course_done(&course);
}

static void test_normal_stands_still_on_the_day(void **state)
{
    (void)state;
    struct course course;
    course_init(&course);
    course_run(&course, 20, 7 * S_PER_DAY);
    course_run(&course, 1, 7 * S_PER_DAY + 12 * 3600); // half a day of loss, told by nobody
    assert_int_equal(course.last.basis, BASIS_MEDIAN);
    assert_int_equal(course.last.normal_milli, 20000);
    course_done(&course);
}

static void test_the_banks_table_wins(void **state)
{
    (void)state;
    struct course course;
    struct mistakes *mistakes = mistakes_new();
    course_init(&course);
    normals_free(course.normals);
    fixture_table(
        &course.fixture, "network,function,province,hour,normal_per_hour\npay,payment,32,1,3600\n");
    course.normals = normals_new(&course.fixture.settings, mistakes);
    course_run(&course, 20, 7 * S_PER_DAY + 3600);
    assert_int_equal(course.last.basis, BASIS_MEDIAN); // no row for the hour
    course_run(&course, 20, 7 * S_PER_DAY + 7200);
    assert_int_equal(course.last.basis, BASIS_TABLE);
    assert_int_equal(course.last.normal_milli, 10000);
    mistakes_free(mistakes);
    course_done(&course);
}

// A slot that the sensor did not see from its beginning is not known.
static void test_an_absence_is_unknown(void **state)
{
    (void)state;
    struct course course;
    course_init(&course);
    for (int64_t day = 0; day < 11; day++) {
        course_run(&course, 20, day * S_PER_DAY + 3600);
        course.now_s += day < 8 ? 16 * 3600 : 0; // of the day two thirds are gone
        course_run(&course, 20, (day + 1) * S_PER_DAY);
    }
    course_run(&course, 20, 11 * S_PER_DAY + 1800);
    assert_int_equal(course.last.basis, BASIS_ATTEMPTS); // two whole days until the day before
    course_run(&course, 20, 12 * S_PER_DAY + 1800);
    assert_int_equal(course.last.basis, BASIS_YEARLY); // three
    course_done(&course);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_volumes_keep_twelve_bits),
        cmocka_unit_test(test_normal_is_the_median_of_eight),
        cmocka_unit_test(test_yesterday_is_not_asked),
        cmocka_unit_test(test_days_of_another_kind_are_not_compared),
        cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_plan_b_is_the_year_at_the_last_level),
        cmocka_unit_test(test_too_few_days_are_attempts_only),
        cmocka_unit_test(test_unknown_slots_are_no_zeroes),
        cmocka_unit_test(test_smoothing_leaves_steps),
        cmocka_unit_test(test_three_days_teach_the_fifth),
        cmocka_unit_test(test_workdays_and_weekends_are_told_apart),
        cmocka_unit_test(test_what_was_missing_is_put_back),
        cmocka_unit_test(test_what_was_not_seen_teaches_nothing),
        cmocka_unit_test(test_incidents_are_left_out),
        cmocka_unit_test(test_T_R4_the_cap_is_learned),
        cmocka_unit_test(test_blind_hours_are_left_out_for_two_weeks),
        cmocka_unit_test(test_normal_stands_still_on_the_day),
        cmocka_unit_test(test_the_banks_table_wins),
        cmocka_unit_test(test_an_absence_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
