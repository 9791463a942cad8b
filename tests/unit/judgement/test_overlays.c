// Overlays: an own standard of single networks is stricter or refused, and what was agreed
// with an infrastructure of the PBOC names the paper.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

static char sample[1 << 13];

static int sample_read(void **state)
{
    char path[512];
    (void)state;
    snprintf(
        path, sizeof(path), "%s/config/rulebooks/overlay.sample.yaml", getenv("TAPGRADE_SOURCE"));
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        return 1;
    }
    sample[fread(sample, 1, sizeof(sample) - 1, in)] = '\0';
    fclose(in);
    return 0;
}

// The sample with a text in place of another, as a file.
static void sample_write(const char *old, const char *fresh, char *path)
{
    const char *found = strstr(sample, old);
    strcpy(path, "/tmp/overlay-XXXXXX");
    int fd = mkstemp(path);
    assert_non_null(found);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "w");
    fprintf(out, "%.*s%s%s", (int)(found - sample), sample, fresh, found + strlen(old));
    fclose(out);
}

static struct grades *grades_with(struct fixture *fixture, char *path, char *ret_text, size_t size)
{
    struct mistakes *mistakes = mistakes_new();
    char *paths[] = {path};
    fixture->settings.grades.overlay_paths = paths;
    fixture->settings.grades.overlay_count = 1;
    struct grades *grades = grades_new(&fixture->settings, mistakes);
    FILE *out = fmemopen(ret_text, size, "w");
    mistakes_print(mistakes, out);
    fclose(out);
    mistakes_free(mistakes);
    return grades;
}

static void test_R_6_4_a_laxer_clause_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *old, *fresh, *sentence; // NULL: taken
    } rows[] = {
        {"the sample", "20min", "20min", NULL},
        {"as strict as the rule", "20min", "30min", NULL},
        {"a millisecond laxer", "20min", "1800001ms",
            ":17:9: clause \"9(1)(2)\" is laxer than that of pboc-2025-4: its at_least is more"},
        {"a lower grade", "grade: larger", "grade: common", "its grade is lower"},
        {"more provinces", "provinces: 1", "provinces: 2", "it asks for more provinces"},
        {"longer than the clause in whose place it stands", "id: \"own/night\"", "id: \"10(1)\"",
            "clause \"10(1)\" is laxer than that of pboc-2025-4: its at_least is more"},
        {"inside peak only", "id: \"9(1)(2)\"", "id: \"10(1)\"", "it counts time inside peak only"},
        {"any hour", "in_peak: true", "in_peak: false", NULL},
        {"all functions", "scope: special_class", "functions: all\n    scope: special_class",
            "it asks for all main functions"},
        {"a narrower scope", "scope: special_class", "scope: cii", "it concerns other networks"},
        {"a wider scope", "scope: special_class", "scope: any", NULL},
        {"another metric", "metric: outage", "metric: impaired", "it measures something else"},
        {"no network", "[pay]", "[]", "networks names at least one"},
        {"another network", "[pay]", "[pay, pya]", "no network \"pya\""},
        {"another base", "base: pboc-2025-4", "base: cac-2025", "no rule book \"cac-2025\" judges"},
        {"R-11.1 without a paper", "own_standard", "fmi_counterparty", "the agreement (art. 11)"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture fixture;
        char path[32], text[1024] = "";
        fixture_init(&fixture);
        sample_write(rows[i].old, rows[i].fresh, path);
        struct grades *grades = grades_with(&fixture, path, text, sizeof(text));
        bool expected = rows[i].sentence == NULL ? grades != NULL && text[0] == '\0'
                                                 : grades == NULL && strstr(text, rows[i].sentence);
        if (!expected) {
            fail_msg("%s: %s", rows[i].what, text);
        }
        grades_free(grades);
        unlink(path);
    }
}

static void test_R_6_4_the_stricter_clause_grades(void **state)
{
    (void)state;
    static const struct {
        const char *what, *networks;
        struct stated stated[STATED_MAX];
        int grade;
        const char *met_at, *version;
    } rows[] = {
        {"19:59.999", "[pay]", {{32, "10:00", "10:19:59.999"}}, 0, NULL,
            "2026.1+own-standard@2026.1"},
        {"20 min", "[pay]", {{32, "10:00", "10:20"}}, 2, "10:20", "2026.1+own-standard@2026.1"},
        {"one more clause", "[pay]", {{32, "01:00", "03:00"}}, 2, "03:00",
            "2026.1+own-standard@2026.1"},
        {"higher clauses stay", "[pay]", {{32, "10:00", "13:00"}}, 3, "13:00",
            "2026.1+own-standard@2026.1"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture fixture;
        char path[32], text[1024] = "";
        fixture_init(&fixture);
        sample_write("[pay]", rows[i].networks, path);
        struct grades *grades = grades_with(&fixture, path, text, sizeof(text));
        assert_non_null(grades);
        const struct grade *grade = judge(&fixture, grades, rows[i].stated, NULL);
        assert_string_equal(grade->rulebook->version, rows[i].version);
        if (grade->grade != rows[i].grade) {
            fail_msg("%s: grade %d, not %d", rows[i].what, grade->grade, rows[i].grade);
        }
        if (rows[i].met_at != NULL) {
            assert_string_equal(text_of(grade_met_at(grade)), text_of(at(rows[i].met_at)));
        }
        grades_free(grades);
        unlink(path);
    }
}

static void test_R_6_4_only_its_networks(void **state)
{
    (void)state;
    static char other_id[] = "other";
    static const struct stated stated[STATED_MAX] = {{32, "10:00", "10:20"}};
    struct fixture fixture;
    char path[32], text[1024] = "";
    fixture_init(&fixture);
    struct network_settings two[2] = {fixture.network, fixture.network};
    two[1].id = other_id;
    fixture.settings.networks = two;
    fixture.settings.network_count = 2;
    sample_write("[pay]", "[other]", path);
    struct grades *grades = grades_with(&fixture, path, text, sizeof(text));
    assert_non_null(grades);
    const struct grade *grade = judge(&fixture, grades, stated, NULL); // of the first network
    assert_int_equal(grade->grade, GRADE_NONE);
    assert_string_equal(grade->rulebook->version, "2026.1");
    grades_free(grades);
    unlink(path);
}

static void test_R_11_1_an_agreement_is_an_overlay(void **state)
{
    (void)state;
    struct fixture fixture;
    char path[32], text[1024] = "";
    fixture_init(&fixture);
    sample_write("kind: own_standard\ncounterparty: \"\"\nagreement: \"\"",
        "kind: fmi_counterparty\ncounterparty: 清算总中心\nagreement: 2026-017", path);
    struct grades *grades = grades_with(&fixture, path, text, sizeof(text));
    assert_string_equal(text, "");
    assert_non_null(grades);
    grades_free(grades);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_R_6_4_a_laxer_clause_is_refused),
        cmocka_unit_test(test_R_6_4_the_stricter_clause_grades),
        cmocka_unit_test(test_R_6_4_only_its_networks),
        cmocka_unit_test(test_R_11_1_an_agreement_is_an_overlay),
    };
    return cmocka_run_group_tests(tests, sample_read, NULL);
}
