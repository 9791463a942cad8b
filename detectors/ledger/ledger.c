// The ledger's thread. Detection never waits for the disk: ledger_commit only puts a change set at
// the end of a queue, without bound in memory, and wakes the thread, which writes one change set as
// one SQLite transaction, in order.
//
// When the disk refuses (full, read-only, broken) the change set at the head stays where it is, the
// log says so once, and it is tried again after 100 ms, doubling up to 5 s; when it goes through,
// the log says that too. On a full disk a reserve that was held until then is given up first, with
// an alarm: what came from it is room for the records of some hundred incidents. Nothing behind it
// is written before it, so the hash chain keeps its order.
//
// The same record again is a no-op; another content under the same key is written down nowhere, is
// logged, and kept for ledger_close, which then returns false: a verdict is not to be replaced
// silently. The rest of that change set is written.
//
// At close the queue is written to its end. If the disk still refuses then, close gives up after
// CLOSE_TRIES attempts, and its sentence says how many change sets are lost with the process.
#include "detectors/ledger/ledger.h"

#include "config/clock.h"
#include "config/log.h"
#include "config/memory.h"

#include "detectors/ledger/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST_WAIT_MS   100
#define LAST_WAIT_MS    5000
#define CLOSE_TRIES     6 // after the request to close, so that a full disk cannot hang the process
#define CLOSE_WAIT_MS   1000
#define RESERVE_WAIT_NS (60 * NS_PER_S)
#define LOW_ROOM_BYTES  (1 << 20)
#define FACTS_WAIT_MS   500 // a fact is noticed at the latest after so long

struct ledger {
    struct store store;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct change_set *head, **tail; // under the mutex
    size_t queued;
    bool closing;
    bool watching; // for facts
    char **facts;  // that came and were not fetched
    size_t fact_count, fact_capacity;
    void (*committed)(void *context);
    void *context;
    void (*before)(void *context, struct instant tick);
    void *before_context;
    char error[512];       // first sentence that ledger_close will say
    int64_t reserve_bytes; // of the file that is given up on a full disk; 0: none
    bool reserve_held;
    int64_t reserve_tried_ns; // thread only: to hold it again
    bool failing;             // thread only: the log has been told
    int64_t fact_entry;       // thread only: of the last fact that came
    int64_t facts_seen_ns;    // thread only: when it last looked
};

// Under the mutex. 0: until something changed; else until wait_ms are over, close begins, or there
// is a first change set.
static void wait_for(struct ledger *ledger, int64_t wait_ms)
{
    struct timespec until;
    if (wait_ms == 0) {
        pthread_cond_wait(&ledger->changed, &ledger->mutex);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + wait_ms * NS_PER_MS;
    until.tv_sec += ns / NS_PER_S;
    until.tv_nsec = ns % NS_PER_S;
    bool closing = ledger->closing;
    const struct change_set *head = ledger->head;
    while (closing == ledger->closing && head == ledger->head &&
           pthread_cond_timedwait(&ledger->changed, &ledger->mutex, &until) != ETIMEDOUT) {
    }
}

static void error_keep(struct ledger *ledger, const char *error)
{
    pthread_mutex_lock(&ledger->mutex);
    if (ledger->error[0] == '\0') {
        memccpy(ledger->error, error, '\0', sizeof(ledger->error) - 1);
    }
    pthread_mutex_unlock(&ledger->mutex);
}

static bool has_events(const struct change_set *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        if (changes->changes[i].kind == CHANGE_EVENT) {
            return true;
        }
    }
    return false;
}

// True when there is room now that was held until here.
static bool reserve_give(struct ledger *ledger)
{
    bool given = ledger->reserve_held && reserve_release(ledger->store.path);
    if (given) {
        log_error(
            "ALARM: the disk of ledger '%s' is full; the reserve of %lld bytes is given up, and "
            "records go on until that is full too: make room now",
            ledger->store.path, (long long)ledger->reserve_bytes);
        ledger->reserve_held = false;
    }
    return given;
}

// Under the mutex. The other files of that disk, and what persons enter, need room too: the reserve
// is given up before the ledger itself is refused.
static void room_look(struct ledger *ledger)
{
    if (ledger->reserve_held && !disk_has_room(ledger->store.path, LOW_ROOM_BYTES)) {
        reserve_give(ledger);
    }
}

