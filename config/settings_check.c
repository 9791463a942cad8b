#include "config/settings_check.h"

#include <stdlib.h>
#include <string.h>

#define SITES_MAX  250 // cells keep the site in 8 bits
#define RANGES_MAX 256 // of one side of a link

struct check {
    struct settings *settings;
    struct mistakes *mistakes;
    bool good;
};

#define REFUSE(check, value, ...)                                                                  \
    ((check)->good = false, mistake_at((check)->mistakes, (value), __VA_ARGS__))

// Kafka takes no other characters in a topic.
bool name_is_good(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(name);
    return length > 0 && length <= NAME_MAX && strspn(name, allowed) == length;
}

static void name_check(struct check *check, char *const *name, const char *key)
{
    if (*name != NULL && !name_is_good(*name)) {
        REFUSE(check, name, "%s must be 1 to %d letters, digits or . _ -, found \"%.80s\"", key,
            NAME_MAX, *name);
    }
}

static void not_empty_check(struct check *check, char *const *text, const char *key)
{
    if (*text != NULL && **text == '\0') {
        REFUSE(check, text, "%s must not be empty", key);
    }
}

// A limit as in the ids of a list: the first of two equal texts keeps its right.
static bool is_same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

// ---- networks -----------------------------------------------------------------------------------

static void special_class_check(struct check *check, const struct network_settings *network)
{
    for (size_t i = 0; i < network->special_class_count; i++) {
        if (network->special_class[i] == SPECIAL_NOT && network->special_class_count > 1) {
            REFUSE(check, &network->special_class[i],
                "special_class: not_special cannot stand beside a reason");
        }
    }
}

// An hour, as long as no other length stands with the document that lays it down.
static int64_t slot_s_of(const struct peak_settings *peak)
{
    bool documented = peak->method != NULL && *peak->method != '\0';
    bool good = peak->slot_ns > 0 && S_PER_HOUR * NS_PER_S % peak->slot_ns == 0;
    return documented && good ? peak->slot_ns / NS_PER_S : S_PER_HOUR;
}

// Art. 31(3) counts the share of an hour in the year's volume: a threshold of 3 % means something
// else for any other length of slot.
static void peak_hours_check(struct check *check, const struct network_settings *network)
{
    int64_t slot_s = slot_s_of(&check->settings->normals.peak);
    for (size_t i = 0; i < network->peak_hours_count; i++) {
        const struct hours *hours = &network->peak_hours[i];
        if (!mistakes_has_value(check->mistakes, hours)) {
            continue;
        }
        if (hours->from_s % slot_s != 0 || hours->to_s % slot_s != 0) {
            REFUSE(check, hours,
                "peak_hours must be whole clock %s: art. 31(3) measures hours, and slots of "
                "another length than 60 min are refused without a documented method",
                slot_s == S_PER_HOUR ? "hours" : "slots of the documented length");
        }
        for (size_t j = 0; j < i; j++) {
            const struct hours *other = &network->peak_hours[j];
            if (hours->from_s < other->to_s && other->from_s < hours->to_s) {
                REFUSE(check, hours, "peak_hours overlap");
                break;
            }
        }
    }
}

static bool network_has_link(const struct settings *settings, const char *id)
{
    for (size_t i = 0; i < settings->link_count; i++) {
        if (is_same_text(settings->links[i].network_id, id)) {
            return true;
        }
    }
    return false;
}

static void network_check(struct check *check, size_t index)
{
    const struct settings *settings = check->settings;
    const struct network_settings *network = &settings->networks[index];
    name_check(check, &network->id, "id");
    not_empty_check(check, &network->name, "name");
    not_empty_check(check, &network->functions_path, "functions");
    not_empty_check(check, &network->response_codes_path, "response_codes");
    special_class_check(check, network);
    peak_hours_check(check, network);
    for (size_t i = 0; i < index; i++) {
        if (is_same_text(settings->networks[i].id, network->id)) {
            REFUSE(check, &network->id, "duplicate network id \"%s\"", network->id);
            break;
        }
    }
    if (network->id != NULL && !network_has_link(settings, network->id)) {
        REFUSE(check, &network->id, "network \"%s\" has no link", network->id);
    }
}

// ---- links --------------------------------------------------------------------------------------

static bool is_same_range(const struct address_range *a, const struct address_range *b)
{
    return memcmp(a->address, b->address, sizeof(a->address)) == 0 &&
           a->prefix_bits == b->prefix_bits && a->port == b->port;
}

static bool has_range(
    const struct address_range *ranges, size_t count, const struct address_range *range)
{
    for (size_t i = 0; i < count; i++) {
        if (is_same_range(&ranges[i], range)) {
            return true;
        }
    }
    return false;
}

