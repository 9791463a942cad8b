// What a record adds to which tick, and that every fact is in the tick that may first know it.
#include "config/instant.h"

#include "dataplane/counters/cell_key.h"
#include "dataplane/counters/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/pairing/rig.h"

#include <cmocka.h>

#define S NS_PER_S

static struct transaction record(
    enum outcome outcome, int64_t requested_ns, int64_t known_ns, int flags)
{
    bool answered =
        outcome != OUTCOME_OPEN && outcome != OUTCOME_UNANSWERED && outcome != OUTCOME_UNOBSERVED;
    return (struct transaction){
        .requested_at = rig_at(requested_ns),
        .known_at = rig_at(known_ns),
        .answered_at = answered ? rig_at(known_ns) : INSTANT_NONE,
        .answer_length = answered ? 180 : 0,
        .province = 32,
        .kind = KIND_BUSINESS,
        .outcome = (uint8_t)outcome,
        .flags = (uint8_t)flags,
    };
}

// The ticks that have anything, as text: "<tick>: <cohort> name=sum ...; link <second> ..."
static void ticks_format(struct tally *tally, char *text, size_t size)
{
    FILE *out = fmemopen(text, size, "w");
    struct counters counters;
    for (int64_t second = 0; second <= 100; second++) {
        if (!tally_take(tally, RIG_BASE_S + second, &counters)) {
            continue;
        }
        fprintf(out, "%lld:", (long long)second);
        for (size_t i = 0; i < counters.cell_count; i++) {
            const struct cell_counts *cell = &counters.cells[i];
            const struct {
                const char *name;
                int32_t sum;
            } sums[] = {{"demand", cell->demand}, {"succeeded", cell->succeeded},
                {"declined", cell->declined}, {"failed", cell->failed},
                {"unanswered", cell->unanswered}, {"unobserved", cell->unobserved},
                {"excluded", cell->excluded}, {"late", cell->late},
                {"orphans_processed", cell->orphans_processed},
                {"orphans_failed", cell->orphans_failed}, {"degraded", cell->degraded},
                {"unlisted", cell->unlisted_codes}, {"repeats", cell->repeats},
                {"throttled", cell->throttled}, {"reversed", cell->reversed}, {"slow", cell->slow},
                {"planned", cell->planned}};
            fprintf(out, " c%lld", (long long)(cell->cohort_s - RIG_BASE_S));
            for (size_t j = 0; j < sizeof(sums) / sizeof(sums[0]); j++) {
                if (sums[j].sum != 0) {
                    fprintf(out, " %s=%d", sums[j].name, sums[j].sum);
                }
            }
        }
        for (size_t i = 0; i < counters.link_count; i++) {
            const struct link_counts *link = &counters.links[i];
            fprintf(out, " l%lld", (long long)(link->second - RIG_BASE_S));
            if (link->shortest_answer_bytes != 0) {
                fprintf(out, " shortest=%d", link->shortest_answer_bytes);
            }
            if (link->sign_ons + link->sign_offs + link->cutover_begins + link->cutover_ends != 0) {
                fprintf(out, " on%d off%d begin%d end%d", link->sign_ons, link->sign_offs,
                    link->cutover_begins, link->cutover_ends);
            }
            if (link->management_requests + link->management_unanswered != 0) {
                fprintf(out, " m%d-%d", link->management_requests, link->management_unanswered);
            }
            for (size_t j = 0; j < LATENCY_CLASSES; j++) {
                if (link->latency[j] != 0) {
                    fprintf(out, " L%zu=%d", j, link->latency[j]);
                }
            }
        }
        fprintf(out, "\n");
    }
    fclose(out);
}

struct row {
    const char *what;
    struct {
        enum outcome outcome;
        int64_t requested_ns, known_ns;
        int flags;
        enum kind kind;
        uint16_t management;
    } records[6];
    size_t count;
    const char *ticks;
};

