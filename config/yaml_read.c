// Walks a YAML document by the tables of a schema. A value is remembered by its address when it was
// read without a mistake; every mistake is said and the walk goes on.
#include "config/mistakes.h"
#include "config/yaml_field.h"
#include "config/yaml_file.h"
#include "config/yaml_scalar.h"

#include <stdlib.h>
#include <string.h>

static bool record_read(struct reader *reader, const struct schema *schema, const char *name,
    const yaml_node_t *node, void *ret);

static bool nested_read(
    struct reader *reader, const struct field *field, const yaml_node_t *node, void *ret)
{
    return record_read(reader, field->schema, field->name, node, ret);
}

// The reader of a value, or of one element of a list.
static value_reader *const value_readers[] = {
    [FIELD_TEXT] = yaml_text_read,
    [FIELD_INTEGER] = yaml_integer_read,
    [FIELD_DURATION] = yaml_duration_read,
    [FIELD_BOOLEAN] = yaml_boolean_read,
    [FIELD_CHOICE] = yaml_choice_read,
    [FIELD_CHOICES] = yaml_choice_element_read,
    [FIELD_PARSED] = yaml_parsed_read,
    [FIELD_RECORD] = nested_read,
    [FIELD_TEXTS] = yaml_text_read,
    [FIELD_INTEGERS] = yaml_integer_read,
    [FIELD_PARSEDS] = yaml_parsed_read,
    [FIELD_RECORDS] = nested_read,
};

static void remember(struct reader *reader, const void *value, bool whole, const yaml_node_t *node)
{
    mistakes_remember(reader->mistakes, value, whole,
        &(struct place){reader->path, node->start_mark.line + 1, node->start_mark.column + 1});
}

// Reads one value or element at its final address. The record's place is remembered before its
// fields', because the first of them has the same address.
static bool value_read(
    struct reader *reader, const struct field *field, const yaml_node_t *node, void *ret)
{
    bool is_record = field->type == FIELD_RECORD || field->type == FIELD_RECORDS;
    if (is_record) {
        remember(reader, ret, false, node);
    }
    bool good = value_readers[field->type](reader, field, node, ret);
    if (good && !is_record) {
        remember(reader, ret, true, node);
    }
    return good;
}

static bool choice_is_twice(const int64_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i] == values[count]) {
            return true;
        }
    }
    return false;
}

static void list_read(
    struct reader *reader, const struct field *field, const yaml_node_t *node, void *record)
{
    char text[FOUND_MAX];
    if (node->type != YAML_SEQUENCE_NODE) {
        COMPLAIN(reader, node, "%s must be a list, found %s", field->name, yaml_found(node, text));
        return;
    }
    size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    size_t size = field_element_size(field);
    char *elements = count == 0 ? NULL : calloc(count, size);
    if (count != 0 && elements == NULL) {
        COMPLAIN(reader, node, "not enough memory");
        return;
    }
    *(void **)field_value(field, record) = elements;
    *field_count(field, record) = count;
    remember(reader, field_value(field, record), true, node);
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item =
            yaml_document_get_node(reader->document, node->data.sequence.items.start[i]);
        bool good = value_read(reader, field, item, elements + i * size);
        if (good && field->type == FIELD_CHOICES &&
            choice_is_twice((const int64_t *)(const void *)elements, i)) {
            COMPLAIN(reader, item, "%s lists %s twice", field->name, yaml_found(item, text));
        }
    }
}

// An absent optional field: a text is copied, so that the record owns it.
static void default_apply(const struct field *field, void *record, const void *defaults)
{
    const char *from = defaults == NULL ? NULL : (const char *)defaults + field->offset;
    void *to = field_value(field, record);
    if (field->type == FIELD_RECORD) {
        const struct schema *schema = field->schema;
        for (size_t i = 0; i < schema->field_count; i++) {
            default_apply(&schema->fields[i], to, from != NULL ? from : schema->defaults);
        }
    } else if (from == NULL || field_is_list(field)) {
        return;
    } else if (field->type == FIELD_TEXT) {
        const char *text = *(char *const *)(const void *)from;
        *(char **)to = text == NULL ? NULL : strdup(text);
    } else {
        size_t size = field->type == FIELD_BOOLEAN  ? sizeof(bool)
                      : field->type == FIELD_CHOICE ? sizeof(int)
                      : field->type == FIELD_PARSED ? field->parsed->size
                                                    : sizeof(int64_t);
        memcpy(to, from, size);
    }
}

#define NEAR_CHARACTERS 40 // longer keys are no slip of a finger
#define NEAR_EDITS      2
#define NEAR_KEYS       100

// How many characters must be added, dropped or changed: one row of the table at a time.
static size_t edits_between(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[NEAR_CHARACTERS + 1];
    for (size_t j = 0; j <= b_length; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            size_t moved = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = changed < moved ? changed : moved;
        }
    }
    return row[b_length];
}

