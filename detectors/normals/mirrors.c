#include "detectors/normals/memory.h"

#include <string.h>

#define ANSWERS_LEARNED 1000 // before so many answers a link's latency is not known
// Half of a link's connections that end in one bucket are a wave, if as many end in no ordinary
// two minutes; a single one is not, unless it is the link's only one.
#define WAVE_PERCENT 50
#define POOR_PERCENT 5 // of the bytes missing: a poor mirror

static size_t mirror_slots(const struct normals *normals, uint16_t link)
{
    return normals->networks[normals->settings->links[link].network].slots;
}

struct mirror *mirror_at(struct normals *normals, uint16_t link, int64_t bucket)
{
    size_t slots = mirror_slots(normals, link);
    struct mirror *mirror = &normals->links[link].mirrors[(size_t)bucket % slots];
    if (mirror->bucket > bucket) {
        return NULL;
    }
    if (mirror->bucket < bucket) {
        *mirror = (struct mirror){.bucket = bucket};
    }
    return mirror;
}

static void mirror_changed(struct network_memory *memory, struct mirror *mirror)
{
    mirror->changed = true;
    if (mirror->bucket < memory->changed_from) {
        memory->changed_from = mirror->bucket;
    }
    if (mirror->bucket > memory->changed_to) {
        memory->changed_to = mirror->bucket;
    }
}

int64_t latency_overdue_ns(
    const int64_t latency[static LATENCY_CLASSES], int64_t answers, int64_t limit_ns)
{
    int64_t below = 0;
    if (answers < ANSWERS_LEARNED) {
        return limit_ns;
    }
    for (int i = 0; i < LATENCY_CLASSES - 1; i++) {
        below += latency[i];
        if (below * 1000 >= answers * 999) {
            int64_t end_ns = (2LL << i) * (NS_PER_MS / 10);
            return end_ns < limit_ns ? end_ns : limit_ns;
        }
    }
    return limit_ns;
}

static void latency_learn(struct link_memory *link, const struct link_counts *counts)
{
    int64_t answers = 0;
    for (int i = 0; i < LATENCY_CLASSES; i++) {
        link->latency[i] += counts->latency[i];
        answers += counts->latency[i];
    }
    if (answers > 0) {
        link->answers += answers;
        link->overdue_ns = latency_overdue_ns(link->latency, link->answers, link->limit_ns);
    }
}

bool link_misses_requests(const struct link_memory *link, int64_t cohort_s)
{
    int64_t limit_s = (link->limit_ns + NS_PER_S - 1) / NS_PER_S;
    for (int64_t s = cohort_s - limit_s; s <= cohort_s; s++) {
        if (link->missing_second[(size_t)s % link->seconds_kept] == s) {
            return true;
        }
    }
    return false;
}

// Request bytes are missing: answers of the next time limit may belong to requests that were not
// seen.
static void requests_missing(struct normals *normals, uint16_t link, int64_t second)
{
    struct link_memory *memory = &normals->links[link];
    memory->missing_second[(size_t)second % memory->seconds_kept] = second;
    int64_t last_s = second + (memory->limit_ns + NS_PER_S - 1) / NS_PER_S;
    for (int64_t b = second / normals->bucket_s; b <= last_s / normals->bucket_s; b++) {
        struct mirror *mirror =
            b * normals->bucket_s > normals->tick_s ? NULL : mirror_at(normals, link, b);
        if (mirror != NULL) {
            mirror_changed(&normals->networks[normals->settings->links[link].network], mirror);
        }
    }
}

// Answer bytes that are missing in a second may have belonged to the requests of every bucket whose
// [start, end + time limit) holds the second.
static void answers_missing(struct normals *normals, uint16_t link, int64_t second, int64_t bytes)
{
    struct network_memory *memory = &normals->networks[normals->settings->links[link].network];
    int64_t limit_s = (memory->limit_ns + NS_PER_S - 1) / NS_PER_S;
    int64_t first = (second - limit_s) / normals->bucket_s;
    if ((first + 1) * normals->bucket_s + limit_s <= second) {
        first++;
    }
    for (int64_t b = first < 0 ? 0 : first; b <= second / normals->bucket_s; b++) {
        struct mirror *mirror = mirror_at(normals, link, b);
        if (mirror != NULL) {
            mirror->missing_answer_bytes += bytes;
            mirror_changed(memory, mirror);
        }
    }
}

// Whether so much of the last minute's bytes is missing that an echo without an answer proves
// nothing: the answer may be what was not seen, and when nothing comes behind it nobody will know.
static bool mirror_is_poor(const struct normals *normals, uint16_t link, int64_t bucket)
{
    int64_t seen = 0, missing = 0;
    for (int64_t b = bucket; b >= 0 && b >= bucket - ALIVE_S / normals->bucket_s; b--) {
        const struct mirror *mirror = mirror_find(normals, link, b);
        if (mirror != NULL) {
            seen += mirror->seen_request_bytes + mirror->seen_answer_bytes;
            missing += mirror->missing_request_bytes + mirror->unseen_answer_bytes;
        }
    }
    return missing * 100 > (seen + missing) * POOR_PERCENT;
}

static void mirror_add(struct mirror *mirror, const struct link_counts *counts, bool poor)
{
    int64_t unanswered = (int64_t)counts->syn_retries + (poor ? 0 : counts->management_unanswered);
    mirror->seen_request_bytes += counts->seen_request_bytes;
    mirror->missing_request_bytes += counts->missing_request_bytes;
    mirror->seen_answer_bytes += counts->seen_answer_bytes;
    mirror->unseen_answer_bytes += counts->missing_answer_bytes;
    mirror->alive_frames += counts->frames;
    mirror->resets += counts->resets;
    mirror->fins += counts->fins;
    mirror->sign_offs += counts->sign_offs;
    mirror->unanswered += unanswered;
    mirror->traces += unanswered + counts->resets + counts->fins + counts->sign_offs;
}

