// The whole of detectors/ on the shipped settings: from interruptions, and from counters.
#include "config/settings.h"

#include "detectors/ledger/ledger.h"
#include "detectors/pipeline.h"

#include <jansson.h>
#include <sqlite3.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/incidents/sample.h"

#include <cmocka.h>

static char folder[64], ledger_path[96], lines_path[96];
static struct settings *settings;

static int set_up(void **state)
{
    char path[512];
    struct mistakes *mistakes = mistakes_new();
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/test_pipeline_XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    snprintf(ledger_path, sizeof(ledger_path), "%s/ledger.db", folder);
    snprintf(lines_path, sizeof(lines_path), "%s/events.jsonl", folder);
    snprintf(path, sizeof(path), "%s/config/tapgrade.yaml", getenv("TAPGRADE_SOURCE"));
    settings = settings_read(path, mistakes);
    mistakes_print(mistakes, stderr);
    mistakes_free(mistakes);
    return settings == NULL;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm",
        "ledger.db-head", "ledger.db-reserve", "events.jsonl"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    settings_free(settings);
    return rmdir(folder);
}

static struct interruption interruption_of(uint8_t province, const char *from, const char *to)
{
    return (struct interruption){.network = 0,
        .function = 0,
        .province = province,
        .from = at(from),
        .to = to != NULL ? at(to) : INSTANT_NEVER,
        .ongoing = to == NULL,
        .loss = {.normal_milli = 1000000, .demand = 1000, .failed = 1000, .coverage_milli = 1000}};
}

// Two provinces, 20 minutes in peak.
static size_t two_provinces(struct interruption ret[2])
{
    ret[0] = interruption_of(31, "10:00:00", "10:20:00");
    ret[1] = interruption_of(32, "10:00:00", "10:20:00");
    return 2;
}

static struct pipeline *pipeline_of(const struct pipeline_options *options)
{
    struct mistakes *mistakes = mistakes_new();
    struct pipeline *pipeline = pipeline_new(settings, options, mistakes);
    mistakes_print(mistakes, stderr);
    mistakes_free(mistakes);
    return pipeline;
}

// Runs interruptions to the end; the text of what stop_after printed, which the caller frees.
static char *run(struct pipeline_options options, const struct interruption *interruptions,
    size_t count, size_t *ret_unsent)
{
    char *text = NULL, error[512] = "";
    size_t size;
    options.source = "test";
    options.replay = true;
    options.out = open_memstream(&text, &size);
    struct pipeline *pipeline = pipeline_of(&options);
    assert_non_null(pipeline);
    pipeline_interruptions(pipeline, interruptions, count);
    assert_true(pipeline_end(pipeline, ret_unsent, error, sizeof(error)));
    fclose(options.out);
    pipeline_free(pipeline);
    return text;
}

// "key value" of the first line in which `has` stands; the whole text must be JSON lines.
static void lines_check(const char *what, char *text, const char *const *lines)
{
    size_t found = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json);
        json_decref(json);
        if (lines[found] != NULL && strstr(line, lines[found]) != NULL) {
            found++;
        }
    }
    if (lines[found] != NULL) {
        fail_msg("%s: no line has '%s' at its place", what, lines[found]);
    }
}

