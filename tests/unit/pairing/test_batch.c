// The ring of batches between two threads: everything arrives once and in order, whoever is slow;
// a consumer that stops early does not hold the producer up.
#include "dataplane/batch.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define BATCHES 5000

struct producer {
    struct batch_ring *ring;
    pthread_t thread;
    unsigned pause_every;
    uint64_t pushed;
};

static void *producer_run(void *context)
{
    struct producer *producer = context;
    struct batch *batch = batch_ring_first(producer->ring);
    for (uint64_t i = 1; i <= BATCHES; i++) {
        batch->items[0].ordinal = i;
        batch->count = 1;
        batch->complete = true;
        batch->reach = (struct reach){.bytes_read = i, .ends = i == BATCHES};
        batch = batch_ring_push(producer->ring, batch);
        producer->pushed++;
        if (producer->pause_every != 0 && i % producer->pause_every == 0) {
            usleep(100);
        }
    }
    return NULL;
}

static void producer_start(struct producer *producer, unsigned pause_every)
{
    *producer = (struct producer){.ring = batch_ring_new(), .pause_every = pause_every};
    assert_non_null(producer->ring);
    assert_false(batch_ring_is_stopped(producer->ring));
    assert_int_equal(pthread_create(&producer->thread, NULL, producer_run, producer), 0);
}

static void producer_done(struct producer *producer)
{
    pthread_join(producer->thread, NULL);
    assert_int_equal(producer->pushed, BATCHES);
    batch_ring_free(producer->ring);
}

static void test_order(void **)
{
    static const struct {
        const char *what;
        unsigned producer_pauses, consumer_pauses;
    } rows[] = {
        {"both run", 0, 0}, {"the producer is slow", 37, 0}, {"the consumer is slow", 0, 37}};
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct producer producer;
        producer_start(&producer, rows[row].producer_pauses);
        for (uint64_t i = 1; i <= BATCHES; i++) {
            const struct batch *batch = batch_ring_take(producer.ring);
            assert_int_equal(batch->items[0].ordinal, i);
            assert_int_equal(batch->reach.bytes_read, i);
            assert_int_equal(batch->reach.ends, i == BATCHES);
            if (rows[row].consumer_pauses != 0 && i % rows[row].consumer_pauses == 0) {
                usleep(100);
            }
        }
        producer_done(&producer);
    }
}

static void test_stop(void **)
{
    for (unsigned taken = 0; taken < 200; taken += 13) {
        struct producer producer;
        producer_start(&producer, 0);
        for (unsigned i = 0; i < taken; i++) {
            batch_ring_take(producer.ring);
        }
        batch_ring_stop(producer.ring);
        producer_done(&producer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
