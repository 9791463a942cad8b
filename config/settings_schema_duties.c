// The fields of settings' `duties`: to whom reports go (art. 14) and by when (arts. 15 to 17).
#include "config/settings_check.h"

#include <string.h>

#define MIN_NS (60 * NS_PER_S)
#define H_NS   (3600 * NS_PER_S)

#define DUTIES(member, field_type)                                                                 \
    .type = field_type, .live = true, FIELD_AT(struct duties_settings, member)
#define ANNEX(member, field_type) .type = field_type, FIELD_AT(struct annex_settings, member)

static const struct choice institution_types[] = {
    {"policy_bank", INSTITUTION_POLICY_BANK},
    {"state_bank", INSTITUTION_STATE_BANK},
    {"postal_bank", INSTITUTION_POSTAL_BANK},
    {"joint_stock_bank", INSTITUTION_JOINT_STOCK_BANK},
    {"city_bank", INSTITUTION_CITY_BANK},
    {"payment", INSTITUTION_PAYMENT},
    {"personal_credit", INSTITUTION_PERSONAL_CREDIT},
    {"pboc_unit", INSTITUTION_PBOC_UNIT},
    {"pboc_branch", INSTITUTION_PBOC_BRANCH},
    {"securities", INSTITUTION_SECURITIES},
    {"other", INSTITUTION_OTHER},
    {0},
};

static const struct choice levels[] = {
    {"head_office", LEVEL_HEAD_OFFICE}, {"branch", LEVEL_BRANCH}, {0}};

static const struct field annex_fields[] = {
    {.name = "province",
        ANNEX(province, FIELD_INTEGER),
        .min = 11,
        .max = 82,
        .help = "GB/T 2260, two digits"},
    {.name = "name", ANNEX(name, FIELD_TEXT), .help = "The branch there"},
    {.name = "report_to", ANNEX(report_to, FIELD_TEXT), .help = "The PBOC branch of its domicile"},
};

static const struct schema annex_schema = {
    .size = sizeof(struct annex_settings), FIELDS(annex_fields)};

static const struct field duties_fields[] = {
    {.name = "institution_type",
        DUTIES(institution_type, FIELD_CHOICE),
        .choices = institution_types,
        .help = "What the institution is (art. 14): decides who receives the reports"},
    {.name = "level",
        DUTIES(level, FIELD_CHOICE),
        .choices = levels,
        .help = "head_office or branch"},
    {.name = "systemic",
        DUTIES(systemic, FIELD_BOOLEAN),
        .help = "系统重要性: of a city_bank or payment institution"},
    {.name = "systemic_source",
        DUTIES(systemic_source, FIELD_TEXT),
        .help = "By which list, of which date"},
    {.name = "domicile",
        DUTIES(domicile, FIELD_TEXT),
        .help = "The PBOC branch of its domicile (住所地); of a pboc_branch the superior one"},
    {.name = "close_of_business",
        DUTIES(close_of_business_ns, FIELD_DURATION),
        .min = H_NS,
        .max = 24 * H_NS,
        .help = "Since midnight: sealed reports are due by then on their last day"},
    {.name = "immediate",
        DUTIES(immediate_ns, FIELD_DURATION),
        .min = MIN_NS,
        .max = H_NS,
        .help = "What is reported at once (art. 16) is overdue after this"},
    {.name = "annexes",
        .type = FIELD_RECORDS,
        .live = true,
        FIELD_LIST(struct duties_settings, annexes, annex_count),
        .schema = &annex_schema,
        .help = "Branches that report as well when their province is hit"},
};

const struct schema duties_schema = {.size = sizeof(struct duties_settings), FIELDS(duties_fields)};

bool duties_check(const struct duties_settings *duties, struct mistakes *mistakes)
{
    bool good = true;
    if (duties->domicile != NULL && duties->domicile[0] == '\0') {
        mistake_at(mistakes, &duties->domicile, "domicile must not be empty");
        good = false;
    }
    if (duties->systemic && duties->systemic_source != NULL && duties->systemic_source[0] == '\0') {
        mistake_at(mistakes, &duties->systemic_source,
            "systemic_source must name the list and its date when systemic is true");
        good = false;
    }
    for (size_t i = 0; i < duties->annex_count; i++) {
        const struct annex_settings *annex = &duties->annexes[i];
        if (annex->report_to != NULL && annex->report_to[0] == '\0') {
            mistake_at(mistakes, &annex->report_to, "report_to must not be empty");
            good = false;
        }
    }
    return good;
}