static const struct row rows[] = {
    {"a request is demand in its second, known in the tick behind it",
        {{OUTCOME_OPEN, 1, 1}, {OUTCOME_OPEN, S - 1, S - 1}}, 2, "1: c0 demand=2\n"},
    {"known exactly at a tick: in that tick", {{OUTCOME_OPEN, S, S}}, 1, "1: c1 demand=1\n"},
    {"one nanosecond later: in the next", {{OUTCOME_OPEN, S + 1, S + 1}}, 1, "2: c1 demand=1\n"},
    {"an outcome counts in the request's second", {{OUTCOME_SUCCEEDED, S / 2, 5 * S + 1}}, 1,
        "6: c0 succeeded=1 l5 shortest=180 L15=1\n"},
    {"each outcome under its name",
        {{OUTCOME_DECLINED, 0, 1}, {OUTCOME_FAILED, 0, 1}, {OUTCOME_UNANSWERED, 0, 1},
            {OUTCOME_UNOBSERVED, 0, 1}, {OUTCOME_EXCLUDED, 0, 1}},
        5, "1: c0 declined=1 failed=1 unanswered=1 unobserved=1 excluded=1 l0 shortest=180 L0=3\n"},
    {"cohorts apart, in order",
        {{OUTCOME_UNANSWERED, 2 * S, 32 * S}, {OUTCOME_UNANSWERED, 1, 31 * S + 5}}, 2,
        "32: c0 unanswered=1 c2 unanswered=1\n"},
    {"late is neither success nor latency", {{OUTCOME_LATE, 0, 31 * S + 1}}, 1,
        "32: c0 late=1 l31 shortest=180\n"},
    {"orphans are no outcome",
        {{OUTCOME_SUCCEEDED, 1, 1, TRANSACTION_ORPHAN},
            {OUTCOME_DECLINED, 1, 1, TRANSACTION_ORPHAN},
            {OUTCOME_FAILED, 1, 1, TRANSACTION_ORPHAN},
            {OUTCOME_EXCLUDED, 1, 1, TRANSACTION_ORPHAN}},
        4, "1: c0 orphans_processed=2 orphans_failed=1 l0 shortest=180\n"},
    {"degraded, unlisted and repeated are counted beside the outcome",
        {{OUTCOME_SUCCEEDED, 1, 1, TRANSACTION_DEGRADED},
            {OUTCOME_FAILED, 1, 1, TRANSACTION_UNLISTED_CODE},
            {OUTCOME_UNANSWERED, 1, 1, TRANSACTION_REPEATED},
            {OUTCOME_LATE, 1, 1, TRANSACTION_REPEATED}},
        4,
        "1: c0 succeeded=1 failed=1 unanswered=1 late=1 degraded=1 unlisted=1 repeats=1 l0 "
        "shortest=180 L0=2\n"},
    {"throttled, slow and planned under their own names",
        {{OUTCOME_THROTTLED, 0, 1}, {OUTCOME_FAILED, 0, 1, TRANSACTION_SLOW},
            {OUTCOME_EXCLUDED, 0, 1, TRANSACTION_PLANNED},
            {OUTCOME_EXCLUDED, 0, 1, TRANSACTION_PLANNED | TRANSACTION_ORPHAN}},
        4, "1: c0 failed=1 excluded=1 throttled=1 slow=1 planned=1 l0 shortest=180 L0=3\n"},
    {"T-R12: a reversal turns a success into a failure, in the request's second",
        {{OUTCOME_SUCCEEDED, 0, 1}, {OUTCOME_REVERSED, 0, 3 * S}}, 2,
        "1: c0 succeeded=1 l0 shortest=180 L0=1\n3: c0 succeeded=-1 failed=1 reversed=1\n"},
    {"a reversed advice counts as little as the advice",
        {{OUTCOME_REVERSED, 0, 3 * S, 0, KIND_ADVICE}}, 1, ""},
    {"a message sent back is no answer's length", {{OUTCOME_FAILED, 0, 1, TRANSACTION_REJECTED}}, 1,
        "1: c0 failed=1\n"},
    {"neither duplicates nor the end count",
        {{OUTCOME_DUPLICATE, 1, 1}, {OUTCOME_UNOBSERVED, 1, 1, TRANSACTION_END}}, 2, ""},
    {"management reaches the link only",
        {{OUTCOME_OPEN, 1, 1, 0, KIND_MANAGEMENT},
            {OUTCOME_UNANSWERED, 1, 30 * S + 1, 0, KIND_MANAGEMENT},
            {OUTCOME_SUCCEEDED, 1, 2, 0, KIND_MANAGEMENT}},
        3, "1: l0 m1-0\n31: l30 m0-1\n"},
    {"sign-on, sign-off and cut-over are facts of the link, each request once",
        {{OUTCOME_OPEN, 1, 1, 0, KIND_MANAGEMENT, 2},
            {OUTCOME_SUCCEEDED, 1, 2, 0, KIND_MANAGEMENT, 2},
            {OUTCOME_OPEN, S + 1, S + 1, 0, KIND_MANAGEMENT, 1},
            {OUTCOME_OPEN, 2 * S + 1, 2 * S + 1, 0, KIND_MANAGEMENT, 201},
            {OUTCOME_OPEN, 3 * S + 1, 3 * S + 1, 0, KIND_MANAGEMENT, 202},
            {OUTCOME_OPEN, 4 * S + 1, 4 * S + 1, 0, KIND_MANAGEMENT, 301}},
        6,
        "1: l0 on0 off1 begin0 end0 m1-0\n2: l1 on1 off0 begin0 end0 m1-0\n3: l2 on0 off0 begin1 "
        "end0 "
        "m1-0\n4: l3 on0 off0 begin0 end1 m1-0\n5: l4 m1-0\n"},
    {"other kinds reach nothing",
        {{OUTCOME_OPEN, 1, 1, 0, KIND_REVERSAL}, {OUTCOME_FAILED, 1, 1, 0, KIND_ADVICE}}, 2, ""},
    {"the time taken: under 0.2 ms, 0.2 ms, 0.4 ms, the last class",
        {{OUTCOME_SUCCEEDED, 0, 199999}, {OUTCOME_SUCCEEDED, 0, 200000},
            {OUTCOME_SUCCEEDED, 0, 400000}, {OUTCOME_SUCCEEDED, -2000 * S, 1}},
        4, "1: c-2000 succeeded=1 c0 succeeded=3 l0 shortest=180 L0=1 L1=1 L2=1 L23=1\n"},
};

