// From a path to a libyaml document that is safe to walk.
//
// The bytes are read twice by libyaml: first as events, where everything is refused that would make
// the walk unbounded or ambiguous (aliases and anchors, tags, deep nesting, too many values, a
// second document), then as a document. libyaml's loader resolves aliases silently, so they can
// only be seen in the events.
#include "config/yaml_file.h"

#include "config/file.h"

#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)16 << 20)
#define NESTING_MAX    32
#define VALUES_MAX     500000 // about 100 bytes of memory each in libyaml

struct source {
    const char *path;
    const uint8_t *bytes;
    size_t size;
    struct mistakes *mistakes;
};

// Line and column, from 1, of a byte offset; columns count characters as libyaml does.
static void offset_place(const struct source *source, size_t offset, size_t *line, size_t *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset && i < source->size; i++) {
        if (source->bytes[i] == '\n') {
            (*line)++;
            *column = 1;
        } else if ((source->bytes[i] & 0xc0) != 0x80) {
            (*column)++;
        }
    }
}

static void mistake_at_offset(const struct source *source, size_t offset, const char *sentence)
{
    size_t line, column;
    offset_place(source, offset, &line, &column);
    mistake(source->mistakes, source->path, line, column, "%s", sentence);
}

static void mistake_at_mark(const struct source *source, yaml_mark_t mark, const char *sentence)
{
    mistake(source->mistakes, source->path, mark.line + 1, mark.column + 1, "%s", sentence);
}

static void syntax_mistake(const struct source *source, const yaml_parser_t *parser)
{
    const char *problem = parser->problem == NULL ? "unknown problem" : parser->problem;
    if (parser->error == YAML_MEMORY_ERROR) {
        mistake(source->mistakes, source->path, 0, 0, "not enough memory");
    } else if (parser->error == YAML_READER_ERROR) {
        size_t line, column;
        offset_place(source, parser->problem_offset, &line, &column);
        mistake(source->mistakes, source->path, line, column, "not YAML: %s", problem);
    } else if (parser->context != NULL) {
        mistake(source->mistakes, source->path, parser->problem_mark.line + 1,
            parser->problem_mark.column + 1, "not YAML: %s (%s from %zu:%zu)", problem,
            parser->context, parser->context_mark.line + 1, parser->context_mark.column + 1);
    } else {
        mistake(source->mistakes, source->path, parser->problem_mark.line + 1,
            parser->problem_mark.column + 1, "not YAML: %s", problem);
    }
}

struct scan {
    const struct source *source;
    size_t documents, values, depth;
    bool good, done;
};

static void scan_refuse(struct scan *scan, yaml_mark_t mark, const char *sentence)
{
    mistake_at_mark(scan->source, mark, sentence);
    scan->good = false;
}

static void scan_properties(
    struct scan *scan, yaml_mark_t mark, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL) {
        scan_refuse(scan, mark, "anchors are not allowed");
    }
    if (tag != NULL) {
        scan_refuse(scan, mark, "tags are not allowed");
    }
    if (++scan->values > VALUES_MAX) {
        scan_refuse(scan, mark, "more than 500000 values");
        scan->done = true;
    }
}

static void scan_deeper(struct scan *scan, yaml_mark_t mark)
{
    if (++scan->depth > NESTING_MAX) {
        scan_refuse(scan, mark, "nested deeper than 32");
        scan->done = true;
    }
}

static void scan_event(struct scan *scan, const yaml_event_t *event)
{
    yaml_mark_t mark = event->start_mark;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++scan->documents == 2) {
            scan_refuse(scan, mark, "a second document begins here: a file holds one");
            scan->done = true;
        }
        break;
    case YAML_ALIAS_EVENT: scan_refuse(scan, mark, "aliases are not allowed"); break;
    case YAML_SCALAR_EVENT:
        scan_properties(scan, mark, event->data.scalar.anchor, event->data.scalar.tag);
        break;
    case YAML_SEQUENCE_START_EVENT:
        scan_properties(
            scan, mark, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        scan_deeper(scan, mark);
        break;
    case YAML_MAPPING_START_EVENT:
        scan_properties(
            scan, mark, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        scan_deeper(scan, mark);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: scan->depth--; break;
    case YAML_STREAM_END_EVENT: scan->done = true; break;
    default: break;
    }
}

static bool parser_init(yaml_parser_t *parser, const struct source *source)
{
    if (!yaml_parser_initialize(parser)) {
        mistake(source->mistakes, source->path, 0, 0, "not enough memory");
        return false;
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, source->bytes, source->size);
    return true;
}

static bool events_check(const struct source *source)
{
    yaml_parser_t parser;
    if (!parser_init(&parser, source)) {
        return false;
    }
    struct scan scan = {.source = source, .good = true};
    while (!scan.done) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            syntax_mistake(source, &parser);
            scan.good = false;
            break;
        }
        scan_event(&scan, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (scan.good && scan.documents == 0) {
        mistake(source->mistakes, source->path, 1, 1, "the file is empty");
        return false;
    }
    return scan.good;
}

static bool document_load(const struct source *source, yaml_document_t *ret)
{
    yaml_parser_t parser;
    if (!parser_init(&parser, source)) {
        return false;
    }
    bool good = yaml_parser_load(&parser, ret) == 1;
    if (!good) {
        syntax_mistake(source, &parser);
    }
    yaml_parser_delete(&parser);
    return good;
}

// Bytes of the character at `bytes`, 1 to 4; 0 when it is not UTF-8 (overlong forms, surrogates and
// values above U+10FFFF are not).
static size_t utf8_length(const uint8_t *bytes, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = bytes[0];
    size_t length = first < 0x80           ? 1
                    : (first >> 5) == 0x06 ? 2
                    : (first >> 4) == 0x0e ? 3
                    : (first >> 3) == 0x1e ? 4
                                           : 0;
    if (length < 2 || length > left) {
        return length == 1 ? 1 : 0;
    }
    uint32_t value = first & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (bytes[i] & 0x3fU);
    }
    bool bad = value < least[length] || value > 0x10ffff || (value >> 11) == 0x1b;
    return bad ? 0 : length;
}

static bool utf8_check(const struct source *source)
{
    for (size_t i = 0; i < source->size;) {
        size_t length = utf8_length(source->bytes + i, source->size - i);
        if (length == 0) {
            mistake_at_offset(source, i, "not UTF-8");
            return false;
        }
        i += length;
    }
    return true;
}

bool yaml_file_load(const char *path, yaml_document_t *ret, struct mistakes *mistakes)
{
    size_t size;
    uint8_t *bytes = file_read(path, FILE_BYTES_MAX, &size, mistakes);
    if (bytes == NULL) {
        return false;
    }
    size_t mark = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    struct source source = {
        .path = path, .bytes = bytes + mark, .size = size - mark, .mistakes = mistakes};
    bool good = utf8_check(&source) && events_check(&source) && document_load(&source, ret);
    free(bytes);
    return good;
}
