// Tries of one intent count once. Rows by hand, and a random crowd of customers against a model
// that groups all tries known by a tick from the start, again and again.
#include "dataplane/counters/intents.h"
#include "dataplane/counters/tries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BASE_S     1773108000
#define LIMIT_MS   30000
#define WINDOW_MS  300000
#define WITHIN_MS  60000
#define SOURCES    3
#define ACQUIRER   0
#define ISSUER     1
#define TRIES_MOST 4000
#define TICKS_MOST 1200

// A try in milliseconds from the start; until: when it was known.
struct made {
    int64_t at_ms, until_ms;
    uint64_t customer;
    char outcome; // F failed, U unanswered, S processed, R reversed: processed before that
    uint64_t merchant;
    uint16_t link;
    uint8_t source;
    bool retry, affected; // of the model: does not count; was told
};

struct sums {
    int64_t demand, failed, unanswered, retries, ungrouped, affected, unnamed, persons, merchants;
    int64_t served;
};

static struct link_settings links[2] = {
    {.time_limit_ns = LIMIT_MS * NS_PER_MS, .role = ROLE_ACQUIRER},
    {.time_limit_ns = LIMIT_MS * NS_PER_MS, .role = ROLE_ISSUER}};
static struct settings settings = {.links = links,
    .link_count = 2,
    .intents = {.failed = 8192,
        .processed = 8192,
        .retry_window_ns = WINDOW_MS * NS_PER_MS,
        .served_within_ns = WITHIN_MS * NS_PER_MS}};

static struct instant at(int64_t ms)
{
    return instant_add(instant_from_s(BASE_S), ms * NS_PER_MS);
}

static int64_t tick_of_ms(int64_t ms)
{
    return (ms + 999) / 1000;
}

static struct intent_try try_of(const struct made *made)
{
    struct intent_try try = {.requested_at = at(made->at_ms),
        .known_at = at(made->until_ms),
        .account = made->customer,
        .merchant = made->merchant,
        .cell = {.link = made->link, .province = 32}};
    try.flags = made->outcome == 'U' ? TRY_UNANSWERED : made->outcome == 'R' ? TRY_REVERSED : 0;
    if (made->customer != 0) {
        try.key = intent_key(&try.cell, made->customer, 100, (uint16_t)made->merchant);
    }
    return try;
}

// ---- the real one

struct play {
    struct intents *intents;
    struct processed *sources[SOURCES];
    struct made *tries;
    size_t count;
    bool added[TRIES_MOST];
    struct sums sums;
    uint64_t evicted;
};

static void play_begin(struct play *play, struct made *tries, size_t count)
{
    *play = (struct play){.intents = intents_new(&settings), .tries = tries, .count = count};
    assert_non_null(play->intents);
    for (size_t i = 0; i < SOURCES; i++) {
        play->sources[i] = processed_new((size_t)settings.intents.processed);
        intents_add_source(play->intents, play->sources[i]);
    }
}

static void play_end(struct play *play)
{
    intents_free(play->intents);
    for (size_t i = 0; i < SOURCES; i++) {
        processed_free(play->sources[i]);
    }
}

static int by_known(const void *one, const void *other)
{
    const struct made *a = *(struct made *const *)one, *b = *(struct made *const *)other;
    return a->until_ms != b->until_ms ? (a->until_ms > b->until_ms) - (a->until_ms < b->until_ms)
                                      : (a > b) - (a < b);
}

// An approval that is reversed later was processed a second after its request.
static int64_t processed_ms(const struct made *made)
{
    return made->outcome == 'R' ? made->at_ms + 1000 : made->until_ms;
}

