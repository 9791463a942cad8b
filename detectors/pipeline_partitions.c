// The ledger of each institution, with the sender that publishes from its outbox and the caller
// that calls from it. What is of a network goes to its institution's; what is of the sensor alone,
// such as a port that is down, to the first one's. No institution's file holds a line of another's.
#include "config/clock.h"
#include "config/log.h"
#include "config/memory.h"

#include "detectors/pipeline_parts.h"

#include <stdlib.h>
#include <unistd.h>

#define CALLS_WAIT_NS (2 * NS_PER_S) // at the end

// A ledger of before there were several institutions, or of when there were: its open incidents
// would be forgotten, and what waits in its outbox never sent.
static bool is_renamed(
    const struct pipeline *pipeline, const struct partition *partition, struct mistakes *mistakes)
{
    const struct settings *settings = pipeline->settings;
    const char *plain = pipeline->options.ledger_path;
    char other[LEDGER_PATH_MAX];
    bool several = settings->institution_count > 1;
    snprintf(other, sizeof(other), "%s", plain);
    if (!several && !ledger_path_name(&settings->institutions[0], plain, other)) {
        return true;
    }
    if (pipeline->options.replay || access(other, F_OK) != 0 ||
        (!several && access(plain, F_OK) == 0)) {
        return true;
    }
    mistake(mistakes, other, 0, 0,
        "is the ledger of when the settings had %s: give it and its -head the name of its "
        "institution's, such as '%s', or move it away",
        several ? "one institution" : "several institutions", partition->path);
    return false;
}

static bool ledger_new(
    struct pipeline *pipeline, struct partition *partition, struct mistakes *mistakes)
{
    const struct pipeline_options *options = &pipeline->options;
    char error[512];
    partition->ledger = ledger_open(partition->path, error, sizeof(error));
    if (partition->ledger == NULL) {
        mistake(mistakes, partition->path, 0, 0, "%s", error);
        return false;
    }
    if (!options->replay) {
        ledger_reserve(partition->ledger, pipeline->settings->ledger.reserve_bytes);
        ledger_watch_facts(partition->ledger);
    }
    return true;
}

bool partitions_open(struct pipeline *pipeline, struct mistakes *mistakes)
{
    const struct settings *settings = pipeline->settings;
    if (pipeline->options.ledger_path == NULL) {
        return true;
    }
    pipeline->partitions = memory_zeroed(settings->institution_count, sizeof(struct partition));
    for (size_t i = 0; i < settings->institution_count; i++) {
        struct partition *partition = &pipeline->partitions[pipeline->partition_count++];
        if (!ledger_path_of(
                settings, (uint16_t)i, pipeline->options.ledger_path, partition->path)) {
            mistake(mistakes, pipeline->options.ledger_path, 0, 0, "the ledger's path is too long");
            return false;
        }
        if (!is_renamed(pipeline, partition, mistakes) ||
            !ledger_new(pipeline, partition, mistakes)) {
            return false;
        }
    }
    return true;
}

static void on_commit(void *context)
{
    sender_wake(context);
}

bool partitions_publish(struct pipeline *pipeline, struct mistakes *mistakes)
{
    char error[512];
    if (pipeline->partitions == NULL || !pipeline->settings->kafka.enabled) {
        mistake(mistakes, "kafka", 0, 0, "publishing needs %s",
            pipeline->partitions == NULL ? "a ledger: its outbox keeps the messages"
                                         : "kafka.enabled: true");
        return false;
    }
    for (size_t i = 0; i < pipeline->partition_count; i++) {
        struct partition *one = &pipeline->partitions[i];
        one->sender = sender_start(
            pipeline->settings, one->path, pipeline->options.replay, error, sizeof(error));
        if (one->sender == NULL) {
            mistake(mistakes, "kafka", 0, 0, "%s", error);
            return false;
        }
        ledger_on_commit(one->ledger, on_commit, one->sender);
    }
    return true;
}

bool partitions_call(struct pipeline *pipeline, struct mistakes *mistakes)
{
    char error[512];
    if (pipeline->options.replay || pipeline->settings->calls.kind == CALLS_NONE) {
        return true;
    }
    for (size_t i = 0; i < pipeline->partition_count; i++) {
        struct partition *one = &pipeline->partitions[i];
        one->caller = caller_start(pipeline->settings, one->path, error, sizeof(error));
        if (one->caller == NULL) {
            mistake(mistakes, "calls", 0, 0, "%s", error);
            return false;
        }
    }
    return true;
}

void partitions_reload(struct pipeline *pipeline, const struct settings *settings)
{
    for (size_t i = 0; i < pipeline->partition_count; i++) {
        const struct partition *one = &pipeline->partitions[i];
        if (one->sender != NULL) {
            sender_move(one->sender, settings);
        }
        if (one->caller != NULL) {
            caller_take_roster(one->caller, settings);
        }
    }
}

static void status_add(struct sender_status *sum, const struct sender_status *one)
{
    sum->waiting += one->waiting;
    sum->oldest_ns = one->oldest_ns > sum->oldest_ns ? one->oldest_ns : sum->oldest_ns;
    sum->delivered += one->delivered;
    sum->attempts += one->attempts;
    sum->failures += one->failures;
    sum->dropped += one->dropped;
    sum->takeovers += one->takeovers;
    sum->second_sent += one->second_sent;
    sum->away |= one->away;
    sum->second_sink |= one->second_sink;
}

void partitions_sent(const struct pipeline *pipeline, struct sender_status *ret)
{
    *ret = pipeline->sent;
    for (size_t i = 0; i < pipeline->partition_count; i++) {
        struct sender_status one;
        if (pipeline->partitions[i].sender != NULL) {
            sender_status(pipeline->partitions[i].sender, &one);
            status_add(ret, &one);
        }
    }
}

bool partition_is_of(const struct pipeline *pipeline, uint16_t network, size_t partition)
{
    return pipeline->settings->networks[network].institution == partition;
}

bool partitions_close(struct pipeline *pipeline, char *error, size_t error_size)
{
    bool closed = true;
    char sentence[512];
    for (size_t i = 0; i < pipeline->partition_count; i++) {
        struct ledger *ledger = pipeline->partitions[i].ledger;
        bool good = ledger == NULL || ledger_close(ledger, sentence, sizeof(sentence));
        if (!good && closed) {
            snprintf(error, error_size, "%s", sentence);
        }
        closed &= good;
        pipeline->partitions[i].ledger = NULL;
    }
    return closed;
}

static int64_t left_ns(int64_t until_ns)
{
    int64_t left = until_ns - monotonic_ns();
    return left > 0 ? left : 0;
}

// All together within the time of one.
void partitions_stop(struct pipeline *pipeline)
{
    int64_t until_ns = monotonic_ns() + pipeline->settings->kafka.flush_ns;
    int64_t calls_until_ns;
    size_t uncalled = 0;
    for (size_t i = 0; i < pipeline->partition_count; i++) {
        struct sender_status one;
        if (pipeline->partitions[i].sender != NULL) {
            sender_stop(pipeline->partitions[i].sender, left_ns(until_ns), &one);
            status_add(&pipeline->sent, &one);
        }
    }
    calls_until_ns = monotonic_ns() + CALLS_WAIT_NS;
    for (size_t i = 0; i < pipeline->partition_count; i++) {
        uncalled += caller_stop(pipeline->partitions[i].caller, left_ns(calls_until_ns));
    }
    if (uncalled > 0) {
        log_warning("%zu calls did not go out; the next run goes on with them", uncalled);
    }
    free(pipeline->partitions);
    pipeline->partitions = NULL;
    pipeline->partition_count = 0;
}
