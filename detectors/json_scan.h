// Reading a record of one JSON object that somebody else wrote.
#pragma once

#include "config/settings.h"

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>

struct scan {
    const struct settings *settings;
    json_t *json; // of the record; a reader may take keys out as it goes: what is left is unknown
    char *error;
    size_t error_size;
    bool again; // of the ledger: it was let in when it was entered
};

// Writes one sentence that says what is wrong; control characters of a quoted offender are shown as
// '?'. Always false.
__attribute__((format(printf, 2, 3))) bool refuse(const struct scan *scan, const char *format, ...);
