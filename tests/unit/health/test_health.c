// What the sensor does not see: raised at its second, cleared at its second, with its reason; and
// what is no reason to say so.
#include "detectors/health/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define START_S 1773108000LL // 2026-03-10 10:00:00 in Shanghai
#define TELLS   4

// What is seen in seconds [from, to) since the start; in the others nothing is.
struct phase {
    int from, to;
    struct link_counts link;
    struct port_facts port;
};

struct told {
    int tick;
    bool raised;
    enum health_kind kind;
    const char *reason; // of a raised one, NULL: not looked at
};

struct row {
    const char *what;
    enum link_role role;
    bool has_port;
    struct phase phases[4];
    struct told told[TELLS];
};

#define BOTH      .frames = 4, .our_frames = 2, .their_frames = 2
#define OURS_ONLY .frames = 2, .our_frames = 2
#define BYTES     .seen_request_bytes = 500, .seen_answer_bytes = 500
#define FINE                                                                                       \
    {                                                                                              \
        BOTH, BYTES                                                                                \
    }
#define UP                                                                                         \
    {                                                                                              \
        .link = PORT_LINK_UP, .frames = 100                                                        \
    }

static const struct row rows[] = {
    {"all is well", ROLE_ACQUIRER, true, {{0, 300, FINE, UP}}, {{0}}},
    {"T-R8: no frame of the link for a minute, then some", ROLE_ACQUIRER, false,
        {{0, 100, FINE}, {200, 300, FINE}},
        {{160, true, HEALTH_LINK_SILENT, "no frame of link a since 2026-03-10 10:01:40"},
            {201, false, HEALTH_LINK_SILENT}}},
    {"59 seconds are not", ROLE_ACQUIRER, false, {{0, 100, FINE}, {159, 300, FINE}}, {{0}}},
    {"never seen", ROLE_ACQUIRER, false, {{0}},
        {{60, true, HEALTH_LINK_SILENT,
            "no frame of link a since the start, 2026-03-10 10:00:00"}}},
    {"ARP is life, but no side of a TCP connection", ROLE_ACQUIRER, false,
        {{0, 100, FINE}, {100, 300, {.frames = 1}}}, {{0}}},
    {"one direction is gone: its bytes are acknowledged", ROLE_ACQUIRER, false,
        {{0, 100, FINE},
            {100, 200, {OURS_ONLY, .seen_request_bytes = 500, .missing_answer_bytes = 5}},
            {200, 300, FINE}},
        {{110, true, HEALTH_LINK_ONE_WAY,
             "one direction of link a not seen since 2026-03-10 10:01:40: what their side sends"},
            {201, false, HEALTH_LINK_ONE_WAY}}},
    {"the far end is dead: nothing is acknowledged", ROLE_ACQUIRER, false,
        {{0, 100, FINE}, {100, 200, {OURS_ONLY, .syn_retries = 1}}, {200, 300, FINE}}, {{0}}},
    {"the far end is dead, and the tap loses some of what asks for it", ROLE_ACQUIRER, false,
        {{0, 100, FINE}, {100, 118, {OURS_ONLY, .missing_request_bytes = 5}}, {118, 300, FINE}},
        {{0}}},
    {"the same of a switch, whose sides both ask", ROLE_SWITCH, false,
        {{0, 100, FINE}, {100, 112, {OURS_ONLY, .missing_request_bytes = 5}}, {112, 300, FINE}},
        {{110, true, HEALTH_LINK_ONE_WAY}, {113, false, HEALTH_LINK_ONE_WAY}}},
    {"more than 1 % of a minute is not seen", ROLE_ACQUIRER, false,
        {{0, 60, FINE}, {60, 120, {BOTH, .seen_request_bytes = 989, .missing_request_bytes = 11}},
            {120, 300, FINE}},
        {{123, true, HEALTH_LINK_GAPS,
             "1.1 % of the bytes of link a not seen since 2026-03-10 10:01:00"},
            {183, false, HEALTH_LINK_GAPS}}},
    {"1 % is not more", ROLE_ACQUIRER, false,
        {{0, 300, {BOTH, .seen_request_bytes = 990, .missing_request_bytes = 10}}}, {{0}}},
    {"a port's link is down: at once, and not silent besides", ROLE_ACQUIRER, true,
        {{0, 100, FINE, UP}, {100, 120, FINE, {.link = PORT_LINK_DOWN}}, {120, 300, FINE, UP}},
        {{101, true, HEALTH_PORT_DOWN, "port 0: link down"}, {121, false, HEALTH_PORT_DOWN}}},
    {"a port that starts may negotiate for 5 s", ROLE_ACQUIRER, true,
        {{0, 5, FINE, {.link = PORT_LINK_DOWN}}, {5, 300, FINE, UP}}, {{0}}},
    {"not for 6 s", ROLE_ACQUIRER, true,
        {{0, 6, FINE, {.link = PORT_LINK_DOWN}}, {6, 300, FINE, UP}},
        {{6, true, HEALTH_PORT_DOWN, "port 0: link down"}, {7, false, HEALTH_PORT_DOWN}}},
    {"no frame on a port for 10 s", ROLE_ACQUIRER, true,
        {{0, 100, FINE, UP}, {100, 110, FINE, {.link = PORT_LINK_UP}}, {110, 300, FINE, UP}},
        {{110, true, HEALTH_PORT_SILENT, "no frame on port 0 for 10 s"},
            {111, false, HEALTH_PORT_SILENT}}},
    {"9 s are not", ROLE_ACQUIRER, true,
        {{0, 100, FINE, UP}, {100, 109, FINE, {.link = PORT_LINK_UP}}, {109, 300, FINE, UP}},
        {{0}}},
    {"drops, over a minute after the last", ROLE_ACQUIRER, true,
        {{0, 100, FINE, UP},
            {100, 103, FINE, {.link = PORT_LINK_UP, .frames = 9, .missed = 3, .errors = 1}},
            {103, 300, FINE, UP}},
        {{101, true, HEALTH_PORT_DROPS,
             "port 0: in a second 3 frames missed, 0 without a buffer, 1 in error"},
            {163, false, HEALTH_PORT_DROPS}}},
};

