// Decimal digits with leading zeroes.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Writes the last `count` digits of the value.
static inline void digits_write(char *text, uint64_t value, size_t count)
{
    while (count > 0) {
        text[--count] = (char)('0' + value % 10);
        value /= 10;
    }
}
