// Attempts are kept in a list in order of their requests and told from its front, as soon as
// nothing can change them any more. Requests pass nearly in order, so an attempt finds its place
// from the back in a few steps, and the list is as long as the longest open attempt needs.
#include "tools/generate/truth.h"

#include "config/memory.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>

const char *const truth_outcome_names[] = {
    [TRUTH_SUCCEEDED] = "succeeded",
    [TRUTH_DECLINED] = "declined",
    [TRUTH_FAILED] = "failed",
    [TRUTH_REVERSED] = "reversed",
    [TRUTH_THROTTLED] = "throttled",
    [TRUTH_EXCLUDED] = "excluded",
    [TRUTH_LATE] = "late",
    [TRUTH_UNANSWERED] = "unanswered",
    [TRUTH_OPEN] = "open",
    [TRUTH_UNSENT] = "unsent",
};

static const char *const truth_kind_names[] = {
    [KIND_BUSINESS] = "business",
    [KIND_REVERSAL] = "reversal",
    [KIND_ADVICE] = "advice",
    [KIND_MANAGEMENT] = "management",
};

struct truth {
    const struct scenario *scenario;
    FILE *out;
    struct attempt *front, *back, *free;
    uint64_t last_id;
    int64_t end_ns; // of the capture
    struct truth_counts counts;
};

struct truth *truth_new(const struct scenario *scenario, FILE *out)
{
    struct truth *truth = memory_zeroed(1, sizeof(*truth));
    truth->scenario = scenario;
    truth->out = out;
    truth->end_ns = scenario->start.ns + scenario->duration_ns + scenario->tail_ns;
    return truth;
}

static void free_list(struct attempt *attempt)
{
    while (attempt != NULL) {
        struct attempt *next = attempt->later;
        free(attempt);
        attempt = next;
    }
}

void truth_free(struct truth *truth)
{
    if (truth != NULL) {
        free_list(truth->front);
        free_list(truth->free);
        free(truth);
    }
}

struct attempt *truth_attempt(struct truth *truth)
{
    struct attempt *attempt = truth->free;
    if (attempt != NULL) {
        truth->free = attempt->later;
    } else {
        attempt = memory_zeroed(1, sizeof(*attempt));
    }
    *attempt = (struct attempt){.id = ++truth->last_id, .pending = 1};
    return attempt;
}

void truth_requested(struct truth *truth, struct attempt *attempt)
{
    struct attempt *before = truth->back;
    while (before != NULL && before->requested_ns > attempt->requested_ns) {
        before = before->earlier;
    }
    attempt->earlier = before;
    attempt->later = before == NULL ? truth->front : before->later;
    *(before == NULL ? &truth->front : &before->later) = attempt;
    *(attempt->later == NULL ? &truth->back : &attempt->later->earlier) = attempt;
}

static enum truth_outcome outcome_of(const struct truth *truth, const struct attempt *attempt)
{
    if (!attempt->is_sent) {
        return TRUTH_UNSENT;
    }
    int64_t deadline_ns = attempt->requested_ns + truth->scenario->time_limit_ns;
    if (attempt->answered_ns == 0) {
        return deadline_ns > truth->end_ns ? TRUTH_OPEN : TRUTH_UNANSWERED;
    }
    if (attempt->answered_ns > deadline_ns) {
        return TRUTH_LATE;
    }
    switch (attempt->fate.verdict) {
    case VERDICT_SUCCEEDED:
        return attempt->fate.reverse_after_ns > 0 ? TRUTH_REVERSED : TRUTH_SUCCEEDED;
    case VERDICT_THROTTLED: return TRUTH_THROTTLED;
    case VERDICT_PLANNED: return TRUTH_EXCLUDED;
    case VERDICT_DECLINED: return TRUTH_DECLINED;
    default: return TRUTH_FAILED;
    }
}

static void print_end(FILE *out, const char *name, const struct end_address *end)
{
    char text[INET6_ADDRSTRLEN];
    inet_ntop(end->is_ipv4 ? AF_INET : AF_INET6, end->address + (end->is_ipv4 ? 12 : 0), text,
        sizeof(text));
    fprintf(out, end->is_ipv4 ? ",\"%s\":\"%s:%u\"" : ",\"%s\":\"[%s]:%u\"", name, text, end->port);
}

static void print_number_or_null(FILE *out, const char *name, uint64_t number)
{
    if (number == 0) {
        fprintf(out, ",\"%s\":null", name);
    } else {
        fprintf(out, ",\"%s\":%" PRIu64, name, number);
    }
}

static void print_instant(FILE *out, const char *name, int64_t at_ns)
{
    char text[INSTANT_TEXT_MAX];
    if (at_ns == 0) {
        fprintf(out, "\"%s\":null,", name);
    } else {
        fprintf(out, "\"%s\":\"%s\",", name, instant_format((struct instant){at_ns}, 9, text));
    }
}

