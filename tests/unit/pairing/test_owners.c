// A random schedule of requests, answers, losses and gaps, fed to 1, 2 and 4 owners in many orders:
// the records are the same bytes, no answer finds a wrong request, and the counters' sums are the
// truth, tick by tick.
#include "config/instant.h"

#include "dataplane/owners.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pairing/rig.h"

#include <cmocka.h>

#define S        NS_PER_S
#define DEMANDS  3000
#define SPAN_NS  (400 * S)
#define MESSAGES (4 * DEMANDS)
#define TICKS    2000

struct demand {
    uint16_t link;
    int64_t requested_ns, answered_ns; // answered: -1 never
    uint64_t ordinal;
    const char *code;
};

struct schedule {
    struct demand demands[DEMANDS];
    struct message messages[MESSAGES];
    size_t count;
    int64_t gaps[64]; // of RIG_CUPS, their side
    size_t gap_count;
};

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    return rig_mix(seed += 0x9e3779b97f4a7c15u) % below;
}

static void schedule_add(struct schedule *schedule, struct message message, uint16_t link)
{
    message.link = link;
    message.province = (uint8_t)(11 + message.account % 5);
    message.ordinal = schedule->count * 3 + 1; // unlike the order of time
    schedule->messages[schedule->count++] = message;
}

static int64_t limit_ns(uint16_t link)
{
    return link == RIG_POS ? 60 * S : 30 * S;
}

static void demand_make(struct schedule *schedule, uint64_t key)
{
    static const char *const codes[] = {"00", "00", "00", "51", "96", "A2", "ZZ", "90"};
    struct demand *demand = &schedule->demands[key];
    demand->link = (uint16_t)draw(RIG_LINKS);
    // Whole tenths of a second: many things happen at the same instant.
    demand->requested_ns = (int64_t)draw(SPAN_NS / (S / 10)) * (S / 10);
    demand->code = codes[draw(8)];
    demand->ordinal = schedule->count * 3 + 1;
    schedule_add(schedule, rig_request(key, demand->requested_ns, 0), demand->link);
    int64_t limit = limit_ns(demand->link);
    int64_t delays[] = {(int64_t)draw(5) * S / 10, (int64_t)draw((uint64_t)limit), limit, limit + 1,
        limit + (int64_t)draw((uint64_t)limit), -1};
    int64_t delay = delays[draw(6)];
    demand->answered_ns = delay < 0 ? -1 : demand->requested_ns + delay;
    if (delay >= 0) {
        schedule_add(schedule, rig_answer(key, demand->answered_ns, 0, demand->code), demand->link);
    }
    if (draw(10) == 0 && delay != 0) { // a second copy, a little later
        struct message again = rig_request(key, demand->requested_ns + S / 20, 0);
        again.flags |= draw(2) == 0 ? MESSAGE_REPEAT : 0;
        schedule_add(schedule, again, demand->link);
    }
}

static void schedule_make(struct schedule *schedule)
{
    *schedule = (struct schedule){.count = 0};
    for (uint64_t key = 0; key < DEMANDS; key++) {
        demand_make(schedule, key);
    }
    for (size_t i = 0; i < 3; i++) {
        int64_t at = (int64_t)draw(SPAN_NS);
        struct message gap = rig_answer(0, at, 0, NULL);
        gap.flags = MESSAGE_GAP;
        schedule_add(schedule, gap, RIG_CUPS);
        schedule->gaps[schedule->gap_count++] = at;
    }
}

// ---- the truth

static enum outcome demand_outcome(const struct schedule *schedule, const struct demand *demand)
{
    int64_t deadline = demand->requested_ns + limit_ns(demand->link);
    if (demand->answered_ns >= 0 && demand->answered_ns <= deadline) {
        switch (demand->code[0] * 256 + demand->code[1]) {
        case '0' * 256 + '0':
        case 'A' * 256 + '2': return OUTCOME_SUCCEEDED;
        case '5' * 256 + '1': return OUTCOME_DECLINED;
        case '9' * 256 + '0': return OUTCOME_EXCLUDED;
        default: return OUTCOME_FAILED;
        }
    }
    for (size_t i = 0; demand->link == RIG_CUPS && i < schedule->gap_count; i++) {
        if (schedule->gaps[i] >= demand->requested_ns && schedule->gaps[i] <= deadline) {
            return OUTCOME_UNOBSERVED;
        }
    }
    return OUTCOME_UNANSWERED;
}

