// The first look at a move, so that who mistypes it hears of it at once: does the incident have
// that duty, is it open, was the report sent that is said to have been received. The run judges
// again, at its tick, with all that it knows.
#include "config/yaml_field.h"

#include "detectors/drafts/drafts.h"

#include "tools/ledger/moves.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct look {
    struct book *book;
    const json_t *incident;
    const struct fact *fact;
    char *error;
    size_t error_size;
};

__attribute__((format(printf, 2, 3))) static bool refuse(
    const struct look *look, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(look->error, look->error_size, format, arguments);
    va_end(arguments);
    return false;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

// The latest fact of a kind about the duty; "" when there is none. What the run has refused does
// not count.
static bool entered(
    const struct look *look, const char *kind, const char *key, char *ret, size_t size)
{
    static const char query[] =
        "SELECT f.json FROM fact_history f WHERE json_extract(f.json, '$.incident') = ?1"
        " AND json_extract(f.json, '$.kind') = ?2"
        " AND (f.taken IS NULL OR json_extract(f.taken, '$.refused') IS NULL)";
    bool found = false;
    sqlite3_stmt *rows = book_query(look->book, query, look->fact->incident, kind);
    ret[0] = '\0';
    while (book_next(look->book, &rows)) {
        json_t *json = json_loads(book_text(rows, 0), 0, NULL);
        if (strcmp(text_of(json, "duty"), look->fact->duty) == 0) {
            found = true;
            snprintf(ret, size, "%s", text_of(json, key));
        }
        json_decref(json);
    }
    return found;
}

// NULL after one sentence.
static json_t *duty_of(const struct look *look)
{
    char names[512];
    json_t *duty = book_duty(look->book, look->fact->incident, look->fact->duty);
    if (duty == NULL) {
        book_duties_name(look->book, look->fact->incident, names, sizeof(names));
        refuse(look, "the incident has no duty '%s'%s%s%s", look->fact->duty,
            strcmp(look->fact->duty, "O6") == 0 ? ", which begins with `ledger promise`" : "",
            names[0] == '\0' ? "" : "; it has ", names);
    }
    return duty;
}

static bool duty_is(const struct look *look, const char *state)
{
    json_t *duty = duty_of(look);
    bool is = duty != NULL && strcmp(text_of(duty, "state"), state) == 0;
    if (duty != NULL && !is) {
        refuse(look, "duty '%s' is %s, not %s", look->fact->duty, text_of(duty, "state"), state);
    }
    json_decref(duty);
    return is;
}

// Art. 18: the duty says by which ways its report may go.
static bool channel_check(const struct look *look, const json_t *duty)
{
    const json_t *ways = json_object_get(duty, "channels");
    const char *channel = choice_name(sent_channels, look->fact->channel);
    char names[128] = "";
    for (size_t i = 0; i < json_array_size(ways); i++) {
        const char *name = json_string_value(json_array_get(ways, i));
        size_t length = strlen(names);
        if (name != NULL && strcmp(name, channel) == 0) {
            return true;
        }
        snprintf(names + length, sizeof(names) - length, "%s%s", i > 0 ? ", " : "",
            name == NULL ? "" : name);
    }
    return ways == NULL || refuse(look, "the report of %s goes by %s, not by %s (art. 18)",
                               look->fact->duty, names[0] == '\0' ? "no channel" : names, channel);
}

static bool sent_check(const struct look *look)
{
    char at[64];
    json_t *duty = duty_of(look);
    if (duty == NULL) {
        return false;
    }
    const char *state = text_of(duty, "state");
    bool open = strcmp(state, "open") == 0 || strcmp(state, "to_be_decided") == 0;
    bool good =
        (open || refuse(look, "duty '%s' is not open: it is %s", look->fact->duty, state)) &&
        channel_check(look, duty);
    if (good && entered(look, "sent", "at", at, sizeof(at))) {
        good = refuse(look, "that report was entered as sent at %s already", at);
    }
    json_decref(duty);
    return good;
}

// Art. 18(1).
static bool received_check(const struct look *look)
{
    char channel[32];
    json_t *duty = duty_of(look);
    bool known = duty != NULL;
    json_decref(duty);
    if (!known) {
        return false;
    }
    if (!entered(look, "sent", "channel", channel, sizeof(channel))) {
        return refuse(
            look, "the report of '%s' was not sent: enter `ledger sent` first", look->fact->duty);
    }
    bool asks = strcmp(channel, "email") == 0 || strcmp(channel, "fax") == 0;
    return !asks || look->fact->confirmed_channel != CHANNEL_NONE ||
           refuse(look,
               "what was sent by %s has been received when a phone call or an instant message "
               "confirmed it (art. 18(1)): --confirmed phone or im",
               channel);
}

static bool refuse_item(const struct look *look)
{
    const char *key = "", *name, *duty = look->fact->duty;
    char names[2048] = "";
    size_t count = drafts_item(SIZE_MAX, &key, &name);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(names);
        drafts_item(i, &key, &name);
        if (drafts_have_item(duty, key)) {
            snprintf(names + length, sizeof(names) - length, "%s%s", length > 0 ? ", " : "", key);
        }
    }
    return refuse(look, "%s%s has an item '%s'; there are %s",
        duty[0] == '\0' ? "no report" : "no report of ", duty, look->fact->item, names);
}

