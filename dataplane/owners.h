// The pairing side of the workers: each owns the business keys that exchange.h gives it. Private to
// dataplane/.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/tally.h"
#include "dataplane/exchange.h"
#include "dataplane/transactions/transactions.h"

struct owners;
struct processed;

// Every record goes to the tally at once, and to `sink` (unless NULL) in the order of (known_at,
// ordinal). NULL when there is no memory.
struct owners *owners_new(const struct settings *settings, size_t count, struct tally *tally,
    transaction_sink *sink, void *context);
void owners_free(struct owners *owners);

void owners_put(struct owners *owners, const struct message *messages, size_t count);
// Everything known before the watermark leaves. Watermarks do not fall.
void owners_advance(struct owners *owners, struct instant watermark);
// No message will come; `last` is the last instant seen. What is open ends.
void owners_end(struct owners *owners, struct instant last);

// What the pairing of this owner remembers of processed transactions (counters/processed.h).
const struct processed *owners_processed(const struct owners *owners, size_t owner);

// Sums over all owners, to be added to.
void owners_counts(const struct owners *owners, struct transaction_counts *ret);
// Records by enum outcome.
const uint64_t *owners_by_outcome(const struct owners *owners);
