// Packets from every DPDK port that the EAL finds, by its options: PCI NICs and --vdev devices. The
// only door to DPDK; nothing that includes this needs its headers.
#pragma once

#include "config/settings.h"

#include "dataplane/packets/packets.h"

enum port_clock {
    CLOCK_WALL, // a driver's stamp counts when it is near this machine's clock, else the clock does
    CLOCK_PACKETS, // a driver's stamp always counts; without one the machine's clock does
};

struct ports;

// Starts the EAL with the options and all ports with it. NULL on failure, with one sentence in
// `error` that says what to do. The calling thread becomes the EAL's main one, bound to its core.
// Once in a process.
struct ports *ports_open(const struct settings *settings, char *const options[], size_t count,
    enum port_clock clock, char *error, size_t error_size);
void ports_close(struct ports *ports);
// The capabilities (bit CAP_* set) that the drivers of these ports still need after their start, of
// the thread that closes them.
uint64_t ports_capabilities(const struct ports *ports);

// Fills a burst with at most `max` (PORT_BURST_MAX) decoded packets of one queue, the queues in
// turn; 0 when all are empty. The views stay valid until the next call.
#define PORT_BURST_MAX 64
size_t packets_from_port(struct ports *ports, struct packet *burst, size_t max);

// How far time has come when no packet came: the machine's clock, less the delay that packets with
// a driver's stamp may have.
struct instant ports_now(const struct ports *ports);

// For measurements (tools/bench): every burst of every queue, in order, as the driver gave it and
// before it is decoded; the hook may change the frames' bytes. One call a burst, on the thread that
// receives. To be set before ports_open.
typedef void port_hook(
    void *context, uint16_t port, uint16_t queue, uint8_t *const frames[], size_t count);
void ports_hook(port_hook *hook, void *context);

struct port_counts {
    struct packet_counts packets;
    uint64_t restamped; // the driver's stamp was far from the clock, which counted instead
    uint64_t cut;       // longer than ports.frame_bytes
    // As the ports say; some drivers do not say all (docs/architecture.md).
    uint64_t missed, without_buffer, errors;
};
void ports_counts(const struct ports *ports, struct port_counts *ret);

// port_telemetry.c: makes the command /tapgrade/ports. False when it cannot be.
bool ports_telemetry(void);
