#include "tools/bench/traffic.h"

#include "dataplane/packets/rss.h"

#include "tools/generate/frame_bytes.h"
#include "tools/generate/message_bytes.h"
#include "tools/generate/pcap_write.h"
#include "tools/generate/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE_S          1773072000LL // 2026-03-10T00:00:00+08:00: loops are seconds of field 7
#define SERVERS         4
#define PORTS_PER_HOST  16
#define PORT_FIRST      30000
#define PORT_STEP       64
#define FRAME_BYTES_MAX 1518
#define DELAYED_MAX     256 // frames that wait to be captured late

enum truth {
    TRUTH_REQUEST = 0x01,
    TRUTH_ANSWER = 0x02,
    TRUTH_EARLIER = 0x04,  // answers a request of the loop before
    TRUTH_PAIRED = 0x08,   // its request is in the capture
    TRUTH_DECLINED = 0x10, // else succeeded
};

enum side { CLIENT, SERVER };

struct delayed {
    uint8_t frame[FRAME_BYTES_MAX];
    uint32_t length;
    uint8_t truth;
    size_t due; // 0: free
};

struct maker {
    const struct recipe *recipe;
    struct traffic_lane lane;
    size_t places;
    uint16_t *ports;         // by connection: the client's
    uint32_t *connection_of; // by place
    uint32_t *answered_at;   // by place: whose request is answered there
    uint32_t *sent[2];       // by connection: bytes of this loop so far
    uint32_t *total[2];      // by connection: of a whole loop
    struct pcap_writer *writer;
    struct random tap;
    struct delayed *delayed;
    size_t captured; // frames that passed the tap, whether seen at once or not
    struct traffic *traffic;
    size_t truth_capacity;
};

// A number for a purpose, the same whenever it is asked for.
static uint64_t draw(const struct maker *maker, uint64_t purpose, uint64_t index, uint64_t below)
{
    uint64_t stream = 16 * maker->lane.number + purpose;
    struct random random = {(uint64_t)maker->recipe->seed * 0xd1342543de82ef95ULL + stream};
    random.state = random_next(&random) + index * 0x9e3779b97f4a7c15ULL;
    return random_below(&random, below);
}

enum purpose { DRAW_ORDER, DRAW_SHUFFLE, DRAW_ACK, DRAW_DECLINE, DRAW_LOSS, DRAW_START };

// ---- messages

struct place {
    size_t index;
    bool is_answer;
};

static bool is_declined(const struct maker *maker, size_t place)
{
    return draw(maker, DRAW_DECLINE, place, 100) < (uint64_t)maker->recipe->declined_percent;
}

static uint32_t message_make(const struct maker *maker, struct place place, uint8_t *bytes)
{
    static const char banks[2][3][5] = {{"0306", "0105", "0413"}, {"0308", "0104", "0403"}};
    char region[8];
    const struct recipe *recipe = maker->recipe;
    int64_t province = recipe->provinces[place.index % recipe->province_count];
    bool query = place.index % 5 == 4;
    snprintf(region, sizeof(region), "%04d", province_capital_region(province));
    struct message_facts facts = {
        .mti = place.is_answer ? 210 : 200,
        .processing = query ? "300000" : "000000",
        .condition = "00",
        .merchant_type = query ? "6011" : "5411",
        .transmitted_s = BASE_S,
        .amount = query ? 0 : (int64_t)(place.index + 1) * 100,
        .card = place.index * 7919,
        .stan = (uint32_t)place.index,
        .terminal = (uint32_t)place.index,
        .merchant = (uint32_t)place.index % 10000,
        .institution = banks[maker->lane.number][place.index % 3],
        .region = region,
        .is_answer = place.is_answer,
    };
    if (place.is_answer) {
        facts.code = is_declined(maker, place.index) ? "51" : "00";
    }
    return message_write(bytes, DIALECT_CUPS, &facts);
}

// Where field 7 stands in a frame: behind frame and CUPS headers, fields 2, 3 and perhaps 4, and in
// front of the STAN.
static bool time_find(const uint8_t *frame, size_t place, uint8_t *ret, bool *has_amount)
{
    char expected[32];
    snprintf(expected, sizeof(expected), "0310000000%06zu", place);
    *has_amount = place % 5 != 4;
    size_t at = FRAME_PAYLOAD_AT + 70 + 18 + 6 + (*has_amount ? 12 : 0);
    *ret = (uint8_t)at;
    return memcmp(frame + at, expected, 16) == 0;
}

// ---- the capture

static bool truth_add(struct maker *maker, uint8_t truth)
{
    struct traffic *traffic = maker->traffic;
    if (traffic->frames == maker->truth_capacity) {
        size_t capacity = maker->truth_capacity == 0 ? 1 << 20 : 2 * maker->truth_capacity;
        uint8_t *grown = realloc(traffic->truth, capacity);
        if (grown == NULL) {
            return false;
        }
        traffic->truth = grown;
        maker->truth_capacity = capacity;
    }
    traffic->truth[traffic->frames++] = truth;
    return true;
}

