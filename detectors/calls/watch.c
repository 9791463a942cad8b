// Theory of operation
//
// A subject is an incident, a network that is not seen, or a risk notice to be answered. It has a
// level, which only rises while it lasts, and for as long as it is called by phone a person who is
// asked for: whoever acknowledges (FACT_ACKNOWLEDGE of the incident; for a network FACT_MUTE) ends
// the repeats; a higher grade asks anew, and so does a report that is overdue.
//
// While nobody has acknowledged, the call is repeated every calls.repeat, and for each
// calls.escalate that has gone since it was asked for, one more step of the roster is called.
//
// Everything is in event time and from the tick's own records, so the same ticks make the same
// calls, also when a run that was killed judges them again.
#include "config/memory.h"

#include "detectors/calls/calls.h"
#include "detectors/calls/dues.h"

#include <stdlib.h>
#include <string.h>

const char *const call_level_names[] = {
    [CALL_NONE] = "none", [CALL_WALL] = "wall", [CALL_TONE] = "tone", [CALL_PHONE] = "phone"};

const char *const call_cause_names[] = {[CALL_BEGAN] = "began",
    [CALL_RAISED] = "raised",
    [CALL_REPEATED] = "repeated",
    [CALL_ESCALATED] = "escalated",
    [CALL_DUE] = "due",
    [CALL_OVERDUE] = "overdue",
    [CALL_OVER] = "over"};

struct subject {
    char id[CALL_SUBJECT_MAX];
    uint16_t network;
    struct instant first_suspected; // of an incident, to know its grade again; else INSTANT_NEVER
    enum call_level level;
    int grade, conservative_grade;
    int64_t step;
    struct instant asked_at, called_at; // by phone; INSTANT_NEVER: not yet
    bool acknowledged;
    bool notice; // a paper that waits for its answer, whatever its network does: never muted
    bool over;   // nothing more comes of it, since:
    struct instant over_at;
    char condition[CALL_TEXT_MAX / 2];
    struct instant due_at; // of its next report; INSTANT_NEVER: none
};

struct mute {
    uint16_t network;
    struct instant until;
    int conservative_grade; // the highest of the network's subjects when it began
};

struct calls {
    const struct settings *settings;
    struct subject *subjects;
    size_t subject_count, subject_capacity;
    struct dues dues;
    struct mute *mutes;
    size_t mute_count, mute_capacity;
    struct call *made;
    size_t made_count, made_capacity;
};

struct calls *calls_new(const struct settings *settings)
{
    struct calls *calls = memory_zeroed(1, sizeof(*calls));
    calls->settings = settings;
    return calls;
}

void calls_free(struct calls *calls)
{
    if (calls != NULL) {
        free(calls->subjects);
        dues_done(&calls->dues);
        free(calls->mutes);
        free(calls->made);
        free(calls);
    }
}

static int64_t steps_of(const struct calls *calls)
{
    const struct calls_settings *settings = &calls->settings->calls;
    return roster_steps(settings->roster, settings->roster_count);
}

// ---- persons

static struct subject *subject_find(struct calls *calls, const char *id)
{
    for (size_t i = 0; i < calls->subject_count; i++) {
        if (strcmp(calls->subjects[i].id, id) == 0) {
            return &calls->subjects[i];
        }
    }
    return NULL;
}

static bool is_network(const struct subject *subject)
{
    return strncmp(subject->id, NETWORK_PREFIX, strlen(NETWORK_PREFIX)) == 0;
}

static void mute_take(struct calls *calls, const struct fact *fact)
{
    calls->mutes =
        memory_grow(calls->mutes, calls->mute_count, &calls->mute_capacity, sizeof(*calls->mutes));
    struct mute *mute = &calls->mutes[calls->mute_count++];
    *mute = (struct mute){.network = fact->network, .until = fact->until};
    for (size_t i = 0; i < calls->subject_count; i++) {
        struct subject *subject = &calls->subjects[i];
        if (subject->network == fact->network && !subject->over) {
            int grade = subject->conservative_grade;
            mute->conservative_grade =
                grade > mute->conservative_grade ? grade : mute->conservative_grade;
            // Nobody can acknowledge a network: to mute it says that somebody knows.
            subject->acknowledged |= is_network(subject);
        }
    }
}

void calls_take_fact(struct calls *calls, const struct fact *fact)
{
    struct subject *subject = subject_find(calls, fact->incident);
    if (fact->kind == FACT_MUTE) {
        mute_take(calls, fact);
    } else if (fact->kind == FACT_ACKNOWLEDGE && subject != NULL) {
        subject->acknowledged = true;
    }
}

