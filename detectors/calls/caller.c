// Theory of operation
//
// Calls lie in the outbox like messages, under a topic of their own that goes to no broker. The
// thread takes them in their order; who is called is looked up in the roster when a call goes out,
// by the step and the instant that it bears, so numbers of people are in no record. What is not
// taken is tried again, first after RETRY_FIRST_NS, then less often, without end: a newer call
// never overtakes an older one, as the older one says what the newer one is about. One that waits
// longer than STALE_NS goes out with `late`.
#include "detectors/calls/caller.h"

#include "config/clock.h"
#include "config/log.h"
#include "config/memory.h"

#include "detectors/json.h"
#include "detectors/kafka/second_sink.h"
#include "detectors/ledger/ledger.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLL_NS        (500 * NS_PER_MS)
#define RETRY_FIRST_NS NS_PER_S
#define RETRY_LAST_NS  (60 * NS_PER_S)
#define STALE_NS       (60 * NS_PER_S)

struct caller {
    const struct calendar *calendar;
    struct sink_target to;
    char *target, *token, *authorities; // what it names
    struct outbox *outbox;
    struct second_sink *sink; // NULL: to be opened
    int64_t last_number;
    bool complained;

    pthread_t thread;
    pthread_mutex_t mutex; // of everything below
    pthread_cond_t changed;
    struct roster_settings *roster;
    size_t roster_count;
    bool stops;
    int64_t stop_at_ns; // monotonic_ns
};

// ---- the roster

static void roster_free(struct roster_settings *roster, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(roster[i].role);
        free(roster[i].to);
        free(roster[i].days);
        free(roster[i].hours);
    }
    free(roster);
}

static void *copy_of(const void *list, size_t count, size_t size)
{
    void *copy = memory_zeroed(count + 1, size);
    if (count > 0) {
        memcpy(copy, list, count * size);
    }
    return copy;
}

void caller_take_roster(struct caller *caller, const struct settings *settings)
{
    const struct calls_settings *calls = &settings->calls;
    struct roster_settings *fresh =
        copy_of(calls->roster, calls->roster_count, sizeof(*calls->roster));
    for (size_t i = 0; i < calls->roster_count; i++) {
        const struct roster_settings *row = &calls->roster[i];
        fresh[i].role = memory_text(row->role);
        fresh[i].to = memory_text(row->to);
        fresh[i].days = copy_of(row->days, row->day_count, sizeof(*row->days));
        fresh[i].hours = copy_of(row->hours, row->hour_count, sizeof(*row->hours));
    }
    pthread_mutex_lock(&caller->mutex);
    struct roster_settings *old = caller->roster;
    size_t old_count = caller->roster_count;
    caller->roster = fresh;
    caller->roster_count = calls->roster_count;
    pthread_mutex_unlock(&caller->mutex);
    roster_free(old, old_count);
}

// Everybody up to the call's step, the first step first.
static json_t *called_json(struct caller *caller, int64_t steps, int64_t epoch_s)
{
    json_t *called = json_array();
    pthread_mutex_lock(&caller->mutex);
    for (int64_t step = 1; step <= steps; step++) {
        for (size_t i = 0; i < caller->roster_count; i++) {
            if (roster_is_called(
                    caller->calendar, caller->roster, caller->roster_count, i, step, epoch_s)) {
                json_t *row = json_object();
                json_set_integer(row, "step", step);
                json_set_text(row, "role", caller->roster[i].role);
                json_set_text(row, "to", caller->roster[i].to);
                json_array_append_new(called, row);
            }
        }
    }
    pthread_mutex_unlock(&caller->mutex);
    return called;
}

// ---- sending

// Of the ledger's own record, which was checked when it was made.
static char *message_make(struct caller *caller, const struct outbox_row *row)
{
    json_t *value = json_loads(row->value, 0, NULL);
    struct instant at = {0};
    const char *text = json_string_value(json_object_get(value, "at"));
    if (text != NULL && !instant_parse(text, &at)) {
        at = wall_now();
    }
    int64_t steps = json_integer_value(json_object_get(value, "step"));
    json_set(value, "called", called_json(caller, steps, instant_second(at)));
    json_set_flag(value, "late", wall_now().ns - at.ns > STALE_NS);
    char *message = json_compact(value);
    json_decref(value);
    return message;
}

static bool is_told(const struct caller *caller, const struct outbox_row *row, char *error,
    size_t error_size, char *message)
{
    struct outbox_row filled = *row;
    filled.value = message;
    return second_sink_send(caller->sink, &filled, error, error_size);
}

static bool row_send(struct caller *caller, const struct outbox_row *row)
{
    char error[512];
    if (caller->sink == NULL) {
        caller->sink = second_sink_open(&caller->to, error, sizeof(error));
    }
    char *message = message_make(caller, row);
    bool sent = caller->sink != NULL && is_told(caller, row, error, sizeof(error), message);
    free(message);
    if (!sent && !caller->complained) {
        log_error("a call did not go out, and is tried again and again: %s", error);
    } else if (sent && caller->complained) {
        log_warning("calls go out again");
    }
    caller->complained = !sent;
    return sent;
}

