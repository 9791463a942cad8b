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

uint64_t process_busiest_ns(int pid)
{
    char path[64];
    uint64_t most = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    const struct dirent *entry;
    while (threads != NULL && (entry = readdir(threads)) != NULL) {
        uint64_t ns = entry->d_name[0] == '.' ? 0 : thread_ns(pid, entry->d_name);
        most = ns > most ? ns : most;
    }
    if (threads != NULL) {
        closedir(threads);
    }
    return most;
}
