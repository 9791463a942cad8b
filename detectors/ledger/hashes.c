#include "config/memory.h"

#include "detectors/ledger/store.h"

#include <sodium.h>

#include <stdlib.h>
#include <string.h>

static void part_add(crypto_generichash_state *state, const void *part, size_t size)
{
    uint8_t length[8];
    for (int i = 0; i < 8; i++) {
        length[i] = (uint8_t)((uint64_t)size >> (8 * i));
    }
    crypto_generichash_update(state, length, sizeof(length));
    crypto_generichash_update(state, part, size);
}

void store_hash(const uint8_t previous[static HASH_BYTES], const char *kind, const char *key,
    const char *content, uint8_t ret[static HASH_BYTES])
{
    const char *const parts[] = {kind, key, content};
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, HASH_BYTES);
    crypto_generichash_update(&state, previous, HASH_BYTES);
    for (int i = 0; i < 3; i++) {
        part_add(&state, parts[i], strlen(parts[i]));
    }
    crypto_generichash_final(&state, ret, HASH_BYTES);
}

void store_mark(const char *const *texts, size_t count, char ret[static HASH_TEXT_MAX])
{
    uint8_t hash[HASH_BYTES];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, HASH_BYTES);
    for (size_t i = 0; i < count; i++) {
        part_add(&state, texts[i], strlen(texts[i]));
    }
    crypto_generichash_final(&state, hash, HASH_BYTES);
    sodium_bin2hex(ret, HASH_TEXT_MAX, hash, HASH_BYTES);
}

// Of texts with all of their bytes, also behind a NUL that somebody has put in.
static void ledger_mark(sqlite3_context *context, int count, sqlite3_value **values)
{
    uint8_t hash[HASH_BYTES];
    char text[HASH_TEXT_MAX];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, HASH_BYTES);
    for (int i = 0; i < count; i++) {
        const unsigned char *part = sqlite3_value_text(values[i]);
        part_add(
            &state, part == NULL ? (const void *)"" : part, (size_t)sqlite3_value_bytes(values[i]));
    }
    crypto_generichash_final(&state, hash, HASH_BYTES);
    sodium_bin2hex(text, sizeof(text), hash, HASH_BYTES);
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

bool store_functions_add(sqlite3 *database)
{
    return sqlite3_create_function_v2(database, "ledger_mark", -1,
               SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, ledger_mark, NULL, NULL,
               NULL) == SQLITE_OK;
}
