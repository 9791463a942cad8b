// any changed byte of a ledger is found.
#include <fcntl.h>

#include "tests/unit/ledger/sample.h"

static void rows_add(sqlite3 *database, const char *table, char *text, size_t size)
{
    char query[256];
    sqlite3_stmt *statement = NULL;
    snprintf(query, sizeof(query), "SELECT * FROM \"%s\"", table);
    int result = sqlite3_prepare_v2(database, query, -1, &statement, NULL);
    while (result == SQLITE_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *value = sqlite3_column_blob(statement, i);
            int length = sqlite3_column_bytes(statement, i);
            size_t used = strlen(text);
            for (int j = 0; j < length && used + 4 < size; j++) {
                used += (size_t)snprintf(text + used, size - used, "%02x", (unsigned char)value[j]);
            }
            snprintf(text + used, size - used, "|");
        }
        result = SQLITE_OK;
    }
    if (result != SQLITE_DONE) {
        snprintf(text, size, "cannot be read");
    }
    sqlite3_finalize(statement);
}

// What the file says, read by nothing of ours: its definitions and the rows of all tables.
static void content_read(char *text, size_t size)
{
    static const char *const tables[] = {"sqlite_schema", "meta", "entries", "incidents", "duties",
        "drafts", "facts", "facts_taken", "outbox", "sqlite_sequence"};
    sqlite3 *database;
    text[0] = '\0';
    sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        rows_add(database, tables[i], text, size);
    }
    sqlite3_close(database);
}

static size_t file_read(const char *name, uint8_t *bytes, size_t size)
{
    FILE *in = fopen(name, "r");
    assert_non_null(in);
    size_t length = fread(bytes, 1, size, in);
    fclose(in);
    return length;
}

static void file_write(const char *name, const uint8_t *bytes, size_t size)
{
    FILE *out = fopen(name, "w");
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(out);
}

#define FILE_MAX    (1 << 19)
#define CONTENT_MAX (1 << 17)
#define FLIP_STEP   23 // every byte with TAPGRADE_EVERY_BYTE

// Every flip that changes what the file says is found; there are many, and of all kinds.
static void test_R_25_1_every_flip_is_found(void **state)
{
    (void)state;
    static uint8_t bytes[FILE_MAX];
    static char before[CONTENT_MAX], after[CONTENT_MAX];
    ledger_fill();
    size_t size = file_read(path, bytes, sizeof(bytes)), changed = 0;
    size_t step = getenv("TAPGRADE_EVERY_BYTE") != NULL ? 1 : FLIP_STEP;
    content_read(before, sizeof(before));
    assert_true(strlen(before) > 1000 && ledger_verify(path, NULL, error, sizeof(error)));
    int file = open(path, O_WRONLY);
    for (size_t at = 0; at < size; at += step) {
        uint8_t bit = (uint8_t)(1U << (at / step % 8));
        uint8_t flipped = bytes[at] ^ bit;
        assert_int_equal(pwrite(file, &flipped, 1, (off_t)at), 1);
        content_read(after, sizeof(after));
        if (strcmp(before, after) != 0) {
            changed++;
            if (ledger_verify(path, NULL, error, sizeof(error))) {
                fail_msg("bit %u of byte %zu changes what the ledger says, and is not found",
                    (unsigned)bit, at);
            }
        }
        assert_int_equal(pwrite(file, &bytes[at], 1, (off_t)at), 1);
    }
    close(file);
    print_message("%zu of %zu flips change what the ledger says\n", changed, size / step);
    assert_true(changed > size / step / 20);
}

