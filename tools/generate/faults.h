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
    int64_t delay_ns;         // on top of the latency
    int64_t reverse_after_ns; // the answer; 0: never
};

// Whom an attempt concerns.
struct concern {
    size_t province; // ignored for echoes
    size_t function; // an index of the scenario, or faults_echo
    uint16_t link, institution;
    uint64_t card;
};

struct faults;

struct faults *faults_new(const struct scenario *scenario);
void faults_free(struct faults *faults);

// The function index of network management (echo).
size_t faults_echo(const struct scenario *scenario);

// Takes its turn in every running count that applies, so each call is one attempt.
struct fate faults_decide(struct faults *faults, const struct concern *concern, int64_t at_ns);
// Whether the fault concerns the link at all.
bool fault_is_of_link(
    const struct scenario *scenario, const struct fault_scenario *fault, uint16_t link);
