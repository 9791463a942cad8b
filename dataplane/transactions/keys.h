// The keys by which an answer finds its request, and a reversal what it reverses. Private to
// transactions/.
#pragma once

#include "dataplane/transactions/header.h"
#include "dataplane/transactions/iso8583.h"
#include "dataplane/transactions/walk.h"

#include <string.h>

#define KEY_FIELDS 8

enum key_part_kind { PART_ABSENT, PART_FIXED, PART_VARIABLE };

struct key_part {
    uint8_t field;
    uint8_t kind;  // enum key_part_kind
    uint8_t bytes; // of a fixed field
    bool odd;      // a BCD number that may end in half a byte: of a fixed field, does
};

// What a key is made of: follows from the message type and from which fields are there.
struct key_plan {
    struct key_part parts[KEY_FIELDS];
    uint8_t part_count;
    uint8_t type[2]; // the message type in the key, without who asked
    bool batch;
    bool whole; // the fields that tell one request from the next are there
};

struct key_plan key_plan_of(const struct parser *parser, const struct walk *walk, struct mti mti);

#define RECIPE_SLOTS 8 // besides the head

// 16 bytes of a message, and which of them count.
struct key_slot {
    uint64_t low, high;
    uint32_t at;
};

// The same for a message whose lengths are known too, and who sent it: what to hash, byte by byte.
struct key_recipe {
    key_sum head; // what does not depend on the bytes
    size_t slot_count;
    struct key_slot slots[RECIPE_SLOTS];
};

// False when there is none: the key has to be made by its plan.
bool key_recipe_make(const struct parser *parser, const struct key_plan *plan,
    const struct walk *walk, bool ours_asked, struct key_recipe *ret);

static inline void key_from_recipe(const struct account_key *key, const struct key_recipe *recipe,
    const uint8_t *bytes, uint64_t ret[2])
{
    key_sum sum = recipe->head;
    for (size_t i = 0; i < recipe->slot_count; i++) {
        const struct key_slot *slot = &recipe->slots[i];
        uint64_t words[2];
        memcpy(words, bytes + slot->at, sizeof(words));
        sum += key_slot_hash(key, i + 1, words[0] & slot->low, words[1] & slot->high);
    }
    key_sum_spread(sum, ret);
}

// The key of a message's request; `ours_asked`: our side of the link sent the request. Of a plan
// that is `whole`.
void key_from_walk(const struct parser *parser, const struct key_plan *plan,
    const struct walk *walk, bool ours_asked, uint64_t ret[2]);

// The key of the request that a reversal names: field 90 or, with the batch in the key, the same
// STAN and batch under the message type that field 60.1 implies. Zeroes when it names none.
void original_from_walk(const struct parser *parser, const struct walk *walk, struct mti mti,
    bool ours_asked, uint64_t ret[2]);