static bool capture_put(struct maker *maker, const uint8_t *frame, uint32_t length, uint8_t truth)
{
    pcap_write(maker->writer, BASE_S * 1000000000 + (int64_t)maker->traffic->frames * 1000, frame,
        length, length);
    maker->traffic->bytes += length;
    return truth_add(maker, truth);
}

// Those that are due by now, in the order in which they passed.
static bool delayed_put(struct maker *maker, size_t now)
{
    for (;;) {
        struct delayed *first = NULL;
        for (size_t i = 0; i < DELAYED_MAX; i++) {
            struct delayed *delayed = &maker->delayed[i];
            if (delayed->due != 0 && delayed->due <= now &&
                (first == NULL || delayed->due < first->due)) {
                first = delayed;
            }
        }
        if (first == NULL) {
            return true;
        }
        first->due = 0;
        if (!capture_put(maker, first->frame, first->length, first->truth)) {
            return false;
        }
    }
}

static bool delayed_keep(
    struct maker *maker, const uint8_t *frame, uint32_t length, uint8_t truth, size_t due)
{
    for (size_t i = 0; i < DELAYED_MAX; i++) {
        struct delayed *delayed = &maker->delayed[i];
        if (delayed->due == 0) {
            memcpy(delayed->frame, frame, length);
            delayed->length = length;
            delayed->truth = truth;
            delayed->due = due;
            return true;
        }
    }
    return capture_put(maker, frame, length, truth);
}

// `is_first`: of its direction; it comes in time, because a stream that is picked up behind it
// would rightly take it for old.
static bool tap_put(
    struct maker *maker, const uint8_t *frame, uint32_t length, uint8_t truth, bool is_first)
{
    const struct recipe *recipe = maker->recipe;
    size_t now = ++maker->captured;
    if (recipe->reordered_percent > 0 && !delayed_put(maker, now)) {
        return false;
    }
    if (!is_first && random_hits(&maker->tap, recipe->reordered_percent * 10000)) {
        uint64_t later = 1 + random_below(&maker->tap, (uint64_t)recipe->reordered_frames);
        return delayed_keep(maker, frame, length, truth, now + later);
    }
    return capture_put(maker, frame, length, truth);
}

// ---- frames

static struct end_address end_of(const struct maker *maker, uint32_t connection, enum side side)
{
    uint32_t host = maker->lane.number << 15 | connection / PORTS_PER_HOST;
    struct end_address end = {.address = {[10] = 0xff, 0xff, 10, 1}, .is_ipv4 = true};
    if (side == CLIENT) {
        end.address[14] = (uint8_t)(host >> 8);
        end.address[15] = (uint8_t)host;
        end.port = maker->ports[connection];
    } else {
        end.address[13] = 2;
        end.address[15] = (uint8_t)(10 + connection % SERVERS);
        end.port = 5000;
    }
    return end;
}

// The queue that RSS gives a connection, whose client's port is still to be chosen.
static unsigned queue_of(const struct maker *maker, uint32_t connection, uint16_t port)
{
    struct end_address client = end_of(maker, connection, CLIENT);
    struct end_address server = end_of(maker, connection, SERVER);
    struct packet packet = {.source_port = port, .destination_port = server.port};
    memcpy(packet.source, client.address, sizeof(packet.source));
    memcpy(packet.destination, server.address, sizeof(packet.destination));
    return rss_hash(&packet) % RSS_PLACES % maker->lane.of;
}

// Ports of a host lie PORT_STEP apart: between them is always one of the lane.
static void ports_make(struct maker *maker)
{
    for (uint32_t i = 0; i < maker->recipe->connections; i++) {
        uint16_t port = (uint16_t)(PORT_FIRST + i % PORTS_PER_HOST * PORT_STEP);
        while (maker->lane.of > 1 && queue_of(maker, i, port) != maker->lane.number) {
            port++;
        }
        maker->ports[i] = port;
    }
}

static uint32_t start_of(const struct maker *maker, uint32_t connection, enum side side)
{
    return (uint32_t)draw(maker, DRAW_START, 2 * (uint64_t)connection + side, UINT32_MAX);
}

