// The counts of every minute, for readers who draw curves: one message a network, function and
// province that had business, once all outcomes of the minute are known. Made of final buckets,
// each taken once. No part of the verdict and no duty hangs on them, and they would make the ledger
// grow by a row a minute and cell: so they go past the outbox, and those that find no broker are
// dropped and counted.
#include "config/memory.h"

#include "detectors/json.h"
#include "detectors/kafka/cloud_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_S        60
#define SEVERITY_COUNTS 9 // OpenTelemetry: information

struct minutes {
    const struct settings *settings;
    struct minute *open, *over; // `open`: buckets, in order
    size_t open_count, open_capacity, over_count, over_capacity;
};

struct minutes *minutes_new(const struct settings *settings)
{
    struct minutes *minutes = memory_zeroed(1, sizeof(*minutes));
    minutes->settings = settings;
    return minutes;
}

void minutes_free(struct minutes *minutes)
{
    if (minutes != NULL) {
        free(minutes->open);
        free(minutes->over);
    }
    free(minutes);
}

static int minute_compare(const struct minute *a, const struct minute *b)
{
    if (a->network != b->network) {
        return a->network < b->network ? -1 : 1;
    }
    if (a->function != b->function) {
        return a->function < b->function ? -1 : 1;
    }
    if (a->province != b->province) {
        return a->province < b->province ? -1 : 1;
    }
    return (a->from_s > b->from_s) - (a->from_s < b->from_s);
}

// Its place, made when it is not there.
static struct minute *minute_of(struct minutes *minutes, const struct minute *wanted)
{
    size_t low = 0, high = minutes->open_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = minute_compare(&minutes->open[middle], wanted);
        if (order == 0) {
            return &minutes->open[middle];
        }
        *(order < 0 ? &low : &high) = order < 0 ? middle + 1 : middle;
    }
    minutes->open = memory_grow(
        minutes->open, minutes->open_count, &minutes->open_capacity, sizeof(*minutes->open));
    memmove(&minutes->open[low + 1], &minutes->open[low],
        (minutes->open_count++ - low) * sizeof(*minutes->open));
    minutes->open[low] = *wanted;
    return &minutes->open[low];
}

static int64_t minute_begin(int64_t second)
{
    return second - second % MINUTE_S;
}

static bool is_over(const struct minutes *minutes, const struct minute *bucket, struct instant tick)
{
    return (minute_begin(bucket->from_s) + MINUTE_S) * NS_PER_S +
               settings_time_limit_ns(minutes->settings, bucket->network) <=
           tick.ns;
}

// A bucket as it is now takes the place of what it was.
static void bucket_take(struct minutes *minutes, const struct normal *normal, struct instant before)
{
    const struct minute bucket = {.network = normal->network,
        .function = normal->function,
        .province = normal->province,
        .from_s = instant_second(normal->from),
        .buckets = 1,
        .normal_milli = normal->normal_milli,
        .demand = normal->demand,
        .retries = normal->retries,
        .succeeded = normal->succeeded,
        .declined = normal->declined,
        .failed = normal->failed,
        .unanswered = normal->unanswered,
        .unobserved = normal->unobserved,
        .throttled = normal->throttled,
        .late = normal->late,
        .seen_request_bytes = normal->seen_request_bytes,
        .missing_request_bytes = normal->missing_request_bytes};
    if (!is_over(minutes, &bucket, before)) {
        *minute_of(minutes, &bucket) = bucket;
    }
}

