// From buckets to interruptions: where more than 70 % of the normal business of a (network,
// function, province) was not processed, since when, and whether it goes on.
//
// Every (network, function, province) is a track of buckets, and so is every (network, function)
// and every unit of it, of which impairments alone are told (art. 10(3)). Where a function comes on
// several links, so is every link and site of it: they tell nothing, and decide for provinces of
// which too little is seen. At a tick the buckets that came in are put into their tracks, and
// judged when they are over (judge.c); at the end of every bucket the tracks that still wait for
// something are judged, too, because time decides: a window is over, a recovery has held. When a
// state changed, the interruptions of the track are found anew (interruptions.c, stretches.c). The
// result is rebuilt only when one of the tracks changed.
//
// An interruption is `ongoing` while it is the last one of a track and no recovery has held for
// more than the merge time, every bucket of it decided. Blind and undeterminable buckets neither
// begin nor end an interruption and count as bad time inside it; buckets with too few intents, also
// in the widest window, count as unknown time inside and as recovery when they go on for longer
// than the merge time.
#include "config/memory.h"

#include "detectors/outages/track.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_NS (S_PER_DAY * NS_PER_S)
#define NATION  PROVINCES // the place of a function's sums of all provinces, the parent of theirs
#define PLACES  (PROVINCES + 1) // and behind them one for each unit, site and link

struct outages {
    const struct settings *settings;
    struct track ***tracks;   // [network][function * places + province, NATION, NATION + unit ...]
    size_t *track_counts;     // by network
    size_t *places;           // by network
    size_t *blind_counts;     // of tracks that are, by network
    struct rule rule;         // without limit_ns
    int64_t *limits_ns;       // by network
    int64_t judged;           // number of the first bucket that was not over at the last tick
    bool stale;               // `out` is to be rebuilt
    struct instant oldest_to; // of `out`
    struct interruption *out;
    size_t out_count, out_capacity;
    uint64_t forgotten;
};

struct outages *outages_new(const struct settings *settings)
{
    struct outages *outages = memory_zeroed(1, sizeof(*outages));
    outages->settings = settings;
    outages->tracks = memory_zeroed(settings->network_count + 1, sizeof(struct track **));
    outages->track_counts = memory_zeroed(settings->network_count + 1, sizeof(size_t));
    outages->places = memory_zeroed(settings->network_count + 1, sizeof(size_t));
    outages->blind_counts = memory_zeroed(settings->network_count + 1, sizeof(size_t));
    outages->limits_ns = memory_zeroed(settings->network_count + 1, sizeof(int64_t));
    outages->oldest_to = INSTANT_NEVER;
    outages->rule = (struct rule){.settings = settings,
        .bucket_ns = settings->outages.bucket_ns,
        .merge_ns = settings->outages.merge_ns};
    outages_take_thresholds(outages);
    for (uint16_t n = 0; n < settings->network_count; n++) {
        outages->places[n] = PLACES + settings->networks[n].units.count + settings->site_count +
                             settings->link_count;
        outages->track_counts[n] =
            (settings->networks[n].functions.function_count + 1) * outages->places[n];
        outages->tracks[n] = memory_zeroed(outages->track_counts[n], sizeof(struct track *));
        outages->limits_ns[n] = settings_time_limit_ns(settings, n);
    }
    return outages;
}

void outages_take_thresholds(struct outages *outages)
{
    outages->rule.lost_percent = outages->settings->outages.lost_percent;
    outages->rule.fewest_milli = outages->settings->outages.fewest_intents * 1000;
    outages->rule.impaired_percent = outages->settings->outages.impaired_percent;
    outages->rule.calm_percent = outages->settings->outages.calm_percent;
}

void outages_free(struct outages *outages)
{
    for (size_t n = 0; outages != NULL && n < outages->settings->network_count; n++) {
        for (size_t i = 0; i < outages->track_counts[n]; i++) {
            track_free(outages->tracks[n][i]);
        }
        free(outages->tracks[n]);
    }
    if (outages != NULL) {
        free(outages->tracks);
        free(outages->track_counts);
        free(outages->places);
        free(outages->blind_counts);
        free(outages->limits_ns);
        free(outages->out);
    }
    free(outages);
}

