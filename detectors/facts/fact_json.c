#include "config/yaml_field.h"

#include "detectors/facts/facts.h"
#include "detectors/json.h"

static void choice_set(json_t *object, const char *key, const struct choice *choices, int value)
{
    json_set_text(object, key, choice_name(choices, value));
}

static void details_set(json_t *object, const struct fact *fact)
{
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
    } else if (fact->kind == FACT_CANNOT_PROCEED) {
        json_set_instant(object, "until", fact->until);
    }
    json_set_text(object, "replaces", fact->replaces[0] == '\0' ? NULL : fact->replaces);
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
    json_set_text(object, "incident", fact->incident[0] == '\0' ? NULL : fact->incident);
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
    json_set_text(object, "text", fact_chinese(fact, text));
    return object;
}
