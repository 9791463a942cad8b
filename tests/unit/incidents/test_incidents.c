#include "detectors/incidents/incidents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/incidents/sample.h"

#include <cmocka.h>

#define STEPS_MAX 8

// One tick of a story: what the grade says, and which events must come.
struct step {
    const char *tick;
    bool absent;    // no record for the network at all
    bool suspected; // provisional data
    bool over;      // no interruption goes on
    bool evicted;   // the counters' flag
    int provinces;  // 0: two
    int clause;     // met with it, by the default readings; -1: none
    int stricter;   // met by a stricter reading only; -1: none
    const char *events;
    int grade, conservative_grade;
    enum incident_state state;
};

struct story_row {
    const char *what;
    struct step steps[STEPS_MAX];
};

#define NOTHING .clause = -1, .stricter = -1

static const struct story_row stories[] = {
    {"opened, raised twice, recovered; ticks without news are silent",
        {
            {"10:00:20", .suspected = true, NOTHING, .events = "opened"},
            {"10:00:21", .suspected = true, NOTHING, .events = ""},
            {"10:15:00", .clause = CLAUSE_LARGER, .stricter = -1, .events = "escalated", 2, 2, 1},
            {"10:15:01", .clause = CLAUSE_LARGER, .stricter = -1, .events = "", 2, 2, 1},
            {"11:30:00", .clause = CLAUSE_MAJOR, .stricter = -1, .events = "escalated", 3, 3, 1},
            {"11:40:00", .over = true, .clause = CLAUSE_MAJOR, .stricter = -1,
                .events = "recovered", 3, 3, 2},
            {"11:40:01", .over = true, .clause = CLAUSE_MAJOR, .stricter = -1, .events = "", 3, 3,
                2},
        }},
    {"graded at first sight: opened and escalated in one tick",
        {
            {"10:15:30", .clause = CLAUSE_LARGER, .stricter = -1, .events = "opened escalated", 2,
                2, 1},
        }},
    {"a new province and a stricter reading are updates",
        {
            {"10:00:20", .suspected = true, .provinces = 1, NOTHING, .events = "opened"},
            {"10:01:00", .suspected = true, .provinces = 2, NOTHING, .events = "updated"},
            {"10:01:01", .suspected = true, .provinces = 1, NOTHING, .events = "updated"},
            {"10:15:00", .suspected = true, .provinces = 1, .clause = -1, .stricter = CLAUSE_LARGER,
                .events = "updated", 0, 2},
            {"10:15:01", .suspected = true, .provinces = 1, .clause = -1, .stricter = CLAUSE_LARGER,
                .events = "", 0, 2},
            {"10:16:00", .suspected = false, .provinces = 1, .clause = -1,
                .stricter = CLAUSE_LARGER, .events = "updated", 0, 2},
        }},
    {"a flag of the counters is an update",
        {
            {"10:00:20", .suspected = true, NOTHING, .events = "opened"},
            {"10:00:21", .suspected = true, .evicted = true, NOTHING, .events = "updated"},
            {"10:00:22", .suspected = true, .evicted = true, NOTHING, .events = ""},
        }},
    {"a grade is never lowered",
        {
            {"10:15:00", .clause = CLAUSE_MAJOR, .stricter = -1, .events = "opened escalated", 3, 3,
                1},
            {"10:15:01", .clause = CLAUSE_COMMON, .stricter = -1, .events = "", 3, 3, 1},
            {"10:15:02", NOTHING, .events = "updated", 3, 3, 1},
        }},
    {"raised and recovered in one tick",
        {
            {"10:00:20", NOTHING, .events = "opened"},
            {"10:20:00", .over = true, .clause = CLAUSE_LARGER, .stricter = -1,
                .events = "escalated recovered", 2, 2, 2},
        }},
    {"a suspicion that is not confirmed ends; the same one again goes on with its numbers",
        {
            {"10:00:20", .suspected = true, NOTHING, .events = "opened"},
            {"10:00:30", .absent = true, NOTHING, .events = "recovered", 0, 0, 2},
            {"10:00:31", .absent = true, NOTHING, .events = "", 0, 0, 2},
            {"10:00:40", .suspected = true, NOTHING, .events = "updated"},
        }},
    {"harm again after the end: the same incident, no new one",
        {
            {"10:00:20", NOTHING, .events = "opened"},
            {"10:20:00", .over = true, NOTHING, .events = "recovered", 0, 0, 2},
            {"10:25:00", NOTHING, .events = "updated"},
            {"10:35:00", .over = true, NOTHING, .events = "recovered", 0, 0, 2},
        }},
};

