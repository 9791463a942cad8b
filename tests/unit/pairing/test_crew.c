// Workers that are threads say what one worker says, tick by tick, however the packets are dealt to
// their queues; when there is no room and nobody may wait, what is lost is unobserved.
#include "dataplane/counters/counters_merge.h"
#include "dataplane/crew.h"
#include "dataplane/packets/rss.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/pairing/scene.h"

#include <cmocka.h>

#define WORKERS_MAX 4
#define TICKS       16

enum deal { BY_CONNECTION, ALL_TO_THE_FIRST, ALL_TO_THE_LAST, IN_TURN, AT_RANDOM, IN_HALVES };

struct hand {
    struct crowd *crowd;
    pthread_t thread;
    size_t number, count;
    struct packet *packets;
};

struct crowd {
    struct scene *scene;
    struct crew *crew;
    size_t workers, burst;
    bool last_idles; // on a device that may still bring something
    bool given_in_time;
    atomic_bool given; // all packets of the first worker
    struct counters_ring *rings[WORKERS_MAX];
    struct counters_merge *merge;
    struct hand hands[WORKERS_MAX];
    struct crew_counts counts;
    char *text;
    size_t size;
    int64_t missing_bytes;
};

static int64_t missing_bytes(const struct counters *counters)
{
    int64_t sum = 0;
    for (size_t i = 0; i < counters->link_count; i++) {
        sum += counters->links[i].missing_request_bytes + counters->links[i].missing_answer_bytes;
    }
    return sum;
}

// ---- what one worker says

static char *reference(struct scene *scene, struct dataplane_counts *counts, int64_t *missing)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct mistakes *mistakes = mistakes_new();
    struct dataplane *dataplane = dataplane_new(&scene->rig.settings, 1, NULL, NULL, mistakes);
    struct counters counters;
    dataplane_packets(dataplane, scene->packets, scene->packet_count);
    dataplane_end(dataplane);
    while (dataplane_tick(dataplane, &counters)) {
        counters_print(out, &scene->rig.settings, &counters);
        *missing += missing_bytes(&counters);
    }
    dataplane_counts(dataplane, counts);
    dataplane_free(dataplane);
    mistakes_free(mistakes);
    fclose(out);
    return text;
}

// ---- a crew

// False when there is no room for all.
static bool ticks_put(struct crowd *crowd, size_t worker)
{
    struct counters counters;
    while (!counters_ring_is_full(crowd->rings[worker])) {
        if (!crew_tick(crowd->crew, worker, &counters)) {
            return true;
        }
        counters_ring_put(crowd->rings[worker], &counters);
    }
    return false;
}

static void crowd_wait(void *context, size_t worker)
{
    (void)ticks_put(context, worker);
    sched_yield();
}

// As in tools/run.c: a burst begins once the ticks of the one before have left.
static void ticks_put_all(struct crowd *crowd, size_t worker)
{
    while (!ticks_put(crowd, worker)) {
        crew_pass(crowd->crew, worker);
        sched_yield();
    }
}

// Without a packet, until the first worker has given all of its own, or for ten seconds.
static void stay_idle(struct crowd *crowd, size_t worker)
{
    for (size_t ms = 0; !atomic_load(&crowd->given) && ms < 10000; ms++) {
        crew_packets(crowd->crew, worker, NULL, 0, false);
        ticks_put_all(crowd, worker);
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    }
    crowd->given_in_time = atomic_load(&crowd->given);
}

static void *worker_main(void *context)
{
    struct hand *hand = context;
    struct crowd *crowd = hand->crowd;
    if (crowd->last_idles && hand->number == crowd->workers - 1) {
        stay_idle(crowd, hand->number);
    }
    for (size_t i = 0; i < hand->count; i += crowd->burst) {
        size_t left = hand->count - i, count = left < crowd->burst ? left : crowd->burst;
        crew_packets(crowd->crew, hand->number, &hand->packets[i], count, false);
        ticks_put_all(crowd, hand->number);
    }
    if (hand->number == 0) {
        atomic_store(&crowd->given, true);
    }
    crew_packets(crowd->crew, hand->number, NULL, 0, true);
    crew_end(crowd->crew, hand->number);
    ticks_put_all(crowd, hand->number);
    counters_ring_close(crowd->rings[hand->number]);
    return NULL;
}