// The head beside it, byte for byte, and gone.
static void test_R_25_1_a_changed_head_is_found(void **state)
{
    (void)state;
    char head[80];
    uint8_t bytes[256];
    snprintf(head, sizeof(head), "%s-head", path);
    ledger_fill();
    size_t size = file_read(head, bytes, sizeof(bytes));
    assert_int_equal(size, 107);
    for (size_t at = 0; at < size; at++) {
        bytes[at] ^= 1;
        file_write(head, bytes, size);
        bytes[at] ^= 1;
        if (ledger_verify(path, NULL, error, sizeof(error))) {
            fail_msg("byte %zu of the head is not missed", at);
        }
    }
    file_write(head, bytes, size - 1);
    assert_false(ledger_verify(path, NULL, error, sizeof(error)));
    unlink(head);
    assert_false(ledger_verify(path, NULL, error, sizeof(error)));
    assert_non_null(strstr(error, "is missing"));
}

// Entries cut off at the end, an earlier state of the file put back, a -wal thrown away: the chain
// itself still fits. A run that goes on from there does not cover it up.
static void test_R_25_1_a_chain_that_is_cut_off_is_found(void **state)
{
    (void)state;
    static uint8_t bytes[FILE_MAX];
    assert_true(write_one(LARGER));
    size_t size = file_read(path, bytes, sizeof(bytes));
    ledger_fill();
    assert_true(ledger_verify(path, NULL, error, sizeof(error)));
    file_write(path, bytes, size);
    assert_false(ledger_verify(path, NULL, error, sizeof(error)));
    assert_non_null(strstr(error, "cut off at its end: entry 5 is its last, and 8 were written"));
    for (unsigned i = 0; i < 9; i++) {
        char id[16];
        snprintf(id, sizeof(id), "f%u", i);
        assert_true(ledger_add_fact(path, id, "{}", error, sizeof(error)));
    }
    assert_false(ledger_verify(path, NULL, error, sizeof(error)));
    assert_non_null(strstr(error, "entry 8 is not the one"));
}

// What other programs can do to a row, each with a sentence that names it.
static void test_R_25_1_a_changed_row_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *command, *sentence;
    } cases[] = {
        {"DROP TRIGGER incidents_no_update; UPDATE incidents SET event = 'closed'",
            "a row of incidents is not what its entry says: 'abc/2'"},
        {"DROP TRIGGER entries_no_delete", "triggers that keep it append-only were changed"},
        {"CREATE TABLE notes (x)", "tables or the triggers"},
        {"PRAGMA user_version = 2", "version 2"},
        {"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' '"
         " WHERE name = 'draft_history'",
            "tables or the triggers"},
        {"INSERT INTO meta VALUES ('x', 'y')", "what it says of itself was changed"},
        {"INSERT INTO incidents VALUES ('abc', 4, 'closed', 1)", "a row of incidents"},
        {"INSERT INTO duties VALUES ('abc', 'O2', 4, 2)", "a row of duties"},
        {"INSERT INTO facts VALUES ('f00e', 6)", "a row of facts"},
        {"INSERT INTO facts_taken VALUES ('f00e', 7)", "a row of facts_taken"},
        {"INSERT INTO drafts VALUES ('abc/O1/9', 'abc', 3, 4)", "a row of drafts"},
        {"UPDATE sqlite_sequence SET seq = 9", "the numbers have a gap"},
        {"INSERT INTO entries (number, kind, key, content, previous, hash) VALUES"
         " (9, 'fact', 'f1', '{}', zeroblob(32), zeroblob(32))",
            "the hash chain is broken at entry 9"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char message[256];
        ledger_fill();
        if (execute(cases[i].command, message, sizeof(message)) != SQLITE_OK) {
            fail_msg("%s: %s", cases[i].command, message);
        }
        if (ledger_verify(path, NULL, error, sizeof(error)) ||
            strstr(error, cases[i].sentence) == NULL) {
            fail_msg("%s: %s", cases[i].command, error);
        }
        path_remove(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_R_25_1_every_flip_is_found),
        TEST(test_R_25_1_a_changed_head_is_found),
        TEST(test_R_25_1_a_chain_that_is_cut_off_is_found),
        TEST(test_R_25_1_a_changed_row_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
