// The longest stretch with a positive sum is found in linear time: of all starts only those can be
// the best for some end whose prefix sum is below that of every earlier start; going through the
// ends from the last to the first, each of these starts is passed once. A pass takes all stretches
// of that length, so that the passes over one piece are at most as many as there are different
// lengths in it: O(n * sqrt(n)) at worst, and one pass for an ordinary outage.
#include "detectors/outages/stretches.h"

#include "config/memory.h"

#include <stdlib.h>

struct search {
    const struct stretch_item *items;
    size_t weight;                    // of the first item
    int64_t slack;                    // 1: a sum of 0 is enough, too
    int64_t *sum_normal, *sum_demand; // of the items before
    size_t *starts;                   // room for the candidates
    struct stretch *ret;
    size_t ret_count;
};

static size_t length_of(const struct search *search, size_t first, size_t last)
{
    return last - first + (first == 0 ? search->weight : 1);
}

// Length of the longest stretch in [first, end) by one of the two sums; 0: none.
static size_t longest_by(const struct search *search, const int64_t *sum, size_t first, size_t end)
{
    size_t count = 0, longest = 0;
    for (size_t i = first; i < end; i++) {
        if (search->items[i].bad && (count == 0 || sum[i] < sum[search->starts[count - 1]])) {
            search->starts[count++] = i;
        }
    }
    for (size_t last = end; last-- > first && count > 0;) {
        while (count > 0 && search->items[last].bad && search->starts[count - 1] <= last &&
               sum[last + 1] + search->slack > sum[search->starts[count - 1]]) {
            size_t length = length_of(search, search->starts[--count], last);
            longest = length > longest ? length : longest;
        }
        while (count > 0 && search->starts[count - 1] >= last) {
            count--;
        }
    }
    return longest;
}

static bool is_stretch(const struct search *search, size_t first, size_t last)
{
    return search->items[first].bad && search->items[last].bad &&
           (search->sum_normal[last + 1] + search->slack > search->sum_normal[first] ||
               search->sum_demand[last + 1] + search->slack > search->sum_demand[first]);
}

static void piece_search(struct search *search, size_t first, size_t end)
{
    size_t by_normal = longest_by(search, search->sum_normal, first, end);
    size_t by_demand = longest_by(search, search->sum_demand, first, end);
    size_t length = by_normal > by_demand ? by_normal : by_demand;
    size_t piece = first;
    if (length == 0) {
        return;
    }
    for (size_t i = first; i < end;) {
        size_t last = i + length - length_of(search, i, i);
        if (length < length_of(search, i, i) || last >= end || !is_stretch(search, i, last)) {
            i++;
            continue;
        }
        piece_search(search, piece, i);
        search->ret[search->ret_count++] = (struct stretch){i, last};
        i = piece = last + 1;
    }
    piece_search(search, piece, end);
}

size_t chain_end(
    const struct stretch_item *items, size_t from, size_t count, size_t merge, size_t *ret_run_end)
{
    size_t run = 0;
    for (size_t i = from; i < count; i++) {
        if (items[i].bad || items[i].unknown) {
            run = 0;
        } else if (run > 0 || !items[i].idle) {
            run++;
        }
        if (run > merge) {
            size_t end = i + 1;
            while (end < count && !items[end].bad && !items[end].unknown) {
                end++;
            }
            *ret_run_end = end;
            return i + 1 - run;
        }
    }
    *ret_run_end = count;
    return count;
}

size_t stretches_find(const struct stretch_item *items, size_t count, size_t merge, size_t weight,
    bool at_least, struct stretch *ret)
{
    int64_t *sums = memory_zeroed(2 * (count + 1), sizeof(*sums));
    struct search search = {items, weight, at_least, sums, sums + count + 1,
        memory_zeroed(count + 1, sizeof(size_t)), ret, 0};
    for (size_t i = 0; i < count; i++) {
        search.sum_normal[i + 1] = search.sum_normal[i] + items[i].over_normal;
        search.sum_demand[i + 1] = search.sum_demand[i] + items[i].over_demand;
    }
    for (size_t from = 0; from < count;) {
        size_t next, end = chain_end(items, from, count, merge, &next);
        piece_search(&search, from, end);
        from = next;
    }
    free(sums);
    free(search.starts);
    return search.ret_count;
}