static size_t dealt_to(const struct crowd *crowd, enum deal deal, size_t i)
{
    const struct packet *packet = &crowd->scene->packets[i];
    switch (deal) {
    case BY_CONNECTION: return rss_hash(packet) % RSS_PLACES % crowd->workers;
    case ALL_TO_THE_FIRST: return 0;
    case ALL_TO_THE_LAST: return crowd->workers - 1;
    case IN_TURN: return i % crowd->workers;
    case AT_RANDOM: return (i * 2654435761u >> 16) % crowd->workers;
    case IN_HALVES: return i < crowd->scene->packet_count / 2 ? 0 : crowd->workers - 1;
    }
    return 0;
}

static void crowd_deal(struct crowd *crowd, enum deal deal)
{
    for (size_t i = 0; i < crowd->workers; i++) {
        struct hand *hand = &crowd->hands[i];
        *hand = (struct hand){.crowd = crowd, .number = i};
        hand->packets = calloc(crowd->scene->packet_count, sizeof(*hand->packets));
    }
    for (size_t i = 0; i < crowd->scene->packet_count; i++) {
        struct hand *hand = &crowd->hands[dealt_to(crowd, deal, i)];
        hand->packets[hand->count++] = crowd->scene->packets[i];
    }
}

static void crowd_init(
    struct crowd *crowd, struct scene *scene, size_t workers, enum crew_time time)
{
    struct mistakes *mistakes = mistakes_new();
    struct crew_spread spread = {.workers = workers, .queues = workers};
    *crowd = (struct crowd){.scene = scene, .workers = workers, .burst = 64};
    scene->rig.settings.ports.exchange = 64;
    crowd->crew = crew_new(&scene->rig.settings, &spread, time, crowd_wait, crowd, mistakes);
    mistakes_print(mistakes, stderr);
    assert_non_null(crowd->crew);
    for (size_t i = 0; i < workers; i++) {
        crowd->rings[i] = counters_ring_new(TICKS);
    }
    crowd->merge = counters_merge_new(crowd->rings, workers, crew_intents(crowd->crew));
    mistakes_free(mistakes);
}

static void crowd_take_ticks(struct crowd *crowd)
{
    FILE *out = open_memstream(&crowd->text, &crowd->size);
    while (!counters_merge_is_over(crowd->merge)) {
        const struct counters *counters = counters_merge_head(crowd->merge);
        if (counters == NULL) {
            sched_yield();
            continue;
        }
        assert_int_equal(counters->merged, 0);
        counters_print(out, &crowd->scene->rig.settings, counters);
        crowd->missing_bytes += missing_bytes(counters);
        counters_merge_pop(crowd->merge);
    }
    fclose(out);
}

static void crowd_run(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->workers; i++) {
        struct hand *hand = &crowd->hands[i];
        assert_int_equal(pthread_create(&hand->thread, NULL, worker_main, hand), 0);
    }
    crowd_take_ticks(crowd);
    for (size_t i = 0; i < crowd->workers; i++) {
        pthread_join(crowd->hands[i].thread, NULL);
    }
    crew_counts(crowd->crew, &crowd->counts);
}

static void crowd_done(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->workers; i++) {
        free(crowd->hands[i].packets);
        counters_ring_free(crowd->rings[i]);
    }
    counters_merge_free(crowd->merge);
    crew_free(crowd->crew);
    free(crowd->text);
}

static const struct {
    const char *what;
    size_t workers;
    enum deal deal;
    size_t burst;
} rows[] = {
    {"one worker", 1, BY_CONNECTION, 64},
    {"two, each connection with its worker", 2, BY_CONNECTION, 64},
    {"two, packets in turn", 2, IN_TURN, 64},
    {"two, single packets", 2, IN_TURN, 1},
    {"two, one of them without a packet", 2, ALL_TO_THE_LAST, 64},
    {"two, one of them over when the other begins", 2, IN_HALVES, 64},
    {"three, at random", 3, AT_RANDOM, 33},
    {"four, each connection with its worker", 4, BY_CONNECTION, 64},
    {"four, at random", 4, AT_RANDOM, 64},
    {"four, three of them without a packet", 4, ALL_TO_THE_LAST, 64},
};

