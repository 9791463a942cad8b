// Reads a YAML file into a C struct by a table of fields, and prints the struct back. Every mistake
// of a file is found in one go and has its file:line:column. One reader serves the settings, the
// rule books, the dialects, the tables and the scenarios.
//
// Why not libcyaml: it stops at the first mistake and forgets where a value stood, so that later
// checks (ranges, references between records) could not quote the place. See docs/architecture.md.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum field_type {
    FIELD_TEXT,     // char *, owned by the record
    FIELD_INTEGER,  // int64_t in [min, max]
    FIELD_DURATION, // int64_t nanoseconds in [min, max], written "30s"
    FIELD_BOOLEAN,  // bool: true or false
    FIELD_CHOICE,   // int: the value of one of `choices`
    FIELD_CHOICES,  // int64_t * and size_t: a list of values of `choices`, each at most once
    FIELD_PARSED,   // a value with a parser of its own: `parsed`
    FIELD_RECORD,   // a struct inside this one, by `schema`
    FIELD_TEXTS,    // char ** and size_t: a list of texts
    FIELD_INTEGERS, // int64_t * and size_t: a list of integers in [min, max]
    FIELD_PARSEDS,  // T * and size_t: a list of parsed values
    FIELD_RECORDS,  // T * and size_t: a list of records
};

struct choice {
    const char *name; // NULL ends the list
    int value;
};

// A value with a parser of its own. `parse` returns false, untouched, when the text is not one;
// `rule` is what the sentence then says, e.g. "an address, optionally with /prefix and :port".
// `format` writes what `parse` reads back as the same value.
struct parsed {
    size_t size;
    bool (*parse)(const char *text, void *ret);
    void (*format)(const void *value, char *text, size_t size);
    const char *rule;
};

struct schema;

struct field {
    const char *name;
    enum field_type type;
    size_t offset;       // of the value, or of the list's pointer
    size_t count_offset; // of the list's size_t
    bool optional; // absent: as the schema's `defaults` say, zero without; lists are empty. Never
                   // for settings
    bool live; // may change while the program runs, with all that is in it; else with a new start
    int64_t min, max; // FIELD_INTEGER, FIELD_INTEGERS, FIELD_DURATION; both 0: any
    const struct choice *choices;
    const struct parsed *parsed;
    const struct schema *schema;
    const char *unit; // shown in messages and help
    const char *help; // one sentence; printed as a comment above the key by yaml_print
};

struct schema {
    size_t size;          // of the struct
    const void *defaults; // a struct of that size for optional fields, or NULL for zeroes
    const struct field *fields;
    size_t field_count;
};

#define FIELDS(table) .fields = (table), .field_count = sizeof(table) / sizeof((table)[0])

// Where a field's value, or a list's pointer and count, lie in their struct.
#define FIELD_AT(type, member) .offset = offsetof(type, member)
#define FIELD_LIST(type, member, count)                                                            \
    .offset = offsetof(type, member), .count_offset = offsetof(type, count)

// Sentences with places, in the order of their files and lines.
struct mistakes;
struct mistakes *mistakes_new(void);
void mistakes_free(struct mistakes *mistakes);
size_t mistakes_count(const struct mistakes *mistakes);
// One "file:line:column: sentence" a line, sorted by file (in order of reading), line and column.
void mistakes_print(const struct mistakes *mistakes, FILE *out);

// A mistake at a place that is known by number; line or column 0 are left out.
void mistake(struct mistakes *mistakes, const char *path, size_t line, size_t column,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

// A mistake at a value that yaml_read has read: `value` is the address of the record's field (or of
// a list's element). An unknown address gives the sentence without a place.
void mistake_at(struct mistakes *mistakes, const void *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Whether yaml_read has read the value without a mistake (an absent optional one counts as read):
// later checks keep quiet about values that already have their mistake.
bool mistakes_has_value(const struct mistakes *mistakes, const void *value);

// The file that yaml_read has read `value` from, or NULL. Lives as long as `mistakes`.
const char *mistakes_path_of(const struct mistakes *mistakes, const void *value);

// The files that were read so far, in order of their first use. Live as long as `mistakes`; a later
// read may move the array.
const char *const *mistakes_files(const struct mistakes *mistakes, size_t *ret_count);

// Reads `path` into *ret (schema->size bytes). True when no mistake was found. *ret is always a
// valid record to give to yaml_free, also after mistakes. Positions are remembered in `mistakes` as
// long as it lives. Bounded: files over 16 MiB, nesting over 32 and aliases are refused.
bool yaml_read(const char *path, const struct schema *schema, void *ret, struct mistakes *mistakes);

// Frees what the record owns, not the record itself; leaves it zeroed. NULL is fine. Hidden,
// because libyaml has a function of the same name, which must not be replaced by this one.
__attribute__((visibility("hidden"))) void yaml_free(const struct schema *schema, void *record);

// Prints the record so that yaml_read reads it back as the same record, with each field's help and
// unit, and [live], as a comment when `with_help`.
void yaml_print(FILE *out, const struct schema *schema, const void *record, bool with_help);

// Where two records of a schema differ: each field by its key, such as "links[cups-a].time_limit",
// and whether it is live. A list of records of another length is one difference.
typedef void yaml_difference(void *context, const char *key, bool live);
void yaml_compare(const struct schema *schema, const void *a, const void *b, yaml_difference *told,
    void *context);
// Exchanges the live fields of two records.
void yaml_take_live(const struct schema *schema, void *to, void *from);
