// Approved maintenance windows: time in which a network, or a part of it, may be down on purpose.
// It is measured throughout and not graded; what goes on behind a window's end is (art. 6; the
// institution's own standard). Live settings: a window is filed by SIGHUP.
#pragma once

#include "config/instant.h"
#include "config/scope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct settings;

struct maintenance_settings {
    char *id; // of the change ticket
    char *network_id;
    char **functions, **provinces, **sites;
    size_t function_count, province_count, site_count;
    struct instant from, to;
    char *approved_by, *carried_out_by; // two names
    char *reason;

    struct scope scope; // resolved at load
    bool whole_site;    // no link of the network is at a site outside of `sites`
};
extern const struct schema maintenance_schema;

// The checks across values, and what the ids stand for. False after mistakes.
bool maintenance_check(struct settings *settings, struct mistakes *mistakes);

// The first time in [from, end) that is inside windows of this part of the network, as [*ret_from,
// *ret_to): windows that touch or overlap are one. *ret_window is the one that begins first. False,
// and nothing set, when there is none.
bool maintenance_next(const struct settings *settings, uint16_t network, uint16_t function,
    uint8_t province, struct instant from, struct instant end, struct instant *ret_from,
    struct instant *ret_to, const struct maintenance_settings **ret_window);