// To the minute that is last in `over`, which is a new one where it is another's.
static void bucket_add(struct minutes *minutes, const struct minute *bucket)
{
    struct minute whole = *bucket, *last = NULL;
    whole.from_s = minute_begin(bucket->from_s);
    if (minutes->over_count > 0) {
        last = &minutes->over[minutes->over_count - 1];
    }
    if (last == NULL || minute_compare(last, &whole) != 0) {
        minutes->over = memory_grow(
            minutes->over, minutes->over_count, &minutes->over_capacity, sizeof(*minutes->over));
        minutes->over[minutes->over_count++] = whole;
        return;
    }
    last->buckets++;
    last->normal_milli += bucket->normal_milli;
    last->demand += bucket->demand;
    last->retries += bucket->retries;
    last->succeeded += bucket->succeeded;
    last->declined += bucket->declined;
    last->failed += bucket->failed;
    last->unanswered += bucket->unanswered;
    last->unobserved += bucket->unobserved;
    last->throttled += bucket->throttled;
    last->late += bucket->late;
    last->seen_request_bytes += bucket->seen_request_bytes;
    last->missing_request_bytes += bucket->missing_request_bytes;
}

size_t minutes_from_normals(struct minutes *minutes, const struct normal *normals, size_t count,
    struct instant tick, const struct minute **ret)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        if (normal_is_of_province(&normals[i])) {
            bucket_take(minutes, &normals[i], instant_add(tick, -NS_PER_S));
        }
    }
    minutes->over_count = 0;
    for (size_t i = 0; i < minutes->open_count; i++) {
        if (is_over(minutes, &minutes->open[i], tick)) {
            bucket_add(minutes, &minutes->open[i]);
        } else {
            minutes->open[left++] = minutes->open[i];
        }
    }
    minutes->open_count = left;
    *ret = minutes->over;
    return minutes->over_count;
}

static json_t *minute_json(const struct settings *settings, const struct minute *minute)
{
    const struct network_settings *network = &settings->networks[minute->network];
    json_t *object = json_object();
    char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];
    json_set_text(object, "schema", "1");
    json_set_text(object, "network", network->id);
    json_set_text(object, "function", function_id(&network->functions, minute->function));
    json_set(object, "province", json_sprintf("%02u", minute->province));
    json_set_text(object, "from", instant_format(instant_from_s(minute->from_s), 3, from));
    json_set_text(object, "to", instant_format(instant_from_s(minute->from_s + MINUTE_S), 3, to));
    json_set_integer(object, "buckets", minute->buckets);
    json_set_integer(object, "normal_milli", minute->normal_milli);
    json_set_integer(object, "attempts", minute->demand + minute->retries);
    json_set_integer(object, "demand", minute->demand);
    json_set_integer(object, "succeeded", minute->succeeded);
    json_set_integer(object, "declined", minute->declined);
    json_set_integer(object, "failed", minute->failed);
    json_set_integer(object, "unanswered", minute->unanswered);
    json_set_integer(object, "unobserved", minute->unobserved);
    json_set_integer(object, "throttled", minute->throttled);
    json_set_integer(object, "late", minute->late);
    json_set_integer(object, "seen_request_bytes", minute->seen_request_bytes);
    json_set_integer(object, "missing_request_bytes", minute->missing_request_bytes);
    return object;
}

size_t event_from_minute(const struct settings *settings, const char *source, bool replay,
    const struct minute *minute, struct event *ret)
{
    const struct network_settings *network = &settings->networks[minute->network];
    char id[160];
    if (network->secrecy == SECRECY_STATE) {
        return 0;
    }
    snprintf(id, sizeof(id), "%s:%s:%02u/%lld", network->id,
        function_id(&network->functions, minute->function), minute->province,
        (long long)minute->from_s);
    struct envelope envelope = {.institution = network->institution,
        .topic = "counters.v1",
        .type = "counters.minute",
        .key = network->id,
        .id = id,
        .sequence = (uint32_t)minute->from_s,
        .subject = network->id,
        .at = instant_from_s(minute->from_s + MINUTE_S),
        .severity = SEVERITY_COUNTS,
        .source = source,
        .replay = replay};
    cloud_event_make(settings, &envelope, minute_json(settings, minute), ret);
    ret->passing = true;
    return 1;
}
