// Numbers from characters and from BCD against the same done digit by digit.
#include "dataplane/transactions/digits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 20000

static bool slow_number(const uint8_t *characters, size_t count, uint64_t *ret)
{
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++) {
        if (characters[i] < '0' || characters[i] > '9') {
            return false;
        }
        number = 10 * number + characters[i] - '0';
    }
    *ret = number;
    return true;
}

// Digits, with one other character in every second text: any byte, or a neighbour of the digits.
static void text_make(uint8_t *text, size_t count)
{
    static const uint8_t neighbours[] = {'/', ':', '0' + 0x80, '9' - 0x20, '?', 0, 0xFF};
    for (size_t i = 0; i < count; i++) {
        text[i] = (uint8_t)('0' + rand() % 10);
    }
    if (count > 0 && rand() % 2 == 0) {
        text[(size_t)rand() % count] =
            rand() % 2 == 0 ? (uint8_t)rand() : neighbours[(size_t)rand() % sizeof(neighbours)];
    }
}

static void test_characters(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t count = 0; count <= 18; count++) {
            uint8_t text[18];
            uint64_t expected = 77, number = 77;
            text_make(text, count);
            bool fine = slow_number(text, count, &expected);
            if (number_from_digits(text, count, &number) != fine || number != expected) {
                fail_msg("%zu characters: '%.*s' is %llu", count, (int)count, (const char *)text,
                    (unsigned long long)number);
            }
        }
    }
}

static void test_four(void **state)
{
    (void)state;
    for (unsigned place = 0; place < 4; place++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint8_t text[4] = {'1', '9', '0', '8'};
            text[place] = (uint8_t)byte;
            uint64_t expected = 0;
            uint32_t number = 0;
            bool fine = slow_number(text, 4, &expected);
            assert_int_equal(four_digits(text, &number), fine);
            assert_int_equal(number, expected);
        }
    }
}

static void test_nibbles(void **state)
{
    (void)state;
    srand(2);
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t text[16];
        uint64_t nibbles = 0, expected = 77, number = 77;
        bool fine = true;
        for (int i = 0; i < 16; i++) {
            uint8_t digit = (uint8_t)(rand() % (round % 2 == 0 ? 10 : 16));
            digit = round % 3 == 0 && rand() % 20 != 0 ? digit % 10 : digit;
            fine &= digit <= 9;
            text[i] = (uint8_t)('0' + digit);
            nibbles = nibbles << 4 | digit;
        }
        slow_number(text, 16, &expected);
        if (number_from_nibbles(nibbles, &number) != fine || number != expected) {
            fail_msg("%016llx is %llu", (unsigned long long)nibbles, (unsigned long long)number);
        }
    }
}

static void test_bcd(void **state)
{
    (void)state;
    for (unsigned place = 0; place < 4; place++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint8_t bcd[4] = {0x12, 0x9D, 0x00, 0xF7}, characters[8];
            bcd[place] = (uint8_t)byte;
            characters_from_bcd(bcd, characters);
            for (size_t i = 0; i < 4; i++) {
                assert_int_equal(characters[2 * i], '0' + (bcd[i] >> 4));
                assert_int_equal(characters[2 * i + 1], '0' + (bcd[i] & 15));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_four),
        cmocka_unit_test(test_nibbles),
        cmocka_unit_test(test_bcd),
    };
    return cmocka_run_group_tests_name("digits", tests, NULL, NULL);
}
