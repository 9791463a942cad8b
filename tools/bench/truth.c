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
        {outcomes, "unanswered", 0},
        {outcomes, "failed", 0},
    };
    char *differ = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&differ, &size);
    for (size_t i = 0; out != NULL && i < sizeof(counts) / sizeof(counts[0]); i++) {
        count_check(counts[i].object, counts[i].key, counts[i].expected, out);
    }
    bool agrees = out != NULL && fclose(out) == 0 && size == 0;
    if (!agrees) {
        bench_void(row, "%s", size < 2 ? "no memory" : differ + 2);
    }
    free(differ);
    return agrees;
}
