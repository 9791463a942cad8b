#include "dataplane/transactions/account.h"
#include "dataplane/transactions/accounts.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char good_text[] = "000102030405060708090a0b0c0d0e0f";

static char folder[64];

static int folder_make(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/tapgrade-account-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static void key_write(const char *text, mode_t mode, char path[static 128])
{
    snprintf(path, 128, "%s/key", folder);
    unlink(path);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    assert_int_equal(chmod(path, mode), 0);
}

static void test_files(void **state)
{
    static const struct {
        const char *what, *text;
        mode_t mode;
        bool fine;
    } rows[] = {
        {"32 hex digits", "000102030405060708090a0b0c0d0e0f", 0600, true},
        {"capitals and a newline", "000102030405060708090A0B0C0D0E0F\n", 0400, true},
        {"readable by the group", "000102030405060708090a0b0c0d0e0f", 0640, false},
        {"readable by others", "000102030405060708090a0b0c0d0e0f", 0604, false},
        {"too short", "000102030405060708090a0b0c0d0e", 0600, false},
        {"too long", "000102030405060708090a0b0c0d0e0f00", 0600, false},
        {"two lines", "000102030405060708090a0b0c0d0e0f\n\n", 0600, false},
        {"not hex", "000102030405060708090a0b0c0d0e0g", 0600, false},
        {"blanks between", "00 0102030405060708090a0b0c0d0e0", 0600, false},
        {"empty", "", 0600, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[128], text[512] = "";
        key_write(rows[i].text, rows[i].mode, path);
        struct mistakes *mistakes = mistakes_new();
        struct account_key key = {{0xEE}};
        bool fine = account_key_read(path, &key, mistakes);
        if (fine != rows[i].fine || mistakes_count(mistakes) != (fine ? 0 : 1)) {
            fail_msg("%s", rows[i].what);
        }
        assert_int_equal(key.bytes[1], fine ? 1 : 0); // untouched on failure
        FILE *out = fmemopen(text, sizeof(text), "w");
        mistakes_print(mistakes, out);
        fclose(out);
        assert_null(strstr(text, "0102030405")); // no part of a key in a sentence
        assert_true(fine || strstr(text, path) != NULL);
        mistakes_free(mistakes);
        unlink(path);
    }
}

static void test_not_a_file(void **state)
{
    (void)state;
    char path[128];
    struct account_key key;
    struct mistakes *mistakes = mistakes_new();
    assert_false(account_key_read(folder, &key, mistakes));
    snprintf(path, sizeof(path), "%s/none", folder);
    assert_false(account_key_read(path, &key, mistakes));
    snprintf(path, sizeof(path), "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(account_key_read(path, &key, mistakes)); // and does not wait for a writer
    unlink(path);
    assert_int_equal(mistakes_count(mistakes), 3);
    mistakes_free(mistakes);
}

static void test_random(void **state)
{
    (void)state;
    struct mistakes *mistakes = mistakes_new();
    struct account_key a, b;
    assert_true(account_key_read("", &a, mistakes));
    assert_true(account_key_read("", &b, mistakes));
    assert_memory_not_equal(&a, &b, sizeof(a));
    account_key_done(&a);
    struct account_key zero = {{0}};
    assert_memory_equal(&a, &zero, sizeof(a));
    mistakes_free(mistakes);
}

// The vectors of the authors of SipHash: key 00..0f, text 00, 01, ... of `length` bytes.
static void test_hash(void **state)
{
    static const struct {
        const char *what;
        size_t length;
        uint64_t hash;
    } rows[] = {
        {"0 bytes", 0, 0x726fdb47dd0e0e31},
        {"1 byte", 1, 0x74f839c593dc67fd},
        {"8 bytes", 8, 0x93f5f5799a932462},
        {"15 bytes", 15, 0xa129ca6149be45e5},
    };
    (void)state;
    char path[128];
    key_write(good_text, 0600, path);
    struct account_key key;
    struct mistakes *mistakes = mistakes_new();
    assert_true(account_key_read(path, &key, mistakes));
    mistakes_free(mistakes);
    uint8_t text[16];
    for (uint8_t i = 0; i < 16; i++) {
        text[i] = i;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (account_hash(&key, text, rows[i].length) != rows[i].hash) {
            fail_msg("%s", rows[i].what);
        }
    }
    unlink(path);
}

// Every byte of a pairing key's text and of the key decides, however many slots it has.
static void test_pairing(void **state)
{
    (void)state;
    uint8_t bytes[16] = {1};
    uint64_t words[2 * KEY_SLOTS_MAX];
    struct account_key key, other;
    account_key_set(&key, bytes);
    bytes[15] = 1;
    account_key_set(&other, bytes);
    uint8_t *text = (uint8_t *)words;
    for (size_t i = 0; i < sizeof(words); i++) {
        text[i] = (uint8_t)('0' + i % 10);
    }
    for (size_t slots = 1; slots <= KEY_SLOTS_MAX; slots++) {
        uint64_t hash[2], again[2];
        key_hash(&key, words, slots, hash);
        key_hash(&other, words, slots, again);
        assert_true(hash[0] != again[0] && hash[1] != again[1]);
        for (size_t i = 0; i < 16 * slots; i++) {
            text[i] ^= 1;
            key_hash(&key, words, slots, again);
            text[i] ^= 1;
            assert_true(hash[0] != again[0] && hash[1] != again[1]);
        }
        key_hash(&key, words, slots, again);
        assert_memory_equal(hash, again, sizeof(hash));
    }
}

// Tables go by parts of a pairing key: texts that differ in few digits share none of them more
// often than chance would have it.
static void test_pairing_spread(void **state)
{
    enum { PLACES = 256, TEXTS = 65536 };
    (void)state;
    const uint8_t bytes[16] = {7};
    struct account_key key;
    account_key_set(&key, bytes);
    static uint32_t counts[4][PLACES];
    memset(counts, 0, sizeof(counts));
    for (uint64_t i = 0; i < TEXTS; i++) {
        char stan[17];
        uint64_t words[4] = {0x200, 0x0606}, hash[2];
        snprintf(stan, sizeof(stan), "%08u%08u", 0u, (unsigned)i);
        memcpy(words + 2, stan + 8, 8); // digits in one word, the other one empty
        key_hash(&key, words, 2, hash);
        counts[0][hash[0] % PLACES]++;
        counts[1][hash[0] >> 56]++;
        counts[2][hash[1] % PLACES]++;
        counts[3][hash[1] >> 56]++;
    }
    for (size_t part = 0; part < 4; part++) {
        double sum = 0; // chi square of 255 degrees: 1 of 10^9 times above 410
        for (size_t i = 0; i < PLACES; i++) {
            double off = counts[part][i] - (double)TEXTS / PLACES;
            sum += off * off / ((double)TEXTS / PLACES);
        }
        if (sum > 410) {
            fail_msg("part %zu of the key is uneven: %.0f", part, sum);
        }
    }
}

// A number that nothing may be read behind but the spare bytes.
static uint8_t *digits_make(unsigned seed)
{
    uint8_t *digits = malloc(WAITING_SPARE);
    for (size_t i = 0; i < WAITING_SPARE; i++) {
        digits[i] = (uint8_t)('0' + (seed * 7 + i * (seed + 3)) % 10);
    }
    return digits;
}

// Many at once are hashed as one by one, whatever waits together.
static void test_waiting(void **state)
{
    (void)state;
    const uint8_t bytes[2][16] = {{3}, {4}};
    struct account_key keys[2];
    account_key_set(&keys[0], bytes[0]);
    account_key_set(&keys[1], bytes[1]);
    for (unsigned count = 0; count <= ACCOUNTS_WAITING + 9; count++) {
        static struct accounts accounts;
        uint8_t *digits[ACCOUNTS_WAITING + 9];
        uint64_t hashes[ACCOUNTS_WAITING + 9] = {0};
        for (unsigned i = 0; i < count; i++) {
            const struct account_key *key = &keys[count % 5 == 0 && i % 11 == 10];
            digits[i] = digits_make(i + count);
            accounts_add(&accounts, key, digits[i], WAITING_SHORTEST + (i + count) % 4, &hashes[i]);
        }
        accounts_hash(&accounts);
        for (unsigned i = 0; i < count; i++) {
            const struct account_key *key = &keys[count % 5 == 0 && i % 11 == 10];
            assert_int_equal(
                hashes[i], account_hash(key, digits[i], WAITING_SHORTEST + (i + count) % 4));
            free(digits[i]);
        }
        assert_int_equal(accounts.count, 0);
    }
}

// Whichever unit the processor has, the hashes are the same.
static void test_units(void **state)
{
    (void)state;
#ifdef __x86_64__
    void (*const units[])(const struct waiting_account *of) = {
        __builtin_cpu_supports("avx2") ? accounts_hash_avx2 : NULL,
        __builtin_cpu_supports("avx512vl") ? accounts_hash_avx512 : NULL};
    const uint8_t bytes[16] = {5};
    struct account_key key;
    account_key_set(&key, bytes);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        struct waiting_account waiting[ACCOUNTS_AT_ONCE];
        uint8_t *digits[ACCOUNTS_AT_ONCE];
        uint64_t hashes[ACCOUNTS_AT_ONCE];
        for (unsigned j = 0; units[i] != NULL && j < ACCOUNTS_AT_ONCE; j++) {
            digits[j] = digits_make(j);
            waiting[j] =
                (struct waiting_account){digits[j], &key, &hashes[j], WAITING_SHORTEST + j % 4};
        }
        if (units[i] != NULL) {
            units[i](waiting);
        }
        for (unsigned j = 0; units[i] != NULL && j < ACCOUNTS_AT_ONCE; j++) {
            assert_int_equal(hashes[j], account_hash(&key, digits[j], WAITING_SHORTEST + j % 4));
            free(digits[j]);
        }
    }
#endif
}

static int folder_remove(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_not_a_file),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_pairing),
        cmocka_unit_test(test_pairing_spread),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_units),
    };
    return cmocka_run_group_tests_name("account", tests, folder_make, folder_remove);
}
