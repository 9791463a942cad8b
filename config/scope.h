// A part of a network as settings name it: by the ids of its functions and the codes of provinces.
#pragma once

#include "config/tables.h"
#include "config/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUNCTION_BITS 256

// Which part of a network. Empty lists are all of it.
struct scope {
    uint64_t functions[FUNCTION_BITS / 64]; // bit set: this function (index of the network's table)
    uint8_t provinces[PROVINCES / 8 + 1];
    uint16_t network;
};

struct settings;

// A check across values: its mistakes, and whether there was any.
struct scope_check {
    const struct settings *settings;
    struct mistakes *mistakes;
    bool good;
};

#define SCOPE_REFUSE(check, value, ...)                                                            \
    ((check)->good = false, mistake_at((check)->mistakes, (value), __VA_ARGS__))

// What the ids stand for; a mistake at each that stands for nothing. False: no such network, and
// the others have not been looked at.
bool scope_network(struct scope_check *check, char *const *id, struct scope *scope);
void scope_functions(
    struct scope_check *check, char *const *functions, size_t count, struct scope *scope);
void scope_provinces(
    struct scope_check *check, char *const *provinces, size_t count, struct scope *scope);

static inline bool scope_has_function(
    const struct scope *scope, uint16_t network, uint16_t function)
{
    return scope->network == network && function < FUNCTION_BITS &&
           (scope->functions[function / 64] >> (function % 64) & 1) != 0;
}

static inline bool scope_has_province(const struct scope *scope, uint8_t province)
{
    return (scope->provinces[province / 8] >> (province % 8) & 1) != 0;
}
