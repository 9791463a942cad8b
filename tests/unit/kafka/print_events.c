// Prints one message of every kind as JSON lines, for the schemas' test: incidents in every state,
// drafts of every form, replayed and live, and the largest that there can be.
#include "detectors/drafts/drafts.h"
#include "detectors/kafka/kafka.h"

#include <stdlib.h>

#include "tests/unit/incidents/sample.h"

// As if the duty's time had gone.
static void reminders_print(const struct settings *settings, const struct duties *duties,
    const struct duty *duty, bool replay)
{
    static const enum duty_event told[] = {DUTY_HALF, DUTY_WARNED, DUTY_OVERDUE};
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        struct duty later = *duty;
        struct event event;
        later.event = told[i];
        if (event_from_duty(settings, duties, "tap 1/α", replay, &later, &event) > 0) {
            event_print(stdout, &event);
            event_done(&event);
        }
    }
}

static void tick_print(const struct sample *sample, struct incidents *incidents,
    struct duties *duties, struct drafts *drafts, const struct grade *grade, const char *tick,
    bool replay)
{
    const struct settings *settings = &sample->settings;
    const struct incident *incident;
    const struct duty *duty;
    const struct draft *draft;
    struct event events[INCIDENT_MESSAGES];
    size_t count = incidents_from_grades(incidents, grade, grade != NULL, at(tick), &incident);
    const struct incident *all;
    size_t all_count = incidents_all(incidents, &all);
    duties_see_incidents(duties, all, all_count);
    size_t duty_count = duties_from_incidents(duties, incident, count, at(tick), &duty);
    for (size_t i = 0; i < count; i++) {
        size_t messages =
            events_from_incident(settings, duties, "tap 1/α", replay, &incident[i], events);
        for (size_t j = 0; j < messages; j++) {
            event_print(stdout, &events[j]);
            event_done(&events[j]);
        }
    }
    for (size_t i = 0; i < duty_count; i++) {
        reminders_print(settings, duties, &duty[i], replay);
    }
    count = drafts_from_duties(drafts, duty, duty_count, NULL, 0, at(tick), &draft);
    for (size_t i = 0; i < count; i++) {
        event_from_draft(settings, "tap 1/α", replay, &draft[i], &events[0]);
        event_print(stdout, &events[0]);
        event_done(&events[0]);
    }
}

// Suspected, provisional, 较大, 重大, recovered, and later data that say less.
static void story_print(struct sample *sample, bool replay)
{
    struct incidents *incidents = incidents_new(&sample->settings, "source");
    struct duties *duties = duties_new(&sample->settings);
    struct drafts *drafts = sample_drafts(sample);
    struct grade grade = sample_grade(sample, 1);
    grade.suspected = grade.out_of_scope = true;
    tick_print(sample, incidents, duties, drafts, &grade, "10:00:20", replay);
    grade = sample_grade(sample, 12);
    grade.all_hours_peak = grade.attempts_only = true;
    grade.evicted = grade.ticks_merged = true;
    sample_met(sample, &grade, CLAUSE_LARGER, "10:12:00", "省份取并集");
    tick_print(sample, incidents, duties, drafts, &grade, "10:12:00", replay);
    sample_met(sample, &grade, CLAUSE_LARGER, "10:15:00", NULL);
    grade.next = (struct next_threshold){&sample->clauses[CLAUSE_MAJOR], at("11:30:00")};
    grade.ahead[grade.ahead_count++] = grade.next;
    tick_print(sample, incidents, duties, drafts, &grade, "10:15:00", replay);
    sample_met(sample, &grade, CLAUSE_MAJOR, "11:30:00", NULL);
    grade.undeterminable_of[grade.undeterminable_count] = "coverage";
    grade.undeterminable[grade.undeterminable_count++] = "流量可见度不足";
    sample->interruptions[0].undeterminable = true;
    grade.criteria[0].stands_for = &sample->clauses[CLAUSE_ONE];
    tick_print(sample, incidents, duties, drafts, &grade, "11:30:00", replay);
    grade = sample_grade(sample, 100);
    grade.ongoing = false;
    sample_met(sample, &grade, CLAUSE_LARGER, "10:15:00", NULL);
    tick_print(sample, incidents, duties, drafts, &grade, "11:43:00", replay);
    drafts_free(drafts);
    duties_free(duties);
    incidents_free(incidents);
}

