// The writer against a frame made by hand and against counted bytes; card
// numbers.
#include "tools/generate/cards.h"
#include "tools/generate/message_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t echo_frame[] = {0x30, 0x30, 0x39, 0x35, 0x2e, 0x02, 0x30, 0x30, 0x39, 0x35,
    0x30, 0x30, 0x30, 0x31, 0x30, 0x30, 0x30, 0x30, 0x20, 0x20, 0x20, 0x30, 0x33, 0x30, 0x36, 0x32,
    0x39, 0x30, 0x30, 0x20, 0x20, 0x20, 0x30, 0x30, 0x30, 0x00, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30,
    0x30, 0x30, 0x00, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x38, 0x32, 0x30, 0x82, 0x20, 0x00, 0x00,
    0x80, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x30, 0x31, 0x30, 0x32,
    0x30, 0x33, 0x30, 0x34, 0x30, 0x35, 0x30, 0x30, 0x30, 0x30, 0x30, 0x31, 0x30, 0x38, 0x30, 0x33,
    0x30, 0x36, 0x32, 0x39, 0x30, 0x30, 0x33, 0x30, 0x31};

static int64_t second_of(const char *text)
{
    struct instant at;
    assert_true(instant_parse(text, &at));
    return instant_second(at);
}

static void an_echo_is_the_frame_made_by_hand(void **state)
{
    (void)state;
    uint8_t bytes[SCENARIO_MESSAGE_BYTES_MAX];
    struct message_facts facts = {.mti = 820,
        .transmitted_s = second_of("2026-01-02T03:04:05+08:00"),
        .stan = 1,
        .institution = "0306",
        .region = "2900",
        .network_code = 301};
    uint32_t length = message_write(bytes, DIALECT_CUPS, &facts);
    assert_int_equal(length, 99);
    assert_int_equal(length, sizeof(echo_frame));
    assert_memory_equal(bytes, echo_frame, sizeof(echo_frame));
}

static const struct message_facts purchase = {.mti = 200,
    .processing = "000000",
    .condition = "00",
    .merchant_type = "5411",
    .amount = 12345,
    .card = 1,
    .stan = 42,
    .terminal = 31000007,
    .merchant = 7,
    .institution = "0306",
    .region = "2900"};

static const struct {
    const char *what;
    enum dialect_name dialect;
    uint32_t length;
    uint8_t begins[4];
    uint8_t begins_count;
    uint32_t bitmap_at;
    const char *bitmap;
    size_t bitmap_bytes;
} rows[] = {
    {"cups: 4 digits and the header in front, 128 bits raw", DIALECT_CUPS, 4 + 46 + 4 + 16 + 165,
        "0231", 4, 54, "\xf2\x38\x44\x81\x88\xc0\x80\x10\x00\x00\x00\x00\x10\x00\x00\x01", 16},
    {"ascii4: 4 digits, bitmap in hex", DIALECT_ASCII4, 4 + 4 + 16 + 129, "0149", 4, 8,
        "7238448188C08000", 16},
    {"2 bytes, bitmap in hex", DIALECT_2BYTE, 2 + 4 + 16 + 129, {0, 149}, 2, 6, "7238448188C08000",
        16},
    {"2 bytes, bitmap raw", DIALECT_2BYTE_RAW, 2 + 4 + 8 + 129, {0, 141}, 2, 6,
        "\x72\x38\x44\x81\x88\xc0\x80\x00", 8},
    {"pos: TPDU, header and numbers in BCD", DIALECT_POS,
        2 + 5 + 6 + 2 + 8 + (1 + 8) + 3 + 6 + 3 + 2 + 1 + (1 + 4) + 12 + 8 + 15 + 3 + (2 + 6),
        {0, 96, 0x60}, 3, 15, "\x70\x20\x04\x81\x08\xc0\x80\x10", 8},
};

static void a_purchase_in_each_dialect(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t bytes[SCENARIO_MESSAGE_BYTES_MAX];
        uint32_t length = message_write(bytes, rows[i].dialect, &purchase);
        print_message("%s: %u bytes\n", rows[i].what, length);
        assert_int_equal(length, rows[i].length);
        assert_memory_equal(bytes, rows[i].begins, rows[i].begins_count);
        assert_memory_equal(bytes + rows[i].bitmap_at, rows[i].bitmap, rows[i].bitmap_bytes);
    }
}

static void an_answer_echoes_the_request_and_adds_the_code(void **state)
{
    (void)state;
    uint8_t request[SCENARIO_MESSAGE_BYTES_MAX], answer[SCENARIO_MESSAGE_BYTES_MAX];
    struct message_facts facts = purchase;
    uint32_t asked = message_write(request, DIALECT_2BYTE_RAW, &facts);
    facts.mti = 210;
    facts.code = "51";
    facts.is_answer = true;
    uint32_t answered = message_write(answer, DIALECT_2BYTE_RAW, &facts);
    assert_int_equal(answered, asked + 4 - 3 + 2); // 15 and 39, and no 22
    assert_memory_equal(answer + 2, "0210", 4);
    assert_memory_equal(answer + 6, "\x72\x3a\x40\x81\x8a\xc0\x80\x00", 8);
    assert_memory_equal(answer + 14, request + 14, 18 + 6 + 12 + 10 + 6 + 6 + 4);
    assert_non_null(memmem(answer, answered, "51", 2));
}

static void a_reversal_names_its_original(void **state)
{
    (void)state;
    uint8_t bytes[SCENARIO_MESSAGE_BYTES_MAX];
    struct message_facts facts = purchase;
    facts.mti = 420;
    facts.original_mti = 200;
    facts.original_stan = 41;
    facts.original_transmitted_s = second_of("2026-03-10T10:00:00+08:00");
    uint32_t length = message_write(bytes, DIALECT_ASCII4, &facts);
    assert_memory_equal(bytes + length - 42, "020000004103101000000000306290000003060000", 42);
}

static void card_numbers_are_valid_and_nobodys(void **state)
{
    (void)state;
    assert_int_equal(luhn_digit("7992739871", 10), '3');
    assert_int_equal(luhn_digit("000000000000000", 15), '0');
    for (uint64_t index = 0; index < 5000; index++) {
        char card[CARD_DIGITS];
        int sum = 0;
        card_write(index * 999983, card);
        assert_true(memcmp(card, "9999", 4) == 0 || memcmp(card, "000000", 6) == 0);
        for (int i = 0; i < CARD_DIGITS; i++) {
            int digit = (card[i] - '0') * (i % 2 == 0 ? 2 : 1);
            sum += digit / 10 + digit % 10;
        }
        assert_int_equal(sum % 10, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_echo_is_the_frame_made_by_hand),
        cmocka_unit_test(a_purchase_in_each_dialect),
        cmocka_unit_test(an_answer_echoes_the_request_and_adds_the_code),
        cmocka_unit_test(a_reversal_names_its_original),
        cmocka_unit_test(card_numbers_are_valid_and_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