static void minute_close(struct minutes *minutes, int64_t minute)
{
    if (minutes->connections > 0) {
        minutes->last_connections = minutes->connections;
    }
    minutes->usual_ends_milli += (minutes->ends * 1000 - minutes->usual_ends_milli) / 8;
    minutes->minute = minute;
    minutes->connections = minutes->ends = 0;
}

// An orderly end is a FIN of each side.
static int64_t ends_of(int64_t resets, int64_t fins, int64_t unanswered)
{
    return resets + fins / 2 + unanswered;
}

static void minutes_add(
    struct minutes *minutes, const struct link_counts *counts, struct mirror *mirror)
{
    if (counts->second / 60 > minutes->minute) {
        minute_close(minutes, counts->second / 60);
    }
    minutes->connections += counts->connections;
    minutes->ends += ends_of(
        counts->resets, counts->fins, (int64_t)counts->syn_retries + counts->management_unanswered);
    mirror->connections =
        minutes->last_connections > 0 ? minutes->last_connections : minutes->connections;
    mirror->usual_ends = minutes->usual_ends_milli / 1000;
}

// A sign-off ends the business of the whole link.
static bool mirror_has_wave(const struct mirror *mirror)
{
    if (mirror->sign_offs > 0) {
        return true;
    }
    int64_t ends = ends_of(mirror->resets, mirror->fins, mirror->unanswered);
    return ends > 0 && mirror->connections > 0 &&
           (ends - 2 * mirror->usual_ends) * 100 >= mirror->connections * WAVE_PERCENT;
}

void mirrors_add(struct normals *normals, const struct link_counts *counts)
{
    if (counts->link >= normals->settings->link_count) {
        normals->forgotten++;
        return;
    }
    uint16_t network = normals->settings->links[counts->link].network;
    struct link_memory *link = &normals->links[counts->link];
    struct network_memory *memory = &normals->networks[network];
    int64_t kept_s = (int64_t)memory->slots * normals->bucket_s;
    latency_learn(link, counts);
    if (counts->second > normals->tick_s || counts->second <= normals->tick_s - kept_s ||
        counts->second < 0) {
        normals->forgotten++;
        return;
    }
    struct mirror *mirror = mirror_at(normals, counts->link, counts->second / normals->bucket_s);
    if (mirror == NULL) {
        normals->forgotten++;
        return;
    }
    int64_t bucket = counts->second / normals->bucket_s;
    mirror_add(mirror, counts, mirror_is_poor(normals, counts->link, bucket));
    minutes_add(&link->minutes, counts, mirror);
    mirror_changed(memory, mirror);
    if (counts->missing_request_bytes > 0) {
        requests_missing(normals, counts->link, counts->second);
    }
    if (counts->missing_answer_bytes > 0) {
        answers_missing(normals, counts->link, counts->second, counts->missing_answer_bytes);
    }
    if (counts->shortest_answer_bytes > 0 &&
        (memory->shortest_answer_bytes == 0 ||
            counts->shortest_answer_bytes < memory->shortest_answer_bytes)) {
        memory->shortest_answer_bytes = counts->shortest_answer_bytes;
    }
}

const struct mirror *mirror_find(const struct normals *normals, uint16_t link, int64_t bucket)
{
    const struct mirror *mirror =
        &normals->links[link].mirrors[(size_t)bucket % mirror_slots(normals, link)];
    return mirror->bucket == bucket ? mirror : NULL;
}

bool mirror_is_alive(const struct normals *normals, uint16_t link, int64_t bucket)
{
    int64_t back = (ALIVE_S - 1) / normals->bucket_s;
    for (int64_t b = bucket; b >= 0 && b >= bucket - back; b--) {
        const struct mirror *mirror = mirror_find(normals, link, b);
        if (mirror != NULL && mirror->alive_frames > 0) {
            return true;
        }
    }
    return false;
}

bool mirror_is_dead(const struct normals *normals, uint16_t link, int64_t bucket)
{
    const struct mirror *mirror = mirror_find(normals, link, bucket);
    bool one_way =
        mirror != NULL && ((mirror->missing_request_bytes > 0 && mirror->seen_request_bytes == 0) ||
                              (mirror->unseen_answer_bytes > 0 && mirror->seen_answer_bytes == 0));
    return one_way || !mirror_is_alive(normals, link, bucket);
}

static void mirror_fill(
    const struct normals *normals, uint16_t link, int64_t bucket, struct normal *ret)
{
    const struct mirror *mirror = mirror_find(normals, link, bucket);
    ret->dead |= mirror_is_dead(normals, link, bucket);
    if (mirror != NULL) {
        ret->seen_request_bytes += mirror->seen_request_bytes;
        ret->missing_request_bytes += mirror->missing_request_bytes;
        ret->missing_answer_bytes += mirror->missing_answer_bytes;
        ret->alive_frames += mirror->alive_frames;
        ret->wave |= mirror_has_wave(mirror);
        ret->traces += mirror->traces;
    }
}

void mirrors_fill(
    const struct normals *normals, const struct group *group, int64_t bucket, struct normal *ret)
{
    for (size_t i = 0; i < group->lane_count; i++) {
        mirror_fill(normals, group->lanes[i].link, bucket, ret);
    }
    for (uint16_t l = 0; group->lane_count == 0 && l < normals->settings->link_count; l++) {
        if (normals->settings->links[l].network == group->network) {
            mirror_fill(normals, l, bucket, ret);
        }
    }
}
