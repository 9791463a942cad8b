#include "detectors/outages/outages.h"

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