// ---- one run

struct run {
    const struct schedule *schedule;
    const struct settings *settings;
    struct tally *tally;
    struct owners *owners;
    FILE *records, *ticks;
    char *records_text, *ticks_text;
    size_t records_size, ticks_size;
    struct instant known_at;
    uint64_t ordinal;
    int64_t next_tick_s;
    struct cell_counts sums;
    bool opened[DEMANDS], concluded[DEMANDS];
};

static void run_sink(void *context, const struct transaction *transaction)
{
    struct run *run = context;
    const struct demand *demand = &run->schedule->demands[transaction->account];
    bool in_order =
        run->known_at.ns < transaction->known_at.ns ||
        (run->known_at.ns == transaction->known_at.ns && run->ordinal <= transaction->ordinal);
    assert_true(in_order);
    run->known_at = transaction->known_at;
    run->ordinal = transaction->ordinal;
    transaction_print(run->records, run->settings, transaction);
    if (transaction->outcome == OUTCOME_OPEN) {
        run->opened[transaction->account] = true;
    }
    assert_true(run->opened[transaction->account]); // first of all, also at the same instant
    if (transaction->outcome == OUTCOME_OPEN || transaction->outcome == OUTCOME_DUPLICATE) {
        return;
    }
    assert_int_equal(transaction->requested_at.ns, rig_at(demand->requested_ns).ns);
    assert_int_equal(transaction->ordinal, demand->ordinal);
    if (transaction->answered_at.ns != INSTANT_NONE.ns) { // no wrong pair
        assert_int_equal(transaction->answered_at.ns, rig_at(demand->answered_ns).ns);
        assert_memory_equal(transaction->code_text, demand->code, 2);
    }
    if (transaction->outcome != OUTCOME_LATE) {
        assert_int_equal(transaction->outcome, demand_outcome(run->schedule, demand));
        assert_false(run->concluded[transaction->account]);
        run->concluded[transaction->account] = true;
    }
}

static void run_ticks(struct run *run, struct instant watermark)
{
    for (; instant_from_s(run->next_tick_s).ns < watermark.ns &&
           run->next_tick_s < RIG_BASE_S + TICKS;
         run->next_tick_s++) {
        struct counters counters;
        tally_take(run->tally, run->next_tick_s, &counters);
        counters_print(run->ticks, run->settings, &counters);
        for (size_t i = 0; i < counters.cell_count; i++) {
            const struct cell_counts *cell = &counters.cells[i];
            run->sums.demand += cell->demand;
            run->sums.succeeded += cell->succeeded;
            run->sums.declined += cell->declined;
            run->sums.failed += cell->failed;
            run->sums.unanswered += cell->unanswered;
            run->sums.unobserved += cell->unobserved;
            run->sums.excluded += cell->excluded;
            run->sums.late += cell->late;
        }
    }
}

struct delivery {
    uint64_t rank;
    const struct message *message;
};

static int by_rank(const void *a, const void *b)
{
    const struct delivery *one = a, *other = b;
    return one->rank < other->rank ? -1 : one->rank > other->rank;
}

