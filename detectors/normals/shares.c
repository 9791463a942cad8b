// The normal volume B of a group, split over its links.
//
// A group may have several links, each with a mirror of its own, and B is known of all of them
// together. Its usual share by link is learned from what arrives while all of its mirrors live
// (which is known a minute later), and stands still while one does not: what the dead one would
// have shown does not move to the others. Of a living link B's share counts as far as its coverage
// lets see (B * c); of a dead one it is unknown, but for the demand that is
// seen all the same (answers without requests).
//
// Before anything was learned the links are one: their bytes together say c.
#include "detectors/normals/memory.h"

#define USUAL_MOST (1 << 20) // intents that the shares are made of; older ones count half

static int64_t usual_total(const struct group *group)
{
    int64_t total = 0;
    for (size_t i = 0; i < group->lane_count; i++) {
        total += group->lanes[i].usual;
    }
    return total;
}

int64_t coverage_apply(int64_t normal_milli, int64_t seen_bytes, int64_t missing_bytes)
{
    __int128 all = (__int128)seen_bytes + missing_bytes;
    if (missing_bytes <= 0 || all <= 0) {
        return normal_milli;
    }
    return (int64_t)(((__int128)normal_milli * seen_bytes + all / 2) / all);
}

static int64_t lane_demand(
    const struct normals *normals, const struct group *group, size_t lane, int64_t bucket)
{
    int64_t demand = 0;
    for (int64_t s = bucket * normals->bucket_s; s < (bucket + 1) * normals->bucket_s; s++) {
        demand += group->lanes[lane].demand[(size_t)s % ring_seconds(normals, group)];
    }
    return demand;
}

// Whether all mirrors lived in the bucket, and were seen to live in the minute behind it.
static bool was_whole(
    const struct normals *normals, const struct group *group, int64_t bucket, int64_t ended)
{
    bool whole = true;
    for (size_t i = 0; i < group->lane_count; i++) {
        uint16_t link = group->lanes[i].link;
        whole &= !mirror_is_dead(normals, link, bucket) && mirror_is_alive(normals, link, ended);
    }
    return whole;
}

void shares_learn(const struct normals *normals, struct group *group, int64_t ended)
{
    int64_t bucket = ended - (ALIVE_S - 1) / normals->bucket_s - 1;
    if (slot_find(normals, group, bucket) == NULL || !was_whole(normals, group, bucket, ended)) {
        return;
    }
    for (size_t i = 0; i < group->lane_count; i++) {
        group->lanes[i].usual += lane_demand(normals, group, i, bucket);
    }
    bool halve = usual_total(group) > USUAL_MOST;
    for (size_t i = 0; halve && i < group->lane_count; i++) {
        group->lanes[i].usual /= 2;
    }
}

// Without a table: what all links together would have had, by the demand of the living ones.
static int64_t attempts_milli(
    const struct normals *normals, const struct group *group, int64_t bucket)
{
    int64_t demand = 0, usual = 0;
    for (size_t i = 0; i < group->lane_count; i++) {
        if (!mirror_is_dead(normals, group->lanes[i].link, bucket)) {
            demand += lane_demand(normals, group, i, bucket);
            usual += group->lanes[i].usual;
        }
    }
    return usual == 0 ? 0 : (int64_t)((__int128)demand * 1000 * usual_total(group) / usual);
}

// Of the bucket's demand: all of it on one link, or at one site.
static void place_fill(
    const struct normals *normals, const struct group *group, int64_t bucket, struct normal *ret)
{
    const struct network_memory *memory = &normals->networks[group->network];
    bool several_links = false, several_sites = false;
    ret->only_link = LINK_NONE;
    ret->only_site = SITE_NONE;
    if (memory->only_links[group->function] != LINKS_SEVERAL || !group_is_of_province(group)) {
        return;
    }
    for (size_t i = 0; i < group->lane_count; i++) {
        uint16_t link = group->lanes[i].link, site = normals->settings->links[link].site;
        if (lane_demand(normals, group, i, bucket) > 0) {
            several_links |= ret->only_link != LINK_NONE;
            several_sites |= ret->only_site != SITE_NONE && ret->only_site != site + 1;
            ret->only_link = link + 1;
            ret->only_site = site + 1;
        }
    }
    ret->only_link = several_links ? LINK_NONE : ret->only_link;
    ret->only_site = several_sites ? SITE_NONE : ret->only_site;
}

static void lane_fill(const struct normals *normals, const struct group *group, size_t lane,
    int64_t bucket, int64_t share_milli, struct normal *ret)
{
    uint16_t link = group->lanes[lane].link;
    const struct mirror *mirror = mirror_find(normals, link, bucket);
    bool alive = mirror_is_alive(normals, link, bucket);
    bool quiet = mirror == NULL || mirror->alive_frames == 0;
    int64_t covered_milli = !alive ? 0
                            : mirror == NULL
                                ? share_milli
                                : coverage_apply(share_milli, mirror->seen_request_bytes,
                                      mirror->missing_request_bytes);
    ret->covered_milli += ret->basis != BASIS_ATTEMPTS ? covered_milli : 0;
    ret->quiet_milli += ret->basis != BASIS_ATTEMPTS && quiet ? covered_milli : 0;
    if (mirror_is_dead(normals, link, bucket)) {
        int64_t known = lane_demand(normals, group, lane, bucket) * 1000;
        known = known > covered_milli ? known : covered_milli;
        ret->dark_milli += share_milli > known ? share_milli - known : 0;
    }
}

void shares_fill(
    const struct normals *normals, const struct group *group, int64_t bucket, struct normal *ret)
{
    int64_t total = usual_total(group), whole_milli = ret->normal_milli;
    place_fill(normals, group, bucket, ret);
    if (total == 0) {
        ret->covered_milli =
            coverage_apply(whole_milli, ret->seen_request_bytes, ret->missing_request_bytes);
        ret->quiet_milli = ret->alive_frames == 0 ? ret->covered_milli : 0;
        return;
    }
    if (ret->basis == BASIS_ATTEMPTS) {
        whole_milli = ret->dead ? attempts_milli(normals, group, bucket) : 0;
    }
    int64_t usual = 0, before_milli = 0;
    for (size_t i = 0; i < group->lane_count; i++) { // rounded so that the shares sum up to B
        usual += group->lanes[i].usual;
        int64_t up_to_milli = (int64_t)((__int128)whole_milli * usual / total);
        lane_fill(normals, group, i, bucket, up_to_milli - before_milli, ret);
        before_milli = up_to_milli;
    }
}
