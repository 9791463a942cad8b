// The record `grade`: what a rule book says of one network's episode at a tick. An episode is all
// interruptions of the network that follow each other within incidents.reopen_ns, with the facts
// that a person has entered about it; or such facts alone, as a leak without an outage.
#pragma once

#include "config/settings.h"

#include "detectors/facts/facts.h"
#include "detectors/outages/outages.h"
#include "detectors/persons/persons.h"

#include <stdbool.h>
#include <stdio.h>

enum grade_level { GRADE_NONE, GRADE_COMMON, GRADE_LARGER, GRADE_MAJOR, GRADE_MAXIMUM };
extern const char *const grade_names_chinese[]; // "未达级", "一般", "较大", "重大", "特别重大"

enum metric {
    METRIC_OUTAGE,   // duration of interruption, milliseconds
    METRIC_IMPAIRED, // duration of impairment, milliseconds (until measured: the interruption)
    METRIC_NATURAL_PERSONS, // affected ones, estimated ones among them
    METRIC_LEGAL_PERSONS,
    METRIC_UNDETERMINABLE, // harm, where a duration would meet a clause if all were as it may be
    // Entered by a person (facts.h): records, or how many facts say so.
    METRIC_PERSONAL_LEAKED,  // personal information of any kind, records leaked
    METRIC_SENSITIVE_LEAKED, // sensitive personal information, records leaked
    METRIC_CREDIT_LEAKED,    // 征信信息 or 财产信息, records leaked
    METRIC_CORE_HARMED,      // 核心数据 leaked, tampered with or destroyed, records
    METRIC_IMPORTANT_HARMED, // 重要数据
    METRIC_DATA_HARMED,      // any data, with 社会危害
    METRIC_PERSONAL_HARMED,  // personal information, 发生或者可能发生
    METRIC_RANSOMWARE,
    METRIC_NOTICE,      // 网信部门, 公安机关 said this grade
    METRIC_PBOC_NOTICE, // the PBOC said it in writing
    METRICS,
};
// In nanoseconds in a rule book, in milliseconds in a clause; else a count.
bool metric_is_duration(int metric);
// Of facts: nothing of it can be seen in traffic.
bool metric_is_entered(int metric);
// What its count is of, in Chinese: 个, 条, 次.
const char *metric_unit_chinese(int metric);

// Which networks a clause concerns; always only those of the rule book's domain.
enum clause_scope { SCOPE_ANY, SCOPE_SPECIAL_CLASS, SCOPE_FINANCIAL_SERVICE, SCOPE_CII };
// Whose networks a rule book is about: those of the PBOC's domain in China (art. 2), or all in
// China.
enum rulebook_domain { DOMAIN_PBOC, DOMAIN_CHINA };
// Which main functions must be down: one is enough, or all that there are (整体中断 of a CII).
enum clause_functions { FUNCTIONS_ONE, FUNCTIONS_ALL };

// A threshold as it is written: "15min", or a count such as 10000.
struct threshold {
    int64_t value; // nanoseconds of a duration, else the count
    bool is_duration;
};

// A clause of a rule book, as data.
struct clause {
    char *id;          // "9(1)(1)"
    char *article;     // "第九条第一项第1目"
    char *phrase;      // the words of the rule that it stands on
    int grade;         // enum grade_level
    int metric;        // enum metric
    bool in_peak;      // only time inside peak hours counts
    int64_t provinces; // at least so many at once
    int functions;     // enum clause_functions
    int scope;         // enum clause_scope
    int64_t
        at_least; // threshold: ms for durations (written as a duration), else a count; 以上 is >=
    struct threshold written; // what at_least is made from
};

struct rulebook {
    char *id;      // "pboc-2025-4"
    char *version; // "2026.1"
    char *title;
    char *regulator; // whose rule it is, in Chinese
    int domain;      // enum rulebook_domain
    bool verified;   // false: its figures are not confirmed. It judges nothing, and is
                     // told as not covered wherever a clock is shown
    char **omits;    // what of the rule nothing here can show, in Chinese
    size_t omit_count;
    int64_t first_report_ns;     // from the first 较大 or above to the first report
    int64_t first_report_cii_ns; // the same for a CII
    char *effective_from;        // "2025-08-01"; a replay of older traffic is judged all the same
    char *approved_by, *approved_on, *next_review; // art. 6; empty: not approved yet, a draft
    struct clause *clauses;
    size_t clause_count;
    char *path;
};
extern const struct schema rulebook_schema, clause_schema;
// Fills at_least from what is written. False after mistakes.
bool clauses_check(struct clause *clauses, size_t count, struct mistakes *mistakes);
// NULL after mistakes. Loaded durations are compared in milliseconds.
struct rulebook *rulebook_read(const char *path, struct mistakes *mistakes);
void rulebook_free(struct rulebook *rulebook);
// How long its reader has for the first report about the network.
int64_t rulebook_report_ns(const struct rulebook *rulebook, const struct network_settings *network);