// Another item would stand in no report (arts. 19 to 22).
static bool fill_check(const struct look *look)
{
    json_t *duty = look->fact->duty[0] == '\0' ? NULL : duty_of(look);
    bool good = duty != NULL || look->fact->duty[0] == '\0';
    json_decref(duty);
    return good && (drafts_have_item(look->fact->duty, look->fact->item) || refuse_item(look));
}

static bool left_check(const struct look *look)
{
    const char *state = text_of(look->incident, "state");
    int kind = look->fact->kind;
    bool none = strcmp(state, "false_alarm") == 0 || strcmp(state, "out_of_scope") == 0;
    bool allowed = strcmp(state, "closed") == 0
                       ? kind == FACT_RETURNED
                       : !none || kind == FACT_CLOSE || kind == FACT_REGRADE || kind == FACT_FILL;
    return allowed || refuse(look, "the incident is %s: `ledger %s` is what may follow", state,
                          none ? "close, regrade or fill" : "returned");
}

// Art. 17: every incident that is reported has its summary.
static bool close_check(const struct look *look)
{
    static const char *const closable[] = {
        "summary_filed", "refiled", "false_alarm", "out_of_scope"};
    const char *state = text_of(look->incident, "state");
    bool good = json_integer_value(json_object_get(look->incident, "grade_code")) == 0 ||
                json_object_get(look->incident, "group") != NULL;
    for (size_t i = 0; i < sizeof(closable) / sizeof(closable[0]); i++) {
        good |= strcmp(state, closable[i]) == 0;
    }
    return good ||
           refuse(
               look, "an incident is closed when its summary was sent (art. 17): it is %s", state);
}

static bool ended_check(const struct look *look)
{
    char at[64];
    return !entered(look, "ended", "at", at, sizeof(at)) ||
           refuse(look, "处置结束 was entered already, at %s", at);
}

bool move_check(struct book *book, const json_t *incident, const struct fact *fact, char *error,
    size_t error_size)
{
    struct look look = {book, incident, fact, error, error_size};
    if (!left_check(&look)) {
        return false;
    }
    switch (fact->kind) {
    case FACT_SENT: return sent_check(&look);
    case FACT_RECEIVED: return received_check(&look);
    case FACT_FILL: return fill_check(&look);
    case FACT_ENDED: return ended_check(&look);
    case FACT_DECIDE: return duty_is(&look, "to_be_decided");
    case FACT_CLOSE: return close_check(&look);
    case FACT_CONFIRM:
    case FACT_SPLIT:
        return json_object_get(incident, "group") != NULL ||
               refuse(&look, "the incident stands in no group");
    default: return true;
    }
}
