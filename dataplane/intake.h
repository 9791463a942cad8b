// The packet side of the workers: packets → messages and what streams say of the links. Everything
// that comes before the exchange. Private to dataplane/.
#pragma once

#include "dataplane/batch.h"
#include "dataplane/transactions/iso8583.h"
#include "dataplane/transactions/transactions.h"

struct intake;

// `dialects` outlive it; NULL: its own. NULL after mistakes.
struct intake *intake_new(const struct settings *settings, const struct dialects *dialects,
    size_t workers, struct mistakes *mistakes);
void intake_free(struct intake *intake);
// The account key of its own dialects: NULL when they were given.
const struct account_key *intake_key(const struct intake *intake);

// Where batches go: before the first packet.
void intake_connect(struct intake *intake, struct batch *first, batch_push *push, void *context);
// A burst in order of time: each packet goes to the worker of its connection. `bytes_read` goes
// through to the batch.
void intake_packets(
    struct intake *intake, const struct packet *packets, size_t count, uint64_t bytes_read);
// No packet for a while: time is `now` all the same, also before the first one. No step back.
void intake_advance(struct intake *intake, struct instant now);
// No packet will come: everything held is given up. Puts out the batch that ends.
void intake_end(struct intake *intake);

// Sums over all workers, to be added to.
void intake_counts(
    const struct intake *intake, struct stream_counts *streams, struct parse_counts *parse);
// Its own dialects; NULL when they were given.
const struct dialects *intake_dialects(const struct intake *intake);
uint64_t intake_disordered(const struct intake *intake);
