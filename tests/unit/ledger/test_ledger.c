#include <sodium.h>

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/unit/ledger/sample.h"

static void test_the_same_again_adds_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(write_one(LARGER));
        assert_int_equal(number_of("SELECT count(*) FROM entries"), 5);
        assert_int_equal(number_of("SELECT count(*) FROM outbox"), 1);
        assert_int_equal(number_of("SELECT count(*) FROM incident_history"), 1);
        assert_int_equal(number_of("SELECT count(*) FROM duty_history"), 1);
        assert_int_equal(
            number_of("SELECT count(*) FROM draft_history WHERE text LIKE '机器草稿%'"), 1);
        assert_true(ledger_verify(path, NULL, error, sizeof(error)));
    }
}

static void test_another_content_under_the_same_key_is_told_at_close(void **state)
{
    (void)state;
    assert_true(write_one(LARGER));
    assert_false(write_one(MAJOR));
    assert_string_equal(error, "ledger: incident 'abc/2' is there already with another content");
    assert_int_equal(number_of("SELECT count(*) FROM entries"), 5);
    assert_int_equal(
        number_of("SELECT count(*) FROM entries WHERE content LIKE '%grade_code\":2%'"), 1);
}

static void test_append_only(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "UPDATE entries SET content = '{}' WHERE number = 1",
        "DELETE FROM entries",
        "UPDATE incidents SET event = 'closed'",
        "DELETE FROM incidents",
        "UPDATE duties SET sequence = 9",
        "DELETE FROM duties",
        "UPDATE drafts SET incident = 'x'",
        "DELETE FROM drafts",
        "UPDATE outbox SET value = '{}'",
        "DELETE FROM outbox",
    };
    assert_true(write_one(LARGER));
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        char message[256];
        if (execute(commands[i], message, sizeof(message)) != SQLITE_CONSTRAINT ||
            strcmp(message, "the ledger is append-only") != 0) {
            fail_msg("'%s': %s", commands[i], message);
        }
    }
}

static void test_a_changed_entry_breaks_the_chain(void **state)
{
    (void)state;
    static const struct {
        const char *what, *command, *sentence;
    } rows[] = {
        {"content", "UPDATE entries SET content = '{\"grade_code\":1}' WHERE number = 1",
            "entry 1 (incident 'abc/2')"},
        {"key", "UPDATE entries SET key = 'abc/O1/3' WHERE number = 2",
            "entry 2 (duty 'abc/O1/3')"},
        {"one taken out", "PRAGMA foreign_keys=OFF; DELETE FROM entries WHERE number = 2",
            "entry 2 (draft 'abc/O1/2')"},
        {"two swapped",
            "UPDATE entries SET number = 9 WHERE number = 3;"
            "UPDATE entries SET number = 3 WHERE number = 4;"
            "UPDATE entries SET number = 4 WHERE number = 9",
            "entry 3 (draft_text 'abc/O1/2')"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char message[256];
        assert_true(write_one(LARGER));
        assert_true(ledger_verify(path, NULL, error, sizeof(error)));
        execute("DROP TRIGGER entries_no_update; DROP TRIGGER entries_no_delete", message,
            sizeof(message));
        assert_int_equal(execute(rows[i].command, message, sizeof(message)), SQLITE_OK);
        if (ledger_verify(path, NULL, error, sizeof(error)) ||
            strstr(error, rows[i].sentence) == NULL) {
            fail_msg("%s: %s", rows[i].what, error);
        }
        path_remove(NULL);
    }
}

static void test_a_file_that_is_none_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *content, *sentence;
    } rows[] = {
        {"not a database", "this is a letter to the bank, not a database at all, and long enough",
            "file is not a database"},
        {"a later version", NULL, "has version 7; this program knows 3"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char message[256];
        if (rows[i].content != NULL) {
            FILE *out = fopen(path, "w");
            fputs(rows[i].content, out);
            fclose(out);
        } else {
            execute("PRAGMA user_version = 7; CREATE TABLE x (y)", message, sizeof(message));
        }
        struct ledger *ledger = ledger_open(path, error, sizeof(error));
        if (ledger != NULL || strstr(error, rows[i].sentence) == NULL) {
            fail_msg("%s: %s", rows[i].what, error);
        }
        path_remove(NULL);
    }
    assert_null(ledger_open("/nowhere/at/all.db", error, sizeof(error)));
    assert_non_null(strstr(error, "/nowhere/at/all.db"));
}

