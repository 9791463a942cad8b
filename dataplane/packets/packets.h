// The record `packet`: one frame of a tap port or capture, decoded down to TCP. A view: the bytes
// belong to the source and die with the burst. Needs no EAL.
#pragma once

#include "config/instant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum link_type { // pcap LINKTYPE_ values that the decoder knows
    LINK_ETHERNET = 1,
    LINK_RAW_IP = 101,
    LINK_LINUX_COOKED = 113,
    LINK_LINUX_COOKED2 = 276,
};

enum tcp_flag { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_ACK = 0x10 };

enum packet_kind {
    PACKET_TCP,   // everything below is set
    PACKET_HOSTS, // not TCP, but says that two hosts of a segment live: addresses only (ARP, ICMP,
                  // UDP)
    PACKET_OTHER, // nothing but the instant and the frame's lengths
};

struct packet {
    struct instant at;
    uint64_t ordinal; // of the frame over all captures or, live, per worker: breaks ties of time
    const uint8_t *payload;
    uint8_t source[16], destination[16]; // IPv4 as ::ffff:a.b.c.d
    uint32_t payload_length;             // on the wire, from the IP header
    uint32_t payload_captured;           // <= payload_length; less when the snap length cut it
    uint32_t sequence, acknowledgement;
    uint16_t source_port, destination_port;
    uint32_t hash; // keyed: of addresses and ports, the same for both directions
    uint8_t tcp_flags;
    uint8_t kind;             // enum packet_kind
    uint16_t vlan : 12;       // innermost tag of the innermost Ethernet header, or 0
    uint16_t tunnels : 3;     // undone to get here, see tunnel.c
    uint16_t is_fragment : 1; // for packets_join; before it: kind, hosts and hash hold
    uint16_t tap_port;        // DPDK port or the capture's place on the command line
    uint32_t frame_captured, frame_length;
};

// Every frame that is not a whole TCP packet is counted under one of these names.
struct packet_counts {
    uint64_t frames, bytes;
    uint64_t tunnelled;        // frames that came in a tunnel
    uint64_t datagrams_joined; // IP packets put together from fragments
    uint64_t not_ip, not_tcp, fragments;
    uint64_t bad_link_header, bad_ip_header, bad_tcp_header, snap_cut;
    uint64_t unknown_link_type;
    uint64_t bad_tunnel_header;
    uint64_t tunnels_too_deep;  // nested more than four times
    uint64_t unknown_in_tunnel; // a tunnel, but neither Ethernet nor IP nor MPLS in it
    uint64_t gtp_u;             // tunnels of a mobile network: left alone
    // Of fragments.c: IP packets that did not become whole, and fragments that came twice.
    uint64_t datagrams_incomplete; // the rest did not come in time, or the table was full
    uint64_t datagrams_overlapping, datagrams_too_long;
    uint64_t fragments_repeated;
    // Of captures only.
    uint64_t time_stepped_back; // frames older than one before them in their capture
    uint64_t untimed;           // frames with no or an impossible time: that of the one before
    uint64_t cut_captures;      // that ended early, each with a warning
    uint64_t capture_dropped;   // packets that the capturing program says it lost (pcapng)
};

// Decodes one frame (ethernet.c: Ethernet, VLAN, QinQ, Linux cooked v1 and v2, raw IP; ip.c: IPv4,
// IPv6 with extension headers, TCP; tunnel.c: what wraps all that). Sets everything of *ret but
// `at`, `ordinal` and `tap_port`, which the caller owns. Never reads past `captured`. Trailing
// Ethernet padding is not payload. A fragment is PACKET_HOSTS with `is_fragment`, for packets_join.
void packet_decode(const uint8_t *frame, uint32_t captured, uint32_t length, int link_type,
    struct packet *ret, struct packet_counts *counts);

// Draws a secret of this process for `hash`, before the first packet; without it a fixed one
// serves. No output depends on it.
void packet_hash_draw(void);
// Another mix of addresses and ports, the same for both directions and in every process: which
// worker a packet belongs to must not depend on a secret.
uint32_t packet_spread(const struct packet *packet);

// ---- fragments.c: IP packets that came in several frames

#define FRAGMENTS_BURST_MAX 200

struct fragments;

struct fragments *fragments_new(void); // NULL when there is no memory
void fragments_free(struct fragments *fragments);

// Of a burst that was just decoded with these counts, `at` set: takes its fragments in. The frame
// that completes an IP packet becomes that packet, whose view lives for FRAGMENTS_BURST_MAX frames
// more; the others keep their hosts only. Costs nothing per packet when no fragment came.
void packets_join(
    struct fragments *fragments, struct packet *burst, size_t count, struct packet_counts *counts);
// No frame will come: what is not whole never will be.
void fragments_end(struct fragments *fragments, struct packet_counts *counts);

// One JSON object and a newline: headers and lengths only, never a byte of the payload.
void packet_print(FILE *out, const struct packet *packet);

// ---- captures
// -------------------------------------------------------------------------------------

// Several captures read as one, merged by time, ties by their order here.
struct captures;

// Opens pcap and pcapng with the bounded reader of pcap.c, every other format with libpcap. NULL on
// failure, with one sentence that quotes the path in `error`.
struct captures *captures_open(char *const paths[], size_t count, char *error, size_t error_size);
void captures_close(struct captures *captures);

// Fills a burst with at most `max` decoded packets in order of time; 0 at the end. The views stay
// valid until the next call. Packets of every kind are delivered, so that time moves on with all of
// them.
size_t packets_from_capture(struct captures *captures, struct packet *burst, size_t max);

const struct packet_counts *captures_counts(const struct captures *captures);

// Sentences about what ended early ("x.pcap ends in the middle of a record ..."): count, then each.
size_t captures_warning_count(const struct captures *captures);
const char *captures_warning(const struct captures *captures, size_t index);

// Bytes read so far and in all, for a progress bar; total 0 when unknown.
uint64_t captures_bytes_read(const struct captures *captures);
uint64_t captures_bytes_total(const struct captures *captures);
