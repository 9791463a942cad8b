#include "tools/bench/recipe.h"

#include "config/instant.h"

#include "tools/generate/scenario.h"

#include <stdio.h>

#define SLOTS_MAX 1000000 // a STAN has six digits

static const struct field fields[] = {
    {.name = "seed", .type = FIELD_INTEGER, FIELD_AT(struct recipe, seed), .max = INT64_MAX},
    {.name = "connections",
        .type = FIELD_INTEGER,
        FIELD_AT(struct recipe, connections),
        .min = 1,
        .max = SLOTS_MAX},
    {.name = "requests",
        .type = FIELD_INTEGER,
        FIELD_AT(struct recipe, requests),
        .min = 16,
        .max = SLOTS_MAX},
    {.name = "answered_after",
        .type = FIELD_INTEGER,
        FIELD_AT(struct recipe, answered_after),
        .min = 1,
        .max = SLOTS_MAX},
    {.name = "shuffled",
        .type = FIELD_INTEGER,
        FIELD_AT(struct recipe, shuffled),
        .min = 1,
        .max = SLOTS_MAX},
    {.name = "bare_ack_percent",
        .type = FIELD_INTEGER,
        FIELD_AT(struct recipe, bare_ack_percent),
        .min = 0,
        .max = 50},
    {.name = "acked_after",
        .type = FIELD_INTEGER,
        FIELD_AT(struct recipe, acked_after),
        .min = 1,
        .max = SLOTS_MAX},
    {.name = "declined_percent",
        .type = FIELD_INTEGER,
        FIELD_AT(struct recipe, declined_percent),
        .max = 100},
    {.name = "lost_percent",
        .type = FIELD_INTEGER,
        FIELD_AT(struct recipe, lost_percent),
        .max = 90,
        .optional = true},
    {.name = "reordered_percent",
        .type = FIELD_INTEGER,
        FIELD_AT(struct recipe, reordered_percent),
        .max = 100,
        .optional = true},
    {.name = "reordered_frames",
        .type = FIELD_INTEGER,
        FIELD_AT(struct recipe, reordered_frames),
        .max = 128,
        .optional = true},
    {.name = "provinces",
        .type = FIELD_INTEGERS,
        FIELD_LIST(struct recipe, provinces, province_count),
        .min = 11,
        .max = 65},
    {.name = "time_limit",
        .type = FIELD_DURATION,
        FIELD_AT(struct recipe, time_limit_ns),
        .min = NS_PER_S,
        .max = 600 * NS_PER_S},
    {.name = "disorder",
        .type = FIELD_DURATION,
        FIELD_AT(struct recipe, disorder_ns),
        .max = NS_PER_S},
    {.name = "open",
        .type = FIELD_INTEGER,
        FIELD_AT(struct recipe, open),
        .min = 16,
        .max = 67108864},
    {.name = "connection_entries",
        .type = FIELD_INTEGER,
        FIELD_AT(struct recipe, connection_entries),
        .min = 16,
        .max = 16777216},
};
static const struct schema schema = {.size = sizeof(struct recipe), FIELDS(fields)};

static void check(const struct recipe *recipe, struct mistakes *mistakes)
{
    if (recipe->requests % recipe->connections != 0) {
        mistake_at(mistakes, &recipe->requests, "not a multiple of connections");
    }
    if (recipe->answered_after != recipe->requests &&
        2 * recipe->answered_after > recipe->requests) {
        mistake_at(mistakes, &recipe->answered_after, "neither requests nor at most half of them");
    }
    if (2 * recipe->shuffled > recipe->answered_after) {
        mistake_at(mistakes, &recipe->shuffled, "more than half of answered_after");
    }
    for (size_t i = 0; i < recipe->province_count; i++) {
        if (province_capital_region(recipe->provinces[i]) == 0) {
            mistake_at(mistakes, &recipe->provinces[i], "no province");
        }
    }
    if (recipe->province_count == 0) {
        mistake_at(mistakes, &recipe->provinces, "at least one province");
    }
}

static int64_t part(int64_t value, unsigned shrink, int64_t least)
{
    return value / shrink < least ? least : value / shrink;
}

static void shrink_by(struct recipe *recipe, unsigned shrink)
{
    bool next_loop = recipe->answered_after == recipe->requests;
    recipe->connections = part(recipe->connections, shrink, 1);
    recipe->requests = part(recipe->requests, shrink, 16);
    recipe->requests += recipe->connections - 1;
    recipe->requests -= recipe->requests % recipe->connections;
    recipe->answered_after = next_loop ? recipe->requests : part(recipe->answered_after, shrink, 8);
    recipe->shuffled = part(recipe->shuffled, shrink, 4);
    recipe->acked_after = part(recipe->acked_after, shrink, 4);
}

bool recipe_read(const char *name, unsigned shrink, struct recipe *ret, struct mistakes *mistakes)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/tools/bench/%s", TAPGRADE_SOURCE, name);
    if (!yaml_read(path, &schema, ret, mistakes)) {
        return false;
    }
    if (shrink > 1) {
        shrink_by(ret, shrink);
    }
    check(ret, mistakes);
    return mistakes_count(mistakes) == 0;
}

void recipe_free(struct recipe *recipe)
{
    yaml_free(&schema, recipe);
}
