// What an earlier process told of an incident's duties, where the journal now says something else:
// told is told. A duty stands as its newest record says, its numbers go on, and nothing is reminded
// of twice. What nobody has told yet begins anew.
#include "config/memory.h"
#include "config/yaml_field.h"

#include "detectors/duties/duties_parts.h"

#include <stdlib.h>
#include <string.h>

static void slots_forget(struct duties *duties, const char *subject, struct instant tick)
{
    for (size_t i = 0; i < duties->slot_count; i++) {
        struct slot *slot = &duties->slots[i];
        if (strcmp(slot->duty.subject, subject) != 0) {
            continue;
        }
        slot->duty.sequence = 0;
        slot->duty.known_at = tick;
        slot->duty.overdue = slot->duty.overdue_at_detection =
            slot_is_open(slot) && tick.ns > slot->duty.outer_limit_at.ns;
        slot->half_told = slot->warned_told = slot->overdue_told = false;
        slot->duty.event = DUTY_BEGAN;
        slot->waits = slot_is_open(slot);
    }
    duties->next_at = INSTANT_NONE;
}

void duties_forget_notice(struct duties *duties, const char *notice, struct instant tick)
{
    slots_forget(duties, notice, tick);
}

void duties_forget_told(
    struct duties *duties, const struct incident *incident, const json_t *told, struct instant tick)
{
    struct course *course = course_of(duties, incident->id);
    const json_t *group = json_object_get(told, "group");
    course->grade = (int)json_integer_value(
        json_object_get(json_is_object(group) ? group : told, "grade_code"));
    course->recovered = json_is_string(json_object_get(told, "ended_at"));
    slots_forget(duties, incident->id, tick);
}

// DUTY_KINDS: no duty is called so.
static enum duty_kind kind_of_key(const char *key)
{
    int kind = 0;
    for (; kind < DUTY_KINDS; kind++) {
        const char *first = duty_first_key((enum duty_kind)kind), *slash = strchr(first, '/');
        if (slash != NULL ? strncmp(first, key, (size_t)(slash - first) + 1) == 0
                          : strcmp(first, key) == 0) {
            break;
        }
    }
    return (enum duty_kind)kind;
}

static int name_index(const json_t *told, const char *key, const char *const *names, int count)
{
    const char *name = json_string_value(json_object_get(told, key));
    int i = 0;
    while (name != NULL && i < count && strcmp(names[i], name) != 0) {
        i++;
    }
    return name == NULL ? count : i;
}

// A notice has no incident that would say its network. False: the settings have it no more.
static bool network_take(const struct settings *settings, const json_t *told, uint16_t *ret)
{
    const char *id = json_string_value(json_object_get(told, "network"));
    for (size_t i = 0; id != NULL && i < settings->network_count; i++) {
        if (strcmp(settings->networks[i].id, id) == 0) {
            *ret = (uint16_t)i;
            return true;
        }
    }
    return false;
}

// NULL: of a network that is gone.
static struct slot *slot_told(struct duties *duties, const struct incident *incident,
    const json_t *told, const char *key, enum duty_kind kind)
{
    struct duty duty = duty_blank(kind, incident);
    const char *notice = json_string_value(json_object_get(told, "notice"));
    const char *subject = incident != NULL ? incident->id : notice != NULL ? notice : "";
    snprintf(duty.subject, sizeof(duty.subject), "%s", subject);
    struct slot *slot = slot_of(duties, subject, key);
    if (slot != NULL) {
        return slot;
    }
    if (incident == NULL && !network_take(duties->settings, told, &duty.network)) {
        return NULL;
    }
    slot = slot_put(duties, &duty);
    snprintf(slot->duty.key, sizeof(slot->duty.key), "%s", key);
    const char *slash = strchr(key, '/');
    slot->duty.number = slash != NULL ? (uint32_t)strtoul(slash + 1, NULL, 10) : 1;
    return slot;
}

