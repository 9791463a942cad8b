#include "dataplane/transactions/dialect.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/iso8583/build.h"

#include <cmocka.h>

// Every file of config/dialects that is no table must load.
static void test_shipped(void **state)
{
    (void)state;
    char path[4096];
    snprintf(path, sizeof(path), "%s/config/dialects", getenv("TAPGRADE_SOURCE"));
    DIR *dir = opendir(path);
    assert_non_null(dir);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char name[256];
        snprintf(name, sizeof(name), "%.250s", entry->d_name);
        char *end = strstr(name, ".yaml");
        if (end == NULL || strstr(name, ".fields.yaml") != NULL) {
            continue;
        }
        *end = '\0';
        struct dialect *dialect = dialect_of(name);
        assert_string_equal(dialect->name, name); // a dialect is named as its file
        for (int field = 2; field <= 128; field++) {
            if (field != 65 && !dialect->fields[field].known) {
                fail_msg("%s: field %d has no row", name, field);
            }
        }
        dialect_free(dialect);
        count++;
    }
    closedir(dir);
    assert_true(count >= 10);
}

static void test_fields(void **state)
{
    static const struct {
        const char *what, *dialect;
        int field;
        struct field_step step;
    } rows[] = {
        {"CUPS PAN", "cups", 2, {.longest = 19, .length_bytes = 2}},
        {"CUPS STAN", "cups", 11, {.bytes = 6, .longest = 6}},
        {"CUPS PIN block, raw", "cups", 52, {.bytes = 8, .longest = 8}},
        {"CUPS MAC, characters", "cups", 128, {.bytes = 8, .longest = 8}},
        {"CUPS ICC data", "cups", 55, {.longest = 255, .length_bytes = 3}},
        {"a field that CUPS does not list", "cups", 58, {.longest = 999, .length_bytes = 3}},
        {"hex PIN block", "iso87-ascii4", 52, {.bytes = 16, .longest = 8, .doubled = 1}},
        {"BCD PAN", "pos", 2, {.longest = 19, .length_bytes = 1, .length_bcd = 1, .halved = 1}},
        {"BCD odd count", "pos", 22, {.bytes = 2, .longest = 3, .halved = 1}},
        {"BCD LLL", "pos", 60, {.longest = 17, .length_bytes = 2, .length_bcd = 1, .halved = 1}},
        {"text stays text", "pos", 41, {.bytes = 8, .longest = 8}},
        {"signed in BCD", "pos", 28, {.bytes = 5, .longest = 9}},
        {"signed in characters", "cups", 28, {.bytes = 9, .longest = 9}},
        {"1993 action code", "iso93-ascii4", 39, {.bytes = 3, .longest = 3}},
        {"1993 keeps 1987's STAN", "iso93-ascii4", 11, {.bytes = 6, .longest = 6}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect *dialect = dialect_of(rows[i].dialect);
        const struct field_step *step = &dialect->steps[rows[i].field];
        if (memcmp(step, &rows[i].step, sizeof(*step)) != 0) {
            fail_msg("%s: bytes %d longest %d length %d bcd %d halved %d doubled %d", rows[i].what,
                step->bytes, step->longest, step->length_bytes, step->length_bcd, step->halved,
                step->doubled);
        }
        dialect_free(dialect);
    }
}

// ---- mistakes: a fine pair of files, of which one line is changed
// ----------------------------------------------------------

static char folder[64];

static const char fine_dialect[] = "name: x\n"                                              // 1
                                   "base: t\n"                                              // 2
                                   "framing:\n"                                             // 3
                                   "  length: ascii\n"                                      // 4
                                   "  length_bytes: 4\n"                                    // 5
                                   "  longest: 4096\n"                                      // 6
                                   "header: none\n"                                         // 7
                                   "mti: ascii\n"                                           // 8
                                   "bitmap: hex\n"                                          // 9
                                   "digits: ascii\n"                                        // 10
                                   "lengths: ascii\n"                                       // 11
                                   "binary: hex\n"                                          // 12
                                   "key: [11, 41]\n"                                        // 13
                                   "management_key: [11]\n";                                // 14
static const char fine_table[] = "name: t\n"                                                // 1
                                 "base: \"\"\n"                                             // 2
                                 "fields:\n"                                                // 3
                                 "  - {number: 2, kind: ll, form: digits, length: 19}\n"    // 4
                                 "  - {number: 11, kind: fixed, form: digits, length: 6}\n" // 5
                                 "  - {number: 41, kind: fixed, form: text, length: 8}\n"   // 6
                                 "  - {number: 48, kind: lll, form: text, length: 999}\n";  // 7

static void file_write(const char *name, const char *text, int line, const char *instead)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    for (int number = 1; *text != '\0'; number++) {
        const char *end = strchr(text, '\n') + 1;
        if (number == line) {
            fprintf(out, "%s\n", instead);
        } else {
            fwrite(text, 1, (size_t)(end - text), out);
        }
        text = end;
    }
    fclose(out);
}

