// Between workers that are threads: N x N rings of messages to the worker that owns the key, and
// how far each worker has come. What exchange.h is between the workers of one thread. Private to
// dataplane/.
#pragma once

#include "config/instant.h"

#include "dataplane/transactions/message.h"

#include <stdbool.h>
#include <stdint.h>

struct mesh;

// `messages` may wait between two workers. NULL when there is no memory.
struct mesh *mesh_new(size_t workers, size_t messages);
void mesh_free(struct mesh *mesh);
size_t mesh_workers(const struct mesh *mesh);

// ---- messages: `self` is the calling worker

// A copy goes into the ring to another worker, seen there once it is published. False when there is
// no room.
bool mesh_put(struct mesh *mesh, size_t self, size_t to, const struct message *message);
void mesh_publish(struct mesh *mesh, size_t self);

// Publishes, and then says that no message before `watermark` will come from this worker:
// INSTANT_NEVER at its end. Watermarks do not fall.
void mesh_publish_watermark(struct mesh *mesh, size_t self, struct instant watermark);

typedef void mesh_sink(void *context, const struct message *messages, size_t count);
// Gives what came from the others to the sink. Returns the least of all watermarks, this worker's
// own too: no message before it will come any more. INT64_MIN before all have published one.
struct instant mesh_receive(struct mesh *mesh, size_t self, mesh_sink *sink, void *context);

// ---- packets

// Where a worker's receiving has come: it will not receive a packet before (at, ordinal).
struct frontier {
    struct instant at;
    uint64_t ordinal;
};
#define FRONTIER_END ((struct frontier){INSTANT_NEVER, 0})

static inline bool frontier_is_before(struct frontier a, struct frontier b)
{
    return a.at.ns != b.at.ns ? a.at.ns < b.at.ns : a.ordinal < b.ordinal;
}

// Frontiers do not fall. What was put before this call is seen by who sees the frontier.
void mesh_publish_frontier(struct mesh *mesh, size_t self, struct frontier frontier);
// Of another worker, or a little less: INT64_MIN before it has published one.
struct frontier mesh_frontier(const struct mesh *mesh, size_t worker);

// The first and last instants that a worker knows of, packet or clock: before the frontier, or the
// watermark, that tells of them.
void mesh_publish_span(struct mesh *mesh, size_t self, struct instant first, struct instant last);
// Over all workers: INSTANT_NEVER and INT64_MIN when none has any.
struct instant mesh_first(const struct mesh *mesh);
struct instant mesh_last(const struct mesh *mesh);
