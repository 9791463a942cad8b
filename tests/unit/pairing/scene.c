#include "tests/unit/pairing/scene.h"

#include <stdlib.h>

#define SPAN_MS 90000

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

static int by_time(const void *a, const void *b)
{
    const struct event *one = a, *other = b;
    return one->at_ns < other->at_ns ? -1 : one->at_ns > other->at_ns;
}

static void events_make(struct scene *scene)
{
    for (uint64_t number = 1; number <= INTENTS; number++) {
        // Tenths of a second: many packets lie at the very instant of a tick.
        int64_t at_ns = (int64_t)draw(SPAN_MS / 100) * 100 * NS_PER_MS;
        scene->events[scene->event_count++] = (struct event){at_ns, number, false};
        if (draw(10) != 0) {
            int64_t delay_ms = draw(20) == 0 ? 25000 + (int64_t)draw(10000) : (int64_t)draw(900);
            scene->events[scene->event_count++] =
                (struct event){at_ns + (1 + delay_ms) * NS_PER_MS, number, true};
        }
    }
    qsort(scene->events, scene->event_count, sizeof(scene->events[0]), by_time);
}

// One packet in fifty is lost; one in fifty comes behind its connection's next.
static void packets_make(struct scene *scene)
{
    uint32_t sequences[CONNECTIONS][2] = {0};
    for (size_t i = 0; i < scene->event_count; i++) {
        const struct event *event = &scene->events[i];
        unsigned connection = (unsigned)draw(CONNECTIONS);
        uint32_t *sequence = &sequences[connection][event->answer];
        rig_message_write(scene->bytes[i], LENGTH, event->answer, event->number, 0);
        struct packet packet = rig_packet(
            connection, !event->answer, event->at_ns, *sequence, scene->bytes[i], LENGTH);
        *sequence += LENGTH;
        if (draw(50) != 0) {
            packet.ordinal = scene->packet_count + 1;
            scene->packets[scene->packet_count++] = packet;
        }
    }
    for (size_t i = 50; i + 1 < scene->packet_count; i += 50) {
        struct packet *first = &scene->packets[i], *second = first + 1, swapped = *first;
        struct instant at[] = {first->at, second->at};
        *first = *second;
        *second = swapped;
        first->at = at[0];
        second->at = at[1];
        first->ordinal--;
        second->ordinal++;
    }
}

struct scene *scene_new(void)
{
    static struct response_code codes[1];
    static char site[] = "上海", *sites[] = {site}, approved[] = "00";
    struct scene *scene = calloc(1, sizeof(*scene));
    struct settings *settings = &scene->rig.settings;
    rig_init(&scene->rig);
    codes[0] = (struct response_code){.code = approved};
    static char pay[] = "pay";
    scene->rig.network.id = pay;
    scene->rig.network.response_codes.codes = codes;
    scene->rig.network.response_codes.code_count = 1;
    uint16_t *index = calloc(RESPONSE_CODE_NUMBERS, sizeof(*index));
    index[response_code_number((const uint8_t *)"00", 2)] = 1;
    scene->rig.network.response_codes.index = index;
    settings->sites = sites;
    settings->site_count = 1;
    settings->transactions.open = 8192;
    settings->transactions.remember_limits = 4;
    seed = 20260310;
    events_make(scene);
    packets_make(scene);
    return scene;
}

void scene_free(struct scene *scene)
{
    free(scene->rig.network.response_codes.index);
    free(scene);
}