// A clause that is met, or would be under a stricter reading of the rule.
struct criterion {
    const struct clause *clause;
    const struct clause *stands_for; // the clause that may be met, where that cannot be determined
                                     // (art. 12(1)): measured and threshold are of it. Else NULL
    bool undeterminable;             // stands on time of which too little was seen
    bool review;         // later data say less: kept for a person, as the machine lowers nothing
    int64_t later;       // review: what they say
    const char *reading; // NULL: by the default readings; else which stricter reading, in Chinese
    int64_t measured, threshold;
    struct instant met_at;                // event time, when the threshold was reached
    uint8_t provinces[PROVINCES / 8 + 1]; // bit set: the provinces that it was measured over
};

struct next_threshold {
    const struct clause *clause; // NULL: none ahead
    struct instant at;           // when it will be met if nothing changes
};

#define CRITERIA_MAX       128
#define CLAUSES_MAX        (CRITERIA_MAX / 2) // of a rule book; each may be met twice
#define AHEAD_MAX          16
#define UNDETERMINABLE_MAX 12

struct grade {
    uint16_t network;
    const struct rulebook *rulebook;
    bool suspected, ongoing;
    struct instant
        first_suspected;  // start of the episode's first bad bucket: fixes the incident's id
    struct instant onset; // 事发时间: first harm
    struct instant last_bad_end;
    int grade, conservative_grade; // enum grade_level
    struct criterion
        criteria[CRITERIA_MAX]; // met ones: default readings first, highest grade first
    size_t criterion_count;
    struct next_threshold next;             // the first of `ahead`
    struct next_threshold ahead[AHEAD_MAX]; // every clause of a higher grade, by time
    size_t ahead_count;
    const struct fact *const *facts; // of this episode, in order of entry; live until the next tick
    size_t fact_count;
    const struct rulebook *const *not_covered; // those that judge nothing: nobody verified them
    size_t not_covered_count;
    const char *opened_by; // id of the fact that opened it; NULL: traffic did
    bool out_of_scope;     // not in the rule book's domain: never graded
    bool review;           // it stands on criteria of which later data say less (T-C8)
    const char *undeterminable[UNDETERMINABLE_MAX];    // reasons, in Chinese
    const char *undeterminable_of[UNDETERMINABLE_MAX]; // what each is about: duration, coverage,
                                                       // provinces, persons, notice
    size_t undeterminable_count;
    bool all_hours_peak, attempts_only; // flags of the basis
    enum peak_state peak;               // whose peak hours were in force at the onset
    bool persons_measured;              // else persons are unknown, never none
    const struct impact *impact; // NULL: nobody is affected so far. Lives until the next tick
    bool evicted;                // while it was measured, tables pushed out what they still needed
    bool ticks_merged; // ... or counters came together: facts were seen later than they were known
    const struct interruption *interruptions; // the episode's, live until the next tick
    size_t interruption_count;
};

extern const char *const metric_names[];

// The instant when the highest grade by default readings was met; INSTANT_NEVER without.
struct instant grade_met_at(const struct grade *grade);

// Whether the grade stands only on its being undeterminable (art. 12(1)).
bool grade_is_undeterminable(const struct grade *grade);

struct grades;
struct grades *grades_new(const struct settings *settings, struct mistakes *mistakes);
void grades_free(struct grades *grades);
// Between two ticks: episodes that open from here on are judged by the rule books of `fresh`; those
// that are open go on under theirs, and what was said of them stays valid.
void grades_take_rulebooks(struct grades *grades, struct grades *fresh);

// The incident that a fact names, as grades know it.
struct fact_target {
    struct instant first_suspected;
    const char *opened_by; // id of a fact; NULL: traffic
};
// A fact that became known, before the tick's grades; the same again is nothing. It is copied.
// `target` is NULL when it names no incident, or one that is not there.
void grades_add_fact(
    struct grades *grades, const struct fact *fact, const struct fact_target *target);

// Once a tick, before the grades: which functions have business at all. Without it all have.
void grades_see_normals(struct grades *grades, const struct normal *normals, size_t count);

// Once a tick, before the grades: whom the failures have affected. Lives until the next tick.
void grades_see_persons(struct grades *grades, const struct impact *impacts, size_t count);

// Once a tick, before the grades: whether the counters are as good as they should be.
void grades_see_counters(struct grades *grades, const struct counters *counters);

// One tick: *ret has one record per network with an open episode and per rule book.
size_t grades_from_outages(struct grades *grades, const struct interruption *interruptions,
    size_t count, struct instant tick, const struct grade **ret);

// JSON: rulebook, version, network, clause, grade (0-4), met_at (ms), measured, threshold,
// conservative_grade, conservative [{clause, reading, ...}], criteria [...], next {clause, at},
// undeterminable, flags.
void grade_print(FILE *out, const struct settings *settings, const struct grade *grade);
