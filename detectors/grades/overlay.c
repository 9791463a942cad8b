#include "detectors/grades/overlay.h"

#include "config/memory.h"

#include <stdlib.h>
#include <string.h>

static const struct choice kinds[] = {
    {"own_standard", OVERLAY_OWN_STANDARD},
    {"fmi_counterparty", OVERLAY_FMI_COUNTERPARTY},
    {0},
};

#define OVERLAY_TEXT(key, sentence)                                                                \
    {                                                                                              \
        .name = #key, .type = FIELD_TEXT, FIELD_AT(struct overlay, key), .help = sentence          \
    }

static const struct field overlay_fields[] = {
    OVERLAY_TEXT(id, "Names the overlay in records, behind the rule book's version"),
    OVERLAY_TEXT(base, "Id of the rule book that it makes stricter"),
    OVERLAY_TEXT(version, "Of this file; stored with every decision"),
    OVERLAY_TEXT(effective_from, "Day from which it holds"),
    {.name = "kind",
        .type = FIELD_CHOICE,
        FIELD_AT(struct overlay, kind),
        .choices = kinds,
        .help = "The institution's own standard (art. 6(4)), or what was agreed with an "
                "infrastructure's operator (art. 11)"},
    OVERLAY_TEXT(counterparty, "fmi_counterparty: the operator"),
    OVERLAY_TEXT(agreement, "fmi_counterparty: the reference of the agreement"),
    OVERLAY_TEXT(approved_by, "Who approved it (art. 6); empty: nobody yet"),
    OVERLAY_TEXT(approved_on, "The day of the approval"),
    OVERLAY_TEXT(next_review, "The day by which it is reviewed (yearly)"),
    {.name = "networks",
        .type = FIELD_TEXTS,
        FIELD_LIST(struct overlay, networks, network_count),
        .help = "Ids of the networks that it is for"},
    {.name = "clauses",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct overlay, clauses, clause_count),
        .schema = &clause_schema,
        .help = "In place of the clause with the same id, never laxer; another id is one more"},
};

const struct schema overlay_schema = {.size = sizeof(struct overlay), FIELDS(overlay_fields)};

// A standard is an institution's own (art. 6(4)), and an export holds it whole.
static bool one_institution_check(
    const struct overlay *overlay, const struct settings *settings, struct mistakes *mistakes)
{
    int first = -1;
    for (size_t i = 0; i < overlay->network_count; i++) {
        for (size_t n = 0; n < settings->network_count; n++) {
            const struct network_settings *network = &settings->networks[n];
            if (strcmp(network->id, overlay->networks[i]) == 0) {
                first = first < 0 ? network->institution : first;
                if (first != network->institution) {
                    mistake_at(mistakes, &overlay->networks[i],
                        "network \"%.80s\" is of another institution than the first: each has a "
                        "file of its own",
                        overlay->networks[i]);
                    return false;
                }
            }
        }
    }
    return true;
}

static bool networks_check(
    const struct overlay *overlay, const struct settings *settings, struct mistakes *mistakes)
{
    bool good = overlay->network_count > 0;
    if (!good) {
        mistake_at(mistakes, &overlay->networks, "networks names at least one");
    }
    for (size_t i = 0; i < overlay->network_count; i++) {
        bool found = false;
        for (size_t n = 0; n < settings->network_count; n++) {
            found |= strcmp(settings->networks[n].id, overlay->networks[i]) == 0;
        }
        if (!found) {
            mistake_at(mistakes, &overlay->networks[i], "the settings have no network \"%.80s\"",
                overlay->networks[i]);
            good = false;
        }
    }
    return good && one_institution_check(overlay, settings, mistakes);
}

static bool overlay_check(
    struct overlay *overlay, const struct settings *settings, struct mistakes *mistakes)
{
    bool good = networks_check(overlay, settings, mistakes);
    bool agreed = overlay->agreement[0] != '\0' && overlay->counterparty[0] != '\0';
    if (overlay->kind == OVERLAY_FMI_COUNTERPARTY && !agreed) {
        mistake_at(mistakes, &overlay->agreement,
            "an overlay of kind fmi_counterparty names the counterparty and the agreement (art. "
            "11)");
        good = false;
    }
    return clauses_check(overlay->clauses, overlay->clause_count, mistakes) && good;
}

