// Settings in memory for what lies between messages and counters: one network with a small code
// table, three links with two time limits, two sites.
#pragma once

#include "config/settings.h"

#include "dataplane/transactions/message.h"

#include <stddef.h>
#include <stdint.h>

#define RIG_BASE_S 1773109800LL // 2026-03-10T10:30:00+08:00
#define RIG_LINKS  3

enum rig_link {
    RIG_CUPS,  // 30 s
    RIG_POS,   // 60 s
    RIG_CUPS2, // 30 s
};

// 00 succeeded, A2 succeeded and degraded, 51 declined, 96 failed, 09 pending, 90 planned, 95
// excluded, T9 throttled; unlisted codes failed; an inquiry (function 1) has 5 s. `open` entries
// per pairing.
struct settings *rig_settings(int64_t open);
void rig_settings_free(struct settings *settings);

// An instant after the base.
struct instant rig_at(int64_t ns);
// A message of KIND_BUSINESS on RIG_CUPS, from ours to theirs; an answer, from theirs, with a code.
struct message rig_request(uint64_t key, int64_t at_ns, uint64_t ordinal);
struct message rig_answer(uint64_t key, int64_t at_ns, uint64_t ordinal, const char *code);
// Spreads a small number over 64 bits.
uint64_t rig_mix(uint64_t value);
