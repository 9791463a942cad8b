// Templates of documents: text in which {{name}} stands for a value. A small part of Mustache,
// whose manual teaches the rest that is needed: no expressions, no includes, no code, so that a
// template can spoil the look of a document and nothing else.
//
//   {{name}}              the value; nothing when it is empty
//   {{#name}} … {{/name}} once when it is not empty; of a list once for every row, whose columns
//                         have names of their own in it
//   {{^name}} … {{/name}} when it is empty
//   {{! remark }}         nothing
//
// A line of nothing but such a section's begin or end, a remark, or a name without a value leaves
// no line behind.
#pragma once

#include "config/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// What a template may name; the end has no name.
struct template_name {
    const char *name;
    const char *help;                    // for people, in Chinese
    bool required;                       // a template without it is refused
    const struct template_name *columns; // of a list; NULL: a value
};

struct template_value {
    const char *text;         // of a value: "" or NULL is empty; lines of it are kept
    size_t row_count;         // of a list
    const char *const *cells; // row by row, as many as there are columns
};

struct template;
// Reads a file of at most 1 MiB of UTF-8. NULL with every mistake in it. `names` must outlive it.
struct template *template_read(
    const char *path, const struct template_name *names, struct mistakes *mistakes);
void template_free(struct template *template);
// `values` by the place of their names.
void template_print(
    FILE *out, const struct template *template, const struct template_value *values);
