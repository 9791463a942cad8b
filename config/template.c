// A template is read into a row of pieces once, and printed from them: text, a name, the begin and
// the end of a section. A section's begin knows its end, so printing needs no search.
#include "config/template.h"

#include "config/file.h"
#include "config/mistakes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX  (1 << 20)
#define PIECES_MAX 8192
#define DEPTH_MAX  8

enum piece_kind { PIECE_TEXT, PIECE_VALUE, PIECE_SECTION, PIECE_INVERTED, PIECE_END };

struct piece {
    enum piece_kind kind;
    const char *text; // PIECE_TEXT: into the file's bytes
    size_t length;
    size_t name;   // in the list that `column` says
    bool column;   // of the list around it
    bool own_line; // PIECE_VALUE: nothing else stands on its line
    size_t end;    // of a section: the piece that ends it
};

struct template
{
    const struct template_name *names;
    char *bytes;
    struct piece *pieces;
    size_t count;
};

struct reading {
    struct template *template;
    const char *path;
    struct mistakes *mistakes;
    const char *at, *line_start;
    size_t line;
    size_t open[DEPTH_MAX]; // pieces
    size_t depth;
    const struct template_name *list; // whose rows we are in; NULL: none
    bool good, used[64];
};

#define REFUSE(reading, place, ...)                                                                \
    do {                                                                                           \
        mistake((reading)->mistakes, (reading)->path, (reading)->line, column_of(reading, place),  \
            __VA_ARGS__);                                                                          \
        (reading)->good = false;                                                                   \
    } while (0)

// In characters, from 1.
static size_t column_of(const struct reading *reading, const char *place)
{
    size_t column = 1;
    for (const char *at = reading->line_start; at < place; at++) {
        column += ((uint8_t)*at & 0xc0) != 0x80;
    }
    return column;
}

// Bytes of the character at `at`: 0 when it is no UTF-8, or a control character but a line's end.
static size_t character_length(const char *at)
{
    const uint8_t *byte = (const uint8_t *)at;
    if (byte[0] < 0x80) {
        return byte[0] >= ' ' && byte[0] != 0x7f ? 1 : byte[0] == '\n' || byte[0] == '\t';
    }
    size_t length = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
    uint32_t code = byte[0] & (0x7fu >> length);
    if (byte[0] < 0xc2 || byte[0] > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (byte[i] & 0x3f);
    }
    bool shortest = code >= (length == 4 ? 0x10000u : length == 3 ? 0x800u : 0x80u);
    bool control = code < 0xa0 || (code >= 0x2028 && code <= 0x202e) || code == 0xfeff;
    bool surrogate = code >= 0xd800 && code < 0xe000;
    return shortest && !control && !surrogate && code < 0x110000 ? length : 0;
}

static struct piece *piece_add(struct reading *reading, struct piece piece)
{
    struct template *template = reading->template;
    if (template->count == PIECES_MAX) {
        if (reading->good) {
            REFUSE(reading, reading->at, "the template has more than %d parts", PIECES_MAX);
        }
        return NULL;
    }
    template->pieces[template->count] = piece;
    return &template->pieces[template->count++];
}

static void text_add(struct reading *reading, const char *from, const char *to)
{
    if (to > from) {
        piece_add(reading,
            (struct piece){.kind = PIECE_TEXT, .text = from, .length = (size_t)(to - from)});
    }
}