// Workers may be ahead of the tick: the next second's are there already.
static void sources_fill(struct play *play, int64_t tick)
{
    static struct made copies[TRIES_MOST], *order[TRIES_MOST];
    size_t count = 0;
    for (size_t i = 0; i < play->count; i++) {
        const struct made *made = &play->tries[i];
        bool processed = made->outcome == 'S' || made->outcome == 'R';
        if (processed && !play->added[i] && processed_ms(made) <= (tick + 1) * 1000) {
            play->added[i] = true;
            copies[count] = *made;
            copies[count].until_ms = processed_ms(made);
            order[count] = &copies[count];
            count++;
        }
    }
    qsort(order, count, sizeof(struct made *), by_known);
    for (size_t i = 0; i < count; i++) {
        struct intent_try try = try_of(order[i]);
        processed_add(play->sources[order[i]->source], try.key, try.requested_at, try.known_at);
    }
}

static void sums_add(struct sums *sums, const struct counters *counters)
{
    for (size_t i = 0; i < counters->cell_count; i++) {
        const struct cell_counts *cell = &counters->cells[i];
        sums->demand += cell->demand;
        sums->failed += cell->failed;
        sums->unanswered += cell->unanswered;
        sums->retries += cell->retries;
        sums->ungrouped += cell->ungrouped;
        sums->affected += cell->affected;
        sums->unnamed += cell->affected_unnamed;
    }
    for (size_t i = 0; i < counters->affected_count; i++) {
        const struct affected *affected = &counters->affected[i];
        assert_true(i == 0 || memcmp(affected - 1, affected, sizeof(*affected)) != 0);
        sums->served += affected->served;
        *(affected->kind == AFFECTED_MERCHANT ? &sums->merchants : &sums->persons) +=
            !affected->served;
    }
}

// What the tick says besides the corrections is not counted here.
static void play_tick(struct play *play, int64_t tick)
{
    static struct intent_try tries[TRIES_MOST];
    size_t count = 0;
    for (size_t i = play->count; i-- > 0;) { // workers put them in any order
        const struct made *made = &play->tries[i];
        if (made->outcome != 'S' && tick_of_ms(made->until_ms) == tick) {
            tries[count++] = try_of(made);
        }
    }
    sources_fill(play, tick);
    struct counters counters = {
        .tick = instant_from_s(BASE_S + tick), .tries = tries, .try_count = count};
    const struct counters *grouped = intents_group(play->intents, &counters);
    sums_add(&play->sums, grouped);
    play->evicted = grouped->evicted;
}

// ---- rows

#define S(at, until, who)                                                                          \
    {                                                                                              \
        at, until, who, 'S', 7, ISSUER, 0                                                          \
    }
#define F(at, until, who)                                                                          \
    {                                                                                              \
        at, until, who, 'F', 7, ISSUER, 0                                                          \
    }
#define U(at, who)                                                                                 \
    {                                                                                              \
        at, (at) + LIMIT_MS, who, 'U', 7, ISSUER, 0                                                \
    }
#define R(at, until, who)                                                                          \
    {                                                                                              \
        at, until, who, 'R', 7, ISSUER, 0                                                          \
    }

