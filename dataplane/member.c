// Theory of operation
//
// Packets become messages in this worker's streams, in a batch after each burst (batch.h). Messages
// whose key another worker owns go to it through the mesh, gaps to everybody; then this worker's
// watermark is published. member_pass takes what has come in, and this worker's pairing works up to
// the least watermark of all, in the order of (instant, ordinal): the same order, and so the same
// result, as one worker would have.
//
// Ticks. The first one is the second of the first instant that any worker knows of; all know it
// once all have published a watermark. A tick is complete when the least watermark is past it. At
// the end each worker publishes that nothing will come, waits until all have, and ends what is open
// at the last instant that any of them saw.
//
// Room. By packets (`blocks`) a worker whose ring is full publishes what it put, takes what came
// for itself, lets the caller do its part (ticks must leave), and tries again: of workers that wait
// for each other one always finds room. Live the message is lost (overflow.c), and nothing waits.
#include "dataplane/member.h"

#include "dataplane/counters/tally.h"
#include "dataplane/intake.h"
#include "dataplane/overflow.h"
#include "dataplane/owners.h"
#include "dataplane/transactions/dialects.h"

#include <stdlib.h>

struct member {
    struct member_options options;
    struct mesh *mesh;
    size_t self, workers;
    struct intake *intake;
    struct tally *tally;
    struct owners *owners;
    struct overflow *overflow;
    struct batch batch;
    struct reach reach; // of all workers: started, ends, first, last, watermark
    int64_t next_tick_s;
};

// ---- sending

static void wait(struct member *member)
{
    mesh_publish(member->mesh, member->self);
    (void)member_pass(member);
    member->options.wait(member->options.context, member->self);
}

static void send(struct member *member, size_t to, const struct message *message)
{
    while (!mesh_put(member->mesh, member->self, to, message)) {
        if (!member->options.blocks) {
            overflow_note(member->overflow, to, message, member->tally);
            return;
        }
        wait(member);
    }
}

static void send_to_all(struct member *member, const struct message *gap)
{
    for (size_t to = 0; to < member->workers; to++) {
        if (to != member->self) {
            send(member, to, gap);
        }
    }
}

// Those of other owners leave; the others, and all gaps, move to the front.
static size_t send_others(struct member *member, struct message *messages, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t owner = messages[i].key[0] % member->workers;
        if (messages[i].flags & MESSAGE_GAP) {
            send_to_all(member, &messages[i]);
        } else if (owner != member->self) {
            send(member, owner, &messages[i]);
            continue;
        }
        if (kept != i) {
            messages[kept] = messages[i];
        }
        kept++;
    }
    return kept;
}

static void burst_ends(struct member *member, const struct batch *batch)
{
    for (size_t i = 0; i < batch->link_tick_count; i++) {
        const struct link_tick *of = &batch->link_ticks[i];
        tally_add_link(member->tally, of->tick_s, &of->counts);
    }
    member->reach.connections_evicted = batch->reach.connections_evicted;
    while (!overflow_tell(member->overflow, member->mesh, member->self) && batch->reach.ends) {
        wait(member);
    }
    if (batch->reach.started) {
        mesh_publish_span(member->mesh, member->self, batch->reach.first, batch->reach.last);
    }
    struct instant watermark = batch->reach.ends ? INSTANT_NEVER : batch->reach.watermark;
    mesh_publish_watermark(
        member->mesh, member->self, instant_min(watermark, overflow_oldest(member->overflow)));
    (void)member_pass(member);
}

// A batch_push.
static struct batch *batch_take(void *context, struct batch *filled)
{
    struct member *member = context;
    size_t kept = filled->count;
    if (member->workers > 1) {
        (void)overflow_tell(member->overflow, member->mesh, member->self);
        kept = send_others(member, filled->items, filled->count);
    }
    owners_put(member->owners, filled->items, kept);
    if (filled->complete) {
        burst_ends(member, filled);
    }
    return filled;
}

// ---- receiving

