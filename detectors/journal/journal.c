// Theory of operation
//
// The detectors' thread prints a tick into memory and puts it at the end of a queue; a thread of
// the journal's own writes it, one tick as one gzip block, flushed, so that after kill -9 whatever
// the kernel was given is there to the last tick. The disk itself is not waited for: a machine that
// loses power loses some seconds, and the rest of the verdict is in the ledger.
//
// The queue is bounded. When the disk refuses, or is slower than the ticks come, what finds no room
// is left out and the log says so once; a new segment begins behind the hole. A run that is killed
// then reads the hole as an absence. `settled` is the last tick that needs no waiting for: written,
// or given up.
//
// Segments go when a new one begins: those that no open incident needs (journal_keep). Of the file
// of normals a copy is taken a minute after a segment's begin: the keeper writes it at the full
// hour.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/journal/segments.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define QUEUE_BYTES_MOST (64 << 20)
#define SNAPSHOT_BEHIND  60   // seconds of event time
#define GZIP_MODE        "w1" // fast: the text is repetitive enough

struct block {
    struct block *next;
    struct instant tick;
    char *text;
    size_t length;
};

struct journal {
    char *folder, *normals_path;
    const struct settings *settings;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed, written;
    struct block *head, **tail; // under the mutex
    size_t queued_bytes;
    struct span *spans; // the newest wish, until it is fulfilled
    size_t span_count;
    struct instant settled;
    bool closing, dropping; // dropping: the log was told of a hole
    // The thread's own:
    gzFile file;
    int64_t from_s; // of the segment in hand
    bool has_snapshot, failing;
    struct span *kept;
    size_t kept_count;
};

static void block_free(struct block *block)
{
    free(block->text);
    free(block);
}

// ---- the thread

static void segments_trim(struct journal *journal)
{
    size_t count;
    struct segment *segments = segments_list(journal->folder, &count);
    bool *keep = memory_zeroed(count + 1, sizeof(*keep));
    segments_choose(segments, count, journal->kept, journal->kept_count,
        journal->settings->journal.bytes, keep);
    for (size_t i = 0; journal->kept != NULL && i < count; i++) {
        if (!keep[i]) {
            segment_remove(journal->folder, segments[i].from_s);
        }
    }
    free(keep);
    free(segments);
}

static void segment_end(struct journal *journal)
{
    if (journal->file != NULL) {
        gzclose(journal->file);
    }
    journal->file = NULL;
}

static gzFile segment_make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    gzFile file = fd < 0 ? NULL : gzdopen(fd, GZIP_MODE);
    if (fd >= 0 && file == NULL) {
        close(fd);
    }
    return file;
}

static bool segment_begin(struct journal *journal, struct instant tick)
{
    int64_t from_s = instant_second(tick);
    if (journal->file != NULL && from_s / S_PER_HOUR == journal->from_s / S_PER_HOUR) {
        return true;
    }
    segment_end(journal);
    segments_trim(journal);
    char *path = segment_path(journal->folder, from_s, SEGMENT_SUFFIX);
    journal->file = segment_make(path);
    free(path);
    journal->from_s = from_s;
    journal->has_snapshot = false;
    return journal->file != NULL;
}

static void snapshot_late(struct journal *journal, struct instant tick)
{
    if (journal->has_snapshot || journal->normals_path == NULL ||
        instant_second(tick) < journal->from_s + SNAPSHOT_BEHIND) {
        return;
    }
    journal->has_snapshot = true; // one try
    char *path = segment_path(journal->folder, journal->from_s, SNAPSHOT_SUFFIX);
    if (access(journal->normals_path, R_OK) == 0 && !snapshot_take(journal->normals_path, path)) {
        log_warning("journal: '%s' cannot be copied to '%s'", journal->normals_path, path);
    }
    free(path);
}

static bool block_write(struct journal *journal, const struct block *block)
{
    errno = 0;
    bool good = segment_begin(journal, block->tick) &&
                gzwrite(journal->file, block->text, (unsigned)block->length) > 0 &&
                gzflush(journal->file, Z_SYNC_FLUSH) == Z_OK;
    if (!good) {
        if (!journal->failing) {
            log_error("journal '%s' cannot be written: %s; a run that is killed now cannot go on "
                      "from these seconds",
                journal->folder, strerror(errno != 0 ? errno : EIO));
        }
        segment_end(journal); // behind the hole another one begins
    } else if (journal->failing) {
        log_info("journal: written again, the disk accepts");
    }
    journal->failing = !good;
    return good;
}

static void block_done(struct journal *journal, struct block *block)
{
    (void)block_write(journal, block);
    snapshot_late(journal, block->tick);
}

