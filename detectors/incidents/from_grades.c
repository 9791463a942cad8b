// The life of an incident, from the grades of one tick to the events of one tick.
//
// An incident is one episode of one network (all interruptions that follow each other within
// incidents.reopen). It opens when the episode is first suspected, and its id is fixed then: 32 hex
// digits of BLAKE2b over (source, network id, first suspected instant). So the same input gives the
// same ids, and an event that is sent again can be recognised.
//
// Events of one tick, in this order, each with its own sequence number (from 1):
//   opened     the episode is seen for the first time
//   escalated  the grade by the default readings rose. Every raise is one, also in the opening tick
//   recovered  no interruption goes on any more: the recovery has held, or a suspicion that stood
//              on provisional data was not confirmed
//   closed     a person has closed it, or said that it was none
//   updated    something that is shown changed, and none of the above says so: a new province, an
//              interruption of a province that ended or began again, the conservative grade, a new
//              criterion or question, the first decided data, a flag of the counters
// Durations and losses change at every tick; they are shown with the next event, never alone.
//
// Grades only rise (art. 12): what was published stays, and when later data say less the incident
// keeps its grade and is marked for review. met_at, met_larger_at and conservative_larger_at are
// written once: a clock that a person watches does not move.
//
// An episode whose record is no longer given is over. If the same first suspected instant comes
// again, the same incident goes on; its sequence numbers never start anew. When an episode turns
// out to have begun earlier, or two to be one, the earlier id lives on.
//
// Persons' moves (moves.c) come beside the grades: they make the states behind `recovering`, and
// one of them is the only way down for a grade.
//
// Several rule books may judge one episode: the first of the settings grades the incident, what the
// others say is kept beside it. Facts may open an incident by themselves; its id is then made of
// the fact's too, as traffic may open another at the same instant.
#include "config/memory.h"

#include "detectors/incidents/incidents_parts.h"

#include <sodium.h>

#include <stdlib.h>
#include <string.h>

const char *const incident_state_names[] = {"suspected", "graded", "recovering", "disposal_ended",
    "summary_due", "preliminary_filed", "summary_filed", "returned", "refiled", "closed",
    "false_alarm", "out_of_scope"};
const char *const incident_event_names[] = {
    "none", "opened", "updated", "escalated", "recovered", "closed"};

struct incidents *incidents_new(const struct settings *settings, const char *source)
{
    if (sodium_init() < 0) {
        return NULL;
    }
    struct incidents *incidents = memory_zeroed(1, sizeof(*incidents));
    incidents->settings = settings;
    incidents->source = memory_text(source);
    groups_new(incidents);
    return incidents;
}

void incidents_free(struct incidents *incidents)
{
    if (incidents == NULL) {
        return;
    }
    for (size_t i = 0; i < incidents->count; i++) {
        free((void *)(uintptr_t)incidents->lives[i]->measured.interruptions);
        free((void *)(uintptr_t)incidents->lives[i]->measured.facts);
        impact_done(&incidents->lives[i]->impact);
        moves_free(incidents->lives[i], incidents->records[i].move_count);
        free(incidents->lives[i]);
    }
    groups_free(incidents);
    free(incidents->lives);
    free(incidents->records);
    free(incidents->events);
    free(incidents->source);
    free(incidents);
}

static void id_make(const struct incidents *incidents, const struct grade *grade, char *id)
{
    const char *network = incidents->settings->networks[grade->network].id;
    uint8_t hash[16], at[8];
    crypto_generichash_state state;
    for (int i = 0; i < 8; i++) {
        at[i] = (uint8_t)((uint64_t)grade->first_suspected.ns >> (8 * i));
    }
    crypto_generichash_init(&state, NULL, 0, sizeof(hash));
    crypto_generichash_update(
        &state, (const uint8_t *)incidents->source, strlen(incidents->source) + 1);
    crypto_generichash_update(&state, (const uint8_t *)network, strlen(network) + 1);
    crypto_generichash_update(&state, at, sizeof(at));
    if (grade->opened_by != NULL) {
        crypto_generichash_update(
            &state, (const uint8_t *)grade->opened_by, strlen(grade->opened_by) + 1);
    }
    crypto_generichash_final(&state, hash, sizeof(hash));
    sodium_bin2hex(id, INCIDENT_ID_MAX, hash, sizeof(hash));
}