// Every criterion and far more interruptions than are shown.
static void largest_print(struct sample *sample)
{
    struct incidents *incidents = incidents_new(&sample->settings, "source");
    struct duties *duties = duties_new(&sample->settings);
    struct drafts *drafts = sample_drafts(sample);
    struct grade grade = sample_grade(sample, 15);
    struct interruption *many = calloc(500, sizeof(*many));
    for (int i = 0; i < 500; i++) {
        many[i] = sample->interruptions[0];
        many[i].province = (uint8_t)(i % PROVINCES);
    }
    grade.interruptions = many;
    grade.interruption_count = 500;
    while (grade.criterion_count < CRITERIA_MAX) {
        const char *reading =
            grade.criterion_count % 2 != 0 ? "两个以上省取并集；高峰任一接触" : NULL;
        sample_met(sample, &grade, CLAUSE_LARGER, "10:15:00", reading);
        for (size_t i = 0; i < sizeof(grade.criteria[0].provinces); i++) {
            grade.criteria[grade.criterion_count - 1].provinces[i] = 0xff;
        }
    }
    tick_print(sample, incidents, duties, drafts, &grade, "10:15:00", false);
    free(many);
    drafts_free(drafts);
    duties_free(duties);
    incidents_free(incidents);
}

// A risk notice, its answer's draft, and the time that runs out (art. 24).
static void notice_print(struct sample *sample)
{
    struct duties *duties = duties_new(&sample->settings);
    struct drafts *drafts = sample_drafts(sample);
    struct fact notice = {.kind = FACT_RISK_NOTICE,
        .id = "00112233445566778899aabbccddeeff",
        .at = at("10:00:00"),
        .entered_at = at("10:00:00"),
        .by = "张三",
        .why = "风险提示函第 5 号",
        .date = date_make(2026, 3, 13)};
    const struct duty *duty;
    const struct draft *draft;
    struct event event;
    duties_take_move(duties, NULL, &notice, at("10:00:00"));
    drafts_take_move(drafts, &notice);
    size_t count = duties_from_incidents(duties, NULL, 0, at("10:00:00"), &duty);
    for (size_t i = 0; i < count; i++) {
        reminders_print(&sample->settings, duties, &duty[i], false);
    }
    count = drafts_from_duties(drafts, duty, count, NULL, 0, at("10:00:00"), &draft);
    for (size_t i = 0; i < count; i++) {
        event_from_draft(&sample->settings, "tap 1/α", false, &draft[i], &event);
        event_print(stdout, &event);
        event_done(&event);
    }
    drafts_free(drafts);
    duties_free(duties);
}

// Every kind of alarm, raised and cleared.
static void alarms_print(const struct sample *sample)
{
    for (int kind = 0; kind < HEALTH_KINDS; kind++) {
        struct health_change change = {.kind = (enum health_kind)kind,
            .raised = true,
            .since = at("10:00:00"),
            .at = at("10:00:10"),
            .reason = "no frame on port 0 for 10 s",
            .reason_chinese = "端口0：10秒未收到任何帧"};
        for (int i = 0; i < 2; i++) {
            struct event event;
            if (event_from_health(&sample->settings, "source", i == 0, &change, &event) > 0) {
                event_print(stdout, &event);
                event_done(&event);
            }
            change.raised = false;
            change.at = at("10:05:00");
        }
    }
}

// Two buckets of a minute, one of them told again, and what is of a link; printed once the time
// limit after the minute is over, not before.
static void minutes_print(const struct sample *sample)
{
    struct minutes *minutes = minutes_new(&sample->settings);
    const struct minute *over;
    struct normal normals[4] = {{.final = true,
        .province = 32,
        .from = at("10:00:10"),
        .demand = 7,
        .succeeded = 4,
        .failed = 3,
        .retries = 2,
        .normal_milli = 7500}};
    normals[1] = normals[2] = normals[3] = normals[0];
    normals[1].from = at("10:00:20");
    normals[2].demand = 99; // as it was before
    normals[2].from = at("10:00:10");
    normals[3].link = 1;
    if (minutes_from_normals(minutes, normals + 2, 2, at("10:00:30"), &over) != 0 ||
        minutes_from_normals(minutes, normals, 2, at("10:00:59"), &over) != 0 ||
        minutes_from_normals(minutes, normals, 0, at("10:30:00"), &over) != 1 ||
        over[0].demand != 14 || over[0].buckets != 2 || over[0].failed != 6 ||
        over[0].normal_milli != 15000) {
        abort();
    }
    for (int replay = 0; replay < 2; replay++) {
        struct event event;
        if (event_from_minute(&sample->settings, "source", replay != 0, &over[0], &event) > 0) {
            event_print(stdout, &event);
            event_done(&event);
        }
    }
    minutes_free(minutes);
}

int main(void)
{
    struct sample sample;
    sample_init(&sample);
    sample.settings.kafka.topics.ecs = true;
    story_print(&sample, false);
    story_print(&sample, true);
    sample.networks[0].secrecy = SECRECY_WORK;
    sample.networks[0].special_class_count = 0;
    sample.networks[0].mlps = NULL;
    story_print(&sample, true);
    sample.networks[0].secrecy = SECRECY_STATE; // nothing
    story_print(&sample, true);
    sample_init(&sample);
    largest_print(&sample);
    notice_print(&sample);
    alarms_print(&sample);
    minutes_print(&sample);
    return 0;
}
