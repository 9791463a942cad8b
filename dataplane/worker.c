// Theory of operation
//
// Two sides. intake.c: packets → messages, by connection. owners.c: messages → transactions, by
// key. Between them goes a batch after each burst, with a watermark W: no message before it will
// come. Every owner works up to W. Tick T is complete when W > T: facts at T itself are in. The
// first tick is the second that holds the first packet; at the end the ticks go on up to the first
// whole second that is not before the last packet. What lies behind the end is never known.
//
// Nothing that can change is shared between the sides but the batches. So the packet side may run
// in a thread of its own (reader.c), as far ahead as the ring of batches is long: this side sees
// the same batches in the same order, and says the same. Without a thread it does both in turn.
#include "dataplane/worker.h"

#include "dataplane/counters/intents.h"
#include "dataplane/counters/tally.h"
#include "dataplane/intake.h"
#include "dataplane/owners.h"
#include "dataplane/reader.h"
#include "dataplane/transactions/dialects.h"

#include <stdlib.h>
#include <string.h>

struct dataplane {
    struct intake *intake;
    struct captures *captures; // of dataplane_read
    struct reader *reader;     // NULL: no thread
    struct stamps stamps;
    struct tally *tally;
    struct owners *owners;
    struct intents *intents;
    struct reach reach;
    int64_t next_tick_s;
    bool ended;
    struct batch batch; // in hand, without a thread
};

// ---- batches

static void batch_take(struct dataplane *dataplane, const struct batch *batch)
{
    bool first = batch->complete && batch->reach.started && !dataplane->reach.started;
    owners_put(dataplane->owners, batch->items, batch->count);
    if (!batch->complete) {
        return;
    }
    dataplane->reach = batch->reach;
    if (first) {
        dataplane->next_tick_s = instant_second(batch->reach.first);
    }
    for (size_t i = 0; i < batch->link_tick_count; i++) {
        const struct link_tick *of = &batch->link_ticks[i];
        tally_add_link(dataplane->tally, of->tick_s, &of->counts);
    }
    if (!batch->reach.ends) {
        owners_advance(dataplane->owners, batch->reach.watermark);
    } else if (batch->reach.started) {
        owners_end(dataplane->owners, batch->reach.last);
    }
}

// Without a thread: a batch_push.
static struct batch *batch_take_at_once(void *context, struct batch *filled)
{
    batch_take(context, filled);
    return filled;
}

void dataplane_packets(struct dataplane *dataplane, const struct packet *packets, size_t count)
{
    intake_packets(dataplane->intake, packets, count, 0);
}

void dataplane_advance(struct dataplane *dataplane, struct instant now)
{
    intake_advance(dataplane->intake, now);
}

void dataplane_end(struct dataplane *dataplane)
{
    if (!dataplane->ended) {
        intake_end(dataplane->intake);
        dataplane->ended = true;
    }
}

// ---- captures

void dataplane_read(struct dataplane *dataplane, struct captures *captures)
{
    dataplane->captures = captures;
    dataplane->reader = reader_start(captures, dataplane->intake, &dataplane->stamps);
    if (dataplane->reader == NULL) {
        intake_connect(dataplane->intake, &dataplane->batch, batch_take_at_once, dataplane);
    }
}

static void reader_done(struct dataplane *dataplane)
{
    reader_stop(dataplane->reader);
    dataplane->reader = NULL;
    dataplane->ended = true;
}

bool dataplane_next(struct dataplane *dataplane)
{
    if (dataplane->ended) {
        return false;
    }
    if (dataplane->reader == NULL) {
        dataplane->ended =
            !captures_take(dataplane->captures, dataplane->intake, &dataplane->stamps);
        return !dataplane->ended;
    }
    const struct batch *batch;
    do {
        batch = reader_next(dataplane->reader);
        batch_take(dataplane, batch);
    } while (!batch->complete);
    if (batch->reach.ends) {
        reader_done(dataplane);
    }
    return !dataplane->ended;
}

const struct far_packet *dataplane_far_packet(const struct dataplane *dataplane)
{
    return dataplane->stamps.ended ? &dataplane->stamps.far : NULL;
}

uint64_t dataplane_bytes_read(const struct dataplane *dataplane)
{
    return dataplane->reach.bytes_read;
}

// ---- ticks

bool dataplane_tick(struct dataplane *dataplane, struct counters *ret)
{
    const struct reach *reach = &dataplane->reach;
    if (!reach->started || !reach_completes(reach, dataplane->next_tick_s)) {
        return false;
    }
    struct transaction_counts counts = {0};
    owners_counts(dataplane->owners, &counts);
    struct counters counters;
    tally_take(dataplane->tally, dataplane->next_tick_s, &counters);
    dataplane->next_tick_s++;
    counters.evicted = counts.evicted + reach->connections_evicted;
    *ret = *intents_group(dataplane->intents, &counters);
    return true;
}

void dataplane_counts(const struct dataplane *dataplane, struct dataplane_counts *ret)
{
    *ret = (struct dataplane_counts){.disordered_packets = intake_disordered(dataplane->intake)};
    intake_counts(dataplane->intake, &ret->streams, &ret->parse);
    owners_counts(dataplane->owners, &ret->transactions);
    memcpy(ret->by_outcome, owners_by_outcome(dataplane->owners), sizeof(ret->by_outcome));
}

size_t dataplane_misfits(const struct dataplane *dataplane, struct region_misfit *ret, size_t most)
{
    const struct dialects *dialects = intake_dialects(dataplane->intake);
    return dialects == NULL ? 0 : dialects_misfits(dialects, ret, most);
}

// ---- start and end

struct dataplane *dataplane_new(const struct settings *settings, size_t workers,
    transaction_sink *sink, void *context, struct mistakes *mistakes)
{
    struct dataplane *dataplane = calloc(1, sizeof(*dataplane));
    if (dataplane == NULL) {
        mistake(mistakes, NULL, 0, 0, "no memory for %zu workers", workers);
        return NULL;
    }
    dataplane->intake = intake_new(settings, NULL, workers, mistakes);
    if (dataplane->intake == NULL) {
        dataplane_free(dataplane);
        return NULL;
    }
    intake_connect(dataplane->intake, &dataplane->batch, batch_take_at_once, dataplane);
    dataplane->tally = tally_new(settings);
    dataplane->intents = intents_new(settings);
    if (dataplane->tally != NULL && dataplane->intents != NULL) {
        tally_set_key(dataplane->tally, intake_key(dataplane->intake));
        dataplane->owners = owners_new(settings, workers, dataplane->tally, sink, context);
    }
    for (size_t i = 0; dataplane->owners != NULL && i < workers; i++) {
        intents_add_source(dataplane->intents, owners_processed(dataplane->owners, i));
    }
    if (dataplane->owners == NULL) {
        mistake(mistakes, NULL, 0, 0,
            "no memory for the tables of %zu workers: transactions.open is too large", workers);
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
    reader_stop(dataplane->reader);
    intake_free(dataplane->intake);
    intents_free(dataplane->intents);
    owners_free(dataplane->owners);
    tally_free(dataplane->tally);
    batch_done(&dataplane->batch);
    free(dataplane);
}
