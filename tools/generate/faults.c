// A share is met by a running count per fault, province and function: each attempt adds the share,
// and when the sum reaches a whole the attempt is hit. So exactly 70 of 100 attempts of a cell are
// hit by 70 %, and a test can stand right on a threshold. The first fault of the list that hits
// decides, except slowness, which only adds up; background failures and declines come after the
// faults.
#include "tools/generate/faults.h"

#include "config/memory.h"

#include "tools/generate/cards.h"

#include <stdlib.h>
#include <string.h>

struct faults {
    const struct scenario *scenario;
    size_t cells;           // provinces * (functions + echo)
    int64_t *owed_ppm;      // by fault and cell; then failures and declines by cell
    uint64_t *covered;      // by fault, whether a function is (bit), see covers_function
    bool *covered_province; // by fault and province
    bool *covered_link;     // by fault and link
    size_t next_failure, next_decline;
};

static const struct fate fate_approved = {
    .kind = FATE_ANSWERED, .code = "00", .verdict = VERDICT_SUCCEEDED};

size_t faults_echo(const struct scenario *scenario)
{
    return scenario->function_count;
}

bool fault_is_of_link(
    const struct scenario *scenario, const struct fault_scenario *fault, uint16_t link)
{
    bool named = fault->link_count == 0;
    for (size_t i = 0; i < fault->link_count; i++) {
        named |= strcmp(fault->links[i], scenario->links[link].id) == 0;
    }
    if (!named || fault->province_count == 0) {
        return named;
    }
    for (size_t i = 0; i < fault->province_count; i++) {
        for (size_t p = 0; p < scenario->province_count; p++) {
            if (scenario->provinces[p].code == fault->provinces[i] &&
                scenario->provinces[p].link == link) {
                return true;
            }
        }
    }
    return false;
}

static bool names_province(const struct fault_scenario *fault, int64_t code)
{
    for (size_t i = 0; i < fault->province_count; i++) {
        if (fault->provinces[i] == code) {
            return true;
        }
    }
    return fault->province_count == 0;
}

static bool names_function(
    const struct scenario *scenario, const struct fault_scenario *fault, size_t function)
{
    bool echo = function == faults_echo(scenario);
    const char *id = echo ? "echo" : scenario->functions[function].id;
    for (size_t i = 0; i < fault->function_count; i++) {
        if (strcmp(fault->functions[i], id) == 0) {
            return true;
        }
    }
    return fault->function_count == 0 && !echo;
}

struct faults *faults_new(const struct scenario *scenario)
{
    struct faults *faults = memory_zeroed(1, sizeof(*faults));
    faults->scenario = scenario;
    faults->cells = scenario->province_count * (scenario->function_count + 1);
    faults->owed_ppm = memory_zeroed((scenario->fault_count + 2) * faults->cells, sizeof(int64_t));
    faults->covered = memory_zeroed(scenario->fault_count, sizeof(*faults->covered));
    faults->covered_province =
        memory_zeroed(scenario->fault_count * scenario->province_count, sizeof(bool));
    faults->covered_link =
        memory_zeroed(scenario->fault_count * scenario->link_count, sizeof(bool));
    for (size_t i = 0; i < scenario->fault_count; i++) {
        const struct fault_scenario *fault = &scenario->faults[i];
        for (size_t f = 0; f <= scenario->function_count; f++) {
            faults->covered[i] |= (uint64_t)names_function(scenario, fault, f) << f;
        }
        for (size_t p = 0; p < scenario->province_count; p++) {
            faults->covered_province[i * scenario->province_count + p] =
                names_province(fault, scenario->provinces[p].code);
        }
        for (size_t l = 0; l < scenario->link_count; l++) {
            faults->covered_link[i * scenario->link_count + l] =
                fault_is_of_link(scenario, fault, (uint16_t)l);
        }
    }
    return faults;
}

void faults_free(struct faults *faults)
{
    if (faults != NULL) {
        free(faults->owed_ppm);
        free(faults->covered);
        free(faults->covered_province);
        free(faults->covered_link);
        free(faults);
    }
}

static bool takes_turn(struct faults *faults, size_t row, size_t cell, int64_t share_ppm)
{
    int64_t *owed_ppm = &faults->owed_ppm[row * faults->cells + cell];
    *owed_ppm += share_ppm;
    bool hit = *owed_ppm >= PPM;
    *owed_ppm -= hit ? PPM : 0;
    return hit;
}