static bool name_in(const struct template_name *names, const char *name, size_t length, size_t *ret)
{
    for (size_t i = 0; names != NULL && names[i].name != NULL; i++) {
        if (strlen(names[i].name) == length && memcmp(names[i].name, name, length) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static bool name_find(struct reading *reading, const char *name, size_t length, struct piece *ret)
{
    ret->column =
        reading->list != NULL && name_in(reading->list->columns, name, length, &ret->name);
    if (ret->column) {
        return true;
    }
    if (!name_in(reading->template->names, name, length, &ret->name)) {
        REFUSE(
            reading, name, "nothing is called \"%.*s\" here", length < 60 ? (int)length : 60, name);
        return false;
    }
    reading->used[ret->name] = true;
    return true;
}

static bool is_list(const struct reading *reading, const struct piece *piece)
{
    return !piece->column && reading->template->names[piece->name].columns != NULL;
}

static void section_begin(struct reading *reading, const char *tag, struct piece piece)
{
    bool list = is_list(reading, &piece);
    if (reading->depth == DEPTH_MAX) {
        REFUSE(reading, tag, "sections are nested more than %d deep", DEPTH_MAX);
    } else if (list && reading->list != NULL) {
        REFUSE(reading, tag, "a list inside of a list cannot be shown");
    } else if (piece_add(reading, piece) != NULL) {
        reading->open[reading->depth++] = reading->template->count - 1;
        if (list && piece.kind == PIECE_SECTION) {
            reading->list = &reading->template->names[piece.name];
        }
    }
}

static void section_end(struct reading *reading, const char *tag, const struct piece *named)
{
    struct template *template = reading->template;
    if (reading->depth == 0) {
        REFUSE(reading, tag, "this section was never begun");
        return;
    }
    struct piece *begin = &template->pieces[reading->open[reading->depth - 1]];
    if (begin->name != named->name || begin->column != named->column) {
        REFUSE(reading, tag, "another section is open here");
        return;
    }
    size_t place = reading->open[--reading->depth];
    piece_add(reading, (struct piece){.kind = PIECE_END});
    template->pieces[place].end = template->count - 1;
    if (is_list(reading, begin) && begin->kind == PIECE_SECTION) {
        reading->list = NULL;
    }
}

static bool is_blank(const char *from, const char *to)
{
    while (from < to && (*from == ' ' || *from == '\t')) {
        from++;
    }
    return from == to;
}

// From behind "{{" to before "}}".
static void tag_take(struct reading *reading, const char *tag, const char *end, bool own_line)
{
    static const char marks[] = {[PIECE_SECTION] = '#', [PIECE_INVERTED] = '^', [PIECE_END] = '/'};
    enum piece_kind kind = PIECE_VALUE;
    const char *name = tag, *name_end = end;
    for (int i = PIECE_SECTION; i <= PIECE_END; i++) {
        kind = *tag == marks[i] ? (enum piece_kind)i : kind;
    }
    name += kind != PIECE_VALUE;
    while (name < name_end && *name == ' ') {
        name++;
    }
    while (name_end > name && name_end[-1] == ' ') {
        name_end--;
    }
    struct piece piece = {.kind = kind, .own_line = own_line};
    if (!name_find(reading, name, (size_t)(name_end - name), &piece)) {
        return;
    }
    if (kind == PIECE_END) {
        section_end(reading, tag, &piece);
    } else if (kind != PIECE_VALUE) {
        section_begin(reading, tag, piece);
    } else if (is_list(reading, &piece)) {
        REFUSE(reading, tag, "\"%s\" is a list: it needs {{#%s}} and {{/%s}}",
            reading->template->names[piece.name].name, reading->template->names[piece.name].name,
            reading->template->names[piece.name].name);
    } else {
        piece_add(reading, piece);
    }
}

// One line, with its end. `*text` is from where on text was not added yet.
static void line_read(struct reading *reading, const char *line, const char *end)
{
    const char *text = line, *at = line;
    size_t left = (size_t)(end - line);
    const char *open;
    while ((open = memmem(at, left, "{{", 2)) != NULL) {
        const char *tag = open + 2;
        const char *close = memmem(tag, (size_t)(end - tag), "}}", 2);
        if (close == NULL) {
            REFUSE(reading, open, "{{ without }} on its line");
            return;
        }
        const char *behind = close + 2,
                   *content_end = end > line && end[-1] == '\n' ? end - 1 : end;
        bool own_line = is_blank(line, open) && is_blank(behind, content_end);
        text_add(reading, text, own_line ? text : open);
        if (*tag != '!') {
            tag_take(reading, tag, close, own_line);
        }
        text = own_line ? end : behind;
        at = behind;
        left = (size_t)(end - at);
    }
    text_add(reading, text, end);
}

static void lines_read(struct reading *reading, const char *bytes, size_t size)
{
    const char *end = bytes + size;
    for (const char *line = bytes; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *next = newline != NULL ? newline + 1 : end;
        reading->line++;
        reading->line_start = reading->at = line;
        for (const char *at = line; at < next;) {
            size_t length = character_length(at);
            if (length == 0 || length > (size_t)(next - at)) {
                REFUSE(reading, at, "byte 0x%02x is no UTF-8, or a control character",
                    (unsigned)(uint8_t)*at);
                return;
            }
            at += length;
        }
        line_read(reading, line, next);
        line = next;
    }
}

// What editors of other systems leave: a byte order mark, and CR in front of LF.
static size_t bytes_clean(char *bytes, size_t size)
{
    size_t from = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, to = 0;
    for (; from < size; from++) {
        if (bytes[from] != '\r' || from + 1 == size || bytes[from + 1] != '\n') {
            bytes[to++] = bytes[from];
        }
    }
    return to;
}

static void whole_check(struct reading *reading)
{
    const struct template *template = reading->template;
    for (size_t i = 0; i < reading->depth; i++) {
        const struct piece *piece = &template->pieces[reading->open[i]];
        const struct template_name *names = template->names;
        mistake(reading->mistakes, reading->path, reading->line, 0, "{{/%s}} is missing",
            piece->column ? "…" : names[piece->name].name);
        reading->good = false;
    }
    for (size_t i = 0; template->names[i].name != NULL; i++) {
        if (template->names[i].required && !reading->used[i]) {
            mistake(reading->mistakes, reading->path, 0, 0, "{{%s}} must be in every template: %s",
                template->names[i].name, template->names[i].help);
            reading->good = false;
        }
    }
}

struct template *template_read(
    const char *path, const struct template_name *names, struct mistakes *mistakes)
{
    size_t size;
    char *bytes = (char *)file_read(path, BYTES_MAX, &size, mistakes);
    if (bytes == NULL) {
        return NULL;
    }
    struct template *template = calloc(1, sizeof(*template));
    struct piece *pieces = calloc(PIECES_MAX, sizeof(*pieces));
    if (template == NULL || pieces == NULL) {
        mistake(mistakes, path, 0, 0, "out of memory");
        free(template);
        free(pieces);
        free(bytes);
        return NULL;
    }
    *template = (struct template){.names = names, .bytes = bytes, .pieces = pieces};
    struct reading reading = {
        .template = template, .path = path, .mistakes = mistakes, .good = true};
    lines_read(&reading, bytes, bytes_clean(bytes, size));
    if (reading.good) {
        whole_check(&reading);
    }
    if (!reading.good) {
        template_free(template);
        return NULL;
    }
    return template;
}

void template_free(struct template *template)
{
    if (template != NULL) {
        free(template->bytes);
        free(template->pieces);
        free(template);
    }
}

struct printing {
    FILE *out;
    const struct template *template;
    const struct template_value *values;
    const char *const *row; // of the list that is being printed; NULL: none
};

static size_t columns_of(const struct template_name *name)
{
    size_t count = 0;
    while (name->columns[count].name != NULL) {
        count++;
    }
    return count;
}

static const char *text_of(const struct printing *printing, const struct piece *piece)
{
    const char *text = piece->column ? (printing->row != NULL ? printing->row[piece->name] : NULL)
                                     : printing->values[piece->name].text;
    return text != NULL ? text : "";
}

static void pieces_print(struct printing *printing, size_t from, size_t to);

static void section_print(struct printing *printing, const struct piece *piece, size_t place)
{
    const struct template_name *name = &printing->template->names[piece->name];
    bool inverted = piece->kind == PIECE_INVERTED;
    if (piece->column || name->columns == NULL) {
        if ((*text_of(printing, piece) == '\0') == inverted) {
            pieces_print(printing, place + 1, piece->end);
        }
        return;
    }
    const struct template_value *list = &printing->values[piece->name];
    if (inverted && list->row_count == 0) {
        pieces_print(printing, place + 1, piece->end);
    }
    for (size_t i = 0; !inverted && i < list->row_count; i++) {
        printing->row = &list->cells[i * columns_of(name)];
        pieces_print(printing, place + 1, piece->end);
        printing->row = NULL;
    }
}

// Of a value on a line of its own every line counts, and none is left when it is empty.
static void value_print(const struct printing *printing, const struct piece *piece)
{
    const char *text = text_of(printing, piece);
    size_t length = strlen(text);
    fwrite(text, 1, length, printing->out);
    if (piece->own_line && length > 0 && text[length - 1] != '\n') {
        fputc('\n', printing->out);
    }
}

static void pieces_print(struct printing *printing, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct piece *piece = &printing->template->pieces[i];
        if (piece->kind == PIECE_TEXT) {
            fwrite(piece->text, 1, piece->length, printing->out);
        } else if (piece->kind == PIECE_VALUE) {
            value_print(printing, piece);
        } else if (piece->kind != PIECE_END) {
            section_print(printing, piece, i);
            i = piece->end;
        }
    }
}

void template_print(FILE *out, const struct template *template, const struct template_value *values)
{
    struct printing printing = {.out = out, .template = template, .values = values};
    pieces_print(&printing, 0, template->count);
}