static void test_every_stage_can_be_looked_at(void **state)
{
    (void)state;
    static const struct {
        enum stage stage;
        const char *lines[6];
    } rows[] = {
        {STAGE_OUTAGES, {"\"31\"", "\"32\""}},
        {STAGE_GRADES, {"\"grade\":0", "\"grade\":2"}},
        {STAGE_INCIDENTS,
            {"\"event\":\"opened\"", "\"event\":\"escalated\"", "\"event\":\"recovered\""}},
        {STAGE_DUTIES,
            {"\"starts_at\":\"2026-03-10T10:15:00.000+08:00\",\"due\":\"2026-03-10T11:00:"
             "00.000+08:00\",\"outer_limit\":\"2026-03-10T11:15:00.000+08:00\""}},
        {STAGE_DRAFTS, {"机器草稿，须人工核实"}},
        {STAGE_KAFKA, {"incident.opened", "incident.escalated", "incident.state", "draft.written",
                          "incident.recovered"}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct interruption two[2];
        size_t unsent;
        char *text = run((struct pipeline_options){.stop_after = rows[i].stage}, two,
            two_provinces(two), &unsent);
        lines_check(stage_names[rows[i].stage], text, rows[i].lines);
        free(text);
    }
}

// met_at is event time and exact, also when it lies between two ticks.
static void test_raises_come_at_their_instants(void **state)
{
    (void)state;
    static const struct {
        const char *what, *from, *to;
        const char *lines[5];
    } rows[] = {
        {"T-C7: one province, on-going", "10:00:00", NULL,
            {"\"met_at\":\"2026-03-10T10:30:00.000+08:00\"",
                "\"met_at\":\"2026-03-10T13:00:00.000+08:00\"",
                "\"met_at\":\"2026-03-10T16:00:00.000+08:00\""}},
        {"milliseconds", "10:00:00.250", "10:30:00.250",
            {"\"at\":\"2026-03-10T10:30:01.000+08:00\"",
                "\"met_at\":\"2026-03-10T10:30:00.250+08:00\""}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct interruption one = interruption_of(32, rows[i].from, rows[i].to);
        size_t unsent;
        char *text =
            run((struct pipeline_options){.stop_after = STAGE_INCIDENTS}, &one, 1, &unsent);
        if (i == 1) { // both on the one line of the raise
            assert_non_null(strstr(text, rows[i].lines[0]));
            assert_non_null(strstr(text, rows[i].lines[1]));
        } else {
            lines_check(rows[i].what, text, rows[i].lines);
        }
        free(text);
    }
    struct interruption short_one = interruption_of(32, "10:00:00", "10:29:59.999");
    size_t unsent;
    char *text =
        run((struct pipeline_options){.stop_after = STAGE_INCIDENTS}, &short_one, 1, &unsent);
    assert_null(strstr(text, "escalated"));
    free(text);
}

// Between two outages there are ten years, which nobody waits for.
static void test_years_without_news_are_skipped(void **state)
{
    (void)state;
    struct interruption two[] = {
        interruption_of(32, "10:00:00", "10:30:00"), interruption_of(32, "10:00:00", "10:30:00")};
    const int64_t years_ns = 3652 * S_PER_DAY * NS_PER_S;
    two[1].from.ns += years_ns;
    two[1].to.ns += years_ns;
    size_t unsent;
    char *text = run((struct pipeline_options){.stop_after = STAGE_INCIDENTS}, two, 2, &unsent);
    static const char *const lines[] = {"\"event\":\"opened\",\"at\":\"2026-03-10T10:00:01",
        "\"event\":\"escalated\",\"at\":\"2026-03-10T10:30:00",
        "\"event\":\"recovered\",\"at\":\"2026-03-10T10:33:00",
        "\"event\":\"opened\",\"at\":\"2036-03-09T10:00:01",
        "\"event\":\"escalated\",\"at\":\"2036-03-09T10:30:00",
        "\"event\":\"recovered\",\"at\":\"2036-03-09T10:33:00", NULL};
    lines_check("ten years", text, lines);
    free(text);
}

static char *file_read(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    assert_true(getdelim(&text, &size, '\0', in) > 0);
    fclose(in);
    return text;
}

static int64_t number_of(const char *query)
{
    sqlite3 *database;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(ledger_path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, query, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
}

// The broker is not there: nothing waits for it, everything is kept, and a second and third run add
// nothing and write the same bytes.
static void test_again_adds_nothing_and_a_dead_broker_loses_nothing(void **state)
{
    (void)state;
    char *first = NULL, error[512];
    struct interruption two[2];
    settings->kafka.enabled = true;
    free(settings->kafka.brokers);
    settings->kafka.brokers = strdup("127.0.0.1:1");
    settings->kafka.flush_ns = 200 * NS_PER_MS;
    for (int i = 0; i < 3; i++) {
        struct pipeline_options options = {.stop_after = STAGE_KAFKA,
            .ledger_path = ledger_path,
            .json_lines_path = lines_path,
            .publish = true};
        size_t unsent, count = two_provinces(two);
        char *out = run(options, two, count, &unsent);
        char *lines = file_read(lines_path);
        assert_string_equal(out, lines);
        assert_int_equal(unsent, number_of("SELECT count(*) FROM outbox WHERE state = 'pending'"));
        assert_int_equal(number_of("SELECT count(*) FROM draft_history"), 2); // O1, O2
        assert_int_equal(
            number_of("SELECT count(*) FROM outbox WHERE topic = 'tapgrade.draft.v1'"), 2);
        if (first == NULL) {
            first = lines;
        } else {
            assert_string_equal(first, lines);
            free(lines);
        }
        free(out);
    }
    assert_true(ledger_verify(ledger_path, NULL, error, sizeof(error)));
    free(first);
}

// A second of traffic of two provinces: ten requests each, answered or not.
static void second_tick(struct pipeline *pipeline, int64_t second, bool good)
{
    struct cell_counts cells[2] = {0};
    struct link_counts link = {.link = 0,
        .second = second,
        .frames = 40,
        .seen_request_bytes = 4600,
        .seen_answer_bytes = good ? 4600 : 0,
        .shortest_answer_bytes = good ? 200 : 0};
    for (int i = 0; i < 2; i++) {
        cells[i].cell.province = i == 0 ? 31 : 32;
        cells[i].cohort_s = second;
        cells[i].demand = 10;
        cells[i].succeeded = good ? 10 : 0;
        cells[i].failed = good ? 0 : 10;
    }
    struct counters counters = {.tick = instant_from_s(second + 1),
        .cells = cells,
        .cell_count = 2,
        .links = &link,
        .link_count = 1};
    pipeline_tick(pipeline, &counters);
}

// Three requests that the capture's end leaves open.
static void open_tick(struct pipeline *pipeline, int64_t second)
{
    struct cell_counts cell = {.cell.province = 31, .cohort_s = second, .demand = 3};
    struct counters counters = {
        .tick = instant_from_s(second + 1), .cells = &cell, .cell_count = 1};
    pipeline_tick(pipeline, &counters);
}

static void test_from_counters_to_a_draft(void **state)
{
    (void)state;
    struct pipeline_options options = {
        .source = "test", .replay = true, .stop_after = STAGE_KAFKA, .ledger_path = ledger_path};
    char *summary = NULL, error[512] = "";
    size_t size, unsent;
    struct pipeline *pipeline = pipeline_of(&options);
    assert_non_null(pipeline);
    int64_t start = instant_second(at("10:00:00"));
    for (int64_t second = start - 120; second < start + 25 * 60; second++) {
        second_tick(pipeline, second, second < start || second >= start + 16 * 60);
    }
    open_tick(pipeline, start + 25 * 60);
    assert_true(pipeline_end(pipeline, &unsent, error, sizeof(error)));
    FILE *out = open_memstream(&summary, &size);
    pipeline_summary(pipeline, out);
    fclose(out);
    static const char *const says[] = {
        "met at 2026-03-10T10:15:00.000+08:00",
        "事发时间 / onset: 2026-03-10 10:00:00",
        "较大 (grade 2)",
        "最晚 / at the latest 2026-03-10 11:15:00",
        "江苏省",
        "上海市",
        "损失 / lost 100.00%",
        "【机器草稿，须人工核实】",
        "整体中断结束 / interruption ended 2026-03-10 10:16:00",
        "2026-03-10 09:58:00 — 2026-03-10 10:25:01（北京时间）",
        "结束时未决 / open             3\n",
    };
    for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
        if (strstr(summary, says[i]) == NULL) {
            fail_msg("'%s' is not in\n%s", says[i], summary);
        }
    }
    free(summary);
    pipeline_free(pipeline);
    assert_int_equal(number_of("SELECT count(DISTINCT id) FROM incidents"), 1);
    assert_int_equal(
        number_of("SELECT count(*) FROM draft_history WHERE id LIKE '%/O2/1' AND text"
                  " LIKE '%│时段起│占比│%│03-10 10:00│100.00\\%│████████████████████│%'"
                  " ESCAPE '\\'"),
        1);                                                        // its curve
    assert_int_equal(number_of("SELECT count(*) FROM outbox"), 0); // not published
}

static void test_publishing_needs_what_it_needs(void **state)
{
    (void)state;
    struct mistakes *mistakes = mistakes_new();
    struct pipeline_options options = {
        .source = "test", .stop_after = STAGE_KAFKA, .ledger_path = ledger_path, .publish = true};
    settings->kafka.enabled = false;
    assert_null(pipeline_new(settings, &options, mistakes));
    assert_int_equal(mistakes_count(mistakes), 1);
    mistakes_free(mistakes);
}

struct name_asked {
    const char *source; // NULL: there is none
    int times;
};

static bool identify(void *context, struct pipeline_options *ret)
{
    struct name_asked *asked = context;
    asked->times++;
    ret->source = asked->source;
    return asked->source != NULL;
}

// Asked for when it is needed, once, the source makes no difference; without one nothing comes.
static void test_source_is_asked_for_when_needed(void **state)
{
    (void)state;
    static const struct {
        const char *what, *source;
        enum stage stage;
        size_t interruptions;
        int times;
        bool nameless, same;
    } rows[] = {
        {"an incident", "test", STAGE_INCIDENTS, 2, 1, false, true},
        {"events", "test", STAGE_KAFKA, 2, 1, false, true},
        {"no incident", "test", STAGE_KAFKA, 0, 1, false, true},
        {"no source", NULL, STAGE_KAFKA, 2, 1, true, false},
        {"no ids to be made", NULL, STAGE_GRADES, 2, 0, false, true},
    };
    struct interruption both[2];
    two_provinces(both);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = NULL, error[512] = "";
        size_t size, unsent;
        struct name_asked asked = {.source = rows[i].source};
        struct pipeline_options options = {.stop_after = rows[i].stage};
        char *expected = run(options, both, rows[i].interruptions, &unsent);
        options = (struct pipeline_options){.identify = identify,
            .context = &asked,
            .replay = true,
            .stop_after = rows[i].stage,
            .out = open_memstream(&text, &size)};
        struct mistakes *mistakes = mistakes_new();
        struct pipeline *pipeline = pipeline_new(settings, &options, mistakes);
        assert_non_null(pipeline);
        assert_int_equal(asked.times, 0);
        pipeline_interruptions(pipeline, both, rows[i].interruptions);
        pipeline_end(pipeline, &unsent, error, sizeof(error));
        fclose(options.out);
        assert_int_equal(asked.times, rows[i].times);
        assert_int_equal(pipeline_is_nameless(pipeline), rows[i].nameless);
        assert_int_equal(strcmp(text, expected) == 0, rows[i].same);
        pipeline_free(pipeline);
        mistakes_free(mistakes);
        free(expected);
        free(text);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_stage_can_be_looked_at),
        TEST(test_raises_come_at_their_instants),
        TEST(test_years_without_news_are_skipped),
        TEST(test_again_adds_nothing_and_a_dead_broker_loses_nothing),
        TEST(test_from_counters_to_a_draft),
        TEST(test_publishing_needs_what_it_needs),
        TEST(test_source_is_asked_for_when_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