static char id[] = "a", name[] = "甲";

static const struct phase *phase_at(const struct row *row, int second)
{
    for (size_t i = 0; i < 4; i++) {
        if (second >= row->phases[i].from && second < row->phases[i].to) {
            return &row->phases[i];
        }
    }
    return NULL;
}

static void told_check(
    const struct row *row, int tick, const struct health_change *change, size_t number)
{
    const struct told *told = number < TELLS ? &row->told[number] : NULL;
    if (told == NULL || told->tick != tick || told->raised != change->raised ||
        told->kind != change->kind) {
        fail_msg("%s: at %d: %s %s: %s", row->what, tick, change->raised ? "raised" : "cleared",
            health_kind_names[change->kind], change->reason);
    }
    if (told->reason != NULL && strcmp(told->reason, change->reason) != 0) {
        fail_msg("%s: '%s'", row->what, change->reason);
    }
    assert_true(change->reason_chinese[0] != '\0');
    assert_int_equal(change->at.ns, instant_from_s(START_S + tick).ns);
}

static void row_check(const struct row *row)
{
    struct link_settings link = {.id = id, .role = row->role};
    struct network_settings network = {.id = id, .name = name};
    struct settings settings = {
        .links = &link, .link_count = 1, .networks = &network, .network_count = 1};
    struct health *health = health_new(&settings);
    const struct health_change *changes;
    size_t told = 0, raised = 0;
    for (int tick = 1; tick <= 300; tick++) {
        const struct phase *phase = phase_at(row, tick - 1);
        struct link_counts counts = phase != NULL ? phase->link : (struct link_counts){0};
        struct port_facts facts = phase != NULL ? phase->port : (struct port_facts){0};
        counts.second = START_S + tick - 1;
        struct counters counters = {.tick = instant_from_s(START_S + tick),
            .links = &counts,
            .link_count = phase != NULL,
            .ports = &facts,
            .port_count = row->has_port};
        size_t count = health_watch(health, &counters, NULL, &changes);
        for (size_t i = 0; i < count; i++) {
            raised += changes[i].raised;
            told_check(row, tick, &changes[i], told++);
        }
    }
    if (told < TELLS && row->told[told].tick != 0) {
        fail_msg("%s: nothing at %d", row->what, row->told[told].tick);
    }
    assert_int_equal(health_raised(health), raised);
    assert_int_equal(health_standing(health, &changes), 2 * raised - told);
    health_free(health);
}

static void test_alarms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        row_check(&rows[i]);
    }
}

static void test_T_R8_a_blind_network_is_told(void **state)
{
    (void)state;
    struct network_settings network = {.id = id, .name = name};
    struct settings settings = {.networks = &network, .network_count = 1};
    struct health *health = health_new(&settings);
    struct counters counters = {.tick = instant_from_s(START_S + 40)};
    struct blind_network blind = {.groups = 3, .since = instant_from_s(START_S)};
    const struct health_change *changes;
    assert_int_equal(health_watch(health, &counters, &blind, &changes), 1);
    assert_string_equal(changes[0].reason, "network a: business is not seen since 2026-03-10 "
                                           "10:00:00, and nothing proves that it stopped");
    assert_int_equal(changes[0].since.ns, blind.since.ns);
    assert_int_equal(health_watch(health, &counters, &blind, &changes), 0);
    blind.groups = 0;
    assert_int_equal(health_watch(health, &counters, &blind, &changes), 1);
    assert_false(changes[0].raised);
    assert_int_equal(health_standing(health, &changes), 0);
    health_free(health);
}

