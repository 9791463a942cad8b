#include "config/yaml_field.h"

#include "detectors/facts/facts.h"
#include "detectors/facts/numbers.h"
#include "detectors/json.h"

#include <stdlib.h>

static void choice_set(json_t *object, const char *key, const struct choice *choices, int value)
{
    json_set_text(object, key, choice_name(choices, value));
}

static void text_set(json_t *object, const char *key, const char *text)
{
    json_set_text(object, key, text[0] == '\0' ? NULL : text);
}

static void date_set(json_t *object, int64_t date)
{
    char text[DATE_TEXT_MAX];
    date_format(&date, text, sizeof(text));
    json_set_text(object, "date", text);
}

static void correct_set(json_t *object, const struct fact *fact)
{
    choice_set(object, "corrects", corrected_kinds, fact->corrects);
    if (fact->withdrawn) {
        json_set_flag(object, "withdrawn", true);
    } else if (fact->corrects == FACT_SENT) {
        choice_set(object, "channel", sent_channels, fact->channel);
    } else if (fact->confirmed_channel != CHANNEL_NONE) {
        choice_set(object, "confirmed_channel", confirm_channels, fact->confirmed_channel);
    }
}

static void move_set(json_t *object, const struct fact *fact)
{
    text_set(object, "duty", fact->duty);
    text_set(object, "recipient", fact->recipient);
    text_set(object, "item", fact->item);
    if (fact->kind == FACT_SENT) {
        choice_set(object, "channel", sent_channels, fact->channel);
    } else if (fact->kind == FACT_RECEIVED && fact->confirmed_channel != CHANNEL_NONE) {
        choice_set(object, "confirmed_channel", confirm_channels, fact->confirmed_channel);
    } else if (fact->kind == FACT_REGRADE) {
        choice_set(object, "grade", regrades, fact->grade);
    } else if (fact->kind == FACT_PROMISE || fact->kind == FACT_RISK_NOTICE) {
        date_set(object, fact->date);
    } else if (fact->kind == FACT_DECIDE) {
        json_set_flag(object, "report", fact->report);
    } else if (fact->kind == FACT_PERSONAL_INFORMATION) {
        json_set_flag(object, "involved", fact->involved);
    } else if (fact->kind == FACT_CORRECT) {
        correct_set(object, fact);
    }
}

static void details_set(json_t *object, const struct fact *fact)
{
    move_set(object, fact);
    if (fact->kind == FACT_LEAK) {
        choice_set(object, "data", data_kinds, fact->data);
        choice_set(object, "harm", data_harms, fact->harm);
        json_set_integer(object, "records", fact->records);
        json_set_flag(object, "possible", fact->possible);
        json_set_flag(object, "social_harm", fact->social_harm);
    } else if (fact->kind == FACT_NOTICE) {
        choice_set(object, "authority", authorities, fact->authority);
        choice_set(object, "channel", channels, fact->channel);
        choice_set(object, "grade", fact_grades, fact->grade);
    } else if (fact->kind == FACT_CANNOT_PROCEED || fact->kind == FACT_MUTE) {
        json_set_instant(object, "until", fact->until);
    }
    text_set(object, "replaces", fact->replaces);
}

json_t *fact_json(const struct settings *settings, const struct fact *fact)
{
    json_t *object = json_object();
    choice_set(object, "kind", fact_kinds, fact->kind);
    json_set_text(object, "network", settings->networks[fact->network].id);
    json_set_instant(object, "at", fact->at);
    json_set_instant(object, "entered_at", fact->entered_at);
    json_set_text(object, "by", fact->by);
    json_set_text(object, "why", fact->why);
    text_set(object, "incident", fact->incident);
    text_set(object, "contact", fact->contact);
    text_set(object, "value", fact->value);
    text_set(object, "incomplete", fact->incomplete);
    details_set(object, fact);
    return object;
}

json_t *fact_shown_json(const struct fact *fact)
{
    char text[FACT_TEXT_MAX];
    json_t *object = json_object();
    json_set_text(object, "id", fact->id);
    choice_set(object, "kind", fact_kinds, fact->kind);
    json_set_instant(object, "at", fact->at);
    details_set(object, fact);
    if (fact->recipient[0] != '\0') {
        char *recipient = numbers_masked(fact->recipient);
        json_set_text(object, "recipient", recipient);
        free(recipient);
    }
    json_set_text(object, "text", fact_chinese(fact, text));
    return object;
}
