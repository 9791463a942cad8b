#include "detectors/json.h"
#include "detectors/json_scan.h"
#include "detectors/outages/outages.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 65536
#define PRINT_FLAGS    (JSON_COMPACT | JSON_REAL_PRECISION(15))
#define INTENTS_MAX    1e12
#define LONGEST_DAYS   31 // every second of it is judged
#define EDGE_MOST_MS   60000

// Numbers with decimals are for readers only; nothing is decided on them.
static json_t *loss_json(const struct loss *loss)
{
    return json_pack("{s:f, s:I, s:I, s:I, s:I, s:f, s:f, s:f}", "normal",
        (double)loss->normal_milli / 1000, "demand", loss->demand, "processed", loss->processed,
        "unobserved", loss->unobserved, "failed", loss->failed, "never_arrived",
        (double)loss->never_arrived_milli / 1000, "coverage", (double)loss->coverage_milli / 1000,
        "ratio", (double)loss_ratio_x10000(loss) / 10000);
}

static json_t *end_json(struct instant at)
{
    char text[INSTANT_TEXT_MAX];
    return at.ns == INT64_MAX ? json_null() : json_string(instant_format(at, 3, text));
}

void interruption_print(
    FILE *out, const struct settings *settings, const struct interruption *interruption)
{
    char from[INSTANT_TEXT_MAX], province[4];
    const struct network_settings *network = &settings->networks[interruption->network];
    snprintf(province, sizeof(province), "%02u", interruption->province % PROVINCES);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:b, s:b, s:b, s:o, s:o, s:I, s:I, s:I, "
        "s:I, s:o, s:s}",
        "kind", outage_kind_names[interruption->kind], "network", network->id, "function",
        function_id(&network->functions, interruption->function), "province", province,
        "nationwide", interruption->nationwide, "from", instant_format(interruption->from, 3, from),
        "to", end_json(interruption->to), "ongoing", interruption->ongoing, "suspected",
        interruption->suspected, "undeterminable", interruption->undeterminable, "assumes",
        json_bit_names(interruption->assumes, assumption_names, ASSUMPTIONS), "loss",
        loss_json(&interruption->loss), "in_peak_ms", interruption->in_peak_ms, "unknown_ms",
        interruption->unknown_ns / NS_PER_MS, "edge_before_ms",
        interruption->edge_before_ns / NS_PER_MS, "edge_after_ms",
        interruption->edge_after_ns / NS_PER_MS, "calm_at",
        interruption->kind == OUTAGE_IMPAIRMENT ? end_json(interruption->calm_at) : json_null(),
        "basis", basis_names[interruption->basis]);
    if ((interruption->assumes & ASSUMES_LITERAL) != 0) {
        json_set(json_object_get(json, "loss"), "literal",
            json_real((double)loss_literal_x10000(&interruption->loss) / 10000));
    }
    if (interruption->undeterminable) {
        json_set(json, "usual",
            json_pack("{s:I, s:I, s:b}", "known", interruption->usual.known, "failed",
                interruption->usual.failed, "learned", interruption->usual.learned));
    }
    if (interruption->unit != LABEL_NONE) {
        json_set_text(json, "unit", label_name(&network->units, interruption->unit));
    }
    json_dumpf(json, out, PRINT_FLAGS);
    fputc('\n', out);
    json_decref(json);
}

// The text of a key; "" when it is absent or no text.
static const char *text_of(const struct scan *scan, const char *key)
{
    const char *text = json_string_value(json_object_get(scan->json, key));
    return text == NULL ? "" : text;
}

static bool keys_check(const struct scan *scan)
{
    static const char *const known[] = {"network", "function", "province", "from", "to", "ongoing",
        "suspected", "undeterminable", "loss", "in_peak_ms", "unknown_ms", "basis", "kind",
        "nationwide", "unit", "assumes", "edge_before_ms", "edge_after_ms", "calm_at", "usual"};
    const char *key;
    json_t *value;
    json_object_foreach(scan->json, key, value)
    {
        bool found = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            found |= strcmp(key, known[i]) == 0;
        }
        if (!found) {
            return refuse(scan, "an interruption has no key \"%.60s\"", key);
        }
    }
    return true;
}

