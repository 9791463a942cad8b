// What --stop-after prints of each stage, as JSON lines.
//
//   counters                 every tick
//   normals                  every bucket once, when it is final
//   outages                  at the end, by time: the last form of each interruption. They are
//                            re-evaluated at every tick; one that was merged into another, or a
//                            suspicion that was not confirmed, is not printed
//   grades                   a line when what is shown changes: grade, conservative grade,
//   criteria,
//                            next clause, open questions, whether it goes on; durations alone print
//                            nothing. At the end of an episode, or of the capture, its last form
//   incidents, duties, drafts, kafka    every record as it comes
#include "config/memory.h"

#include "detectors/json.h"
#include "detectors/pipeline_parts.h"

#include <stdlib.h>
#include <string.h>

// An interruption that is no longer given this long after its end was dropped for its age; earlier,
// it was merged or withdrawn. Stretches merge over minutes, records are given for a day.
#define AGED_NS (12 * S_PER_HOUR * NS_PER_S)

struct shown_grade {
    uint16_t network;
    const struct rulebook *rulebook;
    char *facts;  // what a change of is shown
    char *last;   // the last form
    bool printed; // the last form is printed
    bool given;
};

struct shown {
    struct interruption *last; // of the tick before, sorted as given
    size_t last_count, last_capacity;
    struct interruption *aged;
    size_t aged_count, aged_capacity;
    struct shown_grade *grades;
    size_t grade_count, grade_capacity;
};

struct shown *shown_new(void)
{
    return memory_zeroed(1, sizeof(struct shown));
}

static void shown_grade_drop(struct shown *shown, size_t i)
{
    free(shown->grades[i].facts);
    free(shown->grades[i].last);
    memmove(&shown->grades[i], &shown->grades[i + 1],
        (shown->grade_count - i - 1) * sizeof(*shown->grades));
    shown->grade_count--;
}

void shown_free(struct shown *shown)
{
    if (shown == NULL) {
        return;
    }
    while (shown->grade_count > 0) {
        shown_grade_drop(shown, shown->grade_count - 1);
    }
    free(shown->grades);
    free(shown->last);
    free(shown->aged);
    free(shown);
}

static void line_print(FILE *out, json_t *json)
{
    json_dumpf(json, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(json);
}

static bool is_same(const struct interruption *a, const struct interruption *b)
{
    return a->network == b->network && a->function == b->function && a->province == b->province &&
           a->from.ns == b->from.ns && interruption_compare_kinds(a, b) == 0;
}

static bool is_given(const struct tick *tick, const struct interruption *interruption)
{
    for (size_t i = 0; i < tick->interruption_count; i++) {
        if (is_same(&tick->interruptions[i], interruption)) {
            return true;
        }
    }
    return false;
}

static void outages_keep(struct shown *shown, const struct tick *tick)
{
    for (size_t i = 0; i < shown->last_count; i++) {
        const struct interruption *last = &shown->last[i];
        if (tick->at.ns - last->to.ns >= AGED_NS && !is_given(tick, last)) {
            shown->aged = memory_grow(
                shown->aged, shown->aged_count, &shown->aged_capacity, sizeof(*shown->aged));
            shown->aged[shown->aged_count++] = *last;
        }
    }
    if (tick->interruption_count > shown->last_capacity) {
        shown->last_capacity = tick->interruption_count * 2;
        shown->last = memory_resize(shown->last, shown->last_capacity, sizeof(*shown->last));
    }
    shown->last_count = tick->interruption_count;
    if (tick->interruption_count > 0) {
        memcpy(shown->last, tick->interruptions, shown->last_count * sizeof(*shown->last));
    }
}

static int time_order(const void *left, const void *right)
{
    const struct interruption *a = left, *b = right;
    const int64_t keys[][2] = {{a->from.ns, b->from.ns}, {a->network, b->network},
        {a->function, b->function}, {a->province, b->province}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i][0] != keys[i][1]) {
            return keys[i][0] < keys[i][1] ? -1 : 1;
        }
    }
    return interruption_compare_kinds(a, b);
}

static void outages_end(struct shown *shown, FILE *out, const struct settings *settings)
{
    size_t count = shown->aged_count + shown->last_count;
    if (count == 0) {
        return;
    }
    struct interruption *all = memory_zeroed(count, sizeof(*all));
    for (size_t i = 0; i < count; i++) {
        all[i] = i < shown->aged_count ? shown->aged[i] : shown->last[i - shown->aged_count];
    }
    qsort(all, count, sizeof(*all), time_order);
    for (size_t i = 0; i < count; i++) {
        interruption_print(out, settings, &all[i]);
    }
    free(all);
}

