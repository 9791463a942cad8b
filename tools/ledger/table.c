#include "tools/ledger/table.h"

#include "config/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN "-"

struct table {
    const char *const *heads;
    size_t columns;
    char **cells;
    size_t count, capacity;
};

bool table_form_of(const char *name, enum table_form *ret)
{
    static const char *const names[] = {"table", "csv", "tsv"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret = (enum table_form)i;
            return true;
        }
    }
    return false;
}

struct table *table_new(const char *const *heads, size_t columns)
{
    struct table *table = memory_zeroed(1, sizeof(*table));
    table->heads = heads;
    table->columns = columns;
    return table;
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
    free(table);
}

void table_add(struct table *table, const char *text)
{
    table->cells = memory_grow(table->cells, table->count, &table->capacity, sizeof(*table->cells));
    table->cells[table->count++] = memory_text(text == NULL ? "" : text);
}

size_t table_rows(const struct table *table)
{
    return table->count / table->columns;
}

// Columns of a terminal: what is written in Chinese takes two each.
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        bool begins = (byte & 0xc0) != 0x80;
        width += begins ? 1 + (byte >= 0xe2) : 0;
    }
    return width;
}

static const char *cell_of(const struct table *table, size_t row, size_t column)
{
    const char *text = table->cells[row * table->columns + column];
    return text[0] == '\0' ? UNKNOWN : text;
}

static size_t column_width(const struct table *table, size_t column)
{
    size_t width = width_of(table->heads[column]);
    for (size_t row = 0; row < table_rows(table); row++) {
        size_t here = width_of(cell_of(table, row, column));
        width = here > width ? here : width;
    }
    return width;
}

static void aligned_print(const struct table *table, FILE *out)
{
    for (size_t row = 0; row <= table_rows(table); row++) {
        for (size_t column = 0; column < table->columns; column++) {
            const char *text = row == 0 ? table->heads[column] : cell_of(table, row - 1, column);
            bool last = column + 1 == table->columns;
            size_t blanks = last ? 0 : column_width(table, column) - width_of(text) + 2;
            fprintf(out, "%s%*s", text, (int)blanks, "");
        }
        putc('\n', out);
    }
}

// A cell that an office program would take for a formula gets an apostrophe; so do not numbers.
static bool is_formula(const char *text)
{
    return strchr("=+-@", text[0]) != NULL && text[0] != '\0';
}

static void csv_cell_print(const char *text, FILE *out)
{
    putc('"', out);
    if (is_formula(text)) {
        putc('\'', out);
    }
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            putc('"', out);
        }
        putc(*text, out);
    }
    putc('"', out);
}

static void tsv_cell_print(const char *text, FILE *out)
{
    if (is_formula(text)) {
        putc('\'', out);
    }
    for (; *text != '\0'; text++) {
        putc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
}

static void cells_print(char *const *cells, size_t count, enum table_form form, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            putc(form == TABLE_CSV ? ',' : '\t', out);
        }
        (form == TABLE_CSV ? csv_cell_print : tsv_cell_print)(cells[i], out);
    }
    fputs(form == TABLE_CSV ? "\r\n" : "\n", out);
}

void table_print(const struct table *table, enum table_form form, FILE *out)
{
    if (form == TABLE_ALIGNED) {
        aligned_print(table, out);
        return;
    }
    if (form == TABLE_CSV) {
        fputs("\xef\xbb\xbf", out); // office programs read it as UTF-8 then
    }
    cells_print((char *const *)(uintptr_t)table->heads, table->columns, form, out);
    for (size_t row = 0; row < table_rows(table); row++) {
        cells_print(&table->cells[row * table->columns], table->columns, form, out);
    }
}
