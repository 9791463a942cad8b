// --start-at outages: interruptions as they finally were, and what a person entered, tick by tick.
#include "config/memory.h"

#include "detectors/pipeline_parts.h"

#include <stdlib.h>
#include <string.h>

// For how long an interruption without an end is followed: past the last threshold of art. 7.
#define ONGOING_NS (7 * S_PER_HOUR * NS_PER_S)

// Ongoing, and nothing said how far it had come: followed for ONGOING_NS.
static bool is_open_ended(const struct interruption *whole)
{
    return whole->ongoing && (whole->to.ns <= whole->from.ns || whole->to.ns == INSTANT_NEVER.ns);
}

// As far as it had come at the tick; false when it had not begun.
static bool interruption_at(const struct settings *settings, const struct interruption *whole,
    struct instant tick, struct interruption *ret)
{
    if (whole->from.ns >= tick.ns) {
        return false;
    }
    *ret = *whole;
    ret->to = is_open_ended(whole) ? tick : instant_min(whole->to, tick);
    ret->ongoing = whole->ongoing || tick.ns < whole->to.ns + settings->outages.merge_ns;
    ret->in_peak_ms = peak_ns(&settings->networks[whole->network], ret->from, ret->to) / NS_PER_MS;
    return true;
}

// The last tick that has news of it. One that was ongoing when its capture ended says nothing about
// the time after it.
static struct instant interruption_last(
    const struct settings *settings, const struct interruption *whole)
{
    if (whole->ongoing) {
        return is_open_ended(whole) ? instant_add(whole->from, ONGOING_NS)
                                    : instant_add(whole->to, NS_PER_S);
    }
    return instant_add(
        whole->to, settings->outages.merge_ns + settings->incidents.reopen_ns + 2 * NS_PER_S);
}

// A fact is news when it is entered; one that goes on is so as long as it does.
static struct instant fact_last(const struct fact *fact)
{
    struct instant last = instant_add(fact->entered_at, NS_PER_S);
    if (fact->kind != FACT_CANNOT_PROCEED) {
        return last;
    }
    bool open = fact->until.ns == INSTANT_NEVER.ns;
    return instant_max(
        last, instant_add(open ? fact->at : fact->until, open ? ONGOING_NS : 2 * NS_PER_S));
}

// Ticks with news, both ends included.
struct span {
    int64_t first_s, last_s;
};

static size_t spans_fill(const struct pipeline *pipeline, const struct interruption *whole,
    size_t count, struct span *ret)
{
    for (size_t i = 0; i < count; i++) {
        struct instant last = interruption_last(pipeline->settings, &whole[i]);
        ret[i] = (struct span){instant_second(whole[i].from) + 1, instant_second(last)};
    }
    for (size_t i = 0; i < pipeline->fact_count; i++) {
        const struct fact *fact = &pipeline->facts[i];
        int64_t first_s = instant_second(instant_add(fact->entered_at, NS_PER_S - 1));
        ret[count + i] = (struct span){first_s, instant_second(fact_last(fact))};
    }
    return count + pipeline->fact_count;
}

// The second itself while something goes on, or has not long ended; else the first one of what
// comes next: between two outages there may be years.
static int64_t second_with_news(const struct span *spans, size_t count, int64_t second)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (spans[i].first_s <= second && spans[i].last_s >= second) {
            return second;
        }
        next = spans[i].first_s > second && spans[i].first_s < next ? spans[i].first_s : next;
    }
    return next == INT64_MAX ? second : next;
}

// The same, or an earlier one at which a duty falls due.
static int64_t second_of_interest(
    const struct pipeline *pipeline, const struct span *spans, size_t count, int64_t second)
{
    int64_t news = second_with_news(spans, count, second);
    struct instant due = duties_next_at(pipeline->duties);
    if (due.ns == INSTANT_NEVER.ns) {
        return news;
    }
    int64_t due_s = instant_second(instant_add(due, NS_PER_S - 1));
    due_s = due_s > second ? due_s : second;
    return due_s < news ? due_s : news;
}

static int interruption_order(const void *left, const void *right)
{
    const struct interruption *a = left, *b = right;
    const int64_t keys[][2] = {{a->network, b->network}, {a->function, b->function},
        {a->province, b->province}, {a->from.ns, b->from.ns}};
    for (int i = 0; i < 4; i++) {
        if (keys[i][0] != keys[i][1]) {
            return keys[i][0] < keys[i][1] ? -1 : 1;
        }
    }
    return interruption_compare_kinds(a, b);
}

static void tick_at(struct pipeline *pipeline, const struct interruption *sorted, size_t count,
    int64_t second, struct interruption *visible)
{
    size_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        seen +=
            interruption_at(pipeline->settings, &sorted[i], instant_from_s(second), &visible[seen]);
    }
    pipeline->tick.at = instant_from_s(second);
    pipeline->tick.counters = NULL;
    pipeline->tick.interruptions = visible;
    pipeline->tick.interruption_count = seen;
    tick_run(pipeline);
}

void pipeline_interruptions(
    struct pipeline *pipeline, const struct interruption *interruptions, size_t count)
{
    struct interruption *sorted = memory_zeroed(count + 1, sizeof(*sorted));
    struct interruption *visible = memory_zeroed(count + 1, sizeof(*visible));
    struct span *spans = memory_zeroed(count + pipeline->fact_count + 1, sizeof(*spans));
    int64_t first_s = INT64_MAX, last_s = INT64_MIN;
    if (count > 0) {
        memcpy(sorted, interruptions, count * sizeof(*sorted));
        qsort(sorted, count, sizeof(*sorted), interruption_order);
    }
    size_t span_count = spans_fill(pipeline, sorted, count, spans);
    for (size_t i = 0; i < span_count; i++) {
        first_s = spans[i].first_s < first_s ? spans[i].first_s : first_s;
        last_s = spans[i].last_s > last_s ? spans[i].last_s : last_s;
    }
    if (span_count > 0) {
        normals_begin(pipeline->normals, instant_from_s(first_s));
    }
    for (int64_t s = first_s; span_count > 0 && s <= last_s; s++) {
        s = second_of_interest(pipeline, spans, span_count, s);
        tick_at(pipeline, sorted, count, s, visible);
    }
    pipeline->tick.interruptions = NULL;
    pipeline->tick.interruption_count = 0;
    free(spans);
    free(visible);
    free(sorted);
}