static char *grade_facts(const struct grade *grade)
{
    char *text = NULL;
    size_t size;
    FILE *out = memory_stream(&text, &size);
    fprintf(out, "%d %d %d %d %zu", grade->grade, grade->conservative_grade, grade->suspected,
        grade->ongoing, grade->undeterminable_count);
    for (size_t i = 0; i < grade->criterion_count; i++) {
        const struct criterion *criterion = &grade->criteria[i];
        fprintf(out, " %s/%s", criterion->clause->id,
            criterion->reading != NULL ? criterion->reading : "");
    }
    fprintf(out, " next %s", grade->next.clause != NULL ? grade->next.clause->id : "");
    fclose(out);
    return text;
}

static char *grade_text(const struct settings *settings, const struct grade *grade)
{
    char *text = NULL;
    size_t size;
    FILE *out = memory_stream(&text, &size);
    grade_print(out, settings, grade);
    fclose(out);
    return text;
}

static struct shown_grade *shown_grade_of(struct shown *shown, const struct grade *grade)
{
    for (size_t i = 0; i < shown->grade_count; i++) {
        if (shown->grades[i].network == grade->network &&
            shown->grades[i].rulebook == grade->rulebook) {
            return &shown->grades[i];
        }
    }
    shown->grades = memory_grow(
        shown->grades, shown->grade_count, &shown->grade_capacity, sizeof(*shown->grades));
    struct shown_grade *new = &shown->grades[shown->grade_count++];
    *new = (struct shown_grade){.network = grade->network, .rulebook = grade->rulebook};
    return new;
}

static void grade_show(
    struct shown *shown, FILE *out, const struct settings *settings, const struct grade *grade)
{
    struct shown_grade *known = shown_grade_of(shown, grade);
    char *facts = grade_facts(grade), *text = grade_text(settings, grade);
    bool changed = known->facts == NULL || strcmp(known->facts, facts) != 0;
    known->printed = changed || (known->printed && strcmp(known->last, text) == 0);
    if (changed) {
        fputs(text, out);
    }
    free(known->facts);
    free(known->last);
    known->facts = facts;
    known->last = text;
    known->given = true;
}

static void grades_tick(
    struct shown *shown, FILE *out, const struct settings *settings, const struct tick *tick)
{
    for (size_t i = 0; i < shown->grade_count; i++) {
        shown->grades[i].given = false;
    }
    for (size_t i = 0; i < tick->grade_count; i++) {
        grade_show(shown, out, settings, &tick->grades[i]);
    }
    for (size_t i = 0; i < shown->grade_count;) {
        if (shown->grades[i].given) {
            i++;
            continue;
        }
        if (!shown->grades[i].printed) {
            fputs(shown->grades[i].last, out);
        }
        shown_grade_drop(shown, i);
    }
}

static void draft_line(FILE *out, const struct draft *draft)
{
    json_t *json = json_copy(draft->document);
    json_set_text(json, "text", draft->text);
    line_print(out, json);
}

void shown_tick(struct shown *shown, FILE *out, const struct settings *settings, enum stage stage,
    const struct tick *tick)
{
    switch (stage) {
    case STAGE_COUNTERS:
        if (tick->counters != NULL) {
            counters_print(out, settings, tick->counters);
        }
        break;
    case STAGE_NORMALS:
        for (size_t i = 0; i < tick->normal_count; i++) {
            if (tick->normals[i].final) {
                normal_print(out, settings, &tick->normals[i]);
            }
        }
        break;
    case STAGE_OUTAGES: outages_keep(shown, tick); break;
    case STAGE_GRADES: grades_tick(shown, out, settings, tick); break;
    case STAGE_INCIDENTS:
        for (size_t i = 0; i < tick->incident_count; i++) {
            line_print(out, incident_json(settings, &tick->incidents[i]));
        }
        break;
    case STAGE_DUTIES:
        for (size_t i = 0; i < tick->duty_count; i++) {
            line_print(out, duty_json(settings, &tick->duties[i]));
        }
        break;
    case STAGE_DRAFTS:
        for (size_t i = 0; i < tick->draft_count; i++) {
            draft_line(out, &tick->drafts[i]);
        }
        break;
    case STAGE_KAFKA:
        for (size_t i = 0; i < tick->event_count; i++) {
            event_print(out, &tick->events[i]);
        }
        break;
    case STAGE_PACKETS:
    case STAGE_TRANSACTIONS:
    case STAGES: break; // printed by the dataplane
    }
}

void shown_end(struct shown *shown, FILE *out, const struct settings *settings, enum stage stage)
{
    if (stage == STAGE_OUTAGES) {
        outages_end(shown, out, settings);
    }
    for (size_t i = 0; stage == STAGE_GRADES && i < shown->grade_count; i++) {
        if (!shown->grades[i].printed) {
            fputs(shown->grades[i].last, out);
        }
    }
}