static void step_grade(struct sample *sample, const struct step *step, struct grade *ret)
{
    int64_t minutes = (at(step->tick).ns - at("10:00:00").ns) / (60 * NS_PER_S);
    *ret = sample_grade(sample, minutes);
    ret->suspected = step->suspected;
    ret->evicted = step->evicted;
    ret->ongoing = !step->over;
    ret->interruption_count = step->provinces == 0 ? 2 : (size_t)step->provinces;
    for (size_t i = 0; i < ret->interruption_count; i++) {
        sample->interruptions[i].ongoing = !step->over;
    }
    if (step->clause >= 0) {
        sample_met(sample, ret, step->clause, step->tick, NULL);
    }
    if (step->stricter >= 0) {
        sample_met(sample, ret, step->stricter, step->tick, "省份取并集");
    }
}

static void step_check(const char *what, const struct step *step, const struct incident *events,
    size_t count, uint32_t *sequence)
{
    char names[128] = "";
    for (size_t i = 0; i < count; i++) {
        snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i > 0 ? " " : "",
            incident_event_names[events[i].event]);
        assert_int_equal(events[i].sequence, ++*sequence);
        assert_int_equal(events[i].at.ns, at(step->tick).ns);
    }
    if (strcmp(names, step->events) != 0) {
        fail_msg("%s: at %s '%s' instead of '%s'", what, step->tick, names, step->events);
    }
    if (count > 0) {
        assert_int_equal(events[count - 1].grade, step->grade);
        assert_int_equal(events[count - 1].conservative_grade, step->conservative_grade);
        assert_int_equal(events[count - 1].state, step->state);
    }
}

static void test_life_cycles(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        struct sample sample;
        uint32_t sequence = 0;
        sample_init(&sample);
        struct incidents *incidents = incidents_new(&sample.settings, "source");
        for (const struct step *step = stories[i].steps;
             step < stories[i].steps + STEPS_MAX && step->tick != NULL; step++) {
            const struct incident *events;
            struct grade grade;
            step_grade(&sample, step, &grade);
            size_t count = incidents_from_grades(
                incidents, &grade, step->absent ? 0 : 1, at(step->tick), &events);
            step_check(stories[i].what, step, events, count, &sequence);
        }
        const struct incident *all;
        assert_int_equal(incidents_all(incidents, &all), 1);
        incidents_free(incidents);
    }
}

static void first_id(const char *source, uint16_t network, int64_t ns, char *ret)
{
    struct sample sample;
    const struct incident *events;
    sample_init(&sample);
    struct incidents *incidents = incidents_new(&sample.settings, source);
    struct grade grade = sample_grade(&sample, 1);
    grade.network = network;
    grade.first_suspected.ns += ns;
    assert_int_equal(incidents_from_grades(incidents, &grade, 1, at("10:01:00"), &events), 1);
    memcpy(ret, events[0].id, INCIDENT_ID_MAX);
    incidents_free(incidents);
}

// The id is published: another way of making it would give every replay new incidents.
static void test_ids_are_fixed(void **state)
{
    (void)state;
    static const struct {
        const char *what, *source;
        uint16_t network;
        int64_t ns;
        bool same;
    } rows[] = {
        {"the same", "tap-1", 0, 0, true},
        {"another source", "tap-2", 0, 0, false},
        {"another network", "tap-1", 1, 0, false},
        {"a nanosecond later", "tap-1", 0, 1, false},
    };
    char first[INCIDENT_ID_MAX], other[INCIDENT_ID_MAX];
    first_id("tap-1", 0, 0, first);
    // python3: hashlib.blake2b(b"tap-1\0pay\0" + ns.to_bytes(8, "little"), digest_size=16)
    assert_string_equal(first, "135f2cc9bebcaa0411c72a9202d21884");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        first_id(rows[i].source, rows[i].network, rows[i].ns, other);
        if ((strcmp(first, other) == 0) != rows[i].same) {
            fail_msg("%s: %s", rows[i].what, other);
        }
        assert_int_equal(strspn(other, "0123456789abcdef"), 32);
    }
}

