#include "detectors/drafts/brief.h"
#include "detectors/json.h"

static const char *const item_state_names[] = {"filled", "confirm", "missing"};

static json_t *items_json(const struct item *items)
{
    json_t *array = json_array();
    for (size_t i = 0; i < BRIEF_ITEMS; i++) {
        json_t *object = json_object();
        json_set_text(object, "item", items[i].name);
        json_set_text(object, "key", items[i].key);
        json_set_text(object, "value", items[i].value);
        json_set_text(object, "article", "第十九条第一款");
        json_set_text(object, "filled_by", items[i].filled_by);
        json_set_text(object, "state", item_state_names[items[i].state]);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *names_json(const struct item *items, enum item_state state)
{
    json_t *array = json_array();
    for (size_t i = 0; i < BRIEF_ITEMS; i++) {
        if (items[i].state == state) {
            json_array_append_new(array, json_string(items[i].name));
        }
    }
    return array;
}

static json_t *basis_json(const struct settings *settings, const struct incident *incident)
{
    struct basis_texts basis = brief_basis(settings, incident);
    json_t *array = json_array();
    for (size_t i = 0; basis.texts[i] != NULL; i++) {
        json_array_append_new(array, json_string(basis.texts[i]));
    }
    return array;
}

json_t *brief_json(const struct settings *settings, const char *id, const struct duty *duty)
{
    const struct incident *incident = duty->incident;
    struct item items[BRIEF_ITEMS];
    json_t *object = json_object();
    brief_items(settings, duty, items);
    json_set_text(object, "schema", "1");
    json_set_text(object, "draft", id);
    json_set_text(object, "kind", duty_names_chinese[duty->kind]);
    json_set_text(object, "banner", BRIEF_BANNER);
    if (brief_is_secret(settings, incident)) {
        json_set_text(object, "secrecy", BRIEF_SECRET);
    }
    json_set_flag(object, "provisional", duty->provisional);
    json_set_instant(object, "as_of", incident->at);
    json_set(object, "items", items_json(items));
    json_set(object, "to_fill", names_json(items, ITEM_MISSING));
    json_set(object, "to_confirm", names_json(items, ITEM_CONFIRM));
    json_set(object, "basis", basis_json(settings, incident));
    json_set(object, "duty", duty_json(settings, duty));
    clocks_set(object, settings, incident);
    json_set(object, "facts", incident_json(settings, incident));
    return object;
}
