// The clocks of all rule books that judge an incident, the earliest first; and, wherever one is
// shown, what they do not cover: the earliest clock that is known here need not be the earliest.
#include "detectors/duties/duties.h"
#include "detectors/json.h"

#include <string.h>

static void clock_add(struct clock *clocks, size_t *count, struct clock clock)
{
    size_t place = *count;
    while (place > 0 && clocks[place - 1].due_at.ns > clock.due_at.ns) {
        place--;
    }
    memmove(&clocks[place + 1], &clocks[place], (*count - place) * sizeof(*clocks));
    clocks[place] = clock;
    *count += 1;
}

static void beside_add(const struct settings *settings, const struct incident *incident,
    const struct beside *beside, struct clock *clocks, size_t *count)
{
    bool firm = beside->met_larger_at.ns != INSTANT_NEVER.ns;
    struct instant starts_at = firm ? beside->met_larger_at : beside->conservative_larger_at;
    int64_t report_ns =
        rulebook_report_ns(beside->rulebook, &settings->networks[incident->network]);
    if (starts_at.ns != INSTANT_NEVER.ns) {
        clock_add(clocks, count,
            (struct clock){beside->rulebook, !firm, starts_at, instant_add(starts_at, report_ns)});
    }
}

size_t duty_clocks(const struct settings *settings, const struct incident *incident,
    struct clock ret[static CLOCKS_MAX])
{
    const struct rulebook *first = incident->measured->rulebook;
    struct duty duty;
    size_t count = 0;
    if (duty_brief(incident, &duty)) {
        clock_add(
            ret, &count, (struct clock){first, duty.provisional, duty.starts_at, duty.due_at});
    }
    if (duty_brief_attention(incident, &duty)) {
        clock_add(ret, &count, (struct clock){first, false, duty.starts_at, duty.due_at});
    }
    for (size_t i = 0; i < incident->beside_count; i++) {
        beside_add(settings, incident, &incident->beside[i], ret, &count);
    }
    return count;
}

static json_t *not_covered_json(const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    json_t *array = json_array();
    for (size_t i = 0; i < grade->not_covered_count; i++) {
        json_t *object = json_object();
        json_set_text(object, "rulebook", grade->not_covered[i]->id);
        json_set_text(object, "regulator", grade->not_covered[i]->regulator);
        json_set_text(object, "title", grade->not_covered[i]->title);
        json_array_append_new(array, object);
    }
    for (size_t i = 0; i < incident->beside_count; i++) {
        const struct rulebook *book = incident->beside[i].rulebook;
        for (size_t j = 0; j < book->omit_count; j++) {
            json_t *object = json_object();
            json_set_text(object, "rulebook", book->id);
            json_set_text(object, "regulator", book->regulator);
            json_set_text(object, "title", book->title);
            json_set_text(object, "omits", book->omits[j]);
            json_array_append_new(array, object);
        }
    }
    return array;
}

void clocks_set(json_t *object, const struct settings *settings, const struct incident *incident)
{
    struct clock clocks[CLOCKS_MAX];
    size_t count = duty_clocks(settings, incident, clocks);
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *clock = json_object();
        json_set_text(clock, "rulebook", clocks[i].rulebook->id);
        json_set_text(clock, "regulator", clocks[i].rulebook->regulator);
        json_set_text(clock, "state", clocks[i].provisional ? "to_be_decided" : "open");
        json_set_instant(clock, "starts_at", clocks[i].starts_at);
        json_set_instant(clock, "due", clocks[i].due_at);
        json_array_append_new(array, clock);
    }
    json_set(object, "clocks", array);
    json_set(object, "not_covered", not_covered_json(incident));
}
