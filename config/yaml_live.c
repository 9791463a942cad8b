// Two records of one schema, field by field: where they differ, and what of the one may be put in
// place of the other's while it is in use.
//
// Lists of records that stay as long as they were are walked record by record, by their index; in a
// key a record is named by its first field when that is called `id`: "links[cups-a].time_limit".
#include "config/yaml_field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 256

struct comparison {
    yaml_difference *told;
    void *context;
};

// ---- values

static bool is_same_value(const struct field *field, const void *a, const void *b)
{
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_TEXTS: {
        const char *one = *(char *const *)a, *other = *(char *const *)b;
        return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
    }
    case FIELD_BOOLEAN: return *(const bool *)a == *(const bool *)b;
    case FIELD_CHOICE: return *(const int *)a == *(const int *)b;
    case FIELD_PARSED:
    case FIELD_PARSEDS: {
        char one[KEY_MAX] = "", other[KEY_MAX] = ""; // padding must not count
        field->parsed->format(a, one, sizeof(one));
        field->parsed->format(b, other, sizeof(other));
        return strcmp(one, other) == 0;
    }
    default: return *(const int64_t *)a == *(const int64_t *)b;
    }
}

static bool is_same_list(const struct field *field, void *a, void *b)
{
    const char *one = *(char **)field_value(field, a), *other = *(char **)field_value(field, b);
    size_t count = *field_count(field, a), size = field_element_size(field);
    bool same = count == *field_count(field, b);
    for (size_t i = 0; same && i < count; i++) {
        same = is_same_value(field, one + i * size, other + i * size);
    }
    return same;
}

// ---- the walk

static void record_compare(const struct comparison *comparison, const struct schema *schema,
    void *a, void *b, const char *prefix, bool live);

static void element_key(const struct field *field, const void *element, size_t index,
    const char *prefix, char key[static KEY_MAX])
{
    const struct field *first = &field->schema->fields[0];
    const char *id = first->type == FIELD_TEXT && strcmp(first->name, "id") == 0
                         ? *(char *const *)(const void *)((const char *)element + first->offset)
                         : NULL;
    if (id != NULL) {
        snprintf(key, KEY_MAX, "%s%s[%s].", prefix, field->name, id);
    } else {
        snprintf(key, KEY_MAX, "%s%s[%zu].", prefix, field->name, index);
    }
}

static void field_compare(const struct comparison *comparison, const struct field *field, void *a,
    void *b, const char *prefix, bool live)
{
    char key[KEY_MAX];
    live |= field->live;
    snprintf(key, sizeof(key), "%s%s", prefix, field->name);
    if (field->type == FIELD_RECORD) {
        strncat(key, ".", sizeof(key) - strlen(key) - 1);
        record_compare(
            comparison, field->schema, field_value(field, a), field_value(field, b), key, live);
    } else if (field->type == FIELD_RECORDS && *field_count(field, a) == *field_count(field, b)) {
        char *one = *(char **)field_value(field, a), *other = *(char **)field_value(field, b);
        for (size_t i = 0; i < *field_count(field, a); i++) {
            size_t at = i * field->schema->size;
            element_key(field, one + at, i, prefix, key);
            record_compare(comparison, field->schema, one + at, other + at, key, live);
        }
    } else if (field->type == FIELD_RECORDS ||
               (field_is_list(field)
                       ? !is_same_list(field, a, b)
                       : !is_same_value(field, field_value(field, a), field_value(field, b)))) {
        comparison->told(comparison->context, key, live);
    }
}

static void record_compare(const struct comparison *comparison, const struct schema *schema,
    void *a, void *b, const char *prefix, bool live)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        field_compare(comparison, &schema->fields[i], a, b, prefix, live);
    }
}

void yaml_compare(
    const struct schema *schema, const void *a, const void *b, yaml_difference *told, void *context)
{
    const struct comparison comparison = {told, context};
    record_compare(&comparison, schema, (void *)(uintptr_t)a, (void *)(uintptr_t)b, "", false);
}

// ---- taking over

static void swap(void *a, void *b, size_t size)
{
    for (char *one = a, *other = b; size > 0; size--, one++, other++) {
        char kept = *one;
        *one = *other;
        *other = kept;
    }
}

static size_t value_size(const struct field *field)
{
    return field_is_list(field) || field->type == FIELD_TEXT ? sizeof(char *)
           : field->type == FIELD_BOOLEAN                    ? sizeof(bool)
           : field->type == FIELD_CHOICE                     ? sizeof(int)
           : field->type == FIELD_PARSED                     ? field->parsed->size
           : field->type == FIELD_RECORD                     ? field->schema->size
                                                             : sizeof(int64_t);
}

static void field_take(const struct field *field, void *to, void *from)
{
    if (field->live) {
        swap(field_value(field, to), field_value(field, from), value_size(field));
        if (field_is_list(field)) {
            swap(field_count(field, to), field_count(field, from), sizeof(size_t));
        }
    } else if (field->type == FIELD_RECORD) {
        yaml_take_live(field->schema, field_value(field, to), field_value(field, from));
    } else if (field->type == FIELD_RECORDS &&
               *field_count(field, to) == *field_count(field, from)) {
        char *one = *(char **)field_value(field, to), *other = *(char **)field_value(field, from);
        for (size_t i = 0; i < *field_count(field, to); i++) {
            yaml_take_live(
                field->schema, one + i * field->schema->size, other + i * field->schema->size);
        }
    }
}

void yaml_take_live(const struct schema *schema, void *to, void *from)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        field_take(&schema->fields[i], to, from);
    }
}
