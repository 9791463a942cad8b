// What happened when, as the summary tells it.
#include "detectors/drafts/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/incidents/sample.h"

#include <cmocka.h>

struct made {
    struct sample sample;
    struct grade grade;
    struct incident incident;
    struct fact sent, right;
    const struct fact *moves[2];
};

static void make(struct made *made)
{
    *made = (struct made){0};
    sample_init(&made->sample);
    made->grade = sample_grade(&made->sample, 95);
    sample_met(&made->sample, &made->grade, CLAUSE_MAJOR, "11:30:00", NULL);
    sample_met(&made->sample, &made->grade, CLAUSE_LARGER, "11:30:00", NULL);
    made->incident = (struct incident){.onset = at("10:00:00"),
        .person_grade = -1,
        .moves = made->moves,
        .measured = &made->grade};
    made->moves[0] = &made->sent;
    made->moves[1] = &made->right;
    made->sent = (struct fact){.kind = FACT_SENT,
        .id = "1",
        .at = at("11:40:00"),
        .duty = "O1",
        .recipient = "中国人民银行",
        .channel = CHANNEL_PHONE};
    made->right = made->sent;
    made->right.kind = FACT_CORRECT;
    made->right.corrects = FACT_SENT;
    strcpy(made->right.replaces, "1");
    made->right.entered_at = at("11:45:00");
}

static void says(const struct made *made, const char *wanted)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    history_print(out, &made->sample.settings, &made->incident);
    fclose(out);
    if (strstr(text, wanted) == NULL) {
        fail_msg("'%s' is not in\n%s", wanted, text);
    }
    free(text);
}

// Its line has the instant of the correction, and says what is another now.
static void test_R_19_3_what_was_corrected(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    made.incident.move_count = 2;
    strcpy(made.right.recipient, "中国人民银行上海总部");
    says(&made, " 11:45（北京时间） 更正：事发简要报告（O1）的接收单位为中国人民银行上海总部\n");
    made.right.at = at("11:41:00");
    made.right.channel = CHANNEL_FAX;
    says(&made, "上海总部，报送时间为2026年3月10日 11:41（北京时间），渠道为传真\n");
    made.right.withdrawn = true;
    says(&made, " 11:45（北京时间） 更正：事发简要报告（O1）并未报送\n");
}

static void test_R_19_3_a_leak_interrupts_nothing(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    says(&made, "网上支付系统 首次受损（事发时间）\n");
    made.grade.interruption_count = 0;
    says(&made, "网上支付系统 事件发生（事发时间）\n");
}

static void test_R_19_3_of_one_instant_the_lower_grade_first(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    says(&made,
        "达到较大（第九条第一项）\n2026年3月10日 11:30（北京时间） 达到重大（第八条第一项）\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_R_19_3_what_was_corrected),
        cmocka_unit_test(test_R_19_3_a_leak_interrupts_nothing),
        cmocka_unit_test(test_R_19_3_of_one_instant_the_lower_grade_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