static bool row_mark(struct caller *caller, int64_t number, bool sent)
{
    char now[INSTANT_TEXT_MAX];
    instant_format(wall_now(), 3, now);
    return outbox_mark(caller->outbox, &number, 1, sent ? now : NULL);
}

// False when one could not be sent, or the file cannot be read now.
static bool rows_send(struct caller *caller)
{
    struct outbox_row row;
    int found;
    while ((found = outbox_call_next(caller->outbox, caller->last_number, &row)) == 1) {
        int64_t number = row.number;
        bool sent = row_send(caller, &row);
        bool marked = row_mark(caller, number, sent);
        if (!sent || !marked) {
            return false; // sent and not marked: it goes out twice, with the same id
        }
        caller->last_number = number;
    }
    outbox_rest(caller->outbox);
    return found == 0;
}

// ---- the thread

// So long, or until the end comes.
static void wait(struct caller *caller, int64_t ns)
{
    int64_t until_ns = monotonic_ns() + ns;
    const struct timespec time = {until_ns / NS_PER_S, until_ns % NS_PER_S};
    while (!caller->stops && pthread_cond_timedwait(&caller->changed, &caller->mutex, &time) == 0) {
    }
}

static bool is_over(const struct caller *caller, bool sent)
{
    return caller->stops && (sent || monotonic_ns() >= caller->stop_at_ns);
}

static void *caller_main(void *context)
{
    struct caller *caller = context;
    int64_t retry_ns = RETRY_FIRST_NS;
    pthread_mutex_lock(&caller->mutex);
    for (;;) {
        pthread_mutex_unlock(&caller->mutex);
        bool sent = rows_send(caller);
        pthread_mutex_lock(&caller->mutex);
        if (is_over(caller, sent)) {
            break;
        }
        if (caller->stops) { // its patience is short
            pthread_mutex_unlock(&caller->mutex);
            nanosleep(&(struct timespec){.tv_nsec = POLL_NS / 10}, NULL);
            pthread_mutex_lock(&caller->mutex);
            continue;
        }
        wait(caller, sent ? POLL_NS : retry_ns);
        retry_ns = sent ? RETRY_FIRST_NS : 2 * retry_ns;
        retry_ns = retry_ns < RETRY_LAST_NS ? retry_ns : RETRY_LAST_NS;
    }
    pthread_mutex_unlock(&caller->mutex);
    return NULL;
}

// ---- start and end

static char *path_of(const struct settings *settings, const char *path)
{
    return path == NULL || path[0] == '\0' ? memory_text("") : settings_path(settings, path);
}

static void target_set(struct caller *caller, const struct settings *settings)
{
    const struct calls_settings *calls = &settings->calls;
    caller->target = memory_text(calls->target);
    caller->token = path_of(settings, calls->token);
    caller->authorities = path_of(settings, calls->authorities);
    caller->to = (struct sink_target){
        calls->kind == CALLS_WEBHOOK ? SECOND_SINK_WEBHOOK : SECOND_SINK_SYSLOG, caller->target,
        caller->token, caller->authorities};
}

static void caller_free(struct caller *caller)
{
    second_sink_close(caller->sink);
    outbox_close(caller->outbox);
    roster_free(caller->roster, caller->roster_count);
    free(caller->target);
    free(caller->token);
    free(caller->authorities);
    pthread_cond_destroy(&caller->changed);
    pthread_mutex_destroy(&caller->mutex);
    free(caller);
}

struct caller *caller_start(
    const struct settings *settings, const char *ledger_path, char *error, size_t error_size)
{
    struct caller *caller = memory_zeroed(1, sizeof(*caller));
    pthread_condattr_t attributes;
    pthread_mutex_init(&caller->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&caller->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    caller->calendar = &settings->calendars.calendar;
    target_set(caller, settings);
    caller_take_roster(caller, settings);
    caller->outbox = outbox_open(ledger_path, error, error_size);
    // What is wrong with the token's file is said at the start.
    caller->sink = caller->outbox == NULL ? NULL : second_sink_open(&caller->to, error, error_size);
    bool good = caller->sink != NULL;
    if (good && pthread_create(&caller->thread, NULL, caller_main, caller) != 0) {
        snprintf(error, error_size, "the thread that calls people cannot be started");
        good = false;
    }
    if (!good) {
        caller_free(caller);
    }
    return good ? caller : NULL;
}

static size_t left(struct caller *caller)
{
    struct outbox_row row;
    size_t count = 0;
    while (outbox_call_next(caller->outbox, caller->last_number, &row) == 1) {
        caller->last_number = row.number;
        count++;
    }
    return count;
}

size_t caller_stop(struct caller *caller, int64_t wait_ns)
{
    if (caller == NULL) {
        return 0;
    }
    pthread_mutex_lock(&caller->mutex);
    caller->stops = true;
    caller->stop_at_ns = monotonic_ns() + wait_ns;
    pthread_cond_signal(&caller->changed);
    pthread_mutex_unlock(&caller->mutex);
    pthread_join(caller->thread, NULL);
    size_t count = left(caller);
    caller_free(caller);
    return count;
}
