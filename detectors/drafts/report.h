// Inside of drafts/: a report with its items (arts. 17, 19 to 22), and what its document is made
// of.
#pragma once

#include "config/template.h"

#include "detectors/drafts/drafts.h"

enum report_kind {
    REPORT_BRIEF,        // 事发简要报告, art. 19(1)
    REPORT_ONSET,        // 事发报告, art. 19(1)
    REPORT_PROGRESS,     // 事中进展报告, art. 19(2)
    REPORT_SUMMARY,      // 事后调查总结报告, arts. 19(3), 20 to 22
    REPORT_PRELIMINARY,  // 初步报告, art. 17
    REPORT_RISK_ANSWER,  // 风险提示反馈, art. 24: of a notice, not of an incident
    REPORT_NOT_REPORTED, // 不报告依据: why a person decided not to report
    REPORTS,             // a duty without a report of ours
};
// A report's name in file names, JSON and on the command line: "brief".
extern const char *const report_names[];
// What the duty asks for.
enum report_kind report_of_duty(const struct duty *duty);

enum item_id {
    ITEM_GRADE,
    ITEM_ONSET,
    ITEM_CLASSIFICATION,
    ITEM_NETWORK,
    ITEM_MLPS,
    ITEM_SITES,
    ITEM_INSTITUTION,
    ITEM_REPORTED_AT,
    ITEM_REPORTER,
    ITEM_CONTACT,
    ITEM_SCOPE,
    ITEM_MEASURES,
    ITEM_ANALYSIS,
    ITEM_LATEST_GRADE,
    ITEM_CHANGES,
    ITEM_PROGRESS,
    ITEM_NEXT_MEASURES,
    ITEM_COORDINATION,
    ITEM_FINAL_GRADE,
    ITEM_HISTORY,
    ITEM_LOSSES,
    ITEM_ROOT_CAUSE,
    ITEM_LESSONS,
    ITEM_IMPROVEMENTS,
    ITEM_SIGNER,
    ITEM_REMEDIES,
    ITEM_PERSONS_NOTIFIED,
    ITEM_MITIGATION_TOLD,
    ITEM_RESPONSIBILITY,
    ITEM_SANCTIONS,
    ITEM_LENIENCY,
    ITEM_PROMISED_DATE,
    ITEM_NOTICE_AT,
    ITEM_NOTICE,
    ITEM_NOTICE_NETWORK,
    ITEM_SEEN,
    ITEM_CHECK,
    ITEM_VERDICT,
    ITEM_RISK_MEASURES,
    ITEM_DECIDED_BY,
    ITEM_DECIDED_AT,
    ITEM_REASON,
    ITEM_INCOMPLETE,
    ITEMS,
};

enum item_state {
    ITEM_FILLED,
    ITEM_CONFIRM, // the machine proposes, a person confirms
    ITEM_MISSING,
    ITEM_AS_NEEDED, // empty, and may stay so
};

struct item {
    const char *key;       // in JSON and on the command line
    const char *name;      // in the words of the rule
    const char *article;   // that asks for it
    const char *filled_by; // machine, settings, person
    enum item_state state;
    bool personal; // names or numbers of persons: for document and ledger alone
    char *value;   // owned; "" when it is empty
    char *machine; // owned: what the machine says where a person says something else; NULL
};

// sensor_clock.c: how far the clock that stamps packets is from standard time.
struct timex;
struct sensor_clock sensor_clock_from(int result, const struct timex *now); // of adjtimex
bool sensor_clock_is_doubtful(const struct sensor_clock *clock); // it may be off by more than 1 s
void sensor_clock_print(FILE *out, const struct sensor_clock *clock);
#define CLOCK_DOUBT "（传感器时钟偏差可能超过1秒，时刻存疑）"

// How the worst cell of an incident fared, from its onset to the end and half an hour behind it.
struct curve {
    uint16_t function, unit;
    uint8_t province;
    bool nationwide;
    struct loss_curve losses; // count 0: there is none, as of what a person has entered
};

// What a report said of the impact, to tell what has changed since.
struct snapshot {
    char key[DUTY_KEY_MAX]; // of the duty; "": none
    struct instant at;
    int grade, conservative_grade;
    bool provinces[PROVINCES];
    int64_t ratio_x10000;      // certain losses of the main functions; -1: not applicable
    int64_t processed, failed; // of them
    int64_t natural, legal;    // -1: not measured
    const char *condition;     // static text
    struct curve curve;
};

// A risk notice (art. 24), and what persons have filled in of its answer.
struct notice {
    struct fact *fact;
    struct fact **moves; // in the order of entry
    size_t move_count, move_capacity, heard;
};