static void instants_take(struct duty *duty, const json_t *told)
{
    const struct {
        const char *key;
        struct instant *at;
    } instants[] = {{"starts_at", &duty->starts_at}, {"due", &duty->due_at},
        {"outer_limit", &duty->outer_limit_at}, {"half_at", &duty->half_at},
        {"warn_at", &duty->warn_at}, {"sent_at", &duty->sent_at},
        {"received_at", &duty->received_at}, {"in_principle_by", &duty->principle_at},
        {"keep_until", &duty->keep_until}, {"known_at", &duty->known_at},
        {"earliest_due", &duty->earliest_due_at}};
    for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
        const char *text = json_string_value(json_object_get(told, instants[i].key));
        struct instant at;
        bool read = text != NULL && instant_parse(text, &at);
        // Messages tell milliseconds: what is the same to them stays exact.
        if (!read || at.ns / NS_PER_MS != instants[i].at->ns / NS_PER_MS) {
            *instants[i].at = read ? at : INSTANT_NEVER;
        }
    }
}

static void entry_take(char ret[static FACT_ID_MAX], const json_t *told, const char *key)
{
    const char *entry = json_string_value(json_object_get(told, key));
    snprintf(ret, FACT_ID_MAX, "%s", entry != NULL ? entry : "");
}

static void record_take(struct slot *slot, const json_t *told, enum duty_event event)
{
    struct duty *duty = &slot->duty;
    const char *promised = json_string_value(json_object_get(told, "promised"));
    const char *channel = json_string_value(json_object_get(told, "channel"));
    instants_take(duty, told);
    entry_take(duty->sent_entry, told, "sent_entry");
    entry_take(duty->received_entry, told, "received_entry");
    duty->incomplete = json_is_true(json_object_get(told, "incomplete"));
    duty->event = event;
    duty->overdue = json_is_true(json_object_get(told, "overdue"));
    duty->overdue_at_detection = json_is_true(json_object_get(told, "overdue_at_detection"));
    duty->calendar_missing = json_is_true(json_object_get(told, "calendar_missing"));
    duty->provisional = duty->state == DUTY_TO_BE_DECIDED || duty->state == DUTY_NOT_REPORTED;
    snprintf(duty->promised, sizeof(duty->promised), "%s", promised != NULL ? promised : "");
    duty->channel = CHANNEL_NONE;
    for (const struct choice *one = sent_channels; channel != NULL && one->name != NULL; one++) {
        duty->channel = strcmp(one->name, channel) == 0 ? one->value : duty->channel;
    }
    slot->decision = duty->state == DUTY_NOT_REPORTED    ? DECISION_NOT
                     : duty->state == DUTY_TO_BE_DECIDED ? DECISION_NONE
                                                         : DECISION_REPORT;
    slot->grades = slot->conservative_grade = 0; // what it was about: told anew where it is open
    slot->half_told |= event == DUTY_HALF || duty->known_at.ns >= duty->half_at.ns;
    slot->warned_told |= event == DUTY_WARNED || duty->known_at.ns >= duty->warn_at.ns;
    slot->overdue_told = duty->overdue;
    slot->waits = false;
}

void duties_take_told(struct duties *duties, const struct incident *incident, const json_t *told)
{
    const char *key = json_string_value(json_object_get(told, "key"));
    json_int_t sequence = json_integer_value(json_object_get(told, "sequence"));
    int state = name_index(told, "state", duty_state_names, DUTY_STATES);
    int event = name_index(told, "event", duty_event_names, DUTY_EVENTS);
    enum duty_kind kind = key != NULL ? kind_of_key(key) : DUTY_KINDS;
    if (kind == DUTY_KINDS || strlen(key) >= DUTY_KEY_MAX || state == DUTY_STATES ||
        event == DUTY_EVENTS || sequence < 1 || sequence >= UINT32_MAX) {
        return; // of a later version
    }
    struct slot *slot = slot_told(duties, incident, told, key, kind);
    if (slot == NULL) {
        return;
    }
    if (event == DUTY_BEGAN || event == DUTY_CHANGED) {
        slot->half_told = slot->warned_told = false;
    }
    slot->duty.sequence = (uint32_t)sequence;
    slot->duty.state = (enum duty_state)state;
    record_take(slot, told, (enum duty_event)event);
}

const struct duty *duties_get(const struct duties *duties, const char *subject, const char *key)
{
    const struct slot *slot = slot_of(duties, subject, key);
    return slot != NULL ? &slot->duty : NULL;
}
