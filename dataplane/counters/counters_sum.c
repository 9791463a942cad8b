#include "dataplane/counters/counters_sum.h"

#include "config/log.h"

#include "dataplane/counters/counters_fields.h"

#include <stdlib.h>
#include <string.h>

void counters_sum_done(struct counters_sum *sum)
{
    free(sum->counters.cells);
    free(sum->counters.links);
    free(sum->counters.affected);
}

static void *room(void *array, size_t wanted, size_t *capacity, size_t size)
{
    if (wanted <= *capacity) {
        return array;
    }
    void *larger = reallocarray(array, 2 * wanted, size);
    if (larger == NULL) {
        log_error("no memory for the %zu counters of a tick", wanted);
        abort();
    }
    *capacity = 2 * wanted;
    return larger;
}

// Empty, at the time of `counters`, with room for so many.
static void sum_begin(struct counters_sum *sum, const struct counters *counters, size_t cells,
    size_t links, size_t affected)
{
    struct counters *own = &sum->counters;
    own->cells = room(own->cells, cells, &sum->cell_capacity, sizeof(*own->cells));
    own->links = room(own->links, links, &sum->link_capacity, sizeof(*own->links));
    own->affected = room(own->affected, affected, &sum->affected_capacity, sizeof(*own->affected));
    own->tick = counters->tick;
    own->evicted = counters->evicted;
    own->merged = counters->merged;
    own->cell_count = own->link_count = own->affected_count = 0;
}

void counters_sum_copy(struct counters_sum *sum, const struct counters *counters)
{
    struct counters *own = &sum->counters;
    sum_begin(sum, counters, counters->cell_count, counters->link_count, counters->affected_count);
    own->cell_count = counters->cell_count;
    own->link_count = counters->link_count;
    own->affected_count = counters->affected_count;
    if (own->cell_count > 0) {
        memcpy(own->cells, counters->cells, own->cell_count * sizeof(*own->cells));
    }
    if (own->link_count > 0) {
        memcpy(own->links, counters->links, own->link_count * sizeof(*own->links));
    }
    if (own->affected_count > 0) {
        memcpy(own->affected, counters->affected, own->affected_count * sizeof(*own->affected));
    }
}

// ---- adding

static void cell_add(struct cell_counts *to, struct cell_counts *from)
{
    for (size_t i = 0; i < CELL_SUMS; i++) {
        *sum_small(to, &cell_sums[i]) += *sum_small(from, &cell_sums[i]);
    }
}

static int32_t shorter(int32_t one, int32_t other) // 0: none
{
    return one == 0 || (other != 0 && other < one) ? other : one;
}

static void link_add(struct link_counts *to, struct link_counts *from)
{
    int32_t shortest = shorter(to->shortest_answer_bytes, from->shortest_answer_bytes);
    for (size_t i = 0; i < LINK_BYTES; i++) {
        *sum_large(to, &link_bytes[i]) += *sum_large(from, &link_bytes[i]);
    }
    for (size_t i = 0; i < LINK_EVENTS; i++) {
        *sum_small(to, &link_events[i]) += *sum_small(from, &link_events[i]);
    }
    for (size_t i = 0; i < LATENCY_CLASSES; i++) {
        to->latency[i] += from->latency[i];
    }
    to->shortest_answer_bytes = shortest;
}

static void cells_add(struct counters *sum, const struct counters *one, const struct counters *two)
{
    for (size_t i = 0, j = 0; i < one->cell_count || j < two->cell_count;) {
        int order = i == one->cell_count   ? 1
                    : j == two->cell_count ? -1
                                           : cell_counts_compare(&one->cells[i], &two->cells[j]);
        struct cell_counts *cell = &sum->cells[sum->cell_count++];
        *cell = order <= 0 ? one->cells[i++] : two->cells[j++];
        if (order == 0) {
            cell_add(cell, &two->cells[j++]);
        }
    }
}

static void links_add(struct counters *sum, const struct counters *one, const struct counters *two)
{
    for (size_t i = 0, j = 0; i < one->link_count || j < two->link_count;) {
        int order = i == one->link_count   ? 1
                    : j == two->link_count ? -1
                                           : link_counts_compare(&one->links[i], &two->links[j]);
        struct link_counts *link = &sum->links[sum->link_count++];
        *link = order <= 0 ? one->links[i++] : two->links[j++];
        if (order == 0) {
            link_add(link, &two->links[j++]);
        }
    }
}

// A union: a person of both is one person.
static void affected_add(
    struct counters *sum, const struct counters *one, const struct counters *two)
{
    for (size_t i = 0, j = 0; i < one->affected_count || j < two->affected_count;) {
        int order = i == one->affected_count ? 1
                    : j == two->affected_count
                        ? -1
                        : affected_compare(&one->affected[i], &two->affected[j]);
        sum->affected[sum->affected_count++] = order <= 0 ? one->affected[i] : two->affected[j];
        i += order <= 0;
        j += order >= 0;
    }
}

void counters_sum_of(
    struct counters_sum *sum, const struct counters *one, const struct counters *two)
{
    sum_begin(sum, two, one->cell_count + two->cell_count, one->link_count + two->link_count,
        one->affected_count + two->affected_count);
    cells_add(&sum->counters, one, two);
    links_add(&sum->counters, one, two);
    affected_add(&sum->counters, one, two);
}