static void test_instants_are_written_once(void **state)
{
    (void)state;
    struct sample sample;
    const struct incident *events;
    sample_init(&sample);
    struct incidents *incidents = incidents_new(&sample.settings, "source");
    struct grade grade = sample_grade(&sample, 20);
    sample_met(&sample, &grade, CLAUSE_LARGER, "10:12:00", "省份取并集");
    incidents_from_grades(incidents, &grade, 1, at("10:12:00"), &events);
    assert_int_equal(events[0].conservative_larger_at.ns, at("10:12:00").ns);
    assert_int_equal(events[0].met_larger_at.ns, INSTANT_NEVER.ns);
    sample_met(&sample, &grade, CLAUSE_LARGER, "10:15:00", NULL);
    incidents_from_grades(incidents, &grade, 1, at("10:16:40"), &events);
    assert_int_equal(events[0].met_larger_at.ns, at("10:15:00").ns); // event time, not the tick
    assert_int_equal(events[0].met_at.ns, at("10:15:00").ns);
    assert_int_equal(events[0].at.ns, at("10:16:40").ns);
    sample_met(&sample, &grade, CLAUSE_MAJOR, "11:30:00", NULL);
    sample_met(&sample, &grade, CLAUSE_ONE, "10:14:00", NULL); // a later, earlier finding
    incidents_from_grades(incidents, &grade, 1, at("11:30:00"), &events);
    assert_int_equal(events[0].met_at.ns, at("11:30:00").ns);
    assert_int_equal(events[0].met_larger_at.ns, at("10:15:00").ns);
    assert_int_equal(events[0].conservative_larger_at.ns, at("10:12:00").ns);
    incidents_free(incidents);
}

static void test_networks_and_later_episodes_are_incidents_of_their_own(void **state)
{
    (void)state;
    struct sample sample;
    const struct incident *events;
    sample_init(&sample);
    struct incidents *incidents = incidents_new(&sample.settings, "source");
    struct grade grades[2] = {sample_grade(&sample, 1), sample_grade(&sample, 1)};
    grades[1].network = 1;
    grades[1].first_suspected.ns -= NS_PER_S;
    assert_int_equal(incidents_from_grades(incidents, grades, 2, at("10:01:00"), &events), 2);
    assert_int_equal(events[0].network, 1); // by first_suspected
    assert_int_equal(events[1].network, 0);
    grades[0].first_suspected = grades[0].onset = at("12:00:00");
    grades[0].last_bad_end = at("12:01:00");
    assert_int_equal(incidents_from_grades(incidents, grades, 2, at("12:01:00"), &events), 2);
    assert_int_equal(events[0].event, EVENT_RECOVERED); // of the first episode
    assert_int_equal(events[0].sequence, 2);
    assert_int_equal(events[1].event, EVENT_OPENED);
    assert_int_equal(events[1].sequence, 1);
    incidents_free(incidents);
}

// Harm again exactly incidents.reopen after the last of it is the same incident; later it is none.
static void test_harm_within_the_reopening_time_goes_on(void **state)
{
    (void)state;
    for (int64_t later_ms = 0; later_ms <= 1; later_ms++) {
        struct sample sample;
        const struct incident *events;
        sample_init(&sample);
        struct incidents *incidents = incidents_new(&sample.settings, "source");
        struct grade grade = sample_grade(&sample, 1);
        struct instant again = instant_add(
            grade.last_bad_end, sample.settings.incidents.reopen_ns + later_ms * NS_PER_MS);
        assert_int_equal(incidents_from_grades(incidents, &grade, 1, at("10:01:00"), &events), 1);
        grade.first_suspected = grade.onset = again;
        grade.last_bad_end = instant_add(again, NS_PER_S);
        size_t count =
            incidents_from_grades(incidents, &grade, 1, instant_add(again, 2 * NS_PER_S), &events);
        bool opened = count > 0 && events[count - 1].event == EVENT_OPENED;
        assert_int_equal(opened, later_ms > 0);
        incidents_free(incidents);
    }
}

