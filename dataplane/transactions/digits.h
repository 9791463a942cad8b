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

// Four of them.
static inline bool four_digits(const uint8_t *characters, uint32_t *ret)
{
    uint32_t x;
    memcpy(&x, characters, 4);
    if (((x & 0xF0F0F0F0) | ((x + 0x06060606) & 0xF0F0F0F0) >> 4) != 0x33333333) {
        return false;
    }
    x = (x & 0x0F0F0F0F) * 2561 >> 8;
    *ret = (x & 0x00FF00FF) * 6553601 >> 16;
    return true;
}

// Twelve of them.
static inline bool twelve_digits(const uint8_t *characters, uint64_t *ret)
{
    uint32_t high;
    uint64_t low;
    if (!four_digits(characters, &high) || !eight_digits(characters + 4, &low)) {
        return false;
    }
    *ret = high * UINT64_C(100000000) + low;
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
    if (count >= 4) {
        uint32_t four;
        if (!four_digits(characters, &four)) {
            return false;
        }
        number = number * 10000 + four;
        characters += 4;
        count -= 4;
    }
    uint32_t wrong = 0, rest = 0;
    static const uint64_t power[] = {1, 10, 100, 1000};
    for (size_t i = 0; i < count; i++) {
        uint32_t value = digit_value(characters[i]);
        wrong |= value > 9;
        rest = 10 * rest + value;
    }
    *ret = wrong != 0 ? *ret : number * power[count] + rest;
    return wrong == 0;
}

// Eight bytes of BCD, first one highest, as a number of 16 digits; false when one is none.
static inline bool number_from_nibbles(uint64_t nibbles, uint64_t *ret)
{
    const uint64_t sixes = 0x6666666666666666, carries = 0x1111111111111110;
    uint64_t sum = nibbles + sixes;
    if (sum < nibbles || ((sum ^ nibbles ^ sixes) & carries) != 0) {
        return false; // a nibble above 9 carries into the next one
    }
    uint64_t x = nibbles - 6 * (nibbles >> 4 & 0x0F0F0F0F0F0F0F0F);
    x = (x & 0x00FF00FF00FF00FF) + 100 * (x >> 8 & 0x00FF00FF00FF00FF);
    x = (x & 0x0000FFFF0000FFFF) + 10000 * (x >> 16 & 0x0000FFFF0000FFFF);
    *ret = (x & 0xFFFFFFFF) + 100000000 * (x >> 32);
    return true;
}

// Four bytes of BCD as eight characters: '0'..'9' and ':'..'?'.
static inline void characters_from_bcd(const uint8_t bcd[static 4], uint8_t ret[static 8])
{
    uint32_t word;
    memcpy(&word, bcd, sizeof(word));
    uint64_t x = word;
    x = (x | x << 16) & 0x0000FFFF0000FFFF;
    x = (x | x << 8) & 0x00FF00FF00FF00FF; // a byte in each half word
    x = (x >> 4 & 0x000F000F000F000F) | (x & 0x000F000F000F000F) << 8;
    x += 0x3030303030303030;
    memcpy(ret, &x, sizeof(x));
}
