// Business functions. Every pattern is compiled into one 64-bit mask and value over the digits of
// MTI, field 3 and field 25, four bits each, so that a row is tried with one AND and one compare:
//
//   bits 0-15   MTI, four digits; the origin digit counts as 0, the function digit as its request's
//   bits 16-39  field 3, six digits       bit 48  field 3 is present
//   bits 40-47  field 25, two digits      bit 49  field 25 is present
//
// Rows are grouped by the MTI's second digit (its class) and the first two digits of field 3, or
// its absence; a pattern that leaves them open is in every group that it fits. Within a group the
// order of the file is kept: the first match wins. The shipped tables have at most four rows in a
// group.
#include "config/instant.h"
#include "config/tables.h"

#include <stdlib.h>
#include <string.h>

// Indices are 16 bits wide in cells, and a person should still be able to read the table.
#define FUNCTIONS_MAX 250
#define MATCHES_MAX   64
#define ROWS_MAX      1000000 // of all groups: 24 MB

#define STARTS         101 // first two digits of field 3, and its absence
#define GROUPS         (10 * STARTS)
#define NO_START       100
#define HAS_PROCESSING (UINT64_C(1) << 48)
#define HAS_CONDITION  (UINT64_C(1) << 49)

struct function_row {
    uint64_t mask, value;
    size_t function;
};

const char *const kind_names[] = {
    [KIND_BUSINESS] = "business",
    [KIND_REVERSAL] = "reversal",
    [KIND_ADVICE] = "advice",
    [KIND_MANAGEMENT] = "management",
    [KIND_RECONCILIATION] = "reconciliation",
    [KIND_FILE] = "file",
    [KIND_OTHER] = "other",
};

#define MATCH(key, sentence)                                                                       \
    {                                                                                              \
        .name = #key, .type = FIELD_TEXT, FIELD_AT(struct function_match, key), .help = sentence   \
    }

static const struct field match_fields[] = {
    MATCH(mti, "MTI of the request, 4 digits; . is any; empty: any"),
    MATCH(processing, "Field 3, 6 digits; . is any; empty: any, also absent"),
    MATCH(condition, "Field 25, 2 digits; . is any; empty: any, also absent"),
};

static const struct schema match_schema = {
    .size = sizeof(struct function_match), FIELDS(match_fields)};

static const struct field function_fields[] = {
    {.name = "id", .type = FIELD_TEXT, FIELD_AT(struct function, id), .help = "Id in records"},
    {.name = "name",
        .type = FIELD_TEXT,
        FIELD_AT(struct function, name),
        .help = "Name in reports"},
    {.name = "main",
        .type = FIELD_BOOLEAN,
        FIELD_AT(struct function, main),
        .help = "主要功能 (art. 31(5))"},
    {.name = "time_limit",
        .type = FIELD_DURATION,
        FIELD_AT(struct function, time_limit_ns),
        .optional = true,
        .min = 100 * NS_PER_MS,
        .max = 600 * NS_PER_S,
        .help = "An answer later than this is a failure; absent: the link's time limit"},
    {.name = "batch",
        .type = FIELD_BOOLEAN,
        FIELD_AT(struct function, batch),
        .optional = true,
        .help = "Comes in batches (end of day, 代扣); never main"},
    {.name = "matches",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct function, matches, match_count),
        .schema = &match_schema,
        .help = "Any of these; the first function that matches wins"},
};

static const struct schema function_schema = {
    .size = sizeof(struct function), FIELDS(function_fields)};

static const struct field table_fields[] = {
    {.name = "functions",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct function_table, functions, function_count),
        .schema = &function_schema,
        .help = "Business functions in order of trial"},
};

const struct schema function_table_schema = {
    .size = sizeof(struct function_table), FIELDS(table_fields)};