static void test_facts(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tally *tally = tally_new(settings);
        char text[2048] = "";
        for (size_t j = 0; j < rows[i].count; j++) {
            struct transaction transaction =
                record(rows[i].records[j].outcome, rows[i].records[j].requested_ns,
                    rows[i].records[j].known_ns, rows[i].records[j].flags);
            transaction.kind = (uint8_t)rows[i].records[j].kind;
            transaction.unit = rows[i].records[j].management;
            counters_from_transactions(tally, &transaction, 1);
        }
        ticks_format(tally, text, sizeof(text));
        if (strcmp(text, rows[i].ticks) != 0) {
            fail_msg("%s:\n%s-- instead of --\n%s", rows[i].what, text, rows[i].ticks);
        }
        tally_free(tally);
    }
    rig_settings_free(settings);
}

// A request that is told by its cell alone counts as its record would.
static void test_requests(void **state)
{
    (void)state;
    static const int64_t instants[] = {0, 1, S - 1, S, S + 1, 5 * S, 2 * S + 7};
    struct settings *settings = rig_settings(64);
    struct tally *by_record = tally_new(settings), *by_cell = tally_new(settings);
    for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
        struct transaction request = record(OUTCOME_OPEN, instants[i], instants[i], 0);
        request.function = (uint16_t)(i % 2);
        request.unit = (uint16_t)(i % 3);
        counters_from_transactions(by_record, &request, 1);
        counters_add_request(by_cell,
            cell_key_of_link(request.network, request.link, request.site) |
                cell_key_of_business(request.function, request.province, request.unit),
            request.requested_at);
    }
    struct counters records, cells;
    size_t demand = 0;
    for (int64_t second = 0; second <= 6; second++) {
        bool any = tally_take(by_record, RIG_BASE_S + second, &records);
        assert_int_equal(tally_take(by_cell, RIG_BASE_S + second, &cells), any);
        assert_int_equal(records.cell_count, cells.cell_count);
        for (size_t i = 0; i < records.cell_count; i++) {
            assert_memory_equal(&records.cells[i].cell, &cells.cells[i].cell, sizeof(struct cell));
            assert_int_equal(records.cells[i].cohort_s, cells.cells[i].cohort_s);
            assert_int_equal(records.cells[i].demand, cells.cells[i].demand);
            demand += (size_t)cells.cells[i].demand;
        }
    }
    assert_int_equal(demand, sizeof(instants) / sizeof(instants[0]));
    tally_free(by_record);
    tally_free(by_cell);
    rig_settings_free(settings);
}

