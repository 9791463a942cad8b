#include "detectors/json.h"
#include "detectors/persons/parts.h"

static json_t *head_count_json(const struct head_count *count)
{
    return json_pack(
        "{s:I, s:I, s:I}", "low", count->low, "best", count->best, "high", count->high);
}

static json_t *classes_json(const int64_t counts[static PERSON_CLASSES])
{
    return json_pack("{s:I, s:I}", "natural", counts[CLASS_NATURAL], "legal", counts[CLASS_LEGAL]);
}

json_t *impact_json(const struct impact *impact)
{
    json_t *json =
        json_pack("{s:o, s:o}", "natural", head_count_json(&impact->by_class[CLASS_NATURAL]),
            "legal", head_count_json(&impact->by_class[CLASS_LEGAL]));
    json_t *seen = json_object();
    for (size_t k = 0; k < AFFECTED_KINDS; k++) {
        json_object_set_new(seen, affected_kind_names[k], json_integer(impact->seen[k]));
    }
    json_object_set_new(json, "seen", seen);
    json_object_set_new(json, "estimated", json_integer(impact->estimated));
    json_object_set_new(json, "never_succeeded",
        impact->never_succeeded < 0 ? json_null() : json_integer(impact->never_succeeded));
    json_object_set_new(json, "intents",
        json_pack("{s:I, s:I, s:I, s:I, s:I}", "affected", impact->intents, "unnamed",
            impact->unnamed_intents, "never_arrived", impact->missing_intents, "lost_unseen",
            impact->lost_intents, "doubtful", impact->doubtful_intents));
    json_object_set_new(json, "not_counted",
        json_pack("{s:o, s:o}", "external", classes_json(impact->external), "planned",
            classes_json(impact->planned)));
    json_object_set_new(json, "flags",
        json_pack("{s:b, s:b, s:b}", "sketched", impact->sketched, "without_basis",
            impact->without_basis, "evicted", impact->evicted));
    return json;
}
