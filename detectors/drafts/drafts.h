// The record `draft`: the machine's text for a duty. A person completes and sends it; the machine
// never does.
#pragma once

#include "config/settings.h"

#include "detectors/duties/duties.h"

struct draft {
    char id[64]; // incident / duty / version
    const struct duty *duty;
    struct instant at; // tick of its data
    json_t
        *document; // the items of arts. 17, 19 to 22: {item, key, value, filled_by, article, state}
    char *text;    // the Chinese document, UTF-8
    // The same without the names of persons: what may leave in messages.
    json_t *shown_document;
    char *shown_text;
};

struct drafts;
// Reads the templates of all reports. NULL with every mistake in them.
struct drafts *drafts_new(const struct settings *settings, struct mistakes *mistakes);
void drafts_free(struct drafts *drafts);
// Between two ticks: drafts that are written from here on have the templates of `fresh`.
void drafts_take_templates(struct drafts *drafts, struct drafts *fresh);

// Where the curves come from; without, a draft has none. Lives as long as the drafts.
void drafts_see_outages(struct drafts *drafts, const struct outages *outages);

// The sensor's clock, of a live run before each tick that may write drafts; never told of a replay.
enum sensor_clock_state {
    SENSOR_CLOCK_NOT_MEASURED,
    SENSOR_CLOCK_UNKNOWN,
    SENSOR_CLOCK_FREE, // nobody disciplines it: its offset is not known
    SENSOR_CLOCK_DISCIPLINED,
};
struct sensor_clock {
    enum sensor_clock_state state;
    int64_t offset_ns, most_ns; // of a disciplined one: estimated, and the most that it can be
};
struct sensor_clock sensor_clock_read(void);
void drafts_see_clock(struct drafts *drafts, struct sensor_clock clock);

// What a person has entered and was not refused, before the tick's drafts: of it, risk notices and
// what is filled in of their answers are kept, as a copy. What concerns an incident comes with it.
void drafts_take_move(struct drafts *drafts, const struct fact *move);
// What was written of an incident counts no more; then each version that an earlier process wrote:
// the next one has a higher number.
void drafts_forget(struct drafts *drafts, const char *incident);
void drafts_take_told(struct drafts *drafts, const struct duty *duty, uint32_t version);

// One tick: *ret are the drafts that were written at it. `incidents` are those of which persons may
// have said something since the last tick, as they stand, and all of them where there are duties;
// they and the duties live until the next.
size_t drafts_from_duties(struct drafts *drafts, const struct duty *duties, size_t count,
    const struct incident *incidents, size_t incident_count, struct instant tick,
    const struct draft **ret);

// Which items the report of a duty must have and has not, for people: "报告人 reporter, ...". What
// is missing follows from what persons have said up to now, whatever was drafted. "": none, or the
// duty has no report of ours.
void drafts_missing(const struct drafts *drafts, const struct duty *duty,
    const struct incident *incident, char *text, size_t size);
// Whether some report asks for an item of this key: "measures_taken". What `fill` may name.
bool drafts_have_item(const char *duty_key, const char *item);
// Whether a person may fill that in: an item that there is and that `sent` does not fill, and no
// lower grade. False with one sentence. NULL: of a notice.
bool fill_is_possible(
    const struct fact *fill, const struct incident *incident, char *error, size_t error_size);
bool item_is_of_sent(const char *key); // 报告时间
// The key and the name of the item at a place; returns how many there are that a person may fill.
size_t drafts_item(size_t place, const char **ret_key, const char **ret_name);