static bool is_muted(const struct calls *calls, const struct subject *subject,
    enum call_cause cause, struct instant tick)
{
    bool muted = false;
    for (size_t i = 0; i < calls->mute_count; i++) {
        const struct mute *mute = &calls->mutes[i];
        muted |= mute->network == subject->network && tick.ns < mute->until.ns &&
                 subject->conservative_grade <= mute->conservative_grade;
    }
    return muted && cause != CALL_OVERDUE && !subject->notice;
}

// ---- a call

static const char *cause_chinese(enum call_cause cause)
{
    static const char *const texts[] = {[CALL_BEGAN] = "",
        [CALL_RAISED] = "升级",
        [CALL_REPEATED] = "尚无人确认",
        [CALL_ESCALATED] = "逾时无人确认，逐级上报",
        [CALL_DUE] = "报送时限临近",
        [CALL_OVERDUE] = "报送已逾期",
        [CALL_OVER] = "已结束"};
    return texts[cause];
}

static void text_make(const struct calls *calls, const struct subject *subject, struct call *call)
{
    static const char *const levels[] = {
        [CALL_NONE] = "", [CALL_WALL] = "大屏", [CALL_TONE] = "提示音", [CALL_PHONE] = "电话"};
    char due[INSTANT_TEXT_MAX] = "", when[64] = "";
    const char *cause = cause_chinese(call->cause);
    if (subject->due_at.ns != INSTANT_NEVER.ns) {
        instant_format(subject->due_at, 0, due);
        snprintf(when, sizeof(when), "；报送时限 %.10s %.5s", due, due + 11);
    }
    bool several = calls->settings->institution_count > 1; // who is called serves them all
    snprintf(call->text, sizeof(call->text), "【%s】%s%s：%s%s%s%s", levels[call->level],
        several ? institution_of(calls->settings, subject->network)->name : "",
        calls->settings->networks[subject->network].name, subject->condition,
        cause[0] != '\0' ? "；" : "", cause, when);
}

// Of two duties that are due at the same tick one call tells.
static bool is_made(const struct calls *calls, const struct subject *subject, enum call_cause cause)
{
    for (size_t i = 0; i < calls->made_count; i++) {
        if (calls->made[i].cause == cause && strcmp(calls->made[i].subject, subject->id) == 0) {
            return true;
        }
    }
    return false;
}

static void call_make(
    struct calls *calls, struct subject *subject, enum call_cause cause, struct instant tick)
{
    if (is_made(calls, subject, cause)) {
        return;
    }
    calls->made =
        memory_grow(calls->made, calls->made_count, &calls->made_capacity, sizeof(*calls->made));
    struct call *call = &calls->made[calls->made_count++];
    *call = (struct call){.network = subject->network,
        .level = subject->level,
        .cause = cause,
        .step = subject->level == CALL_PHONE ? subject->step : 0,
        .at = tick,
        .muted = is_muted(calls, subject, cause, tick),
        .grade = subject->grade,
        .conservative_grade = subject->conservative_grade};
    memcpy(call->subject, subject->id, sizeof(call->subject));
    text_make(calls, subject, call);
    if (subject->level == CALL_PHONE) {
        subject->called_at = tick;
    }
}

// Somebody is asked for anew.
static void ask(
    struct calls *calls, struct subject *subject, enum call_cause cause, struct instant tick)
{
    subject->step = steps_of(calls) > 0 ? 1 : 0;
    subject->asked_at = tick;
    subject->acknowledged = false;
    call_make(calls, subject, cause, tick);
}

// ---- subjects

static struct subject *subject_of(struct calls *calls, const char *id, uint16_t network)
{
    struct subject *subject = subject_find(calls, id);
    if (subject != NULL) {
        return subject;
    }
    calls->subjects = memory_grow(
        calls->subjects, calls->subject_count, &calls->subject_capacity, sizeof(*calls->subjects));
    subject = &calls->subjects[calls->subject_count++];
    *subject = (struct subject){.network = network,
        .first_suspected = INSTANT_NEVER,
        .asked_at = INSTANT_NEVER,
        .called_at = INSTANT_NEVER,
        .due_at = INSTANT_NEVER};
    snprintf(subject->id, sizeof(subject->id), "%s", id);
    return subject;
}

static void level_raise(struct calls *calls, struct subject *subject, enum call_level level,
    bool graver, struct instant tick)
{
    bool began = subject->level == CALL_NONE, louder = level > subject->level;
    if (!louder && !(graver && subject->level == CALL_PHONE)) {
        return;
    }
    subject->level = louder ? level : subject->level;
    ask(calls, subject, began ? CALL_BEGAN : CALL_RAISED, tick);
}

