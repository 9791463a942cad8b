// The field tables of what is normal: days that are alike, what is learned, peak hours.
#include "config/settings_check.h"

#define MIN_NS (60 * NS_PER_S)
#define H_NS   (60 * MIN_NS)

static const struct field calendars_fields[] = {
    {.name = "years",
        .type = FIELD_TEXTS,
        FIELD_LIST(struct calendars_settings, year_paths, year_count),
        .help =
            "Files of the State Council's notices, one a year; a year without: Monday to Friday"},
    {.name = "bank_days",
        .type = FIELD_TEXT,
        FIELD_AT(struct calendars_settings, bank_days_path),
        .help = "File of the bank's own pay days and promotions; empty: none"},
};

const struct schema calendars_schema = {
    .size = sizeof(struct calendars_settings), FIELDS(calendars_fields)};

static const struct field peak_fields[] = {
    {.name = "slot",
        .type = FIELD_DURATION,
        FIELD_AT(struct peak_settings, slot_ns),
        .min = 5 * MIN_NS,
        .max = H_NS,
        .help = "Clock slots whose share of the year counts; 60min, others by a method only"},
    {.name = "method",
        .type = FIELD_TEXT,
        FIELD_AT(struct peak_settings, method),
        .help = "Document that lays down another way (其他合理计算方式); empty: none"},
};

static const struct schema peak_schema = {
    .size = sizeof(struct peak_settings), FIELDS(peak_fields)};

#define NORMALS(member, field_type) .type = field_type, FIELD_AT(struct normals_settings, member)

static const struct field normals_fields[] = {
    {.name = "learn",
        NORMALS(learn, FIELD_BOOLEAN),
        .help = "Learn from what is seen; false: only what the store and the tables hold"},
    {.name = "store",
        NORMALS(store_path, FIELD_TEXT),
        .help = "SQLite file in the ledger's folder; empty: in memory, for as long as a run"},
    {.name = "fewest_days",
        NORMALS(fewest_days, FIELD_INTEGER),
        .min = 1,
        .max = 8,
        .unit = "days",
        .help = "Fewer comparable days than this: the yearly profile instead of their median"},
    {.name = "least_coverage",
        NORMALS(least_coverage, FIELD_INTEGER),
        .min = 50,
        .max = 100,
        .unit = "percent",
        .help = "Less of a slot was seen: it teaches nothing"},
    {.name = "peak",
        .type = FIELD_RECORD,
        FIELD_AT(struct normals_settings, peak),
        .schema = &peak_schema,
        .help = "How peak hours are found (art. 31(3)) where the bank gives none"},
};

const struct schema normals_schema = {
    .size = sizeof(struct normals_settings), FIELDS(normals_fields)};
