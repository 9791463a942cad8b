// Between workers: every message goes to the worker that owns its key, and is handed out in the
// order of (at, ordinal) once no earlier one can come: a list of chunks and a heap per owner.
#pragma once

#include "dataplane/transactions/message.h"

#include <stdbool.h>

struct exchange;
struct exchange *exchange_new(size_t workers);
void exchange_free(struct exchange *exchange);

// Puts messages into their owners' inboxes; gaps go to every owner.
void exchange_put(struct exchange *exchange, const struct message *messages, size_t count);
// The next of the owner's messages before `watermark`, in order: those that lie together, so it is
// to be called until there is none. Those of equal (at, ordinal) come in either order. They live
// until the next call of put or take.
size_t exchange_take(
    struct exchange *exchange, size_t owner, struct instant watermark, const struct message **ret);
// What lies behind what was just taken, `most` of it, as far as that is known without a search: to
// be fetched, not to be taken.
size_t exchange_next(
    const struct exchange *exchange, size_t owner, size_t most, const struct message **ret);
// Whether a message that is put now will not be taken soon.
bool exchange_waits(const struct exchange *exchange, size_t owner);
