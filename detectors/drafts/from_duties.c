// A draft for every duty that asks for a report, written anew when what it says has changed: each
// is a version of its own, with a number in its id, and none is ever changed.
//
// A duty is drafted when it begins and when its deadlines or the grade change; every report but the
// brief also when it is reminded of, as it began long before it is due. What a person fills, or
// says of personal information, the end and the promised date, writes every open report of the
// incident anew that it concerns. When a duty is sent its report is written a last time, with the
// instant, so that the ledger has it as it was; when a person decides not to report, the page of
// 不报告依据 is.
//
// The answer to a risk notice (art. 24) belongs to a notice and no incident: what persons fill in
// of it is kept here.
//
// A network whose affairs are state secrets gets none (art. 2, 18): the log says that it must be
// handled offline, and nothing more.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/drafts/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What was written last of a duty, and of what.
struct written {
    struct duty duty; // its incident is not to be followed
    uint32_t version;
    uint32_t told;            // the highest version of an earlier process
    struct snapshot snapshot; // as of the last version
};

// How much of what persons have said was read.
struct heard {
    char incident[INCIDENT_ID_MAX];
    size_t moves;
};

// The curve of an incident that tells most.
struct kept {
    char incident[INCIDENT_ID_MAX];
    struct curve curve;
};

struct drafts {
    const struct settings *settings;
    const struct outages *outages; // NULL: none are measured
    struct sensor_clock clock;
    struct kept *kept;
    size_t kept_count, kept_capacity;
    struct template *templates[REPORTS];
    struct written *written;
    size_t written_count, written_capacity;
    struct heard *heard;
    size_t heard_count, heard_capacity;
    struct notice *notices; // in the order of entry
    size_t notice_count, notice_capacity;
    const struct incident *incidents; // of this tick
    size_t incident_count;
    struct duty *duties;  // of this tick's drafts
    struct draft *drafts; // of this tick
    size_t count, capacity, duty_capacity;
};

static struct template *template_open(
    const struct settings *settings, enum report_kind kind, struct mistakes *mistakes)
{
    char name[512];
    snprintf(name, sizeof(name), "%s/%s.txt", settings->drafts.templates, report_names[kind]);
    char *path = settings_path(settings, name);
    struct template *template = template_read(path, report_words, mistakes);
    free(path);
    return template;
}

struct drafts *drafts_new(const struct settings *settings, struct mistakes *mistakes)
{
    struct drafts *drafts = memory_zeroed(1, sizeof(*drafts));
    bool good = true;
    drafts->settings = settings;
    for (int kind = 0; kind < REPORTS; kind++) {
        drafts->templates[kind] = template_open(settings, (enum report_kind)kind, mistakes);
        good &= drafts->templates[kind] != NULL;
    }
    if (!good) {
        drafts_free(drafts);
        return NULL;
    }
    return drafts;
}

void drafts_take_templates(struct drafts *drafts, struct drafts *fresh)
{
    for (int kind = 0; kind < REPORTS; kind++) {
        struct template *old = drafts->templates[kind];
        drafts->templates[kind] = fresh->templates[kind];
        fresh->templates[kind] = old;
    }
}

static void drafts_drop(struct drafts *drafts)
{
    for (size_t i = 0; i < drafts->count; i++) {
        json_decref(drafts->drafts[i].document);
        json_decref(drafts->drafts[i].shown_document);
        free(drafts->drafts[i].text);
        free(drafts->drafts[i].shown_text);
    }
    drafts->count = 0;
}

void drafts_free(struct drafts *drafts)
{
    if (drafts == NULL) {
        return;
    }
    drafts_drop(drafts);
    for (int kind = 0; kind < REPORTS; kind++) {
        template_free(drafts->templates[kind]);
    }
    for (size_t i = 0; i < drafts->notice_count; i++) {
        notice_done(&drafts->notices[i]);
    }
    free(drafts->notices);
    free(drafts->kept);
    free(drafts->written);
    free(drafts->heard);
    free(drafts->duties);
    free(drafts->drafts);
    free(drafts);
}

static bool is_same_duty(const struct duty *one, const struct duty *other)
{
    return strcmp(one->subject, other->subject) == 0 && strcmp(one->key, other->key) == 0;
}

