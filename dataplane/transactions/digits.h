// Characters to numbers, for counts known where they are called: a compiler makes straight code of
// them. Private to transactions/.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Above 9 when the character is no digit.
static inline uint32_t digit_value(uint8_t character)
{
    return (uint32_t)character - '0';
}

// Eight characters as a number, all at once; false when one is not a digit.
static inline bool eight_digits(const uint8_t *characters, uint64_t *ret)
{
    uint64_t x;
    memcpy(&x, characters, 8);
    if (((x & 0xF0F0F0F0F0F0F0F0) | ((x + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4) !=
        0x3333333333333333) {
        return false;
    }
    x = (x & 0x0F0F0F0F0F0F0F0F) * 2561 >> 8; // pairs: 2561 is 10 * 256 + 1
    x = (x & 0x00FF00FF00FF00FF) * 6553601 >> 16;
    *ret = (x & 0x0000FFFF0000FFFF) * 42949672960001 >> 32;
    return true;
}

// Up to 18 characters as a number. False, *ret untouched, when one is not a digit.
static inline __attribute__((always_inline)) bool number_from_digits(
    const uint8_t *characters, size_t count, uint64_t *ret)
{
    uint64_t number = 0, eight;
    for (; count >= 8; count -= 8, characters += 8) {
        if (!eight_digits(characters, &eight)) {
            return false;
        }
        number = number * 100000000 + eight;
    }
    uint32_t wrong = 0, rest = 0;
    static const uint64_t power[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    for (size_t i = 0; i < count; i++) {
        uint32_t value = digit_value(characters[i]);
        wrong |= value > 9;
        rest = 10 * rest + value;
    }
    *ret = wrong != 0 ? *ret : number * power[count] + rest;
    return wrong == 0;
}
