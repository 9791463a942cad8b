// From volumes to ticks. A tick says what was asked since the tick before, and what became of it as
// far as it is known by then; what nobody answers is known at its time limit and waits until then
// in the list `due`, in order of its cohort. Ticks come every step; around faults and blind
// stretches every second has one, so that instants there are exact to the second.
//
// A count is its expected value and noise of a standard deviation of its root, rounded down; what
// is left over is carried to the next count of the group, so that sums stay with the volumes.
#include "config/memory.h"

#include "dataplane/counters/counters.h"

#include "tools/generate/course_truth.h"
#include "tools/generate/course_writer.h"
#include "tools/generate/random.h"
#include "tools/generate/scenario.h"

#include <stdlib.h>
#include <string.h>

#define FINE_BEFORE_S 60 // ticks every second from so long before a fault until so long after it
#define FINE_AFTER_S  240
#define LATE_S        3 // behind the time limit: a slow answer

static int64_t deal(struct dealer *dealer, int64_t count, int64_t share_ppm)
{
    dealer->owed_ppm += count * share_ppm;
    int64_t got = dealer->owed_ppm / PPM;
    dealer->owed_ppm %= PPM;
    return got;
}

// ---- reach

static bool reaches(
    const struct course *course, const struct reach *reach, const struct group *group)
{
    bool province = reach->province_count == 0;
    for (size_t i = 0; i < reach->province_count; i++) {
        province |= reach->provinces[i] == group->cell.province;
    }
    return province &&
           course_has_text(
               reach->functions, reach->function_count, course->functions[group->function].id) &&
           course_has_text(reach->links, reach->link_count, course->links[group->link_at].id);
}

static bool is_near(const struct writer *writer, int64_t from_ns, int64_t to_ns, int64_t epoch_s)
{
    int64_t after_s = FINE_AFTER_S + writer->course->limit_s;
    return course_is_at(
        writer, from_ns - FINE_BEFORE_S * NS_PER_S, to_ns + after_s * NS_PER_S, epoch_s);
}

// Whether every second has a tick.
static bool is_fine(const struct writer *writer, int64_t epoch_s)
{
    const struct course *course = writer->course;
    bool fine = false;
    for (size_t i = 0; i < course->fault_count; i++) {
        fine |= is_near(writer, course->faults[i].from_ns, course->faults[i].to_ns, epoch_s);
    }
    for (size_t i = 0; i < course->blind_count; i++) {
        fine |= is_near(writer, course->blind[i].from_ns, course->blind[i].to_ns, epoch_s);
    }
    return fine;
}

// ---- how many

static int64_t root(int64_t value)
{
    int64_t low = 0, high = 1;
    while (high <= value / high) {
        high *= 2;
    }
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        *(middle <= value / middle ? &low : &high) = middle;
    }
    return low;
}

// The sum of four even draws of 16 bits, about zero, has this standard deviation.
#define DRAW_DEVIATION 37837

static int64_t noise_micro(struct writer *writer, int64_t expected_micro)
{
    uint64_t draws = random_next(&writer->random);
    int64_t sum = -2 * 65535;
    for (int i = 0; i < 4; i++, draws >>= 16) {
        sum += (int64_t)(draws & 0xffff);
    }
    __int128 micro = (__int128)root(expected_micro) * 1000 * sum / DRAW_DEVIATION;
    return (int64_t)(micro * writer->course->noise_ppm / PPM);
}

static int64_t group_count(
    struct writer *writer, struct group *group, int64_t from_s, int64_t length_s)
{
    int64_t micro = course_expected_micro(
        writer->course, &writer->day, group->province, group->function, from_s, length_s);
    group->left_micro += micro;
    micro = group->left_micro + (micro > 0 ? noise_micro(writer, micro) : 0);
    int64_t count = micro < 0 ? 0 : micro / PPM;
    group->left_micro -= count * PPM;
    return count;
}

// ---- what becomes of them

static void outcomes_add(struct writer *writer, struct group *group, int64_t count, int64_t epoch_s,
    int64_t outcomes[static OUTCOMES])
{
    static const enum course_outcome of_fault[] = {[COURSE_UNANSWERED] = UNANSWERED,
        [COURSE_FAILED] = FAILED,
        [COURSE_SLOW] = SLOW,
        [COURSE_SILENCE] = UNSENT,
        [COURSE_QUIET] = UNSENT,
        [COURSE_REFUSED] = UNSENT};
    const struct course *course = writer->course;
    for (size_t i = 0; i < course->fault_count && count > 0; i++) {
        const struct fault_course *fault = &course->faults[i];
        if (course_is_at(writer, fault->from_ns, fault->to_ns, epoch_s) &&
            reaches(course, &fault->reach, group)) {
            int64_t hit = deal(&group->faults[i], count, fault->share_ppm);
            outcomes[of_fault[fault->kind]] += hit;
            course_truth_lost(writer->truth, i, hit);
            writer->counts.lost += hit;
            count -= hit;
        }
    }
    int64_t failed = deal(&group->failed, count, course->failed_ppm);
    int64_t declined = deal(&group->declined, count, course->declined_ppm);
    declined = declined > count - failed ? count - failed : declined;
    outcomes[FAILED] += failed;
    outcomes[DECLINED] += declined;
    outcomes[SUCCEEDED] += count - failed - declined;
}

