#include "dataplane/reader.h"

#include <pthread.h>
#include <stdlib.h>

#define BURST 64

struct reader {
    pthread_t thread;
    struct captures *captures;
    struct intake *intake;
    struct batch_ring *ring;
};

bool captures_take(struct captures *captures, struct intake *intake)
{
    struct packet burst[BURST];
    size_t count = packets_from_capture(captures, burst, BURST);
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
    while (
        !batch_ring_is_stopped(reader->ring) && captures_take(reader->captures, reader->intake)) {
    }
    return NULL;
}

struct reader *reader_start(struct captures *captures, struct intake *intake)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    struct batch_ring *ring = batch_ring_new();
    if (reader != NULL && ring != NULL) {
        *reader = (struct reader){.captures = captures, .intake = intake, .ring = ring};
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
