// What the sender sends: a recipe of the bench as frames in memory, endless, new in every loop; and
// what is true of those frames that went out, whichever did not.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_FRAME_MAX 1518

struct load;

// A recipe of tools/bench by its name. NULL with one sentence on standard error.
struct load *load_new(const char *recipe);
void load_free(struct load *load);

// The next frame as it goes out, LOAD_FRAME_MAX bytes at most. Returns its length.
uint32_t load_next(struct load *load, uint8_t *frame);
// The next frame that load_next gave and that has no fate yet, in their order.
void load_fate(struct load *load, bool is_sent);

struct load_sums {
    uint64_t sent, refused, sent_bytes; // of frames
    uint64_t refused_bytes;             // of messages: what the streams lack
    uint64_t requests, answers, pairs;  // that were sent; pairs: request and answer both
};
const struct load_sums *load_sums(const struct load *load);