static struct written *written_of(struct drafts *drafts, const struct duty *duty)
{
    for (size_t i = 0; i < drafts->written_count; i++) {
        if (is_same_duty(&drafts->written[i].duty, duty)) {
            return &drafts->written[i];
        }
    }
    drafts->written = memory_grow(drafts->written, drafts->written_count, &drafts->written_capacity,
        sizeof(*drafts->written));
    struct written *written = &drafts->written[drafts->written_count++];
    *written = (struct written){.duty = *duty};
    return written;
}

void drafts_forget(struct drafts *drafts, const char *incident)
{
    for (size_t i = 0; i < drafts->written_count; i++) {
        struct written *written = &drafts->written[i];
        if (strcmp(written->duty.subject, incident) == 0) {
            written->version = written->told = 0;
        }
    }
}

void drafts_take_told(struct drafts *drafts, const struct duty *duty, uint32_t version)
{
    struct written *written = written_of(drafts, duty);
    written->duty = *duty;
    written->duty.incident = NULL;
    written->told = version > written->told ? version : written->told;
}

// The report before: the last one that was sent, else the last one that was written, of another
// duty.
static const struct snapshot *before(const struct drafts *drafts, const struct duty *duty)
{
    const struct written *found = NULL;
    for (size_t i = 0; i < drafts->written_count; i++) {
        const struct written *one = &drafts->written[i];
        bool other = one->version > 0 && strcmp(one->duty.subject, duty->subject) == 0 &&
                     !is_same_duty(&one->duty, duty);
        bool sent = one->duty.sent_at.ns != INSTANT_NEVER.ns;
        bool found_sent = found != NULL && found->duty.sent_at.ns != INSTANT_NEVER.ns;
        bool later = found == NULL || (sent && !found_sent) ||
                     (sent == found_sent && one->snapshot.at.ns >= found->snapshot.at.ns);
        found = other && later ? one : found;
    }
    return found != NULL ? &found->snapshot : NULL;
}

static struct kept *kept_of(struct drafts *drafts, const char *incident)
{
    for (size_t i = 0; i < drafts->kept_count; i++) {
        if (strcmp(drafts->kept[i].incident, incident) == 0) {
            return &drafts->kept[i];
        }
    }
    drafts->kept = memory_grow(
        drafts->kept, drafts->kept_count, &drafts->kept_capacity, sizeof(*drafts->kept));
    struct kept *kept = &drafts->kept[drafts->kept_count++];
    *kept = (struct kept){0};
    snprintf(kept->incident, sizeof(kept->incident), "%s", incident);
    return kept;
}

static const struct curve *curve_kept(
    struct drafts *drafts, const struct incident *incident, struct instant tick)
{
    struct curve fresh = curve_of(drafts->settings, drafts->outages, incident, tick);
    struct kept *kept = kept_of(drafts, incident->id);
    kept->curve = *curve_better(&fresh, &kept->curve);
    return &kept->curve;
}

static void draft_write(struct drafts *drafts, const struct duty *duty, struct instant tick)
{
    struct written *written = written_of(drafts, duty);
    uint32_t last = written->version > written->told ? written->version : written->told;
    written->version = last + 1;
    struct report report = {.kind = report_of_duty(duty),
        .settings = drafts->settings,
        .duty = duty,
        .at = tick,
        .notice = notice_of(drafts->notices, drafts->notice_count, duty->subject),
        .incidents = drafts->incidents,
        .incident_count = drafts->incident_count,
        .before = before(drafts, duty),
        .clock = drafts->clock,
        .curve = duty->incident != NULL ? curve_kept(drafts, duty->incident, tick) : NULL};
    drafts->drafts =
        memory_grow(drafts->drafts, drafts->count, &drafts->capacity, sizeof(*drafts->drafts));
    struct draft *draft = &drafts->drafts[drafts->count++];
    *draft = (struct draft){.duty = duty, .at = tick};
    snprintf(draft->id, sizeof(draft->id), "%s/%s/%u", duty->subject, duty->key, written->version);
    report.id = draft->id;
    report_fill(&report);
    draft->document = report_json(&report, false);
    draft->text = report_text(&report, drafts->templates[report.kind], false);
    draft->shown_document = report_json(&report, true);
    draft->shown_text = report_text(&report, drafts->templates[report.kind], true);
    report_done(&report);
    if (duty->incident != NULL) {
        written->snapshot = snapshot_of(&report);
    }
}