// What an hour's business of a link was of, in requests: nothing, or the alarm's reason.
static const struct {
    const char *what;
    struct {
        uint8_t province;
        int32_t demand;
    } parts[7];
    const char *reason;
} hours[] = {
    {"six provinces, half of it of one",
        {{11, 5000}, {32, 1000}, {33, 1000}, {34, 1000}, {35, 1000}, {36, 1000}}, NULL},
    {"T-D21: more than half of one, and five others",
        {{11, 5001}, {32, 4000}, {33, 250}, {34, 250}, {35, 250}, {36, 250}},
        "link a: 50.0 % of an hour's business is of province 11: an institution of the whole "
        "country may "
        "be under its code (province_overrides, 99)"},
    {"one of the five has less than 2 %",
        {{11, 5001}, {32, 4001}, {33, 250}, {34, 250}, {35, 300}, {36, 199}}, NULL},
    {"institutions of the whole country as such", {{99, 9000}, {11, 500}, {32, 500}}, NULL},
    {"a bank of one province", {{32, 99000}, {33, 200}, {31, 200}, {34, 200}, {35, 200}, {36, 200}},
        NULL},
    {"too little", {{11, 5999}, {32, 800}, {33, 800}, {34, 800}, {35, 800}, {36, 800}}, NULL},
    {"T-D15: 30 % without a province", {{0, 3000}, {32, 7000}}, NULL},
    {"T-D15: more", {{0, 3001}, {32, 6999}},
        "link a: 30.0 % of an hour's business has no known province"},
    {"nothing has a province", {{0, 10000}},
        "link a: 100.0 % of an hour's business has no known province"},
};

static void test_T_D15_T_D21_provinces_that_cannot_be_right(void **state)
{
    (void)state;
    struct link_settings link = {.id = id};
    struct settings settings = {.links = &link, .link_count = 1};
    for (size_t i = 0; i < sizeof(hours) / sizeof(hours[0]); i++) {
        struct health *health = health_new(&settings);
        const struct health_change *changes = NULL;
        struct link_counts alive = {.second = START_S, BOTH, BYTES};
        struct cell_counts cells[7] = {0};
        size_t raised = 0;
        for (size_t c = 0; c < 7; c++) {
            cells[c].cell.province = hours[i].parts[c].province;
            cells[c].demand = hours[i].parts[c].demand;
        }
        for (int tick = 10; tick <= 7200; tick += 10) {
            alive.second = START_S + tick - 1;
            struct counters counters = {.tick = instant_from_s(START_S + tick),
                .links = &alive,
                .link_count = 1,
                .cells = cells,
                .cell_count = tick == 3600 ? 7 : 0};
            size_t count = health_watch(health, &counters, NULL, &changes);
            if (count > 0 &&
                (tick != 3600 || changes[0].kind != HEALTH_LINK_PROVINCE ||
                    hours[i].reason == NULL || strcmp(changes[0].reason, hours[i].reason) != 0)) {
                fail_msg("%s: at %d: %s", hours[i].what, tick, changes[0].reason);
            }
            raised += count;
        }
        if (raised != (hours[i].reason != NULL)) {
            fail_msg("%s: %zu alarms", hours[i].what, raised);
        }
        health_free(health);
    }
}

// Ports count from their start, and may be started anew.
static void test_port_facts_are_deltas(void **state)
{
    (void)state;
    struct port_watch watch = {0};
    struct counters counters = {0};
    static const struct {
        const char *what;
        int64_t frames, missed, frames_since, missed_since;
    } steps[] = {{"first", 1000, 5, 0, 0}, {"second", 1500, 5, 500, 0}, {"drops", 1600, 9, 100, 4},
        {"counts anew", 10, 0, 0, 0}, {"and on", 30, 1, 20, 1}};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct port_facts so_far = {
            .port = 3, .link = PORT_LINK_UP, .frames = steps[i].frames, .missed = steps[i].missed};
        port_watch_take(&watch, &so_far, 1, &counters);
        assert_int_equal(counters.port_count, 1);
        if (counters.ports[0].frames != steps[i].frames_since ||
            counters.ports[0].missed != steps[i].missed_since || counters.ports[0].port != 3) {
            fail_msg("%s: %lld frames, %lld missed", steps[i].what,
                (long long)counters.ports[0].frames, (long long)counters.ports[0].missed);
        }
    }
    struct port_facts strange = {.port = PORTS_MAX};
    port_watch_take(&watch, &strange, 1, &counters);
    assert_int_equal(counters.port_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alarms),
        cmocka_unit_test(test_T_R8_a_blind_network_is_told),
        cmocka_unit_test(test_T_D15_T_D21_provinces_that_cannot_be_right),
        cmocka_unit_test(test_port_facts_are_deltas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
