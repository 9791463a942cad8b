// Names and places of the numbers stand in one table each. Sums over workers are made by whoever
// asks; a link's are made by the detectors, who see all workers' counters together.
#include "tools/run/status.h"

#include "config/memory.h"

#include "dataplane/packets/telemetry.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct number {
    const char *name;
    enum { OF_PACKETS, OF_DATAPLANE } record;
    size_t offset; // of a uint64_t
};

#define PACKETS(key, member)                                                                       \
    {                                                                                              \
        key, OF_PACKETS, offsetof(struct packet_counts, member)                                    \
    }
#define DATAPLANE(key, member)                                                                     \
    {                                                                                              \
        key, OF_DATAPLANE, offsetof(struct dataplane_counts, member)                               \
    }
#define OUTCOME(key, outcome) DATAPLANE(key, by_outcome[outcome])

static const struct number worker_numbers[] = {
    PACKETS("packets", frames),
    PACKETS("bytes", bytes),
    PACKETS("snap_cut", snap_cut),
    PACKETS("tunnelled", tunnelled),
    DATAPLANE("disordered", disordered_packets),
    DATAPLANE("segments", streams.segments),
    DATAPLANE("no_link", streams.no_link),
    DATAPLANE("connections", streams.connections),
    DATAPLANE("connections_evicted", streams.connections_evicted),
    DATAPLANE("bare_evicted", streams.bare_evicted),
    DATAPLANE("retransmitted_bytes", streams.retransmitted_bytes),
    DATAPLANE("gaps", streams.gaps),
    DATAPLANE("missing_bytes", streams.missing_bytes),
    DATAPLANE("bad_bytes", streams.bad_bytes),
    DATAPLANE("held_over_limit", streams.held_over_limit),
    DATAPLANE("messages", parse.messages),
    DATAPLANE("requests", transactions.requests),
    DATAPLANE("answers", transactions.answers),
    DATAPLANE("paired", transactions.paired),
    DATAPLANE("orphans", transactions.orphans),
    DATAPLANE("transactions_evicted", transactions.evicted),
    OUTCOME("succeeded", OUTCOME_SUCCEEDED),
    OUTCOME("declined", OUTCOME_DECLINED),
    OUTCOME("failed", OUTCOME_FAILED),
    OUTCOME("unanswered", OUTCOME_UNANSWERED),
    OUTCOME("unobserved", OUTCOME_UNOBSERVED),
    OUTCOME("excluded", OUTCOME_EXCLUDED),
    OUTCOME("throttled", OUTCOME_THROTTLED),
    OUTCOME("late", OUTCOME_LATE),
    OUTCOME("duplicate", OUTCOME_DUPLICATE),
    OUTCOME("reversed", OUTCOME_REVERSED),
};
#define WORKER_NUMBERS (sizeof(worker_numbers) / sizeof(worker_numbers[0]))
_Static_assert(WORKER_NUMBERS <= WORKER_NUMBERS_MAX, "room for every number");

enum link_number {
    LINK_FRAMES,
    LINK_SEEN_REQUEST_BYTES,
    LINK_SEEN_ANSWER_BYTES,
    LINK_MISSING_REQUEST_BYTES,
    LINK_MISSING_ANSWER_BYTES,
    LINK_SYN_RETRIES,
    LINK_RESETS,
    LINK_MANAGEMENT_UNANSWERED,
    LINK_LAST_SEEN_S,
    LINK_NUMBERS,
};

static const char *const link_names[LINK_NUMBERS] = {
    [LINK_FRAMES] = "frames",
    [LINK_SEEN_REQUEST_BYTES] = "seen_request_bytes",
    [LINK_SEEN_ANSWER_BYTES] = "seen_answer_bytes",
    [LINK_MISSING_REQUEST_BYTES] = "missing_request_bytes",
    [LINK_MISSING_ANSWER_BYTES] = "missing_answer_bytes",
    [LINK_SYN_RETRIES] = "syn_retries",
    [LINK_RESETS] = "resets",
    [LINK_MANAGEMENT_UNANSWERED] = "management_unanswered",
    [LINK_LAST_SEEN_S] = "last_seen", // seconds since 1970
};

