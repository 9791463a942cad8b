#include "tools/generate/traffic.h"

#include "config/memory.h"

#include "tools/generate/run.h"

#include <stdlib.h>
#include <string.h>

static void schedule_intent(struct traffic *traffic, size_t province)
{
    int64_t at_ns = 0;
    if (schedule_next(traffic->schedule, province, &at_ns)) {
        heap_add(&traffic->events, at_ns, EVENT_INTENT, NULL, (uint32_t)province);
    }
}

// Field 70 of what announces a fault, or its end; 0: nothing does.
static uint16_t management_code(enum fault_kind kind, bool begins)
{
    switch (kind) {
    case FAULT_CUT_OVER: return begins ? 201 : 202;
    case FAULT_SIGN_OFF: return begins ? 2 : 1;
    default: return 0;
    }
}

static void turn_fault(struct traffic *traffic, size_t index, int64_t at_ns, bool begins)
{
    const struct scenario *scenario = traffic->scenario;
    const struct fault_scenario *fault = &scenario->faults[index];
    for (size_t i = 0; i < scenario->link_count; i++) {
        uint16_t link = (uint16_t)i;
        if (!fault_is_of_link(scenario, fault, link)) {
            continue;
        }
        if (management_code(fault->kind, begins) != 0) {
            attempt_begin_management(traffic, link, management_code(fault->kind, begins), at_ns);
        } else if (fault->kind == FAULT_SILENCE) {
            tcp_reset_link(traffic->tcp, link, at_ns, true);
        } else if (begins) {
            tcp_reset_link(traffic->tcp, link, at_ns, false);
            tcp_knock_link(traffic->tcp, link, at_ns,
                fault->kind == FAULT_REFUSED ? KNOCK_REFUSED : KNOCK_UNANSWERED);
        } else {
            tcp_reopen_link(traffic->tcp, link, at_ns);
        }
    }
}

// ---- the run
// --------------------------------------------------------------------------------------

static void handle(struct traffic *traffic, const struct heap_item *event)
{
    switch (event->kind) {
    case EVENT_INTENT:
        attempt_begin(traffic, event->value, event->at_ns);
        schedule_intent(traffic, event->value);
        break;
    case EVENT_ECHO: attempt_begin_echo(traffic, event->subject, event->at_ns); break;
    case EVENT_FAULT: turn_fault(traffic, event->value, event->at_ns, true); break;
    case EVENT_FAULT_END: turn_fault(traffic, event->value, event->at_ns, false); break;
    case EVENT_FLUSH:
    case EVENT_ACK:
    case EVENT_DELAYED_ACK:
    case EVENT_KNOCK: tcp_event(traffic->tcp, event); break;
    default: attempt_event(traffic, event); break;
    }
}

static void schedule_faults(struct traffic *traffic)
{
    const struct scenario *scenario = traffic->scenario;
    for (size_t i = 0; i < scenario->fault_count; i++) {
        const struct fault_scenario *fault = &scenario->faults[i];
        bool of_link = fault->kind == FAULT_REFUSED || fault->kind == FAULT_UNREACHABLE;
        bool announced = management_code(fault->kind, true) != 0;
        if (of_link || announced || fault->kind == FAULT_SILENCE) {
            heap_add(&traffic->events, scenario->start.ns + fault->from_ns, EVENT_FAULT, NULL,
                (uint32_t)i);
        }
        if (of_link || announced) {
            heap_add(&traffic->events, scenario->start.ns + fault->to_ns, EVENT_FAULT_END, NULL,
                (uint32_t)i);
        }
    }
}

static void schedule_echoes(struct traffic *traffic)
{
    const struct scenario *scenario = traffic->scenario;
    struct connection *connection = NULL;
    for (size_t i = 0; (connection = tcp_connection_at(traffic->tcp, i)) != NULL; i++) {
        int64_t after_ns =
            (int64_t)random_below(&traffic->random, (uint64_t)scenario->echo_ns) + NS_PER_MS;
        heap_add(&traffic->events, scenario->start.ns + after_ns, EVENT_ECHO, connection, 0);
    }
}