static bool is_secret(const struct drafts *drafts, const struct duty *duty)
{
    return drafts->settings->networks[duty->network].secrecy == SECRECY_STATE;
}

// Whether what the duty says at this tick wants a draft. Most moves do not.
static bool is_drafted(const struct duty *duty)
{
    bool first = report_of_duty(duty) == REPORT_BRIEF;
    switch (duty->event) {
    case DUTY_BEGAN:
    case DUTY_CHANGED: return duty->state != DUTY_LAPSED;
    case DUTY_HALF:
    case DUTY_WARNED: return !first;
    case DUTY_MOVED: return duty->state == DUTY_SENT || report_of_duty(duty) == REPORT_NOT_REPORTED;
    default: return false;
    }
}

static bool is_open(const struct duty *duty)
{
    return duty->state == DUTY_OPEN || duty->state == DUTY_TO_BE_DECIDED;
}

// Which reports a person's move changes.
static bool concerns(const struct fact *move, const struct duty *duty)
{
    enum report_kind kind = report_of_duty(duty);
    switch (move->kind) {
    case FACT_FILL:
        return (move->duty[0] == '\0' || strcmp(move->duty, duty->key) == 0) &&
               report_has_item(kind, move->item);
    case FACT_PERSONAL_INFORMATION: return true;
    case FACT_PROMISE: return kind == REPORT_PRELIMINARY;
    case FACT_REGRADE: return true;
    default: return false;
    }
}

void drafts_see_outages(struct drafts *drafts, const struct outages *outages)
{
    drafts->outages = outages;
}

void drafts_see_clock(struct drafts *drafts, struct sensor_clock clock)
{
    drafts->clock = clock;
}

void drafts_take_move(struct drafts *drafts, const struct fact *move)
{
    if (move->kind == FACT_RISK_NOTICE) {
        drafts->notices = memory_grow(drafts->notices, drafts->notice_count,
            &drafts->notice_capacity, sizeof(*drafts->notices));
        notice_begin(&drafts->notices[drafts->notice_count++], move);
        return;
    }
    struct notice *notice = notice_of(drafts->notices, drafts->notice_count, move->incident);
    if (notice != NULL && move->kind == FACT_FILL) {
        notice_take_move(notice, move);
    }
}

static size_t *heard_of(struct drafts *drafts, const char *incident)
{
    for (size_t i = 0; i < drafts->heard_count; i++) {
        if (strcmp(drafts->heard[i].incident, incident) == 0) {
            return &drafts->heard[i].moves;
        }
    }
    drafts->heard = memory_grow(
        drafts->heard, drafts->heard_count, &drafts->heard_capacity, sizeof(*drafts->heard));
    struct heard *heard = &drafts->heard[drafts->heard_count++];
    *heard = (struct heard){0};
    memcpy(heard->incident, incident, sizeof(heard->incident));
    return &heard->moves;
}

static bool is_concerned(const struct incident *incident, size_t from, const struct duty *duty)
{
    bool any = false;
    for (size_t i = from; i < incident->move_count; i++) {
        any |= concerns(incident->moves[i], duty);
    }
    return any;
}

static bool is_collected(const struct drafts *drafts, size_t collected, const struct duty *duty)
{
    for (size_t i = 0; i < collected; i++) {
        if (is_same_duty(&drafts->duties[i], duty)) {
            return true;
        }
    }
    return false;
}

static void collect(struct drafts *drafts, const struct duty *duty, size_t *collected)
{
    if (!is_collected(drafts, *collected, duty)) {
        drafts->duties = memory_grow(
            drafts->duties, *collected, &drafts->duty_capacity, sizeof(*drafts->duties));
        drafts->duties[(*collected)++] = *duty;
    }
}

// What the duties of this tick want.
static void told_collect(
    struct drafts *drafts, const struct duty *duties, size_t count, size_t *collected)
{
    for (size_t i = 0; i < count; i++) {
        const struct duty *duty = &duties[i];
        bool known = duty->incident != NULL ||
                     notice_of(drafts->notices, drafts->notice_count, duty->subject) != NULL;
        if (report_of_duty(duty) != REPORTS && known) {
            written_of(drafts, duty)->duty = *duty;
            if (is_drafted(duty)) {
                collect(drafts, duty, collected);
            }
        }
    }
}