struct link_status {
    atomic_uint_fast64_t numbers[LINK_NUMBERS];
};

struct status {
    const struct settings *settings;
    struct worker_status *workers; // one more than workers: the detectors
    size_t worker_count;
    struct link_status *links;
    atomic_uint_fast64_t tick_s, ticks_merged;
};

struct status *status_new(const struct settings *settings, size_t workers)
{
    struct status *status = memory_zeroed(1, sizeof(*status));
    size_t size = (workers + 1) * sizeof(*status->workers);
    status->settings = settings;
    status->worker_count = workers;
    status->links = memory_zeroed(settings->link_count, sizeof(*status->links));
    status->workers = aligned_alloc(64, size);
    if (status->workers == NULL) {
        status_free(status);
        return NULL;
    }
    memset(status->workers, 0, size);
    return status;
}

void status_free(struct status *status)
{
    if (status != NULL) {
        free(status->workers);
        free(status->links);
    }
    free(status);
}

struct worker_status *status_worker(struct status *status, size_t worker)
{
    return &status->workers[worker];
}

struct worker_status *status_detectors(struct status *status)
{
    return &status->workers[status->worker_count];
}

// ---- written

void status_publish(struct worker_status *worker, const struct packet_counts *packets,
    const struct dataplane_counts *counts)
{
    for (size_t i = 0; i < WORKER_NUMBERS; i++) {
        const struct number *number = &worker_numbers[i];
        const char *record =
            number->record == OF_PACKETS ? (const char *)packets : (const char *)counts;
        uint64_t value;
        memcpy(&value, record + number->offset, sizeof(value));
        atomic_store_explicit(&worker->numbers[i], value, memory_order_relaxed);
    }
}

static void add(atomic_uint_fast64_t *sum, int64_t value)
{
    uint64_t before = atomic_load_explicit(sum, memory_order_relaxed);
    atomic_store_explicit(sum, before + (uint64_t)value, memory_order_relaxed);
}

static void link_add(struct link_status *link, const struct link_counts *counts)
{
    add(&link->numbers[LINK_FRAMES], counts->frames);
    add(&link->numbers[LINK_SEEN_REQUEST_BYTES], counts->seen_request_bytes);
    add(&link->numbers[LINK_SEEN_ANSWER_BYTES], counts->seen_answer_bytes);
    add(&link->numbers[LINK_MISSING_REQUEST_BYTES], counts->missing_request_bytes);
    add(&link->numbers[LINK_MISSING_ANSWER_BYTES], counts->missing_answer_bytes);
    add(&link->numbers[LINK_SYN_RETRIES], counts->syn_retries);
    add(&link->numbers[LINK_RESETS], counts->resets);
    add(&link->numbers[LINK_MANAGEMENT_UNANSWERED], counts->management_unanswered);
    if (counts->frames > 0) {
        atomic_store_explicit(
            &link->numbers[LINK_LAST_SEEN_S], (uint64_t)counts->second, memory_order_relaxed);
    }
}

void status_tick(struct status *status, const struct counters *counters)
{
    for (size_t i = 0; i < counters->link_count; i++) {
        if (counters->links[i].link < status->settings->link_count) {
            link_add(&status->links[counters->links[i].link], &counters->links[i]);
        }
    }
    atomic_store_explicit(
        &status->tick_s, (uint64_t)instant_second(counters->tick), memory_order_relaxed);
    add(&status->ticks_merged, (int64_t)counters->merged);
}

bool status_is_moving(void *context)
{
    struct status *status = context;
    bool moving = true;
    for (size_t i = 0; i <= status->worker_count; i++) {
        struct worker_status *worker = &status->workers[i];
        uint64_t now = atomic_load_explicit(&worker->pulse, memory_order_relaxed);
        moving &= now != atomic_load_explicit(&worker->asked, memory_order_relaxed);
        atomic_store_explicit(&worker->asked, now, memory_order_relaxed);
    }
    return moving;
}

// ---- read

