// The device that both sides receive from: net_pcap that repeats captures without end, on the same
// core, with the same buffers, in hugepages where this machine gives them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_BURST        64 // PORT_BURST_MAX of port.h
#define DEVICE_DESCRIPTORS  1024
#define DEVICE_BUFFER_BYTES 512 // and headroom
#define DEVICE_QUEUES_MAX   2
#define DEVICE_OPTIONS_MAX  24

struct device {
    const char *captures[DEVICE_QUEUES_MAX]; // one a queue
    size_t queues;
    size_t buffers;               // more than the frames of all captures
    int cores[DEVICE_QUEUES_MAX]; // that receive, by queue
    int other_core;               // for what does not; one of them where there is no other
    bool has_hugepages;
};

// Chooses cores, and reserves hugepages for the buffers when this is root, memory is free for them,
// and `wants_hugepages`. device_done gives them back.
void device_init(struct device *device, bool wants_hugepages);
void device_done(struct device *device);

// EAL options without the program's name; texts live until the next call. `lcores` as --lcores
// takes them.
size_t device_options(
    const struct device *device, const char *lcores, const char *options[DEVICE_OPTIONS_MAX]);

// Cores that this process may use, and how many of them have had little to do just now.
struct device_cores {
    unsigned usable, idle;
};
void device_cores(struct device_cores *ret);

// Of the last-level cache; 0: unknown.
uint64_t device_cache_bytes(void);
