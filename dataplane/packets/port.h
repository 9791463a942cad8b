// Packets from every DPDK port that the EAL finds, by its options: PCI NICs and --vdev devices. The
// only door to DPDK; nothing that includes this needs its headers.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"
#include "dataplane/packets/packets.h"

enum port_clock {
    CLOCK_WALL, // a driver's stamp counts when it is near this machine's clock, else the clock does
    CLOCK_PACKETS, // a driver's stamp always counts; without one the machine's clock does
};

struct ports;
struct port_reader; // one worker's receive queues
struct frame_ring;  // evidence/frame_ring.h

// Starts the EAL with the options and all ports with it. NULL on failure, with one sentence in
// `error` that says what to do. The calling thread becomes the EAL's main one, bound to its core.
// Once in a process.
struct ports *ports_open(const struct settings *settings, char *const options[], size_t count,
    enum port_clock clock, char *error, size_t error_size);
void ports_close(struct ports *ports);
// The capabilities (bit CAP_* set) that the drivers of these ports still need after their start, of
// the thread that closes them.
uint64_t ports_capabilities(const struct ports *ports);

// How many threads read the ports: ports.workers, or as many as ports.queues or lcores.
size_t ports_workers(const struct ports *ports);
// Whether one of them is bound to that core.
bool ports_use_core(const struct ports *ports, int core);
// Runs `work` for each worker, on lcores of their own, the first one in the calling thread. Returns
// when all have returned. False when an lcore cannot be had.
typedef void port_work(void *context, size_t worker);
bool ports_run(struct ports *ports, port_work *work, void *context);
// Queue q of every port belongs to worker q modulo workers.
struct port_reader *ports_reader(struct ports *ports, size_t worker);
// Every TCP frame of the worker also goes into this ring, which outlives the ports. Before they
// run.
void port_reader_keep(struct port_reader *reader, struct frame_ring *frames);

// Fills a burst with at most `max` (PORT_BURST_MAX) decoded packets of the worker's queues; 0 when
// all are empty. By CLOCK_WALL a burst is of one queue, the queues in turn; by CLOCK_PACKETS all
// queues are merged by (at, ordinal). Ordinals say port, queue and place in it, in this order. The
// views stay valid until the next call.
#define PORT_BURST_MAX 64
size_t packets_from_port(struct port_reader *reader, struct packet *burst, size_t max);
// Asks the queues no more: what packets_from_port still has was received before.
void port_reader_stop(struct port_reader *reader);
// Nothing will come any more: all its queues are of devices that play a file, and at its end.
bool port_reader_is_over(const struct port_reader *reader);

// How far time has come when no packet came: the machine's clock, less the delay that packets with
// a driver's stamp may have.
struct instant ports_now(const struct ports *ports);

// For measurements (tools/bench): every burst of every queue, in order, as the driver gave it and
// before it is decoded; the hook may change the frames' bytes. One call a burst, on the thread that
// receives. To be set before ports_open.
typedef void port_hook(
    void *context, uint16_t port, uint16_t queue, uint8_t *const frames[], size_t count);
void ports_hook(port_hook *hook, void *context);
// For measurements too, in the place of packets_from_port: the first bytes of the frames of the
// first queue's next burst, undecoded. They stay until the next call.
size_t port_reader_frames(struct port_reader *reader, uint8_t *frames[PORT_BURST_MAX]);

struct port_counts {
    struct packet_counts packets;
    uint64_t restamped; // the driver's stamp was far from the clock, which counted instead
    uint64_t cut;       // longer than ports.frame_bytes
    // As the ports say; some drivers do not say all (docs/architecture.md).
    uint64_t missed, without_buffer, errors;
};
void ports_counts(const struct ports *ports, struct port_counts *ret);
// What one worker decoded: for its own thread.
const struct packet_counts *port_reader_packets(const struct port_reader *reader);

// port_facts.c: what every port has counted since its start, and its link now. Returns how many.
size_t ports_facts(struct port_facts *ret, size_t max);

// port_telemetry.c: the EAL's name of a port, such as "0000:3b:00.0"; empty when there is none.
#define PORT_NAME_MAX 64
void port_name(uint16_t port, char ret[static PORT_NAME_MAX]);
// Makes the command /tapgrade/ports. False when it cannot be.
bool ports_telemetry(void);
