// Synthetic card numbers: from ranges that no issuer has (0000 and 9999), with a valid check digit.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CARD_DIGITS 16

// The check digit that makes `digits` + itself valid by Luhn's formula.
char luhn_digit(const char *digits, size_t count);
// The card number of that index, e.g. 9999 0000 0001 2347. Not ended by NUL.
void card_write(uint64_t index, char digits[static CARD_DIGITS]);