static void read_and_compare(const char *what, const char *expected)
{
    char path[128], text[4096] = "";
    snprintf(path, sizeof(path), "%s/x.yaml", folder);
    struct mistakes *mistakes = mistakes_new();
    struct dialect *dialect = dialect_read(path, mistakes);
    FILE *out = fmemopen(text, sizeof(text), "w");
    mistakes_print(mistakes, out);
    fclose(out);
    mistakes_free(mistakes);
    if ((dialect == NULL) != (expected != NULL) ||
        (expected != NULL && strstr(text, expected) == NULL)) {
        fail_msg("%s: '%s'", what, text);
    }
    dialect_free(dialect);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *what;
        int dialect_line, table_line;
        const char *instead, *expected;
    } rows[] = {
        {"nothing wrong", 0, 0, NULL, NULL},
        {"unknown form of length", 4, 0, "  length: roman", "x.yaml:4:"},
        {"length of no bytes", 5, 0, "  length_bytes: 0", "x.yaml:5:17: a length of this form"},
        {"length of too many bytes", 5, 0, "  length_bytes: 7",
            "x.yaml:5:17: a length of this form"},
        {"longest out of range", 6, 0, "  longest: 65536", "x.yaml:6:"},
        {"none without etx", 4, 0, "  length: none", "x.yaml:4:11: a framing without a length"},
        {"etx with a length", 6, 0, "  longest: 4096\n  ends_with_etx: true",
            "x.yaml:7:18: ends_with"},
        {"counts more than is there", 6, 0, "  longest: 4096\n  counted_before: 5",
            "x.yaml:7:19: the length counts 5 bytes"},
        {"unknown key", 12, 0, "binary: hex\nbinry: hex", "x.yaml:13:"},
        {"missing key", 8, 0, "", "mti"},
        {"table that is not there", 2, 0, "base: other", "other.fields.yaml"},
        {"table outside the folder", 2, 0, "base: ../t", "x.yaml:2:7: a table is named by"},
        {"table of itself", 0, 2, "base: t", "tables start from each other more than 8 deep"},
        {"two rows of a field", 0, 6, "  - {number: 11, kind: fixed, form: text, length: 8}",
            "t.fields.yaml:6:14: field 11 has two rows"},
        {"a row of a bitmap", 0, 7, "  - {number: 65, kind: fixed, form: raw, length: 1}",
            "t.fields.yaml:7:14: field 65"},
        {"LL of 100", 0, 4, "  - {number: 2, kind: ll, form: digits, length: 100}",
            "t.fields.yaml:4:49: a field of this kind has a length up to 99, not 100"},
        {"field 193", 0, 7, "  - {number: 193, kind: fixed, form: raw, length: 1}",
            "t.fields.yaml:7:14:"},
        {"empty key", 13, 0, "key: []", "x.yaml:13:"},
        {"key of a field without a row", 13, 0, "key: [11, 42]", "field 42 cannot be in the key"},
        {"key of card data", 13, 0, "key: [11, 2]",
            "x.yaml:13:11: field 2 cannot be in the key: it"},
        {"key of a long field", 14, 0, "management_key: [48]", "field 48 cannot be in the key"},
        {"nine key fields", 13, 0, "key: [11,11,11,11,11,11,11,11,11]", "at most 8 fields, not 9"},
        {"batch without field 60", 14, 0, "management_key: [11]\nbatch_in_key: true",
            "x.yaml:15:15: batch_in_key needs field 60"},
        {"row of its own", 14, 0,
            "management_key: [11]\nfields:\n  - {number: 3, kind: fixed, form: digits, length: 6}",
            NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        file_write("x.yaml", fine_dialect, rows[i].dialect_line, rows[i].instead);
        file_write("t.fields.yaml", fine_table, rows[i].table_line, rows[i].instead);
        read_and_compare(rows[i].what, rows[i].expected);
    }
}

static int folder_make(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/tapgrade-dialect-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int folder_remove(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof(path), "%s/x.yaml", folder);
    unlink(path);
    snprintf(path, sizeof(path), "%s/t.fields.yaml", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests_name("dialect", tests, folder_make, folder_remove);
}
