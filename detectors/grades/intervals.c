#include "detectors/grades/intervals.h"

#include "config/memory.h"
#include "config/tables.h"

#include <stdlib.h>
#include <string.h>

#define PROVINCE_CODES 256

struct edge {
    struct instant at;
    int step; // +1: down, -1: up again
    uint8_t province;
};

static int edge_compare(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    return a->at.ns < b->at.ns ? -1 : a->at.ns > b->at.ns;
}

static void interval_add(
    struct interval *ret, size_t *count, struct instant from, struct instant to)
{
    if (*count > 0 && ret[*count - 1].to.ns == from.ns) {
        ret[*count - 1].to = to;
    } else {
        ret[(*count)++] = (struct interval){from, to};
    }
}

size_t intervals_at_once(
    const struct province_interval *down, size_t count, size_t least, struct interval *ret)
{
    struct edge *edges = memory_zeroed(2 * count + 1, sizeof(*edges));
    int32_t depth[PROVINCE_CODES] = {0};
    size_t provinces = 0, found = 0;
    for (size_t i = 0; i < count; i++) {
        edges[2 * i] = (struct edge){down[i].interval.from, 1, down[i].province};
        edges[2 * i + 1] = (struct edge){down[i].interval.to, -1, down[i].province};
    }
    qsort(edges, 2 * count, sizeof(*edges), edge_compare);
    for (size_t i = 0; i < 2 * count; i++) {
        // All edges of an instant count together: what ends and begins there is without a gap.
        if (i > 0 && provinces >= least && edges[i].at.ns > edges[i - 1].at.ns) {
            interval_add(ret, &found, edges[i - 1].at, edges[i].at);
        }
        int32_t before = depth[edges[i].province];
        depth[edges[i].province] += edges[i].step;
        size_t weight = edges[i].province == PROVINCE_NATIONAL ? 2 : 1;
        provinces += before <= 0 && before + edges[i].step > 0 ? weight : 0;
        provinces -= before > 0 && before + edges[i].step <= 0 ? weight : 0;
    }
    free(edges);
    return found;
}

// `weight` before an interval and behind it: what is covered counts (100 - percent), a gap
// -percent, so that a join is over the share when the weight behind its last interval is above the
// weight before its first. As in outages/stretches.c the longest is found in linear time: of all
// firsts only those with a weight below every earlier one's can be the best; lasts are passed from
// the end.
struct join {
    const struct interval *intervals;
    const __int128 *before, *behind;
    size_t *firsts;
    struct interval *ret;
    size_t ret_count;
};

static int64_t length_ns(const struct join *join, size_t first, size_t last)
{
    return join->intervals[last].to.ns - join->intervals[first].from.ns;
}

static bool is_joined(const struct join *join, size_t first, size_t last)
{
    return first == last || join->behind[last] > join->before[first];
}

// The longest join in [first, end).
static int64_t longest_ns(const struct join *join, size_t first, size_t end)
{
    size_t count = 0;
    int64_t longest = 0;
    for (size_t i = first; i < end; i++) {
        if (count == 0 || join->before[i] < join->before[join->firsts[count - 1]]) {
            join->firsts[count++] = i;
        }
        longest = length_ns(join, i, i) > longest ? length_ns(join, i, i) : longest;
    }
    for (size_t last = end; last-- > first && count > 0;) {
        while (count > 0 && join->firsts[count - 1] > last) {
            count--;
        }
        while (count > 0 && join->behind[last] > join->before[join->firsts[count - 1]]) {
            int64_t ns = length_ns(join, join->firsts[--count], last);
            longest = ns > longest ? ns : longest;
        }
    }
    return longest;
}

// Takes every join of the longest length from left to right, then what is left between them.
static void piece_join(struct join *join, size_t first, size_t end)
{
    size_t piece = first, last = first;
    int64_t longest = first < end ? longest_ns(join, first, end) : 0;
    for (size_t i = first; i < end;) {
        last = last < i ? i : last;
        while (last + 1 < end && length_ns(join, i, last) < longest) {
            last++;
        }
        if (length_ns(join, i, last) != longest || !is_joined(join, i, last)) {
            i++;
            continue;
        }
        piece_join(join, piece, i);
        join->ret[join->ret_count++] =
            (struct interval){join->intervals[i].from, join->intervals[last].to};
        i = piece = last + 1;
    }
    if (piece > first) {
        piece_join(join, piece, end);
    }
}

size_t intervals_join(const struct interval *intervals, size_t count, int64_t merge_ns,
    int64_t percent, struct interval *ret)
{
    __int128 *weights = memory_zeroed(2 * count + 1, sizeof(*weights));
    struct join join = {intervals, weights, weights + count,
        memory_zeroed(count + 1, sizeof(*join.firsts)), ret, 0};
    __int128 weight = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t gap_ns = i == 0 ? 0 : intervals[i].from.ns - intervals[i - 1].to.ns;
        weight -= (__int128)gap_ns * percent;
        weights[i] = weight;
        weight += (__int128)length_ns(&join, i, i) * (100 - percent);
        weights[count + i] = weight;
    }
    for (size_t first = 0, i = 1; i <= count; i++) {
        if (i == count || intervals[i].from.ns - intervals[i - 1].to.ns > merge_ns) {
            piece_join(&join, first, i);
            first = i;
        }
    }
    free(weights);
    free(join.firsts);
    return join.ret_count;
}