// The episode turned out to have begun earlier: the id that was published lives on.
static void test_an_earlier_beginning_keeps_the_id(void **state)
{
    (void)state;
    struct sample sample;
    const struct incident *events;
    char id[INCIDENT_ID_MAX];
    sample_init(&sample);
    struct incidents *incidents = incidents_new(&sample.settings, "source");
    struct grade grade = sample_grade(&sample, 5);
    incidents_from_grades(incidents, &grade, 1, at("10:05:00"), &events);
    memcpy(id, events[0].id, sizeof(id));
    grade.first_suspected = grade.onset = at("09:58:00");
    sample_met(&sample, &grade, CLAUSE_LARGER, "10:13:00", NULL);
    assert_int_equal(incidents_from_grades(incidents, &grade, 1, at("10:13:00"), &events), 1);
    assert_string_equal(events[0].id, id);
    assert_int_equal(events[0].sequence, 2);
    assert_int_equal(events[0].onset.ns, at("09:58:00").ns);
    incidents_free(incidents);
}

// A suspicion that was taken back must not read as an interruption that has ended; one that is
// followed by harm gives the id, and the harm gives the onset.
static void test_a_suspicion_is_called_one(void **state)
{
    (void)state;
    struct sample sample;
    const struct incident *events;
    sample_init(&sample);
    struct incidents *incidents = incidents_new(&sample.settings, "source");
    struct grade grade = sample_grade(&sample, 1);
    grade.suspected = true;
    assert_int_equal(incidents_from_grades(incidents, &grade, 1, at("10:00:20"), &events), 1);
    assert_string_equal(incident_condition_chinese(&events[0]), "疑似整体中断，数据待定");
    grade.ongoing = false;
    assert_int_equal(incidents_from_grades(incidents, &grade, 1, at("10:00:40"), &events), 1);
    assert_int_equal(events[0].event, EVENT_RECOVERED);
    assert_null(strstr(incident_condition_chinese(&events[0]), "整体中断结束"));
    grade.ongoing = true;
    grade.suspected = false;
    grade.onset = at("10:05:00");
    assert_int_equal(incidents_from_grades(incidents, &grade, 1, at("10:06:00"), &events), 1);
    assert_int_equal(events[0].onset.ns, at("10:05:00").ns);
    assert_string_equal(incident_condition_chinese(&events[0]), "整体中断持续中");
    grade.onset = at("10:05:10"); // decided: it does not move to later any more
    grade.ongoing = false;
    assert_int_equal(incidents_from_grades(incidents, &grade, 1, at("10:10:00"), &events), 1);
    assert_int_equal(events[0].onset.ns, at("10:05:00").ns);
    assert_non_null(strstr(incident_condition_chinese(&events[0]), "整体中断结束"));
    incidents_free(incidents);
}

// 江苏 has a surge and 上海 is silent: N is 300 + 100, not the greater of 200 and 310.
static void test_losses_are_summed_by_province(void **state)
{
    (void)state;
    struct sample sample;
    struct incident incident = {0};
    int64_t normal_milli;
    sample_init(&sample);
    struct grade grade = sample_grade(&sample, 1);
    incident.measured = &grade;
    sample.interruptions[0].loss = (struct loss){.normal_milli = 100000,
        .demand = 300,
        .processed = 60,
        .failed = 240,
        .coverage_milli = 1000};
    sample.interruptions[1].loss = (struct loss){.normal_milli = 100000,
        .demand = 10,
        .processed = 5,
        .failed = 5,
        .never_arrived_milli = 90000,
        .coverage_milli = 900};
    struct loss loss = incident_loss(&sample.settings, &incident, &normal_milli);
    assert_int_equal(normal_milli, 200000);
    assert_int_equal(loss_total_milli(&loss), 400000);
    assert_int_equal(loss.demand * 1000 + loss.never_arrived_milli, loss_total_milli(&loss));
    assert_int_equal(loss_ratio_x10000(&loss), 8375);
    assert_int_equal(loss.coverage_milli, 900);
}