// A frame from `side`, with its moves but for those of a message.
static uint32_t frame_make(const struct maker *maker, uint32_t connection, enum side side,
    const uint8_t *payload, uint32_t length, uint8_t *frame)
{
    enum side other = side == CLIENT ? SERVER : CLIENT;
    struct end_address from = end_of(maker, connection, side),
                       to = end_of(maker, connection, other);
    struct frame_facts facts = {.source = &from,
        .destination = &to,
        .sequence = start_of(maker, connection, side) + maker->sent[side][connection],
        .acknowledgement = start_of(maker, connection, other) + maker->sent[other][connection],
        .flags = length > 0 ? FRAME_PSH | FRAME_ACK : FRAME_ACK,
        .identification = (uint16_t)maker->captured,
        .payload = payload,
        .payload_length = length};
    uint32_t bytes = frame_write(frame, &facts);
    struct frame_moves moves = {.local = 0x02,
        .sequence_step = maker->total[side][connection],
        .acknowledgement_step = maker->total[other][connection]};
    memcpy(frame, &moves, sizeof(moves));
    return bytes;
}

static bool ack_put(struct maker *maker, uint32_t connection, enum side side)
{
    uint8_t frame[FRAME_BYTES_MAX];
    uint32_t length = frame_make(maker, connection, side, NULL, 0, frame);
    return tap_put(maker, frame, length, 0, false);
}

static bool is_lost(const struct maker *maker, struct place place)
{
    return draw(maker, DRAW_LOSS, 2 * place.index + place.is_answer, 100) <
           (uint64_t)maker->recipe->lost_percent;
}

static uint8_t truth_of(const struct maker *maker, struct place place, bool is_earlier)
{
    if (!place.is_answer) {
        return TRUTH_REQUEST;
    }
    bool paired = !is_lost(maker, (struct place){place.index, false});
    return (uint8_t)(TRUTH_ANSWER | (is_earlier ? TRUTH_EARLIER : 0) | (paired ? TRUTH_PAIRED : 0) |
                     (is_declined(maker, place.index) ? TRUTH_DECLINED : 0));
}

static bool message_put(struct maker *maker, struct place place, bool is_earlier)
{
    uint8_t payload[SCENARIO_MESSAGE_BYTES_MAX], frame[FRAME_BYTES_MAX];
    struct frame_moves moves;
    bool has_amount;
    uint32_t connection = maker->connection_of[place.index];
    enum side side = place.is_answer ? SERVER : CLIENT;
    uint32_t length = message_make(maker, place, payload);
    uint32_t bytes = frame_make(maker, connection, side, payload, length, frame);
    memcpy(&moves, frame, sizeof(moves));
    if (!time_find(frame, place.index, &moves.time_at, &has_amount)) {
        errno = EPROTO;
        return false;
    }
    moves.flags = (uint8_t)(MOVES_MESSAGE | (has_amount ? MOVES_AMOUNT : 0) |
                            (is_earlier ? MOVES_EARLIER : 0));
    memcpy(frame, &moves, sizeof(moves));
    bool is_first = maker->sent[side][connection] == 0;
    maker->sent[side][connection] += length;
    return is_lost(maker, place) ||
           tap_put(maker, frame, bytes, truth_of(maker, place, is_earlier), is_first);
}

// ---- the loop

// The message at each of the loop's 2 x places turns: even ones are answers.
static struct place place_at(const struct maker *maker, size_t turn)
{
    bool is_answer = turn % 2 == 0;
    return (struct place){is_answer ? maker->answered_at[turn / 2] : turn / 2, is_answer};
}

// The receiver of an earlier message acknowledges what it has, perhaps.
static bool turn_ack(struct maker *maker, size_t turn)
{
    const struct recipe *recipe = maker->recipe;
    size_t turns = 2 * maker->places;
    size_t of = (turn + turns - (size_t)recipe->acked_after % turns) % turns;
    uint64_t bare = (uint64_t)recipe->bare_ack_percent;
    struct place place = place_at(maker, of);
    if (draw(maker, DRAW_ACK, of, 100 - bare) >= bare ||
        draw(maker, DRAW_LOSS, 2 * (maker->places + of), 100) < (uint64_t)recipe->lost_percent) {
        return true;
    }
    return ack_put(maker, maker->connection_of[place.index], place.is_answer ? CLIENT : SERVER);
}

static bool loop_put(struct maker *maker)
{
    size_t after = (size_t)maker->recipe->answered_after;
    for (size_t turn = 0; turn < 2 * maker->places; turn++) {
        struct place place = place_at(maker, turn);
        bool is_earlier = place.is_answer && (after == maker->places || place.index >= turn / 2);
        if (!turn_ack(maker, turn) || !message_put(maker, place, is_earlier)) {
            return false;
        }
    }
    return delayed_put(maker, SIZE_MAX);
}

static void swap(uint32_t *list, size_t a, size_t b)
{
    uint32_t kept = list[a];
    list[a] = list[b];
    list[b] = kept;
}