// The packets of a second belong to the tick behind it, but those at the very instant of a tick.
static void test_link_facts(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    struct tally *tally = tally_new(settings);
    struct link_facts facts = {tally};
    struct counters counters;
    link_facts_at(&facts, 1, rig_at(S))->frames += 1;
    link_facts_at(&facts, 1, rig_at(S - 1))->frames += 10;
    link_facts_at(&facts, 0, rig_at(1))->syns += 2;
    link_facts_at(&facts, 1, rig_at(S + 1))->frames += 100;
    assert_ptr_equal(link_facts_at(&facts, 1, rig_at(1)), link_facts_at(&facts, 1, rig_at(2)));
    assert_false(tally_take(tally, RIG_BASE_S, &counters));
    assert_true(tally_take(tally, RIG_BASE_S + 1, &counters));
    assert_int_equal(counters.tick.ns, rig_at(S).ns);
    assert_int_equal(counters.link_count, 3);
    assert_int_equal(counters.links[0].link, 0);
    assert_int_equal(counters.links[0].syns, 2);
    assert_int_equal(counters.links[1].second, RIG_BASE_S);
    assert_int_equal(counters.links[1].frames, 10);
    assert_int_equal(counters.links[2].second, RIG_BASE_S + 1);
    assert_int_equal(counters.links[2].frames, 1);
    assert_true(tally_take(tally, RIG_BASE_S + 2, &counters));
    assert_int_equal(counters.link_count, 1);
    assert_int_equal(counters.links[0].second, RIG_BASE_S + 1);
    assert_int_equal(counters.links[0].frames, 100);
    // What comes for a tick that is gone is not lost.
    link_facts_at(&facts, 0, rig_at(1))->frames += 5;
    assert_true(tally_take(tally, RIG_BASE_S + 3, &counters));
    assert_int_equal(counters.links[0].frames, 5);
    tally_free(tally);
    rig_settings_free(settings);
}

// What was said to several tallies adds up to what was said to one.
static void test_links_of_tallies(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(2);
    struct tally *all = tally_new(settings), *of[] = {tally_new(settings), tally_new(settings)};
    struct counters counters;
    const int32_t shortest[] = {80, 70};
    for (int i = 0; i < 2; i++) {
        struct link_facts facts = {of[i]};
        struct link_counts *counts = link_facts_at(&facts, 1, rig_at(S - 1));
        counts->frames = 3;
        counts->resets = 2;
        counts->latency[5] = 1;
        counts->shortest_answer_bytes = shortest[i];
        link_facts_at(&facts, 1, rig_at(S))->missing_answer_bytes = 7; // at the tick's instant
        link_facts_at(&facts, 0, rig_at(S))->shortest_answer_bytes = 90 * i;
        assert_true(tally_take(of[i], RIG_BASE_S + 1, &counters));
        assert_int_equal(counters.link_count, 3);
        for (size_t j = 0; j < counters.link_count; j++) {
            tally_add_link(all, RIG_BASE_S + 1, &counters.links[j]);
        }
        tally_free(of[i]);
    }
    assert_true(tally_take(all, RIG_BASE_S + 1, &counters));
    assert_int_equal(counters.link_count, 3);
    assert_int_equal(counters.links[0].shortest_answer_bytes, 90); // 0: none
    assert_int_equal(counters.links[1].frames, 6);
    assert_int_equal(counters.links[1].second, RIG_BASE_S);
    assert_int_equal(counters.links[1].resets, 4);
    assert_int_equal(counters.links[1].latency[5], 2);
    assert_int_equal(counters.links[1].shortest_answer_bytes, 70);
    assert_int_equal(counters.links[2].missing_answer_bytes, 14);
    assert_int_equal(counters.links[2].second, RIG_BASE_S + 1);
    tally_free(all);
    rig_settings_free(settings);
}

static struct transaction labelled(enum outcome outcome, int64_t known_ns, uint16_t counterparty)
{
    struct transaction transaction = record(outcome, 0, known_ns, 0);
    transaction.link = RIG_POS;
    transaction.unit = 1;
    transaction.code = outcome == OUTCOME_DECLINED ? 3 : 0; // 51
    transaction.counterparty = counterparty;
    return transaction;
}

