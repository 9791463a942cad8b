// Private to config/: tables of tab-separated values with a header line.
#pragma once

#include "config/yaml.h"

#include <stddef.h>
#include <stdint.h>

#define TSV_CELLS_MAX 8

struct tsv {
    char *text; // owned; the cells point into it
    size_t length;
    char *next; // line
    const char *path;
    size_t line; // number of the line that tsv_next has given
    size_t columns;
};

// False with a mistake when the file cannot be read or its first line is not `header`.
bool tsv_open(struct tsv *tsv, const char *path, const char *header, struct mistakes *mistakes);
// The cells of the next line that is not empty, each ended by NUL. 1: a line, 0: the end, -1: a
// mistake in the line was said.
int tsv_next(struct tsv *tsv, char *cells[static TSV_CELLS_MAX], struct mistakes *mistakes);
void tsv_close(struct tsv *tsv);
