// One row a rule: a script of messages, and the records that must leave, as text.
#include "dataplane/transactions/transactions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pairing/rig.h"

#include <cmocka.h>

#define S         NS_PER_S
#define STEPS_MAX 24

enum action {
    NOTHING,
    REQUEST,
    REPEAT,
    ANSWER,
    REJECT,
    NOTICE,
    GAP_THEIRS,
    GAP_OURS,
    REVERSE, // the word that a reversal has for this key
    ADVANCE,
    END
};

struct step {
    enum action action;
    uint64_t key;
    int64_t at_ns;
    const char *code;
    uint16_t link;
    uint8_t kind;
};

#define Q(key, at)                                                                                 \
    {                                                                                              \
        REQUEST, key, at, NULL, RIG_CUPS, KIND_BUSINESS                                            \
    }
#define Q_ON(link, key, at)                                                                        \
    {                                                                                              \
        REQUEST, key, at, NULL, link, KIND_BUSINESS                                                \
    }
#define Q_OF(kind, key, at)                                                                        \
    {                                                                                              \
        REQUEST, key, at, NULL, RIG_CUPS, kind                                                     \
    }
#define A(key, at, code)                                                                           \
    {                                                                                              \
        ANSWER, key, at, code, RIG_CUPS, KIND_BUSINESS                                             \
    }
#define A_ON(link, key, at)                                                                        \
    {                                                                                              \
        ANSWER, key, at, "00", link, KIND_BUSINESS                                                 \
    }
#define STEP(action, key, at)                                                                      \
    {                                                                                              \
        action, key, at, NULL, RIG_CUPS, KIND_BUSINESS                                             \
    }
#define GAP(action, link, at)                                                                      \
    {                                                                                              \
        action, 0, at, NULL, link, KIND_BUSINESS                                                   \
    }

struct row {
    const char *what;
    struct step steps[STEPS_MAX];
    const char *records; // "<known_at> <outcome> <account>[ <flag>...]", one a line
    int64_t open;        // table size; 0: 64
    int64_t disorder_ns;
    struct transaction_counts counts;
};