static void test_says_what_one_worker_says(void **state)
{
    (void)state;
    struct scene *scene = scene_new();
    struct dataplane_counts wanted = {0};
    int64_t missing = 0;
    char *text = reference(scene, &wanted, &missing);
    assert_true(wanted.by_outcome[OUTCOME_UNOBSERVED] > 100);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct crowd crowd;
        crowd_init(&crowd, scene, rows[i].workers, CREW_PACKETS);
        crowd.burst = rows[i].burst;
        crowd_deal(&crowd, rows[i].deal);
        crowd_run(&crowd);
        print_message("%s: %llu packets handed over\n", rows[i].what,
            (unsigned long long)crowd.counts.handed_over);
        assert_string_equal(crowd.text, text);
        assert_memory_equal(
            crowd.counts.dataplane.by_outcome, wanted.by_outcome, sizeof(wanted.by_outcome));
        assert_int_equal(
            crowd.counts.dataplane.streams.missing_bytes, wanted.streams.missing_bytes);
        assert_int_equal(crowd.counts.lost_packets + crowd.counts.lost_messages, 0);
        assert_int_equal(crowd.counts.dataplane.disordered_packets, 0);
        if (rows[i].deal == BY_CONNECTION) {
            assert_int_equal(crowd.counts.handed_over, 0);
        } else {
            assert_true(crowd.counts.handed_over > 1000);
        }
        crowd_done(&crowd);
    }
    free(text);
    scene_free(scene);
}

// A disorder so long that no ring has room for what comes meanwhile.
static void test_an_idle_worker_holds_nobody_up(void **state)
{
    (void)state;
    struct scene *scene = scene_new();
    struct dataplane_counts wanted = {0};
    struct crowd crowd;
    int64_t missing = 0;
    scene->rig.settings.packets.disorder_ns = 200 * NS_PER_S;
    free(reference(scene, &wanted, &missing));
    for (size_t workers = 2; workers <= 3; workers++) {
        crowd_init(&crowd, scene, workers, CREW_PACKETS);
        crowd_deal(&crowd, ALL_TO_THE_FIRST);
        crowd.last_idles = true;
        crowd_run(&crowd);
        assert_true(crowd.given_in_time);
        assert_memory_equal(
            crowd.counts.dataplane.by_outcome, wanted.by_outcome, sizeof(wanted.by_outcome));
        assert_int_equal(crowd.counts.lost_packets + crowd.counts.lost_messages, 0);
        crowd_done(&crowd);
    }
    scene_free(scene);
}

static void test_nothing_seen(void **state)
{
    (void)state;
    struct scene *scene = scene_new();
    scene->packet_count = 0;
    for (size_t workers = 1; workers <= WORKERS_MAX; workers++) {
        struct crowd crowd;
        crowd_init(&crowd, scene, workers, CREW_PACKETS);
        crowd_deal(&crowd, BY_CONNECTION);
        crowd_run(&crowd);
        assert_string_equal(crowd.text, "");
        crowd_done(&crowd);
    }
    scene_free(scene);
}

// The second worker sleeps for seconds of traffic at a time while the first one goes on.
static void one_works_alone(struct crowd *crowd)
{
    const struct hand *hand = &crowd->hands[0];
    for (size_t i = 0; i < hand->count; i += crowd->burst) {
        size_t left = hand->count - i, count = left < crowd->burst ? left : crowd->burst;
        crew_packets(crowd->crew, 0, &hand->packets[i], count, false);
        if (i / crowd->burst % 4 == 3) {
            crew_packets(crowd->crew, 1, NULL, 0, false);
            crew_advance(crowd->crew, 1, hand->packets[i].at);
        }
    }
    crowd->hands[0].count = 0;
}

