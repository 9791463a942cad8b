// Stencils: all that is the same in messages of one shape whose lengths are the same too, kept from
// the first such message for those that follow. Private to transactions/.
//
// A stencil marks the bytes that decide how a message is read: what its header is looked at for,
// the message type, the bitmaps, and the length in front of every variable field. A message from
// the same side of the same link, as long, with the same marked bytes, is walked in the same way,
// so nothing of it needs to be walked: every value stands where it stood. The marked bytes are
// compared sixteen at once.
//
// Values whose wire form is plain (digits in characters, at a place from which as many bytes may be
// read as is convenient) are then read in straight lines; all others from the walk that is kept.
//
// Memory is fixed: STENCIL_SETS times STENCIL_WAYS a worker, chosen by link, side, length and
// message type. In a full set one of STENCIL_PATIENCE misses makes a new one, so that messages of
// which no two are alike cost the walk by their plan, and a stencil made in vain now and then.
#pragma once

#include "dataplane/transactions/dialect.h"
#include "dataplane/transactions/header.h"
#include "dataplane/transactions/keys.h"
#include "dataplane/transactions/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define STENCIL_SETS         64
#define STENCIL_WAYS         4
#define STENCIL_ROWS         16
#define STENCIL_PATIENCE     8
#define STENCIL_ROWS_AT_ONCE 4
#define STENCIL_BYTES        32 // shorter messages have none

typedef uint64_t sixteen_bytes __attribute__((vector_size(16)));

struct stencil_row {
    sixteen_bytes mask, value;
};

enum value_form {
    VALUE_BY_WALK,
    VALUE_ABSENT,
    VALUE_PLAIN,
};

struct plan;

struct stencil {
    const struct parser *parser; // NULL: free
    struct plan *plan;
    uint32_t plan_turn; // the plan has gone when it has another one
    uint32_t length;
    bool from_ours, over_table, left_over;
    uint8_t row_count; // up to a multiple of STENCIL_ROWS_AT_ONCE the others have an empty mask
    bool key_plain, function_plain, province_plain;
    uint8_t account, amount, code; // enum value_form
    uint8_t account_digits;
    uint16_t account_at, amount_at, code_at, processing_at, condition_at, region_at;
    uint16_t row_at[STENCIL_ROWS]; // of 16 bytes, all in the message
    struct key_recipe key;
    struct stencil_row rows[STENCIL_ROWS];
    struct walk walk; // `bytes` is of whoever reads
};

struct stencils {
    struct stencil ways[STENCIL_SETS][STENCIL_WAYS];
    uint8_t next[STENCIL_SETS], misses[STENCIL_SETS];
};

static inline sixteen_bytes sixteen_at(const uint8_t *bytes)
{
    sixteen_bytes ret;
    memcpy(&ret, bytes, sizeof(ret));
    return ret;
}

static inline bool stencil_fits(const struct stencil *stencil, const uint8_t *bytes)
{
    sixteen_bytes other = {0};
    for (size_t i = 0; i < stencil->row_count; i += STENCIL_ROWS_AT_ONCE) {
        for (size_t j = i; j < i + STENCIL_ROWS_AT_ONCE; j++) {
            const struct stencil_row *row = &stencil->rows[j];
            other |= (sixteen_at(bytes + stencil->row_at[j]) ^ row->value) & row->mask;
        }
    }
    return (other[0] | other[1]) == 0;
}

// Of messages of at least STENCIL_BYTES and the dialect's shortest.
static inline size_t stencil_set(
    const struct parser *parser, const struct dialect *dialect, const uint8_t *bytes, size_t length)
{
    uint32_t type;
    memcpy(&type, bytes + dialect->mti_at, sizeof(type));
    uint32_t mixed = type ^ (uint32_t)length * 0x85EBCA6Bu ^ (uint32_t)((uintptr_t)parser >> 3);
    return mixed * 0x9E3779B1u >> 16 & (STENCIL_SETS - 1);
}

static inline bool stencil_is_of(
    const struct stencil *stencil, const struct parser *parser, bool from_ours, size_t length)
{
    return stencil->parser == parser && stencil->length == length &&
           stencil->from_ours == from_ours;
}

// One that was made of such a message by `plan`, unless it is not worth it.
void stencil_learn(struct stencils *stencils, const struct parser *parser, struct plan *plan,
    const struct walk *walk, size_t header_bytes, bool from_ours);
void stencils_clear(struct stencils *stencils);
