// What the sensor itself lacks, said at once and with its reason: a port that is down, silent or
// drops frames, a link of which the mirror shows nothing, one side only, or not all, a network
// whose business is not seen. Beside the flow, not a stage of it: nothing is graded by it.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum health_kind {
    HEALTH_CLOCK, // the machine's clock was set; event time goes on as it was
    HEALTH_PORT_DOWN,
    HEALTH_PORT_SILENT,   // up, and no frame for 10 s
    HEALTH_PORT_DROPS,    // it says itself that it lost frames
    HEALTH_LINK_SILENT,   // no frame of its hosts for a minute
    HEALTH_LINK_ONE_WAY,  // one side acknowledges what the other is not seen to send
    HEALTH_LINK_PROVINCE, // an hour's business has provinces that cannot be right
    HEALTH_LINK_GAPS,     // more than 1 % of a minute's bytes were not seen
    HEALTH_BLIND,         // business that should be there is not, and nothing says that it stopped
    HEALTH_KINDS,
};
extern const char *const health_kind_names[];

#define HEALTH_REASON_MAX 256

// An alarm that was raised or cleared at a tick.
struct health_change {
    enum health_kind kind;
    uint16_t subject; // number of the port, index of the link or of the network
    bool raised;
    struct instant since, at; // since when it is so; when that was known (cleared: when it ended)
    char reason[HEALTH_REASON_MAX], reason_chinese[HEALTH_REASON_MAX];
};

// Business of a network that is not seen: what the outages' last decided buckets say.
struct blind_network {
    size_t groups; // functions of provinces; 0: none
    struct instant since;
};

struct health;
struct health *health_new(const struct settings *settings);
void health_free(struct health *health);
// One tick. `networks`: one for each of the settings, or NULL where nothing is judged. *ret are the
// changes, by kind and subject; they live until the next call.
size_t health_watch(struct health *health, const struct counters *counters,
    const struct blind_network *networks, const struct health_change **ret);
// Those that stand: their last changes, by kind and subject. Live until the next call of either.
size_t health_standing(struct health *health, const struct health_change **ret);
// How many were raised so far.
uint64_t health_raised(const struct health *health);

// "sensor", "port", "link" or "network", and its name: the number of the port, the id.
const char *health_subject_type(enum health_kind kind);
const char *health_subject(
    const struct settings *settings, const struct health_change *change, char room[static 8]);
// The network that it is of; -1: the sensor's own, such as a port's.
int health_network(const struct settings *settings, const struct health_change *change);
// Whose ledger it goes to: the network's; the sensor's own to the first one's.
uint16_t health_institution(const struct settings *settings, const struct health_change *change);
// {schema, kind, state, subject {type, id}, since, at, reason, message}: message is the
// reason in Chinese. The caller's.
json_t *health_json(const struct settings *settings, const struct health_change *change);
