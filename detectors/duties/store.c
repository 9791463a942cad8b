// The duties of all incidents, in the order in which they began: nothing is ever taken out, so that
// numbers and sequence numbers go on.
#include "config/memory.h"

#include "detectors/duties/duties_parts.h"

#include <stdlib.h>
#include <string.h>

struct duties *duties_new(const struct settings *settings)
{
    struct duties *duties = memory_zeroed(1, sizeof(*duties));
    duties->settings = settings;
    duties->next_at = INSTANT_NEVER;
    return duties;
}

void duties_free(struct duties *duties)
{
    if (duties != NULL) {
        free(duties->slots);
        free(duties->courses);
        free(duties->ret);
        free(duties);
    }
}

struct slot *slot_of(const struct duties *duties, const char *subject, const char *key)
{
    for (size_t i = 0; i < duties->slot_count; i++) {
        struct slot *slot = &duties->slots[i];
        if (strcmp(slot->duty.key, key) == 0 && strcmp(slot->duty.subject, subject) == 0) {
            return slot;
        }
    }
    return NULL;
}

struct slot *slot_last(const struct duties *duties, const char *subject, enum duty_kind kind)
{
    for (size_t i = duties->slot_count; i-- > 0;) {
        struct slot *slot = &duties->slots[i];
        if (slot->duty.kind == kind && strcmp(slot->duty.subject, subject) == 0) {
            return slot;
        }
    }
    return NULL;
}

bool slot_is_open(const struct slot *slot)
{
    return slot != NULL &&
           (slot->duty.state == DUTY_OPEN || slot->duty.state == DUTY_TO_BE_DECIDED);
}

struct slot *slot_named(const struct duties *duties, const char *subject, const char *name)
{
    struct slot *found = slot_of(duties, subject, name);
    bool exact = found != NULL;
    for (size_t i = 0; !exact && i < duties->slot_count && !slot_is_open(found); i++) {
        struct slot *slot = &duties->slots[i];
        bool same = strcmp(duty_ids[slot->duty.kind], name) == 0 &&
                    strcmp(slot->duty.subject, subject) == 0;
        found = same ? slot : found;
    }
    return found;
}

const struct duty *duty_named(const struct duties *duties, const char *subject, const char *name)
{
    const struct slot *slot = slot_named(duties, subject, name);
    return slot != NULL ? &slot->duty : NULL;
}

void reminders_fill(struct duty *duty)
{
    int64_t time_ns = duty->due_at.ns - duty->starts_at.ns;
    duty->half_at = instant_add(duty->starts_at, time_ns / 2);
    duty->warn_at = instant_add(duty->starts_at, time_ns / 5 * 4);
}

void slot_wait(struct slot *slot, enum duty_event event)
{
    bool begins = slot->waits && slot->duty.event == DUTY_BEGAN;
    slot->duty.event = begins ? DUTY_BEGAN : event;
    slot->waits = true;
}

void slot_reopen(struct slot *slot)
{
    bool lapsed = slot->duty.state == DUTY_LAPSED;
    slot->duty.state =
        slot->duty.provisional && slot->decision == DECISION_NONE ? DUTY_TO_BE_DECIDED : DUTY_OPEN;
    slot->duty.cause = lapsed ? NULL : slot->duty.cause; // else it says what is to be reported
    slot->lapsed_by[0] = '\0';
    slot->duty.overdue = slot->duty.overdue_at_detection;
    slot->half_told = slot->warned_told = slot->overdue_told = false;
    slot->rearmed = true;
    slot_wait(slot, DUTY_CHANGED);
}

struct slot *slot_put(struct duties *duties, const struct duty *duty)
{
    duties->slots = memory_grow(
        duties->slots, duties->slot_count, &duties->slot_capacity, sizeof(*duties->slots));
    struct slot *slot = &duties->slots[duties->slot_count++];
    *slot = (struct slot){.duty = *duty};
    return slot;
}

static const char *number_format(enum duty_kind kind)
{
    return kind == DUTY_PROGRESS ? "O3" : kind == DUTY_IMMEDIATE ? "O4" : "O8";
}

struct slot *slot_add(struct duties *duties, const struct duty *duty, struct instant tick)
{
    const struct slot *last = slot_last(duties, duty->subject, duty->kind);
    uint32_t number = last != NULL ? last->duty.number + 1 : 1;
    struct slot *slot = slot_put(duties, duty);
    slot->duty.number = number;
    if (duty->kind == DUTY_PROGRESS || duty->kind == DUTY_IMMEDIATE || duty->kind == DUTY_REVISED) {
        snprintf(
            slot->duty.key, sizeof(slot->duty.key), "%s/%u", number_format(duty->kind), number);
    }
    slot->duty.known_at = tick;
    slot->duty.overdue_at_detection = slot->duty.overdue = tick.ns > duty->outer_limit_at.ns;
    slot_wait(slot, DUTY_BEGAN);
    duties->next_at = INSTANT_NONE; // look again
    return slot;
}

void slot_lapse(struct slot *slot, const char *cause)
{
    if (slot_is_open(slot)) {
        slot->duty.state = DUTY_LAPSED;
        slot->duty.cause = cause;
        slot_wait(slot, DUTY_MOVED);
    }
}

static const struct incident *incident_of(const struct duties *duties, const char *subject)
{
    for (size_t i = duties->incident_count; i-- > 0;) {
        if (strcmp(duties->incidents[i].id, subject) == 0) {
            return &duties->incidents[i];
        }
    }
    return NULL;
}

void slot_emit(struct duties *duties, struct slot *slot, enum duty_event event, struct instant tick)
{
    slot->waits = false;
    slot->duty.event = event;
    slot->duty.at = tick;
    slot->duty.sequence++;
    slot->duty.incident = incident_of(duties, slot->duty.subject);
    duties->ret =
        memory_grow(duties->ret, duties->ret_count, &duties->ret_capacity, sizeof(*duties->ret));
    duties->ret[duties->ret_count++] = slot->duty;
}
