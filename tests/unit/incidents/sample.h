// A network, a rule book and grades made by hand, for the tests behind the grades.
#pragma once

#include "detectors/drafts/drafts.h"
#include "detectors/incidents/incidents.h"

struct sample {
    struct settings settings;
    struct institution_settings institutions[2]; // the first is used
    struct network_settings networks[2];
    struct link_settings links[3];
    char *sites[2];
    struct function functions[2];
    struct rulebook rulebook;
    struct clause clauses[5]; // by grade: 10(1), 9(1)(1), 8(1)(1), 7(1)(1); [4]: 9(1)(2)
    struct interruption interruptions[8];
};

enum sample_clause { CLAUSE_COMMON, CLAUSE_LARGER, CLAUSE_MAJOR, CLAUSE_MAXIMUM, CLAUSE_ONE };

void sample_init(struct sample *sample);
// With the shipped templates; the caller frees.
struct drafts *sample_drafts(struct sample *sample);

// "10:30:00" of 2026-03-10 in Shanghai, fraction allowed.
struct instant at(const char *time_of_day);

// An episode from 10:00 in 江苏 and 上海, `minutes` long so far, ongoing, without any grade.
struct grade sample_grade(struct sample *sample, int64_t minutes);
void sample_met(struct sample *sample, struct grade *grade, enum sample_clause clause,
    const char *met_at, const char *reading);