static void orders_make(struct maker *maker)
{
    size_t places = maker->places, block = (size_t)maker->recipe->shuffled;
    for (size_t i = 0; i < places; i++) {
        maker->connection_of[i] = (uint32_t)(i % (size_t)maker->recipe->connections);
    }
    for (size_t i = places; i > 1; i--) {
        swap(maker->connection_of, i - 1, draw(maker, DRAW_ORDER, i, i));
    }
    uint32_t *order = maker->answered_at;
    size_t after = (size_t)maker->recipe->answered_after;
    for (size_t i = 0; i < places; i++) { // whose turn it would be without a shuffle
        order[i] = (uint32_t)((i + places - after % places) % places);
    }
    for (size_t i = places; i > 1; i--) {
        size_t first = (i - 1) / block * block;
        swap(order, i - 1, first + draw(maker, DRAW_SHUFFLE, i, i - first));
    }
}

static void totals_make(struct maker *maker)
{
    uint8_t bytes[SCENARIO_MESSAGE_BYTES_MAX];
    for (size_t i = 0; i < maker->places; i++) {
        uint32_t connection = maker->connection_of[i];
        maker->total[CLIENT][connection] += message_make(maker, (struct place){i, false}, bytes);
        maker->total[SERVER][connection] += message_make(maker, (struct place){i, true}, bytes);
    }
}

static bool maker_init(struct maker *maker)
{
    size_t connections = (size_t)maker->recipe->connections;
    maker->connection_of = calloc(maker->places, sizeof(uint32_t));
    maker->answered_at = calloc(maker->places, sizeof(uint32_t));
    maker->ports = calloc(connections, sizeof(uint16_t));
    maker->delayed = calloc(DELAYED_MAX, sizeof(*maker->delayed));
    bool made = maker->connection_of != NULL && maker->answered_at != NULL &&
                maker->ports != NULL && maker->delayed != NULL;
    for (enum side side = CLIENT; side <= SERVER; side++) {
        maker->sent[side] = calloc(connections, sizeof(uint32_t));
        maker->total[side] = calloc(connections, sizeof(uint32_t));
        made &= maker->sent[side] != NULL && maker->total[side] != NULL;
    }
    return made;
}

static void maker_done(struct maker *maker)
{
    free(maker->connection_of);
    free(maker->answered_at);
    free(maker->ports);
    free(maker->delayed);
    for (enum side side = CLIENT; side <= SERVER; side++) {
        free(maker->sent[side]);
        free(maker->total[side]);
    }
}

bool traffic_write(const struct recipe *recipe, struct traffic_lane lane, const char *path,
    struct traffic *ret, char *error, size_t error_size)
{
    struct maker maker = {.recipe = recipe,
        .lane = lane,
        .places = (size_t)recipe->requests,
        .writer = pcap_writer_open(path),
        .tap = random_init(recipe->seed, RANDOM_TAP),
        .traffic = ret};
    *ret = (struct traffic){0};
    bool made = maker.writer != NULL && maker_init(&maker);
    if (made) {
        ports_make(&maker);
        orders_make(&maker);
        totals_make(&maker);
        made = loop_put(&maker);
    }
    maker_done(&maker);
    made = pcap_writer_close(maker.writer) && made;
    if (!made) {
        snprintf(error, error_size, "%s cannot be written: %s", path, strerror(errno));
    }
    return made;
}

void traffic_free(struct traffic *traffic)
{
    free(traffic->truth);
    *traffic = (struct traffic){0};
}

// ---- what is true

static void sum_stretch(const struct traffic *traffic, size_t frames, struct traffic_sums *ret)
{
    for (size_t i = 0; i < frames; i++) {
        uint8_t truth = traffic->truth[i];
        bool is_answer = (truth & TRUTH_ANSWER) != 0;
        ret->requests += (truth & TRUTH_REQUEST) != 0;
        ret->answers += is_answer;
        ret->paired += (truth & TRUTH_PAIRED) != 0;
        ret->declined += (truth & TRUTH_DECLINED) != 0;
        ret->succeeded += is_answer && (truth & TRUTH_DECLINED) == 0;
    }
}

void traffic_sum(const struct traffic *traffic, uint64_t frames, struct traffic_sums *ret)
{
    struct traffic_sums loop = {0}, rest = {0};
    uint64_t loops = frames / traffic->frames;
    sum_stretch(traffic, traffic->frames, &loop);
    sum_stretch(traffic, frames % traffic->frames, &rest);
    ret->requests += loops * loop.requests + rest.requests;
    ret->answers += loops * loop.answers + rest.answers;
    ret->paired += loops * loop.paired + rest.paired;
    ret->succeeded += loops * loop.succeeded + rest.succeeded;
    ret->declined += loops * loop.declined + rest.declined;
    for (size_t i = 0; i < traffic->frames && i < frames; i++) { // nobody asked in the first loop
        uint8_t truth = traffic->truth[i];
        ret->paired -= (truth & TRUTH_EARLIER) != 0 && (truth & TRUTH_PAIRED) != 0;
    }
}