static void traffic_init(struct traffic *traffic, const struct scenario *scenario,
    struct pcap_writer *writer, FILE *truth)
{
    *traffic = (struct traffic){.scenario = scenario};
    traffic->random = random_init(scenario->seed, RANDOM_BUSINESS);
    traffic->schedule = schedule_new(scenario);
    traffic->faults = faults_new(scenario);
    traffic->tap = tap_new(scenario, writer);
    traffic->tcp = tcp_new(scenario, traffic->tap, &traffic->events, attempt_message_sent, traffic);
    traffic->truth = truth_new(scenario, truth);
    traffic->stans = memory_zeroed(scenario->institution_count, sizeof(*traffic->stans));
    traffic->tests = memory_zeroed(scenario->institution_count, sizeof(*traffic->tests));
    for (size_t i = 0; i < scenario->institution_count; i++) {
        for (size_t j = 0; j < scenario->test_institution_count; j++) {
            traffic->tests[i] |=
                strcmp(scenario->institutions[i], scenario->test_institutions[j]) == 0;
        }
    }
    traffic->regions = memory_zeroed(scenario->province_count, sizeof(*traffic->regions));
    traffic->end_ns = scenario->start.ns + scenario->duration_ns + scenario->tail_ns;
    for (size_t i = 0; i < scenario->province_count; i++) {
        const struct province_scenario *province = &scenario->provinces[i];
        if (province->region != NULL && *province->region != '\0') {
            memcpy(traffic->regions[i], province->region, 4);
        } else {
            snprintf(traffic->regions[i], sizeof(traffic->regions[i]), "%04u",
                (unsigned)province_capital_region(province->code) % 10000u);
        }
    }
}

static void traffic_done(struct traffic *traffic)
{
    free(traffic->regions);
    free(traffic->stans);
    free(traffic->tests);
    truth_free(traffic->truth);
    tcp_free(traffic->tcp);
    tap_free(traffic->tap);
    faults_free(traffic->faults);
    schedule_free(traffic->schedule);
    heap_done(&traffic->events);
}

static void run_events(struct traffic *traffic, void (*progress)(int percent))
{
    const struct scenario *scenario = traffic->scenario;
    int64_t whole_ns = traffic->end_ns - scenario->start.ns;
    int told = 0;
    struct heap_item event;
    while (heap_take(&traffic->events, &event) && event.at_ns < traffic->end_ns) {
        int percent = (int)((__int128)(event.at_ns - scenario->start.ns) * 100 / whole_ns);
        tap_advance(traffic->tap, event.at_ns);
        handle(traffic, &event);
        truth_advance(traffic->truth, event.at_ns);
        if (progress != NULL && percent > told) {
            progress(told = percent);
        }
    }
}

struct traffic_counts traffic_run(const struct scenario *scenario, struct pcap_writer *writer,
    FILE *truth, void (*progress)(int percent))
{
    struct traffic traffic;
    traffic_init(&traffic, scenario, writer, truth);
    schedule_faults(&traffic);
    tcp_open_all(traffic.tcp, scenario->start.ns);
    if (scenario->echo_ns > 0) {
        schedule_echoes(&traffic);
    }
    for (size_t i = 0; i < scenario->province_count; i++) {
        schedule_intent(&traffic, i);
    }
    run_events(&traffic, progress);
    tcp_close_all(traffic.tcp, traffic.end_ns);
    tap_advance(traffic.tap, INT64_MAX);
    truth_end(traffic.truth);
    struct traffic_counts counts = {*truth_counts(traffic.truth), *tcp_counts(traffic.tcp),
        *tap_counts(traffic.tap), traffic.messages};
    traffic_done(&traffic);
    return counts;
}