static int64_t extras_add(struct writer *writer, struct group *group, int64_t epoch_s,
    int64_t length_s, int64_t outcomes[static OUTCOMES])
{
    int64_t sum = 0;
    for (size_t i = 0; i < writer->course->extra_count; i++) {
        const struct extra_course *extra = &writer->course->extras[i];
        if (course_is_at(writer, extra->from_ns, extra->to_ns, epoch_s) &&
            reaches(writer->course, &extra->reach, group)) {
            int64_t rate_ppm = extra->rate_milli * length_s * (PPM / RATE_MILLI);
            int64_t count = deal(&group->extra, 1, rate_ppm);
            int64_t failed = deal(&group->extra_failed, count, extra->failed_ppm);
            int64_t declined = deal(&group->extra_declined, count, extra->declined_ppm);
            declined = declined > count - failed ? count - failed : declined;
            outcomes[FAILED] += failed;
            outcomes[DECLINED] += declined;
            outcomes[SUCCEEDED] += count - failed - declined;
            sum += count;
        }
    }
    return sum;
}

static void due_add(struct writer *writer, size_t group, int64_t tick_s, int64_t cohort_s,
    struct cell_counts counts)
{
    writer->due =
        memory_grow(writer->due, writer->due_count, &writer->due_capacity, sizeof(*writer->due));
    writer->due[writer->due_count++] = (struct due){group, tick_s, cohort_s, counts};
}

// The seen part of `count` requests with one outcome.
static void outcome_see(struct writer *writer, size_t at, enum course_outcome outcome,
    int64_t count, const struct blindness *unseen, int64_t cohort_s, struct cell_counts *now)
{
    struct group *group = &writer->groups[at];
    int64_t limit_tick_s = cohort_s + 1 + writer->course->limit_s;
    int64_t late_tick_s = limit_tick_s + LATE_S;
    bool answered = outcome == SUCCEEDED || outcome == DECLINED || outcome == FAILED;
    int64_t lost = deal(&group->requests_unseen, count, unseen->requests_ppm), seen = count - lost;
    int64_t gone = deal(&group->answers_unseen[outcome], seen, unseen->answers_ppm);
    int64_t orphans = lost - (unseen->answers_ppm == PPM ? lost : lost * unseen->answers_ppm / PPM);
    now->demand += (int32_t)seen;
    course_link_add(&writer->links[group->link_at], count, lost, answered ? count : 0,
        answered ? gone + lost - orphans : 0);
    if (answered) {
        int32_t *sums[] = {&now->succeeded, &now->declined, &now->failed};
        *sums[outcome] += (int32_t)(seen - gone);
        now->orphans_failed += outcome == FAILED ? (int32_t)orphans : 0;
        now->orphans_processed += outcome == FAILED ? 0 : (int32_t)orphans;
        if (gone > 0) {
            struct cell_counts later = {.unobserved = (int32_t)gone};
            due_add(writer, at, limit_tick_s, cohort_s, later);
        }
    } else if (seen > 0) {
        struct cell_counts later = {.unanswered = (int32_t)seen};
        due_add(writer, at, limit_tick_s, cohort_s, later);
        if (outcome == SLOW) {
            later = (struct cell_counts){.late = (int32_t)(seen - gone)};
            due_add(writer, at, late_tick_s, cohort_s, later);
        }
    }
}

// ---- a tick

static struct cell_counts *cell_new(
    struct writer *writer, const struct group *group, int64_t cohort_s)
{
    writer->cells = memory_grow(
        writer->cells, writer->cell_count, &writer->cell_capacity, sizeof(*writer->cells));
    struct cell_counts *cell = &writer->cells[writer->cell_count++];
    *cell = (struct cell_counts){.cell = group->cell, .cohort_s = cohort_s};
    return cell;
}

// What has become known of the group's earlier cohorts, by cohort.
static void due_take(struct writer *writer, size_t at, int64_t tick_s)
{
    size_t first = writer->cell_count;
    for (size_t i = 0; i < writer->due_count; i++) {
        struct due *due = &writer->due[i];
        if (due->group != at || due->tick_s > tick_s) {
            continue;
        }
        struct cell_counts *cell =
            writer->cell_count > first ? &writer->cells[writer->cell_count - 1] : NULL;
        if (cell == NULL || cell->cohort_s != due->cohort_s) {
            cell = cell_new(writer, &writer->groups[at], due->cohort_s);
        }
        cell->unanswered += due->counts.unanswered;
        cell->unobserved += due->counts.unobserved;
        cell->late += due->counts.late;
    }
}

static void due_forget(struct writer *writer, int64_t tick_s)
{
    size_t kept = 0;
    for (size_t i = 0; i < writer->due_count; i++) {
        if (writer->due[i].tick_s > tick_s) {
            writer->due[kept++] = writer->due[i];
        }
    }
    writer->due_count = kept;
}

