// Sentences with places.
//
// yaml_read remembers for every value that it fills where the value stood, by the value's address,
// so that a check made much later (a reference between two records, say) can still name
// file:line:column. Lists are allocated once at their final size, so addresses do not move. A later
// read into the same memory replaces what was remembered.
//
// The sentences are kept in order of finding and sorted when they are printed. The same sentence
// about the same place is kept once: a table that two networks name is read twice. A hostile file
// cannot fill the memory: past MISTAKES_MAX sentences only their number is kept.
#include "config/mistakes.h"

#include <uthash.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MISTAKES_MAX 200

struct sentence {
    size_t file; // index of paths + 1; 0: no place
    size_t line, column;
    size_t ordinal; // keeps the order of finding within one place
    char *text;
};

struct remembered {
    const void *value;
    bool whole;
    struct place place;
    UT_hash_handle hh;
};

struct mistakes {
    struct sentence *sentences;
    size_t count;
    size_t left_out; // past MISTAKES_MAX, or without memory
    char **paths;
    size_t path_count;
    struct remembered *values;
};

struct mistakes *mistakes_new(void)
{
    return calloc(1, sizeof(struct mistakes));
}

void mistakes_free(struct mistakes *mistakes)
{
    if (mistakes == NULL) {
        return;
    }
    struct remembered *value, *next;
    HASH_ITER(hh, mistakes->values, value, next)
    {
        HASH_DEL(mistakes->values, value);
        free(value);
    }
    for (size_t i = 0; i < mistakes->count; i++) {
        free(mistakes->sentences[i].text);
    }
    for (size_t i = 0; i < mistakes->path_count; i++) {
        free(mistakes->paths[i]);
    }
    free(mistakes->sentences);
    free(mistakes->paths);
    free(mistakes);
}

size_t mistakes_count(const struct mistakes *mistakes)
{
    return mistakes->count + mistakes->left_out;
}

const char *const *mistakes_files(const struct mistakes *mistakes, size_t *ret_count)
{
    *ret_count = mistakes->path_count;
    return (const char *const *)mistakes->paths;
}

// 1 + the index of the path; 0 without memory.
static size_t path_number(struct mistakes *mistakes, const char *path)
{
    for (size_t i = 0; i < mistakes->path_count; i++) {
        if (mistakes->paths[i] == path || strcmp(mistakes->paths[i], path) == 0) {
            return i + 1;
        }
    }
    char **paths =
        realloc(mistakes->paths, (mistakes->path_count + 1) * sizeof(mistakes->paths[0]));
    if (paths == NULL) {
        return 0;
    }
    mistakes->paths = paths;
    paths[mistakes->path_count] = strdup(path); // as it is: it may be opened by this name
    return paths[mistakes->path_count] == NULL ? 0 : ++mistakes->path_count;
}

const char *mistakes_path(struct mistakes *mistakes, const char *path)
{
    size_t number = path_number(mistakes, path);
    return number == 0 ? NULL : mistakes->paths[number - 1];
}

static const struct remembered *remembered_find(const struct mistakes *mistakes, const void *value)
{
    struct remembered *found = NULL;
    HASH_FIND_PTR(mistakes->values, &value, found);
    return found;
}

void mistakes_remember(
    struct mistakes *mistakes, const void *value, bool whole, const struct place *place)
{
    struct remembered *known = NULL;
    HASH_FIND_PTR(mistakes->values, &value, known);
    if (known != NULL) {
        known->whole = whole;
        known->place = *place;
        return;
    }
    known = malloc(sizeof(*known));
    if (known == NULL) {
        return; // the sentence will lack its place
    }
    *known = (struct remembered){.value = value, .whole = whole, .place = *place};
    HASH_ADD_PTR(mistakes->values, value, known);
}

bool mistakes_has_value(const struct mistakes *mistakes, const void *value)
{
    const struct remembered *known = remembered_find(mistakes, value);
    return known != NULL && known->whole;
}

const char *mistakes_path_of(const struct mistakes *mistakes, const void *value)
{
    const struct remembered *known = remembered_find(mistakes, value);
    return known == NULL ? NULL : known->place.path;
}

