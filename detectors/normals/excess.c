#include "detectors/normals/excess.h"

#define SIGMAS_SQUARED 9

struct usual usual_from_settings(const struct outages_settings *settings)
{
    return (struct usual){.known = 100, .failed = settings->usual_failed_percent};
}

int64_t excess_of(const struct usual *usual, int64_t known, int64_t failed)
{
    __int128 above = (__int128)failed * usual->known - (__int128)known * usual->failed;
    return above <= 0 || usual->known <= 0 ? 0 : (int64_t)(above / usual->known);
}

bool excess_reaches(
    const struct usual *usual, int64_t known, int64_t failed, int64_t percent_points)
{
    __int128 above = (__int128)failed * usual->known - (__int128)known * usual->failed;
    return known > 0 && above * 100 >= (__int128)known * usual->known * percent_points;
}

// With q = F / K the usual share of failures, n intents known and E = failed - n * q beyond it, the
// variance of E is n * q * (1 - q) * (1 + n / K): of the intents, and of q itself. Both sides are
// taken times K^3, so that all are integers: E is below 2^51, its square times K below 2^123. One
// failure is added to F, so that a share of which none was ever seen is not certain to be 0.
// Of more intents than 2^31 half are taken, which only widens the deviation.
bool excess_is_significant(const struct usual *usual, int64_t known, int64_t failed, int64_t fewest)
{
    if (failed < fewest || usual->known <= 0 ||
        (__int128)failed * usual->known < 2 * (__int128)known * usual->failed) {
        return false;
    }
    while (known >= (int64_t)1 << 31) {
        known /= 2;
        failed /= 2;
    }
    __int128 of = usual->known + 1, part = usual->failed + 1;
    __int128 above = (__int128)failed * of - known * part;
    return above > 0 && above * above * of >
                            SIGMAS_SQUARED * (__int128)known * part * (of - part) * (of + known);
}
