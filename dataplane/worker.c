// Theory of operation
//
// N workers in one thread. A packet belongs to the worker that its connection's hash gives, a
// message to the owner that its key gives (owners.h); between the two stands the exchange. After
// each burst every worker's streams move to the burst's last instant, also those that got no
// packet; the least of their watermarks, W, is how far messages are complete. Every owner works up
// to W. Nothing that can change is shared between workers but exchange and tally.
//
// Time does not run backwards here: a packet that is stamped earlier than the one before it counts
// as seen at that one's instant (`disordered_packets`), as does one from beyond 2116. What arrives
// in disorder on the way to the tap is for streams to put right, by sequence numbers.
//
// Tick T is complete when W > T: facts at T itself are in. The first tick is the second that holds
// the first packet; after dataplane_end the ticks go on up to the first whole second that is not
// before the last packet. What lies behind the end is never known.
#include "dataplane/worker.h"

#include "dataplane/counters/tally.h"
#include "dataplane/owners.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGES_AT_ONCE 256
#define PACKETS_AT_ONCE  256
#define LATEST           ((struct instant){INT64_MAX / 2 - 1}) // year 2116: sums cannot overflow

struct worker {
    struct streams *streams;
    struct link_facts facts;
    struct messages out;
    struct message items[MESSAGES_AT_ONCE];
    struct packet packets[PACKETS_AT_ONCE]; // of the burst, for this worker
    size_t packet_count;
};

struct dataplane {
    struct dialects *dialects;
    struct tally *tally;
    struct owners *owners;
    struct instant last, watermark;
    uint64_t disordered_packets;
    int64_t next_tick_s;
    bool started, ended;
    size_t worker_count;
    struct worker workers[];
};

static void worker_messages_full(struct messages *messages)
{
    owners_put(messages->context, messages->items, messages->count);
    messages->count = 0;
}

static bool worker_init(
    struct worker *worker, const struct settings *settings, struct dataplane *dataplane)
{
    worker->facts.tally = dataplane->tally;
    worker->out = (struct messages){.items = worker->items,
        .capacity = MESSAGES_AT_ONCE,
        .full = worker_messages_full,
        .context = dataplane->owners};
    worker->streams = streams_new(settings, dataplane->dialects, &worker->facts);
    return worker->streams != NULL;
}

struct dataplane *dataplane_new(const struct settings *settings, size_t workers,
    transaction_sink *sink, void *context, struct mistakes *mistakes)
{
    struct dataplane *dataplane =
        calloc(1, sizeof(*dataplane) + workers * sizeof(dataplane->workers[0]));
    if (dataplane == NULL) {
        mistake(mistakes, NULL, 0, 0, "no memory for %zu workers", workers);
        return NULL;
    }
    dataplane->worker_count = workers;
    dataplane->watermark = (struct instant){INT64_MIN};
    dataplane->dialects = dialects_new(settings, mistakes);
    if (dataplane->dialects == NULL) {
        dataplane_free(dataplane);
        return NULL;
    }
    dataplane->tally = tally_new(settings);
    bool made = dataplane->tally != NULL;
    if (made) {
        dataplane->owners = owners_new(settings, workers, dataplane->tally, sink, context);
        made = dataplane->owners != NULL;
    }
    for (size_t i = 0; made && i < workers; i++) {
        made = worker_init(&dataplane->workers[i], settings, dataplane);
    }
    if (!made) {
        mistake(mistakes, NULL, 0, 0,
            "no memory for the tables of %zu workers: transactions.connections, open or pool_bytes "
            "are too large",
            workers);
        dataplane_free(dataplane);
        return NULL;
    }
    return dataplane;
}

void dataplane_free(struct dataplane *dataplane)
{
    if (dataplane == NULL) {
        return;
    }
    for (size_t i = 0; i < dataplane->worker_count; i++) {
        streams_free(dataplane->workers[i].streams);
    }
    owners_free(dataplane->owners);
    tally_free(dataplane->tally);
    dialects_free(dataplane->dialects);
    free(dataplane);
}

// ---- a burst

// The high bits of a mixed hash: its low bits may already have chosen a receive queue.
static size_t worker_of(const struct dataplane *dataplane, const struct packet *packet)
{
    uint32_t mixed = (packet->hash ^ packet->hash >> 15) * 0x9e3779b1u;
    return (size_t)(((uint64_t)mixed * dataplane->worker_count) >> 32);
}

static bool burst_in_order(
    const struct dataplane *dataplane, const struct packet *packets, size_t count)
{
    struct instant last = dataplane->last;
    for (size_t i = 0; i < count; i++) {
        if (packets[i].at.ns < last.ns || packets[i].at.ns > LATEST.ns) {
            return false;
        }
        last = packets[i].at;
    }
    return true;
}