// Executes what a file of the tests or the sources says.
static void execute_file(const char *name)
{
    char name_full[512], message[256];
    static char commands[1 << 18];
    snprintf(name_full, sizeof(name_full), "%s/%s", getenv("TAPGRADE_SOURCE"), name);
    FILE *in = fopen(name_full, "r");
    assert_non_null(in);
    commands[fread(commands, 1, sizeof(commands) - 1, in)] = '\0';
    fclose(in);
    if (execute(commands, message, sizeof(message)) != SQLITE_OK) {
        fail_msg("%s: %s", name, message);
    }
}

// A ledger of version 1 keeps its entries and its chain, and takes facts from then on.
static void test_version_1_is_taken_over(void **state)
{
    (void)state;
    char message[256], hash[HASH_TEXT_MAX], *command = NULL;
    uint8_t bytes[HASH_BYTES] = {0};
    static const char content[] = "{\"event\":\"opened\"}";
    execute_file("detectors/ledger/schema.sql");
    store_hash(bytes, "incident", "abc/1", content, bytes);
    sodium_bin2hex(hash, sizeof(hash), bytes, sizeof(bytes));
    assert_true(asprintf(&command,
                    "INSERT INTO entries (kind, key, content, previous, hash) VALUES "
                    "('incident', 'abc/1', '%s', zeroblob(32), x'%s');"
                    "INSERT INTO incidents VALUES ('abc', 1, 'opened', 1)",
                    content, hash) > 0);
    assert_int_equal(execute(command, message, sizeof(message)), SQLITE_OK);
    free(command);
    assert_false(ledger_verify(path, NULL, error, sizeof(error)));
    assert_non_null(strstr(error, "it has version 1; a run of this program makes it 3"));
    assert_true(ledger_add_fact(path, "f00d", "{\"kind\":\"cause\"}", error, sizeof(error)));
    assert_true(write_one(LARGER));
    if (!ledger_verify(path, NULL, error, sizeof(error))) {
        fail_msg("%s", error);
    }
    assert_int_equal(number_of("PRAGMA user_version"), 3);
    assert_int_equal(number_of("SELECT count(*) FROM entries"), 7);
    assert_int_equal(number_of("SELECT count(*) FROM incident_history"), 2);
    assert_int_not_equal(execute("DELETE FROM entries", message, sizeof(message)), SQLITE_OK);
    assert_int_not_equal(execute("UPDATE facts SET id = 'x'", message, sizeof(message)), SQLITE_OK);
}

// A file that the program left before there was a version 3: an incident from opened to ended with
// its duty, draft, a fact, and messages of which some were delivered.
static void test_version_2_is_taken_over(void **state)
{
    (void)state;
    execute_file("tests/unit/ledger/version-2.sql");
    int64_t entries = number_of("SELECT count(*) FROM entries");
    int64_t messages = number_of("SELECT count(*) FROM outbox");
    assert_true(entries == 9 && messages == 9);
    assert_int_equal(number_of("PRAGMA user_version"), 2);
    assert_true(write_one(LARGER));
    if (!ledger_verify(path, NULL, error, sizeof(error))) {
        fail_msg("%s", error);
    }
    assert_int_equal(number_of("PRAGMA user_version"), 3);
    assert_int_equal(number_of("SELECT count(*) FROM entries"), entries + messages + 5);
    assert_int_equal(number_of("SELECT count(*) FROM outbox WHERE state = 'delivered'"), 2);
    // Also what came from the older version is guarded from here on.
    char message[256];
    assert_int_not_equal(
        execute("UPDATE outbox SET state = 'pending'", message, sizeof(message)), SQLITE_OK);
}