uint64_t outages_forgotten(const struct outages *outages)
{
    return outages->forgotten;
}

static size_t place_of_site(const struct outages *outages, uint16_t network, size_t site)
{
    return PLACES + outages->settings->networks[network].units.count + site;
}

static size_t place_of_link(const struct outages *outages, uint16_t network, size_t link)
{
    return place_of_site(outages, network, outages->settings->site_count) + link;
}

static size_t place_of(const struct outages *outages, const struct normal *normal)
{
    if (normal->link != LINK_NONE) {
        return place_of_link(outages, normal->network, normal->link - 1);
    }
    return normal->unit != LABEL_NONE ? NATION + normal->unit : normal->province;
}

// The track of a place, made when there is none yet; NULL for what the settings do not know.
static struct track *track_at(struct outages *outages, const struct normal *normal, size_t place)
{
    if (normal->network >= outages->settings->network_count || normal->province >= PROVINCES ||
        place >= outages->places[normal->network]) {
        return NULL;
    }
    size_t at = (size_t)normal->function * outages->places[normal->network] + place;
    if (at >= outages->track_counts[normal->network]) {
        return NULL;
    }
    struct track **track = &outages->tracks[normal->network][at];
    if (*track == NULL) {
        *track = memory_zeroed(1, sizeof(**track));
        (*track)->network = normal->network;
        (*track)->function = normal->function;
        (*track)->nationwide = place >= NATION;
        (*track)->unit = place > NATION ? normal->unit : LABEL_NONE;
        (*track)->silent = place >= place_of_site(outages, normal->network, 0);
        (*track)->province = place >= NATION ? PROVINCE_UNKNOWN : normal->province;
        (*track)->changed_from = SIZE_MAX;
    }
    return *track;
}

static struct rule rule_of(const struct outages *outages, uint16_t network)
{
    struct rule rule = outages->rule;
    rule.limit_ns = outages->limits_ns[network];
    return rule;
}

// All tracks of the function of one, or of a record.
static struct track **tracks_of(const struct outages *outages, uint16_t network, uint16_t function)
{
    return &outages->tracks[network][(size_t)function * outages->places[network]];
}

// Of a province's.
static struct parents parents_of(const struct outages *outages, const struct track *track)
{
    struct track **of = tracks_of(outages, track->network, track->function);
    return track->nationwide
               ? (struct parents){NULL, NULL, NULL}
               : (struct parents){of[NATION], &of[place_of_site(outages, track->network, 0)],
                     &of[place_of_link(outages, track->network, 0)]};
}

// The first bucket of the run of blind ones that ends with the last settled bucket.
static size_t blind_begin(const struct track *track)
{
    size_t begin = track->settled;
    while (begin > 0 && track->buckets[begin - 1].state == BUCKET_BLIND) {
        begin--;
    }
    return begin;
}

// One bucket alone is none.
static void blind_look(struct outages *outages, struct track *track)
{
    bool blind = track->unit == LABEL_NONE && track->settled - blind_begin(track) >= 2;
    outages->blind_counts[track->network] += (size_t)blind - (size_t)track->blind;
    track->blind = blind;
}

static void track_visit(struct outages *outages, struct track *track)
{
    struct rule rule = rule_of(outages, track->network);
    struct parents parents = parents_of(outages, track);
    bool had = track_live_count(track) > 0;
    bool changed = track_judge(track, &parents, &rule);
    if (track->silent) {
        track_pass(track);
    } else if (changed) {
        track_find(track, &rule, &outages->settings->networks[track->network]);
        outages->stale |= had || track_live_count(track) > 0;
    }
    track_trim(track, &rule);
    blind_look(outages, track);
}

// Whose sums hold the record: of a province's the nation, of a link's its site.
static struct track *holder_of(struct outages *outages, const struct normal *normal)
{
    if (normal->link != LINK_NONE) {
        size_t site = outages->settings->links[normal->link - 1].site;
        return track_at(outages, normal, place_of_site(outages, normal->network, site));
    }
    return normal->unit == LABEL_NONE ? track_at(outages, normal, NATION) : NULL;
}

