// How a run that was killed goes on.
//
// Every tick goes into the journal before it is judged, and what it makes goes into the ledger, the
// outbox and the JSON lines only after the journal has it. A run that starts again judges the
// journal's ticks once more, before its first own one: the same counters give the same verdict, so
// incidents, tracks, sets of persons and clocks stand again as they did, and what the ledger has is
// recognised as the same. Facts are taken at the ticks at which they were taken. A tick that the
// journal has and the ledger has not was cut off by the kill: it is made up for.
//
// The seconds between the last tick and the first own one are ticks in which nothing was seen: no
// frame, so no mirror lives, which is `blind`. After more than a day they are beats, by which
// deadlines go on and nothing else. So are the gaps between what the journal keeps of older
// incidents; each such stretch begins with what was known of normal business then.
//
// A journal that was trimmed, other settings or another program may give another verdict than the
// one that was published. What is in the ledger stays as it is, and what follows goes on from it:
// pipeline_retell.c.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/journal/journal.h"
#include "detectors/normals/store.h"
#include "detectors/pipeline_parts.h"

#include <stdlib.h>

#define REWIND_S     S_PER_HOUR       // the machine's clock may have been set back so far
#define REMEMBER_S   (70 * S_PER_DAY) // 40 working days and the longest holidays
#define AFTER_S      S_PER_HOUR       // of an incident's end, what its story needs
#define SINK_WAIT_MS 500
#define GATE_WAIT_MS 60000

// A fact and the tick at which the detectors took it.
struct taken {
    char *fact;
    struct instant tick;
};

struct told {
    char *id;
    json_t *json;
};

struct recovery {
    struct pipeline *pipeline;
    struct taken *taken;
    size_t taken_count, taken_capacity, taken_at;
    struct told *told;
    size_t told_count, told_capacity;
    int64_t ticks;
    void (*moves)(void *context);
    void *context;
};

// ---- while it runs

// However long ago it was: it is exported, and gone on with, until a person has closed it.
static bool is_worth_keeping(const struct incident *incident)
{
    bool ongoing = incident->ended_at.ns == INSTANT_NEVER.ns;
    bool due = incident->conservative_grade >= GRADE_LARGER || incident->grade >= GRADE_COMMON ||
               incident->opened_by != NULL || incident->attention_at.ns != INSTANT_NEVER.ns;
    bool over = incident->state >= INCIDENT_CLOSED;
    return ongoing || (due && !over);
}

static void spans_tell(struct pipeline *pipeline, struct instant now)
{
    const struct incident *incidents;
    int64_t keep_ns = pipeline->settings->journal.keep_ns;
    size_t count = incidents_all(pipeline->incidents, &incidents), used = 1;
    struct span *spans = memory_zeroed(count + 1, sizeof(*spans));
    spans[0] = (struct span){instant_add(now, -keep_ns), now};
    for (size_t i = 0; i < count; i++) {
        const struct incident *one = &incidents[i];
        if (is_worth_keeping(one)) {
            struct instant to = one->ended_at.ns == INSTANT_NEVER.ns
                                    ? now
                                    : instant_add(one->ended_at, AFTER_S * NS_PER_S);
            spans[used++] = (struct span){instant_add(one->first_suspected, -keep_ns), to};
        }
    }
    journal_keep(pipeline->journal, spans, used);
    free(spans);
}

bool recovery_tick(struct pipeline *pipeline, const struct counters *counters)
{
    if (pipeline->journal == NULL || pipeline->recovering) {
        return true;
    }
    if (counters->tick.ns <= pipeline->journaled.ns) {
        if (!pipeline->rewound) {
            log_warning("the clock is behind what was judged before the start: these seconds are "
                        "passed over");
        }
        pipeline->rewound = true;
        return false;
    }
    int64_t hour = instant_second(counters->tick) / S_PER_HOUR;
    if (hour != pipeline->journaled.ns / NS_PER_S / S_PER_HOUR) {
        spans_tell(pipeline, counters->tick);
    }
    pipeline->journaled = counters->tick;
    journal_put(pipeline->journal, counters);
    return true;
}

void recovery_gate(struct pipeline *pipeline, struct instant tick)
{
    if (pipeline->journal != NULL && !pipeline->recovering) {
        (void)journal_wait(pipeline->journal, tick, SINK_WAIT_MS);
    }
}

// Of the ledger's thread.
static void commit_gate(void *context, struct instant tick)
{
    struct pipeline *pipeline = context;
    (void)journal_wait(pipeline->journal, tick, GATE_WAIT_MS);
}

