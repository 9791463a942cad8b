// Another process, as /proc shows it.
#pragma once

#include <stdint.h>

// Zeroes when it is gone.
struct process_memory {
    uint64_t resident_bytes, hugepage_bytes; // VmRSS, HugetlbPages
};
void process_memory(int pid, struct process_memory *ret);

// Time that its busiest thread has had a core, ns: the one that polls. 0 when it is gone.
uint64_t process_busiest_ns(int pid);
