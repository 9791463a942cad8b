// A cell as one number, of its parts. In registers: in memory they would be written apart and read
// as one. Settings have no more than 250 networks, 2,000 links, 250 functions and 250 sites
// (settings_check.h). Private to dataplane/.
#pragma once

#include <stdint.h>

// The cells of one link that differ in nothing else.
static inline uint64_t cell_key_of_link(uint16_t network, uint16_t link, uint8_t site)
{
    return (uint64_t)network | (uint64_t)link << 8 | (uint64_t)site << 36;
}

static inline uint64_t cell_key_of_business(uint16_t function, uint8_t province, uint16_t unit)
{
    return (uint64_t)function << 20 | (uint64_t)province << 28 | (uint64_t)unit << 44;
}