bool recovery_open(struct pipeline *pipeline, struct mistakes *mistakes)
{
    const struct pipeline_options *options = &pipeline->options;
    char error[512];
    pipeline->journaled = (struct instant){INT64_MIN};
    if (options->journal_folder == NULL || pipeline->settings->journal.bytes == 0 ||
        pipeline->partitions == NULL) {
        return true;
    }
    pipeline->journal = journal_open(
        options->journal_folder, options->normals_path, pipeline->settings, error, sizeof(error));
    if (pipeline->journal == NULL) {
        mistake(mistakes, options->journal_folder, 0, 0, "%s", error);
        return false;
    }
    for (size_t i = 0; i < pipeline->partition_count; i++) {
        ledger_before_commit(pipeline->partitions[i].ledger, commit_gate, pipeline);
    }
    return true;
}

// ---- what the ledger has

static void incident_learn(void *context, const char *id, const char *json)
{
    struct recovery *recovery = context;
    recovery->told = memory_grow(
        recovery->told, recovery->told_count, &recovery->told_capacity, sizeof(*recovery->told));
    recovery->told[recovery->told_count++] =
        (struct told){memory_text(id), json_loads(json, 0, NULL)};
}

static void taken_learn(void *context, const char *fact, const char *taken)
{
    struct recovery *recovery = context;
    json_t *json = json_loads(taken, 0, NULL);
    const char *text = json_string_value(json_object_get(json, "tick"));
    bool refused = json_is_string(json_object_get(json, "refused")); // it stays so
    struct instant tick;
    if (!refused && text != NULL && instant_parse(text, &tick)) {
        recovery->taken = memory_grow(recovery->taken, recovery->taken_count,
            &recovery->taken_capacity, sizeof(*recovery->taken));
        recovery->taken[recovery->taken_count++] = (struct taken){memory_text(fact), tick};
    }
    json_decref(json);
}

// By tick; of one tick in the order of the ledgers, as they were taken then.
static void taken_sort(struct recovery *recovery)
{
    for (size_t i = 1; i < recovery->taken_count; i++) {
        struct taken one = recovery->taken[i];
        size_t place = i;
        for (; place > 0 && recovery->taken[place - 1].tick.ns > one.tick.ns; place--) {
            recovery->taken[place] = recovery->taken[place - 1];
        }
        recovery->taken[place] = one;
    }
}

static void past_read(struct recovery *recovery)
{
    char error[512];
    const struct ledger_past past = {incident_learn, taken_learn, recovery};
    for (size_t i = 0; i < recovery->pipeline->partition_count; i++) {
        const char *path = recovery->pipeline->partitions[i].path;
        if (!ledger_read_past(path, &past, error, sizeof(error))) {
            log_error("%s; the run goes on from its journal alone", error);
        }
    }
    taken_sort(recovery);
}

static void past_done(struct recovery *recovery)
{
    for (size_t i = 0; i < recovery->told_count; i++) {
        free(recovery->told[i].id);
        json_decref(recovery->told[i].json);
    }
    for (size_t i = 0; i < recovery->taken_count; i++) {
        free(recovery->taken[i].fact);
    }
    free(recovery->told);
    free(recovery->taken);
}

static void told_take(const struct recovery *recovery)
{
    struct instant next = instant_add(recovery->pipeline->journaled, NS_PER_S);
    retell_settle_notices(recovery->pipeline, next);
    for (size_t i = 0; i < recovery->told_count; i++) {
        const struct told *told = &recovery->told[i];
        retell_settle(recovery->pipeline, told->id, told->json, next);
        bool known = incidents_take_told(recovery->pipeline->incidents, told->id, told->json);
        if (!known && incident_told_is_open(told->json)) {
            log_error("incident %s is open in the ledger, and the journal does not reach back to "
                      "it: what follows from it is for a person to do",
                told->id);
        }
    }
}

// ---- the journal once more

static void facts_take(struct recovery *recovery, struct instant tick)
{
    struct pipeline *pipeline = recovery->pipeline;
    char error[512];
    for (; recovery->taken_at < recovery->taken_count &&
           recovery->taken[recovery->taken_at].tick.ns <= tick.ns;
         recovery->taken_at++) {
        const struct taken *taken = &recovery->taken[recovery->taken_at];
        struct fact fact;
        if (taken->tick.ns <= tick.ns - REMEMBER_S * NS_PER_S) {
            continue;
        }
        if (fact_read_again(taken->fact, pipeline->settings, &fact, error, sizeof(error))) {
            pipeline_add_facts(pipeline, &fact, 1);
        } else {
            log_warning("a fact of the ledger is not taken again: %s", error);
        }
    }
}

static void tick_again(struct recovery *recovery, const struct counters *counters)
{
    facts_take(recovery, counters->tick);
    pipeline_tick(recovery->pipeline, counters);
    recovery->moves(recovery->context);
    recovery->ticks++;
}

// A tick by which only clocks go on.
static void beat(struct recovery *recovery, struct instant at)
{
    facts_take(recovery, at);
    recovery->pipeline->tick.at = at;
    recovery->pipeline->tick.counters = NULL;
    tick_run(recovery->pipeline);
    if (instant_second(at) % 60 == 0) {
        recovery->moves(recovery->context);
    }
}