// When it was given up: again, as soon as there is room for it twice, looked at once a minute.
static void reserve_take(struct ledger *ledger)
{
    int64_t now_ns = monotonic_ns();
    if (ledger->reserve_bytes == 0 || ledger->reserve_held ||
        now_ns - ledger->reserve_tried_ns < RESERVE_WAIT_NS) {
        return;
    }
    ledger->reserve_tried_ns = now_ns;
    ledger->reserve_held = reserve_hold(ledger->store.path, ledger->reserve_bytes);
    if (ledger->reserve_held) {
        log_info("ledger: a reserve of %lld bytes is held", (long long)ledger->reserve_bytes);
    }
}

// Writes one change set; false when it must be tried again.
static bool write_one(struct ledger *ledger, const struct change_set *changes)
{
    char error[512] = "";
    enum store_result result = store_write(&ledger->store, changes, error, sizeof(error));
    if (result == STORE_FAILED) {
        if (!ledger->failing) {
            log_error("%s; it is kept in memory and tried again", error);
        }
        ledger->failing = true;
        return store_is_full(&ledger->store) && reserve_give(ledger) && write_one(ledger, changes);
    }
    if (ledger->failing) {
        log_info("ledger: written after all, the disk accepts again");
    }
    ledger->failing = false;
    reserve_take(ledger);
    if (result == STORE_CONFLICT) {
        log_error("%s", error);
        error_keep(ledger, error);
    }
    return true;
}

static void head_drop(struct ledger *ledger)
{
    struct change_set *changes = ledger->head;
    ledger->head = changes->next;
    if (ledger->head == NULL) {
        ledger->tail = &ledger->head;
    }
    ledger->queued--;
    change_set_free(changes);
}

// Under the mutex. One attempt at the head; returns whether it went through.
static bool head_write(struct ledger *ledger)
{
    struct change_set *changes = ledger->head; // stays the head: only this thread removes it
    void (*committed)(void *context) = ledger->committed;
    void (*before)(void *context, struct instant tick) = ledger->before;
    pthread_mutex_unlock(&ledger->mutex);
    if (before != NULL) {
        before(ledger->before_context, changes->tick);
    }
    bool written = write_one(ledger, changes);
    if (written && committed != NULL && has_events(changes)) {
        committed(ledger->context);
    }
    pthread_mutex_lock(&ledger->mutex);
    if (written) {
        head_drop(ledger);
    }
    return written;
}

// Under the mutex, which is let go of meanwhile.
static void facts_look(struct ledger *ledger)
{
    int64_t now_ns = monotonic_ns();
    char *json;
    if (!ledger->watching || now_ns - ledger->facts_seen_ns < FACTS_WAIT_MS * NS_PER_MS / 2) {
        return;
    }
    ledger->facts_seen_ns = now_ns;
    pthread_mutex_unlock(&ledger->mutex);
    while (store_facts(&ledger->store, ledger->fact_entry, &json, &ledger->fact_entry)) {
        pthread_mutex_lock(&ledger->mutex);
        ledger->facts = memory_grow(
            ledger->facts, ledger->fact_count, &ledger->fact_capacity, sizeof(*ledger->facts));
        ledger->facts[ledger->fact_count++] = json;
        pthread_mutex_unlock(&ledger->mutex);
    }
    pthread_mutex_lock(&ledger->mutex);
}

static void *ledger_run(void *context)
{
    struct ledger *ledger = context;
    int64_t wait_ms = FIRST_WAIT_MS;
    int tries_at_close = 0;
    pthread_mutex_lock(&ledger->mutex);
    while (ledger->head != NULL || !ledger->closing) {
        facts_look(ledger);
        room_look(ledger);
        if (ledger->head == NULL && !ledger->closing) {
            wait_for(ledger, ledger->watching ? FACTS_WAIT_MS : 0);
        } else if (ledger->head == NULL) {
            break;
        } else if (head_write(ledger)) {
            wait_ms = FIRST_WAIT_MS;
        } else {
            if (ledger->closing && tries_at_close++ >= CLOSE_TRIES) {
                break;
            }
            int64_t most_ms = ledger->closing ? CLOSE_WAIT_MS : LAST_WAIT_MS;
            wait_ms = wait_ms < most_ms ? wait_ms : most_ms;
            wait_for(ledger, wait_ms);
            wait_ms *= 2;
        }
    }
    pthread_mutex_unlock(&ledger->mutex);
    return NULL;
}

