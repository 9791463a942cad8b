#include "tools/bench/truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

// Nothing is written when the count is right.
static void count_check(const json_t *object, const char *key, uint64_t expected, FILE *out)
{
    const json_t *value = json_object_get(object, key);
    uint64_t got = (uint64_t)json_integer_value(value);
    if (!json_is_integer(value)) {
        fprintf(out, ", run says nothing of %s", key);
    } else if (got != expected) {
        fprintf(out, ", %s: %" PRIu64 " instead of %" PRIu64, key, got, expected);
    }
}

// What every row must have counted.
static void pairs_check(const struct traffic_sums *sums, const json_t *summary, FILE *out)
{
    const json_t *outcomes = json_object_get(summary, "by_outcome");
    count_check(summary, "packets", sums->frames, out);
    count_check(summary, "transactions", sums->requests, out);
    count_check(summary, "mismatched", 0, out); // wrong pairs
    count_check(summary, "evicted_open", 0, out);
    count_check(summary, "paired", sums->paired, out);
    count_check(summary, "orphans", sums->answers - sums->paired, out);
    count_check(outcomes, "succeeded", sums->succeeded, out);
    count_check(outcomes, "declined", sums->declined, out);
}

// What never happened in this traffic.
static void nothing_check(const json_t *summary, FILE *out)
{
    static const char *const counts[] = {"dropped", "snap_cut", "retransmitted_bytes", "bad_bytes",
        "repeats", "connections_evicted"};
    static const char *const outcomes[] = {"duplicate", "late", "unanswered", "failed"};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        count_check(summary, counts[i], 0, out);
    }
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        count_check(json_object_get(summary, "by_outcome"), outcomes[i], 0, out);
    }
}

bool truth_check(
    const struct traffic_sums *sums, const json_t *summary, bool is_floor, struct measurement *row)
{
    char *differ = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&differ, &size);
    if (out != NULL) {
        pairs_check(sums, summary, out);
    }
    if (out != NULL && !is_floor) {
        nothing_check(summary, out);
    }
    bool agrees = out != NULL && fclose(out) == 0 && size == 0;
    if (!agrees) {
        bench_void(row, "%s", size < 2 ? "no memory" : differ + 2);
    }
    free(differ);
    return agrees;
}