// Two processes write: each goes on from the other's last entry.
static void test_another_process_enters_a_fact(void **state)
{
    (void)state;
    struct ledger *ledger = ledger_open(path, error, sizeof(error));
    char *fact = NULL;
    ledger_commit(ledger, changes_of(LARGER));
    ledger_watch_facts(ledger);
    assert_true(ledger_add_fact(path, "f00d", "{\"kind\":\"cause\"}", error, sizeof(error)));
    for (int i = 0; fact == NULL && i < 1000; i++) {
        usleep(10000);
        fact = ledger_next_fact(ledger);
    }
    assert_non_null(fact);
    assert_string_equal(fact, "{\"kind\":\"cause\"}");
    free(fact);
    struct change_set *changes = change_set_new(INSTANT_NONE);
    change_set_add_fact_taken(changes, "f00d", "{}");
    ledger_commit(ledger, changes);
    usleep(700000);
    assert_null(ledger_next_fact(ledger));
    assert_true(ledger_close(ledger, error, sizeof(error)));
    assert_true(ledger_verify(path, NULL, error, sizeof(error)));
    assert_int_equal(number_of("SELECT count(*) FROM fact_history WHERE taken IS NOT NULL"), 1);
    // What was taken is nobody's any more.
    ledger = ledger_open(path, error, sizeof(error));
    ledger_watch_facts(ledger);
    usleep(100000);
    assert_null(ledger_next_fact(ledger));
    assert_true(ledger_close(ledger, error, sizeof(error)));
}

// While another process holds the file nothing is lost, and close waits until it is through.
static void *unlock_later(void *database)
{
    usleep(300000);
    sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
    return NULL;
}

static void test_a_busy_disk_delays_and_loses_nothing(void **state)
{
    (void)state;
    pthread_t thread;
    sqlite3 *other;
    struct ledger *ledger = ledger_open(path, error, sizeof(error));
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    ledger_commit(ledger, changes_of(LARGER));
    pthread_create(&thread, NULL, unlock_later, other);
    assert_true(ledger_close(ledger, error, sizeof(error)));
    pthread_join(thread, NULL);
    sqlite3_close(other);
    assert_int_equal(number_of("SELECT count(*) FROM entries"), 5);
}

