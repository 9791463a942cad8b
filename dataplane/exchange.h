// Between workers: every message goes to the worker that owns its key, and is handed out in the
// order of (at, ordinal) once no earlier one can come. In replay all workers run in one thread and
// the exchange is a sorted buffer per owner; the rings between threads take its place behind the
// same calls.
#pragma once

#include "dataplane/transactions/message.h"

struct exchange;
struct exchange *exchange_new(size_t workers);
void exchange_free(struct exchange *exchange);

// Puts messages into their owners' inboxes; gaps go to every owner.
void exchange_put(struct exchange *exchange, const struct message *messages, size_t count);
// The owner's messages before `watermark`, sorted; they live until the next call of put or take.
size_t exchange_take(
    struct exchange *exchange, size_t owner, struct instant watermark, const struct message **ret);