static void *journal_run(void *context)
{
    struct journal *journal = context;
    pthread_mutex_lock(&journal->mutex);
    while (journal->head != NULL || !journal->closing) {
        struct block *block = journal->head;
        if (block == NULL) {
            pthread_cond_wait(&journal->changed, &journal->mutex);
            continue;
        }
        if (journal->spans != NULL) {
            free(journal->kept);
            journal->kept = journal->spans;
            journal->kept_count = journal->span_count;
            journal->spans = NULL;
        }
        pthread_mutex_unlock(&journal->mutex);
        block_done(journal, block);
        pthread_mutex_lock(&journal->mutex);
        journal->head = block->next;
        journal->tail = journal->head == NULL ? &journal->head : journal->tail;
        journal->queued_bytes -= block->length;
        journal->settled = block->tick;
        pthread_cond_broadcast(&journal->written);
        block_free(block);
    }
    pthread_mutex_unlock(&journal->mutex);
    return NULL;
}

// ---- the detectors' side

static void journal_free(struct journal *journal)
{
    while (journal->head != NULL) {
        struct block *block = journal->head;
        journal->head = block->next;
        block_free(block);
    }
    pthread_cond_destroy(&journal->changed);
    pthread_cond_destroy(&journal->written);
    pthread_mutex_destroy(&journal->mutex);
    free(journal->spans);
    free(journal->kept);
    free(journal->folder);
    free(journal->normals_path);
    free(journal);
}

static struct journal *journal_new(
    const char *folder, const char *normals_path, const struct settings *settings)
{
    struct journal *journal = memory_zeroed(1, sizeof(*journal));
    pthread_condattr_t attributes;
    journal->folder = memory_text(folder);
    journal->normals_path = memory_text(normals_path);
    journal->settings = settings;
    journal->tail = &journal->head;
    journal->settled = (struct instant){INT64_MIN};
    pthread_mutex_init(&journal->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&journal->changed, &attributes);
    pthread_cond_init(&journal->written, &attributes);
    pthread_condattr_destroy(&attributes);
    return journal;
}

struct journal *journal_open(const char *folder, const char *normals_path,
    const struct settings *settings, char *error, size_t error_size)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        snprintf(error, error_size, "the journal's folder '%s' cannot be made: %s", folder,
            strerror(errno));
        return NULL;
    }
    if (access(folder, W_OK | X_OK) != 0) {
        snprintf(error, error_size, "the journal's folder '%s' cannot be written: %s", folder,
            strerror(errno));
        return NULL;
    }
    struct journal *journal = journal_new(folder, normals_path, settings);
    if (pthread_create(&journal->thread, NULL, journal_run, journal) != 0) {
        snprintf(error, error_size, "journal '%s': its thread could not be started", folder);
        journal_free(journal);
        return NULL;
    }
    return journal;
}

// Under the mutex. Nobody waits for it any more once all before it are done.
static void block_drop(struct journal *journal, struct block *block)
{
    if (!journal->dropping) {
        log_warning("journal: the disk is too slow; seconds are left out, and a run that is killed "
                    "now reads them as an absence");
    }
    journal->dropping = true;
    block_free(block);
}

void journal_put(struct journal *journal, const struct counters *counters)
{
    struct block *block = memory_zeroed(1, sizeof(*block));
    FILE *out = memory_stream(&block->text, &block->length);
    counters_print(out, journal->settings, counters);
    if (fclose(out) != 0) {
        abort();
    }
    block->tick = counters->tick;
    pthread_mutex_lock(&journal->mutex);
    if (journal->queued_bytes + block->length > QUEUE_BYTES_MOST) {
        block_drop(journal, block);
    } else {
        journal->dropping = false;
        *journal->tail = block;
        journal->tail = &block->next;
        journal->queued_bytes += block->length;
        pthread_cond_signal(&journal->changed);
    }
    pthread_mutex_unlock(&journal->mutex);
}

// Under the mutex.
static bool is_settled(const struct journal *journal, struct instant tick)
{
    return journal->settled.ns >= tick.ns || journal->head == NULL ||
           journal->head->tick.ns > tick.ns;
}

bool journal_wait(struct journal *journal, struct instant tick, int64_t most_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + most_ms * NS_PER_MS;
    until.tv_sec += ns / NS_PER_S;
    until.tv_nsec = ns % NS_PER_S;
    pthread_mutex_lock(&journal->mutex);
    while (!is_settled(journal, tick) &&
           pthread_cond_timedwait(&journal->written, &journal->mutex, &until) != ETIMEDOUT) {
    }
    bool settled = is_settled(journal, tick);
    pthread_mutex_unlock(&journal->mutex);
    return settled;
}

void journal_keep(struct journal *journal, const struct span *spans, size_t count)
{
    struct span *copy = memory_zeroed(count + 1, sizeof(*copy));
    memcpy(copy, spans, count * sizeof(*copy));
    pthread_mutex_lock(&journal->mutex);
    free(journal->spans);
    journal->spans = copy;
    journal->span_count = count;
    pthread_mutex_unlock(&journal->mutex);
}

void journal_close(struct journal *journal)
{
    if (journal == NULL) {
        return;
    }
    pthread_mutex_lock(&journal->mutex);
    journal->closing = true;
    pthread_cond_signal(&journal->changed);
    pthread_mutex_unlock(&journal->mutex);
    pthread_join(journal->thread, NULL);
    segment_end(journal);
    journal_free(journal);
}
