// Where a journal that is judged again says something else than what was told: other settings, a
// rule book or a program that changed, a journal that was trimmed.
//
// Told is told. From the first record of an incident that differs from the ledger's under the same
// key, nothing that is judged again of this incident is told: neither in the ledger nor as a
// message. Once the journal has been judged, its numbers, duties and versions of drafts are taken
// from the ledger, exactly: no number is given twice or left out. What stands beyond what was told
// (a higher grade, an end, a duty that nobody knows of) is told at the next tick, as an event of
// its own, so that nothing is missing that somebody has to act upon.
//
// Drafts alone do not count: other templates write another text under the same number, and the one
// that was written stays.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/json.h"
#include "detectors/pipeline_parts.h"

#include <stdlib.h>
#include <string.h>

enum told_kind { TOLD_INCIDENT, TOLD_DUTY, TOLD_DRAFT };

// What the ledger had not, and is told while the journal is judged: perhaps not on disk yet.
struct told_now {
    enum told_kind kind;
    char incident[INCIDENT_ID_MAX];
    char *text; // as the ledger gives it
};

struct retell {
    struct pipeline *pipeline;
    struct ledger_lookup **lookups; // of each institution's ledger
    size_t lookup_count;
    char (*others)[INCIDENT_ID_MAX]; // incidents of which the journal says something else
    size_t count, capacity;
    struct told_now *told;
    size_t told_count, told_capacity;
    const char *subject;             // that is settled: an incident, or a risk notice
    const struct incident *incident; // NULL: of a notice
    struct instant next;
    bool told_more; // of its duties
};

void retell_begin(struct pipeline *pipeline)
{
    char error[512];
    struct retell *retell = memory_zeroed(1, sizeof(*retell));
    retell->pipeline = pipeline;
    retell->lookups = memory_zeroed(pipeline->partition_count + 1, sizeof(struct ledger_lookup *));
    for (size_t i = 0; i < pipeline->partition_count; i++) {
        struct ledger_lookup *lookup =
            ledger_lookup_open(pipeline->partitions[i].path, error, sizeof(error));
        if (lookup != NULL) {
            retell->lookups[retell->lookup_count++] = lookup;
        } else {
            log_error("%s; what was told is not compared", error);
        }
    }
    pipeline->retell = retell;
}

void retell_end(struct pipeline *pipeline)
{
    struct retell *retell = pipeline->retell;
    if (retell != NULL) {
        for (size_t i = 0; i < retell->lookup_count; i++) {
            ledger_lookup_close(retell->lookups[i]);
        }
        free(retell->lookups);
        for (size_t i = 0; i < retell->told_count; i++) {
            free(retell->told[i].text);
        }
        free(retell->told);
        free(retell->others);
        free(retell);
        pipeline->retell = NULL;
    }
}

bool retell_is_other(const struct pipeline *pipeline, const char *incident)
{
    const struct retell *retell = pipeline->retell;
    for (size_t i = 0; retell != NULL && i < retell->count; i++) {
        if (strcmp(retell->others[i], incident) == 0) {
            return true;
        }
    }
    return false;
}

static void other_add(struct pipeline *pipeline, const char *incident)
{
    struct retell *retell = pipeline->retell;
    if (!retell_is_other(pipeline, incident)) {
        retell->others =
            memory_grow(retell->others, retell->count, &retell->capacity, sizeof(*retell->others));
        snprintf(retell->others[retell->count++], INCIDENT_ID_MAX, "%s", incident);
    }
}

static void told_add(struct retell *retell, enum told_kind kind, const char *incident, char *text)
{
    retell->told = memory_grow(
        retell->told, retell->told_count, &retell->told_capacity, sizeof(*retell->told));
    struct told_now *told = &retell->told[retell->told_count++];
    *told = (struct told_now){.kind = kind, .text = text};
    snprintf(told->incident, sizeof(told->incident), "%s", incident);
}

