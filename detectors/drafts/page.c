#include "detectors/drafts/page.h"

#include <string.h>

#define WIDE        3 // bytes of one character here
#define BORDER      "│"
#define VALUE_DEPTH 6 // what a person has filled in stands as deep: it is text in any case

static bool begins(const struct page_line *line, const char *with)
{
    size_t length = strlen(with);
    return line->length >= length && memcmp(line->text, with, length) == 0;
}

// 一、 to 二十九、
static bool is_numbered(const struct page_line *line)
{
    static const char numerals[] = "一二三四五六七八九十";
    for (size_t at = 0; at + 2 * WIDE <= line->length && at < 3 * WIDE; at += WIDE) {
        bool numeral = memmem(numerals, sizeof(numerals) - 1, line->text + at, WIDE) != NULL;
        if (!numeral) {
            return false;
        }
        if (memcmp(line->text + at + WIDE, "、", WIDE) == 0) {
            return true;
        }
    }
    return false;
}

// "name:value", with a colon of either width.
static bool names_value(const struct page_line *line)
{
    bool colon = memchr(line->text, ':', line->length) != NULL ||
                 memmem(line->text, line->length, "：", WIDE) != NULL;
    return colon && !begins(line, "附");
}

static enum page_line_kind margin_kind(struct page_reader *reader, const struct page_line *line)
{
    if (begins(line, "──")) {
        return PAGE_RULE;
    }
    if (begins(line, "【")) {
        return PAGE_BANNER;
    }
    if (!is_numbered(line) && names_value(line)) {
        return PAGE_LABEL;
    }
    bool first = !reader->titled;
    reader->titled = true;
    return first ? PAGE_TITLE : PAGE_HEADING;
}

static bool is_row(const struct page_line *line)
{
    return line->length >= 2 * WIDE && begins(line, BORDER) &&
           memcmp(line->text + line->length - WIDE, BORDER, WIDE) == 0;
}

bool page_cell(struct page_line *line, struct page_line *ret)
{
    if (line->length <= WIDE) {
        return false;
    }
    const char *begin = line->text + WIDE;
    const char *end = memmem(begin, line->length - WIDE, BORDER, WIDE);
    *ret = (struct page_line){.kind = PAGE_TEXT, .text = begin, .length = (size_t)(end - begin)};
    line->length -= (size_t)(end - line->text);
    line->text = end;
    return true;
}

bool page_next(struct page_reader *reader, struct page_line *ret)
{
    size_t depth = 0, length = 0;
    do {
        reader->at += length + (reader->at[length] == '\n');
        depth = strspn(reader->at, " ");
        length = strcspn(reader->at, "\n");
    } while (length == depth && reader->at[length] == '\n');
    if (length == depth) {
        return false;
    }
    *ret = (struct page_line){
        .kind = PAGE_TEXT, .depth = depth, .text = reader->at + depth, .length = length - depth};
    reader->at += length;
    if (depth == 0) {
        ret->kind = margin_kind(reader, ret);
    } else if (depth < VALUE_DEPTH && is_row(ret)) {
        ret->kind = PAGE_ROW;
    }
    return true;
}
