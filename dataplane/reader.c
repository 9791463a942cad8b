#include "dataplane/reader.h"

#include <pthread.h>
#include <stdlib.h>

#define BURST 64

struct reader {
    pthread_t thread;
    struct captures *captures;
    struct intake *intake;
    struct stamps *stamps;
    struct batch_ring *ring;
};

bool is_far(struct instant before, struct instant at)
{
    const int64_t most_ns = APART_MOST_DAYS * S_PER_DAY * NS_PER_S;
    int64_t ns;
    return __builtin_sub_overflow(at.ns, before.ns, &ns) || ns > most_ns || ns < -most_ns;
}

// How many of the burst come before a far one.
static size_t stamps_check(struct stamps *stamps, const struct packet *burst, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct instant at = burst[i].at, before = stamps->started ? stamps->reached : at;
        if (is_far(before, at)) {
            stamps->ended = true;
            stamps->far = (struct far_packet){at, before, burst[i].ordinal, burst[i].tap_port};
            return i;
        }
        stamps->started = true;
        stamps->reached = instant_max(before, at);
    }
    return count;
}

bool captures_take(struct captures *captures, struct intake *intake, struct stamps *stamps)
{
    struct packet burst[BURST];
    size_t count = stamps->ended ? 0 : packets_from_capture(captures, burst, BURST);
    count = stamps_check(stamps, burst, count);
    if (count == 0) {
        intake_end(intake);
        return false;
    }
    intake_packets(intake, burst, count, captures_bytes_read(captures));
    return true;
}

static void *reader_run(void *context)
{
    struct reader *reader = context;
    while (!batch_ring_is_stopped(reader->ring) &&
           captures_take(reader->captures, reader->intake, reader->stamps)) {
    }
    return NULL;
}

struct reader *reader_start(struct captures *captures, struct intake *intake, struct stamps *stamps)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    struct batch_ring *ring = batch_ring_new();
    if (reader != NULL && ring != NULL) {
        *reader =
            (struct reader){.captures = captures, .intake = intake, .stamps = stamps, .ring = ring};
        intake_connect(intake, batch_ring_first(ring), batch_ring_push, ring);
        if (pthread_create(&reader->thread, NULL, reader_run, reader) == 0) {
            return reader;
        }
    }
    batch_ring_free(ring);
    free(reader);
    return NULL;
}

const struct batch *reader_next(struct reader *reader)
{
    return batch_ring_take(reader->ring);
}

void reader_stop(struct reader *reader)
{
    if (reader == NULL) {
        return;
    }
    batch_ring_stop(reader->ring);
    pthread_join(reader->thread, NULL);
    batch_ring_free(reader->ring);
    free(reader);
}