// A full disk, made by a limit on the size of files: the change set is kept and written when there
// is room again; without room, close says how many are lost, and what was there stays sound.
static void file_limit(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void *room_later(void *unused)
{
    usleep(400000);
    file_limit(RLIM_INFINITY);
    return unused;
}

static void large_commit(struct ledger *ledger)
{
    char *large = malloc(1 << 20);
    memset(large, 'x', (1 << 20) - 1);
    memcpy(large, "{\"event\":\"opened\",\"x\":\"", 23);
    memcpy(large + (1 << 20) - 3, "\"}", 3);
    struct change_set *changes = change_set_new(INSTANT_NONE);
    change_set_add_incident(changes, "abc", 1, "opened", large);
    ledger_commit(ledger, changes);
    ledger_commit(ledger, changes_of(LARGER));
    free(large);
}

static void test_a_full_disk_delays_and_loses_nothing(void **state)
{
    (void)state;
    pthread_t thread;
    struct ledger *ledger = ledger_open(path, error, sizeof(error));
    signal(SIGXFSZ, SIG_IGN);
    file_limit(300000);
    large_commit(ledger);
    pthread_create(&thread, NULL, room_later, NULL);
    assert_true(ledger_close(ledger, error, sizeof(error)));
    pthread_join(thread, NULL);
    assert_int_equal(number_of("SELECT count(*) FROM entries"), 6);
    assert_true(ledger_verify(path, NULL, error, sizeof(error)));
}

static void test_a_disk_that_stays_full_is_told_at_close(void **state)
{
    (void)state;
    struct ledger *ledger = ledger_open(path, error, sizeof(error));
    ledger_commit(ledger, changes_of(LARGER));
    assert_true(ledger_close(ledger, error, sizeof(error)));
    ledger = ledger_open(path, error, sizeof(error));
    signal(SIGXFSZ, SIG_IGN);
    file_limit(300000);
    large_commit(ledger);
    assert_false(ledger_close(ledger, error, sizeof(error)));
    file_limit(RLIM_INFINITY);
    assert_non_null(strstr(error, "2 change sets could not be written"));
    assert_int_equal(number_of("SELECT count(*) FROM entries"), 5);
    assert_true(ledger_verify(path, NULL, error, sizeof(error)));
}

static void count_commit(void *context)
{
    ++*(int *)context;
}

static void test_the_sender_is_told_of_rows_only(void **state)
{
    (void)state;
    int commits = 0;
    struct ledger *ledger = ledger_open(path, error, sizeof(error));
    ledger_on_commit(ledger, count_commit, &commits);
    struct change_set *no_rows = change_set_new(INSTANT_NONE);
    change_set_add_incident(no_rows, "abc", 1, "opened", "{}");
    ledger_commit(ledger, no_rows);
    ledger_commit(ledger, changes_of(LARGER));
    ledger_commit(ledger, change_set_new(INSTANT_NONE)); // empty
    assert_true(ledger_close(ledger, error, sizeof(error)));
    assert_int_equal(commits, 1);
}

static void test_outbox_rows_in_order_and_marked_once(void **state)
{
    (void)state;
    struct outbox_row row;
    struct ledger *ledger = ledger_open(path, error, sizeof(error));
    struct change_set *changes = change_set_new(INSTANT_NONE);
    char empty[] = "{}";
    for (int i = 0; i < 3; i++) {
        struct event event = {.key = "abc", .topic = "t", .headers = empty, .value = empty};
        snprintf(event.id, sizeof(event.id), "abc/%d/x", 9 - i);
        change_set_add_event(changes, &event);
    }
    ledger_commit(ledger, changes);
    assert_true(ledger_close(ledger, error, sizeof(error)));
    struct outbox *outbox = outbox_open(path, error, sizeof(error));
    assert_int_equal(outbox_pending(outbox), 3);
    assert_int_equal(outbox_next(outbox, 0, &row), 1);
    assert_int_equal(row.number, 1);
    assert_int_equal(outbox_next(outbox, 1, &row), 1);
    assert_int_equal(row.number, 2);
    assert_true(outbox_mark(outbox, (int64_t[]){2}, 1, NULL)); // an attempt that failed
    assert_int_equal(outbox_pending(outbox), 3);
    assert_true(outbox_mark(outbox, (int64_t[]){1, 2}, 2, "2026-03-10T10:15:00+08:00"));
    assert_int_equal(outbox_pending(outbox), 1);
    assert_int_equal(outbox_next(outbox, 0, &row), 1);
    assert_int_equal(row.number, 3);
    assert_int_equal(outbox_next(outbox, 3, &row), 0);
    outbox_close(outbox);
    assert_int_equal(number_of("SELECT attempts FROM outbox WHERE number = 2"), 2);
    assert_int_equal(number_of("SELECT count(*) FROM outbox WHERE state = 'delivered' AND"
                               " delivered_at IS NOT NULL"),
        2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_same_again_adds_nothing),
        TEST(test_another_content_under_the_same_key_is_told_at_close),
        TEST(test_append_only),
        TEST(test_a_changed_entry_breaks_the_chain),
        TEST(test_a_file_that_is_none_is_refused),
        TEST(test_version_1_is_taken_over),
        TEST(test_version_2_is_taken_over),
        TEST(test_another_process_enters_a_fact),
        TEST(test_a_busy_disk_delays_and_loses_nothing),
        TEST(test_a_full_disk_delays_and_loses_nothing),
        TEST(test_a_disk_that_stays_full_is_told_at_close),
        TEST(test_the_sender_is_told_of_rows_only),
        TEST(test_outbox_rows_in_order_and_marked_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