// One sentence is one line, whatever a hostile file holds.
static void line_clean(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            *text = '?';
        }
    }
}

static bool is_known(const struct mistakes *mistakes, const struct sentence *sentence)
{
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct sentence *old = &mistakes->sentences[i];
        if (old->file == sentence->file && old->line == sentence->line &&
            old->column == sentence->column && strcmp(old->text, sentence->text) == 0) {
            return true;
        }
    }
    return false;
}

static void sentence_add(struct mistakes *mistakes, struct sentence sentence)
{
    if (sentence.text != NULL) {
        line_clean(sentence.text);
        if (is_known(mistakes, &sentence)) {
            free(sentence.text);
            return;
        }
    }
    struct sentence *grown = NULL;
    if (sentence.text != NULL && mistakes->count < MISTAKES_MAX) {
        grown = realloc(mistakes->sentences, (mistakes->count + 1) * sizeof(sentence));
    }
    if (grown == NULL) {
        free(sentence.text);
        mistakes->left_out++;
        return;
    }
    sentence.ordinal = mistakes->count;
    grown[mistakes->count++] = sentence;
    mistakes->sentences = grown;
}

static char *sentence_format(const char *format, va_list arguments)
{
    char *text = NULL;
    return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

void mistake(struct mistakes *mistakes, const char *path, size_t line, size_t column,
    const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = sentence_format(format, arguments);
    va_end(arguments);
    size_t file = path == NULL ? 0 : path_number(mistakes, path);
    sentence_add(
        mistakes, (struct sentence){.file = file, .line = line, .column = column, .text = text});
}

void mistake_at(struct mistakes *mistakes, const void *value, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = sentence_format(format, arguments);
    va_end(arguments);
    struct sentence sentence = {.text = text};
    const struct remembered *known = remembered_find(mistakes, value);
    if (known != NULL) {
        sentence.file = path_number(mistakes, known->place.path);
        sentence.line = known->place.line;
        sentence.column = known->place.column;
    }
    sentence_add(mistakes, sentence);
}

static int sentence_compare(const void *left, const void *right)
{
    const struct sentence *a = left, *b = right;
    const size_t keys[][2] = {
        {a->file, b->file}, {a->line, b->line}, {a->column, b->column}, {a->ordinal, b->ordinal}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i][0] != keys[i][1]) {
            return keys[i][0] < keys[i][1] ? -1 : 1;
        }
    }
    return 0;
}

// A file's name may hold anything but must not break the line either.
static void path_print(const char *path, FILE *out)
{
    for (; *path != '\0'; path++) {
        fputc((unsigned char)*path < 0x20 || *path == 0x7f ? '?' : *path, out);
    }
    fputc(':', out);
}

static void sentence_print(
    const struct mistakes *mistakes, const struct sentence *sentence, FILE *out)
{
    if (sentence->file != 0) {
        path_print(mistakes->paths[sentence->file - 1], out);
        if (sentence->line != 0) {
            fprintf(out, "%zu:", sentence->line);
        }
        if (sentence->line != 0 && sentence->column != 0) {
            fprintf(out, "%zu:", sentence->column);
        }
        fputc(' ', out);
    }
    fprintf(out, "%s\n", sentence->text);
}

void mistakes_print(const struct mistakes *mistakes, FILE *out)
{
    struct sentence *sorted = malloc((mistakes->count + 1) * sizeof(sorted[0]));
    if (sorted == NULL) {
        return;
    }
    if (mistakes->count > 0) {
        memcpy(sorted, mistakes->sentences, mistakes->count * sizeof(sorted[0]));
    }
    qsort(sorted, mistakes->count, sizeof(sorted[0]), sentence_compare);
    for (size_t i = 0; i < mistakes->count; i++) {
        sentence_print(mistakes, &sorted[i], out);
    }
    if (mistakes->left_out > 0) {
        fprintf(out, "... and %zu more mistakes\n", mistakes->left_out);
    }
    free(sorted);
}
