#include "detectors/calls/dues.h"

#include "config/memory.h"

#include <stdlib.h>
#include <string.h>

struct due {
    char subject[INCIDENT_ID_MAX], key[DUTY_KEY_MAX];
    struct instant at;
};

void dues_done(struct dues *dues)
{
    free(dues->dues);
}

static struct due *due_of(const struct dues *dues, const struct duty *duty)
{
    for (size_t i = 0; i < dues->count; i++) {
        struct due *due = &dues->dues[i];
        if (strcmp(due->subject, duty->subject) == 0 && strcmp(due->key, duty->key) == 0) {
            return due;
        }
    }
    return NULL;
}

void dues_keep(struct dues *dues, const struct duty *duty, bool open)
{
    struct due *due = due_of(dues, duty);
    if (!open || duty->due_at.ns == INSTANT_NEVER.ns) {
        if (due != NULL) {
            *due = dues->dues[--dues->count];
        }
        return;
    }
    if (due == NULL) {
        dues->dues = memory_grow(dues->dues, dues->count, &dues->capacity, sizeof(*dues->dues));
        due = &dues->dues[dues->count++];
        memcpy(due->subject, duty->subject, sizeof(due->subject));
        memcpy(due->key, duty->key, sizeof(due->key));
    }
    due->at = duty->due_at;
}

struct instant dues_next(const struct dues *dues, const char *subject)
{
    struct instant next = INSTANT_NEVER;
    for (size_t i = 0; i < dues->count; i++) {
        if (strcmp(dues->dues[i].subject, subject) == 0) {
            next = instant_min(next, dues->dues[i].at);
        }
    }
    return next;
}
