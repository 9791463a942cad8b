// The row pipeline/floor: what a crude loop takes of the same bytes.
//
// It receives from the very device of the other rows, buffers, burst and callback, looks up each
// message's connection, reads what a verdict needs, hashes the account of each request, puts
// requests into a table and finds them there by their answers, and counts outcomes by province: the
// least that any tool must do who says what share of the business fails, and where. It has no
// safety at all: offsets are those of this capture, no length is compared with anything, nothing is
// reassembled, nothing has a time, nothing expires. It is evidence of what is left to win, and is
// never run on anything else.
//
// Each burst goes by three times, so that memory is asked for before it is needed: connections,
// then messages and their slots in the table, then the table itself.
#include "tools/bench/floor.h"

#include "config/memory.h"
#include "config/settings.h"

#include "dataplane/packets/port.h"
#include "dataplane/transactions/accounts.h"

#include "tools/bench/traffic.h"
#include "tools/commands.h"

#include <jansson.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define CONNECTION_SLOTS (1U << 21)
#define REQUEST_SLOTS    (1U << 22) // as many as pipeline-512.yaml has room for
#define PROBES           64         // slots that are looked at; a request overwrites the last one
#define REGIONS          10000      // of four digits
#define FRAME_ACK_BYTES  40         // an IP packet with nothing in it
#define SPREAD           0x9E3779B97F4A7C15ULL

struct connection {
    uint64_t addresses; // the lower one's end first
    uint32_t ports, frames;
};

struct request {
    uint64_t key; // 0: free
    uint64_t account, amount, region;
};

struct message {
    const uint8_t *card;
    uint64_t key, amount;
    uint32_t card_digits, region;
    struct request *slot; // where its key belongs
    bool is_answer, is_declined;
};

static struct {
    struct connection *connections;
    struct request *requests;
    struct account_key key;
    struct accounts accounts;
    uint64_t outcomes[REGIONS][2]; // answers by what they say: 0 succeeded, 1 declined
    uint64_t packets, asked, paired, orphans, mismatched, overwritten;
} state;
static volatile sig_atomic_t is_over;

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

static uint32_t half_at(const uint8_t *at)
{
    uint32_t half;
    memcpy(&half, at, sizeof(half));
    return half;
}

static uint32_t two_digits(const uint8_t *at)
{
    return (uint32_t)(at[0] - '0') * 10 + (uint32_t)(at[1] - '0');
}

// ---- connections

static struct connection ends_of(const uint8_t *frame)
{
    uint32_t source = half_at(frame + 26), destination = half_at(frame + 30);
    uint32_t ports = half_at(frame + 34);
    return source < destination
               ? (struct connection){(uint64_t)source << 32 | destination, ports, 1}
               : (struct connection){
                     (uint64_t)destination << 32 | source, ports << 16 | ports >> 16, 1};
}

static uint32_t connection_slot(const struct connection *ends)
{
    return (uint32_t)((ends->addresses ^ (uint64_t)ends->ports * SPREAD) * SPREAD >> 43);
}

static void connection_count(const struct connection *ends, uint32_t slot)
{
    for (;; slot = (slot + 1) % CONNECTION_SLOTS) {
        struct connection *at = &state.connections[slot];
        if (at->addresses == ends->addresses && at->ports == ends->ports) {
            at->frames++;
            return;
        }
        if (at->frames == 0) {
            *at = *ends;
            return;
        }
    }
}

// ---- messages

// Fields 2, 3, 7, 11, 12, 13, 18, 25, 32, 33, 37, 41 and 42 are always there; 4, 15, 22, 38 and 39
// where the bitmap says so.
static void message_read(const uint8_t *frame, struct message *ret)
{
    const uint8_t *mti = frame + FRAME_PAYLOAD_AT + 50, *at = mti + 20;
    uint64_t bitmap = __builtin_bswap64(word_at(mti + 4));
#define HAS(field) (bitmap >> (64 - (field)) & 1)
    ret->is_answer = mti[2] != '0';
    ret->card_digits = two_digits(at);
    ret->card = at + 2;
    at += 2 + ret->card_digits + 6; // and field 3
    ret->amount = HAS(4) ? word_at(at + 4) : 0;
    at += HAS(4) * 12;
    uint64_t time = word_at(at + 2), stan = word_at(at + 8);
    at += 16 + 10 + HAS(15) * 4 + 4 + HAS(22) * 3 + 2;
    uint64_t institution = word_at(at + 2);
    at += 2 + two_digits(at);
    at += 2 + two_digits(at) + 12 + HAS(38) * 6;
    ret->is_declined = HAS(39) && (at[0] != '0' || at[1] != '0');
    at += HAS(39) * 2 + 8;
    ret->region = two_digits(at + 3) * 100 + two_digits(at + 5);
#undef HAS
    uint64_t key = ((time * SPREAD ^ stan) * SPREAD ^ institution) * SPREAD;
    ret->key = key | 1;
    ret->slot = &state.requests[key >> 42];
}