struct report {
    enum report_kind kind;
    const struct settings *settings;
    const struct duty *duty;          // its incident is NULL of a notice
    const struct notice *notice;      // NULL of an incident
    const struct incident *incidents; // of the ledger's networks, where it is about a notice
    size_t incident_count;
    const char *id;            // of the draft
    struct instant at;         // tick
    const struct curve *curve; // NULL of a notice
    struct sensor_clock clock;
    const struct snapshot *before; // of the report before; NULL: none
    struct item items[ITEMS];
    size_t item_count;
};

// items.c: its items with their values. `report` has kind, settings, duty and before.
void report_fill(struct report *report);
void report_done(struct report *report);
// Names and keys of the items that it must have and has not, without what sending it fills.
void report_missing(const struct report *report, char *text, size_t size);
// Whether the report asks for the item in some case: what a person may fill.
bool report_has_item(enum report_kind kind, const char *key);
// values.c: what the machine or the settings say; "" when nothing. The caller frees.
char *item_value(const struct report *report, enum item_id id);
// The last accepted word of a person about the item: for this duty, or for all. NULL: none.
const char *fill_of(const struct report *report, const char *item);
// The last move of a kind; NULL: none.
const struct fact *move_of(const struct incident *incident, enum fact_kind kind);
enum involved { INVOLVED_UNKNOWN, INVOLVED_NO, INVOLVED_YES };
// Whether personal information came to harm (art. 20), as persons have said.
enum involved personal_information(const struct incident *incident);
// The class of GB/T 20986-2023 that the machine proposes.
const char *classification_code(const struct grade *grade);

#define REPORT_BANNER "机器草稿，须人工核实"
#define REPORT_SECRET "涉及工作秘密，不得通过互联网渠道报告（第十八条第一款）"
// Whether any network that it is about is a 工作秘密 (art. 18(1)).
bool report_is_secret(const struct report *report);

// What was assumed where the bank has not said: "全部时段按高峰", "仅按尝试量"; NULL at the end.
struct basis_texts {
    const char *texts[8];
};
struct basis_texts report_basis(const struct settings *settings, const struct incident *incident);

// Blocks of the document, each of whole lines.
// impact.c
void condition_print(FILE *out, const struct settings *settings, const struct incident *incident);
void scope_print(FILE *out, const struct settings *settings, const struct incident *incident);
void persons_print(FILE *out, const struct settings *settings, const struct incident *incident);
void impact_print(FILE *out, const struct settings *settings, const struct incident *incident);
void annex_print(FILE *out, const struct settings *settings, const struct incident *incident);
// grading.c
void grading_print(FILE *out, const struct settings *settings, const struct incident *incident);
void open_questions_print(FILE *out, const struct incident *incident);
void duration_print(FILE *out, int64_t ms);
// clocks_text.c
void deadlines_print(FILE *out, const struct report *report);
void to_do_print(FILE *out, const struct report *report);
void first_page_print(FILE *out, const struct report *report);
// curve.c
struct curve curve_of(const struct settings *settings, const struct outages *outages,
    const struct incident *incident, struct instant at);
// Of two of one incident the one that tells more: a cell is forgotten a day after its outage.
const struct curve *curve_better(const struct curve *fresh, const struct curve *kept);
// A table of lines "│10:00│72.15%│██████│"; nothing without a curve.
void curve_print(FILE *out, const struct report *report);
// One line when the last known share is another one.
void curve_change_print(FILE *out, const struct settings *settings, uint16_t network,
    const struct curve *before, const struct curve *now);
// changes.c
struct snapshot snapshot_of(const struct report *report);
// One line each; nothing when nothing has changed.
void changes_print(FILE *out, const struct report *report, const struct snapshot *before,
    const struct snapshot *now);
// notices.c: a notice and its moves are copied.
void notice_begin(struct notice *notice, const struct fact *fact);
void notice_take_move(struct notice *notice, const struct fact *move);
void notice_done(struct notice *notice);
struct notice *notice_of(struct notice *notices, size_t count, const char *id); // NULL: none
// What the sensor has of the network that a notice is about; no word of what it cannot
// see.
void seen_print(FILE *out, const struct report *report);
// history.c: what happened when, oldest first.
void history_print(FILE *out, const struct settings *settings, const struct incident *incident);

// values.c: what leaves of a value in a message; the rest is in the ledger. The caller frees.
#define SHOWN_BYTES_MAX 600
char *shown_text(const struct item *item);
// words.c: what a template may name, and the document. `shown`: without what is of persons, for
// messages. The caller frees.
extern const struct template_name report_words[];
char *report_text(const struct report *report, const struct template *template, bool shown);
// report_json.c: a new reference.
json_t *report_json(const struct report *report, bool shown);
