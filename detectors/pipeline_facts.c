// What a person has entered, beside the flow. In a replay a fact becomes known at the first tick
// that is not before its entered_at; in a live run at the next tick after it was noticed.
#include "config/memory.h"

#include "detectors/pipeline_parts.h"

#include <stdlib.h>

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

void facts_tick(struct pipeline *pipeline, struct tick *tick)
{
    tick->facts = &pipeline->facts[pipeline->facts_taken];
    tick->fact_count = 0;
    while (pipeline->facts_taken < pipeline->fact_count &&
           is_known(pipeline, &pipeline->facts[pipeline->facts_taken], tick->at)) {
        const struct fact *fact = &pipeline->facts[pipeline->facts_taken++];
        struct fact_target target;
        bool named = pipeline->incidents != NULL &&
                     incidents_find(pipeline->incidents, fact->incident, &target);
        grades_add_fact(pipeline->grades, fact, named ? &target : NULL);
        tick->fact_count++;
    }
}

void facts_done(struct pipeline *pipeline)
{
    free(pipeline->facts);
    pipeline->facts = NULL;
    pipeline->fact_count = pipeline->facts_taken = 0;
}
