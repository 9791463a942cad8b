#include "dataplane/counters/counters_sum.h"

#include "config/log.h"

#include "dataplane/counters/counters_fields.h"
#include "dataplane/counters/tries.h"

#include <stdlib.h>
#include <string.h>

void counters_sum_done(struct counters_sum *sum)
{
    free(sum->counters.cells);
    free(sum->counters.links);
    free(sum->counters.counterparties);
    free(sum->counters.codes);
    free(sum->counters.affected);
    free(sum->counters.tries);
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

// At the time of `of`, with room for as many records as it counts.
static void sum_begin(struct counters_sum *sum, const struct counters *of)
{
    struct counters *own = &sum->counters;
    own->cells = room(own->cells, of->cell_count, &sum->cell_capacity, sizeof(*own->cells));
    own->links = room(own->links, of->link_count, &sum->link_capacity, sizeof(*own->links));
    own->counterparties = room(own->counterparties, of->counterparty_count,
        &sum->counterparty_capacity, sizeof(*own->counterparties));
    own->codes = room(own->codes, of->code_count, &sum->code_capacity, sizeof(*own->codes));
    own->affected =
        room(own->affected, of->affected_count, &sum->affected_capacity, sizeof(*own->affected));
    own->tick = of->tick;
    own->evicted = of->evicted;
    own->merged = of->merged;
}

static void tries_append(struct counters_sum *sum, const struct counters *counters)
{
    struct counters *own = &sum->counters;
    if (counters->try_count > 0) {
        size_t count = own->try_count + counters->try_count;
        own->tries = room(own->tries, count, &sum->try_capacity, sizeof(*own->tries));
        memcpy(own->tries + own->try_count, counters->tries,
            counters->try_count * sizeof(*own->tries));
        own->try_count = count;
    }
}

static size_t copy(void *to, const void *from, size_t count, size_t size)
{
    if (count > 0) {
        memcpy(to, from, count * size);
    }
    return count;
}

void counters_sum_copy(struct counters_sum *sum, const struct counters *counters)
{
    struct counters *own = &sum->counters;
    sum_begin(sum, counters);
    own->cell_count = copy(own->cells, counters->cells, counters->cell_count, sizeof(*own->cells));
    own->link_count = copy(own->links, counters->links, counters->link_count, sizeof(*own->links));
    own->counterparty_count = copy(own->counterparties, counters->counterparties,
        counters->counterparty_count, sizeof(*own->counterparties));
    own->code_count = copy(own->codes, counters->codes, counters->code_count, sizeof(*own->codes));
    own->affected_count =
        copy(own->affected, counters->affected, counters->affected_count, sizeof(*own->affected));
    own->try_count = 0;
    tries_append(sum, counters);
}

// ---- adding

static void cell_add(void *to, void *from)
{
    for (size_t i = 0; i < CELL_SUMS; i++) {
        *sum_small(to, &cell_sums[i]) += *sum_small(from, &cell_sums[i]);
    }
}

static void counterparty_add(void *to, void *from)
{
    for (size_t i = 0; i < COUNTERPARTY_SUMS; i++) {
        *sum_small(to, &counterparty_sums[i]) += *sum_small(from, &counterparty_sums[i]);
    }
}

static void code_add(void *to, void *from)
{
    *sum_small(to, &code_sum) += *sum_small(from, &code_sum);
}

// A person of both is one person.
static void affected_unite(void *to, void *from)
{
    (void)to;
    (void)from;
}

static int32_t shorter(int32_t one, int32_t other) // 0: none
{
    return one == 0 || (other != 0 && other < one) ? other : one;
}

static void link_add(void *sum, void *added)
{
    struct link_counts *to = sum, *from = added;
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

// Two sorted arrays of records, which are equal when they count the same thing.
struct two_arrays {
    void *one, *two;
    size_t one_count, two_count, size;
    int (*compare)(const void *a, const void *b);
    void (*add)(void *to, void *from);
};

// Both as one array. Returns how many records it has.
static size_t add_up(void *sum, struct two_arrays of)
{
    char *to = sum, *one = of.one, *two = of.two;
    size_t count = 0, i = 0, j = 0;
    for (; i < of.one_count || j < of.two_count; count++, to += of.size) {
        int order = i == of.one_count   ? 1
                    : j == of.two_count ? -1
                                        : of.compare(one + i * of.size, two + j * of.size);
        memcpy(to, order <= 0 ? one + i * of.size : two + j * of.size, of.size);
        if (order == 0) {
            of.add(to, two + j * of.size);
        }
        i += order <= 0;
        j += order >= 0;
    }
    return count;
}

#define ARRAYS(array, count, compare, add)                                                         \
    (struct two_arrays)                                                                            \
    {                                                                                              \
        one->array, two->array, one->count, two->count, sizeof(*one->array), compare, add          \
    }

void counters_sum_of(
    struct counters_sum *sum, const struct counters *one, const struct counters *two)
{
    struct counters *own = &sum->counters, most = *two;
    most.cell_count += one->cell_count;
    most.link_count += one->link_count;
    most.counterparty_count += one->counterparty_count;
    most.code_count += one->code_count;
    most.affected_count += one->affected_count;
    sum_begin(sum, &most);
    own->cell_count = add_up(own->cells, ARRAYS(cells, cell_count, cell_counts_compare, cell_add));
    own->link_count = add_up(own->links, ARRAYS(links, link_count, link_counts_compare, link_add));
    own->counterparty_count = add_up(own->counterparties,
        ARRAYS(counterparties, counterparty_count, counterparty_counts_compare, counterparty_add));
    own->code_count = add_up(own->codes, ARRAYS(codes, code_count, code_counts_compare, code_add));
    own->affected_count =
        add_up(own->affected, ARRAYS(affected, affected_count, affected_compare, affected_unite));
    own->try_count = 0;
    tries_append(sum, one);
    tries_append(sum, two);
}
