// Rows of texts for people or for other programs: an aligned table, CSV (RFC 4180), or TSV. Private
// to tools/ledger/.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum table_form { TABLE_ALIGNED, TABLE_CSV, TABLE_TSV };

// "table", "csv", "tsv"; false on anything else.
bool table_form_of(const char *name, enum table_form *ret);

struct table;
// The heads live as long as the table.
struct table *table_new(const char *const *heads, size_t columns);
// The next cell, row by row; it is copied. NULL: nothing is known.
void table_add(struct table *table, const char *text);
size_t table_rows(const struct table *table);
void table_print(const struct table *table, enum table_form form, FILE *out);
void table_free(struct table *table);