// Whether two lists hold the same ranges, in any order.
static bool is_same_side(
    const struct address_range *a, size_t a_count, const struct address_range *b, size_t b_count)
{
    for (size_t i = 0; i < a_count; i++) {
        if (!has_range(b, b_count, &a[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < b_count; i++) {
        if (!has_range(a, a_count, &b[i])) {
            return false;
        }
    }
    return true;
}

static bool has_same_vlans(const struct link_settings *a, const struct link_settings *b)
{
    if (a->vlan_count != b->vlan_count) {
        return false;
    }
    for (size_t i = 0; i < a->vlan_count; i++) {
        bool found = false;
        for (size_t j = 0; j < b->vlan_count; j++) {
            found |= a->vlans[i] == b->vlans[j];
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

// Nothing could tell the packets of two such links apart, whichever side is called ours.
static bool has_same_ranges(const struct link_settings *a, const struct link_settings *b)
{
    bool same = is_same_side(a->ours, a->ours_count, b->ours, b->ours_count) &&
                is_same_side(a->theirs, a->theirs_count, b->theirs, b->theirs_count);
    bool crossed = is_same_side(a->ours, a->ours_count, b->theirs, b->theirs_count) &&
                   is_same_side(a->theirs, a->theirs_count, b->ours, b->ours_count);
    return (same || crossed) && has_same_vlans(a, b);
}

static bool has_good_ranges(const struct check *check, const struct link_settings *link)
{
    bool good = link->ours_count > 0 && link->ours_count <= RANGES_MAX && link->theirs_count > 0 &&
                link->theirs_count <= RANGES_MAX;
    for (size_t i = 0; good && i < link->ours_count; i++) {
        good = mistakes_has_value(check->mistakes, &link->ours[i]);
    }
    for (size_t i = 0; good && i < link->theirs_count; i++) {
        good = mistakes_has_value(check->mistakes, &link->theirs[i]);
    }
    return good;
}

static void side_check(
    struct check *check, struct address_range *const *ranges, size_t count, const char *key)
{
    if (mistakes_has_value(check->mistakes, ranges) && (count == 0 || count > RANGES_MAX)) {
        REFUSE(
            check, ranges, "%s must be 1 to %d address ranges, found %zu", key, RANGES_MAX, count);
    }
}

static void ranges_check(struct check *check, size_t index)
{
    const struct link_settings *link = &check->settings->links[index];
    side_check(check, &link->ours, link->ours_count, "ours");
    side_check(check, &link->theirs, link->theirs_count, "theirs");
    if (!has_good_ranges(check, link)) {
        return;
    }
    for (size_t i = 0; i < link->theirs_count; i++) {
        if (has_range(link->ours, link->ours_count, &link->theirs[i])) {
            REFUSE(check, &link->theirs[i], "the same range is in ours and in theirs");
        }
    }
    for (size_t i = 0; i < index; i++) {
        const struct link_settings *other = &check->settings->links[i];
        if (has_good_ranges(check, other) && has_same_ranges(link, other)) {
            REFUSE(check, &link->ours, "links \"%s\" and \"%s\" have the same ranges and VLANs",
                other->id == NULL ? "" : other->id, link->id == NULL ? "" : link->id);
            break;
        }
    }
}

static void sources_check(struct check *check, const struct link_settings *link)
{
    if (mistakes_has_value(check->mistakes, &link->province_sources) &&
        link->province_source_count == 0 && is_same_text(link->province_overrides_path, "")) {
        REFUSE(check, &link->province_sources,
            "province_sources and province_overrides are both empty: no province would be known");
    }
    for (size_t i = 0; i < link->province_source_count; i++) {
        const int64_t *field = &link->province_sources[i].field;
        if (!mistakes_has_value(check->mistakes, field)) {
            continue;
        }
        if (*field != 42 && *field != 32 && *field != 33) {
            REFUSE(check, field, "field must be 42, 32 or 33, found %lld", (long long)*field);
        }
        for (size_t j = 0; j < i; j++) {
            if (link->province_sources[j].field == *field) {
                REFUSE(check, field, "duplicate province source: field %lld", (long long)*field);
                break;
            }
        }
    }
}

static void network_resolve(struct check *check, struct link_settings *link)
{
    const struct settings *settings = check->settings;
    for (size_t i = 0; i < settings->network_count; i++) {
        if (is_same_text(settings->networks[i].id, link->network_id)) {
            link->network = (uint16_t)i;
            return;
        }
    }
    if (link->network_id != NULL) {
        REFUSE(check, &link->network_id, "unknown network \"%.80s\"", link->network_id);
    }
}

static void site_resolve(struct check *check, struct link_settings *link)
{
    struct settings *settings = check->settings;
    if (link->site_name == NULL || *link->site_name == '\0') {
        return;
    }
    for (size_t i = 0; i < settings->site_count; i++) {
        if (strcmp(settings->sites[i], link->site_name) == 0) {
            link->site = (uint16_t)i;
            return;
        }
    }
    char *name = settings->site_count < SITES_MAX ? strdup(link->site_name) : NULL;
    char **sites =
        name == NULL ? NULL : realloc(settings->sites, (settings->site_count + 1) * sizeof(*sites));
    if (sites == NULL) {
        free(name);
        REFUSE(check, &link->site_name, "more than %d sites", SITES_MAX);
        return;
    }
    settings->sites = sites;
    link->site = (uint16_t)settings->site_count;
    sites[settings->site_count++] = name;
}

static void link_check(struct check *check, size_t index)
{
    struct link_settings *link = &check->settings->links[index];
    name_check(check, &link->id, "id");
    not_empty_check(check, &link->site_name, "site");
    not_empty_check(check, &link->dialect_path, "dialect");
    for (size_t i = 0; i < index; i++) {
        if (is_same_text(check->settings->links[i].id, link->id)) {
            REFUSE(check, &link->id, "duplicate link id \"%s\"", link->id);
            break;
        }
    }
    network_resolve(check, link);
    site_resolve(check, link);
    ranges_check(check, index);
    sources_check(check, link);
}

// ---- the rest -----------------------------------------------------------------------------------

// A share of 3 % is meant for hours: of slots of 15 minutes none has as much, of a flat day all
// hours do (art. 31(3)). Another length is 其他合理计算方式, which the bank must have written down.
static void peak_check(struct check *check)
{
    const struct peak_settings *peak = &check->settings->normals.peak;
    if (!mistakes_has_value(check->mistakes, &peak->slot_ns)) {
        return;
    }
    if (S_PER_HOUR * NS_PER_S % peak->slot_ns != 0 ||
        peak->slot_ns % (DAY_SLOT_S * NS_PER_S) != 0) {
        REFUSE(check, &peak->slot_ns,
            "peak slot must be 5, 10, 15, 20, 30 or 60 min: clock slots that divide an hour");
    } else if (peak->slot_ns != S_PER_HOUR * NS_PER_S && is_same_text(peak->method, "")) {
        REFUSE(check, &peak->slot_ns,
            "peak slots of another length than 60 min are refused without a documented method: "
            "art. 31(3) measures hours, and 3 %% of a day is more than any equal share of them");
    }
}

static void outages_check(struct check *check)
{
    const struct outages_settings *outages = &check->settings->outages;
    if (outages->calm_percent > outages->impaired_percent &&
        mistakes_has_value(check->mistakes, &outages->impaired_percent)) {
        REFUSE(check, &outages->calm_percent, "calm_percent is at most impaired_percent");
    }
    if (!mistakes_has_value(check->mistakes, &outages->bucket_ns)) {
        return;
    }
    if (outages->bucket_ns % NS_PER_S != 0 || 60 * NS_PER_S % outages->bucket_ns != 0) {
        REFUSE(check, &outages->bucket_ns,
            "bucket must be a whole number of seconds that divides a minute");
    } else if (mistakes_has_value(check->mistakes, &outages->merge_ns) &&
               outages->merge_ns % outages->bucket_ns != 0) {
        REFUSE(check, &outages->merge_ns, "merge must be a multiple of the bucket");
    }
}

static void ports_check(struct check *check)
{
    const struct ports_settings *ports = &check->settings->ports;
    bool known = mistakes_has_value(check->mistakes, &ports->buffers) &&
                 mistakes_has_value(check->mistakes, &ports->queues) &&
                 mistakes_has_value(check->mistakes, &ports->descriptors);
    if (known && ports->buffers <= ports->queues * ports->descriptors) {
        REFUSE(check, &ports->buffers, "buffers must be more than queues x descriptors, %lld",
            (long long)(ports->queues * ports->descriptors));
    }
}

static void sizes_check(struct check *check)
{
    const struct packets_settings *packets = &check->settings->packets;
    const struct transactions_settings *transactions = &check->settings->transactions;
    if (mistakes_has_value(check->mistakes, &packets->hold_ns) &&
        mistakes_has_value(check->mistakes, &packets->disorder_ns) &&
        packets->hold_ns < packets->disorder_ns) {
        REFUSE(check, &packets->hold_ns, "hold must not be shorter than disorder");
    }
    if (mistakes_has_value(check->mistakes, &transactions->pool_bytes) &&
        mistakes_has_value(check->mistakes, &transactions->held_bytes) &&
        transactions->pool_bytes < transactions->held_bytes) {
        REFUSE(check, &transactions->pool_bytes, "pool_bytes must not be less than held_bytes");
    }
}

static void intents_check(struct check *check)
{
    const int64_t *within_ns = &check->settings->intents.served_within_ns;
    if (mistakes_has_value(check->mistakes, within_ns) && *within_ns % NS_PER_S != 0) {
        REFUSE(check, within_ns, "served_within must be whole seconds");
    }
}

static void rulebooks_check(struct check *check)
{
    const struct grades_settings *grades = &check->settings->grades;
    if (mistakes_has_value(check->mistakes, &grades->rulebook_paths) &&
        grades->rulebook_count == 0) {
        REFUSE(check, &grades->rulebook_paths, "rulebooks must name at least one file");
    }
    for (size_t i = 0; i < grades->rulebook_count; i++) {
        not_empty_check(check, &grades->rulebook_paths[i], "rulebooks");
    }
    for (size_t i = 0; i < grades->overlay_count; i++) {
        not_empty_check(check, &grades->overlay_paths[i], "overlays");
    }
}

static void cii_resolve(struct check *check)
{
    struct settings *settings = check->settings;
    for (size_t i = 0; i < settings->grades.cii_count; i++) {
        char *const *id = &settings->grades.cii_networks[i];
        bool found = false;
        for (size_t n = 0; n < settings->network_count; n++) {
            if (is_same_text(settings->networks[n].id, *id)) {
                settings->networks[n].cii = found = true;
            }
        }
        if (!found && *id != NULL) {
            REFUSE(check, id, "cii names no network: \"%.80s\"", *id);
        }
    }
}

// Behind the links, from which the data centres' names come.
static void zones_check(struct check *check)
{
    const struct settings *settings = check->settings;
    for (size_t i = 0; i < settings->incidents.zone_count; i++) {
        const struct zone_settings *zone = &settings->incidents.zones[i];
        not_empty_check(check, &zone->name, "name");
        for (size_t j = 0; j < zone->site_count; j++) {
            bool found = false;
            for (size_t s = 0; s < settings->site_count; s++) {
                found |= is_same_text(settings->sites[s], zone->sites[j]);
            }
            if (!found && zone->sites[j] != NULL) {
                REFUSE(check, &zone->sites[j], "zone \"%.80s\": no link has the site \"%.80s\"",
                    zone->name == NULL ? "" : zone->name, zone->sites[j]);
            }
        }
    }
}

static void lists_check(struct check *check)
{
    struct settings *settings = check->settings;
    bool has_networks = mistakes_has_value(check->mistakes, &settings->networks);
    bool has_links = mistakes_has_value(check->mistakes, &settings->links);
    if (has_networks && (settings->network_count == 0 || settings->network_count > NETWORKS_MAX)) {
        REFUSE(check, &settings->networks, "networks must be 1 to %d, found %zu", NETWORKS_MAX,
            settings->network_count);
        has_networks = false;
    }
    if (has_links && (settings->link_count == 0 || settings->link_count > LINKS_MAX)) {
        REFUSE(check, &settings->links, "links must be 1 to %d, found %zu", LINKS_MAX,
            settings->link_count);
        has_links = false;
    }
    if (!has_networks || !has_links) {
        return;
    }
    for (size_t i = 0; i < settings->network_count; i++) {
        network_check(check, i);
    }
    for (size_t i = 0; i < settings->link_count; i++) {
        link_check(check, i);
    }
}

bool settings_check(struct settings *settings, struct mistakes *mistakes)
{
    struct check check = {.settings = settings, .mistakes = mistakes, .good = true};
    name_check(&check, &settings->sensor, "sensor");
    not_empty_check(&check, &settings->ledger.folder, "folder");
    not_empty_check(&check, &settings->regions_path, "regions");
    lists_check(&check);
    check.good &= institutions_check(settings, mistakes);
    peak_check(&check);
    outages_check(&check);
    check.good &= persons_check(&settings->persons, mistakes);
    check.good &= calls_check(&settings->calls, mistakes);
    check.good &= evidence_check(&settings->evidence, mistakes);
    rulebooks_check(&check);
    cii_resolve(&check);
    zones_check(&check);
    name_check(&check, &settings->kafka.topic_prefix, "topic_prefix");
    check.good &= kafka_check(&settings->kafka, mistakes);
    ports_check(&check);
    sizes_check(&check);
    intents_check(&check);
    return check.good;
}
