#include "tools/bench/process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

void process_memory(int pid, struct process_memory *ret)
{
    char path[64], line[128];
    unsigned long long resident = 0, huge = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *in = fopen(path, "re");
    while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
        sscanf(line, "VmRSS: %llu", &resident);
        sscanf(line, "HugetlbPages: %llu", &huge);
    }
    if (in != NULL) {
        fclose(in);
    }
    *ret = (struct process_memory){resident * 1024, huge * 1024};
}

static uint64_t thread_ns(int pid, const char *thread)
{
    char path[320];
    unsigned long long ns = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", pid, thread);
    FILE *in = fopen(path, "re");
    if (in != NULL) {
        if (fscanf(in, "%llu", &ns) != 1) {
            ns = 0;
        }
        fclose(in);
    }
    return ns;
}

void process_times(int pid, struct process_times *ret)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    const struct dirent *entry;
    ret->count = 0;
    while (
        threads != NULL && (entry = readdir(threads)) != NULL && ret->count < PROCESS_THREADS_MAX) {
        if (entry->d_name[0] != '.') {
            ret->threads[ret->count] = atoi(entry->d_name);
            ret->ns[ret->count++] = thread_ns(pid, entry->d_name);
        }
    }
    if (threads != NULL) {
        closedir(threads);
    }
}

uint64_t process_busiest_ns(const struct process_times *before, const struct process_times *after)
{
    uint64_t most = 0;
    for (unsigned i = 0; i < after->count; i++) {
        unsigned j = 0;
        while (j < before->count && before->threads[j] != after->threads[i]) {
            j++;
        }
        uint64_t ns = after->ns[i] - (j < before->count ? before->ns[j] : 0);
        most = ns > most ? ns : most;
    }
    return most;
}
