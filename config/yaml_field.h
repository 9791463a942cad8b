// Private to config/: the values of a record by its field table.
#pragma once

#include "config/yaml.h"

#include <stddef.h>

static inline void *field_value(const struct field *field, void *record)
{
    return (char *)record + field->offset;
}

static inline size_t *field_count(const struct field *field, void *record)
{
    return (size_t *)((char *)record + field->count_offset);
}

static inline bool field_is_list(const struct field *field)
{
    return field->type == FIELD_TEXTS || field->type == FIELD_INTEGERS ||
           field->type == FIELD_CHOICES || field->type == FIELD_PARSEDS ||
           field->type == FIELD_RECORDS;
}

// Of one element of a list.
static inline size_t field_element_size(const struct field *field)
{
    switch (field->type) {
    case FIELD_TEXTS: return sizeof(char *);
    case FIELD_PARSEDS: return field->parsed->size;
    case FIELD_RECORDS: return field->schema->size;
    default: return sizeof(int64_t);
    }
}

// The name of a choice's value, or NULL.
static inline const char *choice_name(const struct choice *choices, int64_t value)
{
    for (; choices->name != NULL; choices++) {
        if (choices->value == value) {
            return choices->name;
        }
    }
    return NULL;
}

// A field that has a range: `min` and `max` both 0 mean any.
static inline bool field_has_range(const struct field *field)
{
    return field->min != 0 || field->max != 0;
}