static bool network_scan(const struct scan *scan, struct interruption *ret)
{
    const char *id = text_of(scan, "network");
    for (size_t i = 0; i < scan->settings->network_count; i++) {
        if (strcmp(scan->settings->networks[i].id, id) == 0) {
            ret->network = (uint16_t)i;
            return true;
        }
    }
    return refuse(scan, "network is the id of a network in the settings, not \"%.60s\"", id);
}

static bool function_scan(const struct scan *scan, struct interruption *ret)
{
    const char *id = text_of(scan, "function");
    const struct function_table *table = &scan->settings->networks[ret->network].functions;
    for (size_t i = 0; i <= table->function_count; i++) {
        if (strcmp(function_id(table, i), id) == 0) {
            ret->function = (uint16_t)i;
            return true;
        }
    }
    return refuse(scan, "function is the id of a function of network %s, not \"%.60s\"",
        scan->settings->networks[ret->network].id, id);
}

// Absent: of none.
static bool unit_scan(const struct scan *scan, struct interruption *ret)
{
    const char *name = text_of(scan, "unit");
    const struct label_table *units = &scan->settings->networks[ret->network].units;
    if (json_object_get(scan->json, "unit") == NULL) {
        return true;
    }
    for (uint16_t i = 1; i <= units->count; i++) {
        if (strcmp(label_name(units, i), name) == 0) {
            ret->unit = i;
            return ret->kind == OUTAGE_IMPAIRMENT ||
                   refuse(scan, "of a unit there are impairments only");
        }
    }
    return refuse(scan, "unit is the name of a unit of network %s, not \"%.60s\"",
        scan->settings->networks[ret->network].id, name);
}

static bool province_scan(const struct scan *scan, struct interruption *ret)
{
    const char *text = text_of(scan, "province");
    if (strlen(text) == 2 && strspn(text, "0123456789") == 2) {
        int province = (text[0] - '0') * 10 + (text[1] - '0');
        if (province == PROVINCE_UNKNOWN || province == PROVINCE_NATIONAL ||
            scan->settings->regions.province[province]) {
            ret->province = (uint8_t)province;
            return true;
        }
    }
    return refuse(scan, "province is a GB/T 2260 code of two digits or 00, not \"%.60s\"", text);
}

// "interruption" when it is absent.
static bool kind_scan(const struct scan *scan, struct interruption *ret)
{
    const char *text = text_of(scan, "kind");
    if (json_object_get(scan->json, "kind") == NULL) {
        return true;
    }
    for (uint8_t kind = 0; outage_kind_names[kind] != NULL; kind++) {
        if (strcmp(outage_kind_names[kind], text) == 0) {
            ret->kind = kind;
            return true;
        }
    }
    return refuse(scan, "kind is interruption or impairment, not \"%.60s\"", text);
}

static bool assumption_scan(const struct scan *scan, const char *text, uint8_t *ret)
{
    for (unsigned i = 0; text != NULL && i < ASSUMPTIONS; i++) {
        if (strcmp(assumption_names[i], text) == 0) {
            *ret |= (uint8_t)(1u << i);
            return true;
        }
    }
    return refuse(scan,
        "assumes is a list of coverage, literal, silence, codes, external, not of "
        "\"%.60s\"",
        text == NULL ? "" : text);
}

static bool assumes_scan(const struct scan *scan, struct interruption *ret)
{
    json_t *list = json_object_get(scan->json, "assumes");
    bool good = list == NULL || json_is_array(list) || refuse(scan, "assumes is a list of names");
    for (size_t i = 0; good && i < json_array_size(list); i++) {
        good = assumption_scan(scan, json_string_value(json_array_get(list, i)), &ret->assumes);
    }
    return good;
}

static bool boolean_scan(const struct scan *scan, const char *key, bool *ret)
{
    json_t *value = json_object_get(scan->json, key);
    *ret = json_is_true(value);
    return value == NULL || json_is_boolean(value) || refuse(scan, "%s is true or false", key);
}

// To the millisecond, as records are.
static bool instant_scan(const struct scan *scan, const char *key, struct instant *ret)
{
    const char *text = text_of(scan, key);
    return (instant_parse(text, ret) && ret->ns % NS_PER_MS == 0) ||
           refuse(scan, "%s is an RFC 3339 instant to the millisecond, not \"%.60s\"", key, text);
}

