// What a tick has only where the settings ask for it, or business was refused: counterparties,
// codes.
#include "dataplane/counters/counters_scan.h"

#include <string.h>

static bool has_only(struct scan *scan, const char *what, json_t *object, const char *const *names)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!scan_is_one_of(key, names)) {
            return scan_refuse(scan, "%s has no '%.*s'", what, SCAN_QUOTE_BYTES, key);
        }
    }
    return true;
}

// One that the link's table can give.
static bool scan_counterparty_name(
    struct scan *scan, const json_t *object, uint16_t link, char *ret, size_t size)
{
    const struct label_table *table = &scan->settings->links[link].counterparties;
    const char *name = scan_text(scan, object, "counterparty");
    for (size_t i = 1; name != NULL && i <= table->count + 1; i++) {
        if (table->count > 0 && strcmp(label_name(table, (uint16_t)i), name) == 0) {
            memccpy(ret, name, '\0', size);
            return true;
        }
    }
    return scan_refuse(scan, "link '%s' has no counterparty '%.*s'", scan->settings->links[link].id,
        SCAN_QUOTE_BYTES, name == NULL ? "" : name);
}

static bool scan_counterparty(struct scan *scan, json_t *object, struct counterparty_counts *ret)
{
    static const char *const names[] = {"network", "link", "function", "counterparty", "cohort",
        "processed", "failed", "unanswered", NULL};
    bool good = has_only(scan, "a counterparty", object, names) &&
                scan_function_id(scan, object, &ret->network, &ret->link, &ret->function) &&
                scan_link_fits(scan, ret->link, ret->network) &&
                scan_counterparty_name(
                    scan, object, ret->link, ret->counterparty, sizeof(ret->counterparty)) &&
                scan_second(scan, object, "cohort", &ret->cohort_s);
    for (size_t i = 0; good && i < COUNTERPARTY_SUMS; i++) {
        good = scan_small(scan, object, &counterparty_sums[i], INT32_MIN, ret);
    }
    return good;
}

static bool scan_code_text(struct scan *scan, const json_t *object, uint16_t network, uint16_t *ret)
{
    const struct response_codes *table = &scan->settings->networks[network].response_codes;
    const char *text = scan_text(scan, object, "code");
    int number = text == NULL ? -1 : response_code_number((const uint8_t *)text, strlen(text));
    const struct response_code *code = response_code_find(table, number);
    if (code == NULL) {
        return scan_refuse(scan, "network '%s' has no response code '%.*s'",
            scan->settings->networks[network].id, SCAN_QUOTE_BYTES, text == NULL ? "" : text);
    }
    *ret = (uint16_t)(code - table->codes);
    return true;
}

static bool scan_code(struct scan *scan, json_t *object, struct code_counts *ret)
{
    static const char *const names[] = {"network", "link", "function", "province", "site", "unit",
        "cohort", "code", "declined", NULL};
    return has_only(scan, "a code", object, names) && scan_cell_id(scan, object, &ret->cell) &&
           scan_cell_fits(scan, &ret->cell) &&
           scan_code_text(scan, object, ret->cell.network, &ret->code) &&
           scan_second(scan, object, "cohort", &ret->cohort_s) &&
           scan_small(scan, object, &code_sum, INT32_MIN, ret);
}

bool scan_counterparties(struct scan *scan, const json_t *root, int64_t tick_s)
{
    struct counters *counters = scan->counters;
    void *records = NULL;
    if (json_object_get(root, "counterparties") == NULL) {
        return true;
    }
    bool good = scan_array(scan, root, "counterparties", sizeof(*counters->counterparties),
        &records, &counters->counterparty_count);
    counters->counterparties = records;
    for (size_t i = 0; good && i < counters->counterparty_count; i++) {
        struct counterparty_counts *counts = &counters->counterparties[i];
        json_t *object = json_array_get(json_object_get(root, "counterparties"), i);
        good = scan_counterparty(scan, object, counts);
        if (good && counts->cohort_s > tick_s) {
            good = scan_refuse(scan, "a cohort is later than its tick");
        } else if (good && i > 0 && counterparty_counts_compare(counts - 1, counts) >= 0) {
            good = scan_refuse(scan, "the counterparties are not in their order");
        }
    }
    return good;
}

bool scan_codes(struct scan *scan, const json_t *root, int64_t tick_s)
{
    struct counters *counters = scan->counters;
    void *records = NULL;
    if (json_object_get(root, "codes") == NULL) {
        return true;
    }
    bool good =
        scan_array(scan, root, "codes", sizeof(*counters->codes), &records, &counters->code_count);
    counters->codes = records;
    for (size_t i = 0; good && i < counters->code_count; i++) {
        struct code_counts *counts = &counters->codes[i];
        good = scan_code(scan, json_array_get(json_object_get(root, "codes"), i), counts);
        if (good && counts->cohort_s > tick_s) {
            good = scan_refuse(scan, "a cohort is later than its tick");
        } else if (good && i > 0 && code_counts_compare(counts - 1, counts) >= 0) {
            good = scan_refuse(scan, "the codes are not in their order");
        }
    }
    return good;
}
