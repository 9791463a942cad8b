#include "dataplane/counters/counters.h"

static int64_t since(int64_t before, int64_t now)
{
    return now >= before ? now - before : 0;
}

void port_watch_take(
    struct port_watch *watch, const struct port_facts *so_far, size_t count, struct counters *ret)
{
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        const struct port_facts *now = &so_far[i];
        if (now->port >= PORTS_MAX || taken == PORTS_MAX) {
            continue;
        }
        struct port_facts before = watch->known[now->port] ? watch->before[now->port] : *now;
        watch->facts[taken++] = (struct port_facts){.port = now->port,
            .link = now->link,
            .frames = since(before.frames, now->frames),
            .missed = since(before.missed, now->missed),
            .without_buffer = since(before.without_buffer, now->without_buffer),
            .errors = since(before.errors, now->errors)};
        watch->before[now->port] = *now;
        watch->known[now->port] = true;
    }
    ret->ports = watch->facts;
    ret->port_count = taken;
}
