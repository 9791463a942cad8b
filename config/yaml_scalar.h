// Private to config/: the walk of a document, and values that fit into one scalar.
#pragma once

#include "config/yaml.h"

#include <yaml.h>

struct reader {
    yaml_document_t *document;
    const char *path;
    struct mistakes *mistakes;
    bool failed;
};

// Longest piece of a value that a sentence quotes, in bytes.
#define QUOTED_MAX 60
#define FOUND_MAX  (QUOTED_MAX + 16)

#define COMPLAIN(reader, node, ...)                                                                \
    ((reader)->failed = true,                                                                      \
        mistake((reader)->mistakes, (reader)->path, (node)->start_mark.line + 1,                   \
            (node)->start_mark.column + 1, __VA_ARGS__))

// What stands at the node instead of what is wanted, for a sentence: "a list", or the quoted text,
// cut, in `text`.
const char *yaml_found(const yaml_node_t *node, char text[static FOUND_MAX]);

static inline const char *scalar_text(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

// Reads a value, or one element of a list, into *ret. Complains, and leaves *ret untouched, when
// the node is not one.
typedef bool value_reader(
    struct reader *reader, const struct field *field, const yaml_node_t *node, void *ret);

value_reader yaml_text_read, yaml_integer_read, yaml_duration_read, yaml_boolean_read,
    yaml_choice_read, yaml_parsed_read;
value_reader yaml_choice_element_read; // of FIELD_CHOICES: int64_t
