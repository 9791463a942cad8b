// A bank's own names for what a field says: which unit (product, BIN range, database shard) a
// request belongs to, which counterparty it is for.
//
// A row takes the first characters of a field's value, or the last, and names those from `from` to
// `to`, which have the same length; an empty `to` is `from`. Up to eight characters fit a word, so
// that the first one counts most and the order of words is that of characters. Rows of one field,
// end and length are a group, sorted and without overlaps: one binary search. Groups are tried in
// the order in which their fields first stand in the file, longer ones first.
#include "config/tables.h"
#include "config/tsv.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_MAX       4096
#define RULES_MAX        1000000
#define NAME_MAX         64
#define ACCOUNT_LAST_MAX 4 // of an account's last digits: they may say a shard, and no more

static const int64_t fields_allowed[] = {2, 3, 18, 25, 32, 33, 41, 42, 100};

struct labels_read {
    struct tsv tsv;
    struct label_table *table;
    struct mistakes *mistakes;
    size_t rule_capacity, name_capacity;
    uint8_t fields[sizeof(fields_allowed) / sizeof(fields_allowed[0])]; // in order of appearance
    size_t field_count;
};

__attribute__((format(printf, 2, 3))) static bool refuse(
    struct labels_read *read, const char *format, ...)
{
    char sentence[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    mistake(read->mistakes, read->tsv.path, read->tsv.line, 0, "%s", sentence);
    return false;
}

// Doubles the room of an array when it is full.
static bool room(void **array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return true;
    }
    size_t larger = *capacity == 0 ? 64 : 2 * *capacity;
    void *grown = reallocarray(*array, larger, size);
    if (grown == NULL) {
        return false;
    }
    *array = grown;
    *capacity = larger;
    return true;
}

// Its place in the order of trial, counted from 1; 0 when the field cannot be named.
static uint8_t field_rank(struct labels_read *read, const char *cell)
{
    char *end;
    long field = strtol(cell, &end, 10);
    bool allowed = false;
    for (size_t i = 0; i < sizeof(fields_allowed) / sizeof(fields_allowed[0]); i++) {
        allowed |= fields_allowed[i] == field;
    }
    if (!allowed || *end != '\0' || *cell == '0' || *cell == ' ') {
        refuse(read, "a field must be 2, 3, 18, 25, 32, 33, 41, 42 or 100, found \"%.20s\"", cell);
        return 0;
    }
    for (size_t i = 0; i < read->field_count; i++) {
        if (read->fields[i] == field) {
            return (uint8_t)(i + 1);
        }
    }
    read->fields[read->field_count++] = (uint8_t)field;
    return (uint8_t)read->field_count;
}

// 0 without room.
static uint16_t name_index(struct labels_read *read, const char *name)
{
    struct label_table *table = read->table;
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->names[i], name) == 0) {
            return (uint16_t)(i + 1);
        }
    }
    void *names = table->names;
    bool fits = table->count < LABELS_MAX &&
                room(&names, table->count, &read->name_capacity, sizeof(*table->names));
    table->names = names;
    char *copy = fits ? strdup(name) : NULL;
    if (copy == NULL) {
        refuse(read, "more than %d names", LABELS_MAX);
        return 0;
    }
    table->names[table->count++] = copy;
    return (uint16_t)table->count;
}

static bool name_check(struct labels_read *read, const char *name, size_t longest)
{
    size_t length = strlen(name);
    if (length == 0 || length > longest || strcmp(name, "other") == 0) {
        return refuse(read, "a name must be 1 to %zu bytes and not \"other\", found \"%.80s\"",
            longest, name);
    }
    for (const char *at = name; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            return refuse(read, "a name must not hold control characters");
        }
    }
    return true;
}

static bool ends_check(struct labels_read *read, uint8_t field, bool last, char *const *cells)
{
    size_t from = strlen(cells[2]), to = strlen(cells[3]);
    size_t most = field == 2 && last ? ACCOUNT_LAST_MAX : LABEL_CHARACTERS;
    if (from == 0 || from > most) {
        return refuse(read, "from must be 1 to %zu characters of field %u, found \"%.20s\"", most,
            field, cells[2]);
    }
    if (to != 0 && (to != from || strcmp(cells[3], cells[2]) < 0)) {
        return refuse(
            read, "to must be as long as from and not before it, found \"%.20s\"", cells[3]);
    }
    return true;
}

static uint64_t text_word(const char *text, size_t length)
{
    uint8_t characters[LABEL_CHARACTERS] = {0};
    memcpy(characters, text, length);
    return label_word(characters, length);
}