static void print_attempt(
    const struct truth *truth, const struct attempt *attempt, enum truth_outcome outcome)
{
    const struct scenario *scenario = truth->scenario;
    FILE *out = truth->out;
    bool management = attempt->kind == KIND_MANAGEMENT;
    long province = management ? 0 : (long)scenario->provinces[attempt->province].code;
    fputc('{', out);
    print_instant(out, "requested_at", attempt->requested_ns);
    print_instant(out, "answered_at", attempt->answered_ns);
    fprintf(out, "\"province\":\"%02ld\",\"function\":\"%s\",\"link\":\"%s\",\"stan\":\"%06u\"",
        province, management ? "echo" : scenario->functions[attempt->function].id,
        scenario->links[attempt->link].id, attempt->stan);
    if (attempt->answered_ns == 0) {
        fputs(",\"code\":null", out);
    } else {
        fprintf(out, ",\"code\":\"%.2s\"", attempt->fate.code);
    }
    fprintf(out,
        ",\"outcome\":\"%s\",\"kind\":\"%s\",\"mti\":\"%04u\",\"amount\":%" PRId64
        ",\"seen_request\":%s,\"seen_answer\":%s,\"id\":%" PRIu64,
        truth_outcome_names[outcome], truth_kind_names[attempt->kind], attempt->mti,
        attempt->amount, attempt->seen_request ? "true" : "false",
        attempt->seen_answer ? "true" : "false", attempt->id);
    print_number_or_null(out, "intent", attempt->intent);
    print_number_or_null(out, "retry_of", attempt->retry_of);
    print_number_or_null(out, "reverses", attempt->reverses);
    if (!management) {
        fprintf(
            out, ",\"customer\":%" PRIu64 ",\"merchant\":\"%s\"", attempt->card, attempt->merchant);
    }
    fprintf(out, ",\"repeat\":%s%s", attempt->is_repeat ? "true" : "false",
        attempt->is_test ? ",\"test\":true" : "");
    if (attempt->is_sent) {
        print_end(out, "client", &attempt->client);
        print_end(out, "server", &attempt->server);
    }
    fputs("}\n", out);
}

static void tell(struct truth *truth, const struct attempt *attempt)
{
    enum truth_outcome outcome = outcome_of(truth, attempt);
    struct truth_counts *counts = &truth->counts;
    bool business = attempt->kind == KIND_BUSINESS || attempt->kind == KIND_ADVICE;
    if (!attempt->is_test) {
        counts->attempts++;
        counts->kinds[attempt->kind]++;
        counts->business[outcome] += business;
        counts->intents += business && attempt->retry_of == 0;
        counts->unseen_requests += attempt->is_sent && !attempt->seen_request;
        counts->unseen_answers += attempt->answered_ns != 0 && !attempt->seen_answer;
    }
    if (truth->out != NULL) {
        print_attempt(truth, attempt, outcome);
    }
}

static void tell_front(struct truth *truth)
{
    struct attempt *attempt = truth->front;
    tell(truth, attempt);
    truth->front = attempt->later;
    *(truth->front == NULL ? &truth->back : &truth->front->earlier) = NULL;
    attempt->later = truth->free;
    truth->free = attempt;
}

void truth_advance(struct truth *truth, int64_t until_ns)
{
    while (truth->front != NULL && truth->front->pending == 0 &&
           truth->front->requested_ns < until_ns) {
        tell_front(truth);
    }
}

static void print_summary(const struct truth *truth)
{
    const struct truth_counts *counts = &truth->counts;
    fprintf(truth->out, "{\"summary\":{\"intents\":%" PRIu64 ",\"attempts\":%" PRIu64,
        counts->intents, counts->attempts);
    for (size_t i = 0; i < TRUTH_OUTCOMES; i++) {
        fprintf(truth->out, ",\"%s\":%" PRIu64, truth_outcome_names[i], counts->business[i]);
    }
    fprintf(truth->out,
        ",\"reversals\":%" PRIu64 ",\"management\":%" PRIu64 ",\"unseen_requests\":%" PRIu64
        ",\"unseen_answers\":%" PRIu64 "}}\n",
        counts->kinds[KIND_REVERSAL], counts->kinds[KIND_MANAGEMENT], counts->unseen_requests,
        counts->unseen_answers);
}

void truth_end(struct truth *truth)
{
    while (truth->front != NULL) {
        tell_front(truth);
    }
    if (truth->out != NULL) {
        print_summary(truth);
    }
}

const struct truth_counts *truth_counts(const struct truth *truth)
{
    return &truth->counts;
}