static bool pattern_check(
    struct mistakes *mistakes, char *const *pattern, const char *name, size_t digits)
{
    const char *text = *pattern;
    if (text == NULL || *text == '\0') {
        return text != NULL;
    }
    if (strlen(text) != digits || strspn(text, "0123456789.") != digits) {
        mistake_at(mistakes, pattern, "%s must be empty or %zu digits or dots, found \"%.20s\"",
            name, digits, text);
        return false;
    }
    return true;
}

static bool function_check(struct mistakes *mistakes, const struct function *function)
{
    bool good = true;
    if (function->match_count == 0 || function->match_count > MATCHES_MAX) {
        mistake_at(mistakes, &function->matches, "matches must be 1 to %d patterns, found %zu",
            MATCHES_MAX, function->match_count);
        good = false;
    }
    if (function->main && function->batch) {
        mistake_at(mistakes, &function->batch, "a batch function cannot be main");
        good = false;
    }
    for (size_t i = 0; i < function->match_count; i++) {
        const struct function_match *match = &function->matches[i];
        good &= pattern_check(mistakes, &match->mti, "mti", 4);
        good &= pattern_check(mistakes, &match->processing, "processing", 6);
        good &= pattern_check(mistakes, &match->condition, "condition", 2);
    }
    return good;
}

static bool id_check(struct mistakes *mistakes, const struct function_table *table, size_t index)
{
    const struct function *function = &table->functions[index];
    if (function->id == NULL) {
        return false;
    }
    if (*function->id == '\0' || strcmp(function->id, "other") == 0) {
        mistake_at(mistakes, &function->id, "id must not be \"%s\"", function->id);
        return false;
    }
    for (size_t i = 0; i < index; i++) {
        if (table->functions[i].id != NULL && strcmp(table->functions[i].id, function->id) == 0) {
            mistake_at(mistakes, &function->id, "duplicate function id \"%s\"", function->id);
            return false;
        }
    }
    return true;
}

static bool table_check(struct mistakes *mistakes, const struct function_table *table)
{
    bool good = true;
    if (table->function_count == 0 || table->function_count > FUNCTIONS_MAX) {
        mistake_at(mistakes, &table->functions, "functions must be 1 to %d, found %zu",
            FUNCTIONS_MAX, table->function_count);
        return false;
    }
    for (size_t i = 0; i < table->function_count; i++) {
        good &= id_check(mistakes, table, i);
        good &= function_check(mistakes, &table->functions[i]);
    }
    return good;
}

// Adds the digits of a pattern from bit `shift` on, the last digit lowest.
static void pattern_compile(const char *pattern, int shift, struct function_row *row)
{
    for (size_t i = strlen(pattern); i-- > 0; shift += 4) {
        if (pattern[i] != '.') {
            row->mask |= UINT64_C(15) << shift;
            row->value |= (uint64_t)(pattern[i] - '0') << shift;
        }
    }
}

// The request's function digit, and no origin digit.
#define MTI_BITS UINT64_C(0xffe0)

static struct function_row row_compile(const struct function_match *match, size_t function)
{
    struct function_row row = {.function = function};
    pattern_compile(match->mti, 0, &row);
    row.mask &= MTI_BITS;
    row.value &= MTI_BITS;
    pattern_compile(match->processing, 16, &row);
    pattern_compile(match->condition, 40, &row);
    uint64_t present = (*match->processing == '\0' ? 0 : HAS_PROCESSING) |
                       (*match->condition == '\0' ? 0 : HAS_CONDITION);
    row.mask |= present;
    row.value |= present;
    return row;
}

static bool digit_fits(char pattern, size_t digit)
{
    return pattern == '.' || pattern == (char)('0' + digit);
}

static bool is_in_group(const struct function_match *match, size_t group)
{
    size_t class = group / STARTS, start = group % STARTS;
    if (*match->mti != '\0' && !digit_fits(match->mti[1], class)) {
        return false;
    }
    if (*match->processing == '\0') {
        return true;
    }
    return start != NO_START && digit_fits(match->processing[0], start / 10) &&
           digit_fits(match->processing[1], start % 10);
}

