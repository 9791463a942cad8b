// A bounded window that moves over a file or pipe. Private to packets/.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Room for two of the largest records (capture.h), so that one always fits.
#define WINDOW_BYTES (1024 * 1024)

struct window {
    int fd;
    uint8_t *bytes;
    size_t begin, end;  // bytes[begin, end) are read and not yet used
    uint64_t base;      // place of bytes[0] in the file
    uint64_t skip;      // bytes still to come that nobody wants
    uint64_t file_size; // 0 when unknown (pipe)
    int error;          // errno of the read that failed, 0 otherwise
};

// Takes the file descriptor over. False without memory.
bool window_init(struct window *window, int fd);
void window_done(struct window *window);

static inline size_t window_left(const struct window *window)
{
    return window->end - window->begin;
}

// Place in the file of the first byte not yet used.
static inline uint64_t window_offset(const struct window *window)
{
    return window->base + window->begin;
}

// Moves what is left to the front and reads on behind it: all views into the window die. False at
// the end of the file, after an error, and when the window is full.
bool window_refill(struct window *window);

// Drops what is left, so that the caller can fill `bytes` on its own.
void window_clear(struct window *window);

// Uses `count` bytes up, those that are not yet read included.
void window_skip(struct window *window, uint64_t count);