static void group_tick(struct writer *writer, size_t at, int64_t from_s, int64_t tick_s)
{
    struct group *group = &writer->groups[at];
    int64_t length_s = tick_s - from_s, cohort_s = from_s + length_s / 2;
    int64_t outcomes[OUTCOMES] = {0}, count = group_count(writer, group, from_s, length_s);
    outcomes_add(writer, group, count, cohort_s, outcomes);
    count += extras_add(writer, group, cohort_s, length_s, outcomes);
    course_truth_count(writer->truth, cohort_s, count);
    writer->counts.intents += count;
    due_take(writer, at, tick_s);
    struct blindness unseen = course_blindness(writer, group->link_at, cohort_s);
    if (unseen.dead || count == outcomes[UNSENT]) {
        return;
    }
    struct cell_counts *now = cell_new(writer, group, cohort_s);
    for (enum course_outcome outcome = 0; outcome < UNSENT; outcome++) {
        if (outcomes[outcome] > 0) {
            outcome_see(writer, at, outcome, outcomes[outcome], &unseen, cohort_s, now);
        }
    }
}

static void tick_write(struct writer *writer, int64_t from_s, int64_t tick_s)
{
    size_t links_bytes = writer->course->link_count * sizeof(*writer->links);
    writer->cell_count = 0;
    memset(writer->links, 0, links_bytes);
    for (size_t i = 0; i < writer->group_count; i++) {
        group_tick(writer, i, from_s, tick_s);
    }
    due_forget(writer, tick_s);
    for (size_t i = 0; i < writer->course->link_count; i++) {
        course_link_tick(writer, i, from_s, tick_s);
    }
    struct counters counters = {.tick = instant_from_s(tick_s),
        .cells = writer->cells,
        .cell_count = writer->cell_count,
        .links = writer->links,
        .link_count = course_links_told(writer)};
    counters_print(writer->out, writer->settings, &counters);
    writer->counts.ticks++;
}

// ---- all of them

static int compare_groups(const void *one, const void *other)
{
    const struct cell *a = &((const struct group *)one)->cell;
    const struct cell *b = &((const struct group *)other)->cell;
    return a->link != b->link           ? a->link - b->link
           : a->function != b->function ? a->function - b->function
                                        : a->province - b->province;
}

static void groups_new(struct writer *writer)
{
    const struct course *course = writer->course;
    size_t count = course->province_count * course->function_count;
    writer->groups = memory_zeroed(count, sizeof(*writer->groups));
    for (size_t f = 0; f < course->function_count; f++) {
        for (size_t p = 0; p < course->province_count; p++) {
            struct group *group = &writer->groups[writer->group_count++];
            size_t link_at = course->provinces[p].link_at;
            uint16_t link = course->links[link_at].link;
            *group = (struct group){.province = p, .function = f, .link_at = link_at};
            group->cell = (struct cell){.network = course->network,
                .link = link,
                .function = course->functions[f].function,
                .province = (uint8_t)course->provinces[p].code,
                .site = (uint8_t)writer->settings->links[link].site};
            group->faults = memory_zeroed(course->fault_count + 1, sizeof(*group->faults));
        }
    }
    qsort(writer->groups, writer->group_count, sizeof(*writer->groups), compare_groups);
}

static void writer_done(struct writer *writer)
{
    for (size_t i = 0; i < writer->group_count; i++) {
        free(writer->groups[i].faults);
    }
    free(writer->groups);
    free(writer->due);
    free(writer->cells);
    free(writer->links);
}

static void day_begin(struct writer *writer, int64_t epoch_s)
{
    if (writer->day.day != (epoch_s + SHANGHAI_OFFSET_S) / S_PER_DAY) {
        course_day_fill(writer->course, epoch_s, &writer->day);
        course_truth_day(writer->truth, &writer->day);
    }
}

struct course_counts course_write(const struct course *course, const struct settings *settings,
    FILE *out, FILE *truth, void (*progress)(int percent))
{
    struct writer writer = {.course = course,
        .settings = settings,
        .out = out,
        .truth = course_truth_new(course, truth),
        .random = random_init(course->seed, RANDOM_SCHEDULE),
        .links = memory_zeroed(course->link_count, sizeof(*writer.links)),
        .start_s = instant_second(course->start)};
    groups_new(&writer);
    int64_t step_s = course->step_ns / NS_PER_S,
            end_s = writer.start_s + course->duration_ns / NS_PER_S;
    int64_t shown = 0;
    for (int64_t from_s = writer.start_s; from_s < end_s;) {
        int64_t step_end_s = from_s - (from_s - writer.start_s) % step_s + step_s;
        int64_t tick_s = is_fine(&writer, from_s) ? from_s + 1 : step_end_s;
        day_begin(&writer, from_s);
        tick_write(&writer, from_s, tick_s);
        from_s = tick_s;
        int64_t percent = (from_s - writer.start_s) * 100 / (end_s - writer.start_s);
        if (progress != NULL && percent != shown) {
            progress((int)(shown = percent));
        }
    }
    course_truth_end(writer.truth);
    writer_done(&writer);
    return writer.counts;
}
