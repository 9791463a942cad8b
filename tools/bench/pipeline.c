// Rows of `tapgrade run` on a device, each against what it names. See docs/performance.md for how.
#include "config/instant.h"

#include "tools/bench/bench.h"
#include "tools/bench/scene.h"
#include "tools/bench/testpmd.h"

#include <stdio.h>
#include <string.h>

#define MESSAGE_BITS (230 * 8)
#define MIB          (1024.0 * 1024.0)

// Of the pairs of runs: packets/s of ours and of what it is held against, and a ratio or a
// difference.
struct pairs {
    double ours[BENCH_RUNS_MAX], reference[BENCH_RUNS_MAX], figures[BENCH_RUNS_MAX];
    double ours_cpu[BENCH_RUNS_MAX], reference_cpu[BENCH_RUNS_MAX]; // packets per second of a core
    uint64_t evicted;                                               // of the last run
};

static void details_fill(const struct scene *scene, const struct pairs *pairs, const char *figures,
    struct measurement *row)
{
    const struct traffic *traffic = &scene->traffic[0];
    struct traffic_sums sums = {0};
    traffic_sum(traffic, traffic->frames, &sums);
    double ours = bench_median(pairs->ours, row->runs);
    double messages_per_s = ours * (double)(sums.requests + sums.answers) / (double)traffic->frames;
    double cpu_ratios[BENCH_RUNS_MAX];
    for (unsigned i = 0; i < row->runs; i++) {
        cpu_ratios[i] = pairs->ours_cpu[i] / pairs->reference_cpu[i];
    }
    row->details = json_pack("{s:o, s:o, s:f, s:o, s:o, s:f, s:f, s:I, s:I, s:b}", figures,
        bench_list(pairs->figures, row->runs), "ratios_per_cpu", bench_list(cpu_ratios, row->runs),
        "ratio_per_cpu", bench_median(cpu_ratios, row->runs), "packets_per_s",
        bench_list(pairs->ours, row->runs), "reference_packets_per_s",
        bench_list(pairs->reference, row->runs), "messages_per_s", messages_per_s,
        "gbit_per_s_at_230_bytes", messages_per_s * MESSAGE_BITS / 1e9, "capture_packets",
        (json_int_t)traffic->frames, "evicted", (json_int_t)pairs->evicted, "hugepages",
        scene->device.has_hugepages);
    json_object_set_new(
        row->details, "packets_per_cpu_s", json_real(bench_median(pairs->ours_cpu, row->runs)));
    json_object_set_new(row->details, "reference_packets_per_cpu_s",
        json_real(bench_median(pairs->reference_cpu, row->runs)));
}

static bool run_ours(const struct scene *scene, struct pairs *pairs, struct ours_result *ret,
    struct measurement *row)
{
    bench_says("run %u: %s", row->runs + 1, scene->is_floor ? "the crude loop" : "tapgrade run");
    bool ran = scene_run(scene, ret, row);
    pairs->ours[row->runs] = ret->packets_per_s;
    pairs->ours_cpu[row->runs] = ret->packets_per_cpu_s;
    pairs->evicted = (uint64_t)json_integer_value(json_object_get(ret->summary, "evicted"));
    json_decref(ret->summary);
    return ran;
}

static bool run_testpmd(const struct scene *scene, struct pairs *pairs, struct testpmd_result *ret,
    struct measurement *row)
{
    char error[512];
    bench_says("run %u: dpdk-testpmd", row->runs + 1);
    if (!testpmd_run(&scene->device, scene->options->warm_up_ns, scene->options->stretch_ns, ret,
            error, sizeof(error))) {
        bench_void(row, "%s", error);
        return false;
    }
    pairs->reference[row->runs] = ret->packets_per_s;
    pairs->reference_cpu[row->runs] = ret->packets_per_cpu_s;
    return true;
}