// NULL: nobody has told it. The caller frees it.
static char *told_text(const struct retell *retell, enum told_kind kind, const char *key)
{
    static const char *const kinds[] = {[TOLD_INCIDENT] = "incident", [TOLD_DUTY] = "duty"};
    char *told = NULL;
    for (size_t i = 0; told == NULL && i < retell->lookup_count; i++) {
        told = ledger_lookup_entry(retell->lookups[i], kinds[kind], key);
    }
    return told;
}

// Takes `json`. First each record is compared with what was told; those of a tick in which nothing
// differs are told.
static void look(struct pipeline *pipeline, enum told_kind kind, const char *key,
    const char *incident, json_t *json, bool tells)
{
    struct retell *retell = pipeline->retell;
    char *told = told_text(retell, kind, key), *text = json_compact(json);
    if (told != NULL && strcmp(told, text) != 0) {
        other_add(pipeline, incident);
    } else if (told == NULL && tells && !retell_is_other(pipeline, incident)) {
        told_add(retell, kind, incident, memory_text(text));
    }
    free(text);
    free(told);
    json_decref(json);
}

static void records_look(struct pipeline *pipeline, const struct tick *tick, bool tells)
{
    char key[INCIDENT_ID_MAX + DUTY_KEY_MAX + 16];
    for (size_t i = 0; i < tick->incident_count; i++) {
        const struct incident *incident = &tick->incidents[i];
        snprintf(key, sizeof(key), "%s/%u", incident->id, incident->sequence);
        look(pipeline, TOLD_INCIDENT, key, incident->id,
            incident_json(pipeline->settings, incident), tells);
    }
    for (size_t i = 0; i < tick->duty_count; i++) {
        const struct duty *duty = &tick->duties[i];
        snprintf(key, sizeof(key), "%s/%s/%u", duty->subject, duty->key, duty->sequence);
        look(pipeline, TOLD_DUTY, key, duty->subject, duty_json(pipeline->settings, duty), tells);
    }
}

void retell_tick(struct pipeline *pipeline, const struct tick *tick)
{
    if (pipeline->retell == NULL) {
        return;
    }
    records_look(pipeline, tick, false);
    records_look(pipeline, tick, true);
    for (size_t i = 0; i < tick->draft_count; i++) {
        const struct draft *draft = &tick->drafts[i];
        if (!retell_is_other(pipeline, draft->duty->subject)) {
            told_add(pipeline->retell, TOLD_DRAFT, draft->duty->subject, memory_text(draft->id));
        }
    }
}

// ---- once the journal was judged

static void told_measure(void *context, const char *text)
{
    struct retell *retell = context;
    json_t *told = json_loads(text, 0, NULL);
    const char *key = json_string_value(json_object_get(told, "key"));
    const struct duty *duty =
        key != NULL ? duties_get(retell->pipeline->duties, retell->subject, key) : NULL;
    retell->told_more |=
        json_integer_value(json_object_get(told, "sequence")) > (duty != NULL ? duty->sequence : 0);
    json_decref(told);
}

static void duty_take(void *context, const char *text)
{
    struct retell *retell = context;
    json_t *told = json_loads(text, 0, NULL);
    duties_take_told(retell->pipeline->duties, retell->incident, told);
    json_decref(told);
}

static void draft_take(void *context, const char *id)
{
    struct retell *retell = context;
    char key[64];
    size_t subject = strlen(retell->subject) + 1;
    const char *slash = strrchr(id, '/');
    size_t length = slash != NULL && slash > id + subject ? (size_t)(slash - id) - subject : 0;
    if (length == 0 || length >= sizeof(key)) {
        return;
    }
    memcpy(key, id + subject, length);
    key[length] = '\0';
    const struct duty *duty = duties_get(retell->pipeline->duties, retell->subject, key);
    if (duty != NULL) {
        drafts_take_told(retell->pipeline->drafts, duty, (uint32_t)strtoul(slash + 1, NULL, 10));
    }
}