static bool calm_scan(const struct scan *scan, struct interruption *ret)
{
    json_t *value = json_object_get(scan->json, "calm_at");
    ret->calm_at = INSTANT_NEVER;
    return value == NULL || json_is_null(value) || instant_scan(scan, "calm_at", &ret->calm_at);
}

static bool times_scan(const struct scan *scan, struct interruption *ret)
{
    json_t *to = json_object_get(scan->json, "to");
    if (!instant_scan(scan, "from", &ret->from)) {
        return false;
    }
    if (ret->from.ns < 0) {
        return refuse(scan, "from lies before 1970: \"%.60s\"", text_of(scan, "from"));
    }
    if (!boolean_scan(scan, "ongoing", &ret->ongoing) ||
        !boolean_scan(scan, "suspected", &ret->suspected) ||
        !boolean_scan(scan, "undeterminable", &ret->undeterminable) ||
        !boolean_scan(scan, "nationwide", &ret->nationwide) || !calm_scan(scan, ret)) {
        return false;
    }
    if (to == NULL || json_is_null(to)) {
        ret->to = INSTANT_NEVER;
        return ret->ongoing || refuse(scan, "without an end (to) an interruption is ongoing");
    }
    if (!instant_scan(scan, "to", &ret->to)) {
        return false;
    }
    if (ret->to.ns <= ret->from.ns) {
        return refuse(scan,
            "an interruption ends after its beginning: to \"%.60s\" is not after from",
            text_of(scan, "to"));
    }
    return ret->to.ns - ret->from.ns <= LONGEST_DAYS * S_PER_DAY * NS_PER_S ||
           refuse(scan, "an interruption is at most %d days long: to \"%.60s\" is later",
               LONGEST_DAYS, text_of(scan, "to"));
}

static bool count_scan(const struct scan *scan, const json_t *object, const char *key,
    int64_t scale, int64_t missing, int64_t *ret)
{
    const json_t *value = json_object_get(object, key);
    double number = json_number_value(value);
    *ret = missing;
    if (value == NULL) {
        return true;
    }
    if (!json_is_number(value) || !(number >= 0 && number <= INTENTS_MAX)) {
        return refuse(scan, "%s is a number of 0 to 10^12", key);
    }
    *ret = json_is_integer(value) ? json_integer_value(value) * scale
                                  : (int64_t)(number * (double)scale + 0.5);
    return true;
}

// Without figures: a total loss of one intent.
static bool loss_scan(const struct scan *scan, struct interruption *ret)
{
    json_t *object = json_object_get(scan->json, "loss");
    struct loss *loss = &ret->loss;
    int64_t unknown_ms, before_ms, after_ms;
    *loss = (struct loss){.demand = 1, .failed = 1, .coverage_milli = 1000};
    if (!count_scan(scan, scan->json, "unknown_ms", 1, 0, &unknown_ms) ||
        !count_scan(scan, scan->json, "edge_before_ms", 1, 0, &before_ms) ||
        !count_scan(scan, scan->json, "edge_after_ms", 1, 0, &after_ms)) {
        return false;
    }
    ret->unknown_ns = unknown_ms * NS_PER_MS;
    if (before_ms > EDGE_MOST_MS || after_ms > EDGE_MOST_MS) {
        return refuse(scan, "an edge is a bucket, at most %d ms", EDGE_MOST_MS);
    }
    ret->edge_before_ns = before_ms * NS_PER_MS;
    ret->edge_after_ns = after_ms * NS_PER_MS;
    if (object == NULL || json_is_null(object)) {
        return true;
    }
    if (!json_is_object(object)) {
        return refuse(scan, "loss is an object of numbers");
    }
    if (!count_scan(scan, object, "normal", 1000, 0, &loss->normal_milli) ||
        !count_scan(scan, object, "demand", 1, 0, &loss->demand) ||
        !count_scan(scan, object, "processed", 1, 0, &loss->processed) ||
        !count_scan(scan, object, "unobserved", 1, 0, &loss->unobserved) ||
        !count_scan(scan, object, "coverage", 1000, 1000, &loss->coverage_milli)) {
        return false;
    }
    loss->failed = loss->demand - loss->processed - loss->unobserved;
    loss->failed = loss->failed < 0 ? 0 : loss->failed;
    loss->never_arrived_milli = loss_total_milli(loss) - loss->demand * 1000;
    return true;
}