static const struct row rows[] = {
    {"a request opens, its answer concludes", {Q(1, 0), A(1, S, "00")}, "0 open 1\n1 succeeded 1\n",
        .counts = {.requests = 1, .answers = 1, .paired = 1}},
    {"declined is the bank's word", {Q(1, 0), A(1, S, "51")}, "0 open 1\n1 declined 1\n"},
    {"a system error fails", {Q(1, 0), A(1, S, "96")}, "0 open 1\n1 failed 1\n"},
    {"planned and not online are excluded", {Q(1, 0), Q(2, 1), A(1, S, "90"), A(2, S, "95")},
        "0 open 1\n0+1 open 2\n1 excluded 1 planned\n1 excluded 2\n"},
    {"throttled is neither processed nor failed", {Q(1, 0), A(1, S, "T9")},
        "0 open 1\n1 throttled 1\n"},
    {"pending until the final answer", {Q(1, 0), A(1, S, "09"), A(1, 2 * S, "00")},
        "0 open 1\n2 succeeded 1\n"},
    {"pending and no final answer: unanswered", {Q(1, 0), A(1, S, "09"), STEP(ADVANCE, 0, 31 * S)},
        "0 open 1\n30 unanswered 1\n"},

    // Automatic reversals (T-R12).
    {"T-R12: an approval that is reversed failed, known from then on",
        {Q(1, 0), A(1, S, "00"), STEP(REVERSE, 1, 2 * S)},
        "0 open 1\n1 succeeded 1\n2 reversed 1\n",
        .counts = {.requests = 1, .answers = 1, .paired = 1, .reversed = 1}},
    {"once", {Q(1, 0), A(1, S, "A2"), STEP(REVERSE, 1, 2 * S), STEP(REVERSE, 1, 3 * S)},
        "0 open 1\n1 succeeded 1 degraded\n2 reversed 1\n"},
    {"a sender that waited as long as the limit is in time",
        {Q(1, 0), A(1, S, "00"), STEP(REVERSE, 1, 37 * S + S / 2)},
        "0 open 1\n1 succeeded 1\n37+500000000 reversed 1\n"},
    {"and later than a quarter behind it, it is no automatic one",
        {Q(1, 0), A(1, S, "00"), STEP(REVERSE, 1, 37 * S + S / 2 + 1)},
        "0 open 1\n1 succeeded 1\n"},
    {"nor when the answer was slow and the request is remembered for longer",
        {Q(1, 0), A(1, 29 * S, "00"), STEP(REVERSE, 1, 38 * S)}, "0 open 1\n29 succeeded 1\n"},
    {"what was refused stays refused", {Q(1, 0), A(1, S, "51"), STEP(REVERSE, 1, 2 * S)},
        "0 open 1\n1 declined 1\n"},
    {"what failed, or had no answer, failed already",
        {Q(1, 0), A(1, S, "96"), STEP(REVERSE, 1, 2 * S), Q(2, 3 * S), STEP(REVERSE, 2, 34 * S)},
        "0 open 1\n1 failed 1\n3 open 2\n33 unanswered 2\n"},
    {"an approval behind its reversal is worth nothing",
        {Q(1, 0), STEP(REVERSE, 1, S), A(1, 2 * S, "00")},
        "0 open 1\n2 succeeded 1\n2 reversed 1\n"},
    {"a reversal of what nobody knows", {STEP(REVERSE, 1, S), Q(1, 2 * S), A(1, 3 * S, "00")},
        "2 open 1\n3 succeeded 1\n"},
    {"of an answer that was captured first", {A(1, 0, "00"), Q(1, 9), STEP(REVERSE, 1, 10)},
        "0+9 open 1\n0+9 succeeded 1\n0+10 reversed 1\n", .disorder_ns = 20},
    {"degraded is flagged", {Q(1, 0), A(1, S, "A2")}, "0 open 1\n1 succeeded 1 degraded\n"},
    {"an unlisted code goes by the table's word and is flagged", {Q(1, 0), A(1, S, "ZZ")},
        "0 open 1\n1 failed 1 unlisted\n",
        .counts = {.requests = 1, .answers = 1, .paired = 1, .unlisted_codes = 1}},
    {"an answer without field 39 too", {Q(1, 0), A(1, S, NULL)}, "0 open 1\n1 failed 1 unlisted\n"},
    {"management without field 39 succeeds",
        {Q_OF(KIND_MANAGEMENT, 1, 0), {ANSWER, 1, S, NULL, RIG_CUPS, KIND_MANAGEMENT}},
        "0 open 1\n1 succeeded 1\n"},
    {"sent back by the centre: failed", {Q(1, 0), STEP(REJECT, 1, S)},
        "0 open 1\n1 failed 1 rejected\n"},

    // Captured in disorder.
    {"an answer captured before its request concludes it", {A(1, 0, "51"), Q(1, 20)},
        "0+20 open 1\n0+20 declined 1\n", .disorder_ns = 20,
        .counts = {.requests = 1, .answers = 1, .paired = 1}},
    {"one nanosecond too far apart it was an orphan", {A(1, 0, "00"), Q(1, 21)},
        "0+20 succeeded 1 orphan\n0+21 open 1\n", .disorder_ns = 20,
        .counts = {.requests = 1, .answers = 1, .orphans = 1}},
    {"its second copies are duplicates",
        {A(1, 0, "00"), A(1, 5, "00"), Q(1, 9), A(1, 10, "00"), Q(1, 11)},
        "0+5 duplicate 1\n0+9 open 1\n0+9 succeeded 1\n0+10 duplicate 1\n0+11 duplicate 1\n",
        .disorder_ns = 20, .counts = {.requests = 2, .answers = 3, .paired = 1, .duplicates = 3}},
    {"what was said of it is kept",
        {A(1, 0, "A2"), A(2, 1, "ZZ"), STEP(REJECT, 3, 2), Q(1, 9), Q(2, 9), Q(3, 9)},
        "0+9 open 1\n0+9 succeeded 1 degraded\n0+9 open 2\n0+9 failed 2 unlisted\n0+9 open 3\n"
        "0+9 failed 3 rejected\n",
        .disorder_ns = 20},
    {"a pending one is not waited with", {A(1, 0, "09"), Q(1, 9)},
        "0 excluded 1 orphan\n0+9 open 1\n", .disorder_ns = 20},
    {"at the end of the capture it is an orphan", {A(1, 5, "00"), STEP(END, 0, 9)},
        "0+9 succeeded 1 orphan\n", .disorder_ns = 20},
    {"a table full of early answers gives up the oldest",
        {A(1, 0, "00"), A(2, 1, "00"), A(3, 2, "00"), Q(2, 3)},
        "0+2 succeeded 1 orphan\n0+3 open 2\n0+3 succeeded 2\n", .open = 2, .disorder_ns = 20},

    // The limit.
    {"an answer at the deadline is in time", {Q(1, 0), A(1, 30 * S, "00")},
        "0 open 1\n30 succeeded 1\n"},
    {"one nanosecond later it is late, never a success", {Q(1, 0), A(1, 30 * S + 1, "00")},
        "0 open 1\n30 unanswered 1\n30+1 late 1\n",
        .counts = {.requests = 1, .answers = 1, .late = 1}},
    {"late once, then a duplicate", {Q(1, 0), A(1, 31 * S, "00"), A(1, 32 * S, "00")},
        "0 open 1\n30 unanswered 1\n31 late 1\n32 duplicate 1\n",
        .counts = {.requests = 1, .answers = 2, .late = 1, .duplicates = 1}},
    {"a late answer finds its request up to four limits", {Q(1, 0), A(1, 120 * S, "00")},
        "0 open 1\n30 unanswered 1\n120 late 1\n"},
    {"past four limits it is an orphan", {Q(1, 0), A(1, 120 * S + 1, "00")},
        "0 open 1\n30 unanswered 1\n120+1 succeeded 1 orphan\n",
        .counts = {.requests = 1, .answers = 1, .orphans = 1}},
    {"a deadline at the watermark has not passed", {Q(1, 0), STEP(ADVANCE, 0, 30 * S)},
        "0 open 1\n"},
    {"one nanosecond later it has", {Q(1, 0), STEP(ADVANCE, 0, 30 * S + 1)},
        "0 open 1\n30 unanswered 1\n"},
    {"limits are the links' own, deadlines go by time",
        {Q_ON(RIG_POS, 1, 0), Q(2, 1), Q_ON(RIG_CUPS2, 3, 1), Q_ON(RIG_POS, 4, 2),
            STEP(ADVANCE, 0, 90 * S)},
        "0 open 1\n0+1 open 2\n0+1 open 3\n0+2 open 4\n30+1 unanswered 2\n30+1 unanswered 3\n"
        "60 unanswered 1\n60+2 unanswered 4\n"},
    {"equal deadlines go by ordinal", {Q_ON(RIG_POS, 1, 0), Q(2, 30 * S), STEP(ADVANCE, 0, 90 * S)},
        "0 open 1\n30 open 2\n60 unanswered 1\n60 unanswered 2\n"},
    {"a longer limit keeps a request open", {Q_ON(RIG_POS, 1, 0), A_ON(RIG_POS, 1, 60 * S)},
        "0 open 1\n60 succeeded 1\n"},

    // Pending.
    {"pending: the final answer decides", {Q(1, 0), A(1, S, "09"), A(1, 2 * S, "96")},
        "0 open 1\n2 failed 1\n", .counts = {.requests = 1, .answers = 2, .paired = 1}},
    {"pending alone is no answer", {Q(1, 0), A(1, S, "09"), STEP(ADVANCE, 0, 31 * S)},
        "0 open 1\n30 unanswered 1\n"},
    {"pending after the deadline is not the late answer",
        {Q(1, 0), A(1, 31 * S, "09"), A(1, 32 * S, "00")},
        "0 open 1\n30 unanswered 1\n32 late 1\n"},
    {"a pending orphan says nothing", {A(1, S, "09")}, "1 excluded 1 orphan\n"},

    // Second copies.
    {"a second copy without the repeat bit is no demand", {Q(1, 0), Q(1, S), A(1, 2 * S, "00")},
        "0 open 1\n1 duplicate 1\n2 succeeded 1\n",
        .counts = {.requests = 2, .answers = 1, .paired = 1, .duplicates = 1}},
    {"with the repeat bit it marks the open request",
        {Q(1, 0), STEP(REPEAT, 1, S), STEP(REPEAT, 1, 2 * S), A(1, 3 * S, "00")},
        "0 open 1\n3 succeeded 1 repeated\n",
        .counts = {.requests = 3, .answers = 1, .paired = 1, .repeats = 2}},
    {"a repeat does not move the deadline",
        {Q(1, 0), STEP(REPEAT, 1, 29 * S), A(1, 30 * S + 1, "00")},
        "0 open 1\n30 unanswered 1 repeated\n30+1 late 1 repeated\n"},
    {"a repeat of an answered request is shown",
        {Q(1, 0), A(1, S, "00"), STEP(REPEAT, 1, 2 * S), A(1, 3 * S, "00")},
        "0 open 1\n1 succeeded 1\n2 duplicate 1 repeated\n3 duplicate 1\n"},
    {"a repeat whose first copy was never seen is the request", {STEP(REPEAT, 1, 0), A(1, S, "00")},
        "0 open 1\n1 succeeded 1\n"},
    {"a second answer is a duplicate", {Q(1, 0), A(1, S, "00"), A(1, 2 * S, "96")},
        "0 open 1\n1 succeeded 1\n2 duplicate 1\n",
        .counts = {.requests = 1, .answers = 2, .paired = 1, .duplicates = 1}},
    {"also one limit after a quick answer", {Q(1, 0), A(1, 7 * S, "00"), A(1, 37 * S, "00")},
        "0 open 1\n7 succeeded 1\n37 duplicate 1\n"},
    {"also one limit after an answer at the deadline",
        {Q(1, 0), A(1, 30 * S, "00"), A(1, 60 * S, "00")},
        "0 open 1\n30 succeeded 1\n60 duplicate 1\n"},
    {"the same STAN the next day is a new demand",
        {Q(1, 0), A(1, S, "00"), Q(1, S_PER_DAY *S), A(1, S_PER_DAY *S + S, "00")},
        "0 open 1\n1 succeeded 1\n86400 open 1\n86401 succeeded 1\n",
        .counts = {.requests = 2, .answers = 2, .paired = 2}},
    {"an expired request is known until four limits", {Q(1, 0), Q(1, 120 * S), Q(1, 120 * S + 1)},
        "0 open 1\n30 unanswered 1\n120 duplicate 1\n120+1 open 1\n"},
    {"a new request under a forgotten key gets its own answer",
        {Q(1, 0), Q(1, 121 * S), A(1, 122 * S, "00"), STEP(ADVANCE, 0, 200 * S)},
        "0 open 1\n30 unanswered 1\n121 open 1\n122 succeeded 1\n"},

    {"an answer without a request is an orphan", {A(1, S, "00"), A(2, S, "96")},
        "1 succeeded 1 orphan\n1 failed 2 orphan\n", .counts = {.answers = 2, .orphans = 2}},
    {"a notice is counted, not opened", {STEP(NOTICE, 1, 0), STEP(ADVANCE, 0, 31 * S)}, "",
        .counts = {.notices = 1}},
    {"a reversal is a transaction of its own",
        {Q(1, 0), Q_OF(KIND_REVERSAL, 2, S), A(2, 2 * S, "00")},
        "0 open 1\n1 open 2\n2 succeeded 2\n"},

    // Not seen is not lost.
    {"a gap of the answering side: unobserved",
        {Q(1, 0), GAP(GAP_THEIRS, RIG_CUPS, S), STEP(ADVANCE, 0, 31 * S)},
        "0 open 1\n30 unobserved 1\n", .counts = {.requests = 1, .gaps = 1}},
    {"a gap of the asking side does not matter",
        {Q(1, 0), GAP(GAP_OURS, RIG_CUPS, S), STEP(ADVANCE, 0, 31 * S)},
        "0 open 1\n30 unanswered 1\n"},
    {"a gap of another link does not matter",
        {Q(1, 0), GAP(GAP_THEIRS, RIG_CUPS2, S), STEP(ADVANCE, 0, 31 * S)},
        "0 open 1\n30 unanswered 1\n"},
    {"a gap at the request's instant counts",
        {GAP(GAP_THEIRS, RIG_CUPS, 0), Q(1, 0), STEP(ADVANCE, 0, 31 * S)},
        "0 open 1\n30 unobserved 1\n"},
    {"a gap before the request does not",
        {GAP(GAP_THEIRS, RIG_CUPS, 0), Q(1, 1), STEP(ADVANCE, 0, 31 * S)},
        "0+1 open 1\n30+1 unanswered 1\n"},
    {"a gap at the deadline counts",
        {Q(1, 0), GAP(GAP_THEIRS, RIG_CUPS, 30 * S), STEP(ADVANCE, 0, 31 * S)},
        "0 open 1\n30 unobserved 1\n"},
    {"a gap behind the deadline does not",
        {Q(1, 0), GAP(GAP_THEIRS, RIG_CUPS, 30 * S + 1), STEP(ADVANCE, 0, 31 * S)},
        "0 open 1\n30 unanswered 1\n"},
    {"an unobserved request may still be answered late",
        {Q(1, 0), GAP(GAP_THEIRS, RIG_CUPS, S), A(1, 31 * S, "00")},
        "0 open 1\n30 unobserved 1\n31 late 1\n"},

    // The end.
    {"what is open at the end is unobserved, not counted",
        {Q(1, 0), Q(2, S), A(1, 2 * S, "00"), STEP(END, 0, 3 * S)},
        "0 open 1\n1 open 2\n2 succeeded 1\n3 unobserved 2 end\n"},
    {"what expired before the end is unanswered", {Q(1, 0), Q(2, S), STEP(END, 0, 30 * S + 1)},
        "0 open 1\n1 open 2\n30 unanswered 1\n30+1 unobserved 2 end\n"},

    // Room.
    {"a full table forgets the oldest remembered first",
        {Q(1, 0), Q(2, 1), STEP(ADVANCE, 0, 31 * S), Q(3, 32 * S), A(1, 33 * S, "00"),
            A(2, 33 * S, "00"), A(3, 33 * S, "00")},
        "0 open 1\n0+1 open 2\n30 unanswered 1\n30+1 unanswered 2\n32 open 3\n"
        "33 succeeded 1 orphan\n33 late 2\n33 succeeded 3\n",
        .open = 2,
        .counts =
            {.requests = 3, .answers = 3, .paired = 1, .late = 1, .orphans = 1, .evicted = 1}},
    {"then the oldest answered, behind open ones too",
        {Q(1, 0), Q(2, 1), A(2, 2, "00"), Q(3, 3), A(1, 4, "00"), A(2, 5, "00")},
        "0 open 1\n0+1 open 2\n0+2 succeeded 2\n0+3 open 3\n0+4 succeeded 1\n0+5 succeeded 2 "
        "orphan\n",
        .open = 2},
    {"then the oldest open, unobserved at once",
        {Q(1, 0), Q(2, 1), Q(3, 2), A(1, 3, "00"), A(3, 4, "00"), Q(4, 5), Q(5, 6)},
        "0 open 1\n0+1 open 2\n0+2 unobserved 1\n0+2 open 3\n0+3 succeeded 1 orphan\n"
        "0+4 succeeded 3\n0+5 open 4\n0+6 unobserved 2\n0+6 open 5\n",
        .open = 2,
        .counts = {.requests = 5,
            .answers = 2,
            .paired = 1,
            .orphans = 1,
            .evicted = 3,
            .evicted_open = 2}},
    {"what is past its remember time goes without being evicted",
        {Q(1, 0), A(1, 1, "00"), Q(2, 38 * S), A(2, 38 * S, "00")},
        "0 open 1\n0+1 succeeded 1\n38 open 2\n38 succeeded 2\n", .open = 1,
        .counts = {.requests = 2, .answers = 2, .paired = 2}},
};