// ---- incidents

static bool is_done_with(const struct incident *incident)
{
    for (size_t i = 0; i < incident->move_count; i++) {
        int kind = incident->moves[i]->kind;
        if (kind == FACT_FALSE_ALARM || kind == FACT_OUT_OF_SCOPE || kind == FACT_CLOSE) {
            return true;
        }
    }
    return incident->event == EVENT_CLOSED && incident->conservative_grade < GRADE_LARGER;
}

static enum call_level level_of(int grade, int conservative_grade)
{
    return conservative_grade >= GRADE_LARGER || grade >= GRADE_LARGER ? CALL_PHONE
           : grade >= GRADE_COMMON                                     ? CALL_TONE
                                                                       : CALL_WALL;
}

static void condition_write(struct subject *subject, const struct incident *incident)
{
    snprintf(subject->condition, sizeof(subject->condition), "等级%s（从严%s），%s",
        grade_names_chinese[incident->grade], grade_names_chinese[incident->conservative_grade],
        incident_condition_chinese(incident));
}

static void incident_look(struct calls *calls, const struct incident *incident, struct instant tick)
{
    struct subject *subject = subject_of(calls, incident->id, incident->network);
    bool graver = incident->grade > subject->grade ||
                  incident->conservative_grade > subject->conservative_grade;
    bool was_over = subject->over;
    subject->first_suspected = incident->first_suspected;
    subject->grade = incident->grade;
    subject->conservative_grade = incident->conservative_grade;
    subject->over = is_done_with(incident);
    subject->over_at = was_over ? subject->over_at : tick;
    condition_write(subject, incident);
    if (!subject->over) {
        level_raise(
            calls, subject, level_of(incident->grade, incident->conservative_grade), graver, tick);
    } else if (!was_over && subject->level == CALL_PHONE && !subject->acknowledged) {
        call_make(calls, subject, CALL_OVER, tick);
    }
}

// Of a grade that goes on: whether 较大 is near.
static bool is_near(const struct calls *calls, const struct grade *grade, struct instant tick)
{
    struct instant horizon = instant_add(tick, calls->settings->calls.tone_before_ns);
    for (size_t i = 0; i < grade->ahead_count; i++) {
        const struct next_threshold *next = &grade->ahead[i];
        if (next->clause != NULL && next->clause->grade >= GRADE_LARGER &&
            next->at.ns <= horizon.ns) {
            return true;
        }
    }
    return false;
}

static void grade_look(struct calls *calls, const struct grade *grade, struct instant tick)
{
    for (size_t i = 0; i < calls->subject_count; i++) {
        struct subject *subject = &calls->subjects[i];
        if (subject->network == grade->network && !subject->over &&
            subject->first_suspected.ns == grade->first_suspected.ns &&
            subject->level == CALL_WALL && grade->ongoing && is_near(calls, grade, tick)) {
            level_raise(calls, subject, CALL_TONE, false, tick);
        }
    }
}

// ---- duties

// A risk notice (art. 24) is checked at once, which a tone asks for; its answer has days, and is
// called for by phone when it is overdue, at the close of business. So is one that counts as
// answered no more.
static struct subject *notice_begin(
    struct calls *calls, const struct duty *duty, struct instant tick)
{
    struct subject *subject = subject_of(calls, duty->subject, duty->network);
    subject->notice = true;
    subject->over = false;
    subject->level = CALL_NONE;
    snprintf(subject->condition, sizeof(subject->condition),
        "收到人民银行风险提示，须立即核查并按期反馈（第二十四条）");
    subject->due_at = duty->due_at;
    level_raise(calls, subject, CALL_TONE, false, tick);
    return subject;
}

// Once it is answered nobody is asked for any more.
static void notice_end(struct calls *calls, struct subject *subject, struct instant tick)
{
    if (!subject->over && subject->level == CALL_PHONE && !subject->acknowledged) {
        call_make(calls, subject, CALL_OVER, tick);
    }
    subject->over_at = subject->over ? subject->over_at : tick;
    subject->over = true;
}