// Messages come up to `disorder` ns after their time, in bursts; the watermark is the least instant
// of those still to come.
static void run_feed(struct run *run, uint64_t disorder, size_t burst)
{
    const struct schedule *schedule = run->schedule;
    struct delivery *order = calloc(schedule->count, sizeof(*order));
    struct instant *least = calloc(schedule->count + 1, sizeof(*least));
    for (size_t i = 0; i < schedule->count; i++) {
        order[i].message = &schedule->messages[i];
        order[i].rank = (uint64_t)order[i].message->at.ns + draw(disorder + 1);
    }
    qsort(order, schedule->count, sizeof(*order), by_rank);
    least[schedule->count] = rig_at(SPAN_NS + 500 * S);
    for (size_t i = schedule->count; i > 0; i--) {
        least[i - 1] = instant_min(least[i], order[i - 1].message->at);
    }
    for (size_t i = 0; i < schedule->count; i++) {
        owners_put(run->owners, order[i].message, 1);
        if ((i + 1) % burst == 0) {
            owners_advance(run->owners, least[i + 1]);
            run_ticks(run, least[i + 1]);
        }
    }
    owners_advance(run->owners, least[schedule->count]);
    owners_end(run->owners, least[schedule->count]);
    run_ticks(run, INSTANT_NEVER);
    free(order);
    free(least);
}

static void run_check_sums(const struct run *run)
{
    struct cell_counts truth = {.demand = DEMANDS};
    for (size_t i = 0; i < DEMANDS; i++) {
        const struct demand *demand = &run->schedule->demands[i];
        enum outcome outcome = demand_outcome(run->schedule, demand);
        truth.succeeded += outcome == OUTCOME_SUCCEEDED;
        truth.declined += outcome == OUTCOME_DECLINED;
        truth.failed += outcome == OUTCOME_FAILED;
        truth.unanswered += outcome == OUTCOME_UNANSWERED;
        truth.unobserved += outcome == OUTCOME_UNOBSERVED;
        truth.excluded += outcome == OUTCOME_EXCLUDED;
        truth.late += demand->answered_ns > demand->requested_ns + limit_ns(demand->link);
        assert_true(run->concluded[i]);
    }
    assert_true(truth.unobserved > 0 && truth.late > 100);
    assert_memory_equal(&truth, &run->sums, sizeof(truth));
}

static void run_begin(struct run *run, const struct schedule *schedule,
    const struct settings *settings, size_t owners)
{
    *run = (struct run){.schedule = schedule, .settings = settings, .next_tick_s = RIG_BASE_S};
    run->tally = tally_new(settings);
    run->owners = owners_new(settings, owners, run->tally, run_sink, run);
    run->records = open_memstream(&run->records_text, &run->records_size);
    run->ticks = open_memstream(&run->ticks_text, &run->ticks_size);
}

static void run_end(struct run *run)
{
    fclose(run->records);
    fclose(run->ticks);
    owners_free(run->owners);
    tally_free(run->tally);
}

static const struct {
    const char *what;
    size_t owners;
    uint64_t disorder;
    size_t burst;
} rows[] = {
    {"one owner, in order", 1, 0, 32},
    {"one owner, one message at a time", 1, 0, 1},
    {"one owner, 2 s of disorder", 1, 2 * S, 50},
    {"two owners, in order", 2, 0, 32},
    {"two owners, 10 s of disorder", 2, 10 * S, 200},
    {"four owners, 1 s of disorder", 4, S, 1},
    {"four owners, everything in any order", 4, 2 * SPAN_NS, 1000},
};

static void test_same_for_any_number(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(1 << 15);
    struct schedule *schedule = malloc(sizeof(*schedule));
    struct run *first = malloc(sizeof(*first)), *run = malloc(sizeof(*run));
    seed = 20260310;
    schedule_make(schedule);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct run *now = i == 0 ? first : run;
        print_message("%s\n", rows[i].what);
        run_begin(now, schedule, settings, rows[i].owners);
        run_feed(now, rows[i].disorder, rows[i].burst);
        run_check_sums(now);
        run_end(now);
        assert_string_equal(now->records_text, first->records_text);
        assert_string_equal(now->ticks_text, first->ticks_text);
        if (now == run) {
            free(run->records_text);
            free(run->ticks_text);
        }
    }
    free(first->records_text);
    free(first->ticks_text);
    free(first);
    free(run);
    free(schedule);
    rig_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_for_any_number)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
