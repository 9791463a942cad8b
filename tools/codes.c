#include "tools/codes.h"

#include "config/log.h"

static const char *const system_names[] = {[CODES_PBOC] = "pboc", [CODES_GBT2260] = "gbt2260"};

static bool is_told(const struct codes_told *told, const struct region_misfit *misfit)
{
    bool is = false;
    for (size_t i = 0; i < told->count; i++) {
        is |= told->list[i].link == misfit->link && told->list[i].field == misfit->field;
    }
    return is;
}

void codes_warn(const struct settings *settings, const struct region_misfit *misfits, size_t count,
    struct codes_told *told)
{
    for (size_t i = 0; i < count && told->count < MISFITS_MAX; i++) {
        const struct region_misfit *misfit = &misfits[i];
        if (is_told(told, misfit)) {
            continue;
        }
        told->list[told->count++] = *misfit;
        log_warning("link \"%s\": of %zu region codes in field %lld %zu are of pboc and %zu of "
                    "gbt2260, and province_sources says %s: its provinces are wrong",
            settings->links[misfit->link].id, misfit->seen, (long long)misfit->field, misfit->pboc,
            misfit->gbt2260, system_names[misfit->codes]);
    }
}
