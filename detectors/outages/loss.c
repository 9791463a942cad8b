#include "detectors/outages/outages.h"

const char *const outage_kind_names[] = {
    [OUTAGE_INTERRUPTION] = "interruption", [OUTAGE_IMPAIRMENT] = "impairment", NULL};
const char *const assumption_names[ASSUMPTIONS] = {
    "coverage", "literal", "silence", "codes", "external"};

bool interruption_is_certain(const struct interruption *interruption)
{
    return interruption->kind == OUTAGE_INTERRUPTION && !interruption->suspected &&
           !interruption->undeterminable && interruption->assumes == 0;
}

int interruption_compare_kinds(const struct interruption *a, const struct interruption *b)
{
    const int pairs[][2] = {{a->kind, b->kind}, {a->assumes, b->assumes},
        {a->undeterminable, b->undeterminable}, {a->nationwide, b->nationwide}, {a->unit, b->unit}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i][0] != pairs[i][1]) {
            return pairs[i][0] < pairs[i][1] ? -1 : 1;
        }
    }
    return 0;
}

int64_t loss_total_milli(const struct loss *loss)
{
    int64_t demand_milli = loss->demand * 1000;
    return loss->normal_milli > demand_milli ? loss->normal_milli : demand_milli;
}

bool loss_is_over(const struct loss *loss, int64_t percent)
{
    int64_t total_milli = loss_total_milli(loss);
    int64_t lost_milli = total_milli - (loss->processed + loss->unobserved) * 1000;
    return (__int128)lost_milli * 100 > (__int128)total_milli * percent;
}

int64_t loss_ratio_x10000(const struct loss *loss)
{
    int64_t total_milli = loss_total_milli(loss);
    int64_t lost_milli = total_milli - (loss->processed + loss->unobserved) * 1000;
    if (total_milli <= 0 || lost_milli <= 0) {
        return 0;
    }
    return (int64_t)((__int128)lost_milli * 10000 / total_milli);
}

int64_t loss_literal_x10000(const struct loss *loss)
{
    int64_t lost = loss->demand - loss->processed - loss->unobserved;
    return loss->normal_milli <= 0 || lost <= 0
               ? 0
               : (int64_t)((__int128)lost * 1000 * 10000 / loss->normal_milli);
}

bool interruption_has_harm(const struct interruption *interruption, int64_t fewest)
{
    const struct loss *loss = &interruption->loss;
    return excess_is_significant(
        &interruption->usual, loss->processed + loss->failed, loss->failed, fewest);
}
