// The keys by which an answer finds its request, and a reversal what it reverses. Private to
// transactions/.
#pragma once

#include "dataplane/transactions/header.h"
#include "dataplane/transactions/iso8583.h"
#include "dataplane/transactions/walk.h"

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

#define RECIPE_SLOTS 8

// 16 bytes of a message, and which of them count.
struct key_slot {
    uint64_t low, high;
    uint32_t at;
};

// The same for a message whose lengths are known too: what to hash, byte by byte.
struct key_recipe {
    uint64_t lengths;  // of the parts, a byte each
    size_t slot_count; // 0: there is none, by the plan
    struct key_slot slots[RECIPE_SLOTS];
};

void key_recipe_make(const struct key_plan *plan, const struct walk *walk, struct key_recipe *ret);

// The key of a message's request; `ours_asked`: our side of the link sent the request. Of a plan
// that is `whole`.
void key_from_walk(const struct parser *parser, const struct key_plan *plan,
    const struct key_recipe *recipe, const struct walk *walk, bool ours_asked, uint64_t ret[2]);

// The key of the request that a reversal names: field 90 or, with the batch in the key, the same
// STAN and batch under the message type that field 60.1 implies. Zeroes when it names none.
void original_from_walk(const struct parser *parser, const struct walk *walk, struct mti mti,
    bool ours_asked, uint64_t ret[2]);
