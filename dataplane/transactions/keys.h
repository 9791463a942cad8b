// The keys by which an answer finds its request, and a reversal what it reverses. Private to
// transactions/.
#pragma once

#include "dataplane/transactions/header.h"
#include "dataplane/transactions/iso8583.h"
#include "dataplane/transactions/walk.h"

// The key of a message's request; `ours_asked`: our side of the link sent the request. False when
// none of the fields that tell one request from the next is there.
bool key_from_walk(const struct parser *parser, const struct walk *walk, struct mti mti,
    bool ours_asked, uint64_t ret[2]);

// The key of the request that a reversal names: field 90 or, with the batch in the key, the same
// STAN and batch under the message type that field 60.1 implies. Zeroes when it names none.
void original_from_walk(const struct parser *parser, const struct walk *walk, struct mti mti,
    bool ours_asked, uint64_t ret[2]);
