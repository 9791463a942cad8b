#include "detectors/grades/intervals.h"

#include "config/memory.h"

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
        provinces += before <= 0 && before + edges[i].step > 0;
        provinces -= before > 0 && before + edges[i].step <= 0;
    }
    free(edges);
    return found;
}

static bool is_joined(const struct interval *intervals, const int64_t *covered_ns, size_t first,
    size_t last, int64_t percent)
{
    int64_t all_ns = intervals[last].to.ns - intervals[first].from.ns;
    return (__int128)(covered_ns[last + 1] - covered_ns[first]) * 100 > (__int128)all_ns * percent;
}

// The longest join in [first, end), all gaps of which are small enough.
static void join_find(const struct interval *intervals, const int64_t *covered_ns, size_t first,
    size_t end, int64_t percent, size_t *ret_first, size_t *ret_last)
{
    int64_t longest_ns = -1;
    for (size_t i = first; i < end; i++) {
        for (size_t j = end; j-- > i;) {
            int64_t length_ns = intervals[j].to.ns - intervals[i].from.ns;
            if (length_ns <= longest_ns) {
                break;
            }
            if (i == j || is_joined(intervals, covered_ns, i, j, percent)) {
                longest_ns = length_ns;
                *ret_first = i;
                *ret_last = j;
                break;
            }
        }
    }
}

static void piece_join(const struct interval *intervals, const int64_t *covered_ns, size_t first,
    size_t end, int64_t percent, struct interval *ret, size_t *ret_count)
{
    while (first < end) {
        size_t from = first, last = first;
        join_find(intervals, covered_ns, first, end, percent, &from, &last);
        piece_join(intervals, covered_ns, first, from, percent, ret, ret_count);
        ret[(*ret_count)++] = (struct interval){intervals[from].from, intervals[last].to};
        first = last + 1;
    }
}

size_t intervals_join(const struct interval *intervals, size_t count, int64_t merge_ns,
    int64_t percent, struct interval *ret)
{
    int64_t *covered_ns = memory_zeroed(count + 1, sizeof(*covered_ns));
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        covered_ns[i + 1] = covered_ns[i] + intervals[i].to.ns - intervals[i].from.ns;
    }
    for (size_t first = 0, i = 1; i <= count; i++) {
        if (i == count || intervals[i].from.ns - intervals[i - 1].to.ns > merge_ns) {
            piece_join(intervals, covered_ns, first, i, percent, ret, &found);
            first = i;
        }
    }
    free(covered_ns);
    return found;
}