// The key that was probably meant: at most one character in three is another one.
static const char *key_near(const struct schema *schema, const yaml_node_t *key)
{
    size_t length = key->data.scalar.length, fewest = NEAR_EDITS + 1;
    const char *near = NULL;
    for (size_t i = 0; i < schema->field_count && length <= NEAR_CHARACTERS; i++) {
        const char *name = schema->fields[i].name;
        size_t name_length = strlen(name);
        if (name_length > NEAR_CHARACTERS) {
            continue;
        }
        size_t edits = edits_between(scalar_text(key), length, name, name_length);
        if (edits < fewest && edits * 3 <= name_length) {
            fewest = edits;
            near = name;
        }
    }
    return near;
}

static const struct field *key_find(
    struct reader *reader, const struct schema *schema, const yaml_node_t *key)
{
    char text[FOUND_MAX];
    if (key->type != YAML_SCALAR_NODE) {
        COMPLAIN(reader, key, "a key must be a text, found %s", yaml_found(key, text));
        return NULL;
    }
    for (size_t i = 0; i < schema->field_count; i++) {
        if (strlen(schema->fields[i].name) == key->data.scalar.length &&
            memcmp(schema->fields[i].name, scalar_text(key), key->data.scalar.length) == 0) {
            return &schema->fields[i];
        }
    }
    bool few = mistakes_count(reader->mistakes) < NEAR_KEYS; // a hostile file has a million
    const char *near = few ? key_near(schema, key) : NULL;
    if (near != NULL) {
        COMPLAIN(reader, key, "unknown key %s, is it \"%s\"?", yaml_found(key, text), near);
    } else {
        COMPLAIN(reader, key, "unknown key %s", yaml_found(key, text));
    }
    return NULL;
}

#define FIELDS_MAX 64 // of one schema

// Reads the keys of a record; seen[i] is the line of field i's key, 0 when it is absent.
static void keys_read(struct reader *reader, const struct schema *schema, const yaml_node_t *node,
    void *ret, size_t seen[static FIELDS_MAX])
{
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(reader->document, pair->value);
        const struct field *field = key_find(reader, schema, key);
        if (field == NULL) {
            continue;
        }
        size_t *line = &seen[field - schema->fields];
        if (*line != 0) {
            COMPLAIN(reader, key, "duplicate key \"%s\", first on line %zu", field->name, *line);
            continue;
        }
        *line = key->start_mark.line + 1;
        if (field_is_list(field)) {
            list_read(reader, field, value, ret);
        } else {
            value_read(reader, field, value, field_value(field, ret));
        }
    }
}

static bool record_read(struct reader *reader, const struct schema *schema, const char *name,
    const yaml_node_t *node, void *ret)
{
    char text[FOUND_MAX];
    size_t seen[FIELDS_MAX] = {0};
    if (node->type != YAML_MAPPING_NODE) {
        COMPLAIN(reader, node, "%s must be a record (key: value), found %s", name,
            yaml_found(node, text));
        return false;
    }
    keys_read(reader, schema, node, ret, seen);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (seen[i] == 0 && field->optional) {
            default_apply(field, ret, schema->defaults);
            remember(reader, field_value(field, ret), true, node);
        } else if (seen[i] == 0) {
            COMPLAIN(reader, node, "missing key \"%s\"", field->name);
        }
    }
    return true;
}

bool yaml_read(const char *path, const struct schema *schema, void *ret, struct mistakes *mistakes)
{
    yaml_document_t document;
    memset(ret, 0, schema->size);
    const char *kept_path = mistakes_path(mistakes, path);
    if (kept_path == NULL || !yaml_file_load(kept_path, &document, mistakes)) {
        return false;
    }
    struct reader reader = {.document = &document, .path = kept_path, .mistakes = mistakes};
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    remember(&reader, ret, false, root);
    record_read(&reader, schema, "the file", root, ret);
    yaml_document_delete(&document);
    return !reader.failed;
}

static void element_free(const struct field *field, void *element)
{
    if (field->type == FIELD_RECORD || field->type == FIELD_RECORDS) {
        yaml_free(field->schema, element);
    } else if (field->type == FIELD_TEXT || field->type == FIELD_TEXTS) {
        free(*(char **)element);
    }
}

void yaml_free(const struct schema *schema, void *record)
{
    for (size_t i = 0; record != NULL && i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (!field_is_list(field)) {
            element_free(field, field_value(field, record));
            continue;
        }
        char *elements = *(char **)field_value(field, record);
        for (size_t j = 0; elements != NULL && j < *field_count(field, record); j++) {
            element_free(field, elements + j * field_element_size(field));
        }
        free(elements);
    }
    if (record != NULL) {
        memset(record, 0, schema->size);
    }
}
