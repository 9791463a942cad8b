// The thread that waits so that no other has to: for SIGHUP, and for the next word to the service
// manager's watchdog.
#pragma once

#include "tools/run/reload.h"

#include <stdbool.h>

struct control;

// `is_moving` says whether every thread has come on since it was asked last; only then is the
// watchdog answered. SIGHUP must be blocked in all threads. NULL when no thread is to be had.
struct control *control_start(
    struct reload *reload, bool (*is_moving)(void *context), void *context);
// Ends and joins it; NULL is fine.
void control_stop(struct control *control);
