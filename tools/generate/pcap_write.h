// Writes a classic pcap with nanoseconds, Ethernet, little-endian on every machine.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pcap_writer;

// NULL with errno set when the file cannot be made.
struct pcap_writer *pcap_writer_open(const char *path);
// The first `captured` bytes of a frame that had `length`.
void pcap_write(struct pcap_writer *writer, int64_t at_ns, const uint8_t *frame, uint32_t captured,
    uint32_t length);
uint64_t pcap_writer_bytes(const struct pcap_writer *writer);
// False with errno set when anything could not be written. NULL is fine.
bool pcap_writer_close(struct pcap_writer *writer);