struct overlay *overlay_read(
    const char *path, const struct settings *settings, struct mistakes *mistakes)
{
    struct overlay *overlay = memory_zeroed(1, sizeof(*overlay));
    if (!yaml_read(path, &overlay_schema, overlay, mistakes) ||
        !overlay_check(overlay, settings, mistakes)) {
        overlay_free(overlay);
        return NULL;
    }
    return overlay;
}

void overlay_free(struct overlay *overlay)
{
    if (overlay != NULL) {
        yaml_free(&overlay_schema, overlay);
    }
    free(overlay);
}

bool overlay_concerns(const struct overlay *overlay, const struct network_settings *network)
{
    for (size_t i = 0; i < overlay->network_count; i++) {
        if (strcmp(overlay->networks[i], network->id) == 0) {
            return true;
        }
    }
    return false;
}

// What makes the clause laxer than the base's, in words; NULL: nothing does.
static const char *laxity(const struct clause *base, const struct clause *clause)
{
    const struct {
        bool laxer;
        const char *what;
    } rows[] = {
        {clause->metric != base->metric, "it measures something else"},
        {clause->grade < base->grade, "its grade is lower"},
        {clause->at_least > base->at_least, "its at_least is more"},
        {clause->provinces > base->provinces, "it asks for more provinces"},
        {clause->in_peak && !base->in_peak, "it counts time inside peak only"},
        {clause->functions == FUNCTIONS_ALL && base->functions == FUNCTIONS_ONE,
            "it asks for all main functions"},
        {clause->scope != base->scope && clause->scope != SCOPE_ANY,
            "it concerns other networks only"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].laxer) {
            return rows[i].what;
        }
    }
    return NULL;
}

static struct clause *clause_of(struct rulebook *book, const char *id)
{
    for (size_t i = 0; i < book->clause_count; i++) {
        if (strcmp(book->clauses[i].id, id) == 0) {
            return &book->clauses[i];
        }
    }
    return NULL;
}

static bool clauses_merge(
    struct rulebook *merged, const struct overlay *overlay, struct mistakes *mistakes)
{
    bool good = true;
    for (size_t i = 0; i < overlay->clause_count; i++) {
        const struct clause *clause = &overlay->clauses[i];
        struct clause *base = clause_of(merged, clause->id);
        const char *laxer = base != NULL ? laxity(base, clause) : NULL;
        if (laxer != NULL) {
            mistake_at(mistakes, &clause->id,
                "clause \"%s\" is laxer than that of %s: %s (arts. 7-10 are floors, art. 6(4))",
                clause->id, merged->id, laxer);
            good = false;
        }
        *(base != NULL ? base : &merged->clauses[merged->clause_count++]) = *clause;
    }
    return good;
}

struct rulebook *overlay_merge(
    const struct rulebook *base, const struct overlay *overlay, struct mistakes *mistakes)
{
    struct rulebook *merged = memory_zeroed(1, sizeof(*merged));
    size_t count = base->clause_count + overlay->clause_count;
    char version[256];
    *merged = *base;
    snprintf(version, sizeof(version), "%s+%s@%s", base->version, overlay->id, overlay->version);
    merged->version = memory_text(version);
    merged->clauses = memory_zeroed(count + 1, sizeof(*merged->clauses));
    memcpy(merged->clauses, base->clauses, base->clause_count * sizeof(*merged->clauses));
    bool good = clauses_merge(merged, overlay, mistakes);
    if (merged->clause_count > CLAUSES_MAX) {
        mistake_at(mistakes, &overlay->clauses, "with %s these are more than %d clauses", base->id,
            CLAUSES_MAX);
        good = false;
    }
    if (!good) {
        overlay_merged_free(merged);
        return NULL;
    }
    return merged;
}

void overlay_merged_free(struct rulebook *merged)
{
    free(merged->version);
    free(merged->clauses);
    free(merged);
}
