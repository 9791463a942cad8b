// What becomes of an attempt: the scenario's faults, its background failures and its declines.
#pragma once

#include "tools/generate/scenario.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fate_kind { FATE_ANSWERED, FATE_UNANSWERED, FATE_UNSENT };

struct fate {
    enum fate_kind kind;
    const char *code; // FATE_ANSWERED
    enum verdict verdict;
    int64_t delay_ns; // on top of the latency
};

struct faults;

struct faults *faults_new(const struct scenario *scenario);
void faults_free(struct faults *faults);

// The function index of network management (echo).
size_t faults_echo(const struct scenario *scenario);

// `function` is an index of the scenario or faults_echo; `province` is ignored for echoes. Takes
// its turn in every running count that applies, so each call is one attempt.
struct fate faults_decide(
    struct faults *faults, size_t province, size_t function, uint16_t link, int64_t at_ns);
// Whether the fault concerns the link at all.
bool fault_is_of_link(
    const struct scenario *scenario, const struct fault_scenario *fault, uint16_t link);
