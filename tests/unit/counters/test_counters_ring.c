// Nothing is lost between worker and detectors: ticks come in order, and those that found the ring
// full come as their sum, with the number of ticks in it.
#include "dataplane/counters/counters_ring.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TICKS 20000

static struct cell_counts cell(uint8_t province, int64_t cohort_s, int32_t demand)
{
    return (struct cell_counts){.cell = {.province = province},
        .cohort_s = cohort_s,
        .demand = demand,
        .repeats = 2 * demand};
}

static struct link_counts link_of(int64_t second, int32_t shortest, int64_t frames)
{
    struct link_counts link = {.second = second,
        .frames = frames,
        .shortest_answer_bytes = shortest,
        .management_unanswered = (int32_t)frames};
    link.latency[LATENCY_CLASSES - 1] = (int32_t)frames;
    return link;
}

static struct counters tick(int64_t second, struct cell_counts *cells, size_t cell_count,
    struct link_counts *links, size_t link_count)
{
    return (struct counters){.tick = instant_from_s(second),
        .cells = cells,
        .cell_count = cell_count,
        .links = links,
        .link_count = link_count,
        .evicted = (uint64_t)second};
}

static void test_full_ring_adds(void **state)
{
    (void)state;
    struct counters_ring *ring = counters_ring_new(2);
    struct cell_counts one[] = {cell(11, 5, 1), cell(32, 5, 2), cell(32, 6, 3)};
    struct cell_counts two[] = {cell(31, 6, 4), cell(32, 6, 5), cell(44, 7, 6)};
    struct link_counts early[] = {link_of(5, 200, 1), link_of(6, 0, 2)};
    struct link_counts late[] = {link_of(6, 180, 3), link_of(7, 190, 4)};
    const struct counters ticks[] = {tick(1, NULL, 0, NULL, 0), tick(2, NULL, 0, NULL, 0),
        tick(6, one, 3, early, 2), tick(7, two, 3, late, 2), tick(8, NULL, 0, NULL, 0)};
    for (size_t i = 0; i < 5; i++) {
        counters_ring_put(ring, &ticks[i]);
    }
    assert_true(counters_ring_is_full(ring));
    assert_false(counters_ring_flush(ring));
    counters_ring_close(ring);
    for (int64_t second = 1; second <= 2; second++) {
        assert_int_equal(instant_second(counters_ring_head(ring)->tick), second);
        assert_int_equal(counters_ring_head(ring)->merged, 0);
        counters_ring_pop(ring);
    }
    assert_true(counters_ring_flush(ring));
    assert_false(counters_ring_is_over(ring));
    const struct counters *sum = counters_ring_head(ring);
    const struct cell_counts cells[] = {
        cell(11, 5, 1), cell(31, 6, 4), cell(32, 5, 2), cell(32, 6, 8), cell(44, 7, 6)};
    const struct link_counts links[] = {link_of(5, 200, 1), link_of(6, 180, 5), link_of(7, 190, 4)};
    assert_int_equal(instant_second(sum->tick), 8);
    assert_int_equal(sum->merged, 2);
    assert_int_equal(sum->evicted, 8);
    assert_int_equal(sum->cell_count, 5);
    assert_memory_equal(sum->cells, cells, sizeof(cells));
    assert_int_equal(sum->link_count, 3);
    assert_memory_equal(sum->links, links, sizeof(links));
    counters_ring_pop(ring);
    assert_true(counters_ring_is_over(ring));
    counters_ring_free(ring);
}

// A person of both ticks is one person of their sum.
static void test_persons_are_united(void **state)
{
    (void)state;
    struct counters_ring *ring = counters_ring_new(1);
    struct affected one[] = {{.cohort_s = 5, .id = 1}, {.cohort_s = 5, .id = 3},
        {.cohort_s = 5, .id = 3, .kind = AFFECTED_LEGAL}};
    struct affected two[] = {{.cohort_s = 5, .id = 2}, {.cohort_s = 5, .id = 3},
        {.cohort_s = 5, .id = 3, .served = true}, {.cohort_s = 6, .id = 1}};
    static const struct {
        int64_t cohort_s;
        uint64_t id;
        uint8_t kind;
        bool served;
    } wanted[] = {{5, 1, 0, false}, {5, 2, 0, false}, {5, 3, 0, false}, {5, 3, 0, true},
        {5, 3, AFFECTED_LEGAL, false}, {6, 1, 0, false}};
    struct counters ticks[] = {
        tick(5, NULL, 0, NULL, 0), tick(6, NULL, 0, NULL, 0), tick(7, NULL, 0, NULL, 0)};
    ticks[1].affected = one;
    ticks[1].affected_count = 3;
    ticks[2].affected = two;
    ticks[2].affected_count = 4;
    for (size_t i = 0; i < 3; i++) {
        counters_ring_put(ring, &ticks[i]);
    }
    counters_ring_pop(ring);
    assert_true(counters_ring_flush(ring));
    const struct counters *sum = counters_ring_head(ring);
    assert_int_equal(sum->affected_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(sum->affected[i].cohort_s, wanted[i].cohort_s);
        assert_int_equal(sum->affected[i].id, wanted[i].id);
        assert_int_equal(sum->affected[i].kind, wanted[i].kind);
        assert_int_equal(sum->affected[i].served, wanted[i].served);
    }
    counters_ring_free(ring);
}

struct taken {
    struct counters_ring *ring;
    int64_t last_s, ticks, demand, gap;
};

static void *take_all(void *context)
{
    struct taken *taken = context;
    while (!counters_ring_is_over(taken->ring)) {
        const struct counters *counters = counters_ring_head(taken->ring);
        if (counters == NULL) {
            continue;
        }
        int64_t second = instant_second(counters->tick);
        taken->gap += second - taken->last_s - 1 - (int64_t)counters->merged;
        taken->last_s = second;
        taken->ticks += 1 + (int64_t)counters->merged;
        for (size_t i = 0; i < counters->cell_count; i++) {
            taken->demand += counters->cells[i].demand;
        }
        counters_ring_pop(taken->ring);
    }
    return NULL;
}

static void test_two_threads(void **state)
{
    (void)state;
    struct counters_ring *ring = counters_ring_new(4);
    struct taken taken = {.ring = ring};
    pthread_t thread;
    int64_t demand = 0;
    assert_int_equal(pthread_create(&thread, NULL, take_all, &taken), 0);
    for (int64_t second = 1; second <= TICKS; second++) {
        struct cell_counts cells[] = {cell((uint8_t)(second % 60), second, (int32_t)(second % 7))};
        struct counters counters = tick(second, cells, 1, NULL, 0);
        demand += second % 7;
        counters_ring_put(ring, &counters);
    }
    while (!counters_ring_flush(ring)) {
    }
    counters_ring_close(ring);
    pthread_join(thread, NULL);
    assert_int_equal(taken.ticks, TICKS);
    assert_int_equal(taken.last_s, TICKS);
    assert_int_equal(taken.gap, 0);
    assert_int_equal(taken.demand, demand);
    counters_ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_ring_adds),
        cmocka_unit_test(test_persons_are_united),
        cmocka_unit_test(test_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
