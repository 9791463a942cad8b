// A progress bar on standard error, only when that is a terminal and the work takes longer than a
// moment.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what;
    uint64_t total; // 0: unknown
    uint64_t shown; // value at the last drawing
    uint64_t calls;
    int64_t started_ns, drawn_ns;
    bool terminal;
};

void progress_start(struct progress *progress, const char *what, uint64_t total);
// Cheap: looks at the clock once in 1,024 calls.
void progress_show(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress);
