// The record `grade`: what a rule book says of one network's episode at a tick. An episode is all
// interruptions of the network that follow each other within incidents.reopen_ns.
#pragma once

#include "config/settings.h"

#include "detectors/outages/outages.h"

#include <stdbool.h>
#include <stdio.h>

enum grade_level { GRADE_NONE, GRADE_COMMON, GRADE_LARGER, GRADE_MAJOR, GRADE_MAXIMUM };
extern const char *const grade_names_chinese[]; // "未达级", "一般", "较大", "重大", "特别重大"

enum metric {
    METRIC_OUTAGE,   // duration of interruption, milliseconds
    METRIC_IMPAIRED, // duration of impairment, milliseconds (until measured: the interruption)
    METRIC_NATURAL_PERSONS, // not measured yet: unknown, never false
    METRIC_LEGAL_PERSONS,
    METRIC_UNDETERMINABLE, // harm, where a duration would meet a clause if all were as it may be
};

// Which networks a clause concerns; always only those of the PBOC's domain in China (art. 2).
enum clause_scope { SCOPE_ANY, SCOPE_SPECIAL_CLASS, SCOPE_FINANCIAL_SERVICE };

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
    bool special_class_only, financial_service_only;
    int64_t
        at_least; // threshold: ms for durations (written as a duration), else a count; 以上 is >=
    int scope;    // enum clause_scope: what the two flags above are made from
    struct threshold written; // what at_least is made from
};

struct rulebook {
    char *id;      // "pboc-2025-4"
    char *version; // "2026.1"
    char *title;
    char *effective_from; // "2025-08-01"; a replay of older traffic is judged all the same
    char *approved_by, *approved_on, *next_review; // art. 6; empty: not approved yet, a draft
    struct clause *clauses;
    size_t clause_count;
    char *path;
};
extern const struct schema rulebook_schema;
// NULL after mistakes. Loaded durations are compared in milliseconds.
struct rulebook *rulebook_read(const char *path, struct mistakes *mistakes);
void rulebook_free(struct rulebook *rulebook);

// A clause that is met, or would be under a stricter reading of the rule (regulation.md 2.6).
struct criterion {
    const struct clause *clause;
    const struct clause *stands_for; // the clause that may be met, where that cannot be determined
                                     // (art. 12(1)): measured and threshold are of it. Else NULL
    bool undeterminable;             // stands on time of which too little was seen
    const char *reading; // NULL: by the default readings; else which stricter reading, in Chinese
    int64_t measured, threshold;
    struct instant met_at;                // event time, when the threshold was reached
    uint8_t provinces[PROVINCES / 8 + 1]; // bit set: the provinces that it was measured over
};

struct next_threshold {
    const struct clause *clause; // NULL: none ahead
    struct instant at;           // when it will be met if nothing changes
};

#define CRITERIA_MAX 64

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
    struct next_threshold next;
    bool out_of_scope;             // not in the PBOC's domain or not in China: never graded
    const char *undeterminable[8]; // reasons, in Chinese
    size_t undeterminable_count;
    bool all_hours_peak, attempts_only; // flags of the basis
    bool evicted;      // while it was measured, tables pushed out what they still needed
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

// Once a tick, before the grades: whether the counters are as good as they should be.
void grades_see_counters(struct grades *grades, const struct counters *counters);

// One tick: *ret has one record per network with an open episode and per rule book.
size_t grades_from_outages(struct grades *grades, const struct interruption *interruptions,
    size_t count, struct instant tick, const struct grade **ret);

// JSON: rulebook, version, network, clause, grade (0-4), met_at (ms), measured, threshold,
// conservative_grade, conservative [{clause, reading, ...}], criteria [...], next {clause, at},
// undeterminable, flags.
void grade_print(FILE *out, const struct settings *settings, const struct grade *grade);