static void ledger_done(struct ledger *ledger)
{
    while (ledger->head != NULL) {
        head_drop(ledger);
    }
    for (size_t i = 0; i < ledger->fact_count; i++) {
        free(ledger->facts[i]);
    }
    free(ledger->facts);
    store_close(&ledger->store);
    pthread_cond_destroy(&ledger->changed);
    pthread_mutex_destroy(&ledger->mutex);
    free(ledger);
}

struct ledger *ledger_open(const char *path, char *error, size_t error_size)
{
    struct ledger *ledger = memory_zeroed(1, sizeof(*ledger));
    pthread_condattr_t attributes;
    ledger->tail = &ledger->head;
    pthread_mutex_init(&ledger->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&ledger->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (!store_open(&ledger->store, path, error, error_size)) {
        ledger_done(ledger);
        return NULL;
    }
    if (pthread_create(&ledger->thread, NULL, ledger_run, ledger) != 0) {
        snprintf(error, error_size, "ledger '%s': its thread could not be started", path);
        ledger_done(ledger);
        return NULL;
    }
    return ledger;
}

void ledger_commit(struct ledger *ledger, struct change_set *changes)
{
    if (change_set_is_empty(changes)) {
        change_set_free(changes);
        return;
    }
    pthread_mutex_lock(&ledger->mutex);
    *ledger->tail = changes;
    ledger->tail = &changes->next;
    ledger->queued++;
    pthread_cond_signal(&ledger->changed);
    pthread_mutex_unlock(&ledger->mutex);
}

void ledger_before_commit(
    struct ledger *ledger, void (*before)(void *context, struct instant tick), void *context)
{
    pthread_mutex_lock(&ledger->mutex);
    ledger->before = before;
    ledger->before_context = context;
    pthread_mutex_unlock(&ledger->mutex);
}

void ledger_reserve(struct ledger *ledger, int64_t bytes)
{
    pthread_mutex_lock(&ledger->mutex); // nothing has been committed yet: the thread waits
    ledger->reserve_bytes = bytes;
    ledger->reserve_held = bytes > 0 && reserve_hold(ledger->store.path, bytes);
    pthread_mutex_unlock(&ledger->mutex);
    if (bytes > 0 && !ledger->reserve_held) {
        log_warning("ledger '%s': no reserve of %lld bytes can be held beside it",
            ledger->store.path, (long long)bytes);
    }
}

void ledger_on_commit(struct ledger *ledger, void (*committed)(void *context), void *context)
{
    pthread_mutex_lock(&ledger->mutex);
    ledger->committed = committed;
    ledger->context = context;
    pthread_mutex_unlock(&ledger->mutex);
}

void ledger_watch_facts(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->mutex);
    ledger->watching = true;
    pthread_cond_signal(&ledger->changed);
    pthread_mutex_unlock(&ledger->mutex);
}

char *ledger_next_fact(struct ledger *ledger)
{
    char *fact = NULL;
    pthread_mutex_lock(&ledger->mutex);
    if (ledger->fact_count > 0) {
        fact = ledger->facts[0];
        memmove(ledger->facts, ledger->facts + 1, --ledger->fact_count * sizeof(*ledger->facts));
    }
    pthread_mutex_unlock(&ledger->mutex);
    return fact;
}

bool ledger_close(struct ledger *ledger, char *error, size_t error_size)
{
    pthread_mutex_lock(&ledger->mutex);
    ledger->closing = true;
    pthread_cond_signal(&ledger->changed);
    pthread_mutex_unlock(&ledger->mutex);
    pthread_join(ledger->thread, NULL);
    bool written = ledger->queued == 0 && ledger->error[0] == '\0';
    if (ledger->queued > 0) {
        snprintf(error, error_size, "ledger: %zu change sets could not be written: %s",
            ledger->queued, sqlite3_errmsg(ledger->store.database));
    } else if (!written) {
        snprintf(error, error_size, "%s", ledger->error);
    }
    ledger_done(ledger);
    return written;
}