// Who goes first changes from pair to pair: neither always has the warmer machine.
static bool run_both(const struct scene *scene, struct pairs *pairs, struct ours_result *ours,
    struct testpmd_result *reference, struct measurement *row)
{
    bool first = row->runs % 2 == 0;
    return (first || run_testpmd(scene, pairs, reference, row)) &&
           run_ours(scene, pairs, ours, row) &&
           (!first || run_testpmd(scene, pairs, reference, row));
}

// ---- against dpdk-testpmd

static const char testpmd_reference[] =
    "dpdk-testpmd --forward-mode=rxonly: same core, device, capture, burst and buffers";

static void measure_ratio(const struct row *name, const struct bench_options *options,
    const char *folder, const char *recipe, struct measurement *row)
{
    struct scene scene;
    struct pairs pairs = {0};
    struct ours_result ours;
    struct testpmd_result reference;
    snprintf(row->reference, sizeof(row->reference), "%s", testpmd_reference);
    bool runs = scene_make(&scene, options, folder, recipe, 1, NULL, row);
    scene.is_floor = name == &pipeline_floor_row;
    for (; runs && row->runs < options->runs; row->runs++) {
        if (!run_both(&scene, &pairs, &ours, &reference, row)) {
            break;
        }
        pairs.figures[row->runs] = ours.packets_per_s / reference.packets_per_s;
    }
    if (row->runs > 0) {
        row->figure = bench_median(pairs.figures, row->runs);
        details_fill(&scene, &pairs, "ratios", row);
        json_object_set_new(row->details, "ns_above_device",
            json_real(1e9 / bench_median(pairs.ours_cpu, row->runs) -
                      1e9 / bench_median(pairs.reference_cpu, row->runs)));
    }
    scene_done(&scene);
}

static void measure_512(const struct row *row, const struct bench_options *options,
    const char *folder, struct measurement *ret)
{
    measure_ratio(row, options, folder, "pipeline-512.yaml", ret);
}

static void measure_1m(const struct row *row, const struct bench_options *options,
    const char *folder, struct measurement *ret)
{
    measure_ratio(row, options, folder, "pipeline-1m.yaml", ret);
}

const struct row pipeline_512_row = {"pipeline/512", "of testpmd's packet rate",
    "the whole pipeline, 512 connections", 0.5, false, measure_512};
const struct row pipeline_1m_row = {"pipeline/1m", "of testpmd's packet rate",
    "the same, 1,000,000 connections and open transactions", 0.3, false, measure_1m};

const struct row pipeline_floor_row = {"pipeline/floor", "of testpmd's packet rate",
    "a crude loop without any safety over the same frames: what is left to win", 0, false,
    measure_512};

// ---- memory, against dpdk-testpmd

static double mib_of(const struct process_memory *memory)
{
    return (double)(memory->resident_bytes + memory->hugepage_bytes) / MIB;
}

static json_t *memory_json(const struct process_memory *memory)
{
    return json_pack("{s:f, s:f}", "resident_mib", (double)memory->resident_bytes / MIB,
        "hugepages_mib", (double)memory->hugepage_bytes / MIB);
}

static void measure_memory(const struct row *, const struct bench_options *options,
    const char *folder, struct measurement *row)
{
    struct scene scene;
    struct pairs pairs = {0};
    struct ours_result ours;
    struct testpmd_result reference;
    snprintf(row->reference, sizeof(row->reference), "%s", testpmd_reference);
    if (scene_make(&scene, options, folder, "pipeline-1m.yaml", 1, NULL, row) &&
        run_both(&scene, &pairs, &ours, &reference, row)) {
        row->runs = 1; // bytes do not vary with the machine's other work
        row->figure = pairs.figures[0] = mib_of(&ours.memory) - mib_of(&reference.memory);
        details_fill(&scene, &pairs, "differences_mib", row);
        json_object_set_new(row->details, "memory", memory_json(&ours.memory));
        json_object_set_new(row->details, "reference_memory", memory_json(&reference.memory));
    }
    scene_done(&scene);
}