// What has room for a few interruptions shows the largest losses.
static void test_the_largest_loss_comes_first(void **state)
{
    (void)state;
    struct sample sample;
    const struct incident *events;
    sample_init(&sample);
    struct incidents *incidents = incidents_new(&sample.settings, "source");
    struct grade grade = sample_grade(&sample, 5);
    sample.interruptions[0].loss.processed++;
    assert_int_equal(incidents_from_grades(incidents, &grade, 1, at("10:05:00"), &events), 1);
    assert_int_equal(events[0].measured->interruptions[0].province, 32);
    assert_int_equal(events[0].measured->interruptions[1].province, 31);
    incidents_free(incidents);
}

// What may have been holds what is certain of it: it is never counted twice.
static void test_what_may_have_been_is_counted_once(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample);
    struct grade grade = sample_grade(&sample, 15);
    struct incident incident = {
        .state = INCIDENT_SUSPECTED, .ended_at = INSTANT_NEVER, .measured = &grade};
    int64_t normal_milli;
    sample.interruptions[1].undeterminable = true;
    assert_null(incident_doubt(&incident));
    struct loss loss = incident_loss(&sample.settings, &incident, &normal_milli);
    assert_int_equal(loss.demand, 61210);
    assert_int_equal(normal_milli, 61210000);
    sample.interruptions[0].undeterminable = true;
    loss = incident_loss(&sample.settings, &incident, &normal_milli);
    assert_int_equal(loss.demand, 2 * 61210);
    assert_string_equal(
        incident_condition_chinese(&incident), "可能整体中断持续中，采集覆盖不足，无法准确判定");
    incident.ended_at = at("10:30:00");
    assert_non_null(strstr(incident_condition_chinese(&incident), "可能的整体中断结束"));
}

// A doubt about the reading is no word about the mirror (T-D22).
static void test_T_D22_why_it_is_not_certain(void **state)
{
    (void)state;
    static const struct {
        uint8_t assumes;
        bool undeterminable;
        const char *reason; // NULL: certain
    } rows[] = {
        {0, false, NULL},
        {0, true, "采集覆盖不足"},
        {ASSUMES_COVERAGE | ASSUMES_EXTERNAL, false, "采集覆盖不足"},
        {ASSUMES_SILENCE, false, "业务未到达，未见中断痕迹"},
        {ASSUMES_EXTERNAL, false, "失败集中于单一对手方"},
        {ASSUMES_LITERAL, false, "仅从严口径成立"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sample sample;
        sample_init(&sample);
        struct grade grade = sample_grade(&sample, 15);
        struct incident incident = {
            .state = INCIDENT_GRADED, .ended_at = INSTANT_NEVER, .measured = &grade};
        for (size_t one = 0; one < 2; one++) {
            sample.interruptions[one].assumes = rows[i].assumes;
            sample.interruptions[one].undeterminable = rows[i].undeterminable;
        }
        const struct doubt *doubt = incident_doubt(&incident);
        assert_int_equal(doubt != NULL, rows[i].reason != NULL);
        if (doubt != NULL) {
            assert_string_equal(doubt->reason, rows[i].reason);
            assert_string_equal(incident_condition_chinese(&incident), doubt->ongoing);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life_cycles),
        cmocka_unit_test(test_ids_are_fixed),
        cmocka_unit_test(test_instants_are_written_once),
        cmocka_unit_test(test_networks_and_later_episodes_are_incidents_of_their_own),
        cmocka_unit_test(test_harm_within_the_reopening_time_goes_on),
        cmocka_unit_test(test_an_earlier_beginning_keeps_the_id),
        cmocka_unit_test(test_a_suspicion_is_called_one),
        cmocka_unit_test(test_what_may_have_been_is_counted_once),
        cmocka_unit_test(test_T_D22_why_it_is_not_certain),
        cmocka_unit_test(test_losses_are_summed_by_province),
        cmocka_unit_test(test_the_largest_loss_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
