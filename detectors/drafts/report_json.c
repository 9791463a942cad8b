// A report as JSON: every item with who fills it, by which article, and what is missing.
#include "detectors/drafts/report.h"
#include "detectors/json.h"

#include <stdlib.h>

static const char *const item_state_names[] = {"filled", "confirm", "missing", "as_needed"};

static json_t *items_json(const struct report *report, bool shown)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->item_count; i++) {
        const struct item *item = &report->items[i];
        char *value = shown ? shown_text(item) : NULL;
        json_t *object = json_object();
        json_set_text(object, "item", item->name);
        json_set_text(object, "key", item->key);
        json_set_text(object, "value", shown ? value : item->value);
        if (!shown) {
            json_set_text(object, "machine", item->machine);
        }
        free(value);
        json_set_text(object, "article", item->article);
        json_set_text(object, "filled_by", item->filled_by);
        json_set_text(object, "state", item_state_names[item->state]);
        json_array_append_new(array, object);
    }
    return array;
}

// Of the items in a state: their names for people, or their keys for commands.
static json_t *list_json(const struct report *report, enum item_state state, bool keys)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->item_count; i++) {
        const struct item *item = &report->items[i];
        if (item->state == state) {
            json_array_append_new(array, json_string(keys ? item->key : item->name));
        }
    }
    return array;
}

static json_t *basis_json(const struct report *report)
{
    struct basis_texts basis = report_basis(report->settings, report->duty->incident);
    json_t *array = json_array();
    for (size_t i = 0; basis.texts[i] != NULL; i++) {
        json_array_append_new(array, json_string(basis.texts[i]));
    }
    return array;
}

// What a notice and its duty are; the words of the notice itself stand in the ledger.
static json_t *notice_json(const struct report *report)
{
    const struct fact *notice = report->notice->fact;
    const struct network_settings *network = &report->settings->networks[notice->network];
    json_t *object = json_object();
    json_set_text(object, "notice", notice->id);
    json_set_text(object, "network", network->id);
    json_set_text(object, "network_name", network->name);
    json_set_instant(object, "received_at", notice->at);
    return object;
}

json_t *report_json(const struct report *report, bool shown)
{
    const struct settings *settings = report->settings;
    const struct incident *incident = report->duty->incident;
    json_t *object = json_object(), *missing = list_json(report, ITEM_MISSING, true);
    json_set_text(object, "schema", "1");
    json_set_text(object, "draft", report->id);
    json_set_text(object, "report", report_names[report->kind]);
    json_set_text(object, "kind", duty_names_chinese[report->duty->kind]);
    json_set_text(object, "banner", REPORT_BANNER);
    if (report_is_secret(report)) {
        json_set_text(object, "secrecy", REPORT_SECRET);
    }
    json_set_flag(object, "provisional", report->duty->state == DUTY_TO_BE_DECIDED);
    json_set_instant(object, "as_of", report->at);
    json_set(object, "items", items_json(report, shown));
    json_set_flag(object, "complete", json_array_size(missing) == 0);
    json_set(object, "missing", missing);
    json_set(object, "to_fill", list_json(report, ITEM_MISSING, false));
    json_set(object, "to_confirm", list_json(report, ITEM_CONFIRM, false));
    json_set(object, "duty", duty_json(settings, report->duty));
    if (incident != NULL) {
        json_set(object, "basis", basis_json(report));
        clocks_set(object, settings, incident);
        json_set(object, "facts", incident_json(settings, incident));
    } else {
        json_set(object, "basis", json_array());
        json_set(object, "notice", notice_json(report));
    }
    return object;
}
