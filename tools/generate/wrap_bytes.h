// What a mirror sends frames in.
#pragma once

#include "tools/generate/scenario.h"

#include <stdint.h>

#define WRAP_BYTES_MAX 64

// Moves the frame back and writes the tunnel's headers in front of it. Returns the new length.
uint32_t wrap_write(uint8_t *frame, uint32_t length, enum wrap_name wrap);
