#include "tools/generate/cards.h"

#include "tools/generate/digits.h"

#include <string.h>

char luhn_digit(const char *digits, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = digits[count - 1 - i] - '0';
        digit = i % 2 == 0 ? digit * 2 : digit;
        sum += digit > 9 ? digit - 9 : digit;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

void card_write(uint64_t index, char digits[static CARD_DIGITS])
{
    memcpy(digits, index % 8 == 7 ? "000000" : "999900", 6);
    digits_write(digits + 6, index % 1000000000, 9);
    digits[CARD_DIGITS - 1] = luhn_digit(digits, CARD_DIGITS - 1);
}
