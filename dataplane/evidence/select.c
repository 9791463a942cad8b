#include "dataplane/evidence/select.h"

#include "config/memory.h"

#include "dataplane/evidence/pcapng_write.h"
#include "dataplane/evidence/whose.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define BEFORE_RESET_NS (10 * NS_PER_S)
#define PACKET_BYTES    64 // of pcapng, around a frame

// ---- connections that were reset

struct reset {
    uint32_t hash;
    int64_t at_ns;
};

struct resets {
    struct reset *all;
    size_t count, capacity;
};

static int reset_order(const void *left, const void *right)
{
    const struct reset *one = left, *other = right;
    if (one->hash != other->hash) {
        return one->hash < other->hash ? -1 : 1;
    }
    return one->at_ns < other->at_ns ? -1 : one->at_ns > other->at_ns;
}

static void resets_find(struct resets *resets, const struct frame_snapshot *snapshot)
{
    for (size_t i = 0; i < frame_snapshot_count(snapshot); i++) {
        const struct frame_record *record = frame_snapshot_at(snapshot, i);
        if (record->tcp_flags & TCP_RST) {
            resets->all =
                memory_grow(resets->all, resets->count, &resets->capacity, sizeof(resets->all[0]));
            resets->all[resets->count++] = (struct reset){record->hash, record->at_ns};
        }
    }
    if (resets->count > 0) {
        qsort(resets->all, resets->count, sizeof(resets->all[0]), reset_order);
    }
}

// The first reset of the frame's connection that is not before it.
static bool is_reset(const struct resets *resets, const struct frame_record *record)
{
    const struct reset wanted = {record->hash, record->at_ns};
    size_t low = 0, high = resets->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (reset_order(&resets->all[middle], &wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < resets->count && resets->all[low].hash == record->hash &&
           resets->all[low].at_ns - record->at_ns <= BEFORE_RESET_NS;
}

// ---- frames

struct chosen {
    const struct frame_record *record;
    enum frame_reason reason;
};

struct choice_of_frames {
    struct chosen *all;
    size_t count, capacity;
    uint64_t by_reason[FRAME_REASONS];
    uint64_t bytes; // of the file, about
};

static void frames_choose(struct choice_of_frames *chosen, const struct frame_snapshot *snapshot,
    const struct exchange_index *index, const struct whose *whose, int64_t one_in)
{
    struct resets resets = {0};
    resets_find(&resets, snapshot);
    for (size_t i = 0, others = 0; i < frame_snapshot_count(snapshot); i++) {
        const struct frame_record *record = frame_snapshot_at(snapshot, i);
        if (!whose_has(whose, record)) {
            continue;
        }
        enum frame_reason reason = exchange_index_find(index, record->at_ns);
        if (reason == REASON_NONE && is_reset(&resets, record)) {
            reason = REASON_RESET;
        } else if (reason == REASON_NONE && others++ % (uint64_t)one_in == 0) {
            reason = REASON_SAMPLE;
        }
        if (reason != REASON_NONE) {
            chosen->all =
                memory_grow(chosen->all, chosen->count, &chosen->capacity, sizeof(chosen->all[0]));
            chosen->all[chosen->count++] = (struct chosen){record, reason};
            chosen->by_reason[reason]++;
            chosen->bytes += record->captured + PACKET_BYTES;
        }
    }
    free(resets.all);
}

// ---- the file

static uint64_t folder_bytes(const char *path)
{
    uint64_t bytes = 0;
    struct stat status;
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode)) {
            bytes += (uint64_t)status.st_size;
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return bytes;
}

static void comment_write(
    const struct evidence_place *place, const struct evidence *evidence, char *comment, size_t size)
{
    const struct settings *settings = place->settings;
    char at[INSTANT_TEXT_MAX], from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];
    snprintf(comment, size,
        "incident %s, event %u at %s, network %s: frames of exchanges that failed or were not "
        "answered, of connections before they were reset, and 1 in %lld others, %s, of those "
        "from %s to %s",
        evidence->request.incident, evidence->request.sequence,
        instant_format(evidence->request.at, 0, at),
        settings->networks[evidence->request.network].id, (long long)settings->evidence.one_in,
        settings->evidence.payload ? "whole" : "headers only",
        instant_format(evidence->from, 3, from), instant_format(evidence->to, 3, to));
}

static size_t ports_of(const struct choice_of_frames *chosen)
{
    size_t ports = 1;
    for (size_t i = 0; i < chosen->count; i++) {
        size_t port = chosen->all[i].record->port;
        ports = port >= ports ? port + 1 : ports;
    }
    return ports;
}

static void file_write(
    const struct evidence_place *place, const struct choice_of_frames *chosen, struct evidence *ret)
{
    char path[4096], comment[1024];
    snprintf(ret->file, sizeof(ret->file), "%s-%u.pcapng%s", ret->request.incident,
        ret->request.sequence, place->recipient != NULL ? ".encrypted" : "");
    snprintf(path, sizeof(path), "%s/%s", place->folder, ret->file);
    struct evidence_file *file =
        evidence_file_new(path, place->recipient, ret->error, sizeof(ret->error));
    if (file == NULL) {
        ret->file[0] = '\0';
        return;
    }
    comment_write(place, ret, comment, sizeof(comment));
    pcapng_write_head(file, comment, ports_of(chosen));
    for (size_t i = 0; i < chosen->count; i++) {
        pcapng_write_frame(file, chosen->all[i].record, frame_reason_names[chosen->all[i].reason]);
    }
    if (!evidence_file_done(file, ret->hash, &ret->bytes, ret->error, sizeof(ret->error))) {
        ret->file[0] = '\0';
    }
}

static void count(const struct choice_of_frames *chosen, struct evidence *ret)
{
    ret->frames = chosen->count;
    ret->failed = chosen->by_reason[REASON_FAILED];
    ret->unanswered = chosen->by_reason[REASON_UNANSWERED];
    ret->reset = chosen->by_reason[REASON_RESET];
    ret->sampled = chosen->by_reason[REASON_SAMPLE];
}

void evidence_write(const struct evidence_place *place, const struct frame_snapshot *snapshot,
    const struct exchange_index *index, struct evidence *ret)
{
    const struct evidence_settings *evidence = &place->settings->evidence;
    size_t held = snapshot == NULL ? 0 : frame_snapshot_count(snapshot);
    ret->from = ret->to = INSTANT_NEVER;
    ret->encrypted = place->recipient != NULL;
    if (held == 0) {
        snprintf(ret->error, sizeof(ret->error), "no frames were kept: %s",
            snapshot == NULL ? "no memory for a copy of them" : "none came");
        return;
    }
    ret->from = (struct instant){frame_snapshot_at(snapshot, 0)->at_ns};
    ret->to = (struct instant){frame_snapshot_at(snapshot, held - 1)->at_ns};
    struct choice_of_frames chosen = {0};
    struct whose *whose = whose_new(place->settings, ret->request.network);
    frames_choose(&chosen, snapshot, index, whose, evidence->one_in);
    whose_free(whose);
    if (folder_bytes(place->folder) + chosen.bytes > (uint64_t)evidence->most_bytes) {
        snprintf(ret->error, sizeof(ret->error),
            "no frames were kept: the files of evidence would be more than evidence.most_bytes, "
            "%lld",
            (long long)evidence->most_bytes);
    } else {
        count(&chosen, ret);
        file_write(place, &chosen, ret);
    }
    free(chosen.all);
}
