// SIGHUP is blocked everywhere and taken here by sigtimedwait(2): no handler, nothing interrupted,
// no lock. The watchdog is answered at half its interval, and only while all threads move: a worker
// that hangs is ended and started again by the service manager, which nobody else would do.
#include "tools/run/control.h"

#include "config/clock.h"
#include "config/log.h"
#include "config/memory.h"

#include "tools/run/notify.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define FOREVER_NS (3600 * NS_PER_S)

struct control {
    struct reload *reload;
    bool (*is_moving)(void *context);
    void *context;
    int64_t interval_ns; // of the watchdog; 0: none
    pthread_t thread;
    atomic_bool stopping;
};

static void watchdog_answer(struct control *control)
{
    if (control->is_moving(control->context)) {
        notify("WATCHDOG=1");
    } else {
        log_warning("a thread has not moved for half of the watchdog's interval");
    }
}

static void *control_main(void *context)
{
    struct control *control = context;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    int64_t half_ns = control->interval_ns > 0 ? control->interval_ns / 2 : FOREVER_NS;
    int64_t due_ns = monotonic_ns() + half_ns;
    while (!atomic_load_explicit(&control->stopping, memory_order_acquire)) {
        int64_t left_ns = due_ns - monotonic_ns();
        left_ns = left_ns < 0 ? 0 : left_ns;
        struct timespec wait = {.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S};
        bool asked = sigtimedwait(&set, NULL, &wait) == SIGHUP;
        if (atomic_load_explicit(&control->stopping, memory_order_acquire)) {
            break;
        }
        if (asked) {
            reload_read(control->reload);
        }
        if (monotonic_ns() >= due_ns) {
            due_ns += half_ns;
            if (control->interval_ns > 0) {
                watchdog_answer(control);
            }
        }
    }
    return NULL;
}

struct control *control_start(
    struct reload *reload, bool (*is_moving)(void *context), void *context)
{
    struct control *control = memory_zeroed(1, sizeof(*control));
    control->reload = reload;
    control->is_moving = is_moving;
    control->context = context;
    control->interval_ns = notify_watchdog_ns();
    if (pthread_create(&control->thread, NULL, control_main, control) != 0) {
        free(control);
        return NULL;
    }
    return control;
}

void control_stop(struct control *control)
{
    if (control == NULL) {
        return;
    }
    atomic_store_explicit(&control->stopping, true, memory_order_release);
    reload_end(control->reload);
    pthread_kill(control->thread, SIGHUP); // wakes it; nobody else waits for this one
    pthread_join(control->thread, NULL);
    free(control);
}
