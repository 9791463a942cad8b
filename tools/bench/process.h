// Another process, as /proc shows it.
#pragma once

#include <stdint.h>

// Zeroes when it is gone.
struct process_memory {
    uint64_t resident_bytes, hugepage_bytes; // VmRSS, HugetlbPages
};
void process_memory(int pid, struct process_memory *ret);

// Time that each thread has had a core.
#define PROCESS_THREADS_MAX 64
struct process_times {
    unsigned count;
    int threads[PROCESS_THREADS_MAX];
    uint64_t ns[PROCESS_THREADS_MAX];
};
void process_times(int pid, struct process_times *ret);
// Between two readings, of the thread that had most: the one that polls.
uint64_t process_busiest_ns(const struct process_times *before, const struct process_times *after);
