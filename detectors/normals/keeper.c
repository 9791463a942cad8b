// Writes what was learned, behind the detectors' back. A batch comes once an hour and once a day;
// when the disk refuses, the log says so once and the batches wait. When too many wait the oldest
// goes; of days in hand the later ones say the same and more. A replay learns faster than a disk
// takes it: it waits for room as long as the disk accepts. Live, two days of batches fit.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/normals/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define BATCHES_MOST 48
#define RETRY_S      5

struct keeper {
    sqlite3 *store;
    const struct settings *settings;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed, written;
    struct kept_batch *head; // under the mutex; the oldest first
    size_t count;
    bool stopping, failing; // under the mutex; failing: the log has been told
};

static bool batch_write(struct keeper *keeper, const struct kept_batch *batch)
{
    char error[512];
    bool written =
        normals_store_write(keeper->store, keeper->settings, batch, error, sizeof(error));
    if (!written && !keeper->failing) {
        log_error("%s; what was learned is kept in memory and tried again", error);
    }
    if (written && keeper->failing) {
        log_info("normals: written after all, the disk accepts again");
    }
    return written;
}

// Under the mutex.
static struct kept_batch *head_take(struct keeper *keeper)
{
    struct kept_batch *batch = keeper->head;
    keeper->head = batch->next;
    batch->next = NULL;
    keeper->count--;
    return batch;
}

// Under the mutex.
static void head_return(struct keeper *keeper, struct kept_batch *batch)
{
    batch->next = keeper->head;
    keeper->head = batch;
    keeper->count++;
}

// Under the mutex.
static void wait_retry(struct keeper *keeper)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += RETRY_S;
    while (!keeper->stopping &&
           pthread_cond_timedwait(&keeper->changed, &keeper->mutex, &until) != ETIMEDOUT) {
    }
}

static void *keeper_run(void *context)
{
    struct keeper *keeper = context;
    pthread_mutex_lock(&keeper->mutex);
    while (keeper->head != NULL || !keeper->stopping) {
        if (keeper->head == NULL) {
            pthread_cond_wait(&keeper->changed, &keeper->mutex);
            continue;
        }
        bool last_try = keeper->stopping;
        struct kept_batch *batch = head_take(keeper);
        pthread_mutex_unlock(&keeper->mutex);
        bool written = batch_write(keeper, batch);
        pthread_mutex_lock(&keeper->mutex);
        keeper->failing = !written;
        pthread_cond_signal(&keeper->written);
        if (written || last_try) {
            kept_free(batch);
        } else {
            head_return(keeper, batch);
            wait_retry(keeper);
        }
    }
    pthread_mutex_unlock(&keeper->mutex);
    return NULL;
}

struct keeper *keeper_start(
    const char *path, const struct settings *settings, char *error, size_t error_size)
{
    struct keeper *keeper = memory_zeroed(1, sizeof(*keeper));
    pthread_condattr_t attributes;
    keeper->settings = settings;
    keeper->store = normals_store_open(path, true, error, error_size);
    if (keeper->store == NULL) {
        free(keeper);
        return NULL;
    }
    pthread_mutex_init(&keeper->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->changed, &attributes);
    pthread_cond_init(&keeper->written, NULL);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&keeper->thread, NULL, keeper_run, keeper) != 0) {
        snprintf(error, error_size, "normals '%s': its thread could not be started", path);
        sqlite3_close(keeper->store);
        free(keeper);
        return NULL;
    }
    return keeper;
}

void keeper_put(struct keeper *keeper, struct kept_batch *batch)
{
    struct kept_batch **end = &keeper->head;
    pthread_mutex_lock(&keeper->mutex);
    while (keeper->count >= BATCHES_MOST && !keeper->failing) {
        pthread_cond_wait(&keeper->written, &keeper->mutex);
    }
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = batch;
    keeper->count++;
    struct kept_batch *lost = keeper->count > BATCHES_MOST ? head_take(keeper) : NULL;
    pthread_cond_signal(&keeper->changed);
    pthread_mutex_unlock(&keeper->mutex);
    kept_free(lost);
}

void keeper_stop(struct keeper *keeper)
{
    if (keeper == NULL) {
        return;
    }
    pthread_mutex_lock(&keeper->mutex);
    keeper->stopping = true;
    pthread_cond_signal(&keeper->changed);
    pthread_mutex_unlock(&keeper->mutex);
    pthread_join(keeper->thread, NULL);
    pthread_mutex_destroy(&keeper->mutex);
    pthread_cond_destroy(&keeper->changed);
    pthread_cond_destroy(&keeper->written);
    sqlite3_close(keeper->store);
    free(keeper);
}