static void test_what_finds_no_room_is_unobserved(void **state)
{
    (void)state;
    struct scene *scene = scene_new();
    struct dataplane_counts wanted = {0};
    struct crowd crowd;
    int64_t missing = 0;
    crowd_init(&crowd, scene, 2, CREW_WALL);
    crowd_deal(&crowd, BY_CONNECTION);
    crowd.hands[1].count = 0; // what it would have seen: a port that is down
    struct scene *half = scene_new();
    half->packet_count = crowd.hands[0].count;
    memcpy(half->packets, crowd.hands[0].packets, half->packet_count * sizeof(half->packets[0]));
    free(reference(half, &wanted, &missing));
    one_works_alone(&crowd);
    crowd_run(&crowd);
    const uint64_t *outcomes = crowd.counts.dataplane.by_outcome;
    print_message("%llu messages lost, %lld bytes missing, %lld if none were\n",
        (unsigned long long)crowd.counts.lost_messages, (long long)crowd.missing_bytes,
        (long long)missing);
    assert_true(crowd.counts.lost_messages > 100);
    assert_true(outcomes[OUTCOME_OPEN] < wanted.by_outcome[OUTCOME_OPEN]);
    assert_true(crowd.missing_bytes >= missing + (int64_t)crowd.counts.lost_messages / 2 * LENGTH);
    assert_true(outcomes[OUTCOME_UNANSWERED] <= wanted.by_outcome[OUTCOME_UNANSWERED]);
    assert_int_equal(outcomes[OUTCOME_FAILED], wanted.by_outcome[OUTCOME_FAILED]);
    crowd_done(&crowd);
    scene_free(half);
    scene_free(scene);
}

static uint64_t segments_of(const struct crew *crew, size_t worker)
{
    struct crew_counts counts;
    crew_worker_counts(crew, worker, &counts);
    return counts.dataplane.streams.segments;
}

// Whoever hands over without a pause must not keep a worker from its own queues and its ticks.
static void test_a_call_takes_a_bounded_part(void **state)
{
    (void)state;
    struct scene *scene = scene_new();
    struct crowd crowd;
    scene->rig.settings.ports.handover_bytes = 4 << 20;
    crowd_init(&crowd, scene, 2, CREW_WALL);
    crowd_deal(&crowd, ALL_TO_THE_FIRST);
    crew_packets(crowd.crew, 0, crowd.hands[0].packets, crowd.hands[0].count, false);
    crew_packets(crowd.crew, 1, NULL, 0, false);
    uint64_t first = segments_of(crowd.crew, 1);
    for (uint64_t last = 0, now = first; now != last; now = segments_of(crowd.crew, 1)) {
        last = now;
        crew_packets(crowd.crew, 1, NULL, 0, false);
    }
    uint64_t all = segments_of(crowd.crew, 1);
    assert_true(0 < first && first < all);
    assert_int_equal(segments_of(crowd.crew, 0) + all, scene->packet_count);
    crowd_done(&crowd);
    scene_free(scene);
}

// Idle by the clock: ticks go on without a packet, and in lockstep.
static void test_idle_workers_move_by_the_clock(void **state)
{
    (void)state;
    struct scene *scene = scene_new();
    struct crowd crowd;
    struct counters counters;
    crowd_init(&crowd, scene, 3, CREW_WALL);
    int64_t ticks[3] = {0};
    for (int64_t ms = 0; ms <= 5000; ms += 10) {
        struct instant now = rig_at(500 * NS_PER_MS + ms * NS_PER_MS);
        for (size_t worker = 0; worker < 3; worker++) {
            crew_advance(crowd.crew, worker, now);
            while (crew_tick(crowd.crew, worker, &counters)) {
                assert_int_equal(instant_second(counters.tick), RIG_BASE_S + ticks[worker]++);
            }
        }
    }
    for (size_t worker = 0; worker < 3; worker++) {
        assert_int_equal(ticks[worker], 6); // the last worker to advance is the last to let one go
    }
    crowd_done(&crowd);
    scene_free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_says_what_one_worker_says),
        cmocka_unit_test(test_an_idle_worker_holds_nobody_up),
        cmocka_unit_test(test_nothing_seen),
        cmocka_unit_test(test_what_finds_no_room_is_unobserved),
        cmocka_unit_test(test_a_call_takes_a_bounded_part),
        cmocka_unit_test(test_idle_workers_move_by_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
