#include "detectors/json.h"
#include "detectors/normals/normals.h"

#include <jansson.h>

static const char *network_id(const struct settings *settings, uint16_t network)
{
    return network < settings->network_count ? settings->networks[network].id : "";
}

int64_t normal_literal_x10000(const struct normal *normal)
{
    int64_t attempts = normal->demand - normal->excluded - normal->throttled + normal->retries;
    int64_t lost = attempts - normal->succeeded - normal->declined;
    return normal->normal_milli <= 0 || lost <= 0
               ? 0
               : (int64_t)((__int128)lost * 1000 * 10000 / normal->normal_milli);
}

static json_t *normal_json(const struct settings *settings, const struct normal *normal)
{
    char from[INSTANT_TEXT_MAX], province[4];
    const struct network_settings *network = &settings->networks[normal->network];
    snprintf(province, sizeof(province), "%02u", normal->province % PROVINCES);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
        "s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
        "s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:I, s:{s:I, s:I, s:b}}",
        "from", instant_format(normal->from, 3, from), "network",
        network_id(settings, normal->network), "function",
        function_id(&network->functions, normal->function), "province", province, "basis",
        basis_names[normal->basis], "final", normal->final, "normal_milli", normal->normal_milli,
        "low_milli", normal->low_milli, "covered_milli", normal->covered_milli, "quiet_milli",
        normal->quiet_milli, "dark_milli", normal->dark_milli, "demand", normal->demand,
        "succeeded", normal->succeeded, "declined", normal->declined, "failed", normal->failed,
        "unanswered", normal->unanswered, "unobserved", normal->unobserved, "excluded",
        normal->excluded, "throttled", normal->throttled, "reversed", normal->reversed, "slow",
        normal->slow, "planned", normal->planned, "retries", normal->retries, "ungrouped",
        normal->ungrouped, "jumping", normal->jumping, "party_known", normal->party_known,
        "party_failed", normal->party_failed, "others_known", normal->others_known, "others_failed",
        normal->others_failed, "late", normal->late, "open", normal->open, "overdue",
        normal->overdue, "orphans_processed", normal->orphans_processed, "orphans_failed",
        normal->orphans_failed, "seen_request_bytes", normal->seen_request_bytes,
        "missing_request_bytes", normal->missing_request_bytes, "missing_answer_bytes",
        normal->missing_answer_bytes, "shortest_answer_bytes", normal->shortest_answer_bytes,
        "alive_frames", normal->alive_frames, "dead", normal->dead, "wave", normal->wave, "traces",
        normal->traces, "usual", "known", normal->usual.known, "failed", normal->usual.failed,
        "learned", normal->usual.learned);
    if (normal->ungrouped > 0) {
        json_set_text(json, "most_basis", normal->most_permille > 0 ? "learned" : "poisson");
        json_set_integer(json, "most_permille", normal->most_permille);
    }
    if (normal->normal_milli > 0) {
        json_set_integer(json, "literal_pct_x100", normal_literal_x10000(normal));
    }
    if (normal->unit != LABEL_NONE) {
        json_set_text(json, "unit", label_name(&network->units, normal->unit));
    }
    const uint16_t links[] = {normal->link, normal->only_link};
    for (size_t i = 0; i < 2; i++) {
        if (links[i] != LINK_NONE) {
            json_set_text(json, i == 0 ? "link" : "only_link", settings->links[links[i] - 1].id);
        }
    }
    if (normal->only_site != SITE_NONE) {
        json_set_text(json, "only_site", settings->sites[normal->only_site - 1]);
    }
    return json;
}

void normal_print(FILE *out, const struct settings *settings, const struct normal *normal)
{
    json_t *json = normal_json(settings, normal);
    json_dumpf(json, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(json);
}