static void record_put(struct outages *outages, const struct normal *normal)
{
    struct track *track = track_at(outages, normal, place_of(outages, normal));
    struct rule rule = rule_of(outages, track == NULL ? 0 : normal->network);
    struct track *holder = track == NULL ? NULL : holder_of(outages, normal);
    if (track == NULL || !track_put(track, holder, normal, &rule)) {
        outages->forgotten++;
    }
}

// The tracks of records that are, or are not, of a province, each once.
static void records_visit(
    struct outages *outages, const struct normal *normals, size_t count, bool of_province)
{
    struct track *last = NULL;
    for (size_t i = 0; i < count; i++) {
        struct track *track = track_at(outages, &normals[i], place_of(outages, &normals[i]));
        if (track != NULL && track != last && normal_is_of_province(&normals[i]) == of_province) {
            track_visit(outages, track);
        }
        last = track;
    }
}

// The records of one function: first all of them into their places, then the nation and the sites
// are judged, then links and units, and at last the provinces.
static void function_put(struct outages *outages, const struct normal *normals, size_t count)
{
    size_t sites = outages->settings->site_count;
    for (size_t i = 0; i < count; i++) {
        record_put(outages, &normals[i]);
    }
    if (track_at(outages, &normals[0], NATION) == NULL) {
        return;
    }
    struct track **of = tracks_of(outages, normals[0].network, normals[0].function);
    struct track **of_sites = &of[place_of_site(outages, normals[0].network, 0)];
    track_visit(outages, of[NATION]);
    for (size_t i = 0; i < sites; i++) {
        if (of_sites[i] != NULL) {
            track_visit(outages, of_sites[i]);
        }
    }
    records_visit(outages, normals, count, false);
    records_visit(outages, normals, count, true);
}

static void records_put(struct outages *outages, const struct normal *normals, size_t count)
{
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && normals[to].network == normals[from].network &&
                            normals[to].function == normals[from].function;
             to++) {
        }
        function_put(outages, &normals[from], to - from);
    }
}

static void track_wait(struct outages *outages, struct track *track)
{
    if (track != NULL && track_is_waiting(track)) {
        struct rule rule = rule_of(outages, track->network);
        track_extend(track, &rule);
        track_visit(outages, track);
    }
}

// At the end of a bucket time alone may have decided something.
static void tracks_wait(struct outages *outages)
{
    for (size_t n = 0; n < outages->settings->network_count; n++) {
        for (size_t from = 0; from < outages->track_counts[n]; from += outages->places[n]) {
            for (size_t place = NATION; place < outages->places[n]; place++) { // before provinces
                track_wait(outages, outages->tracks[n][from + place]);
            }
            for (size_t place = 0; place < NATION; place++) {
                track_wait(outages, outages->tracks[n][from + place]);
            }
        }
    }
}

static void out_add(struct outages *outages, const struct interruption *interruption)
{
    if (outages->out_count == outages->out_capacity) {
        outages->out_capacity = outages->out_capacity * 2 + 64;
        outages->out = memory_resize(outages->out, outages->out_capacity, sizeof(*outages->out));
    }
    outages->out[outages->out_count++] = *interruption;
    outages->oldest_to = instant_min(outages->oldest_to, interruption->to);
}

static void finding_age(struct finding *finding, struct instant tick)
{
    size_t old = 0;
    while (old < finding->closed_count && finding->closed[old].to.ns + KEPT_NS < tick.ns) {
        old++;
    }
    if (old > 0) {
        finding->closed_count -= old;
        memmove(finding->closed, &finding->closed[old],
            finding->closed_count * sizeof(*finding->closed));
    }
}

