// When intents begin, and of which function each is: exact per second and per share.
#pragma once

#include "tools/generate/scenario.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct schedule;

struct schedule *schedule_new(const struct scenario *scenario);
void schedule_free(struct schedule *schedule);

// The instant of the province's next intent. False after its last.
bool schedule_next(struct schedule *schedule, size_t province, int64_t *ret_ns);
// The function of the intent that schedule_next has just given. The shares are met exactly after
// every 100 intents when they are whole percentages, and never off by more than one otherwise.
size_t schedule_function(struct schedule *schedule, size_t province);