// Beside the cells: whom it was for, and by which code it was refused.
static void test_sparse(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    struct tally *tally = tally_new(settings);
    struct counters counters;
    struct transaction facts[400];
    size_t count = 0;
    for (uint16_t party = 0; party <= 2; party++) { // 0: named none
        facts[count++] = labelled(OUTCOME_OPEN, 1, party);
        facts[count++] = labelled(OUTCOME_SUCCEEDED, 2, party);
        facts[count++] = labelled(OUTCOME_DECLINED, 2, party);
        facts[count++] = labelled(OUTCOME_FAILED, 2, party);
        facts[count++] = labelled(OUTCOME_EXCLUDED, 2, party);
        facts[count++] = labelled(OUTCOME_REVERSED, 3, party);
    }
    facts[count++] = labelled(OUTCOME_UNANSWERED, 4, LABEL_OTHER);
    facts[count++] = labelled(OUTCOME_DECLINED, 4, LABEL_OTHER);
    facts[count - 1].flags = TRANSACTION_ORPHAN;
    counters_from_transactions(tally, facts, count);
    tally_take(tally, RIG_BASE_S, &counters);
    assert_true(tally_take(tally, RIG_BASE_S + 1, &counters));
    assert_int_equal(counters.counterparty_count, 3);
    for (size_t i = 0; i < 2; i++) {
        const struct counterparty_counts *party = &counters.counterparties[i];
        assert_string_equal(party->counterparty, i == 0 ? "01030000" : "01040000");
        assert_int_equal(party->link, RIG_POS);
        assert_int_equal(party->cohort_s, RIG_BASE_S);
        assert_int_equal(party->processed, 1);
        assert_int_equal(party->failed, 2);
        assert_int_equal(party->unanswered, 0);
    }
    assert_string_equal(counters.counterparties[2].counterparty, "other");
    assert_int_equal(counters.counterparties[2].unanswered, 1);
    assert_int_equal(counters.counterparties[2].processed, 0);
    assert_int_equal(counters.code_count, 1);
    assert_int_equal(counters.codes[0].code, 2);
    assert_int_equal(counters.codes[0].cell.unit, 1);
    assert_int_equal(counters.codes[0].declined, 3);
    // The next tick begins anew, and holds more than there was room for at first.
    for (uint16_t i = 0; i < 400; i++) {
        facts[i] = labelled(OUTCOME_DECLINED, S + 1, LABEL_OTHER);
        facts[i].requested_at = rig_at(-(int64_t)(i * 77 % 200) * S);
    }
    counters_from_transactions(tally, facts, 400);
    assert_true(tally_take(tally, RIG_BASE_S + 2, &counters));
    assert_int_equal(counters.counterparty_count, 200);
    assert_int_equal(counters.code_count, 200);
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(counters.counterparties[i].processed, 2);
        assert_int_equal(counters.codes[i].declined, 2);
        assert_int_equal(counters.codes[i].cohort_s, RIG_BASE_S - 199 + (int64_t)i);
    }
    tally_free(tally);
    rig_settings_free(settings);
}

// More cells than a block has room for at first, in the order of the header.
static void test_many_cells(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    struct tally *tally = tally_new(settings);
    for (uint64_t i = 0; i < 20400; i++) {
        uint64_t place = i * 7919 % 5100; // each cell four times, in no order
        struct transaction transaction = record(OUTCOME_OPEN, 1, 1, 0);
        transaction.requested_at = rig_at(-(int64_t)(place % 50) * S);
        transaction.province = (uint8_t)(place / 50 % 34);
        transaction.function = (uint16_t)(place / 1700);
        counters_from_transactions(tally, &transaction, 1);
    }
    struct counters counters;
    int64_t sum = 0;
    assert_true(tally_take(tally, RIG_BASE_S + 1, &counters));
    for (size_t i = 0; i < counters.cell_count; i++) {
        const struct cell_counts *cell = &counters.cells[i], *before = cell - 1;
        sum += cell->demand;
        assert_true(i == 0 || before->cell.function < cell->cell.function ||
                    (before->cell.function == cell->cell.function &&
                        (before->cell.province < cell->cell.province ||
                            (before->cell.province == cell->cell.province &&
                                before->cohort_s < cell->cohort_s))));
    }
    assert_int_equal(sum, 20400);
    assert_int_equal(counters.cell_count, 34 * 3 * 50);
    tally_free(tally);
    rig_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_link_facts),
        cmocka_unit_test(test_links_of_tallies),
        cmocka_unit_test(test_many_cells),
        cmocka_unit_test(test_sparse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