static void messages_came(void *context, const struct message *messages, size_t count)
{
    struct member *member = context;
    owners_put(member->owners, messages, count);
}

bool member_pass(struct member *member)
{
    struct reach *reach = &member->reach;
    struct instant slowest = mesh_receive(member->mesh, member->self, messages_came, member);
    if (slowest.ns == INSTANT_NEVER.ns) {
        return true;
    }
    if (slowest.ns > reach->watermark.ns) {
        if (!reach->started) {
            reach->started = true;
            reach->first = mesh_first(member->mesh);
            member->next_tick_s = instant_second(reach->first);
        }
        reach->watermark = slowest;
        owners_advance(member->owners, slowest);
    }
    return false;
}

void member_packets(struct member *member, const struct packet *packets, size_t count)
{
    intake_packets(member->intake, packets, count, 0);
}

void member_advance(struct member *member, struct instant now)
{
    intake_advance(member->intake, now);
}

void member_end(struct member *member)
{
    struct reach *reach = &member->reach;
    if (reach->ends) {
        return;
    }
    intake_end(member->intake);
    while (!member_pass(member)) {
        member->options.wait(member->options.context, member->self);
    }
    reach->last = mesh_last(member->mesh);
    if (reach->last.ns != INT64_MIN) {
        if (!reach->started) {
            reach->started = true;
            reach->first = mesh_first(member->mesh);
            member->next_tick_s = instant_second(reach->first);
        }
        owners_end(member->owners, reach->last);
    }
    reach->ends = true;
}

// ---- ticks

bool member_tick(struct member *member, struct counters *ret)
{
    const struct reach *reach = &member->reach;
    if (!reach->started || !reach_completes(reach, member->next_tick_s)) {
        return false;
    }
    struct transaction_counts counts = {0};
    owners_counts(member->owners, &counts);
    tally_take(member->tally, member->next_tick_s, ret);
    member->next_tick_s++;
    ret->evicted = counts.evicted + reach->connections_evicted;
    return true;
}

const struct processed *member_processed(const struct member *member)
{
    return owners_processed(member->owners, 0);
}

// ---- counts

void member_counts(const struct member *member, struct dataplane_counts *ret)
{
    const uint64_t *by_outcome = owners_by_outcome(member->owners);
    intake_counts(member->intake, &ret->streams, &ret->parse);
    owners_counts(member->owners, &ret->transactions);
    for (size_t i = 0; i < sizeof(ret->by_outcome) / sizeof(ret->by_outcome[0]); i++) {
        ret->by_outcome[i] += by_outcome[i];
    }
    ret->disordered_packets += intake_disordered(member->intake);
}

uint64_t member_lost(const struct member *member)
{
    return overflow_lost(member->overflow);
}

// ---- start and end

struct member *member_new(const struct settings *settings, const struct member_options *options,
    struct mistakes *mistakes)
{
    struct member *member = calloc(1, sizeof(*member));
    if (member == NULL) {
        return NULL;
    }
    member->options = *options;
    member->mesh = options->mesh;
    member->self = options->number;
    member->workers = mesh_workers(options->mesh);
    member->reach.watermark = (struct instant){INT64_MIN};
    member->intake = intake_new(settings, options->dialects, 1, mistakes);
    member->tally = tally_new(settings);
    member->overflow = overflow_new(settings, member->workers);
    if (member->tally != NULL) {
        tally_set_key(member->tally, &options->dialects->key);
        member->owners = owners_new(settings, 1, member->tally, NULL, NULL);
    }
    if (member->intake == NULL || member->owners == NULL || member->overflow == NULL) {
        member_free(member);
        return NULL;
    }
    intake_connect(member->intake, &member->batch, batch_take, member);
    return member;
}

void member_free(struct member *member)
{
    if (member == NULL) {
        return;
    }
    intake_free(member->intake);
    owners_free(member->owners);
    tally_free(member->tally);
    overflow_free(member->overflow);
    batch_done(&member->batch);
    free(member);
}