// The seconds between two ticks: an absence, or a gap between what is kept.
static void between(struct recovery *recovery, const struct counters *before, struct instant next,
    int64_t absence_s)
{
    int64_t from_s = instant_second(before->tick) + 1, to_s = instant_second(next);
    bool beats = to_s - from_s > absence_s;
    if (to_s - from_s > REMEMBER_S) {
        return;
    }
    struct counters nothing = {.evicted = before->evicted};
    for (int64_t s = from_s; s < to_s; s++) {
        nothing.tick = instant_from_s(s);
        if (beats) {
            beat(recovery, nothing.tick);
        } else {
            tick_again(recovery, &nothing);
        }
    }
}

// Behind a gap what is normal is what was known then.
static void stretch_begin(struct recovery *recovery, const char *snapshot)
{
    struct pipeline *pipeline = recovery->pipeline;
    char digest[NORMALS_DIGEST_TEXT_MAX];
    struct mistakes *mistakes = mistakes_new();
    struct normals *then = normals_new(pipeline->settings, mistakes);
    if (then == NULL || (snapshot != NULL && !normals_load(then, snapshot, digest, mistakes))) {
        mistakes_print(mistakes, stderr);
        normals_free(then);
    } else if (snapshot != NULL || recovery->ticks > 0) {
        normals_free(pipeline->normals);
        pipeline->normals = then;
    } else {
        normals_free(then); // what was loaded at the start is all there is
    }
    mistakes_free(mistakes);
}

static void journal_judge(struct recovery *recovery)
{
    struct pipeline *pipeline = recovery->pipeline;
    struct journal_reader *reader =
        journal_read(pipeline->options.journal_folder, pipeline->settings);
    struct counters counters, before = {.tick = {INT64_MIN}};
    char error[1024];
    for (int got; (got = journal_next(reader, &counters, error, sizeof(error))) != 0;) {
        if (got < 0) {
            log_error("%s; the rest of this file is passed over", error);
            continue;
        }
        bool first = before.tick.ns == INT64_MIN;
        if (!first) {
            between(recovery, &before, counters.tick, JOURNAL_APART_S);
        }
        if (first || counters.tick.ns - before.tick.ns > JOURNAL_APART_S * NS_PER_S) {
            stretch_begin(recovery, journal_snapshot(reader));
        }
        tick_again(recovery, &counters);
        before = (struct counters){.tick = counters.tick, .evicted = counters.evicted};
        counters_free(&counters);
    }
    journal_read_end(reader);
    pipeline->journaled = before.tick;
    pipeline->tick.counters = NULL;
}

static void recover(struct recovery *recovery, struct instant now)
{
    struct pipeline *pipeline = recovery->pipeline;
    char text[INSTANT_TEXT_MAX];
    past_read(recovery);
    pipeline->recovering = true;
    retell_begin(pipeline);
    journal_judge(recovery);
    pipeline->recovering = false;
    told_take(recovery);
    retell_end(pipeline);
    int64_t absence_s = (now.ns - pipeline->journaled.ns) / NS_PER_S;
    log_warning("goes on from %s, by %lld s of its journal; %lld s were not seen",
        instant_format(pipeline->journaled, 0, text), (long long)recovery->ticks,
        (long long)(absence_s > 0 ? absence_s - 1 : 0));
    if (absence_s > 1) {
        const struct counters before = {.tick = pipeline->journaled};
        between(recovery, &before, now, S_PER_DAY);
    }
}

// Whether what the journal holds comes before the first tick: not so of a capture that is played
// again, and of a clock that was wrong by more than an hour.
static bool is_before(struct pipeline *pipeline, struct instant last, struct instant now)
{
    int64_t rewind_ns = pipeline->options.played ? 0 : REWIND_S * NS_PER_S;
    return now.ns > last.ns - rewind_ns;
}

void pipeline_recover(
    struct pipeline *pipeline, struct instant now, void (*moves)(void *context), void *context)
{
    char text[2][INSTANT_TEXT_MAX];
    if (pipeline->journal == NULL) {
        normals_keep_now(pipeline);
        return;
    }
    const char *folder = pipeline->options.journal_folder;
    struct instant last = journal_last(folder, pipeline->settings);
    if (last.ns != INSTANT_NEVER.ns && is_before(pipeline, last, now)) {
        struct recovery recovery = {.pipeline = pipeline, .moves = moves, .context = context};
        recover(&recovery, now);
        past_done(&recovery);
    } else if (last.ns != INSTANT_NEVER.ns) {
        log_warning(
            "the journal ends at %s, and it is %s now: it is taken away, and the run begins "
            "anew",
            instant_format(last, 0, text[0]), instant_format(now, 0, text[1]));
        journal_remove(folder);
    } else if (journal_has_files(folder)) {
        log_error("journal '%s': nothing in it can be read as counters of these settings; the run "
                  "begins anew",
            folder);
    }
    normals_keep_now(pipeline);
}
