// What a person has entered, beside the flow. In a replay a fact becomes known at the first tick
// that is not before its entered_at; in a live run at the next tick after it was noticed.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/json.h"
#include "detectors/pipeline_parts.h"

#include <stdlib.h>
#include <string.h>

void pipeline_add_facts(struct pipeline *pipeline, const struct fact *facts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pipeline->facts = memory_grow(pipeline->facts, pipeline->fact_count,
            &pipeline->fact_capacity, sizeof(*pipeline->facts));
        pipeline->facts[pipeline->fact_count++] = facts[i];
    }
}

static bool is_known(const struct pipeline *pipeline, const struct fact *fact, struct instant tick)
{
    return !pipeline->options.replay || fact->entered_at.ns <= tick.ns;
}

// A row that does not read is told once, and passed over: it was checked when it was entered, and
// names a network that the settings no longer have. So is one about another institution's network.
static void facts_fetch_of(struct pipeline *pipeline, size_t partition)
{
    char *text, error[512];
    while ((text = ledger_next_fact(pipeline->partitions[partition].ledger)) != NULL) {
        struct fact fact;
        if (!fact_read_again(text, pipeline->settings, &fact, error, sizeof(error))) {
            log_warning("a fact of the ledger is passed over: %s", error);
        } else if (!partition_is_of(pipeline, fact.network, partition)) {
            log_warning("fact %s of ledger '%s' is passed over: its network \"%s\" is of another "
                        "institution",
                fact.id, pipeline->partitions[partition].path,
                pipeline->settings->networks[fact.network].id);
        } else {
            pipeline_add_facts(pipeline, &fact, 1);
        }
        free(text);
    }
}

static void facts_fetch(struct pipeline *pipeline)
{
    bool live = !pipeline->options.replay && !pipeline->recovering;
    for (size_t i = 0; live && i < pipeline->partition_count; i++) {
        facts_fetch_of(pipeline, i);
    }
}

static void taken_commit(
    struct change_set *changes, const struct fact *fact, const char *refused, struct instant tick)
{
    json_t *json = json_object();
    json_set_text(json, "fact", fact->id);
    json_set_instant(json, "tick", tick);
    json_set_text(json, "refused", refused);
    char *text = json_compact(json);
    change_set_add_fact_taken(changes, fact->id, text);
    free(text);
    json_decref(json);
}

void facts_commit(const struct pipeline *pipeline, const struct tick *tick, size_t partition,
    struct change_set *changes)
{
    for (size_t i = 0; i < tick->fact_count; i++) {
        if (!partition_is_of(pipeline, tick->facts[i].network, partition)) {
            continue;
        }
        if (pipeline->options.replay) { // live it is there already
            json_t *json = fact_json(pipeline->settings, &tick->facts[i]);
            char *text = json_compact(json);
            change_set_add_fact(changes, tick->facts[i].id, text);
            free(text);
            json_decref(json);
        }
        taken_commit(changes, &tick->facts[i], pipeline->refusals[i], tick->at);
    }
}

// By what is known now. What was taken before a kill was complete enough then.
static bool move_is_allowed(const struct pipeline *pipeline, const struct incident *incident,
    const struct fact *move, char *error, size_t error_size)
{
    char missing[1536] = "";
    const struct duty *report = move_report(pipeline->duties, move);
    if (report != NULL && !pipeline->recovering) {
        drafts_missing(pipeline->drafts, report, incident, missing, sizeof(missing));
    }
    return (move->kind != FACT_FILL || fill_is_possible(move, incident, error, error_size)) &&
           move_is_possible(pipeline->duties, incident, move, missing, error, error_size);
}

// NULL: taken; else why it was refused, which the caller frees. A person sees it in the ledger.
static char *move_take(struct pipeline *pipeline, const struct fact *move, struct instant tick)
{
    char error[2048];
    const struct incident *incident =
        pipeline->incidents != NULL ? incidents_get(pipeline->incidents, move->incident) : NULL;
    bool possible = move_is_allowed(pipeline, incident, move, error, sizeof(error));
    if (!possible && pipeline->recovering) { // it was possible: its duty is taken from the ledger
        if (incident != NULL) {
            incidents_take_move(pipeline->incidents, move);
        }
        return NULL;
    }
    if (!possible) {
        log_warning("move %s is refused: %s", move->id, error);
        return memory_text(error);
    }
    duties_take_move(pipeline->duties, incident, move, tick);
    calls_take_fact(pipeline->calls, move);
    drafts_take_move(pipeline->drafts, move);
    if (incident != NULL) {
        incidents_take_move(pipeline->incidents, move);
    }
    return NULL;
}

// The same row again, as a ledger that is read anew gives it, is no other move.
static bool is_taken(const struct pipeline *pipeline, const struct fact *fact)
{
    for (const struct fact *other = pipeline->facts; other < fact; other++) {
        if (strcmp(other->id, fact->id) == 0) {
            return true;
        }
    }
    return false;
}

static char *fact_take(struct pipeline *pipeline, const struct fact *fact, struct instant tick)
{
    struct fact_target target;
    if (fact_is_move(fact)) {
        return is_taken(pipeline, fact) ? NULL : move_take(pipeline, fact, tick);
    }
    if (fact->kind == FACT_MUTE) {
        calls_take_fact(pipeline->calls, fact);
        return NULL;
    }
    bool named =
        pipeline->incidents != NULL && incidents_find(pipeline->incidents, fact->incident, &target);
    grades_add_fact(pipeline->grades, fact, named ? &target : NULL);
    return NULL;
}

static void refusals_drop(struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->refusal_count; i++) {
        free(pipeline->refusals[i]);
    }
    pipeline->refusal_count = 0;
}

void facts_tick(struct pipeline *pipeline, struct tick *tick)
{
    facts_fetch(pipeline);
    refusals_drop(pipeline);
    tick->facts = &pipeline->facts[pipeline->facts_taken];
    tick->fact_count = 0;
    while (pipeline->facts_taken < pipeline->fact_count &&
           is_known(pipeline, &pipeline->facts[pipeline->facts_taken], tick->at)) {
        const struct fact *fact = &pipeline->facts[pipeline->facts_taken++];
        pipeline->refusals = memory_grow(pipeline->refusals, pipeline->refusal_count,
            &pipeline->refusal_capacity, sizeof(*pipeline->refusals));
        pipeline->refusals[pipeline->refusal_count++] = fact_take(pipeline, fact, tick->at);
        tick->fact_count++;
    }
}

void facts_done(struct pipeline *pipeline)
{
    refusals_drop(pipeline);
    free(pipeline->refusals);
    pipeline->refusals = NULL;
    free(pipeline->facts);
    pipeline->facts = NULL;
    pipeline->fact_count = pipeline->facts_taken = 0;
}
