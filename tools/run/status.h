// What a run's threads say of themselves while it goes on, for the telemetry and the watchdog.
// Every number is written whole by one thread and read by any: relaxed atomics, nothing else is
// needed, as no two numbers have to fit each other.
#pragma once

#include "config/settings.h"

#include "dataplane/packets/port.h"
#include "dataplane/worker.h"

#include <stdatomic.h>

#define WORKER_NUMBERS_MAX 40
#define LINK_NUMBERS_MAX   16

struct worker_status {
    _Alignas(64) atomic_uint_fast64_t pulse; // goes up as long as the thread moves
    atomic_uint_fast64_t asked;              // of the control thread: the pulse it saw last
    _Alignas(64) atomic_uint_fast64_t numbers[WORKER_NUMBERS_MAX];
};

struct status;

struct status *status_new(const struct settings *settings, size_t workers);
void status_free(struct status *status);

// A worker's own, for its pulse.
struct worker_status *status_worker(struct status *status, size_t worker);
// The detectors' own, of which only the pulse counts.
struct worker_status *status_detectors(struct status *status);

static inline void pulse(struct worker_status *worker)
{
    uint64_t now = atomic_load_explicit(&worker->pulse, memory_order_relaxed);
    atomic_store_explicit(&worker->pulse, now + 1, memory_order_relaxed);
}

// By the worker, once a tick or so.
void status_publish(struct worker_status *worker, const struct packet_counts *packets,
    const struct dataplane_counts *counts);
// By the detectors: what a tick says of the links.
void status_tick(struct status *status, const struct counters *counters);

// Whether every thread's pulse went up since the last call. By one thread only.
bool status_is_moving(void *status);

// The commands under /tapgrade/ but for the ports' own. False when one cannot be made.
bool status_telemetry(struct status *status);
