#include "dataplane/transactions/accounts.h"

#include <stdbool.h>
#include <string.h>

#define LANES 4 // of a vector; two of them go beside each other
#define EIGHT ACCOUNTS_AT_ONCE

_Static_assert(EIGHT == 2 * LANES, "two vectors");

typedef uint64_t lanes __attribute__((vector_size(8 * LANES)));
typedef uint32_t words __attribute__((vector_size(8 * LANES)));

// Of four accounts.
struct state {
    lanes v0, v1, v2, v3;
};

static inline __attribute__((always_inline)) uint64_t eight_bytes_at(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

#define ROTATED(x, bits) ((x) << (bits) | (x) >> (64 - (bits)))
// By 32.
#define HALVES_TURNED(x)                                                                           \
    ((lanes)__builtin_shufflevector((words)(x), (words)(x), 1, 0, 3, 2, 5, 4, 7, 6))
#define ROUND(s)                                                                                   \
    {                                                                                              \
        (s).v0 += (s).v1;                                                                          \
        (s).v2 += (s).v3;                                                                          \
        (s).v1 = ROTATED((s).v1, 13) ^ (s).v0;                                                     \
        (s).v3 = ROTATED((s).v3, 16) ^ (s).v2;                                                     \
        (s).v0 = HALVES_TURNED((s).v0);                                                            \
        (s).v2 += (s).v1;                                                                          \
        (s).v0 += (s).v3;                                                                          \
        (s).v1 = ROTATED((s).v1, 17) ^ (s).v2;                                                     \
        (s).v3 = ROTATED((s).v3, 21) ^ (s).v0;                                                     \
        (s).v2 = HALVES_TURNED((s).v2);                                                            \
    }

#define TWO_ROUNDS(a, b)                                                                           \
    do {                                                                                           \
        ROUND(a) ROUND(b) ROUND(a) ROUND(b)                                                        \
    } while (0)

// Takes a word of each in.
static inline __attribute__((always_inline)) void absorb(
    struct state *a, struct state *b, const lanes word[2])
{
    a->v3 ^= word[0];
    b->v3 ^= word[1];
    TWO_ROUNDS(*a, *b);
    a->v0 ^= word[0];
    b->v0 ^= word[1];
}

// SipHash-2-4 of numbers of 16 to 19 bytes, all under one key.
static inline __attribute__((always_inline)) void hash_eight(const struct waiting_account *of)
{
    lanes first[2], second[2], last[2];
    for (int i = 0; i < EIGHT; i++) {
        const uint8_t *digits = of[i].digits;
        uint64_t tail = (UINT64_C(1) << 8 * (of[i].count - WAITING_SHORTEST)) - 1;
        first[i / LANES][i % LANES] = eight_bytes_at(digits);
        second[i / LANES][i % LANES] = eight_bytes_at(digits + 8);
        last[i / LANES][i % LANES] = (eight_bytes_at(digits + 16) & tail) | of[i].count << 56;
    }
    uint64_t k0 = eight_bytes_at(of->key->bytes), k1 = eight_bytes_at(of->key->bytes + 8);
    struct state a = {.v0 = (lanes){0} + (k0 ^ 0x736f6d6570736575),
        .v1 = (lanes){0} + (k1 ^ 0x646f72616e646f6d),
        .v2 = (lanes){0} + (k0 ^ 0x6c7967656e657261),
        .v3 = (lanes){0} + (k1 ^ 0x7465646279746573)};
    struct state b = a;
    absorb(&a, &b, first);
    absorb(&a, &b, second);
    absorb(&a, &b, last);
    a.v2 ^= 0xff;
    b.v2 ^= 0xff;
    TWO_ROUNDS(a, b);
    TWO_ROUNDS(a, b);
    const lanes hash[2] = {a.v0 ^ a.v1 ^ a.v2 ^ a.v3, b.v0 ^ b.v1 ^ b.v2 ^ b.v3};
    for (int i = 0; i < EIGHT; i++) {
        uint64_t one = hash[i / LANES][i % LANES];
        *of[i].to = one != 0 ? one : 1;
    }
}

#ifdef __x86_64__
// A rotation is one instruction here.
__attribute__((target("avx512vl"))) void accounts_hash_avx512(const struct waiting_account *of)
{
    hash_eight(of);
}

__attribute__((target("avx2"))) void accounts_hash_avx2(const struct waiting_account *of)
{
    hash_eight(of);
}
#endif

// NULL: no faster than one by one.
static void (*eight_at_once(void))(const struct waiting_account *of)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512vl")) {
        return accounts_hash_avx512;
    }
    if (__builtin_cpu_supports("avx2")) {
        return accounts_hash_avx2;
    }
#endif
    return NULL;
}

static bool have_one_key(const struct waiting_account *of)
{
    bool one = true;
    for (int i = 1; i < EIGHT; i++) {
        one &= of[i].key == of[0].key;
    }
    return one;
}

void accounts_hash(struct accounts *accounts)
{
    void (*at_once)(const struct waiting_account *of) = eight_at_once();
    size_t done = 0;
    while (at_once != NULL && accounts->count - done >= EIGHT &&
           have_one_key(accounts->waiting + done)) {
        at_once(accounts->waiting + done);
        done += EIGHT;
    }
    for (; done < accounts->count; done++) {
        const struct waiting_account *of = &accounts->waiting[done];
        *of->to = account_hash(of->key, of->digits, of->count);
    }
    accounts->count = 0;
}