// Every other open report of an incident whose grade has risen since it was written.
static void risen_collect(struct drafts *drafts, const struct incident *incident, size_t *collected)
{
    for (size_t i = 0; i < drafts->written_count; i++) {
        struct duty duty = drafts->written[i].duty;
        const struct snapshot *last = &drafts->written[i].snapshot;
        bool ours = strcmp(duty.subject, incident->id) == 0 && is_open(&duty);
        if (ours && drafts->written[i].version > 0 &&
            (last->grade != incident_whole_grade(incident) ||
                last->conservative_grade != incident_whole_conservative(incident))) {
            duty.incident = incident;
            collect(drafts, &duty, collected);
        }
    }
}

// Art. 19: what was sent without an item, which a person now files for that very report.
static bool is_completed(const struct incident *incident, size_t from, const struct duty *duty)
{
    bool any = false;
    for (size_t i = from; i < incident->move_count; i++) {
        const struct fact *move = incident->moves[i];
        any |= move->kind == FACT_FILL && strcmp(move->duty, duty->key) == 0;
    }
    return any && duty->incomplete;
}

// Every open report that a person's words concern, and what was sent without them.
static void heard_collect(struct drafts *drafts, const struct incident *incident, size_t *collected)
{
    size_t *heard = heard_of(drafts, incident->id), from = *heard;
    *heard = incident->move_count;
    for (size_t i = 0; i < drafts->written_count && from < *heard; i++) {
        struct duty duty = drafts->written[i].duty;
        bool ours = strcmp(duty.subject, incident->id) == 0;
        if (ours && (is_open(&duty) ? is_concerned(incident, from, &duty)
                                    : is_completed(incident, from, &duty))) {
            duty.incident = incident;
            collect(drafts, &duty, collected);
        }
    }
}

// The open answer to a notice of which a person has filled something in.
static void notice_collect(struct drafts *drafts, struct notice *notice, size_t *collected)
{
    size_t from = notice->heard;
    notice->heard = notice->move_count;
    for (size_t i = 0; i < drafts->written_count && from < notice->heard; i++) {
        const struct duty *duty = &drafts->written[i].duty;
        bool concerned = false;
        for (size_t m = from; m < notice->move_count; m++) {
            concerned |= concerns(notice->moves[m], duty);
        }
        if (strcmp(duty->subject, notice->fact->id) == 0 && is_open(duty) && concerned) {
            collect(drafts, duty, collected);
        }
    }
}

size_t drafts_from_duties(struct drafts *drafts, const struct duty *duties, size_t count,
    const struct incident *incidents, size_t incident_count, struct instant tick,
    const struct draft **ret)
{
    drafts_drop(drafts);
    drafts->incidents = incidents;
    drafts->incident_count = incident_count;
    size_t collected = 0;
    told_collect(drafts, duties, count, &collected);
    for (size_t i = 0, told = collected; i < told; i++) {
        if (drafts->duties[i].incident != NULL) {
            risen_collect(drafts, drafts->duties[i].incident, &collected);
        }
    }
    for (size_t i = 0; i < incident_count; i++) {
        heard_collect(drafts, &incidents[i], &collected);
    }
    for (size_t i = 0; i < drafts->notice_count; i++) {
        notice_collect(drafts, &drafts->notices[i], &collected);
    }
    for (size_t i = 0; i < collected; i++) {
        if (is_secret(drafts, &drafts->duties[i])) {
            log_warning(
                "%s: handle offline, no draft is written (art. 18)", drafts->duties[i].subject);
        } else {
            draft_write(drafts, &drafts->duties[i], tick);
        }
    }
    *ret = drafts->drafts;
    return drafts->count;
}

void drafts_missing(const struct drafts *drafts, const struct duty *duty,
    const struct incident *incident, char *text, size_t size)
{
    static const struct curve no_curve; // what is missing does not hang on it
    struct duty unsent = *duty;
    struct report report = {.kind = report_of_duty(duty),
        .settings = drafts->settings,
        .duty = &unsent,
        .curve = &no_curve,
        .notice = notice_of(drafts->notices, drafts->notice_count, duty->subject),
        .at = INSTANT_NONE};
    text[0] = '\0';
    unsent.incident = incident;
    if (report.kind < REPORTS && !is_secret(drafts, duty) &&
        (incident != NULL || report.notice != NULL)) {
        report_fill(&report);
        report_missing(&report, text, size);
        report_done(&report);
    }
}
