#include "tools/generate/course_writer.h"
#include "tools/generate/scenario.h"

#include <string.h>

#define REQUEST_BYTES 230
#define ANSWER_BYTES  150
#define ECHO_BYTES    90
#define USUAL_CLASS   8 // of the latency: 25 to 50 ms

bool course_has_text(char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], text) == 0) {
            return true;
        }
    }
    return count == 0;
}

bool course_is_at(const struct writer *writer, int64_t from_ns, int64_t to_ns, int64_t epoch_s)
{
    int64_t at_ns = (epoch_s - writer->start_s) * NS_PER_S;
    return from_ns <= at_ns && at_ns < to_ns;
}

struct blindness course_blindness(const struct writer *writer, size_t link_at, int64_t epoch_s)
{
    struct blindness unseen = {0};
    const struct course *course = writer->course;
    for (size_t i = 0; i < course->blind_count; i++) {
        const struct blind_course *blind = &course->blind[i];
        if (!course_is_at(writer, blind->from_ns, blind->to_ns, epoch_s) ||
            !course_has_text(blind->links, blind->link_count, course->links[link_at].id)) {
            continue;
        }
        unseen.dead |= blind->sender == COURSE_BOTH && blind->share_ppm == PPM;
        unseen.requests_ppm =
            blind->sender != COURSE_THEIRS ? blind->share_ppm : unseen.requests_ppm;
        unseen.answers_ppm = blind->sender != COURSE_OURS ? blind->share_ppm : unseen.answers_ppm;
    }
    return unseen;
}

void course_link_add(struct link_counts *link, int64_t requests, int64_t requests_unseen,
    int64_t answers, int64_t answers_unseen)
{
    link->seen_request_bytes += (requests - requests_unseen) * REQUEST_BYTES;
    link->missing_request_bytes += requests_unseen * REQUEST_BYTES;
    link->seen_answer_bytes += (answers - answers_unseen) * ANSWER_BYTES;
    link->missing_answer_bytes += answers_unseen * ANSWER_BYTES;
    link->our_frames += requests - requests_unseen;
    link->their_frames += answers - answers_unseen;
    link->frames += requests - requests_unseen + answers - answers_unseen;
    link->latency[USUAL_CLASS] += (int32_t)(answers - answers_unseen);
    if (answers > answers_unseen) {
        link->shortest_answer_bytes = ANSWER_BYTES;
    }
}

// Whether a fault concerns all of a link's business: its connections are part of it.
static bool is_of_link(
    const struct course *course, const struct fault_course *fault, size_t link_at)
{
    return fault->reach.province_count == 0 && fault->reach.function_count == 0 &&
           fault->share_ppm == PPM &&
           course_has_text(fault->reach.links, fault->reach.link_count, course->links[link_at].id);
}

static void link_faults(
    struct writer *writer, size_t at, int64_t from_s, int64_t tick_s, struct link_counts *ret)
{
    const struct course *course = writer->course;
    int32_t connections = (int32_t)course->links[at].connections;
    for (size_t i = 0; i < course->fault_count; i++) {
        const struct fault_course *fault = &course->faults[i];
        int64_t begin_s = writer->start_s + fault->from_ns / NS_PER_S;
        bool begins = from_s <= begin_s && begin_s < tick_s;
        bool lasts = course_is_at(writer, fault->from_ns, fault->to_ns, from_s);
        if (!is_of_link(course, fault, at)) {
            continue;
        }
        int32_t ends = begins && (fault->kind == COURSE_SILENCE || fault->kind == COURSE_REFUSED)
                           ? connections
                           : 0;
        int32_t knocks =
            lasts && fault->kind == COURSE_REFUSED ? (int32_t)(connections * (tick_s - from_s)) : 0;
        ret->syns += knocks;
        ret->resets += ends + knocks;
        ret->our_frames += knocks;
        ret->their_frames += ends + knocks;
        ret->frames += ends + 2 * (int64_t)knocks;
    }
}

void course_link_tick(struct writer *writer, size_t at, int64_t from_s, int64_t tick_s)
{
    const struct link_course *of = &writer->course->links[at];
    struct link_counts *link = &writer->links[at];
    int64_t second = from_s + (tick_s - from_s) / 2;
    struct blindness unseen = course_blindness(writer, at, second);
    link->link = of->link;
    link->second = second;
    if (unseen.dead) {
        return;
    }
    int64_t echo_s = of->echo_ns / NS_PER_S;
    int64_t echoes = tick_s * of->connections / echo_s - from_s * of->connections / echo_s;
    bool ours = unseen.requests_ppm < PPM, theirs = unseen.answers_ppm < PPM;
    link->seen_request_bytes += ours ? echoes * ECHO_BYTES : 0;
    link->missing_request_bytes += ours ? 0 : echoes * ECHO_BYTES;
    link->seen_answer_bytes += theirs ? echoes * ECHO_BYTES : 0;
    link->missing_answer_bytes += theirs ? 0 : echoes * ECHO_BYTES;
    link->our_frames += ours ? echoes : 0;
    link->their_frames += theirs ? echoes : 0;
    link->frames += (ours ? echoes : 0) + (theirs ? echoes : 0);
    link->management_requests += ours ? (int32_t)echoes : 0;
    if (tick_s / 60 != from_s / 60 || from_s == writer->start_s) {
        link->connections += (int32_t)of->connections;
    }
    link_faults(writer, at, from_s, tick_s, link);
}

size_t course_links_told(struct writer *writer)
{
    size_t told = 0;
    for (size_t i = 0; i < writer->course->link_count; i++) {
        const struct link_counts *link = &writer->links[i];
        if (link->frames > 0 || link->missing_request_bytes > 0 || link->missing_answer_bytes > 0 ||
            link->resets > 0) {
            writer->links[told++] = *link;
        }
    }
    return told;
}
