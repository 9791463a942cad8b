#include "tools/bench/device.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HUGEPAGES       "/proc/sys/vm/nr_hugepages"
#define BUFFER_OVERHEAD 384                   // header of the pool, of the buffer, headroom
#define OTHER_BYTES     (96ULL * 1024 * 1024) // rings, caches, the EAL's own
#define KEPT_FREE_BYTES (2048ULL * 1024 * 1024)

// What the machine had, for device_done and the signal handler.
static char hugepages_before[32];

static uint64_t meminfo(const char *key)
{
    char line[128];
    unsigned long long value = 0;
    FILE *in = fopen("/proc/meminfo", "re");
    while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            value = strtoull(line + strlen(key) + 1, NULL, 10);
            break;
        }
    }
    if (in != NULL) {
        fclose(in);
    }
    return value;
}

static bool hugepages_write(const char *count)
{
    int file = open(HUGEPAGES, O_WRONLY | O_CLOEXEC);
    bool written = file >= 0 && write(file, count, strlen(count)) == (ssize_t)strlen(count);
    if (file >= 0) {
        close(file);
    }
    return written;
}

static void hugepages_restore(void)
{
    if (hugepages_before[0] != '\0') {
        hugepages_write(hugepages_before);
        hugepages_before[0] = '\0';
    }
}

static void on_end(int number)
{
    hugepages_restore();
    signal(number, SIG_DFL);
    raise(number);
}

static uint64_t device_bytes(const struct device *device)
{
    return device->buffers * (DEVICE_BUFFER_BYTES + BUFFER_OVERHEAD) + OTHER_BYTES;
}

static bool hugepages_reserve(const struct device *device)
{
    uint64_t page = meminfo("Hugepagesize") * 1024, bytes = device_bytes(device);
    uint64_t total = meminfo("HugePages_Total"), unused = meminfo("HugePages_Free");
    uint64_t wanted = page == 0 ? 0 : (bytes + page - 1) / page;
    if (page == 0 || unused >= wanted) {
        return page != 0;
    }
    if (geteuid() != 0 || meminfo("MemAvailable") * 1024 < bytes + KEPT_FREE_BYTES) {
        return false;
    }
    char count[32];
    if (hugepages_before[0] == '\0') {
        snprintf(hugepages_before, sizeof(hugepages_before), "%llu", (unsigned long long)total);
    }
    signal(SIGINT, on_end);
    signal(SIGTERM, on_end);
    snprintf(count, sizeof(count), "%llu", (unsigned long long)(total + wanted - unused));
    if (!hugepages_write(count) || meminfo("HugePages_Free") < wanted) {
        hugepages_restore();
        return false;
    }
    return true;
}

// The last ones receive: the first one serves interrupts, and everything else.
static void cores_choose(struct device *device)
{
    cpu_set_t set;
    int found[CPU_SETSIZE] = {0}, count = 0;
    sched_getaffinity(0, sizeof(set), &set);
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (CPU_ISSET(core, &set)) {
            found[count++] = core;
        }
    }
    for (int i = 0; i < DEVICE_QUEUES_MAX; i++) {
        device->cores[i] = found[i < count ? count - 1 - i : 0];
    }
    device->other_core = found[0];
}

struct core_times {
    unsigned long long idle[CPU_SETSIZE], all[CPU_SETSIZE];
};

static void core_times_read(struct core_times *ret)
{
    char line[512];
    FILE *in = fopen("/proc/stat", "re");
    memset(ret, 0, sizeof(*ret));
    while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
        unsigned core;
        unsigned long long times[8] = {0};
        if (sscanf(line, "cpu%u %llu %llu %llu %llu %llu %llu %llu %llu", &core, &times[0],
                &times[1], &times[2], &times[3], &times[4], &times[5], &times[6], &times[7]) == 9 &&
            core < CPU_SETSIZE) {
            ret->idle[core] = times[3] + times[4];
            for (int i = 0; i < 8; i++) {
                ret->all[core] += times[i];
            }
        }
    }
    if (in != NULL) {
        fclose(in);
    }
}

void device_cores(struct device_cores *ret)
{
    static struct core_times before, after;
    cpu_set_t set;
    *ret = (struct device_cores){0};
    sched_getaffinity(0, sizeof(set), &set);
    core_times_read(&before);
    usleep(500000);
    core_times_read(&after);
    for (int core = 0; core < CPU_SETSIZE; core++) {
        unsigned long long idle = after.idle[core] - before.idle[core];
        unsigned long long all = after.all[core] - before.all[core];
        ret->usable += CPU_ISSET(core, &set) != 0;
        ret->idle += CPU_ISSET(core, &set) != 0 && all > 0 && idle * 100 >= all * 80;
    }
}

void device_init(struct device *device, bool wants_hugepages)
{
    cores_choose(device);
    device->has_hugepages = wants_hugepages && hugepages_reserve(device);
}

void device_done(struct device *device)
{
    hugepages_restore();
    device->has_hugepages = false;
}

size_t device_options(
    const struct device *device, const char *lcores, const char *options[DEVICE_OPTIONS_MAX])
{
    static char lcores_text[64], megabytes[32], vdev[2048];
    size_t count = 0;
    snprintf(lcores_text, sizeof(lcores_text), "--lcores=%s", lcores);
    int length = snprintf(vdev, sizeof(vdev), "net_pcap0,infinite_rx=1");
    for (size_t i = 0; i < device->queues; i++) {
        length += snprintf(
            vdev + length, sizeof(vdev) - (size_t)length, ",rx_pcap=%s", device->captures[i]);
    }
    options[count++] = lcores_text;
    options[count++] = device->has_hugepages ? "--in-memory" : "--no-shconf";
    options[count++] = "--no-pci";
    options[count++] = "--no-telemetry";
    if (!device->has_hugepages) {
        snprintf(megabytes, sizeof(megabytes), "%llu",
            (unsigned long long)(device_bytes(device) >> 20) + 1);
        options[count++] = "--no-huge";
        options[count++] = "-m";
        options[count++] = megabytes;
    }
    options[count++] = "--vdev";
    options[count++] = vdev;
    return count;
}

uint64_t device_cache_bytes(void)
{
    unsigned long long most = 0, kilobytes;
    for (int level = 2; level <= 4; level++) {
        char path[96];
        snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/size", level);
        FILE *in = fopen(path, "re");
        if (in != NULL && fscanf(in, "%lluK", &kilobytes) == 1) {
            most = kilobytes > most ? kilobytes : most;
        }
        if (in != NULL) {
            fclose(in);
        }
    }
    return most * 1024;
}
