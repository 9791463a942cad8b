// Messages as bytes on the stream, framing included, in each of the dialects.
#pragma once

#include "tools/generate/scenario.h"

#include <stdbool.h>
#include <stdint.h>

#define MERCHANT_DIGITS 15 // field 42

// What a message says. Texts are not ended by NUL where a length is given.
struct message_facts {
    uint16_t mti;           // of this message: 0200 is 200
    const char *processing; // 6 digits, NULL: none
    const char *condition;  // 2 digits, NULL: none
    const char *merchant_type;
    const char *code;        // field 39 of an answer, NULL: none
    int64_t transmitted_s;   // field 7 (12, 13): the request's second, also in its answer
    int64_t amount;          // 0: no field 4
    uint64_t card;           // index of cards.h
    uint32_t stan, terminal; // fields 11 and 41
    uint32_t merchant;       // the last digits of field 42
    const char *institution; // 4 digits
    const char *region;      // 4 digits
    uint16_t network_code;   // field 70; 0: none
    uint16_t original_mti;   // field 90; 0: none
    uint32_t original_stan;
    int64_t original_transmitted_s;
    bool is_answer;
    bool is_test; // CUPS: no production
};

// Who takes the money, as field 42 names them.
void merchant_write(const struct message_facts *facts, char merchant[static MERCHANT_DIGITS]);
// Writes the message. Returns its length, at most SCENARIO_MESSAGE_BYTES_MAX.
uint32_t message_write(
    uint8_t *bytes, enum dialect_name dialect, const struct message_facts *facts);