// Absent: the settings' share.
static bool usual_scan(const struct scan *scan, struct interruption *ret)
{
    const json_t *object = json_object_get(scan->json, "usual");
    struct usual *usual = &ret->usual;
    *usual = usual_from_settings(&scan->settings->outages);
    if (object == NULL) {
        return true;
    }
    usual->learned = json_is_true(json_object_get(object, "learned"));
    return (json_is_object(object) && count_scan(scan, object, "known", 1, 0, &usual->known) &&
               count_scan(scan, object, "failed", 1, 0, &usual->failed) && usual->known > 0 &&
               usual->known <= USUAL_MOST && usual->failed <= usual->known) ||
           refuse(
               scan, "usual says of how many intents known (1 to %d) how many failed", USUAL_MOST);
}

static bool basis_scan(const struct scan *scan, struct interruption *ret)
{
    const json_t *value = json_object_get(scan->json, "basis");
    const char *text = text_of(scan, "basis");
    ret->basis = BASIS_TABLE;
    for (int basis = 0; value != NULL && basis < BASES; basis++) {
        if (strcmp(text, basis_names[basis]) == 0) {
            ret->basis = (enum basis)basis;
            return true;
        }
    }
    return value == NULL ||
           refuse(scan, "basis is table, median8, yearly or attempts, not \"%.60s\"", text);
}

static bool record_scan(const struct scan *scan, struct interruption *ret)
{
    if (!keys_check(scan) || !kind_scan(scan, ret) || !network_scan(scan, ret) ||
        !function_scan(scan, ret) || !unit_scan(scan, ret) || !province_scan(scan, ret) ||
        !assumes_scan(scan, ret) || !times_scan(scan, ret) || !loss_scan(scan, ret) ||
        !usual_scan(scan, ret) || !basis_scan(scan, ret)) {
        return false;
    }
    if (ret->to.ns != INT64_MAX) {
        const struct network_settings *network = &scan->settings->networks[ret->network];
        ret->in_peak_ms = peak_ns(network, ret->from, ret->to) / NS_PER_MS;
    }
    return true;
}

static bool line_scan(
    const struct scan *context, const char *line, size_t length, struct interruption *ret)
{
    struct scan scan = *context;
    struct interruption found = {0};
    json_error_t why;
    scan.json =
        length > LINE_MAX_BYTES ? NULL : json_loadb(line, length, JSON_REJECT_DUPLICATES, &why);
    if (length > LINE_MAX_BYTES) {
        return refuse(&scan, "a line is at most %d bytes long", LINE_MAX_BYTES);
    }
    if (!json_is_object(scan.json)) {
        json_decref(scan.json);
        return refuse(&scan, "a line is one JSON object, not \"%.60s\"", line);
    }
    bool good = record_scan(&scan, &found);
    json_decref(scan.json);
    if (good) {
        *ret = found;
    }
    return good;
}

// The number of the line that ends here; 0 when the file cannot be read twice (a pipe).
static size_t line_number(FILE *in)
{
    size_t lines = 0;
    off_t end = ftello(in);
    if (end < 0 || fseeko(in, 0, SEEK_SET) != 0) {
        return 0;
    }
    int c = 0;
    for (off_t at = 0; at < end && (c = getc(in)) != EOF; at++) {
        lines += c == '\n';
    }
    return lines + (c != '\n');
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r\n")] == '\0';
}

int interruption_scan(FILE *in, const struct settings *settings, struct interruption *ret,
    char *error, size_t error_size)
{
    char *line = NULL, sentence[400];
    size_t capacity = 0;
    ssize_t length;
    int result = 0;
    do {
        length = getline(&line, &capacity, in);
    } while (length > 0 && is_blank(line) && memchr(line, '\0', (size_t)length) == NULL);
    if (length > 0) {
        struct scan scan = {settings, NULL, sentence, sizeof(sentence)};
        result = line_scan(&scan, line, (size_t)length, ret) ? 1 : -1;
    }
    if (result < 0) {
        size_t number = line_number(in);
        snprintf(error, error_size, "line %zu: %s", number, sentence);
    }
    free(line);
    return result;
}