static const struct {
    const char *what;
    struct made tries[8];
    int64_t demand, failed, unanswered, affected, served; // what grouping changes, and tells
} rows[] = {
    {"one failure", {F(0, 100, 1)}, 0, 0, 0, 1, 0},
    {"three tries", {F(0, 100, 1), F(5000, 5100, 1), F(10000, 10100, 1)}, -2, -2, 0, 1, 0},
    {"T-N2: served by a retry", {F(0, 100, 1), S(5000, 5100, 1)}, -1, -1, 0, 0, 0},
    {"T-N2: served by the third", {F(0, 100, 1), U(5000, 1), S(36000, 36100, 1)}, -2, -1, -1, 0, 0},
    {"served at 60 s", {F(0, 100, 1), S(59000, 60100, 1)}, -1, -1, 0, 0, 0},
    {"T-N1: a moment after 60 s", {F(0, 100, 1), S(59000, 60101, 1)}, 0, 0, 0, 1, 1},
    {"T-N1: much later", {F(0, 100, 1), F(60000, 60100, 1), S(240000, 240100, 1)}, -1, -1, 0, 1, 1},
    {"the retry is known before the time-out", {U(0, 1), S(10000, 10100, 1)}, -1, 0, -1, 0, 0},
    {"the retry failed before the time-out", {U(0, 1), F(10000, 10100, 1)}, -1, -1, 0, 1, 0},
    {"in the window", {F(0, 100, 1), F(300000, 300100, 1)}, -1, -1, 0, 1, 0},
    {"behind the window", {F(0, 100, 1), F(300001, 300100, 1)}, 0, 0, 0, 2, 0},
    {"by a first try, not by each", {F(0, 100, 1), F(200000, 200100, 1), F(301000, 301100, 1)}, -1,
        -1, 0, 2, 0},
    {"two customers", {F(0, 100, 1), S(5000, 5100, 2)}, 0, 0, 0, 1, 0},
    {"another merchant", {F(0, 100, 1), {5000, 5100, 1, 'S', 8, ISSUER, 0}}, 0, 0, 0, 1, 0},
    {"a success before the failure", {S(0, 100, 1), F(5000, 5100, 1)}, 0, 0, 0, 1, 0},
    {"again after having been served", {F(0, 100, 1), S(5000, 5100, 1), F(9000, 9100, 1)}, -1, -1,
        0, 1, 0},
    {"an earlier one is known later: another anchor",
        {U(0, 1), F(10000, 10100, 1), F(305000, 305100, 1)}, -1, -1, 0, 2, 0},
    {"what served was reversed", {F(0, 100, 1), R(5000, 8000, 1)}, -1, -1, 0, 1, 0},
    {"reversed alone", {R(5000, 8000, 1)}, 0, 0, 0, 1, 0},
    {"without an account", {F(0, 100, 0), F(5000, 5100, 0)}, 0, 0, 0, 2, 0},
};

static size_t made_count(const struct made *tries)
{
    size_t count = 0;
    while (count < 8 && tries[count].outcome != 0) {
        count++;
    }
    return count;
}

static void test_T_N1_T_N2_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static struct play play;
        struct made tries[8];
        memcpy(tries, rows[i].tries, sizeof(tries));
        play_begin(&play, tries, made_count(tries));
        for (int64_t tick = 0; tick < TICKS_MOST; tick++) {
            play_tick(&play, tick);
        }
        const struct sums *sums = &play.sums;
        if (sums->demand != rows[i].demand || sums->failed != rows[i].failed ||
            sums->unanswered != rows[i].unanswered || sums->affected != rows[i].affected ||
            sums->served != rows[i].served || sums->retries != -rows[i].demand ||
            play.evicted != 0) {
            fail_msg("%s: demand %ld, failed %ld, unanswered %ld, affected %ld, served %ld",
                rows[i].what, sums->demand, sums->failed, sums->unanswered, sums->affected,
                sums->served);
        }
        play_end(&play);
    }
}

static void test_T_N4_merchants_of_acquirers(void **state)
{
    (void)state;
    struct made tries[] = {{0, 100, 1, 'F', 7, ACQUIRER, 0}, {10, 110, 2, 'F', 7, ACQUIRER, 0},
        {20, 120, 3, 'F', 8, ISSUER, 0}, {30, 130, 0, 'F', 9, ACQUIRER, 0},
        {40, 140, 0, 'F', 9, ISSUER, 0}};
    static struct play play;
    play_begin(&play, tries, 5);
    for (int64_t tick = 0; tick < 100; tick++) {
        play_tick(&play, tick);
    }
    assert_int_equal(play.sums.persons, 3);
    assert_int_equal(play.sums.merchants, 2); // one of them of two cardholders in one second
    assert_int_equal(play.sums.affected, 5);
    assert_int_equal(play.sums.unnamed, 1);
    assert_int_equal(play.sums.ungrouped, 2);
    play_end(&play);
}