static void duty_look(struct calls *calls, const struct duty *duty, struct instant tick)
{
    struct subject *subject = subject_find(calls, duty->subject);
    bool notice = duty->kind == DUTY_RISK_ANSWER;
    bool open = duty->state == DUTY_OPEN || duty->state == DUTY_TO_BE_DECIDED;
    if (notice && open && (subject == NULL || subject->over)) {
        subject = notice_begin(calls, duty, tick);
    }
    if (subject == NULL) {
        return; // it was over a day ago
    }
    dues_keep(&calls->dues, duty, open);
    subject->due_at = dues_next(&calls->dues, subject->id);
    if (notice && !open) {
        notice_end(calls, subject, tick);
    }
    if (!open || subject->over) {
        return;
    }
    if (duty->event == DUTY_HALF || duty->event == DUTY_WARNED) {
        call_make(calls, subject, CALL_DUE, tick);
    } else if (duty->event == DUTY_OVERDUE) {
        subject->level = CALL_PHONE;
        ask(calls, subject, CALL_OVERDUE, tick);
    }
}

// ---- networks that are not seen

static void blind_look(struct calls *calls, const struct health_change *change, struct instant tick)
{
    char id[CALL_SUBJECT_MAX];
    const struct settings *settings = calls->settings;
    if (change->kind != HEALTH_BLIND) {
        return;
    }
    snprintf(id, sizeof(id), NETWORK_PREFIX "%.40s", settings->networks[change->subject].id);
    struct subject *subject = subject_of(calls, id, change->subject);
    snprintf(subject->condition, sizeof(subject->condition), "%s", change->reason_chinese);
    if (change->raised) {
        bool peak = network_is_peak(&settings->networks[change->subject], instant_second(tick));
        subject->over = false;
        subject->level = CALL_NONE;
        level_raise(calls, subject, peak ? CALL_PHONE : CALL_TONE, false, tick);
        return;
    }
    if (!subject->over && subject->level == CALL_PHONE && !subject->acknowledged) {
        call_make(calls, subject, CALL_OVER, tick);
    }
    subject->over_at = subject->over ? subject->over_at : tick;
    subject->over = true;
}

// ---- a tick

// After two hours once an hour: by then everybody was called often.
static int64_t repeat_of(
    const struct calls *calls, const struct subject *subject, struct instant tick)
{
    int64_t repeat_ns = calls->settings->calls.repeat_ns, hour_ns = S_PER_HOUR * NS_PER_S;
    bool long_ago = tick.ns - subject->asked_at.ns >= 2 * hour_ns;
    return long_ago ? hour_ns : repeat_ns;
}

static void wait_look(struct calls *calls, struct subject *subject, struct instant tick)
{
    const struct calls_settings *settings = &calls->settings->calls;
    if (subject->over || subject->acknowledged || subject->level != CALL_PHONE ||
        tick.ns < subject->called_at.ns + repeat_of(calls, subject, tick)) {
        return;
    }
    int64_t steps = steps_of(calls);
    int64_t step = 1 + (tick.ns - subject->asked_at.ns) / settings->escalate_ns;
    step = step < steps ? step : steps;
    bool escalates = step > subject->step;
    subject->step = escalates ? step : subject->step;
    call_make(calls, subject, escalates ? CALL_ESCALATED : CALL_REPEATED, tick);
}

static void forget(struct calls *calls, struct instant tick)
{
    size_t kept = 0;
    for (size_t i = 0; i < calls->mute_count; i++) {
        if (tick.ns < calls->mutes[i].until.ns) {
            calls->mutes[kept++] = calls->mutes[i];
        }
    }
    calls->mute_count = kept;
    kept = 0;
    for (size_t i = 0; i < calls->subject_count; i++) {
        const struct subject *subject = &calls->subjects[i];
        if (!subject->over || tick.ns - subject->over_at.ns < S_PER_DAY * NS_PER_S) {
            calls->subjects[kept++] = *subject;
        }
    }
    calls->subject_count = kept;
}

size_t calls_from_tick(struct calls *calls, const struct calls_input *input, struct instant tick,
    const struct call **ret)
{
    calls->made_count = 0;
    forget(calls, tick);
    for (size_t i = 0; i < input->incident_count; i++) {
        incident_look(calls, &input->incidents[i], tick);
    }
    for (size_t i = 0; i < input->grade_count; i++) {
        grade_look(calls, &input->grades[i], tick);
    }
    for (size_t i = 0; i < input->duty_count; i++) {
        duty_look(calls, &input->duties[i], tick);
    }
    for (size_t i = 0; i < input->health_count; i++) {
        blind_look(calls, &input->health[i], tick);
    }
    for (size_t i = 0; i < calls->subject_count; i++) {
        wait_look(calls, &calls->subjects[i], tick);
    }
    *ret = calls->made;
    return calls->made_count;
}
