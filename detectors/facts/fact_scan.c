// Facts come from outside: by a file, or by a row that another process has put into the ledger. A
// line is one object, of the keys of its kind and no others, each once; texts are UTF-8 (jansson
// sees to that) without control characters, so that a sentence about them is safe to print.
#include "config/memory.h"
#include "config/yaml_field.h"

#include "detectors/facts/facts.h"
#include "detectors/facts/numbers.h"
#include "detectors/json_scan.h"

#include <sodium.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 16384
#define FACTS_MAX      10000 // of a file: each was typed by a person
#define NUMBER_DIGITS  12    // the shortest card numbers have as many

// NULL when it is absent or no text.
static const char *text_of(const struct scan *scan, const char *key)
{
    return json_string_value(json_object_get(scan->json, key));
}

static bool is_plain(const char *text, bool lines)
{
    for (; *text != '\0'; text++) {
        if (((unsigned char)*text < ' ' && !(lines && *text == '\n')) || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

// A card or account number has no business here: it would stand in the ledger for years.
static bool has_number(const char *text)
{
    size_t digits = 0;
    for (; *text != '\0' && digits < NUMBER_DIGITS; text++) {
        digits = *text >= '0' && *text <= '9' ? digits + 1 : *text == ' ' ? digits : 0;
    }
    return digits == NUMBER_DIGITS;
}

static bool text_take(
    const struct scan *scan, const char *key, bool required, char *ret, size_t size)
{
    const json_t *value = json_object_get(scan->json, key);
    const char *text = json_string_value(value);
    ret[0] = '\0';
    if (value == NULL && !required) {
        return true;
    }
    bool lines = strcmp(key, "value") == 0;
    if (text == NULL || text[0] == '\0' || json_string_length(value) >= size ||
        !is_plain(text, lines)) {
        return refuse(
            scan, "%s is a text of 1 to %zu bytes without control characters", key, size - 1);
    }
    bool is_name = strcmp(key, "incident") == 0 || strcmp(key, "replaces") == 0;
    const char *refusal = is_name || scan->again ? NULL : number_refusal(text);
    if (refusal != NULL) {
        return refuse(scan, "%s %s", key, refusal);
    }
    bool typed = lines || strcmp(key, "why") == 0 || strcmp(key, "incomplete") == 0;
    if (typed && has_number(text)) {
        return refuse(scan,
            "%s holds a number of %d digits or more, such as a card's: leave it out", key,
            NUMBER_DIGITS);
    }
    memcpy(ret, text, strlen(text) + 1);
    json_object_del(scan->json, key);
    return true;
}

static bool choice_take(
    const struct scan *scan, const char *key, const struct choice *choices, int *ret)
{
    const char *text = text_of(scan, key);
    char names[400] = "";
    for (const struct choice *choice = choices; choice->name != NULL; choice++) {
        if (text != NULL && strcmp(choice->name, text) == 0) {
            *ret = choice->value;
            json_object_del(scan->json, key);
            return true;
        }
        size_t length = strlen(names);
        snprintf(
            names + length, sizeof(names) - length, "%s%s", length > 0 ? ", " : "", choice->name);
    }
    return refuse(scan, "%s is one of %s, found \"%.60s\"", key, names, text == NULL ? "" : text);
}

static bool instant_take(
    const struct scan *scan, const char *key, bool required, struct instant *ret)
{
    const char *text = text_of(scan, key);
    if (json_object_get(scan->json, key) == NULL && !required) {
        return true;
    }
    if (text == NULL || !instant_parse(text, ret) || ret->ns % NS_PER_MS != 0) {
        return refuse(scan,
            "%s is an instant to the millisecond such as 2026-03-10T14:00:00+08:00, found "
            "\"%.60s\"",
            key, text == NULL ? "" : text);
    }
    json_object_del(scan->json, key);
    return true;
}

static bool flag_take(const struct scan *scan, const char *key, bool *ret)
{
    const json_t *value = json_object_get(scan->json, key);
    if (value != NULL && !json_is_boolean(value)) {
        return refuse(scan, "%s is true or false", key);
    }
    *ret = json_is_true(value);
    json_object_del(scan->json, key);
    return true;
}

static bool is_id(const char *text)
{
    return strlen(text) == FACT_ID_MAX - 1 && strspn(text, "0123456789abcdef") == FACT_ID_MAX - 1;
}

static bool network_take(const struct scan *scan, struct fact *ret)
{
    const char *id = text_of(scan, "network");
    for (size_t i = 0; id != NULL && i < scan->settings->network_count; i++) {
        if (strcmp(scan->settings->networks[i].id, id) == 0) {
            ret->network = (uint16_t)i;
            json_object_del(scan->json, "network");
            return true;
        }
    }
    return refuse(scan, "the settings have no network \"%.60s\"", id == NULL ? "" : id);
}

static bool ids_take(const struct scan *scan, struct fact *ret)
{
    if (!text_take(scan, "incident", false, ret->incident, sizeof(ret->incident)) ||
        !text_take(scan, "replaces", false, ret->replaces, sizeof(ret->replaces))) {
        return false;
    }
    if (ret->incident[0] != '\0' && strcmp(ret->incident, FACT_NEW) != 0 && !is_id(ret->incident)) {
        return refuse(
            scan, "incident is 32 hex digits, or \"%s\", found \"%s\"", FACT_NEW, ret->incident);
    }
    return ret->replaces[0] == '\0' || is_id(ret->replaces) ||
           refuse(scan, "replaces is 32 hex digits, found \"%s\"", ret->replaces);
}

static bool leak_take(const struct scan *scan, struct fact *ret)
{
    const json_t *records = json_object_get(scan->json, "records");
    ret->records = json_integer_value(records);
    if (!choice_take(scan, "data", data_kinds, &ret->data) ||
        !choice_take(scan, "harm", data_harms, &ret->harm) ||
        !flag_take(scan, "possible", &ret->possible) ||
        !flag_take(scan, "social_harm", &ret->social_harm)) {
        return false;
    }
    if (ret->records < 1 || ret->records > FACT_COUNT_MAX) {
        return refuse(scan, "records is a number of 1 to %lld", FACT_COUNT_MAX);
    }
    json_object_del(scan->json, "records");
    return true;
}

static bool date_take(const struct scan *scan, struct fact *ret)
{
    const char *text = text_of(scan, "date");
    if (text == NULL || !date_parse(text, &ret->date)) {
        return refuse(
            scan, "date is a day such as 2026-03-24, found \"%.60s\"", text == NULL ? "" : text);
    }
    json_object_del(scan->json, "date");
    return true;
}

// "O1" to "O10", with what tells apart those of one kind: "O1-15(2)", "O3/2".
static bool duty_take(const struct scan *scan, bool required, struct fact *ret)
{
    if (!text_take(scan, "duty", required, ret->duty, sizeof(ret->duty))) {
        return false;
    }
    const char *digits = ret->duty + 1;
    bool good = ret->duty[0] == 'O' && digits[0] >= '1' && digits[0] <= '9' &&
                strspn(digits, "0123456789/-()") == strlen(digits);
    return good || ret->duty[0] == '\0' ||
           refuse(scan, "duty is one of O1 to O10 such as \"O3/2\", found \"%s\"", ret->duty);
}

static bool yes_no_take(const struct scan *scan, const char *key, bool *ret)
{
    return json_object_get(scan->json, key) == NULL ? refuse(scan, "%s is true or false", key)
                                                    : flag_take(scan, key, ret);
}

static bool fill_take(const struct scan *scan, struct fact *ret)
{
    if (!duty_take(scan, false, ret) ||
        !text_take(scan, "item", true, ret->item, sizeof(ret->item)) ||
        !text_take(scan, "value", true, ret->value, sizeof(ret->value))) {
        return false;
    }
    return strspn(ret->item, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(ret->item) ||
           refuse(
               scan, "item is a name of lower case letters, digits and _, found \"%s\"", ret->item);
}

static bool received_take(const struct scan *scan, struct fact *ret)
{
    return duty_take(scan, true, ret) &&
           text_take(scan, "contact", true, ret->contact, sizeof(ret->contact)) &&
           (json_object_get(scan->json, "confirmed_channel") == NULL ||
               choice_take(scan, "confirmed_channel", confirm_channels, &ret->confirmed_channel));
}

static bool sent_take(const struct scan *scan, struct fact *ret)
{
    return duty_take(scan, true, ret) &&
           choice_take(scan, "channel", sent_channels, &ret->channel) &&
           text_take(scan, "recipient", true, ret->recipient, sizeof(ret->recipient)) &&
           text_take(scan, "incomplete", false, ret->incomplete, sizeof(ret->incomplete));
}

// With all that the entry should have said; what did not happen says nothing.
static bool correct_take(const struct scan *scan, struct fact *ret)
{
    if (!choice_take(scan, "corrects", corrected_kinds, &ret->corrects) ||
        !flag_take(scan, "withdrawn", &ret->withdrawn)) {
        return false;
    }
    if (ret->replaces[0] == '\0') {
        return refuse(scan, "a correction names the entry that was wrong: replaces");
    }
    return ret->withdrawn               ? duty_take(scan, true, ret)
           : ret->corrects == FACT_SENT ? sent_take(scan, ret)
                                        : received_take(scan, ret);
}

// What a move must name: an incident, but for a risk notice, which stands for itself.
static bool move_names(const struct scan *scan, const struct fact *fact)
{
    bool named = fact->incident[0] != '\0' && strcmp(fact->incident, FACT_NEW) != 0;
    if (fact->kind == FACT_RISK_NOTICE) {
        return fact->incident[0] == '\0' || refuse(scan, "a risk notice names no incident");
    }
    return named || refuse(scan, "a fact of kind %s names its incident: 32 hex digits",
                        choice_name(fact_kinds, fact->kind));
}

static bool move_take(const struct scan *scan, struct fact *ret)
{
    if (!move_names(scan, ret)) {
        return false;
    }
    switch (ret->kind) {
    case FACT_SENT: return sent_take(scan, ret);
    case FACT_CORRECT: return correct_take(scan, ret);
    case FACT_CLOSE:
        return text_take(scan, "incomplete", false, ret->incomplete, sizeof(ret->incomplete));
    case FACT_RECEIVED: return received_take(scan, ret);
    case FACT_FILL: return fill_take(scan, ret);
    case FACT_DECIDE:
        return duty_take(scan, true, ret) && yes_no_take(scan, "report", &ret->report);
    case FACT_REGRADE: return choice_take(scan, "grade", regrades, &ret->grade);
    case FACT_PROMISE:
    case FACT_RISK_NOTICE: return date_take(scan, ret);
    case FACT_PERSONAL_INFORMATION: return yes_no_take(scan, "involved", &ret->involved);
    default: return true;
    }
}

static bool details_take(const struct scan *scan, struct fact *ret)
{
    if (ret->kind == FACT_LEAK) {
        return leak_take(scan, ret);
    }
    if (ret->kind == FACT_NOTICE) {
        return choice_take(scan, "authority", authorities, &ret->authority) &&
               choice_take(scan, "channel", channels, &ret->channel) &&
               choice_take(scan, "grade", fact_grades, &ret->grade);
    }
    if (fact_is_move(ret)) {
        return move_take(scan, ret);
    }
    ret->until = INSTANT_NEVER;
    bool takes = ret->kind == FACT_CANNOT_PROCEED || ret->kind == FACT_MUTE;
    return !takes || instant_take(scan, "until", ret->kind == FACT_MUTE, &ret->until);
}

static bool until_check(const struct scan *scan, const struct fact *fact)
{
    if ((fact->kind == FACT_CANNOT_PROCEED || fact->kind == FACT_MUTE) &&
        fact->until.ns <= fact->at.ns) {
        return refuse(scan, "until is not after at");
    }
    return fact->kind != FACT_MUTE || fact->until.ns - fact->at.ns <= S_PER_DAY * NS_PER_S ||
           refuse(scan, "nobody is left uncalled for more than a day");
}

static bool times_take(const struct scan *scan, struct fact *ret)
{
    if (!instant_take(scan, "at", true, &ret->at)) {
        return false;
    }
    ret->entered_at = ret->at;
    if (!instant_take(scan, "entered_at", false, &ret->entered_at)) {
        return false;
    }
    return ret->entered_at.ns >= ret->at.ns ||
           refuse(scan, "at lies behind entered_at: nobody enters what has not happened");
}

static bool record_take(const struct scan *scan, struct fact *ret)
{
    if (!choice_take(scan, "kind", fact_kinds, &ret->kind) || !network_take(scan, ret) ||
        !times_take(scan, ret) || !text_take(scan, "by", true, ret->by, sizeof(ret->by)) ||
        !text_take(scan, "why", true, ret->why, sizeof(ret->why)) || !ids_take(scan, ret) ||
        !details_take(scan, ret)) {
        return false;
    }
    if (!until_check(scan, ret)) {
        return false;
    }
    void *left = json_object_iter(scan->json);
    return left == NULL || refuse(scan, "a fact of kind %s has no key \"%.60s\"",
                               choice_name(fact_kinds, ret->kind), json_object_iter_key(left));
}

static void id_make(const struct settings *settings, struct fact *fact)
{
    uint8_t hash[(FACT_ID_MAX - 1) / 2];
    json_t *json = fact_json(settings, fact);
    char *text = json_dumps(json, JSON_COMPACT);
    if (text == NULL) {
        abort(); // out of memory
    }
    crypto_generichash(hash, sizeof(hash), (const uint8_t *)text, strlen(text), NULL, 0);
    sodium_bin2hex(fact->id, sizeof(fact->id), hash, sizeof(hash));
    free(text);
    json_decref(json);
}

static bool line_read(const struct settings *settings, bool again, const char *line, size_t length,
    struct fact *ret, char *error, size_t error_size)
{
    struct scan scan = {settings, NULL, error, error_size, again};
    struct fact fact = {.until = INSTANT_NEVER};
    json_error_t why;
    if (length > LINE_BYTES_MAX) {
        return refuse(&scan, "a fact is at most %d bytes long", LINE_BYTES_MAX);
    }
    scan.json = json_loadb(line, length, JSON_REJECT_DUPLICATES, &why);
    bool good = json_is_object(scan.json)
                    ? record_take(&scan, &fact)
                    : refuse(&scan, "a fact is one JSON object, not \"%.60s\"", line);
    json_decref(scan.json);
    if (good) {
        id_make(settings, &fact);
        *ret = fact;
    }
    return good;
}

bool fact_read(const char *text, const struct settings *settings, struct fact *ret, char *error,
    size_t error_size)
{
    return line_read(settings, false, text, strlen(text), ret, error, error_size);
}

bool fact_read_again(const char *text, const struct settings *settings, struct fact *ret,
    char *error, size_t error_size)
{
    return line_read(settings, true, text, strlen(text), ret, error, error_size);
}

int fact_scan(FILE *in, const struct settings *settings, size_t *line, struct fact *ret,
    char *error, size_t error_size)
{
    char *text = NULL, sentence[512];
    size_t capacity = 0;
    ssize_t length;
    int result = 0;
    do {
        length = getline(&text, &capacity, in);
        *line += length > 0;
    } while (length > 0 && text[strspn(text, " \t\r\n")] == '\0' &&
             memchr(text, '\0', (size_t)length) == NULL);
    if (length > 0) {
        bool good =
            line_read(settings, false, text, (size_t)length, ret, sentence, sizeof(sentence));
        result = good ? 1 : -1;
    }
    if (result < 0) {
        snprintf(error, error_size, "line %zu: %s", *line, sentence);
    }
    free(text);
    return result;
}

// By when it was entered; what was entered at once stays in the file's order.
static int entered_compare(const void *left, const void *right)
{
    const struct fact *a = left, *b = right;
    return (a->entered_at.ns > b->entered_at.ns) - (a->entered_at.ns < b->entered_at.ns);
}

static void insert_sorted(struct fact *facts, size_t count)
{
    for (size_t i = count; i-- > 1 && entered_compare(&facts[i - 1], &facts[i]) > 0;) {
        struct fact fact = facts[i];
        facts[i] = facts[i - 1];
        facts[i - 1] = fact;
    }
}

struct fact *facts_load(const char *path, const struct settings *settings, size_t *ret_count,
    char *error, size_t error_size)
{
    struct fact *facts = NULL, fact;
    size_t count = 0, capacity = 0, line = 0;
    int got = -1;
    FILE *in = fopen(path, "re");
    if (in == NULL) {
        snprintf(error, error_size, "%s", strerror(errno));
        return NULL;
    }
    while ((got = fact_scan(in, settings, &line, &fact, error, error_size)) > 0) {
        if (count == FACTS_MAX) {
            snprintf(error, error_size, "line %zu: more than %d facts", line, FACTS_MAX);
            got = -1;
            break;
        }
        facts = memory_grow(facts, count, &capacity, sizeof(*facts));
        facts[count++] = fact;
        insert_sorted(facts, count);
    }
    fclose(in);
    if (got < 0) {
        free(facts);
        return NULL;
    }
    *ret_count = count;
    return facts == NULL ? memory_zeroed(1, sizeof(*facts)) : facts;
}
