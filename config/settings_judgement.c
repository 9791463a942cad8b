// The field tables of what is judged: outages, grades, incidents. `live` as in settings_schema.c.
#include "config/settings_schema.h"

#define MIN_NS (60 * NS_PER_S)
#define H_NS   (3600 * NS_PER_S)
#define D_NS   (24 * H_NS)

#define OUTAGES(member, field_type) .type = field_type, FIELD_AT(struct outages_settings, member)

static const struct field outages_fields[] = {
    {.name = "bucket",
        OUTAGES(bucket_ns, FIELD_DURATION),
        .min = NS_PER_S,
        .max = MIN_NS,
        .help = "Buckets that decide; a whole number of seconds that divides a minute"},
    {.name = "merge",
        OUTAGES(merge_ns, FIELD_DURATION),
        .min = 0,
        .max = H_NS,
        .help = "A recovery up to this does not end an interruption; a multiple of the bucket"},
    {.name = "lost_percent",
        OUTAGES(lost_percent, FIELD_INTEGER),
        .live = true,
        .min = 1,
        .max = 70,
        .unit = "percent",
        .help = "Interrupted when more is lost (art. 31(4): 70; only stricter)"},
    {.name = "fewest_intents",
        OUTAGES(fewest_intents, FIELD_INTEGER),
        .live = true,
        .min = 1,
        .max = 1000000,
        .unit = "intents",
        .help = "Fewer in a bucket: widened to 1, 5, 15 minutes"},
    {.name = "unknown_percent",
        OUTAGES(unknown_percent, FIELD_INTEGER),
        .live = true,
        .min = 0,
        .max = 100,
        .unit = "percent",
        .help = "More unknown inside an interruption: undeterminable"},
    {.name = "impaired_percent",
        OUTAGES(impaired_percent, FIELD_INTEGER),
        .live = true,
        .min = 1,
        .max = 70,
        .unit = "percent points",
        .help = "So much more than usual fails: business cannot proceed (arts. 7-10, 10(3))"},
    {.name = "calm_percent",
        OUTAGES(calm_percent, FIELD_INTEGER),
        .live = true,
        .min = 1,
        .max = 70,
        .unit = "percent points",
        .help = "Less more than usual fails: the impairment has ended; at most impaired_percent"},
    {.name = "usual_failed_percent",
        OUTAGES(usual_failed_percent, FIELD_INTEGER),
        .live = true,
        .min = 0,
        .max = 50,
        .unit = "percent",
        .help = "Usual share of failures of a business until 1000 outcomes have told its own"},
    {.name = "jump_times",
        OUTAGES(jump_times, FIELD_INTEGER),
        .live = true,
        .min = 2,
        .max = 100,
        .help = "A refusal code jumps when its share is so many times its own usual one ..."},
    {.name = "jump_points",
        OUTAGES(jump_points, FIELD_INTEGER),
        .live = true,
        .min = 1,
        .max = 100,
        .unit = "percent points",
        .help = "... and so much above it ..."},
    {.name = "jump_intents",
        OUTAGES(jump_intents, FIELD_INTEGER),
        .live = true,
        .min = 1,
        .max = 1000000,
        .unit = "intents",
        .help = "... in a bucket of so many: failed, by the stricter reading"},
};

const struct schema outages_schema = {
    .size = sizeof(struct outages_settings), FIELDS(outages_fields)};

static const struct field grades_fields[] = {
    {.name = "rulebooks",
        .type = FIELD_TEXTS,
        .live = true,
        FIELD_LIST(struct grades_settings, rulebook_paths, rulebook_count),
        .help = "Files of the rule books that judge, side by side; the first grades the incident"},
    {.name = "overlays",
        .type = FIELD_TEXTS,
        .live = true,
        FIELD_LIST(struct grades_settings, overlay_paths, overlay_count),
        .help = "Files of stricter clauses for single networks (arts. 6(4), 11); []: none"},
    {.name = "cii",
        .type = FIELD_TEXTS,
        FIELD_LIST(struct grades_settings, cii_networks, cii_count),
        .help = "Ids of the networks that are 关键信息基础设施; []: none is"},
    {.name = "cutover_max",
        .type = FIELD_DURATION,
        .live = true,
        FIELD_AT(struct grades_settings, cutover_max_ns),
        .min = 0,
        .max = 6 * H_NS,
        .help =
            "A cut-over 日切 that takes no longer is planned; a longer one counts from its start"},
};

const struct schema grades_schema = {.size = sizeof(struct grades_settings), FIELDS(grades_fields)};

static const struct field zone_fields[] = {
    {.name = "name",
        .type = FIELD_TEXT,
        FIELD_AT(struct zone_settings, name),
        .help = "For people"},
    {.name = "sites",
        .type = FIELD_TEXTS,
        FIELD_LIST(struct zone_settings, sites, site_count),
        .help = "Data centres, as the links name them"},
};

static const struct schema zone_schema = {
    .size = sizeof(struct zone_settings), FIELDS(zone_fields)};

static const struct field incidents_fields[] = {
    {.name = "reopen",
        .type = FIELD_DURATION,
        .live = true,
        FIELD_AT(struct incidents_settings, reopen_ns),
        .min = 0,
        .max = D_NS,
        .help = "A new interruption this soon after the last belongs to the same incident"},
    {.name = "zones",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct incidents_settings, zones, zone_count),
        .schema = &zone_schema,
        .help = "Data centres that share power or a building and fail together (art. 12(2))"},
};

const struct schema incidents_schema = {
    .size = sizeof(struct incidents_settings), FIELDS(incidents_fields)};

static const struct field drafts_fields[] = {
    {.name = "templates",
        .type = FIELD_TEXT,
        .live = true,
        FIELD_AT(struct drafts_settings, templates),
        .help = "Folder of the templates of the documents, one a report"},
    {.name = "classification",
        .type = FIELD_TEXT,
        FIELD_AT(struct drafts_settings, classification_path),
        .help = "TSV (code, category, name, verified) of the classes of GB/T 20986-2023"},
    {.name = "first_page",
        .type = FIELD_BOOLEAN,
        .live = true,
        FIELD_AT(struct drafts_settings, first_page),
        .help = "What a duty officer asks first, in front of the report"},
};

const struct schema drafts_schema = {.size = sizeof(struct drafts_settings), FIELDS(drafts_fields)};
