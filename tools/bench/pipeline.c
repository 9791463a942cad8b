// Rows pipeline/...: packets/s of `tapgrade run` against dpdk-testpmd that only receives: same
// core, device, capture, burst, buffers. A row is void unless what came in is what came out:
// requests, answers by outcome, pairs; no byte twice, none bad, and every pair of one amount and
// account.
#include "config/instant.h"

#include "tools/bench/bench.h"
#include "tools/bench/ours.h"
#include "tools/bench/testpmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_BITS (230 * 8)

struct pair {
    double ours[BENCH_RUNS_MAX], reference[BENCH_RUNS_MAX], ratios[BENCH_RUNS_MAX];
};

static uint64_t count_of(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static void check_count(struct measurement *ret, const char *what, uint64_t got, uint64_t expected)
{
    if (got != expected) {
        bench_void(ret, "%" PRIu64 " %s instead of %" PRIu64, got, what, expected);
    }
}

// What `run` says against what is true of as many frames.
static void check_truth(
    const struct traffic *traffic, const json_t *summary, struct measurement *ret)
{
    struct traffic_sums sums;
    const json_t *outcomes = json_object_get(summary, "by_outcome");
    traffic_sum(traffic, count_of(summary, "packets"), &sums);
    check_count(ret, "transactions", count_of(summary, "transactions"), sums.requests);
    check_count(ret, "pairs", count_of(summary, "paired"), sums.paired);
    check_count(ret, "orphans", count_of(summary, "orphans"), sums.answers - sums.paired);
    check_count(ret, "succeeded", count_of(outcomes, "succeeded"), sums.succeeded);
    check_count(ret, "declined", count_of(outcomes, "declined"), sums.declined);
    static const char *const none[] = {"mismatched", "repeats", "retransmitted_bytes", "bad_bytes",
        "evicted_open", "dropped", "snap_cut"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        check_count(ret, none[i], count_of(summary, none[i]), 0);
    }
    check_count(ret, "duplicate", count_of(outcomes, "duplicate"), 0);
}

static void details_fill(const struct traffic *traffic, const struct device *device,
    const struct pair *pair, struct measurement *ret)
{
    size_t messages = 0;
    struct traffic_sums sums;
    traffic_sum(traffic, traffic->frames, &sums);
    messages = sums.requests + sums.answers;
    double ours = bench_median(pair->ours, ret->runs);
    double reference = bench_median(pair->reference, ret->runs);
    double messages_per_s = ours * (double)messages / (double)traffic->frames;
    ret->details = json_pack("{s:o, s:o, s:o, s:f, s:f, s:f, s:I, s:b}", "packets_per_s",
        bench_list(pair->ours, ret->runs), "reference_packets_per_s",
        bench_list(pair->reference, ret->runs), "ratios", bench_list(pair->ratios, ret->runs),
        "messages_per_s", messages_per_s, "gbit_per_s_at_230_bytes",
        messages_per_s * MESSAGE_BITS / 1e9, "ns_above_device", 1e9 / ours - 1e9 / reference,
        "capture_packets", (json_int_t)traffic->frames, "hugepages", device->has_hugepages);
}

static void measure_pairs(const struct bench_options *options, const struct ours_plan *plan,
    struct pair *pair, struct measurement *ret)
{
    char error[512];
    for (ret->runs = 0; ret->runs < options->runs && ret->void_reason[0] == '\0'; ret->runs++) {
        struct testpmd_result reference;
        struct ours_result ours = {0};
        if (!testpmd_run(plan->device, plan->warm_up_ns, plan->stretch_ns, &reference, error,
                sizeof(error)) ||
            !ours_run(plan, &ours, error, sizeof(error))) {
            bench_void(ret, "%s", error);
            json_decref(ours.summary);
            return;
        }
        check_truth(plan->traffic, ours.summary, ret);
        json_decref(ours.summary);
        pair->ours[ret->runs] = ours.packets_per_s;
        pair->reference[ret->runs] = reference.packets_per_s;
        pair->ratios[ret->runs] = ours.packets_per_s / reference.packets_per_s;
    }
    ret->figure = bench_median(pair->ratios, ret->runs);
}

static void measure_512(const struct row *, const struct bench_options *options, const char *folder,
    struct measurement *ret)
{
    char capture[512], error[512];
    struct recipe recipe = {0};
    struct traffic traffic = {0};
    struct device device = {.captures = {capture}, .queues = 1};
    struct pair pair = {0};
    struct mistakes *mistakes = mistakes_new();
    snprintf(capture, sizeof(capture), "%s/loop.pcap", folder);
    snprintf(ret->reference, sizeof(ret->reference), "dpdk-testpmd --forward-mode=rxonly");
    if (!recipe_read("pipeline-512.yaml", &recipe, mistakes)) {
        mistakes_print(mistakes, stderr);
        bench_void(ret, "the recipe has mistakes");
    } else if (!traffic_write(&recipe, capture, &traffic, error, sizeof(error))) {
        bench_void(ret, "%s", error);
    } else {
        device.buffers = traffic.frames + 16384;
        device_init(&device, options->wants_hugepages);
        const struct ours_plan plan = {.device = &device,
            .recipe = &recipe,
            .traffic = &traffic,
            .folder = folder,
            .warm_up_ns = options->warm_up_ns,
            .stretch_ns = options->stretch_ns,
            .warm_up_loops = 1};
        measure_pairs(options, &plan, &pair, ret);
        if (ret->runs > 0) {
            details_fill(&traffic, &device, &pair, ret);
        }
        device_done(&device);
    }
    traffic_free(&traffic);
    recipe_free(&recipe);
    mistakes_free(mistakes);
}

const struct row pipeline_512_row = {"pipeline/512", "of testpmd's packet rate",
    "the whole pipeline, 512 connections", 0.5, false, measure_512};
