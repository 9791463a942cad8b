// Calls go out: a thread that takes the ledger's pending calls to the bank's gateway, with who is
// on duty, until each is there. Never waited for by anybody.
#pragma once

#include "config/settings.h"

struct caller;

// NULL with one sentence; not to be started with calls.kind none.
struct caller *caller_start(
    const struct settings *settings, const char *ledger_path, char *error, size_t error_size);
// Other people are on duty now. Copied.
void caller_take_roster(struct caller *caller, const struct settings *settings);
// Waits until all calls are there, `wait_ns` at most; how many are not.
size_t caller_stop(struct caller *caller, int64_t wait_ns);