// ---- pairs

static struct request *slot_find(const struct message *message, uint64_t key)
{
    uint32_t slot = (uint32_t)(message->slot - state.requests);
    for (uint32_t i = 0; i < PROBES; i++) {
        struct request *at = &state.requests[(slot + i) % REQUEST_SLOTS];
        if (at->key == key) {
            return at;
        }
    }
    return NULL;
}

static void request_put(const struct message *message)
{
    struct request *at = slot_find(message, 0);
    if (at == NULL) {
        at = message->slot;
        state.overwritten++;
    }
    *at = (struct request){message->key, 0, message->amount, message->region};
    accounts_add(&state.accounts, &state.key, message->card, message->card_digits, &at->account);
    state.asked++;
}

static void answer_pair(const struct message *message)
{
    struct request *at = slot_find(message, message->key);
    state.outcomes[message->region][message->is_declined]++;
    if (at == NULL) {
        state.orphans++;
        return;
    }
    state.mismatched += at->amount != message->amount || at->region != message->region;
    state.paired++;
    at->key = 0;
}

// ---- bursts

static void burst_take(uint8_t *const frames[], size_t count)
{
    struct connection ends[PORT_BURST_MAX];
    uint32_t slots[PORT_BURST_MAX];
    struct message messages[PORT_BURST_MAX];
    const uint8_t *carriers[PORT_BURST_MAX];
    size_t carried = 0;
    for (size_t i = 0; i < count; i++) {
        ends[carried] = ends_of(frames[i]);
        slots[carried] = connection_slot(&ends[carried]);
        carriers[carried] = frames[i];
        if (frames[i][17] != FRAME_ACK_BYTES || frames[i][16] != 0) {
            __builtin_prefetch(&state.connections[slots[carried++]], 1);
        }
    }
    for (size_t i = 0; i < carried; i++) {
        message_read(carriers[i], &messages[i]);
        __builtin_prefetch(messages[i].slot, 1);
        connection_count(&ends[i], slots[i]);
    }
    for (size_t i = 0; i < carried; i++) {
        if (messages[i].is_answer) {
            answer_pair(&messages[i]);
        } else {
            request_put(&messages[i]);
        }
    }
    accounts_hash(&state.accounts);
    state.packets += count;
}

static void work(void *context, size_t worker)
{
    uint8_t *frames[PORT_BURST_MAX];
    struct port_reader *reader = ports_reader(context, worker);
    while (!is_over) {
        burst_take(frames, port_reader_frames(reader, frames));
    }
}

// ---- the process

static void on_signal(int)
{
    is_over = 1;
}

static void print_counts(void)
{
    uint64_t outcomes[2] = {0};
    for (size_t region = 0; region < REGIONS; region++) {
        outcomes[0] += state.outcomes[region][0];
        outcomes[1] += state.outcomes[region][1];
    }
    json_t *object = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:{s:I, s:I}}", "packets",
        (json_int_t)state.packets, "transactions", (json_int_t)state.asked, "paired",
        (json_int_t)state.paired, "orphans", (json_int_t)state.orphans, "mismatched",
        (json_int_t)state.mismatched, "evicted_open", (json_int_t)state.overwritten, "by_outcome",
        "succeeded", (json_int_t)outcomes[0], "declined", (json_int_t)outcomes[1]);
    json_dumpf(object, stdout, JSON_COMPACT);
    fflush(stdout);
    json_decref(object);
}

static bool state_make(void)
{
    static const uint8_t key[16] = "not a secret";
    account_key_set(&state.key, key);
    memory_map_whole();
    state.connections = memory_map(CONNECTION_SLOTS * sizeof(*state.connections));
    state.requests = memory_map(REQUEST_SLOTS * sizeof(*state.requests));
    return state.connections != NULL && state.requests != NULL;
}

int floor_main(const char *settings_path, char *const options[], size_t count)
{
    char error[512] = "no memory";
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = settings_read(settings_path, mistakes);
    struct ports *ports = NULL;
    if (settings != NULL && state_make()) {
        ports = ports_open(settings, options, count, CLOCK_WALL, error, sizeof(error));
    }
    if (ports == NULL) {
        fprintf(stderr, "%s\n", error);
        return EXIT_INPUT;
    }
    signal(SIGTERM, on_signal);
    (void)ports_run(ports, work, ports);
    print_counts();
    ports_close(ports);
    settings_free(settings);
    mistakes_free(mistakes);
    return EXIT_DONE;
}