// T-R4: 5000 attempts of 1000 intents, 800 of which are served in the end.
static void test_T_R4_a_storm_of_retries(void **state)
{
    (void)state;
    static struct made tries[TRIES_MOST];
    size_t count = 0;
    for (uint64_t customer = 1; customer <= 500; customer++) {
        bool served = customer % 5 != 0;
        for (int64_t n = 0; n < 5; n++) {
            int64_t at_ms = (int64_t)customer * 3 + n * 1700;
            char outcome = n == 4 && served ? 'S' : n % 2 == 0 ? 'F' : 'U';
            tries[count] = (struct made){at_ms, outcome == 'U' ? at_ms + LIMIT_MS : at_ms + 900,
                customer, outcome, 7, ISSUER, (uint8_t)(count % SOURCES)};
            count++;
        }
    }
    static struct play play;
    play_begin(&play, tries, count);
    for (int64_t tick = 0; tick < 200; tick++) {
        play_tick(&play, tick);
    }
    assert_int_equal(play.sums.demand, -2000);                        // 2500 attempts: 500 intents
    assert_int_equal(play.sums.failed + play.sums.unanswered, -2000); // 2100 failed: 100
    assert_int_equal(play.sums.affected, 100);
    play_end(&play);
}

// ---- the model

static int by_request(const void *one, const void *other)
{
    const struct made *a = *(struct made *const *)one, *b = *(struct made *const *)other;
    if (a->customer != b->customer) {
        return a->customer < b->customer ? -1 : 1;
    }
    return a->at_ms != b->at_ms ? (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms)
                                : (a->outcome == 'S') - (b->outcome == 'S');
}

// Tries [from, ret) of one customer are one intent, if the first one failed.
static size_t model_intent(struct made **tries, size_t from, size_t count, bool *served)
{
    const struct made *anchor = tries[from];
    size_t to = from + 1;
    *served = false;
    while (anchor->outcome != 'S' && to < count && tries[to]->customer == anchor->customer &&
           tries[to]->at_ms - anchor->at_ms <= WINDOW_MS) {
        if (tries[to++]->outcome == 'S') {
            *served = tries[to - 1]->until_ms - anchor->until_ms <= WITHIN_MS;
            break;
        }
    }
    return to;
}

static void model_tick(struct made *tries, size_t all, int64_t tick, struct sums *ret)
{
    static struct made *known[TRIES_MOST];
    int64_t affected = ret->affected;
    size_t count = 0;
    for (size_t i = 0; i < all; i++) {
        tries[i].retry = false;
        if (tick_of_ms(tries[i].until_ms) <= tick) {
            known[count++] = &tries[i];
        }
    }
    qsort(known, count, sizeof(struct made *), by_request);
    *ret = (struct sums){0};
    for (size_t from = 0, to; from < count; from = to) {
        bool served, told = false;
        to = model_intent(known, from, count, &served);
        for (size_t i = from; i < to; i++) {
            told |= known[i]->affected;
            known[i]->retry = known[i]->outcome != 'S' && (served || i > from);
            ret->retries += known[i]->retry;
        }
        bool due = tick_of_ms(known[from]->until_ms + WITHIN_MS) <= tick;
        if (known[from]->outcome != 'S' && !served && !told && due) {
            known[from]->affected = true;
            affected++;
        }
    }
    ret->affected = affected;
}

static uint64_t seed;

static int64_t draw(int64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((seed >> 33) % (uint64_t)below);
}

static size_t crowd_make(struct made *tries, size_t most)
{
    static const char outcomes[] = "FFFUSSS";
    for (size_t i = 0; i < most; i++) {
        char outcome = outcomes[draw(sizeof(outcomes) - 1)];
        int64_t at_ms = draw(900000) / 7 * 7;
        int64_t taken_ms = draw(4) == 0 ? draw(LIMIT_MS) : 1 + draw(900);
        tries[i] = (struct made){at_ms, at_ms + (outcome == 'U' ? LIMIT_MS : taken_ms),
            1 + (uint64_t)draw(40), outcome, 7, ISSUER, (uint8_t)draw(SOURCES)};
    }
    return most;
}

