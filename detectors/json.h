// Small steps of building JSON: keys keep their order, what is absent is left out (no nulls).
#pragma once

#include "config/instant.h"

#include <jansson.h>

#include <stdbool.h>
#include <stdint.h>

void json_set_text(json_t *object, const char *key, const char *text); // NULL: left out
void json_set_integer(json_t *object, const char *key, int64_t value);
void json_set_flag(json_t *object, const char *key, bool value);
// RFC 3339 with milliseconds; INSTANT_NEVER is left out.
void json_set_instant(json_t *object, const char *key, struct instant at);
// The names of the bits that are set, lowest first. A new reference.
json_t *json_bit_names(unsigned set, const char *const names[], unsigned count);
void json_set(json_t *object, const char *key, json_t *value); // takes the reference
char *json_compact(const json_t *json);                        // caller frees
