// Theory of operation
//
// Workers add every TCP frame to a ring of their own (frame_ring.h); nothing else happens per
// packet, and nobody knows then which exchange will fail. The detectors' thread notes the failed
// and unanswered exchanges of every tick by the instants of their frames (exchanges.h), and asks
// for evidence when an incident begins or ends. The keeper's thread then
//
//   1. copies the rings at once: seconds later the onset may be overwritten. Requests within
//      SHARED_NS of each other, as of several networks hit at once, share a copy;
//   2. waits until the longest time limit is over: only then is it known which exchanges were not
//      answered;
//   3. writes the frames that were at such an instant, those of connections shortly before they
//   were
//      reset, and one in so many others, hashes the file and says what it holds.
//
// A frame of a message in several segments is found by the instant of the one that made it whole.
#include "dataplane/evidence/evidence.h"

#include "config/memory.h"

#include "dataplane/evidence/exchanges.h"
#include "dataplane/evidence/select.h"

#include <pthread.h>
#include <stdlib.h>

#define JOBS_MAX  16
#define SHARED_NS (2 * NS_PER_S)
#define SLACK_NS  (2 * NS_PER_S) // beyond the longest time limit

struct copy {
    struct frame_snapshot *snapshot; // NULL: there was no memory
    struct instant at;               // tick of the first request
    unsigned users;
};

struct job {
    struct evidence_request request;
    struct copy *copy; // NULL: not yet
};

struct evidence_keeper {
    struct evidence_place place;
    uint8_t recipient[EVIDENCE_KEY_BYTES];
    int64_t wait_ns;
    struct frame_ring *const *rings;
    size_t ring_count;

    pthread_t thread;
    bool runs;
    pthread_mutex_t mutex; // of everything below
    pthread_cond_t changed;
    struct exchanges *exchanges;
    struct instant tick;
    bool ends;
    struct job jobs[JOBS_MAX];
    size_t job_count;
    struct evidence *done;
    size_t done_count, done_capacity, done_taken;
};

// ---- the keeper's thread, with the mutex

static void done_add(struct evidence_keeper *keeper, const struct evidence *evidence)
{
    keeper->done = memory_grow(
        keeper->done, keeper->done_count, &keeper->done_capacity, sizeof(keeper->done[0]));
    keeper->done[keeper->done_count++] = *evidence;
}

static struct copy *copy_shared(const struct evidence_keeper *keeper, struct instant at)
{
    for (size_t i = 0; i < keeper->job_count; i++) {
        struct copy *copy = keeper->jobs[i].copy;
        if (copy != NULL && at.ns - copy->at.ns <= SHARED_NS && copy->at.ns - at.ns <= SHARED_NS) {
            return copy;
        }
    }
    return NULL;
}

static void copy_release(struct copy *copy)
{
    if (--copy->users == 0) {
        frame_snapshot_free(copy->snapshot);
        free(copy);
    }
}

static struct job *job_to_copy(struct evidence_keeper *keeper)
{
    for (size_t i = 0; i < keeper->job_count; i++) {
        if (keeper->jobs[i].copy == NULL) {
            return &keeper->jobs[i];
        }
    }
    return NULL;
}

// Workers and detectors go on meanwhile; jobs are only taken away by this thread, and stay in
// place.
static void copy_make(struct evidence_keeper *keeper, struct job *job)
{
    struct copy *copy = copy_shared(keeper, job->request.at);
    if (copy == NULL) {
        pthread_mutex_unlock(&keeper->mutex);
        copy = memory_zeroed(1, sizeof(*copy));
        copy->at = job->request.at;
        copy->snapshot = frame_snapshot_take(keeper->rings, keeper->ring_count);
        pthread_mutex_lock(&keeper->mutex);
    }
    copy->users++;
    job->copy = copy;
}

// The first whose time has come.
static struct job *job_to_write(struct evidence_keeper *keeper)
{
    for (size_t i = 0; i < keeper->job_count; i++) {
        const struct job *job = &keeper->jobs[i];
        bool ripe = keeper->ends || keeper->tick.ns >= job->request.at.ns + keeper->wait_ns;
        if (job->copy != NULL && ripe) {
            return &keeper->jobs[i];
        }
    }
    return NULL;
}

static void job_write(struct evidence_keeper *keeper, struct job *job)
{
    struct evidence evidence = {.request = job->request};
    struct copy *copy = job->copy;
    struct exchange_index *index = exchange_index_new(keeper->exchanges, job->request.network);
    pthread_mutex_unlock(&keeper->mutex);
    evidence_write(&keeper->place, copy->snapshot, index, &evidence);
    exchange_index_free(index);
    pthread_mutex_lock(&keeper->mutex);
    copy_release(copy);
    *job = keeper->jobs[--keeper->job_count];
    done_add(keeper, &evidence);
}

