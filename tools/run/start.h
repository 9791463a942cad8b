// The stages of a start, in their order: what is said while it goes on, and where it stopped.
#pragma once

#include <stdbool.h>

// Nothing runs before all of it did: what a person can mend without root comes first.
enum start_stage {
    START_SETTINGS,   // read, checked, with every file that they name
    START_OUTPUTS,    // the ledger folder, as the user that the process becomes
    START_PORTS,      // the EAL, its devices, their buffers
    START_MEMORY,     // tables of the workers
    START_PRIVILEGES, // root is given up
    START_THREADS,    // ledger, sender, detectors
    START_READY,
};

// Whether stages are said on standard error: when asked to, or when that is a terminal.
void start_open(bool verbose);
// The stage begins. START_READY is also told to the service manager.
void start_enter(enum start_stage stage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// The stage cannot be done: one sentence that says what to do.
void start_fail(const char *sentence);
