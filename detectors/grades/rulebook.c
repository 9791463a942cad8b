#include "config/memory.h"

#include "detectors/grades/grades.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_MAX 100000000000LL

static const struct choice grades[] = {
    {"common", GRADE_COMMON},
    {"larger", GRADE_LARGER},
    {"major", GRADE_MAJOR},
    {"maximum", GRADE_MAXIMUM},
    {0},
};

static const struct choice metrics[] = {
    {"outage", METRIC_OUTAGE},
    {"impaired", METRIC_IMPAIRED},
    {"natural_persons", METRIC_NATURAL_PERSONS},
    {"legal_persons", METRIC_LEGAL_PERSONS},
    {"undeterminable", METRIC_UNDETERMINABLE},
    {"personal_leaked", METRIC_PERSONAL_LEAKED},
    {"sensitive_leaked", METRIC_SENSITIVE_LEAKED},
    {"credit_leaked", METRIC_CREDIT_LEAKED},
    {"core_harmed", METRIC_CORE_HARMED},
    {"important_harmed", METRIC_IMPORTANT_HARMED},
    {"data_harmed", METRIC_DATA_HARMED},
    {"personal_harmed", METRIC_PERSONAL_HARMED},
    {"ransomware", METRIC_RANSOMWARE},
    {"notice", METRIC_NOTICE},
    {"pboc_notice", METRIC_PBOC_NOTICE},
    {0},
};

static const struct choice functions[] = {
    {"one", FUNCTIONS_ONE},
    {"all", FUNCTIONS_ALL},
    {0},
};

static const struct choice domains[] = {
    {"pboc", DOMAIN_PBOC},
    {"china", DOMAIN_CHINA},
    {0},
};

static const struct choice scopes[] = {
    {"any", SCOPE_ANY},
    {"special_class", SCOPE_SPECIAL_CLASS},
    {"financial_service", SCOPE_FINANCIAL_SERVICE},
    {"cii", SCOPE_CII},
    {0},
};

// Digits only are a count, anything else a duration.
static bool threshold_parse(const char *text, void *ret)
{
    struct threshold threshold = {0, false};
    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0') {
        threshold.is_duration = true;
        if (!duration_parse(text, &threshold.value)) {
            return false;
        }
    }
    for (size_t i = 0; !threshold.is_duration && text[i] != '\0'; i++) {
        threshold.value = threshold.value * 10 + (text[i] - '0');
        if (threshold.value > COUNT_MAX) {
            return false;
        }
    }
    if (threshold.value <= 0) {
        return false;
    }
    *(struct threshold *)ret = threshold;
    return true;
}

static void threshold_format(const void *value, char *text, size_t size)
{
    const struct threshold *threshold = value;
    char duration[INSTANT_TEXT_MAX];
    if (threshold->is_duration) {
        snprintf(text, size, "%s", duration_format(threshold->value, duration));
    } else {
        snprintf(text, size, "%lld", (long long)threshold->value);
    }
}

static const struct parsed threshold = {
    .size = sizeof(struct threshold),
    .parse = threshold_parse,
    .format = threshold_format,
    .rule = "a duration above zero such as 15min, or a count",
};

static const struct field clause_fields[] = {
    {.name = "id", .type = FIELD_TEXT, FIELD_AT(struct clause, id), .help = "Short, unique"},
    {.name = "article", .type = FIELD_TEXT, FIELD_AT(struct clause, article), .help = "Where"},
    {.name = "phrase",
        .type = FIELD_TEXT,
        FIELD_AT(struct clause, phrase),
        .help = "The words of the rule that the clause stands on"},
    {.name = "grade",
        .type = FIELD_CHOICE,
        FIELD_AT(struct clause, grade),
        .choices = grades,
        .help = "The grade that it gives"},
    {.name = "metric",
        .type = FIELD_CHOICE,
        FIELD_AT(struct clause, metric),
        .choices = metrics,
        .help = "What is measured"},
    {.name = "scope",
        .type = FIELD_CHOICE,
        FIELD_AT(struct clause, scope),
        .choices = scopes,
        .help = "Which networks it concerns"},
    {.name = "functions",
        .type = FIELD_CHOICE,
        FIELD_AT(struct clause, functions),
        .choices = functions,
        .optional = true,
        .help = "How many main functions must be down: one is enough, or all (整体中断 of a CII)"},
    {.name = "provinces",
        .type = FIELD_INTEGER,
        FIELD_AT(struct clause, provinces),
        .optional = true,
        .min = 1,
        .max = 34,
        .help = "At least so many at once"},
    {.name = "in_peak",
        .type = FIELD_BOOLEAN,
        FIELD_AT(struct clause, in_peak),
        .optional = true,
        .help = "Only time inside peak hours counts"},
    {.name = "at_least",
        .type = FIELD_PARSED,
        FIELD_AT(struct clause, written),
        .parsed = &threshold,
        .help = "The threshold, itself included"},
};

const struct schema clause_schema = {.size = sizeof(struct clause),
    .defaults = &(struct clause){.provinces = 1},
    FIELDS(clause_fields)};

#define BOOK_TEXT(key, sentence)                                                                   \
    {                                                                                              \
        .name = #key, .type = FIELD_TEXT, FIELD_AT(struct rulebook, key), .help = sentence         \
    }