static void *keeper_main(void *context)
{
    struct evidence_keeper *keeper = context;
    struct job *job;
    pthread_mutex_lock(&keeper->mutex);
    for (;;) {
        if ((job = job_to_copy(keeper)) != NULL) {
            copy_make(keeper, job);
        } else if ((job = job_to_write(keeper)) != NULL) {
            job_write(keeper, job);
        } else if (keeper->ends) {
            break;
        } else {
            pthread_cond_wait(&keeper->changed, &keeper->mutex);
        }
    }
    pthread_mutex_unlock(&keeper->mutex);
    return NULL;
}

// ---- the detectors' thread

void evidence_keeper_tick(struct evidence_keeper *keeper, const struct counters *counters)
{
    pthread_mutex_lock(&keeper->mutex);
    exchanges_add(keeper->exchanges, counters);
    keeper->tick = counters->tick;
    if (keeper->job_count > 0) {
        pthread_cond_signal(&keeper->changed);
    }
    pthread_mutex_unlock(&keeper->mutex);
}

void evidence_keeper_freeze(struct evidence_keeper *keeper, const struct evidence_request *request)
{
    pthread_mutex_lock(&keeper->mutex);
    if (keeper->job_count < JOBS_MAX) {
        keeper->jobs[keeper->job_count++] = (struct job){.request = *request};
        pthread_cond_signal(&keeper->changed);
    } else {
        struct evidence evidence = {
            .request = *request, .from = INSTANT_NEVER, .to = INSTANT_NEVER};
        snprintf(evidence.error, sizeof(evidence.error),
            "no frames were kept: %d requests for evidence wait already", JOBS_MAX);
        done_add(keeper, &evidence);
    }
    pthread_mutex_unlock(&keeper->mutex);
}

bool evidence_keeper_next(struct evidence_keeper *keeper, struct evidence *ret)
{
    pthread_mutex_lock(&keeper->mutex);
    bool any = keeper->done_taken < keeper->done_count;
    if (any) {
        *ret = keeper->done[keeper->done_taken++];
    }
    if (keeper->done_taken == keeper->done_count) {
        keeper->done_taken = keeper->done_count = 0;
    }
    pthread_mutex_unlock(&keeper->mutex);
    return any;
}

// ---- start and end

static int64_t longest_limit(const struct settings *settings)
{
    int64_t longest_ns = 0;
    for (size_t i = 0; i < settings->link_count; i++) {
        int64_t limit_ns = settings->links[i].time_limit_ns;
        longest_ns = limit_ns > longest_ns ? limit_ns : longest_ns;
    }
    return longest_ns;
}

static bool recipient_read(
    struct evidence_keeper *keeper, const struct settings *settings, char *error, size_t error_size)
{
    if (!settings->evidence.payload) {
        return true;
    }
    char *path = settings_path(settings, settings->evidence.recipient_path);
    bool read = evidence_key_read(path, keeper->recipient, error, error_size);
    keeper->place.recipient = keeper->recipient;
    free(path);
    return read;
}

struct evidence_keeper *evidence_keeper_start(const struct settings *settings, const char *folder,
    struct frame_ring *const rings[], size_t count, char *error, size_t error_size)
{
    struct evidence_keeper *keeper = memory_zeroed(1, sizeof(*keeper));
    keeper->rings = rings;
    keeper->ring_count = count;
    keeper->wait_ns = longest_limit(settings) + SLACK_NS;
    keeper->tick = (struct instant){INT64_MIN};
    keeper->place = (struct evidence_place){.settings = settings, .folder = memory_text(folder)};
    keeper->exchanges = exchanges_new();
    pthread_mutex_init(&keeper->mutex, NULL);
    pthread_cond_init(&keeper->changed, NULL);
    bool good = keeper->exchanges != NULL;
    if (!good) {
        snprintf(error, error_size, "no memory for the exchanges of evidence");
    }
    good = good && recipient_read(keeper, settings, error, error_size);
    if (good && pthread_create(&keeper->thread, NULL, keeper_main, keeper) != 0) {
        snprintf(error, error_size, "the thread that keeps evidence cannot be started");
        good = false;
    }
    keeper->runs = good;
    if (!good) {
        evidence_keeper_free(keeper);
    }
    return good ? keeper : NULL;
}

void evidence_keeper_end(struct evidence_keeper *keeper)
{
    if (keeper == NULL || !keeper->runs) {
        return;
    }
    pthread_mutex_lock(&keeper->mutex);
    keeper->ends = true;
    pthread_cond_signal(&keeper->changed);
    pthread_mutex_unlock(&keeper->mutex);
    pthread_join(keeper->thread, NULL);
    keeper->runs = false;
}

void evidence_keeper_free(struct evidence_keeper *keeper)
{
    if (keeper == NULL) {
        return;
    }
    evidence_keeper_end(keeper);
    pthread_cond_destroy(&keeper->changed);
    pthread_mutex_destroy(&keeper->mutex);
    exchanges_free(keeper->exchanges);
    free(keeper->place.folder);
    free(keeper->done);
    free(keeper);
}
