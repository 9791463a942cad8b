// A small generator of random numbers (SplitMix64): the same seed gives the same numbers on every
// machine. Integers only. Each user has a stream of its own, so that packet faults leave the
// business as it was.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum random_stream {
    RANDOM_SCHEDULE,
    RANDOM_BUSINESS,
    RANDOM_CONNECTIONS,
    RANDOM_TAP,
};

struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static inline struct random random_init(int64_t seed, enum random_stream stream)
{
    struct random random = {(uint64_t)seed * 0xd1342543de82ef95ULL + (uint64_t)stream};
    random.state = random_next(&random);
    return random;
}

// 0 .. below - 1; 0 when below is 0.
static inline uint64_t random_below(struct random *random, uint64_t below)
{
    return (uint64_t)(((unsigned __int128)random_next(random) * below) >> 64);
}

// True in `share` of a million cases.
static inline bool random_hits(struct random *random, int64_t share_ppm)
{
    return share_ppm > 0 && random_below(random, 1000000) < (uint64_t)share_ppm;
}
