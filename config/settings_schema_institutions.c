// The fields of settings' `institutions`: who reports, and to whom (arts. 14, 19).
#include "config/settings_check.h"

#include <string.h>

#define INSTITUTION(member, field_type)                                                            \
    .type = field_type, .live = true, FIELD_AT(struct institution_settings, member)
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

static const struct field institution_fields[] = {
    {.name = "id",
        .type = FIELD_TEXT,
        FIELD_AT(struct institution_settings, id),
        .help = "Id in settings and names of ledgers: letters, digits, . _ -"},
    {.name = "name",
        INSTITUTION(name, FIELD_TEXT),
        .help = "Full name of the reporting institution (art. 19)"},
    {.name = "code",
        INSTITUTION(code, FIELD_TEXT),
        .help = "Its code in the PBOC's register; empty: a person must fill it in"},
    {.name = "type",
        INSTITUTION(type, FIELD_CHOICE),
        .choices = institution_types,
        .help = "What it is (art. 14): decides who receives the reports"},
    {.name = "level",
        INSTITUTION(level, FIELD_CHOICE),
        .choices = levels,
        .help = "head_office or branch"},
    {.name = "systemic",
        INSTITUTION(systemic, FIELD_BOOLEAN),
        .help = "系统重要性: of a city_bank or payment institution"},
    {.name = "systemic_source",
        INSTITUTION(systemic_source, FIELD_TEXT),
        .help = "By which list, of which date"},
    {.name = "domicile",
        INSTITUTION(domicile, FIELD_TEXT),
        .help = "The PBOC branch of its domicile (住所地); of a pboc_branch the superior one"},
    {.name = "report_to",
        INSTITUTION(report_to, FIELD_TEXT),
        .help = "Who receives the reports; empty: as art. 14 says of its type"},
    {.name = "reporter",
        INSTITUTION(reporter, FIELD_TEXT),
        .help = "报告人; empty: a person must fill it in"},
    {.name = "contact",
        INSTITUTION(contact, FIELD_TEXT),
        .help = "联系方式; empty: a person must fill it in"},
    {.name = "annexes",
        .type = FIELD_RECORDS,
        .live = true,
        FIELD_LIST(struct institution_settings, annexes, annex_count),
        .schema = &annex_schema,
        .help = "Branches that report as well when their province is hit"},
};

const struct schema institution_schema = {
    .size = sizeof(struct institution_settings), FIELDS(institution_fields)};

static bool is_empty(const char *text)
{
    return text != NULL && text[0] == '\0';
}

static bool text_check(char *const *text, const char *key, struct mistakes *mistakes)
{
    if (is_empty(*text)) {
        mistake_at(mistakes, text, "%s must not be empty", key);
    }
    return !is_empty(*text);
}

static bool is_same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

// The id stands in the name of a file.
static bool id_check(const struct settings *settings, size_t index, struct mistakes *mistakes)
{
    char *const *id = &settings->institutions[index].id;
    if (*id == NULL) {
        return true;
    }
    if (!name_is_good(*id)) {
        mistake_at(mistakes, id, "id must be 1 to %d letters, digits or . _ -, found \"%.80s\"",
            NAME_MAX, *id);
        return false;
    }
    for (size_t i = 0; i < index; i++) {
        if (is_same_text(settings->institutions[i].id, *id)) {
            mistake_at(mistakes, id, "duplicate institution id \"%s\"", *id);
            return false;
        }
    }
    return true;
}

static bool is_named(const struct settings *settings, const char *id)
{
    for (size_t i = 0; i < settings->network_count; i++) {
        if (is_same_text(settings->networks[i].institution_id, id)) {
            return true;
        }
    }
    return false;
}

static bool institution_check(
    const struct settings *settings, size_t index, struct mistakes *mistakes)
{
    const struct institution_settings *one = &settings->institutions[index];
    bool good = id_check(settings, index, mistakes);
    good &= text_check(&one->name, "name", mistakes);
    good &= text_check(&one->domicile, "domicile", mistakes);
    if (one->systemic && is_empty(one->systemic_source)) {
        mistake_at(mistakes, &one->systemic_source,
            "systemic_source must name the list and its date when systemic is true");
        good = false;
    }
    for (size_t i = 0; i < one->annex_count; i++) {
        good &= text_check(&one->annexes[i].report_to, "report_to", mistakes);
    }
    if (one->id != NULL && settings->network_count > 0 && !is_named(settings, one->id)) {
        mistake_at(mistakes, &one->id, "institution \"%.80s\" has no network", one->id);
        good = false;
    }
    return good;
}

static bool network_resolve(
    const struct settings *settings, struct network_settings *network, struct mistakes *mistakes)
{
    for (size_t i = 0; i < settings->institution_count; i++) {
        if (is_same_text(settings->institutions[i].id, network->institution_id)) {
            network->institution = (uint16_t)i;
            return true;
        }
    }
    if (network->institution_id != NULL) {
        mistake_at(mistakes, &network->institution_id, "unknown institution \"%.80s\"",
            network->institution_id);
    }
    return network->institution_id == NULL; // then it has its mistake already
}

// A table of volumes names networks, and an export holds it whole.
static bool normals_check(const struct settings *settings, size_t index, struct mistakes *mistakes)
{
    const struct network_settings *network = &settings->networks[index];
    for (size_t i = 0; i < index && network->normals_path != NULL; i++) {
        const struct network_settings *other = &settings->networks[i];
        if (!is_empty(network->normals_path) &&
            is_same_text(network->normals_path, other->normals_path) &&
            !is_same_text(network->institution_id, other->institution_id)) {
            mistake_at(mistakes, &network->normals_path,
                "network \"%.80s\" of another institution has the same file: each has its own",
                other->id == NULL ? "" : other->id);
            return false;
        }
    }
    return true;
}

bool institutions_check(struct settings *settings, struct mistakes *mistakes)
{
    bool good = true;
    size_t count = settings->institution_count;
    if (!mistakes_has_value(mistakes, &settings->institutions)) {
        return true;
    }
    if (count == 0 || count > INSTITUTIONS_MAX) {
        mistake_at(mistakes, &settings->institutions, "institutions must be 1 to %d, found %zu",
            INSTITUTIONS_MAX, count);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        good &= institution_check(settings, i, mistakes);
    }
    for (size_t i = 0; i < settings->network_count; i++) {
        good &= network_resolve(settings, &settings->networks[i], mistakes);
        good &= normals_check(settings, i, mistakes);
    }
    return good;
}