static const struct field rulebook_fields[] = {
    BOOK_TEXT(id, "Names the rule book in records"),
    BOOK_TEXT(title, "The rule's name"),
    BOOK_TEXT(regulator, "Whose rule it is"),
    BOOK_TEXT(version, "Of this file; stored with every decision"),
    BOOK_TEXT(effective_from, "Day from which the rule is in force"),
    {.name = "domain",
        .type = FIELD_CHOICE,
        FIELD_AT(struct rulebook, domain),
        .choices = domains,
        .help = "Whose networks it is about: of the PBOC's domain in China, or all in China"},
    {.name = "verified",
        .type = FIELD_BOOLEAN,
        FIELD_AT(struct rulebook, verified),
        .help = "false: it judges nothing, and is told as not covered"},
    {.name = "first_report",
        .type = FIELD_DURATION,
        FIELD_AT(struct rulebook, first_report_ns),
        .optional = true,
        .min = 60 * NS_PER_S,
        .max = 31 * S_PER_DAY * NS_PER_S,
        .help = "From the first 较大 or above to the first report"},
    {.name = "first_report_cii",
        .type = FIELD_DURATION,
        FIELD_AT(struct rulebook, first_report_cii_ns),
        .optional = true,
        .min = 60 * NS_PER_S,
        .max = 31 * S_PER_DAY * NS_PER_S,
        .help = "The same for a network that is a CII"},
    {.name = "omits",
        .type = FIELD_TEXTS,
        FIELD_LIST(struct rulebook, omits, omit_count),
        .optional = true,
        .help = "What of the rule nothing here can show: told beside every clock"},
    BOOK_TEXT(approved_by, "Who approved this standard (art. 6); empty: nobody yet"),
    BOOK_TEXT(approved_on, "The day of the approval"),
    BOOK_TEXT(next_review, "The day by which it is reviewed (yearly)"),
    {.name = "clauses",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct rulebook, clauses, clause_count),
        .schema = &clause_schema,
        .help = "Each gives a grade"},
};

const struct schema rulebook_schema = {.size = sizeof(struct rulebook), FIELDS(rulebook_fields)};

static bool clause_check(struct clause *clauses, size_t at, struct mistakes *mistakes)
{
    struct clause *clause = &clauses[at];
    size_t before = mistakes_count(mistakes);
    if (clause->written.is_duration != metric_is_duration(clause->metric)) {
        mistake_at(mistakes, &clause->written, "at_least of metric %s is a %s",
            metric_names[clause->metric],
            metric_is_duration(clause->metric) ? "duration such as 15min" : "count");
    }
    if (clause->written.is_duration && clause->written.value % NS_PER_MS != 0) {
        mistake_at(mistakes, &clause->written, "at_least is in whole milliseconds");
    }
    if (clause->phrase[0] == '\0') {
        mistake_at(mistakes, &clause->phrase, "phrase quotes the rule; it is not empty");
    }
    for (size_t i = 0; i < at; i++) {
        if (strcmp(clauses[i].id, clause->id) == 0) {
            mistake_at(mistakes, &clause->id, "the id of a clause is unique, and \"%s\" is not",
                clause->id);
        }
    }
    clause->at_least =
        clause->written.is_duration ? clause->written.value / NS_PER_MS : clause->written.value;
    return mistakes_count(mistakes) == before;
}

bool clauses_check(struct clause *clauses, size_t count, struct mistakes *mistakes)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        good &= clause_check(clauses, i, mistakes);
    }
    return good;
}

static bool rulebook_check(struct rulebook *book, struct mistakes *mistakes)
{
    char midnight[64];
    struct instant day;
    bool good = true;
    snprintf(midnight, sizeof(midnight), "%sT00:00:00+08:00", book->effective_from);
    if (strlen(book->effective_from) != strlen("2025-08-01") || !instant_parse(midnight, &day)) {
        mistake_at(mistakes, &book->effective_from,
            "effective_from is a day such as 2025-08-01, not \"%s\"", book->effective_from);
        good = false;
    }
    bool empty = book->clause_count == 0 && book->verified;
    if (empty || book->clause_count > CLAUSES_MAX) {
        mistake_at(mistakes, &book->clauses, "a rule book has 1 to %d clauses, not %zu",
            CLAUSES_MAX, book->clause_count);
        good = false;
    }
    bool has_clock = book->first_report_ns > 0 && book->first_report_cii_ns > 0;
    if (book->verified && !has_clock) {
        mistake_at(mistakes, &book->verified,
            "a rule book that judges has first_report and first_report_cii");
        good = false;
    }
    return clauses_check(book->clauses, book->clause_count, mistakes) && good;
}

struct rulebook *rulebook_read(const char *path, struct mistakes *mistakes)
{
    struct rulebook *book = memory_zeroed(1, sizeof(*book));
    if (!yaml_read(path, &rulebook_schema, book, mistakes) || !rulebook_check(book, mistakes)) {
        rulebook_free(book);
        return NULL;
    }
    book->path = memory_text(path);
    return book;
}

int64_t rulebook_report_ns(const struct rulebook *rulebook, const struct network_settings *network)
{
    return network->cii ? rulebook->first_report_cii_ns : rulebook->first_report_ns;
}

void rulebook_free(struct rulebook *book)
{
    if (book != NULL) {
        free(book->path);
        book->path = NULL;
        yaml_free(&rulebook_schema, book);
    }
    free(book);
}
