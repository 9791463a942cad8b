// Theory of operation
//
// N workers, one after the other in one thread. A packet belongs to the worker that its
// connection's hash gives. After each burst every worker's streams move to the burst's last
// instant, also those that got no packet; the least of their watermarks is how far messages are
// complete.
//
// Time does not run backwards here: a packet that is stamped earlier than the one before it counts
// as seen at that one's instant (`disordered`), as does one from beyond 2116. What arrives in
// disorder on the way to the tap is for streams to put right, by sequence numbers.
//
// All workers write into the batch in hand. What their streams say of the links is added up in a
// tally of this side, and goes with the batch whose watermark completes its tick.
#include "dataplane/intake.h"

#include "config/log.h"

#include "dataplane/counters/tally.h"
#include "dataplane/transactions/dialects.h"

#include <stdlib.h>
#include <string.h>

#define PACKETS_AT_ONCE 256
#define LATEST          ((struct instant){INT64_MAX / 2 - 1}) // year 2116: sums cannot overflow

struct worker {
    struct streams *streams;
    struct packet packets[PACKETS_AT_ONCE]; // of the burst, for this worker
    size_t packet_count;
};

struct intake {
    struct dialects *own_dialects;
    struct link_facts facts;
    struct messages out;
    struct batch *batch; // in hand
    batch_push *push;
    void *context;
    struct reach reach;
    int64_t next_tick_s;
    uint64_t disordered;
    size_t worker_count;
    struct worker workers[];
};

// ---- batches

static void batch_begin(struct intake *intake, struct batch *batch)
{
    batch->count = batch->link_tick_count = 0;
    batch->complete = false;
    intake->batch = batch;
    intake->out.items = batch->items;
    intake->out.count = 0;
}

static void batch_put(struct intake *intake)
{
    intake->batch->count = intake->out.count;
    batch_begin(intake, intake->push(intake->context, intake->batch));
}

static void messages_full(struct messages *messages)
{
    batch_put(messages->context);
}

static struct link_tick *link_tick_add(struct batch *batch)
{
    if (batch->link_tick_count == batch->link_tick_capacity) {
        size_t capacity = batch->link_tick_capacity == 0 ? 16 : 2 * batch->link_tick_capacity;
        batch->link_ticks = reallocarray(batch->link_ticks, capacity, sizeof(*batch->link_ticks));
        if (batch->link_ticks == NULL) {
            log_error("no memory for what is known of %zu links", capacity);
            abort();
        }
        batch->link_tick_capacity = capacity;
    }
    return &batch->link_ticks[batch->link_tick_count++];
}

static void link_ticks_put(struct intake *intake)
{
    struct counters counters;
    for (; reach_completes(&intake->reach, intake->next_tick_s); intake->next_tick_s++) {
        tally_take(intake->facts.tally, intake->next_tick_s, &counters);
        for (size_t i = 0; i < counters.link_count; i++) {
            *link_tick_add(intake->batch) =
                (struct link_tick){intake->next_tick_s, counters.links[i]};
        }
    }
}

static void batch_complete(struct intake *intake)
{
    struct reach *reach = &intake->reach;
    reach->connections_evicted = 0;
    for (size_t i = 0; i < intake->worker_count; i++) {
        reach->connections_evicted +=
            streams_counts(intake->workers[i].streams)->connections_evicted;
    }
    if (reach->started) {
        link_ticks_put(intake);
    }
    intake->batch->complete = true;
    intake->batch->reach = *reach;
    batch_put(intake);
}

// ---- a burst

// The high bits of a mixed hash: its low bits may already have chosen a receive queue.
static size_t worker_of(const struct intake *intake, const struct packet *packet)
{
    uint32_t spread = packet_spread(packet), mixed = (spread ^ spread >> 15) * 0x9e3779b1u;
    return (size_t)(((uint64_t)mixed * intake->worker_count) >> 32);
}

static bool burst_in_order(const struct intake *intake, const struct packet *packets, size_t count)
{
    struct instant last = intake->reach.last;
    for (size_t i = 0; i < count; i++) {
        if (packets[i].at.ns < last.ns || packets[i].at.ns > LATEST.ns) {
            return false;
        }
        last = packets[i].at;
    }
    return true;
}

static void burst_scatter(struct intake *intake, const struct packet *packets, size_t count)
{
    struct instant last = intake->reach.last;
    for (size_t i = 0; i < count; i++) {
        struct worker *worker = &intake->workers[worker_of(intake, &packets[i])];
        struct packet *packet = &worker->packets[worker->packet_count++];
        *packet = packets[i];
        intake->disordered += packet->at.ns < last.ns || packet->at.ns > LATEST.ns;
        last = packet->at = instant_max(instant_min(packet->at, LATEST), last);
    }
    intake->reach.last = last;
}

static void burst_take(struct intake *intake, const struct packet *packets, size_t count)
{
    if (intake->worker_count == 1 && burst_in_order(intake, packets, count)) {
        messages_from_packets(intake->workers[0].streams, packets, count, &intake->out);
        intake->reach.last = packets[count - 1].at;
        return;
    }
    burst_scatter(intake, packets, count);
    for (size_t i = 0; i < intake->worker_count; i++) {
        struct worker *worker = &intake->workers[i];
        messages_from_packets(worker->streams, worker->packets, worker->packet_count, &intake->out);
        worker->packet_count = 0;
    }
}

