// The whole dataplane on packets: 1, 2 and 4 workers and any size of burst give the same records
// and the same ticks, with bytes lost, reordered and answered on other connections.
#include "dataplane/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pairing/scene.h"

#include <cmocka.h>

struct result {
    const struct settings *settings;
    FILE *records, *ticks;
    char *records_text, *ticks_text;
    size_t records_size, ticks_size;
    int64_t first_tick_s, tick_count, demand;
    struct dataplane_counts counts;
};

static void result_sink(void *context, const struct transaction *transaction)
{
    struct result *result = context;
    transaction_print(result->records, result->settings, transaction);
}

static void result_ticks(struct result *result, struct dataplane *dataplane)
{
    struct counters counters;
    while (dataplane_tick(dataplane, &counters)) {
        int64_t second = instant_second(counters.tick);
        result->first_tick_s = result->tick_count == 0 ? second : result->first_tick_s;
        assert_int_equal(second, result->first_tick_s + result->tick_count); // none is skipped
        result->tick_count++;
        counters_print(result->ticks, result->settings, &counters);
        for (size_t i = 0; i < counters.cell_count; i++) {
            result->demand += counters.cells[i].demand;
        }
    }
}

static void result_make(struct result *result, struct scene *scene, size_t workers, size_t burst)
{
    struct mistakes *mistakes = mistakes_new();
    *result = (struct result){.settings = &scene->rig.settings};
    result->records = open_memstream(&result->records_text, &result->records_size);
    result->ticks = open_memstream(&result->ticks_text, &result->ticks_size);
    struct dataplane *dataplane =
        dataplane_new(result->settings, workers, result_sink, result, mistakes);
    mistakes_print(mistakes, stderr);
    assert_non_null(dataplane);
    for (size_t i = 0; i < scene->packet_count; i += burst) {
        size_t left = scene->packet_count - i;
        dataplane_packets(dataplane, &scene->packets[i], left < burst ? left : burst);
        result_ticks(result, dataplane);
    }
    dataplane_end(dataplane);
    result_ticks(result, dataplane);
    dataplane_counts(dataplane, &result->counts);
    fclose(result->records);
    fclose(result->ticks);
    dataplane_free(dataplane);
    mistakes_free(mistakes);
}

static void result_done(struct result *result)
{
    free(result->records_text);
    free(result->ticks_text);
}

static const struct {
    size_t workers, burst;
} rows[] = {{1, 64}, {1, 1}, {1, 1000}, {2, 64}, {2, 1}, {4, 32}, {4, 5000}, {3, 7}};

static void test_same_for_any_number(void **state)
{
    (void)state;
    struct scene *scene = scene_new();
    struct result first, other;
    result_make(&first, scene, rows[0].workers, rows[0].burst);
    for (size_t i = 1; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%zu workers, bursts of %zu\n", rows[i].workers, rows[i].burst);
        result_make(&other, scene, rows[i].workers, rows[i].burst);
        assert_string_equal(other.records_text, first.records_text);
        assert_string_equal(other.ticks_text, first.ticks_text);
        assert_int_equal(other.tick_count, first.tick_count);
        assert_memory_equal(
            other.counts.by_outcome, first.counts.by_outcome, sizeof(first.counts.by_outcome));
        result_done(&other);
    }
    const struct dataplane_counts *counts = &first.counts;
    int64_t last_ns = scene->packets[scene->packet_count - 1].at.ns;
    assert_int_equal(first.first_tick_s, instant_second(scene->packets[0].at));
    assert_int_equal(
        first.first_tick_s + first.tick_count - 1, (last_ns + NS_PER_S - 1) / NS_PER_S);
    assert_int_equal(first.demand, counts->transactions.requests);
    assert_true(counts->transactions.paired > INTENTS * 8 / 10);
    assert_true(counts->by_outcome[OUTCOME_UNOBSERVED] > 100);
    assert_true(counts->by_outcome[OUTCOME_LATE] > 20);
    assert_true(counts->streams.gaps > 50 && counts->transactions.gaps >= counts->streams.gaps);
    assert_int_equal(counts->transactions.evicted, 0);
    assert_int_equal(counts->disordered_packets, 0);
    result_done(&first);
    scene_free(scene);
}

static void test_time_does_not_run_back(void **state)
{
    (void)state;
    struct scene *scene = scene_new();
    struct result one, two;
    scene->packets[100].at = scene->packets[90].at;
    scene->packets[200].at = (struct instant){0};
    result_make(&one, scene, 1, 64);
    result_make(&two, scene, 2, 33);
    assert_true(one.counts.disordered_packets >= 1);
    assert_int_equal(one.counts.disordered_packets, two.counts.disordered_packets);
    assert_string_equal(one.records_text, two.records_text);
    assert_string_equal(one.ticks_text, two.ticks_text);
    result_done(&one);
    result_done(&two);
    scene_free(scene);
}

static void test_nothing_seen(void **state)
{
    (void)state;
    struct scene *scene = scene_new();
    struct result nothing;
    scene->packet_count = 0;
    result_make(&nothing, scene, 2, 64);
    assert_int_equal(nothing.tick_count, 0);
    result_done(&nothing);
    scene_free(scene);
}

// Nobody sends any more: time alone brings the deadlines, their ticks, and none is skipped.
static void test_time_moves_without_packets(void **state)
{
    (void)state;
    struct scene *scene = scene_new();
    struct mistakes *mistakes = mistakes_new();
    struct dataplane *dataplane = dataplane_new(&scene->rig.settings, 2, NULL, NULL, mistakes);
    struct counters counters;
    struct dataplane_counts counts;
    struct instant start = instant_add(rig_at(0), -3 * NS_PER_S - 1), end = rig_at(300 * NS_PER_S);
    int64_t next_s = instant_second(start);
    dataplane_advance(dataplane, start);
    for (size_t i = 0; i < scene->packet_count; i++) {
        struct packet packet = scene->packets[i];
        dataplane_packets(dataplane, &packet, 1);
        dataplane_advance(dataplane, packet.at); // no step
    }
    for (struct instant now = scene->packets[scene->packet_count - 1].at; now.ns <= end.ns;
         now.ns += NS_PER_S / 4) {
        dataplane_advance(dataplane, now);
        while (dataplane_tick(dataplane, &counters)) {
            assert_int_equal(instant_second(counters.tick), next_s++);
        }
    }
    assert_int_equal(next_s, instant_second(end));
    dataplane_counts(dataplane, &counts);
    assert_int_equal(counts.disordered_packets, 0);
    assert_int_equal(counts.by_outcome[OUTCOME_OPEN],
        counts.by_outcome[OUTCOME_SUCCEEDED] + counts.by_outcome[OUTCOME_UNANSWERED] +
            counts.by_outcome[OUTCOME_UNOBSERVED] - counts.transactions.orphans);
    dataplane_free(dataplane);
    mistakes_free(mistakes);
    scene_free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_for_any_number),
        cmocka_unit_test(test_time_does_not_run_back),
        cmocka_unit_test(test_nothing_seen),
        cmocka_unit_test(test_time_moves_without_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
