// Between threads: messages arrive once, in order, before the watermark that promises them; what
// finds no room is told as a gap later, and its bytes are missing.
#include "dataplane/mesh.h"
#include "dataplane/overflow.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/pairing/rig.h"

#include <cmocka.h>

#define WORKERS  3
#define MESSAGES 20000

struct worker {
    struct mesh *mesh;
    size_t number;
    pthread_t thread;
    uint64_t next[WORKERS], received;
    int64_t reached_ns[WORKERS]; // of the messages from each
    bool in_order;
};

static void take(void *context, const struct message *messages, size_t count)
{
    struct worker *worker = context;
    for (size_t i = 0; i < count; i++) {
        uint64_t from = messages[i].account;
        worker->in_order = worker->in_order && messages[i].ordinal == worker->next[from];
        worker->next[from]++;
        worker->reached_ns[from] = messages[i].at.ns;
        worker->received++;
    }
}

// All messages before the least watermark are in: message i of each worker is of instant i.
static bool receive(struct worker *worker)
{
    struct instant least = mesh_receive(worker->mesh, worker->number, take, worker);
    for (size_t from = 0; from < WORKERS && least.ns != INT64_MIN; from++) {
        bool whole = from == worker->number || least.ns == INSTANT_NEVER.ns ||
                     worker->reached_ns[from] >= least.ns - 1;
        worker->in_order = worker->in_order && whole;
    }
    return least.ns == INSTANT_NEVER.ns;
}

static void *worker_main(void *context)
{
    struct worker *worker = context;
    for (uint64_t i = 0; i < MESSAGES; i++) {
        struct message message = {.at = {(int64_t)i + 1}, .ordinal = i, .account = worker->number};
        for (size_t to = 0; to < WORKERS; to++) {
            while (to != worker->number && !mesh_put(worker->mesh, worker->number, to, &message)) {
                mesh_publish(worker->mesh, worker->number);
                receive(worker);
                sched_yield();
            }
        }
        if (i % 17 == 0) {
            mesh_publish_watermark(worker->mesh, worker->number, (struct instant){(int64_t)i + 2});
            receive(worker);
        }
    }
    mesh_publish_watermark(worker->mesh, worker->number, INSTANT_NEVER);
    while (!receive(worker)) {
        sched_yield();
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    for (size_t room = 1; room <= 1024; room *= 32) {
        struct mesh *mesh = mesh_new(WORKERS, room);
        struct worker workers[WORKERS];
        for (size_t i = 0; i < WORKERS; i++) {
            workers[i] = (struct worker){.mesh = mesh, .number = i, .in_order = true};
        }
        for (size_t i = 0; i < WORKERS; i++) {
            assert_int_equal(pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]), 0);
        }
        for (size_t i = 0; i < WORKERS; i++) {
            pthread_join(workers[i].thread, NULL);
            assert_true(workers[i].in_order);
            assert_int_equal(workers[i].received, (WORKERS - 1) * MESSAGES);
        }
        mesh_free(mesh);
    }
}

static void test_positions(void **state)
{
    (void)state;
    struct mesh *mesh = mesh_new(2, 4);
    assert_int_equal(mesh_first(mesh).ns, INSTANT_NEVER.ns);
    assert_int_equal(mesh_last(mesh).ns, INT64_MIN);
    assert_int_equal(mesh_frontier(mesh, 1).at.ns, INT64_MIN);
    mesh_publish_span(mesh, 1, (struct instant){7}, (struct instant){9});
    mesh_publish_span(mesh, 0, (struct instant){-5}, (struct instant){8});
    assert_int_equal(mesh_first(mesh).ns, -5);
    assert_int_equal(mesh_last(mesh).ns, 9);
    mesh_publish_frontier(mesh, 1, (struct frontier){{9}, 3});
    assert_int_equal(mesh_frontier(mesh, 1).at.ns, 9);
    assert_int_equal(mesh_frontier(mesh, 1).ordinal, 3);
    assert_true(frontier_is_before((struct frontier){{9}, 2}, mesh_frontier(mesh, 1)));
    assert_false(frontier_is_before((struct frontier){{9}, 3}, mesh_frontier(mesh, 1)));
    assert_true(frontier_is_before(mesh_frontier(mesh, 1), FRONTIER_END));
    mesh_free(mesh);
}

struct heard {
    struct message messages[16];
    size_t count;
};

static void hear(void *context, const struct message *messages, size_t count)
{
    struct heard *heard = context;
    for (size_t i = 0; i < count; i++) {
        heard->messages[heard->count++] = messages[i];
    }
}

// Room for two; a request, two answers and a gap find none.
static void test_overflow(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(16);
    struct mesh *mesh = mesh_new(2, 2);
    struct overflow *overflow = overflow_new(settings, 2);
    struct tally *tally = tally_new(settings);
    struct message lost[] = {rig_request(1, 100, 1), rig_answer(2, 200, 2, "00"),
        rig_answer(3, 300, 3, "00"), rig_request(4, 250, 4)};
    struct heard heard = {0};
    struct counters counters;
    lost[0].length = 210;
    lost[1].length = lost[2].length = 120;
    lost[3].flags |= MESSAGE_GAP;
    lost[3].amount = 1000;
    assert_true(mesh_put(mesh, 0, 1, &lost[0]) && mesh_put(mesh, 0, 1, &lost[0]));
    for (size_t i = 0; i < 4; i++) {
        assert_false(mesh_put(mesh, 0, 1, &lost[i]));
        overflow_note(overflow, 1, &lost[i], tally);
    }
    assert_int_equal(overflow_lost(overflow), 4);
    assert_int_equal(overflow_oldest(overflow).ns, rig_at(100).ns);
    assert_false(overflow_tell(overflow, mesh, 0));
    mesh_publish(mesh, 0);
    mesh_receive(mesh, 1, hear, &heard);
    assert_int_equal(heard.count, 2);
    assert_false(overflow_tell(overflow, mesh, 0)); // four gaps, room for two
    assert_int_equal(overflow_oldest(overflow).ns, rig_at(100).ns);
    mesh_publish(mesh, 0);
    mesh_receive(mesh, 1, hear, &heard);
    assert_true(overflow_tell(overflow, mesh, 0));
    assert_true(overflow_tell(overflow, mesh, 0)); // once
    assert_int_equal(overflow_oldest(overflow).ns, INSTANT_NEVER.ns);
    mesh_publish(mesh, 0);
    mesh_receive(mesh, 1, hear, &heard);
    assert_int_equal(heard.count, 6);
    static const struct {
        int64_t at_ns;
        int flags;
    } gaps[] = {{200, MESSAGE_GAP}, {300, MESSAGE_GAP}, {100, MESSAGE_GAP | MESSAGE_FROM_OURS},
        {250, MESSAGE_GAP | MESSAGE_FROM_OURS}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(heard.messages[2 + i].at.ns, rig_at(gaps[i].at_ns).ns);
        assert_int_equal(heard.messages[2 + i].flags, gaps[i].flags);
    }
    assert_true(tally_take(tally, RIG_BASE_S + 1, &counters));
    assert_int_equal(counters.link_count, 1);
    assert_int_equal(counters.links[0].missing_request_bytes, 210);
    assert_int_equal(counters.links[0].missing_answer_bytes, 240);
    overflow_free(overflow);
    tally_free(tally);
    mesh_free(mesh);
    rig_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