const struct row memory_1m_row = {"memory/1m", "MiB",
    "VmRSS + HugetlbPages of run less testpmd's, 1,000,000 connections and open transactions", 512,
    true, measure_memory};

// ---- against the clean capture

static void lose_1(struct recipe *recipe)
{
    recipe->lost_percent = 1;
}

static void lose_5(struct recipe *recipe)
{
    recipe->lost_percent = 5;
}

// All that is late does come, some microseconds later. On a machine with other work the core may be
// gone for longer than the shipped 20 ms meanwhile, and the gap would be given up: no work of ours.
static void reorder_5(struct recipe *recipe)
{
    recipe->reordered_percent = 5;
    recipe->reordered_frames = 64;
    recipe->disorder_ns = NS_PER_S;
}

// Every frame's headers into a ring: nothing fails, so no file is written.
static void keep_frames(struct recipe *recipe)
{
    recipe->evidence_bytes = 64 << 20;
}

static bool run_beside(const struct scene *scene, const struct scene *clean, struct pairs *pairs,
    struct measurement *row)
{
    struct pairs clean_pairs = {0};
    struct ours_result ours, reference;
    bool first = row->runs % 2 == 0;
    bool ran = (first || run_ours(clean, &clean_pairs, &reference, row)) &&
               run_ours(scene, pairs, &ours, row) &&
               (!first || run_ours(clean, &clean_pairs, &reference, row));
    if (ran) {
        pairs->reference[row->runs] = reference.packets_per_s;
        pairs->reference_cpu[row->runs] = reference.packets_per_cpu_s;
        pairs->figures[row->runs] = ours.packets_per_s / reference.packets_per_s;
    }
    return ran;
}

static void measure_beside(const struct bench_options *options, const char *folder,
    void (*change)(struct recipe *), struct measurement *row)
{
    struct scene scene = {0}, clean = {0};
    struct pairs pairs = {0};
    snprintf(row->reference, sizeof(row->reference),
        "tapgrade run on the clean capture of pipeline/512");
    bool runs = scene_make(&scene, options, folder, "pipeline-512.yaml", 1, change, row) &&
                scene_make(&clean, options, folder, "pipeline-512.yaml", 1, NULL, row);
    for (; runs && row->runs < options->runs; row->runs++) {
        if (!run_beside(&scene, &clean, &pairs, row)) {
            break;
        }
    }
    if (row->runs > 0) {
        row->figure = bench_median(pairs.figures, row->runs);
        details_fill(&scene, &pairs, "ratios", row);
    }
    scene_done(&scene);
    scene_done(&clean);
}

static void measure_loss1(const struct row *, const struct bench_options *options,
    const char *folder, struct measurement *ret)
{
    measure_beside(options, folder, lose_1, ret);
}

static void measure_loss5(const struct row *, const struct bench_options *options,
    const char *folder, struct measurement *ret)
{
    measure_beside(options, folder, lose_5, ret);
}

static void measure_reorder5(const struct row *, const struct bench_options *options,
    const char *folder, struct measurement *ret)
{
    measure_beside(options, folder, reorder_5, ret);
}

static void measure_evidence(const struct row *, const struct bench_options *options,
    const char *folder, struct measurement *ret)
{
    measure_beside(options, folder, keep_frames, ret);
}

const struct row pipeline_evidence_row = {"pipeline/evidence", "of the rate without",
    "headers of all frames go into a ring of 64 MiB", 0.9, false, measure_evidence};
const struct row pipeline_loss1_row = {"pipeline/loss1", "of the clean packet rate",
    "1 % of the frames never came", 0.8, false, measure_loss1};
const struct row pipeline_loss5_row = {"pipeline/loss5", "of the clean packet rate",
    "5 % of the frames never came", 0.8, false, measure_loss5};
const struct row pipeline_reorder5_row = {"pipeline/reorder5", "of the clean packet rate",
    "5 % of the frames come up to 64 frames late", 0.8, false, measure_reorder5};