static bool names_institution(
    const struct scenario *scenario, const struct fault_scenario *fault, uint16_t institution)
{
    bool named = fault->institution_count == 0;
    for (size_t i = 0; i < fault->institution_count; i++) {
        named |= strcmp(fault->institutions[i], scenario->institutions[institution]) == 0;
    }
    return named;
}

static bool names_card(const struct fault_scenario *fault, uint64_t card)
{
    char digits[CARD_DIGITS];
    bool named = fault->card_end_count == 0;
    if (!named) {
        card_write(card, digits);
    }
    for (size_t i = 0; i < fault->card_end_count; i++) {
        named |= fault->card_ends[i] == digits[CARD_DIGITS - 1] - '0';
    }
    return named;
}

static bool covers(
    const struct faults *faults, size_t i, const struct concern *concern, int64_t at_ns)
{
    const struct scenario *scenario = faults->scenario;
    const struct fault_scenario *fault = &scenario->faults[i];
    int64_t since_ns = at_ns - scenario->start.ns;
    bool of_link = fault->kind == FAULT_REFUSED || fault->kind == FAULT_UNREACHABLE;
    bool echo = concern->function == faults_echo(scenario);
    if (of_link || since_ns < fault->from_ns || since_ns >= fault->to_ns ||
        (faults->covered[i] >> concern->function & 1) == 0 ||
        !faults->covered_link[i * scenario->link_count + concern->link]) {
        return false;
    }
    return echo || (faults->covered_province[i * scenario->province_count + concern->province] &&
                       names_institution(scenario, fault, concern->institution) &&
                       names_card(fault, concern->card));
}

static struct fate take_code(const struct codes_scenario *codes, size_t *next, enum verdict verdict)
{
    const char *code = codes->codes[(*next)++ % codes->code_count];
    if (strcmp(code, "none") == 0) {
        return (struct fate){.kind = FATE_UNANSWERED};
    }
    return (struct fate){.kind = FATE_ANSWERED, .code = code, .verdict = verdict};
}

static struct fate decide_normally(struct faults *faults, size_t cell)
{
    const struct scenario *scenario = faults->scenario;
    size_t row = scenario->fault_count;
    if (takes_turn(faults, row, cell, scenario->failures.share_ppm)) {
        return take_code(&scenario->failures, &faults->next_failure, VERDICT_FAILED);
    }
    if (takes_turn(faults, row + 1, cell, scenario->declines.share_ppm)) {
        return take_code(&scenario->declines, &faults->next_decline, VERDICT_DECLINED);
    }
    return fate_approved;
}

struct fate faults_decide(struct faults *faults, const struct concern *concern, int64_t at_ns)
{
    const struct scenario *scenario = faults->scenario;
    bool echo = concern->function == faults_echo(scenario);
    size_t cell =
        (echo ? 0 : concern->province) * (scenario->function_count + 1) + concern->function;
    int64_t delay_ns = 0;
    for (size_t i = 0; i < scenario->fault_count; i++) {
        const struct fault_scenario *fault = &scenario->faults[i];
        if (!covers(faults, i, concern, at_ns) || !takes_turn(faults, i, cell, fault->share_ppm)) {
            continue;
        }
        switch (fault->kind) {
        case FAULT_SILENCE:
        case FAULT_SIGN_OFF:
        case FAULT_QUIET: return (struct fate){.kind = FATE_UNSENT};
        case FAULT_NO_ANSWER: return (struct fate){.kind = FATE_UNANSWERED};
        case FAULT_ERROR_CODE:
            return (struct fate){FATE_ANSWERED, fault->code, fault->verdict, delay_ns, 0};
        case FAULT_CUT_OVER:
            return (struct fate){FATE_ANSWERED, fault->code, VERDICT_PLANNED, delay_ns, 0};
        case FAULT_REVERSED:
            return (struct fate){FATE_ANSWERED, "00", VERDICT_SUCCEEDED, delay_ns, fault->delay_ns};
        default: delay_ns += fault->delay_ns; break;
        }
    }
    struct fate fate = echo ? fate_approved : decide_normally(faults, cell);
    fate.delay_ns = delay_ns;
    return fate;
}
