#include "dataplane/transactions/region_codes.h"

// Of the PBOC's codes two in five begin with a province's two digits, of the others one in seven is
// in the PBOC's table: what is of a system fits it nearly as a whole, and the other one by chance.
#define SEEN_LEAST    10
#define FITS_PERCENT  90 // at least: the other system
#define WRONG_PERCENT 60 // less: the one of the settings

void region_codes_see(struct region_codes *codes, uint64_t region)
{
    uint64_t *word = &codes->bits[region / 64], bit = (uint64_t)1 << (region % 64);
    if ((__atomic_load_n(word, __ATOMIC_RELAXED) & bit) == 0) {
        __atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
    }
}

static bool has(const struct region_codes *codes, unsigned region)
{
    uint64_t word = __atomic_load_n(&codes->bits[region / 64], __ATOMIC_RELAXED);
    return (word >> (region % 64) & 1) != 0;
}

// 0000 is a head office in both.
bool region_codes_judge(const struct region_codes *codes, const struct regions *regions,
    enum code_system configured, struct region_misfit *ret)
{
    struct region_misfit fit = {.codes = configured};
    for (unsigned region = 1; region < REGION_CODES; region++) {
        bool seen = has(codes, region);
        fit.seen += seen;
        fit.pboc += seen && regions->pboc_listed[region];
        fit.gbt2260 += seen && regions->province[region / 100];
    }
    size_t own = configured == CODES_PBOC ? fit.pboc : fit.gbt2260;
    size_t other = configured == CODES_PBOC ? fit.gbt2260 : fit.pboc;
    if (fit.seen < SEEN_LEAST || other * 100 < fit.seen * FITS_PERCENT ||
        own * 100 >= fit.seen * WRONG_PERCENT) {
        return false;
    }
    *ret = fit;
    return true;
}