static void burst_scatter(struct dataplane *dataplane, const struct packet *packets, size_t count)
{
    struct instant last = dataplane->last;
    for (size_t i = 0; i < count; i++) {
        struct worker *worker = &dataplane->workers[worker_of(dataplane, &packets[i])];
        struct packet *packet = &worker->packets[worker->packet_count++];
        *packet = packets[i];
        dataplane->disordered_packets += packet->at.ns < last.ns || packet->at.ns > LATEST.ns;
        last = packet->at = instant_max(instant_min(packet->at, LATEST), last);
    }
    dataplane->last = last;
}

static void messages_flush(struct worker *worker)
{
    if (worker->out.count > 0) {
        worker_messages_full(&worker->out);
    }
}

static struct instant workers_advance(struct dataplane *dataplane, struct instant now)
{
    struct instant watermark = INSTANT_NEVER;
    for (size_t i = 0; i < dataplane->worker_count; i++) {
        struct worker *worker = &dataplane->workers[i];
        streams_advance(worker->streams, now, &worker->out);
        messages_flush(worker);
        watermark = instant_min(watermark, streams_watermark(worker->streams));
    }
    return watermark;
}

static void burst_take(struct dataplane *dataplane, const struct packet *packets, size_t count)
{
    if (dataplane->worker_count == 1 && burst_in_order(dataplane, packets, count)) {
        struct worker *worker = &dataplane->workers[0];
        messages_from_packets(worker->streams, packets, count, &worker->out);
        dataplane->last = packets[count - 1].at;
        return;
    }
    burst_scatter(dataplane, packets, count);
    for (size_t i = 0; i < dataplane->worker_count; i++) {
        struct worker *worker = &dataplane->workers[i];
        messages_from_packets(worker->streams, worker->packets, worker->packet_count, &worker->out);
        worker->packet_count = 0;
    }
}

static void dataplane_start(struct dataplane *dataplane, struct instant first)
{
    dataplane->started = true;
    dataplane->last = first;
    dataplane->next_tick_s = instant_second(first);
}

void dataplane_packets(struct dataplane *dataplane, const struct packet *packets, size_t count)
{
    if (count > 0 && !dataplane->started) {
        dataplane_start(dataplane, instant_min(packets[0].at, LATEST));
    }
    for (size_t done = 0; done < count;) {
        size_t left = count - done;
        size_t now = left < PACKETS_AT_ONCE ? left : PACKETS_AT_ONCE;
        burst_take(dataplane, packets + done, now);
        struct instant watermark = workers_advance(dataplane, dataplane->last);
        dataplane->watermark = instant_max(dataplane->watermark, watermark);
        owners_advance(dataplane->owners, dataplane->watermark);
        done += now;
    }
}

void dataplane_end(struct dataplane *dataplane)
{
    if (!dataplane->started || dataplane->ended) {
        return;
    }
    workers_advance(dataplane, INSTANT_NEVER);
    owners_end(dataplane->owners, dataplane->last);
    dataplane->ended = true;
}

// ---- ticks

static bool tick_is_complete(const struct dataplane *dataplane, int64_t second)
{
    if (dataplane->ended) {
        return (dataplane->last.ns - 1) / NS_PER_S + 1 >= second;
    }
    return dataplane->started && instant_from_s(second).ns < dataplane->watermark.ns;
}

bool dataplane_tick(struct dataplane *dataplane, struct counters *ret)
{
    if (!tick_is_complete(dataplane, dataplane->next_tick_s)) {
        return false;
    }
    tally_take(dataplane->tally, dataplane->next_tick_s, ret);
    dataplane->next_tick_s++;
    struct dataplane_counts counts;
    dataplane_counts(dataplane, &counts);
    ret->evicted = counts.transactions.evicted + counts.streams.connections_evicted;
    return true;
}

// ---- counts

// The counts of streams, parsing and pairing are structs of nothing but uint64_t.
static void counts_add(void *sums, const void *counts, size_t size)
{
    uint64_t *to = sums;
    const uint64_t *from = counts;
    for (size_t i = 0; i < size / sizeof(uint64_t); i++) {
        to[i] += from[i];
    }
}

void dataplane_counts(const struct dataplane *dataplane, struct dataplane_counts *ret)
{
    *ret = (struct dataplane_counts){.disordered_packets = dataplane->disordered_packets};
    for (size_t i = 0; i < dataplane->worker_count; i++) {
        const struct streams *streams = dataplane->workers[i].streams;
        counts_add(&ret->streams, streams_counts(streams), sizeof(ret->streams));
        counts_add(&ret->parse, streams_parse_counts(streams), sizeof(ret->parse));
    }
    owners_counts(dataplane->owners, &ret->transactions);
    memcpy(ret->by_outcome, owners_by_outcome(dataplane->owners), sizeof(ret->by_outcome));
}
