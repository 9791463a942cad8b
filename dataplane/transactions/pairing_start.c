// A pairing's start and end: its tables, sized by the settings, and one set of queues for each
// distinct time limit.
#include "dataplane/counters/cell_key.h"
#include "dataplane/transactions/expiry.h"

#include <stdlib.h>

static struct limit_class *class_of_limit(
    struct pairing *pairing, const struct settings *settings, int64_t limit_ns)
{
    size_t i = 0;
    while (i < pairing->class_count && pairing->classes[i].limit_ns != limit_ns) {
        i++;
    }
    if (i == pairing->class_count) {
        int64_t remembered = settings->transactions.remember_limits;
        pairing->classes[i] = (struct limit_class){.limit_ns = limit_ns,
            .quick_ns = limit_ns + limit_ns / QUICK_DIVISOR,
            .slow_ns = limit_ns * remembered,
            .young = ENTRY_QUEUE_EMPTY,
            .old = ENTRY_QUEUE_EMPTY};
        pairing->class_count++;
    }
    return &pairing->classes[i];
}

static int64_t attentive_ns(const struct function_table *functions, int64_t limit_ns)
{
    int64_t attentive_ns = limit_ns / QUICK_DIVISOR;
    for (size_t i = 0; i < functions->function_count; i++) {
        int64_t own_ns = functions->functions[i].time_limit_ns;
        attentive_ns = own_ns > 0 && own_ns < attentive_ns ? own_ns : attentive_ns;
    }
    return attentive_ns;
}

static void links_init(struct pairing *pairing, const struct settings *settings)
{
    for (size_t i = 0; i < settings->link_count; i++) {
        const struct link_settings *link = &settings->links[i];
        pairing->links[i] = (struct pairing_link){
            .limit = class_of_limit(pairing, settings, link->time_limit_ns),
            .codes = &settings->networks[link->network].response_codes,
            .functions = &settings->networks[link->network].functions,
            .attentive_ns =
                attentive_ns(&settings->networks[link->network].functions, link->time_limit_ns),
            .gap = {{INT64_MIN}, {INT64_MIN}},
            .cell = cell_key_of_link(link->network, (uint16_t)i, (uint8_t)link->site),
            .network = link->network,
            .site = (uint8_t)link->site,
        };
    }
    pairing->link_count = settings->link_count;
}

void pairing_tell_requests(struct pairing *pairing, request_sink *sink)
{
    pairing->request_sink = sink;
}

struct pairing *pairing_new(
    const struct settings *settings, bool whole, transaction_sink *sink, void *context)
{
    struct pairing *pairing = calloc(1, sizeof(*pairing));
    if (pairing == NULL) {
        return NULL;
    }
    pairing->sink = sink;
    pairing->context = context;
    pairing->next_deadline = INSTANT_NEVER;
    pairing->next_forgotten = INSTANT_NEVER;
    pairing->next_early = INSTANT_NEVER;
    pairing->early = ENTRY_QUEUE_EMPTY;
    pairing->disorder_ns = settings->packets.disorder_ns;
    pairing->classes = calloc(settings->link_count + 1, sizeof(*pairing->classes));
    pairing->links = calloc(settings->link_count + 1, sizeof(*pairing->links));
    bool made = open_table_init(&pairing->table, (size_t)settings->transactions.open, whole);
    if (!made || pairing->classes == NULL || pairing->links == NULL) {
        pairing_free(pairing);
        return NULL;
    }
    links_init(pairing, settings);
    return pairing;
}

void pairing_free(struct pairing *pairing)
{
    if (pairing == NULL) {
        return;
    }
    open_table_done(&pairing->table);
    free(pairing->classes);
    free(pairing->links);
    free(pairing);
}