static void workers_advance(struct intake *intake, struct instant now)
{
    struct instant watermark = INSTANT_NEVER;
    for (size_t i = 0; i < intake->worker_count; i++) {
        struct worker *worker = &intake->workers[i];
        streams_advance(worker->streams, now, &intake->out);
        watermark = instant_min(watermark, streams_watermark(worker->streams));
    }
    intake->reach.watermark = instant_max(intake->reach.watermark, watermark);
}

static void intake_start(struct intake *intake, struct instant first)
{
    struct reach *reach = &intake->reach;
    if (!reach->started) {
        reach->started = true;
        reach->first = reach->last = instant_min(first, LATEST);
        intake->next_tick_s = instant_second(reach->first);
    }
}

void intake_packets(
    struct intake *intake, const struct packet *packets, size_t count, uint64_t bytes_read)
{
    struct reach *reach = &intake->reach;
    if (count > 0) {
        intake_start(intake, packets[0].at);
    }
    reach->bytes_read = bytes_read;
    for (size_t done = 0; done < count;) {
        size_t left = count - done;
        size_t now = left < PACKETS_AT_ONCE ? left : PACKETS_AT_ONCE;
        burst_take(intake, packets + done, now);
        workers_advance(intake, reach->last);
        batch_complete(intake);
        done += now;
    }
}

void intake_advance(struct intake *intake, struct instant now)
{
    struct reach *reach = &intake->reach;
    bool starts = !reach->started;
    intake_start(intake, now);
    now = instant_min(now, LATEST);
    if ((starts || now.ns > reach->last.ns) && !reach->ends) {
        reach->last = now;
        workers_advance(intake, now);
        batch_complete(intake);
    }
}

void intake_end(struct intake *intake)
{
    if (intake->reach.started) {
        workers_advance(intake, INSTANT_NEVER);
    }
    intake->reach.ends = true;
    batch_complete(intake);
}

// ---- start and end

void intake_connect(struct intake *intake, struct batch *first, batch_push *push, void *context)
{
    intake->push = push;
    intake->context = context;
    batch_begin(intake, first);
}

struct intake *intake_new(const struct settings *settings, const struct dialects *dialects,
    size_t workers, struct mistakes *mistakes)
{
    struct intake *intake = calloc(1, sizeof(*intake) + workers * sizeof(intake->workers[0]));
    if (intake == NULL) {
        mistake(mistakes, NULL, 0, 0, "no memory for %zu workers", workers);
        return NULL;
    }
    intake->reach.watermark = (struct instant){INT64_MIN};
    intake->out =
        (struct messages){.capacity = BATCH_MESSAGES, .full = messages_full, .context = intake};
    if (dialects == NULL) {
        dialects = intake->own_dialects = dialects_new(settings, mistakes);
    }
    if (dialects == NULL) {
        intake_free(intake);
        return NULL;
    }
    intake->facts.tally = tally_new(settings);
    bool made = intake->facts.tally != NULL;
    for (size_t i = 0; made && i < workers; i++) {
        intake->workers[i].streams = streams_new(settings, dialects, &intake->facts);
        intake->worker_count = i + 1;
        made = intake->workers[i].streams != NULL;
    }
    if (!made) {
        mistake(mistakes, NULL, 0, 0,
            "no memory for the tables of %zu workers: transactions.connections or pool_bytes are "
            "too large",
            workers);
        intake_free(intake);
        return NULL;
    }
    return intake;
}

const struct account_key *intake_key(const struct intake *intake)
{
    return intake->own_dialects == NULL ? NULL : &intake->own_dialects->key;
}

const struct dialects *intake_dialects(const struct intake *intake)
{
    return intake->own_dialects;
}

void intake_free(struct intake *intake)
{
    if (intake == NULL) {
        return;
    }
    for (size_t i = 0; i < intake->worker_count; i++) {
        streams_free(intake->workers[i].streams);
    }
    tally_free(intake->facts.tally);
    dialects_free(intake->own_dialects);
    free(intake);
}

// ---- counts

// The counts of streams and parsing are structs of nothing but uint64_t.
static void counts_add(void *sums, const void *counts, size_t size)
{
    uint64_t *to = sums;
    const uint64_t *from = counts;
    for (size_t i = 0; i < size / sizeof(uint64_t); i++) {
        to[i] += from[i];
    }
}

void intake_counts(
    const struct intake *intake, struct stream_counts *streams, struct parse_counts *parse)
{
    for (size_t i = 0; i < intake->worker_count; i++) {
        const struct streams *of = intake->workers[i].streams;
        counts_add(streams, streams_counts(of), sizeof(*streams));
        counts_add(parse, streams_parse_counts(of), sizeof(*parse));
    }
}

uint64_t intake_disordered(const struct intake *intake)
{
    return intake->disordered;
}
