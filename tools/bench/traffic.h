// A recipe's capture: one loop, and what is true of it.
//
// The loop has `requests` places. At each place first the answer that is due, then the request.
// Place p's request goes out on a connection of its own choice; its answer comes `answered_after`
// places later, give or take the shuffle, behind the end in the next loop. So exactly
// `answered_after` transactions are open from then on, and what the first loop has of such answers
// are orphans.
//
// Every frame says in its Ethernet addresses, which nobody reads, what of it moves on by the loop
// (struct frame_moves). The amount names the place and the loop, so that an answer which is paired
// with another request differs in it. TCP checksums are right in the file; they no longer are once
// frames have moved on: no tap can ask for a packet again, and nothing looks at them.
#pragma once

#include "tools/bench/recipe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// In the frame's first 12 bytes, in the machine's own order.
struct frame_moves {
    uint8_t local;   // 0x02, as locally administered addresses have
    uint8_t flags;   // enum frame_moves_flag
    uint8_t time_at; // of field 7; fields 4 and 11 are its neighbours
    uint8_t reserved;
    uint32_t sequence_step, acknowledgement_step; // bytes of a loop
};
_Static_assert(sizeof(struct frame_moves) == 12, "two Ethernet addresses");

enum frame_moves_flag {
    MOVES_MESSAGE = 0x01, // fields 7 and 11 move
    MOVES_AMOUNT = 0x02,  // and field 4
    MOVES_EARLIER = 0x04, // it belongs to the loop before
};

#define FRAME_SEQUENCE_AT 38 // of a TCP packet on IPv4 without options
#define FRAME_PAYLOAD_AT  54

struct traffic {
    size_t frames;
    uint64_t bytes;
    uint8_t *truth; // by frame: enum truth
};

struct traffic_sums {
    uint64_t frames; // the caller's
    uint64_t requests, answers, paired, succeeded, declined;
};

// Which part of the traffic a receive queue of several gets: other connections, those that RSS
// gives this queue, other banks, other losses.
struct traffic_lane {
    unsigned number, of; // 0 of 1, or 0 and 1 of 2
};

// Writes the capture. False with one sentence in `error`.
bool traffic_write(const struct recipe *recipe, struct traffic_lane lane, const char *path,
    struct traffic *ret, char *error, size_t error_size);
void traffic_free(struct traffic *traffic);

// Adds what the first `frames` of the endless repetition hold.
void traffic_sum(const struct traffic *traffic, uint64_t frames, struct traffic_sums *ret);
