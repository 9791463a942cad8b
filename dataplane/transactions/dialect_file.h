// The files of config/dialects as they are written: dialects and tables of fields. Private to
// dialect.c, which compiles them.
#pragma once

#include "dataplane/transactions/dialect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AS_DIALECT      (-1) // a row without the key: as the dialect says
#define MESSAGE_LONGEST 65535

enum binary_form { BINARY_RAW, BINARY_HEX };
enum align { ALIGN_LEFT, ALIGN_RIGHT };

struct field_row {
    int64_t number;
    char *name;
    int kind, form;
    int64_t length;
    int digits, lengths, binary, align;
};

struct table_file {
    char *name;
    char *base;
    struct field_row *rows;
    size_t row_count;
};

struct dialect_file {
    char *name;
    char *base;
    struct framing framing;
    int header, mti, bitmap, digits, lengths, binary;
    int64_t *key;
    size_t key_count;
    int64_t *management_key;
    size_t management_key_count;
    bool batch_in_key;
    struct field_row *rows;
    size_t row_count;
};

extern const struct schema table_schema;   // struct table_file
extern const struct schema dialect_schema; // struct dialect_file