// Puts the rows of a group at `next` and returns how many; counts only when there are no rows yet.
static uint32_t group_compile(const struct function_table *table, size_t group, uint32_t next)
{
    uint32_t count = 0;
    for (size_t i = 0; i < table->function_count; i++) {
        const struct function *function = &table->functions[i];
        for (size_t j = 0; j < function->match_count; j++) {
            if (!is_in_group(&function->matches[j], group)) {
                continue;
            }
            if (table->rows != NULL) {
                table->rows[next + count] = row_compile(&function->matches[j], i);
            }
            count++;
        }
    }
    return count;
}

// NULL, or why the table cannot be compiled.
static const char *table_compile(struct function_table *table)
{
    table->first_rows = calloc(GROUPS + 1, sizeof(table->first_rows[0]));
    if (table->first_rows == NULL) {
        return "not enough memory";
    }
    for (size_t group = 0; group < GROUPS; group++) {
        uint32_t first = table->first_rows[group];
        table->first_rows[group + 1] = first + group_compile(table, group, first);
    }
    uint32_t rows = table->first_rows[GROUPS];
    if (rows > ROWS_MAX) {
        return "too many patterns leave the class of the MTI or the start of field 3 open";
    }
    table->rows = calloc(rows, sizeof(table->rows[0]));
    if (table->rows == NULL) {
        return "not enough memory";
    }
    for (size_t group = 0; group < GROUPS; group++) {
        group_compile(table, group, table->first_rows[group]);
    }
    return NULL;
}

bool function_table_read(const char *path, struct function_table *ret, struct mistakes *mistakes)
{
    bool good = yaml_read(path, &function_table_schema, ret, mistakes);
    if (mistakes_path_of(mistakes, &ret->functions) != NULL) {
        good = table_check(mistakes, ret) && good;
    }
    const char *problem = good ? table_compile(ret) : NULL;
    if (problem != NULL) {
        mistake_at(mistakes, &ret->functions, "%s", problem);
    }
    return good && problem == NULL;
}

void function_table_free(struct function_table *table)
{
    if (table != NULL) {
        free(table->rows);
        free(table->first_rows);
        yaml_free(&function_table_schema, table);
    }
}

// Two decimal digits of 0..99 in four bits each.
static uint64_t two_digits(uint32_t value)
{
    return value / 10 << 4 | value % 10;
}

size_t function_find(const struct function_table *table, int mti, int32_t processing, int condition)
{
    if (table->rows == NULL || mti < 0 || mti > 9999 || processing > 999999 || condition > 99) {
        return table->function_count;
    }
    uint32_t version_class = (uint32_t)mti / 100, start = NO_START;
    uint64_t key = (two_digits(version_class) << 8 | two_digits((uint32_t)mti % 100)) & MTI_BITS;
    if (processing >= 0) {
        uint32_t rest = (uint32_t)processing % 10000;
        start = (uint32_t)processing / 10000;
        key |= HAS_PROCESSING | two_digits(start) << 32 | two_digits(rest / 100) << 24 |
               two_digits(rest % 100) << 16;
    }
    if (condition >= 0) {
        key |= HAS_CONDITION | two_digits((uint32_t)condition) << 40;
    }
    const uint32_t *first = &table->first_rows[version_class % 10 * STARTS + start];
    for (uint32_t i = first[0]; i < first[1]; i++) {
        if ((key & table->rows[i].mask) == table->rows[i].value) {
            return table->rows[i].function;
        }
    }
    return table->function_count;
}

const char *function_id(const struct function_table *table, size_t function)
{
    return function < table->function_count ? table->functions[function].id : "other";
}

const char *function_name(const struct function_table *table, size_t function)
{
    return function < table->function_count ? table->functions[function].name : "其他";
}
