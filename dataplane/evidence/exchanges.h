// The newest exchanges that failed or were not answered, by the instants of their frames. Private
// to dataplane/evidence/.
#pragma once

#include "dataplane/counters/counters.h"

#include <stdbool.h>

// Why a frame is kept: the first that holds.
enum frame_reason { REASON_NONE, REASON_FAILED, REASON_UNANSWERED, REASON_RESET, REASON_SAMPLE };
#define FRAME_REASONS (REASON_SAMPLE + 1)
extern const char *const frame_reason_names[];

struct exchanges;
struct exchanges *exchanges_new(void); // NULL when there is no memory
void exchanges_free(struct exchanges *exchanges);
// Those of a tick's tries, before they are grouped into intents. The oldest make room.
void exchanges_add(struct exchanges *exchanges, const struct counters *counters);

// Those of one network, for looking up.
struct exchange_index;
struct exchange_index *exchange_index_new(const struct exchanges *exchanges, uint16_t network);
void exchange_index_free(struct exchange_index *index);
// Whether a frame of this instant belongs to one of them: REASON_FAILED, REASON_UNANSWERED or
// REASON_NONE.
enum frame_reason exchange_index_find(const struct exchange_index *index, int64_t at_ns);