struct output {
    char text[4096];
    size_t length;
};

static void seconds_format(char *text, size_t size, struct instant at)
{
    int64_t ns = at.ns - rig_at(0).ns;
    int64_t rest = ns % S;
    if (rest == 0) {
        snprintf(text, size, "%lld", (long long)(ns / S));
    } else {
        snprintf(text, size, "%lld+%lld", (long long)(ns / S), (long long)rest);
    }
}

static void output_sink(void *context, const struct transaction *transaction)
{
    static const char *const flags[] = {
        " degraded", " orphan", " repeated", " unlisted", " rejected", " end", " slow", " planned"};
    struct output *output = context;
    char known_at[48];
    seconds_format(known_at, sizeof(known_at), transaction->known_at);
    output->length += (size_t)snprintf(output->text + output->length,
        sizeof(output->text) - output->length, "%s %s %llu", known_at,
        outcome_names[transaction->outcome], (unsigned long long)transaction->account);
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (transaction->flags & (1u << i)) {
            output->length += (size_t)snprintf(output->text + output->length,
                sizeof(output->text) - output->length, "%s", flags[i]);
        }
    }
    output->text[output->length++] = '\n';
}

static struct message message_of_step(const struct step *step, uint64_t ordinal)
{
    bool answer = step->action == ANSWER;
    struct message message = answer ? rig_answer(step->key, step->at_ns, ordinal, step->code)
                                    : rig_request(step->key, step->at_ns, ordinal);
    message.link = step->link;
    message.kind = step->kind;
    switch (step->action) {
    case REPEAT: message.flags |= MESSAGE_REPEAT; break;
    case REJECT: message.flags = MESSAGE_REJECTED; break;
    case NOTICE: message.flags |= MESSAGE_NOTICE; break;
    case GAP_THEIRS: message.flags = MESSAGE_GAP; break;
    case GAP_OURS: message.flags = MESSAGE_GAP | MESSAGE_FROM_OURS; break;
    case REVERSE: message.flags = MESSAGE_REVERSES | MESSAGE_FROM_OURS; break;
    default: break;
    }
    return message;
}