static uint64_t worker_sum(const struct status *status, size_t number)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < status->worker_count; i++) {
        sum += atomic_load_explicit(&status->workers[i].numbers[number], memory_order_relaxed);
    }
    return sum;
}

static bool on_summary(void *context, const char *parameter, struct telemetry_answer *answer)
{
    struct status *status = context;
    telemetry_text(answer, "sensor", status->settings->sensor);
    telemetry_number(answer, "tick", atomic_load_explicit(&status->tick_s, memory_order_relaxed));
    telemetry_number(
        answer, "ticks_merged", atomic_load_explicit(&status->ticks_merged, memory_order_relaxed));
    for (size_t i = 0; i < WORKER_NUMBERS; i++) {
        telemetry_number(answer, worker_numbers[i].name, worker_sum(status, i));
    }
    return parameter == NULL;
}

static bool index_parse(const char *text, size_t count, size_t *ret)
{
    char *end;
    unsigned long index = strtoul(text, &end, 10);
    *ret = index;
    return *text >= '0' && *text <= '9' && *end == '\0' && index < count;
}

static bool on_workers(void *context, const char *parameter, struct telemetry_answer *answer)
{
    struct status *status = context;
    size_t index;
    for (size_t i = 0; parameter == NULL && i < status->worker_count; i++) {
        char text[24];
        snprintf(text, sizeof(text), "%zu", i);
        telemetry_item(answer, text);
    }
    if (parameter == NULL) {
        return true;
    }
    if (!index_parse(parameter, status->worker_count, &index)) {
        return false;
    }
    const struct worker_status *worker = &status->workers[index];
    for (size_t i = 0; i < WORKER_NUMBERS; i++) {
        telemetry_number(answer, worker_numbers[i].name,
            atomic_load_explicit(&worker->numbers[i], memory_order_relaxed));
    }
    return true;
}

static bool link_answer(const struct status *status, size_t index, struct telemetry_answer *answer)
{
    const struct link_settings *link = &status->settings->links[index];
    telemetry_text(answer, "network", link->network_id);
    for (size_t i = 0; i < LINK_NUMBERS; i++) {
        telemetry_number(answer, link_names[i],
            atomic_load_explicit(&status->links[index].numbers[i], memory_order_relaxed));
    }
    return true;
}

static bool on_links(void *context, const char *parameter, struct telemetry_answer *answer)
{
    struct status *status = context;
    for (size_t i = 0; i < status->settings->link_count; i++) {
        const char *id = status->settings->links[i].id;
        if (parameter == NULL) {
            telemetry_item(answer, id);
        } else if (strcmp(parameter, id) == 0) {
            return link_answer(status, i, answer);
        }
    }
    return parameter == NULL;
}

// Of each worker, as its settings say; and what had to go because a table was full.
static bool on_tables(void *context, const char *parameter, struct telemetry_answer *answer)
{
    struct status *status = context;
    const struct transactions_settings *sizes = &status->settings->transactions;
    telemetry_number(answer, "workers", status->worker_count);
    telemetry_number(answer, "connections", (uint64_t)sizes->connections);
    telemetry_number(answer, "open", (uint64_t)sizes->open);
    telemetry_number(answer, "pool_bytes", (uint64_t)sizes->pool_bytes);
    for (size_t i = 0; i < WORKER_NUMBERS; i++) {
        if (strstr(worker_numbers[i].name, "_evicted") != NULL ||
            strcmp(worker_numbers[i].name, "held_over_limit") == 0) {
            telemetry_number(answer, worker_numbers[i].name, worker_sum(status, i));
        }
    }
    return parameter == NULL;
}

bool status_telemetry(struct status *status)
{
    return telemetry_register("/tapgrade/summary", "Sums over all workers.", on_summary, status) &&
           telemetry_register("/tapgrade/workers",
               "Numbers of the workers; with one: what it has done.", on_workers, status) &&
           telemetry_register("/tapgrade/links", "Ids of the links; with one: what was seen of it.",
               on_links, status) &&
           telemetry_register("/tapgrade/tables", "Sizes of each worker's tables, and evictions.",
               on_tables, status);
}
