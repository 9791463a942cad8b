#include "detectors/incidents/incidents_parts.h"
#include "detectors/json.h"

// As of the interruptions: a value on a topic stays far below 100 KB.
#define PLACES_SHOWN 48

// Whom it concerned, and where: the first places when there are too many to show.
json_t *incident_persons_json(const struct settings *settings, const struct incident *incident)
{
    const struct function_table *functions = &settings->networks[incident->network].functions;
    const struct impact *impact = incident->measured->impact;
    json_t *object = impact_json(impact), *places = json_array();
    for (size_t i = 0; i < impact->place_count && i < PLACES_SHOWN; i++) {
        const struct place_impact *at = &impact->places[i];
        json_t *place = json_object();
        json_set_text(place, "function", function_id(functions, at->function));
        json_set(place, "province", json_sprintf("%02u", at->province));
        json_set_integer(place, "natural", at->natural);
        json_set_integer(place, "legal", at->legal);
        json_array_append_new(places, place);
    }
    json_set_integer(object, "place_count", (int64_t)impact->place_count);
    json_set(object, "places", places);
    return object;
}

// Nothing is interrupted or impaired as a whole, but many are affected.
bool grade_is_of_persons(const struct grade *grade)
{
    return grade != NULL && grade->interruption_count == 0 && grade->impact != NULL;
}
