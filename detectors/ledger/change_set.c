#include "detectors/ledger/change_set.h"

#include "config/memory.h"

#include "detectors/json.h"

#include <stdlib.h>

struct change_set *change_set_new(struct instant tick)
{
    struct change_set *changes = memory_zeroed(1, sizeof(*changes));
    changes->tick = tick;
    return changes;
}

void change_set_free(struct change_set *changes)
{
    if (changes == NULL) {
        return;
    }
    for (size_t i = 0; i < changes->count; i++) {
        struct change *change = &changes->changes[i];
        free(change->id);
        free(change->name);
        free(change->key);
        free(change->json);
        free(change->text);
    }
    free(changes->changes);
    free(changes);
}

bool change_set_is_empty(const struct change_set *changes)
{
    return changes->count == 0;
}

void change_set_is_again(struct change_set *changes)
{
    changes->again = true;
}

static void add(struct change_set *changes, enum change_kind kind, uint32_t sequence,
    const char *const texts[static 5])
{
    changes->changes = memory_grow(
        changes->changes, changes->count, &changes->capacity, sizeof(*changes->changes));
    changes->changes[changes->count++] = (struct change){
        .kind = kind,
        .sequence = sequence,
        .id = memory_text(texts[0]),
        .name = memory_text(texts[1]),
        .key = memory_text(texts[2]),
        .json = memory_text(texts[3]),
        .text = memory_text(texts[4]),
    };
}

void change_set_add_incident(struct change_set *changes, const char *id, uint32_t sequence,
    const char *event, const char *json)
{
    add(changes, CHANGE_INCIDENT, sequence, (const char *[]){id, event, NULL, json, NULL});
}

void change_set_add_duty(struct change_set *changes, const char *incident_id, const char *duty,
    uint32_t sequence, const char *json)
{
    add(changes, CHANGE_DUTY, sequence, (const char *[]){incident_id, duty, NULL, json, NULL});
}

void change_set_add_draft(struct change_set *changes, const char *id, const char *incident_id,
    const char *json, const char *text)
{
    add(changes, CHANGE_DRAFT, 0, (const char *[]){id, incident_id, NULL, json, text});
}

void change_set_add_fact(struct change_set *changes, const char *id, const char *json)
{
    add(changes, CHANGE_FACT, 0, (const char *[]){id, NULL, NULL, json, NULL});
}

void change_set_add_fact_taken(struct change_set *changes, const char *id, const char *json)
{
    add(changes, CHANGE_FACT_TAKEN, 0, (const char *[]){id, NULL, NULL, json, NULL});
}

void change_set_add_event(struct change_set *changes, const struct event *event)
{
    add(changes, CHANGE_EVENT, 0,
        (const char *[]){event->id, event->topic, event->key, event->headers, event->value});
}

void change_set_add_note(
    struct change_set *changes, const char *kind, const char *key, json_t *json)
{
    char *text = json_compact(json);
    add(changes, CHANGE_NOTE, 0, (const char *[]){key, kind, NULL, text, NULL});
    free(text);
    json_decref(json);
}
