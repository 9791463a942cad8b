// Whatever the order in which messages are put, each owner takes its own, sorted, and none before
// its time.
#include "config/instant.h"

#include "dataplane/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/pairing/rig.h"

#include <cmocka.h>

#define MESSAGES 5000

// How far from its place in time a message may be put.
static const struct {
    const char *what;
    size_t owners;
    size_t disorder;
    size_t burst;
    int64_t step_ns; // from instant to instant
} rows[] = {
    {"in order, one owner", 1, 0, 64, NS_PER_MS},
    {"nearly in order, one owner", 1, 3, 64, NS_PER_MS},
    {"any order, one owner", 1, MESSAGES, 100, NS_PER_MS},
    {"one at a time", 1, 20, 1, NS_PER_MS},
    {"in order, two owners", 2, 0, 64, NS_PER_MS},
    {"any order, three owners", 3, MESSAGES, 333, NS_PER_MS},
    {"disorder beyond a burst, four owners", 4, 500, 7, NS_PER_MS},
    {"disorder within what is sorted at once", 1, 500, 64, 1},
    {"disorder over many times that, as after loss", 1, 500, 64, 1000 * 20},
    {"the same by two owners, from burst to burst", 2, 100, 64, 1000 * 20},
    {"disorder beyond all that may wait unsorted", 1, 500, 64, NS_PER_S},
};

struct place {
    uint64_t rank;
    struct message message;
};

static int by_rank(const void *a, const void *b)
{
    const struct place *one = a, *other = b;
    return one->rank < other->rank ? -1 : one->rank > other->rank;
}

static void places_make(struct place *places, size_t disorder, int64_t step_ns)
{
    for (uint64_t i = 0; i < MESSAGES; i++) {
        // Instants come in threes, so that the ordinal decides; every 50th is a gap.
        places[i].message = rig_request(i, 0, i);
        places[i].message.at.ns += (int64_t)(i / 3) * step_ns;
        places[i].message.flags |= i % 50 == 0 ? MESSAGE_GAP : 0;
        places[i].rank = (i + rig_mix(i) % (disorder + 1)) * MESSAGES + i;
    }
    qsort(places, MESSAGES, sizeof(*places), by_rank);
}

// The least instant among those not put yet.
static struct instant watermark_of(const struct place *places, size_t from)
{
    struct instant least = INSTANT_NEVER;
    for (size_t i = from; i < MESSAGES; i++) {
        least = instant_min(least, places[i].message.at);
    }
    return least;
}

static void owner_check(struct exchange *exchange, size_t owner, size_t owners,
    struct instant watermark, uint64_t *next)
{
    const struct message *taken;
    size_t count;
    while ((count = exchange_take(exchange, owner, watermark, &taken)) > 0) {
        for (size_t i = 0; i < count; i++, (*next)++) {
            while (*next % 50 != 0 && rig_mix(2 * *next + 1) % owners != owner) {
                (*next)++; // another owner's
            }
            assert_int_equal(taken[i].ordinal, *next);
            assert_true(taken[i].at.ns < watermark.ns);
        }
    }
}

static void test_any_disorder(void **state)
{
    (void)state;
    struct place *places = calloc(MESSAGES, sizeof(*places));
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct exchange *exchange = exchange_new(rows[row].owners);
        uint64_t next[4] = {0};
        places_make(places, rows[row].disorder, rows[row].step_ns);
        print_message("%s\n", rows[row].what);
        for (size_t i = 0; i < MESSAGES; i++) {
            exchange_put(exchange, &places[i].message, 1);
            if ((i + 1) % rows[row].burst == 0 || i + 1 == MESSAGES) {
                struct instant watermark = watermark_of(places, i + 1);
                for (size_t owner = 0; owner < rows[row].owners; owner++) {
                    owner_check(exchange, owner, rows[row].owners, watermark, &next[owner]);
                }
            }
        }
        for (size_t owner = 0; owner < rows[row].owners; owner++) {
            for (; next[owner] < MESSAGES; next[owner]++) { // what is left is not its own
                assert_true(rig_mix(2 * next[owner] + 1) % rows[row].owners != owner);
                assert_true(next[owner] % 50 != 0);
            }
        }
        exchange_free(exchange);
    }
    free(places);
}

static void test_nothing_before_its_time(void **state)
{
    (void)state;
    struct exchange *exchange = exchange_new(1);
    struct message messages[] = {rig_request(1, 10, 1), rig_request(2, 20, 2)};
    const struct message *taken;
    exchange_put(exchange, messages, 2);
    assert_int_equal(exchange_take(exchange, 0, rig_at(10), &taken), 0); // not before itself
    assert_int_equal(exchange_take(exchange, 0, rig_at(20), &taken), 1);
    assert_int_equal(taken->ordinal, 1);
    assert_int_equal(exchange_take(exchange, 0, INSTANT_NEVER, &taken), 1);
    assert_int_equal(taken->ordinal, 2);
    assert_int_equal(exchange_take(exchange, 0, INSTANT_NEVER, &taken), 0);
    exchange_free(exchange);
}

// Nobody should put two with one place; should it happen, neither stands in the other's way.
static void test_one_place_twice(void **state)
{
    (void)state;
    struct exchange *exchange = exchange_new(1);
    const struct message first = rig_request(1, 10, 1), later = rig_request(2, 20, 2);
    const struct message puts[] = {first, later, first};
    const uint64_t ordinals[] = {1, 1, 2};
    const struct message *taken;
    size_t count = 0, all = 0;
    for (size_t i = 0; i < 3; i++) {
        exchange_put(exchange, &puts[i], 1);
    }
    while ((count = exchange_take(exchange, 0, INSTANT_NEVER, &taken)) > 0) {
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(taken[i].ordinal, ordinals[all++]);
        }
    }
    assert_int_equal(all, 3);
    exchange_free(exchange);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_disorder),
        cmocka_unit_test(test_nothing_before_its_time),
        cmocka_unit_test(test_one_place_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
