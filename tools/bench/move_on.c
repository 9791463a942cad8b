// Theory of operation
//
// net_pcap repeats a capture's frames in their order, so a count of frames says which loop a frame
// belongs to; what moves is written in the frame (traffic.h). The texts of a loop are made when it
// begins: those of the loop before are kept, for answers that belong to it.
//
// Digits are added eight at a time: in a word of one digit a byte, first one lowest, 0xf6 added to
// every byte carries where a sum is over nine; where it did not, six too many are left.
#include "tools/bench/move_on.h"

#include "config/instant.h"

#include "tools/bench/traffic.h"
#include "tools/generate/digits.h"

#include <string.h>
#include <time.h>

#define STAMP_EVERY        65536                 // frames
#define STAN_DIGITS        0x0000ffffffffffffULL // of a word: the last six of eight digits
#define SIX_DIGITS         1000000
#define S_PER_DAY_OF_LOOPS 86400

struct loop_text {
    uint8_t hour_minute[4]; // of field 7
    uint64_t second;        // of field 7, in its place of the word that ends with the STAN
    uint64_t stan;          // to be added: one digit a byte
    uint8_t amount[2];
};

static struct queue {
    _Alignas(64) uint64_t position; // in the loop
    uint64_t frames, loop;
    uint32_t loop_low;
    struct loop_text texts[2]; // of this loop, of the one before
    uint8_t unused[32];
} queues[MOVE_QUEUES_MAX];
static struct mover settings;

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static uint64_t word_of(const char digits[static 8])
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) {
        word = word << 8 | (uint64_t)(digits[i] - '0');
    }
    return word;
}

static struct loop_text text_of(uint64_t loop)
{
    struct loop_text text;
    char digits[8];
    uint64_t second = loop % S_PER_DAY_OF_LOOPS;
    digits_write((char *)text.hour_minute, second / 3600 * 100 + second / 60 % 60, 4);
    digits_write(digits, second % 60 * SIX_DIGITS, 8);
    text.second = word_of(digits);
    digits_write(digits, loop % SIX_DIGITS, 8);
    text.stan = word_of(digits);
    digits_write((char *)text.amount, loop % 100, 2);
    return text;
}

static void loop_begin(struct queue *queue, uint64_t loop)
{
    queue->position = 0;
    queue->loop = loop;
    queue->loop_low = (uint32_t)loop;
    queue->texts[0] = text_of(loop);
    queue->texts[1] =
        text_of(loop + (uint64_t)SIX_DIGITS * S_PER_DAY_OF_LOOPS - 1); // before 0: the last
}

static void number_add(uint8_t *at, uint32_t step)
{
    uint32_t number;
    memcpy(&number, at, sizeof(number));
    number = __builtin_bswap32(__builtin_bswap32(number) + step);
    memcpy(at, &number, sizeof(number));
}

static void message_move(uint8_t *time, const struct loop_text *text)
{
    uint64_t word;
    memcpy(&word, time + 8, sizeof(word));
    word = (__builtin_bswap64(word) & 0x0f0f0f0f0f0f0f0fULL & STAN_DIGITS) + text->stan;
    word += 0xf6f6f6f6f6f6f6f6ULL;
    word -= (word >> 4 & 0x0101010101010101ULL) * 6;
    word = (word & 0x0f0f0f0f0f0f0f0fULL & STAN_DIGITS) + text->second;
    word = __builtin_bswap64(word | 0x3030303030303030ULL);
    memcpy(time + 4, text->hour_minute, sizeof(text->hour_minute));
    memcpy(time + 8, &word, sizeof(word));
}

// Without a branch: which frames carry a message cannot be foreseen. What a frame does not have is
// written into `unused`.
static inline void frame_move(struct queue *queue, uint8_t *frame)
{
    struct frame_moves moves;
    memcpy(&moves, frame, sizeof(moves));
    number_add(frame + FRAME_SEQUENCE_AT, moves.sequence_step * queue->loop_low);
    number_add(frame + FRAME_SEQUENCE_AT + 4, moves.acknowledgement_step * queue->loop_low);
    const struct loop_text *text = &queue->texts[(moves.flags & MOVES_EARLIER) != 0];
    uint8_t *time = frame + moves.time_at;
    uint8_t *to = moves.flags & MOVES_MESSAGE ? time : queue->unused + sizeof(text->amount);
    uint8_t *amount = moves.flags & MOVES_AMOUNT ? time - sizeof(text->amount) : queue->unused;
    memcpy(amount, text->amount, sizeof(text->amount));
    message_move(to, text);
}

// How far we are, before the burst in hand.
static void stamp(const struct queue *queue, struct mileage *mileage)
{
    mileage->at_ns = clock_ns();
    mileage->frames = queue->frames;
    if (mileage->since_ns == 0) {
        mileage->since_ns = mileage->at_ns;
    }
    bool warm = queue->loop >= settings.warm_up_loops;
    if (mileage->since_frames == 0 && warm &&
        mileage->at_ns - mileage->since_ns >= settings.warm_up_ns) {
        mileage->since_ns = mileage->at_ns;
        mileage->since_frames = mileage->frames;
    }
}

void move_on_init(const struct mover *mover)
{
    settings = *mover;
    for (size_t i = 0; i < MOVE_QUEUES_MAX; i++) {
        queues[i] = (struct queue){0};
        loop_begin(&queues[i], 0);
    }
}

void move_on(void *context, uint16_t port, uint16_t number, uint8_t *const frames[], size_t count)
{
    (void)context, (void)port;
    number %= MOVE_QUEUES_MAX;
    struct queue *queue = &queues[number];
    if (queue->frames % STAMP_EVERY < count) {
        stamp(queue, &settings.mileage[number]);
    }
    for (size_t i = 0; i < count; i++) {
        frame_move(queue, frames[i]);
        if (++queue->position == settings.frames[number]) {
            loop_begin(queue, queue->loop + 1);
        }
    }
    queue->frames += count;
    settings.mileage[number].received = queue->frames;
}
