// Plans: what the walk over one shape of message comes to, kept from the first such message for
// those that follow. Private to transactions/.
//
// A shape is a message type with its bitmaps, as they are on the wire of one link. It fixes which
// fields are there, and so all distances but the lengths in front of variable fields. A plan holds
// the fixed distances between those lengths, where the fields that somebody reads stand, and what
// else follows from the shape alone.
//
// Lengths repeat too: what is kept of a message whose lengths are known as well is a stencil
// (stencil.h). A message is read by its stencil, else walked by the steps of its plan, else the
// long way, which has a name for what is wrong with it. All three give the same (tests/fuzz/iso8583
// compares them).
//
// Memory is fixed: PLAN_SETS times PLAN_WAYS plans a worker; in each set the oldest goes. Shapes
// nobody has seen cost the long way and a plan made in vain, never more.
#pragma once

#include "dataplane/transactions/header.h"
#include "dataplane/transactions/iso8583.h"
#include "dataplane/transactions/keys.h"
#include "dataplane/transactions/stencil.h"
#include "dataplane/transactions/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PLAN_SETS      64
#define PLAN_WAYS      4
#define PLAN_STEPS     16 // variable fields; a message with more has no plan
#define PLAN_PLACES    33 // 17 fields that are read in every dialect, and two keys of 8
#define FUNCTION_MEMOS 8
#define PROVINCE_MEMOS 64

#define SHAPE_BYTES 36 // of message type and bitmaps, at most

struct shape {
    const struct parser *parser;
    uint64_t bitmaps[4]; // as on the wire
    uint32_t mti;        // as on the wire
    uint16_t hash;
    uint8_t bitmap_bytes;
};

// A variable field: its value stands `gap` bytes behind the field before it that is variable.
struct plan_step {
    uint16_t gap; // with the length's own bytes
    uint8_t field;
    uint8_t half_bytes; // of a unit
    struct field_step step;
};

// A fixed field that is read: `offset` bytes behind variable field number `behind` (0: bitmaps).
struct plan_place {
    uint8_t field, behind;
    uint16_t offset;
};

// The function that these wire bytes of fields 3 and 25 mean; `function` is 1 higher, 0 is free.
struct function_memo {
    uint64_t processing;
    uint16_t condition, function;
};

// The province that these four bytes of field 42 mean; PROVINCE_UNKNOWN is free.
struct province_memo {
    uint32_t region;
    uint8_t province;
};

struct plan {
    struct shape shape; // parser NULL: free
    uint32_t turn;      // another one each time that a plan is made here
    struct mti mti;
    uint16_t mti_number;
    uint8_t kind, flags; // enum kind, enum message_flag
    bool labelled;       // labels_from_walk has something to say
    uint64_t present[ISO_BITMAP_WORDS];
    uint16_t fixed_bytes; // bitmaps, fixed fields and lengths: all that no length decides
    uint8_t step_count, place_count;
    bool functions_plain; // fields 3 and 25 can be compared as bytes
    struct key_plan key;
    struct plan_step steps[PLAN_STEPS];
    struct plan_place places[PLAN_PLACES];
    uint64_t processing_mask; // of eight bytes at field 3; 0 when it is absent
    uint16_t condition_mask;  // of two bytes at field 25
    struct function_memo functions[FUNCTION_MEMOS];
    bool province_plain; // province_is_plain
    struct province_memo provinces[PROVINCE_MEMOS];
};

struct plans {
    struct plan sets[PLAN_SETS][PLAN_WAYS];
    uint8_t next[PLAN_SETS]; // the oldest of each set
    uint32_t turns;
    struct plan unkept; // of a message that has no plan
    struct walk walk;   // of the message in hand, unless it has a stencil
    struct stencils stencils;
};

// Whether the second bitmap, or the third, is announced in front of it.
static inline bool more_bitmaps(const struct dialect *dialect, uint8_t first)
{
    return dialect->bitmap == BITMAP_RAW ? (first & 0x80) != 0 : first >= '8';
}

static inline uint64_t rotated(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static inline uint64_t eight_bytes(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

// The shape of a message from its message type on. False when it has none: it is too short, or has
// three bitmaps. (All of it in registers: a word that was written in pieces is slow to read.)
static inline bool shape_read(
    const struct parser *parser, const uint8_t *bytes, size_t length, struct shape *ret)
{
    const struct dialect *dialect = parser->dialect;
    if (length < SHAPE_BYTES) {
        return false;
    }
    size_t mti_length = mti_bytes(dialect);
    bool raw = dialect->bitmap == BITMAP_RAW;
    size_t bitmap_bytes = raw ? 8 : 16;
    const uint8_t *first = bytes + mti_length, *second = first + bitmap_bytes;
    bool more = more_bitmaps(dialect, first[0]);
    if (more && more_bitmaps(dialect, second[0])) {
        return false;
    }
    uint64_t a = eight_bytes(first), b = raw ? 0 : eight_bytes(first + 8);
    uint64_t c = more ? eight_bytes(second) : 0, d = more && !raw ? eight_bytes(second + 8) : 0;
    uint32_t mti = (uint32_t)eight_bytes(bytes);
    mti = mti_length == 2 ? mti & 0xFFFF : mti;
    uint64_t mixed = a ^ rotated(b, 23) ^ rotated(c, 41) ^ rotated(d, 11) ^ (uint64_t)mti << 24 ^
                     (uintptr_t)parser;
    *ret = (struct shape){.parser = parser,
        .bitmaps = {a, b, c, d},
        .mti = mti,
        .hash = (uint16_t)(mixed * 0x9E3779B97F4A7C15 >> 48),
        .bitmap_bytes = (uint8_t)(more ? 2 * bitmap_bytes : bitmap_bytes)};
    return true;
}

static inline bool shape_equals(const struct shape *a, const struct shape *b)
{
    return a->bitmaps[0] == b->bitmaps[0] && a->bitmaps[1] == b->bitmaps[1] &&
           a->bitmaps[2] == b->bitmaps[2] && a->bitmaps[3] == b->bitmaps[3] && a->mti == b->mti &&
           a->parser == b->parser;
}

// NULL when no plan is kept for this shape.
static inline struct plan *plans_find(struct plans *plans, const struct shape *shape)
{
    struct plan *set = plans->sets[shape->hash % PLAN_SETS];
    for (size_t i = 0; i < PLAN_WAYS; i++) {
        if (shape_equals(&set[i].shape, shape)) {
            return &set[i];
        }
    }
    return NULL;
}

// The plan of a message that was walked the long way. NULL as `shape`: it is not kept. Valid until
// the next call.
struct plan *plans_add(struct plans *plans, const struct parser *parser, const struct shape *shape,
    struct mti mti, const struct walk *walk);

// walk_message by a plan. False when the message does not fit it. `at`, not more than `length`, is
// where the bitmaps begin. Of the places only those that the plan reads are set.
bool plan_walk(
    const struct plan *plan, const uint8_t *bytes, size_t length, size_t at, struct walk *ret);