static void step_take(struct pairing *pairing, const struct step *step, uint64_t ordinal)
{
    if (step->action == ADVANCE || step->action == END) {
        pairing_advance(pairing, rig_at(step->at_ns));
        if (step->action == END) {
            pairing_end(pairing);
        }
        return;
    }
    struct message message = message_of_step(step, ordinal);
    transactions_from_messages(pairing, &message, 1);
}

static void row_check(const struct row *row)
{
    static const struct transaction_counts none;
    struct settings *settings = rig_settings(row->open == 0 ? 64 : row->open);
    struct output output = {.length = 0};
    settings->packets.disorder_ns = row->disorder_ns;
    struct pairing *pairing = pairing_new(settings, true, output_sink, &output);
    assert_non_null(pairing);
    for (uint64_t i = 0; i < STEPS_MAX && row->steps[i].action != NOTHING; i++) {
        step_take(pairing, &row->steps[i], i);
    }
    output.text[output.length] = '\0';
    if (strcmp(output.text, row->records) != 0) {
        fail_msg("%s:\n%s-- instead of --\n%s", row->what, output.text, row->records);
    }
    if (memcmp(&row->counts, &none, sizeof(none)) != 0 &&
        memcmp(&row->counts, pairing_counts(pairing), sizeof(none)) != 0) {
        fail_msg("%s: the counts differ", row->what);
    }
    pairing_free(pairing);
    rig_settings_free(settings);
}

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        row_check(&rows[i]);
    }
}

static void keep_last(void *context, const struct transaction *transaction)
{
    *(struct transaction *)context = *transaction;
}

// Keys that differ in one half only are different keys, though they share a hash chain.
static void test_key_halves(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    struct transaction last;
    struct pairing *pairing = pairing_new(settings, true, keep_last, &last);
    struct message first = rig_request(1, 0, 1), second = rig_request(2, 1, 2);
    second.key[1] = first.key[1];
    struct message answer = rig_answer(1, 2, 3, "00");
    transactions_from_messages(pairing, &first, 1);
    transactions_from_messages(pairing, &second, 1);
    transactions_from_messages(pairing, &answer, 1);
    assert_int_equal(last.account, 1);
    assert_int_equal(last.outcome, OUTCOME_SUCCEEDED);
    pairing_free(pairing);
    rig_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_key_halves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