static int64_t lost_milli(const struct interruption *interruption)
{
    return loss_total_milli(&interruption->loss) - interruption->loss.processed * 1000;
}

// Interruptions before impairments, the largest loss first: what has room for a few shows those. No
// two are equal.
static int loss_order(const void *left, const void *right)
{
    const struct interruption *a = left, *b = right;
    const int64_t keys[][2] = {{a->kind, b->kind}, {lost_milli(b), lost_milli(a)},
        {a->function, b->function}, {a->province, b->province}, {a->from.ns, b->from.ns}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i][0] != keys[i][1]) {
            return keys[i][0] < keys[i][1] ? -1 : 1;
        }
    }
    return interruption_compare_kinds(a, b);
}

static void life_keep(struct life *life, const struct grade *grade)
{
    struct interruption *own = (void *)(uintptr_t)life->measured.interruptions;
    if (grade->interruption_count > life->interruption_capacity) {
        life->interruption_capacity = grade->interruption_count * 2;
        own = memory_resize(own, life->interruption_capacity, sizeof(*own));
    }
    if (grade->interruption_count > 0) {
        memcpy(own, grade->interruptions, grade->interruption_count * sizeof(*own));
        qsort(own, grade->interruption_count, sizeof(*own), loss_order);
    }
    const struct fact **facts = (void *)(uintptr_t)life->measured.facts;
    if (grade->fact_count > life->fact_capacity) {
        life->fact_capacity = grade->fact_count * 2;
        facts = memory_resize(facts, life->fact_capacity, sizeof(struct fact *));
    }
    for (size_t i = 0; i < grade->fact_count; i++) {
        facts[i] = grade->facts[i];
    }
    bool had_impact = life->measured.impact != NULL;
    life->measured = *grade;
    if (grade->impact != NULL) {
        impact_keep(&life->impact, grade->impact);
    }
    life->measured.impact = had_impact || grade->impact != NULL ? &life->impact : NULL;
    life->measured.interruptions = own;
    life->measured.facts = facts;
}

static size_t incident_add(struct incidents *incidents, const struct grade *grade)
{
    incidents->records = memory_grow(incidents->records, incidents->count,
        &incidents->record_capacity, sizeof(*incidents->records));
    incidents->lives = memory_grow(
        incidents->lives, incidents->count, &incidents->life_capacity, sizeof(*incidents->lives));
    struct incident *record = &incidents->records[incidents->count];
    *record = (struct incident){
        .network = grade->network,
        .state = INCIDENT_SUSPECTED,
        .first_suspected = grade->first_suspected,
        .onset = grade->onset,
        .met_at = INSTANT_NEVER,
        .met_larger_at = INSTANT_NEVER,
        .met_major_at = INSTANT_NEVER,
        .conservative_larger_at = INSTANT_NEVER,
        .attention_at = INSTANT_NEVER,
        .ended_at = INSTANT_NEVER,
        .opened_by = grade->opened_by,
        .disposal_ended_at = INSTANT_NEVER,
        .person_grade = -1,
    };
    id_make(incidents, grade, record->id);
    incidents->lives[incidents->count] = memory_zeroed(1, sizeof(struct life));
    return incidents->count++;
}

// Whether the episode continues the incident: it begins no later than reopen after its last harm.
static bool continues(
    const struct incidents *incidents, const struct life *life, const struct grade *grade)
{
    int64_t reopen_ns = incidents->settings->incidents.reopen_ns;
    return grade->first_suspected.ns - life->measured.last_bad_end.ns <= reopen_ns;
}

static bool is_opened_by_same(const struct incident *record, const struct grade *grade)
{
    return record->opened_by != NULL && grade->opened_by != NULL &&
           strcmp(record->opened_by, grade->opened_by) == 0;
}