// What the ledger has, and then what was told since.
static void told_give(
    struct retell *retell, enum told_kind kind, void (*give)(void *context, const char *text))
{
    void (*const look_up)(struct ledger_lookup * lookup, const char *incident,
        void (*row)(void *context, const char *text), void *context) =
        kind == TOLD_DUTY ? ledger_lookup_duties : ledger_lookup_drafts;
    for (size_t i = 0; i < retell->lookup_count; i++) {
        look_up(retell->lookups[i], retell->subject, give, retell);
    }
    for (size_t i = 0; i < retell->told_count; i++) {
        const struct told_now *told = &retell->told[i];
        if (told->kind == kind && strcmp(told->incident, retell->subject) == 0) {
            give(retell, told->text);
        }
    }
}

static json_int_t sequence_of(const json_t *told)
{
    return json_integer_value(json_object_get(told, "sequence"));
}

// The newest event that was told, by the ledger or since. A new reference.
static json_t *newest(const struct retell *retell, json_t *told)
{
    json_t *found = json_incref(told);
    for (size_t i = 0; i < retell->told_count; i++) {
        const struct told_now *one = &retell->told[i];
        bool ours = one->kind == TOLD_INCIDENT && strcmp(one->incident, retell->incident->id) == 0;
        json_t *json = ours ? json_loads(one->text, 0, NULL) : NULL;
        if (sequence_of(json) > sequence_of(found)) {
            json_decref(found);
            found = json_incref(json);
        }
        json_decref(json);
    }
    return found;
}

static void go_on_from(struct retell *retell, const json_t *told, struct instant next)
{
    struct pipeline *pipeline = retell->pipeline;
    const char *id = retell->incident->id;
    log_warning(
        "incident %s: by its journal it is another one than was told; what was told stands", id);
    incidents_retell(pipeline->incidents, id, told);
    duties_forget_told(pipeline->duties, retell->incident, told, next);
    told_give(retell, TOLD_DUTY, duty_take);
    drafts_forget(pipeline->drafts, id);
    told_give(retell, TOLD_DRAFT, draft_take);
}

void retell_settle(struct pipeline *pipeline, const char *id, json_t *told, struct instant next)
{
    struct retell *retell = pipeline->retell;
    const struct incident *incident =
        pipeline->incidents != NULL ? incidents_get(pipeline->incidents, id) : NULL;
    if (retell == NULL || incident == NULL) {
        return;
    }
    retell->subject = id;
    retell->incident = incident;
    retell->told_more = sequence_of(told) > (json_int_t)incident->sequence;
    told_give(retell, TOLD_DUTY, told_measure);
    if (retell->told_more || retell_is_other(pipeline, id)) {
        json_t *last = newest(retell, told);
        go_on_from(retell, last, next);
        json_decref(last);
    }
}

// The answer's numbers, reminders and drafts: the facts before the journal's first tick were all
// taken at that one, so that an older notice began and was reminded of at other instants.
static void notice_settle(void *context, const char *id)
{
    struct retell *retell = context;
    struct pipeline *pipeline = retell->pipeline;
    retell->subject = id;
    retell->incident = NULL;
    retell->told_more = false;
    told_give(retell, TOLD_DUTY, told_measure);
    if (retell->told_more || retell_is_other(pipeline, id)) {
        duties_forget_notice(pipeline->duties, id, retell->next);
        told_give(retell, TOLD_DUTY, duty_take);
        drafts_forget(pipeline->drafts, id);
        told_give(retell, TOLD_DRAFT, draft_take);
    }
}

void retell_settle_notices(struct pipeline *pipeline, struct instant next)
{
    struct retell *retell = pipeline->retell;
    const char *answer = duty_ids[DUTY_RISK_ANSWER];
    bool runs = retell != NULL && pipeline->duties != NULL && pipeline->drafts != NULL;
    for (size_t i = 0; runs && i < retell->lookup_count; i++) {
        retell->next = next;
        ledger_lookup_notices(retell->lookups[i], answer, notice_settle, retell);
    }
}
