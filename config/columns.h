// Text for a terminal: a Chinese character takes two columns of it.
#pragma once

#include <stddef.h>
#include <stdio.h>

// Columns of valid UTF-8 text; CJK, its punctuation and full-width forms count two.
size_t columns_of(const char *text);
// Prints the text, then blanks up to `columns`; at least one blank.
void columns_print(FILE *out, const char *text, size_t columns);
