#include "tests/unit/ledger/sample.h"

char path[64];
char error[512];

int path_make(void **state)
{
    (void)state;
    // Every commit waits for the disk: in memory where there is such a folder.
    snprintf(path, sizeof(path), "%s/test_ledger_XXXXXX",
        access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    close(mkstemp(path));
    error[0] = '\0';
    return unlink(path);
}

int path_remove(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-head"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        char name[80];
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
    return 0;
}

struct change_set *changes_of(const char *incident)
{
    static char headers[] = "{\"ce_id\":\"abc/2/incident.escalated\"}";
    static char value[] = "{\"class_uid\":2004}";
    struct change_set *changes = change_set_new(instant_from_s(1773109800));
    struct event event = {.id = "abc/2/incident.escalated",
        .topic = "tapgrade.finding.v1",
        .key = "abc",
        .headers = headers,
        .value = value};
    change_set_add_incident(changes, "abc", 2, "escalated", incident);
    change_set_add_duty(changes, "abc", "O1", 2, "{\"id\":\"O1\"}");
    change_set_add_draft(changes, "abc/O1/2", "abc", "{\"draft\":1}", "机器草稿，须人工核实\n");
    change_set_add_event(changes, &event);
    return changes;
}

bool write_one(const char *incident)
{
    struct ledger *ledger = ledger_open(path, error, sizeof(error));
    assert_non_null(ledger);
    ledger_commit(ledger, changes_of(incident));
    return ledger_close(ledger, error, sizeof(error));
}

int64_t number_of(const char *query)
{
    sqlite3 *database;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, query, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
}

int execute(const char *command, char *message, size_t size)
{
    sqlite3 *database;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    int result = sqlite3_exec(database, command, NULL, NULL, NULL);
    snprintf(message, size, "%s", sqlite3_errmsg(database));
    sqlite3_close(database);
    return result;
}

void ledger_fill(void)
{
    struct ledger *ledger = ledger_open(path, error, sizeof(error));
    struct change_set *changes = change_set_new(INSTANT_NONE);
    ledger_commit(ledger, changes_of(LARGER));
    change_set_add_fact(changes, "f00d", "{\"kind\":\"cause\",\"by\":\"张三\"}");
    change_set_add_fact_taken(changes, "f00d", "{\"fact\":\"f00d\"}");
    change_set_add_incident(changes, "abc", 3, "ended", "{\"event\":\"ended\"}");
    ledger_commit(ledger, changes);
    assert_true(ledger_close(ledger, error, sizeof(error)));
    struct outbox *outbox = outbox_open(path, error, sizeof(error));
    assert_true(outbox_mark(outbox, (int64_t[]){1}, 1, "2026-03-10T10:15:00+08:00"));
    outbox_close(outbox);
}
