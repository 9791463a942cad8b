// A document in the forms that people open: a web page, and an OpenDocument text for an office.
// Both are made of the document's text alone, so that what the ledger keeps can be shown at any
// time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// What a line is, by its indentation and its first characters.
enum page_line_kind {
    PAGE_RULE,    // ────
    PAGE_BANNER,  // 【…】
    PAGE_TITLE,   // the first line at the margin that names no value
    PAGE_HEADING, // 一、…, and every later line at the margin that names no value
    PAGE_LABEL,   // at the margin, name:value
    PAGE_TEXT,    // indented
    PAGE_ROW,     // indented, and begins and ends with │: a row of a table
};

struct page_line {
    enum page_line_kind kind;
    size_t depth; // of PAGE_TEXT: blanks in front
    const char *text;
    size_t length;
};

struct page_reader {
    const char *at;
    bool titled;
};
// The next cell of a row; false at its end. `line` becomes the rest of the row.
bool page_cell(struct page_line *line, struct page_line *ret);
// False at the end; lines of nothing are passed over.
bool page_next(struct page_reader *reader, struct page_line *ret);

// A page without scripts and without anything from elsewhere.
void page_html(FILE *out, const char *text);
// Writes a file that did not exist before. The same text gives the same bytes. False with one
// sentence.
bool page_odt(const char *path, const char *text, char *error, size_t error_size);