static bool rule_row(struct labels_read *read, char *const *cells, size_t longest)
{
    struct label_table *table = read->table;
    bool last = strcmp(cells[1], "last") == 0;
    uint8_t rank = field_rank(read, cells[0]);
    if (rank == 0) {
        return false;
    }
    if (!last && strcmp(cells[1], "first") != 0) {
        return refuse(read, "part must be first or last, found \"%.20s\"", cells[1]);
    }
    uint8_t field = read->fields[rank - 1];
    const char *to = cells[3][0] == '\0' ? cells[2] : cells[3];
    if (!ends_check(read, field, last, cells) || !name_check(read, cells[4], longest)) {
        return false;
    }
    void *rules = table->rules;
    bool fits = table->rule_count < RULES_MAX &&
                room(&rules, table->rule_count, &read->rule_capacity, sizeof(*table->rules));
    table->rules = rules;
    uint16_t label = fits ? name_index(read, cells[4]) : 0;
    if (label == 0) {
        return fits ? false : refuse(read, "more than %d rows", RULES_MAX);
    }
    size_t length = strlen(cells[2]);
    table->rules[table->rule_count++] = (struct label_rule){.rank = rank,
        .last = last,
        .length = (uint8_t)length,
        .field = field,
        .label = label,
        .from = text_word(cells[2], length),
        .to = text_word(to, length)};
    return true;
}

static int rule_compare(const void *left, const void *right)
{
    const struct label_rule *a = left, *b = right;
    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    if (a->length != b->length) {
        return a->length > b->length ? -1 : 1;
    }
    if (a->last != b->last) {
        return a->last ? 1 : -1;
    }
    return a->from != b->from ? (a->from < b->from ? -1 : 1) : 0;
}

static bool is_same_group(const struct label_rule *a, const struct label_rule *b)
{
    return a->rank == b->rank && a->length == b->length && a->last == b->last;
}

static bool groups_make(struct labels_read *read)
{
    struct label_table *table = read->table;
    size_t capacity = 0;
    for (size_t i = 0; i < table->rule_count; i++) {
        const struct label_rule *rule = &table->rules[i];
        if (i > 0 && is_same_group(rule - 1, rule)) {
            if (rule[-1].to >= rule->from) {
                return refuse(read, "rows of field %u overlap: \"%s\" and \"%s\"", rule->field,
                    table->names[rule[-1].label - 1], table->names[rule->label - 1]);
            }
            table->groups[table->group_count - 1].count++;
            continue;
        }
        void *groups = table->groups;
        if (!room(&groups, table->group_count, &capacity, sizeof(*table->groups))) {
            return refuse(read, "not enough memory");
        }
        table->groups = groups;
        table->groups[table->group_count++] = (struct label_group){.field = rule->field,
            .last = rule->last,
            .length = rule->length,
            .first = (uint32_t)i,
            .count = 1};
        table->fields[rule->field / 64] |= UINT64_C(1) << rule->field % 64;
    }
    return true;
}

bool label_table_read(
    const char *path, size_t longest, struct label_table *ret, struct mistakes *mistakes)
{
    struct labels_read read = {.table = ret, .mistakes = mistakes};
    char *cells[TSV_CELLS_MAX];
    *ret = (struct label_table){0};
    if (!tsv_open(&read.tsv, path, "field\tpart\tfrom\tto\tname", mistakes)) {
        return false;
    }
    bool good = true;
    for (int got; (got = tsv_next(&read.tsv, cells, mistakes)) != 0;) {
        good = got > 0 && rule_row(&read, cells, longest < NAME_MAX ? longest : NAME_MAX) && good;
    }
    read.tsv.line = 0;
    if (good && ret->rule_count > 0) {
        qsort(ret->rules, ret->rule_count, sizeof(*ret->rules), rule_compare);
        good = groups_make(&read);
    }
    tsv_close(&read.tsv);
    return good;
}

void label_table_free(struct label_table *table)
{
    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < table->count; i++) {
        free(table->names[i]);
    }
    free(table->names);
    free(table->rules);
    free(table->groups);
    *table = (struct label_table){0};
}

uint16_t label_find(const struct label_table *table, const struct label_group *group, uint64_t word)
{
    const struct label_rule *rules = table->rules + group->first;
    size_t from = 0, to = group->count; // rules before `from` begin at or before the word
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (rules[middle].from <= word) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from > 0 && word <= rules[from - 1].to ? rules[from - 1].label : LABEL_NONE;
}

const char *label_name(const struct label_table *table, uint16_t label)
{
    return label == LABEL_NONE ? "" : label <= table->count ? table->names[label - 1] : "other";
}
