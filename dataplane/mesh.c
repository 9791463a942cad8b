// Theory of operation
//
// The ring from one worker to another has that one producer and that one consumer. A worker puts
// the messages of a burst, publishes the rings, and then its watermark, released behind them. Who
// reads a watermark reads the ring afterwards: every message before that watermark is then in it.
// So the least of all watermarks, all read before the rings, is how far an owner may pair, and it
// pairs in the order of (at, ordinal), whatever came when.
//
// A frontier is two words that are not written at once. The ordinal is set to zero before the
// instant moves on, and read after it: a reader may see (new instant, 0) or (old instant, any
// ordinal that was or will be), which are all not beyond the true one in what they promise, as what
// they rule out is ruled out by it too.
#include "dataplane/mesh.h"

#include "dataplane/message_ring.h"

#include <stdatomic.h>
#include <stdlib.h>

#define LINE 64

// Of one worker: written by it alone.
struct place {
    _Alignas(LINE) _Atomic int64_t watermark;
    _Atomic int64_t frontier_at;
    _Atomic uint64_t frontier_ordinal;
    _Atomic int64_t first, last;
};

struct mesh {
    size_t workers;
    struct message_ring **rings; // [from * workers + to]
    struct place *places;
};

static void place_init(struct place *place)
{
    atomic_init(&place->watermark, INT64_MIN);
    atomic_init(&place->frontier_at, INT64_MIN);
    atomic_init(&place->frontier_ordinal, 0);
    atomic_init(&place->first, INT64_MAX);
    atomic_init(&place->last, INT64_MIN);
}

struct mesh *mesh_new(size_t workers, size_t messages)
{
    struct mesh *mesh = calloc(1, sizeof(*mesh));
    if (mesh == NULL) {
        return NULL;
    }
    mesh->workers = workers;
    mesh->places = aligned_alloc(LINE, workers * sizeof(*mesh->places));
    mesh->rings = calloc(workers * workers, sizeof(struct message_ring *));
    bool made = mesh->places != NULL && mesh->rings != NULL;
    for (size_t i = 0; made && i < workers; i++) {
        place_init(&mesh->places[i]);
    }
    for (size_t i = 0; made && i < workers * workers; i++) {
        if (i / workers != i % workers) {
            mesh->rings[i] = message_ring_new(messages);
            made = mesh->rings[i] != NULL;
        }
    }
    if (!made) {
        mesh_free(mesh);
        return NULL;
    }
    return mesh;
}

void mesh_free(struct mesh *mesh)
{
    if (mesh == NULL) {
        return;
    }
    for (size_t i = 0; mesh->rings != NULL && i < mesh->workers * mesh->workers; i++) {
        message_ring_free(mesh->rings[i]);
    }
    free(mesh->rings);
    free(mesh->places);
    free(mesh);
}

size_t mesh_workers(const struct mesh *mesh)
{
    return mesh->workers;
}

// ---- messages

bool mesh_put(struct mesh *mesh, size_t self, size_t to, const struct message *message)
{
    return message_ring_put(mesh->rings[self * mesh->workers + to], message);
}

void mesh_publish(struct mesh *mesh, size_t self)
{
    for (size_t to = 0; to < mesh->workers; to++) {
        if (to != self) {
            message_ring_publish(mesh->rings[self * mesh->workers + to]);
        }
    }
}

void mesh_publish_watermark(struct mesh *mesh, size_t self, struct instant watermark)
{
    mesh_publish(mesh, self);
    atomic_store_explicit(&mesh->places[self].watermark, watermark.ns, memory_order_release);
}

static void ring_empty(struct message_ring *ring, mesh_sink *sink, void *context)
{
    const struct message *messages;
    for (size_t count; (count = message_ring_read(ring, &messages)) > 0;) {
        sink(context, messages, count);
        message_ring_release(ring, count);
    }
}

struct instant mesh_receive(struct mesh *mesh, size_t self, mesh_sink *sink, void *context)
{
    struct instant least = INSTANT_NEVER;
    for (size_t i = 0; i < mesh->workers; i++) {
        int64_t ns = atomic_load_explicit(&mesh->places[i].watermark, memory_order_acquire);
        least = instant_min(least, (struct instant){ns});
    }
    for (size_t from = 0; from < mesh->workers; from++) {
        if (from != self) {
            ring_empty(mesh->rings[from * mesh->workers + self], sink, context);
        }
    }
    return least;
}

// ---- packets

void mesh_publish_frontier(struct mesh *mesh, size_t self, struct frontier frontier)
{
    struct place *place = &mesh->places[self];
    if (atomic_load_explicit(&place->frontier_at, memory_order_relaxed) != frontier.at.ns) {
        atomic_store_explicit(&place->frontier_ordinal, 0, memory_order_release);
        atomic_store_explicit(&place->frontier_at, frontier.at.ns, memory_order_release);
    }
    atomic_store_explicit(&place->frontier_ordinal, frontier.ordinal, memory_order_release);
}

struct frontier mesh_frontier(const struct mesh *mesh, size_t worker)
{
    struct place *place = &mesh->places[worker];
    struct frontier ret;
    ret.at.ns = atomic_load_explicit(&place->frontier_at, memory_order_acquire);
    ret.ordinal = atomic_load_explicit(&place->frontier_ordinal, memory_order_acquire);
    return ret;
}

void mesh_publish_span(struct mesh *mesh, size_t self, struct instant first, struct instant last)
{
    struct place *place = &mesh->places[self];
    atomic_store_explicit(&place->first, first.ns, memory_order_release);
    atomic_store_explicit(&place->last, last.ns, memory_order_release);
}

struct instant mesh_first(const struct mesh *mesh)
{
    struct instant first = INSTANT_NEVER;
    for (size_t i = 0; i < mesh->workers; i++) {
        int64_t ns = atomic_load_explicit(&mesh->places[i].first, memory_order_acquire);
        first = instant_min(first, (struct instant){ns});
    }
    return first;
}

struct instant mesh_last(const struct mesh *mesh)
{
    struct instant last = {INT64_MIN};
    for (size_t i = 0; i < mesh->workers; i++) {
        int64_t ns = atomic_load_explicit(&mesh->places[i].last, memory_order_acquire);
        last = instant_max(last, (struct instant){ns});
    }
    return last;
}