// At one instant a customer tries but once: copies of a request are no tries.
static size_t crowd_unique(struct made *tries, size_t count)
{
    static struct made *order[TRIES_MOST], kept[TRIES_MOST];
    size_t unique = 0;
    for (size_t i = 0; i < count; i++) {
        order[i] = &tries[i];
    }
    qsort(order, count, sizeof(struct made *), by_request);
    for (size_t i = 0; i < count; i++) {
        if (unique == 0 || kept[unique - 1].customer != order[i]->customer ||
            kept[unique - 1].at_ms != order[i]->at_ms) {
            kept[unique++] = *order[i];
        }
    }
    memcpy(tries, kept, unique * sizeof(*tries));
    return unique;
}

static void test_crowds_as_the_model_has_it(void **state)
{
    (void)state;
    seed = 20260310;
    for (size_t crowd = 0; crowd < 24; crowd++) {
        static struct made tries[TRIES_MOST];
        static struct play play;
        size_t count = crowd_unique(tries, crowd_make(tries, 100 + crowd % 12 * 150));
        struct sums wanted = {0};
        play_begin(&play, tries, count);
        for (int64_t tick = 0; tick < TICKS_MOST; tick++) {
            play_tick(&play, tick);
            model_tick(tries, count, tick, &wanted);
            if (play.sums.retries != wanted.retries || play.sums.demand != -wanted.retries ||
                play.sums.affected != wanted.affected) {
                fail_msg("crowd %zu, tick %ld: %ld retries, not %ld, %ld affected, not %ld", crowd,
                    tick, play.sums.retries, wanted.retries, play.sums.affected, wanted.affected);
            }
        }
        assert_int_equal(play.evicted, 0);
        assert_true(wanted.retries > 0 && wanted.affected > 0);
        play_end(&play);
    }
}

// ---- room

static void test_beyond_the_table_is_flagged(void **state)
{
    (void)state;
    static struct made tries[40];
    static struct play play;
    for (size_t i = 0; i < 40; i++) {
        tries[i] = (struct made)F((int64_t)i * 10, 500 + (int64_t)i * 10, 1 + i % 20);
    }
    settings.intents.failed = 16;
    play_begin(&play, tries, 40);
    for (int64_t tick = 0; tick < 5; tick++) {
        play_tick(&play, tick);
    }
    assert_int_equal(play.sums.ungrouped, 24);
    assert_int_equal(play.sums.affected, 24); // at once: nobody waits for their retries
    assert_int_equal(play.evicted, 24);
    for (int64_t tick = 5; tick < TICKS_MOST; tick++) {
        play_tick(&play, tick);
    }
    assert_int_equal(play.sums.affected, 40);
    settings.intents.failed = 8192;
    play_end(&play);
}

// The success is known long before the time-out, and what is known since has overwritten it.
static void test_processed_ones_overwritten_are_flagged(void **state)
{
    (void)state;
    static struct made tries[40];
    static struct play play;
    tries[0] = (struct made)U(0, 1);
    tries[1] = (struct made)S(1000, 1100, 1);
    for (size_t i = 2; i < 40; i++) {
        tries[i] = (struct made)S((int64_t)i * 500, (int64_t)i * 500 + 100, 1 + i);
    }
    for (int64_t kept = 16; kept <= 64; kept *= 4) {
        settings.intents.processed = kept;
        play_begin(&play, tries, 40);
        for (int64_t tick = 0; tick < 100; tick++) {
            play_tick(&play, tick);
        }
        assert_int_equal(play.evicted > 0, kept == 16);
        assert_int_equal(play.sums.retries, kept == 16 ? 0 : 1);
        play_end(&play);
    }
    settings.intents.processed = 8192;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T_N1_T_N2_rows),
        cmocka_unit_test(test_T_N4_merchants_of_acquirers),
        cmocka_unit_test(test_T_R4_a_storm_of_retries),
        cmocka_unit_test(test_crowds_as_the_model_has_it),
        cmocka_unit_test(test_beyond_the_table_is_flagged),
        cmocka_unit_test(test_processed_ones_overwritten_are_flagged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
