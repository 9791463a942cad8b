#include "tools/bench/truth.h"

#include <inttypes.h>

static bool is_count(
    const json_t *object, const char *key, uint64_t expected, struct measurement *row)
{
    const json_t *value = json_object_get(object, key);
    uint64_t got = (uint64_t)json_integer_value(value);
    if (!json_is_integer(value)) {
        bench_void(row, "run says nothing of %s", key);
    } else if (got != expected) {
        bench_void(row, "%s: %" PRIu64 " instead of %" PRIu64, key, got, expected);
    }
    return json_is_integer(value) && got == expected;
}

bool truth_check(const struct traffic_sums *sums, const json_t *summary, struct measurement *row)
{
    const json_t *outcomes = json_object_get(summary, "by_outcome");
    const struct {
        const json_t *object;
        const char *key;
        uint64_t expected;
    } counts[] = {
        {summary, "packets", sums->frames},
        {summary, "dropped", 0},
        {summary, "snap_cut", 0},
        {summary, "retransmitted_bytes", 0},
        {summary, "bad_bytes", 0},
        {summary, "transactions", sums->requests},
        {summary, "repeats", 0},
        {outcomes, "duplicate", 0},
        {summary, "mismatched", 0}, // wrong pairs
        {summary, "evicted_open", 0},
        {summary, "connections_evicted", 0},
        {summary, "paired", sums->paired},
        {summary, "orphans", sums->answers - sums->paired},
        {outcomes, "succeeded", sums->succeeded},
        {outcomes, "declined", sums->declined},
        {outcomes, "late", 0},
    };
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (!is_count(counts[i].object, counts[i].key, counts[i].expected, row)) {
            return false;
        }
    }
    return true;
}
