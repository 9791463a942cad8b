// Private to config/: where values were read from.
#pragma once

#include "config/yaml.h"

#include <stdbool.h>
#include <stddef.h>

struct place {
    const char *path; // interned: lives as long as the mistakes
    size_t line, column;
};

// The path as the mistakes keep it; files are ordered by their first use here. NULL without memory.
const char *mistakes_path(struct mistakes *mistakes, const char *path);

// A record and its first field share an address: `whole` says that the value itself was read
// without a mistake, not only the record that begins there.
void mistakes_remember(
    struct mistakes *mistakes, const void *value, bool whole, const struct place *place);