// An impairment of the whole function, or of a unit, is told where no province, or the function,
// tells as much. One unit tells nothing of another.
static bool is_told_already(const struct outages *outages, const struct interruption *one)
{
    const struct interruption *out = outages->out;
    for (size_t i = outages->out_count;
         i-- > 0 && out[i].function == one->function && out[i].network == one->network;) {
        if (out[i].unit == LABEL_NONE && out[i].assumes == 0 && !out[i].undeterminable &&
            !out[i].suspected && out[i].from.ns <= one->from.ns && one->to.ns <= out[i].to.ns) {
            return true;
        }
    }
    return false;
}

static void track_out(struct outages *outages, struct track *track)
{
    for (enum layer layer = 0; layer < LAYERS; layer++) {
        struct finding *finding = &track->findings[layer];
        finding_age(finding, outages->rule.tick);
        if (track->nationwide && layer != LAYER_IMPAIRED) {
            continue; // an interruption is one of a province
        }
        for (size_t i = 0; i < finding->closed_count + finding->live_count; i++) {
            const struct interruption *one = i < finding->closed_count
                                                 ? &finding->closed[i]
                                                 : &finding->live[i - finding->closed_count];
            if (!track->nationwide || !is_told_already(outages, one)) {
                out_add(outages, one);
            }
        }
    }
}

static void out_rebuild(struct outages *outages)
{
    outages->out_count = 0;
    outages->oldest_to = INSTANT_NEVER;
    for (size_t n = 0; n < outages->settings->network_count; n++) {
        for (size_t i = 0; i < outages->track_counts[n]; i++) {
            if (outages->tracks[n][i] != NULL && !outages->tracks[n][i]->silent) {
                track_out(outages, outages->tracks[n][i]);
            }
        }
    }
    outages->stale = false;
}

size_t outages_from_normals(struct outages *outages, const struct normal *normals, size_t count,
    struct instant tick, const struct interruption **ret)
{
    outages->rule.tick = tick;
    records_put(outages, normals, count);
    int64_t over = tick.ns / outages->rule.bucket_ns;
    if (over != outages->judged) {
        outages->judged = over;
        tracks_wait(outages);
    }
    bool aged =
        outages->oldest_to.ns < INT64_MAX - KEPT_NS && outages->oldest_to.ns + KEPT_NS < tick.ns;
    if (outages->stale || aged) {
        out_rebuild(outages);
    }
    *ret = outages->out;
    return outages->out_count;
}

size_t outages_blind(const struct outages *outages, uint16_t network, struct instant *ret_since)
{
    size_t groups = 0;
    struct instant since = INSTANT_NEVER;
    for (size_t i = 0; groups < outages->blind_counts[network]; i++) {
        const struct track *track = outages->tracks[network][i];
        if (track != NULL && track->blind) {
            int64_t number = track->first + (int64_t)blind_begin(track);
            since = instant_min(since, (struct instant){number * outages->rule.bucket_ns});
            groups++;
        }
    }
    if (groups > 0) {
        *ret_since = since;
    }
    return groups;
}

void outages_curve(const struct outages *outages, const struct interruption *of,
    struct instant from, struct instant to, struct loss_curve *ret)
{
    const struct normal cell = {.network = of->network,
        .function = of->function,
        .province = of->province,
        .unit = of->unit};
    bool nation = of->nationwide && of->unit == LABEL_NONE;
    size_t place = nation ? NATION : place_of(outages, &cell);
    size_t at = (size_t)of->function * outages->places[of->network] + place;
    const struct track *track =
        at < outages->track_counts[of->network] ? outages->tracks[of->network][at] : NULL;
    struct rule rule = rule_of(outages, of->network);
    *ret = (struct loss_curve){0};
    if (track != NULL) {
        curve_fill(track, &rule, from, to, ret);
    }
}

void outages_tell_blind(struct outages *outages, outages_blind_bucket *tell, void *context)
{
    for (uint16_t n = 0; n < outages->settings->network_count; n++) {
        for (size_t i = 0; i < outages->track_counts[n]; i++) {
            struct track *track = outages->tracks[n][i];
            int64_t number;
            while (track != NULL && !track->nationwide && track_blind_next(track, &number)) {
                tell(context, n, track->function, track->province,
                    (struct instant){number * outages->rule.bucket_ns});
            }
        }
    }
}