static size_t incident_find(const struct incidents *incidents, const struct grade *grade)
{
    for (size_t i = incidents->count; i-- > 0;) {
        const struct incident *record = &incidents->records[i];
        bool same = record->first_suspected.ns == grade->first_suspected.ns;
        if (record->opened_by != NULL || grade->opened_by != NULL) {
            if (is_opened_by_same(record, grade)) {
                return i;
            }
        } else if (record->network == grade->network &&
                   (same || (incidents->lives[i]->live &&
                                continues(incidents, incidents->lives[i], grade)))) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void emit(
    struct incidents *incidents, size_t i, enum incident_event event, struct instant tick)
{
    struct incident *record = &incidents->records[i];
    record->event = event;
    record->sequence++;
    record->at = tick;
    record->measured = &incidents->lives[i]->measured;
    incidents->events = memory_grow(incidents->events, incidents->event_count,
        &incidents->event_capacity, sizeof(*incidents->events));
    incidents->events[incidents->event_count++] = *record;
}

// The first instant at which a clause of a grade or above was met; by stricter readings too when
// asked.
static struct instant first_met_at(const struct grade *grade, int at_least, bool stricter)
{
    struct instant first = INSTANT_NEVER;
    for (size_t i = 0; i < grade->criterion_count; i++) {
        const struct criterion *criterion = &grade->criteria[i];
        if (criterion->clause->grade >= at_least && (stricter || criterion->reading == NULL)) {
            first = instant_min(first, criterion->met_at);
        }
    }
    return first;
}

// A grade without a clause that explains it (undeterminable: at least 较大) counts from the tick.
static void set_once(struct instant *at, bool due, struct instant met_at, struct instant tick)
{
    if (due && at->ns == INSTANT_NEVER.ns) {
        *at = met_at.ns == INSTANT_NEVER.ns ? tick : met_at;
    }
}

// What a person has regraded rises again only when the machine finds more than it had found before;
// its clocks then run from that.
static void clocks_fill(
    struct incident *record, const struct grade *grade, bool regraded, struct instant tick)
{
    struct instant met_at = grade_met_at(grade);
    set_once(&record->met_larger_at, record->grade >= GRADE_LARGER,
        regraded ? met_at : first_met_at(grade, GRADE_LARGER, false), tick);
    set_once(&record->met_major_at, record->grade >= GRADE_MAJOR,
        regraded ? met_at : first_met_at(grade, GRADE_MAJOR, false), tick);
    set_once(&record->conservative_larger_at, record->conservative_grade >= GRADE_LARGER,
        regraded ? tick : first_met_at(grade, GRADE_LARGER, true), tick);
}

// True when the grade rose.
static bool raise(
    struct incident *record, struct life *life, const struct grade *grade, struct instant tick)
{
    int conservative =
        grade->conservative_grade > grade->grade ? grade->conservative_grade : grade->grade;
    bool found_more = grade->grade > life->machine_grade;
    bool rose = found_more && grade->grade > record->grade;
    life->machine_grade = found_more ? grade->grade : life->machine_grade;
    if (rose) {
        record->grade = grade->grade;
        record->met_at = INSTANT_NEVER;
        set_once(&record->met_at, true, grade_met_at(grade), tick);
    }
    if (conservative > life->machine_conservative) {
        life->machine_conservative = conservative;
        if (conservative > record->conservative_grade) {
            record->conservative_grade = conservative;
        }
    }
    if (rose && incident_has_left(record)) {
        life->person = INCIDENT_SUSPECTED; // it goes on all the same
    }
    clocks_fill(record, grade, record->person_grade >= 0, tick);
    return rose;
}

static void beside_fill(
    struct incident *record, const struct grade *others, size_t count, struct instant tick)
{
    for (size_t i = 0; i < count && i < BESIDE_MAX; i++) {
        struct beside *beside = &record->beside[i];
        const struct grade *grade = &others[i];
        if (i >= record->beside_count) {
            *beside = (struct beside){grade->rulebook, 0, 0, INSTANT_NEVER, INSTANT_NEVER};
            record->beside_count = i + 1;
        }
        int conservative =
            grade->conservative_grade > grade->grade ? grade->conservative_grade : grade->grade;
        beside->grade = grade->grade > beside->grade ? grade->grade : beside->grade;
        if (conservative > beside->conservative_grade) {
            beside->conservative_grade = conservative;
        }
        set_once(&beside->met_larger_at, beside->grade >= GRADE_LARGER,
            first_met_at(grade, GRADE_LARGER, false), tick);
        set_once(&beside->conservative_larger_at, beside->conservative_grade >= GRADE_LARGER,
            first_met_at(grade, GRADE_LARGER, true), tick);
    }
}

// Art. 15(2): since the first word of it.
static void attention_fill(struct incident *record, const struct grade *grade)
{
    for (size_t i = 0; i < grade->fact_count; i++) {
        if (grade->facts[i]->kind == FACT_ATTENTION && record->attention_at.ns == INT64_MAX) {
            record->attention_at = grade->facts[i]->at;
        }
    }
}

static bool facts_change(struct life *life, const struct incident *record)
{
    const struct grade *grade = &life->measured;
    struct facts facts = {0};
    memcpy(facts.seen, life->facts.seen, sizeof(facts.seen));
    for (size_t i = 0; i < grade->interruption_count; i++) {
        uint8_t province = grade->interruptions[i].province;
        facts.seen[province] = 1;
        facts.ongoing[province] |= grade->interruptions[i].ongoing;
    }
    facts.conservative_grade = record->conservative_grade;
    facts.criteria = (uint32_t)grade->criterion_count;
    facts.questions = (uint32_t)grade->undeterminable_count;
    facts.confirmed = life->facts.confirmed || !grade->suspected;
    facts.evicted = grade->evicted;
    facts.ticks_merged = grade->ticks_merged;
    facts.review = grade->review;
    facts.entered = (uint32_t)grade->fact_count;
    for (size_t i = 0; i < record->beside_count; i++) {
        facts.beside[i][0] = record->beside[i].grade;
        facts.beside[i][1] = record->beside[i].conservative_grade;
    }
    bool changed = memcmp(&facts, &life->facts, sizeof(facts)) != 0;
    life->facts = facts;
    return changed;
}

// True when this tick ended the last interruption.
static bool state_move(struct incident *record, const struct life *life, const struct grade *grade)
{
    bool was_over = record->ended_at.ns != INSTANT_NEVER.ns;
    record->ended_at = grade->ongoing ? INSTANT_NEVER : grade->last_bad_end;
    record->state = !grade->ongoing              ? INCIDENT_RECOVERING
                    : record->grade > GRADE_NONE ? INCIDENT_GRADED
                                                 : INCIDENT_SUSPECTED;
    if (life->person != INCIDENT_SUSPECTED) {
        record->state = life->person;
    }
    return !grade->ongoing && !was_over;
}

// The records of one episode: of the first rule book, and of the others behind it.
static void life_step(
    struct incidents *incidents, const struct grade *grade, size_t books, struct instant tick)
{
    size_t i = incident_find(incidents, grade);
    bool opened = i == SIZE_MAX;
    if (opened) {
        i = incident_add(incidents, grade);
    }
    struct incident *record = &incidents->records[i];
    struct life *life = incidents->lives[i];
    life_keep(life, grade);
    life->live = life->given = true;
    life->opened = opened;
    record->measured = &life->measured;
    record->onset = life->facts.confirmed ? instant_min(record->onset, grade->onset) : grade->onset;
    life->rose = raise(record, life, grade, tick);
    beside_fill(record, grade + 1, books - 1, tick);
    attention_fill(record, grade);
    life->recovered = state_move(record, life, grade);
}

// What happened to it at this tick.
static void life_tell(struct incidents *incidents, size_t i, struct instant tick)
{
    struct life *life = incidents->lives[i];
    bool changed = life->given && facts_change(life, &incidents->records[i]);
    bool left = life->moved && incident_has_left(&incidents->records[i]);
    changed |= life->moved;
    life->rose |= life->rose_aside;
    life->recovered |= life->recovered_aside;
    life->moved = life->rose_aside = life->recovered_aside = false;
    changed |= whole_changes(incidents, i);
    if (life->opened) {
        emit(incidents, i, EVENT_OPENED, tick);
    }
    if (life->rose) {
        emit(incidents, i, EVENT_ESCALATED, tick);
    }
    if (life->recovered) {
        emit(incidents, i, EVENT_RECOVERED, tick);
    }
    if (left) {
        emit(incidents, i, EVENT_CLOSED, tick);
    } else if (changed && !life->opened && !life->rose && !life->recovered) {
        emit(incidents, i, EVENT_UPDATED, tick);
    }
}

// The episode's record is gone: too old to be continued, or a suspicion that was not confirmed.
static void life_leave(struct incidents *incidents, size_t i, struct instant tick)
{
    struct incident *record = &incidents->records[i];
    struct life *life = incidents->lives[i];
    life->live = false;
    if (record->ended_at.ns != INSTANT_NEVER.ns) {
        return;
    }
    record->ended_at = life->measured.last_bad_end;
    record->state = life->person != INCIDENT_SUSPECTED ? life->person : INCIDENT_RECOVERING;
    life->measured.ongoing = false;
    memset(life->facts.ongoing, 0, sizeof(life->facts.ongoing));
    emit(incidents, i, EVENT_RECOVERED, tick);
}

static int event_order(const void *left, const void *right)
{
    const struct incident *a = left, *b = right;
    if (a->first_suspected.ns != b->first_suspected.ns) {
        return a->first_suspected.ns < b->first_suspected.ns ? -1 : 1;
    }
    if (a->network != b->network) {
        return a->network < b->network ? -1 : 1;
    }
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

// How many records from `at` on are of the same episode: one for each rule book.
static size_t books_of(const struct grade *grades, size_t count, size_t at)
{
    size_t books = 1;
    while (at + books < count && grades[at + books].network == grades[at].network &&
           grades[at + books].opened_by == grades[at].opened_by) {
        books++;
    }
    return books;
}

size_t incidents_from_grades(struct incidents *incidents, const struct grade *grades, size_t count,
    struct instant tick, const struct incident **ret)
{
    incidents->event_count = 0;
    for (size_t i = 0; i < incidents->count; i++) {
        struct life *life = incidents->lives[i];
        life->given = life->opened = life->rose = life->recovered = false;
    }
    for (size_t i = 0; i < count;) {
        size_t books = books_of(grades, count, i);
        life_step(incidents, &grades[i], books, tick);
        i += books;
    }
    groups_step(incidents);
    for (size_t i = 0; i < incidents->count; i++) {
        bool grouped = incidents->records[i].group != NULL;
        moves_step(&incidents->records[i], incidents->lives[i], tick);
        bool asks = grouped || incidents->lives[i]->moved;
        if (incidents->lives[i]->given || (asks && !incidents->lives[i]->live)) {
            life_tell(incidents, i, tick);
        } else if (incidents->lives[i]->live) {
            life_leave(incidents, i, tick);
        }
    }
    if (incidents->event_count > 1) {
        qsort(incidents->events, incidents->event_count, sizeof(*incidents->events), event_order);
    }
    *ret = incidents->events;
    return incidents->event_count;
}

bool incidents_find(const struct incidents *incidents, const char *id, struct fact_target *ret)
{
    for (size_t i = 0; i < incidents->count; i++) {
        const struct incident *record = &incidents->records[i];
        if (strcmp(record->id, id) == 0) {
            *ret = (struct fact_target){record->first_suspected, record->opened_by};
            return true;
        }
    }
    return false;
}

size_t incidents_all(const struct incidents *incidents, const struct incident **ret)
{
    *ret = incidents->records;
    return incidents->count;
}
