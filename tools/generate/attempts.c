// One heap of events drives everything. An intent becomes an attempt; the faults decide at once
// what will become of it, and all its random numbers are drawn then, so that packet faults change
// nothing of the business. Its request is written; when the request is laid out on the wire the
// answer (or the time-out) is scheduled from that instant; a time-out may bring a reversal, a
// failure or a time-out may bring a retry, which is a new attempt of the same intent.
//
// An attempt lives as long as something refers to it (pending) and then until the truth has told
// it. Memory: the open attempts, the frames of some milliseconds, one second of intents.
#include "tools/generate/message_bytes.h"
#include "tools/generate/run.h"

#include <string.h>

#define STANS             999999
#define NETWORK_ECHO      301
#define HEAD_OFFICE       "0000"
#define TERMINALS         100000 // per province
#define MERCHANT_STANDARD "5411"

enum role { ROLE_REQUEST, ROLE_ANSWER };

static const struct link_scenario *link_of(
    const struct traffic *traffic, const struct attempt *attempt)
{
    return &traffic->scenario->links[attempt->link];
}

static bool takes_turn(int64_t *owed_ppm, int64_t share_ppm)
{
    *owed_ppm += share_ppm;
    bool hit = *owed_ppm >= PPM;
    *owed_ppm -= hit ? PPM : 0;
    return hit;
}

static void schedule_for(
    struct traffic *traffic, struct attempt *attempt, int64_t at_ns, enum event event)
{
    attempt->pending++;
    heap_add(&traffic->events, at_ns, event, attempt, 0);
}

static uint32_t next_stan(struct traffic *traffic, uint16_t institution)
{
    traffic->stans[institution] = traffic->stans[institution] % STANS + 1;
    return traffic->stans[institution];
}

// Half of the latencies lie evenly below the median, half above it, fewer the longer.
static int64_t draw_latency(struct traffic *traffic)
{
    const struct latency_scenario *latency = &traffic->scenario->latency;
    uint64_t drawn = random_next(&traffic->random);
    uint64_t part = drawn >> 1 & 0xfffff;
    if ((drawn & 1) == 0) {
        __int128 below = latency->median_ns - latency->min_ns;
        return latency->min_ns + (int64_t)(below * part >> 20);
    }
    __int128 above = latency->max_ns - latency->median_ns;
    part = (part * part >> 20) * part >> 20;
    return latency->median_ns + (int64_t)(above * part >> 20);
}

// ---- messages
// -------------------------------------------------------------------------------------

static struct message_facts facts_of(const struct traffic *traffic, const struct attempt *attempt)
{
    const struct scenario *scenario = traffic->scenario;
    struct message_facts facts = {
        .mti = attempt->mti,
        .transmitted_s = attempt->transmitted_s,
        .stan = attempt->stan,
        .institution = scenario->institutions[attempt->institution],
        .region = HEAD_OFFICE,
        .is_test = traffic->tests[attempt->institution],
    };
    if (attempt->kind == KIND_MANAGEMENT) {
        facts.network_code = attempt->network_code;
        return facts;
    }
    const struct function_scenario *function = &scenario->functions[attempt->function];
    facts.processing = function->processing;
    facts.condition = function->condition;
    facts.merchant_type = function->merchant_type == NULL || *function->merchant_type == '\0'
                              ? MERCHANT_STANDARD
                              : function->merchant_type;
    facts.amount = attempt->amount;
    facts.card = attempt->card;
    facts.terminal = attempt->terminal;
    facts.merchant = attempt->terminal % (uint32_t)scenario->merchants;
    facts.region = traffic->regions[attempt->province];
    facts.original_mti = attempt->original_mti;
    facts.original_stan = attempt->original_stan;
    facts.original_transmitted_s = attempt->original_transmitted_s;
    return facts;
}

static void send(struct traffic *traffic, struct attempt *attempt, struct connection *connection,
    enum side side, int64_t at_ns, const struct message_facts *facts, enum role role)
{
    uint8_t bytes[SCENARIO_MESSAGE_BYTES_MAX];
    uint32_t length = message_write(bytes, traffic->scenario->dialect, facts);
    traffic->messages++;
    attempt->pending++;
    tcp_send(traffic->tcp, connection, side, at_ns, bytes, length, attempt, role);
}

// Takes over the caller's reference.
static void send_request(
    struct traffic *traffic, struct attempt *attempt, struct connection *connection, int64_t at_ns)
{
    if (attempt->fate.kind == FATE_UNSENT || connection == NULL) {
        attempt->requested_ns = at_ns;
        truth_requested(traffic->truth, attempt);
    } else {
        struct message_facts facts = facts_of(traffic, attempt);
        attempt->is_sent = true;
        attempt->connection = connection;
        send(traffic, attempt, connection, SIDE_OPENER, at_ns, &facts, ROLE_REQUEST);
    }
    attempt->pending--;
}

static bool is_followed_up(const struct traffic *traffic, const struct attempt *attempt)
{
    const struct scenario *scenario = traffic->scenario;
    return attempt->kind == KIND_BUSINESS &&
           (scenario->retries.share_ppm > 0 || scenario->reversals.share_ppm > 0);
}

static void request_sent(struct traffic *traffic, struct attempt *attempt, const struct sent *sent)
{
    int64_t limit_ns = traffic->scenario->time_limit_ns;
    bool answered = attempt->fate.kind == FATE_ANSWERED;
    int64_t latency_ns = attempt->latency_ns + attempt->fate.delay_ns;
    attempt->sent_ns = sent->at_ns;
    attempt->requested_ns = sent->view.at_ns;
    attempt->seen_request = sent->view.seen;
    attempt->client = *sent->from;
    attempt->server = *sent->to;
    truth_requested(traffic->truth, attempt);
    if (answered) {
        schedule_for(traffic, attempt, sent->at_ns + latency_ns, EVENT_ANSWER);
    }
    if ((!answered || latency_ns > limit_ns) && is_followed_up(traffic, attempt)) {
        schedule_for(traffic, attempt, sent->at_ns + limit_ns, EVENT_TIME_OUT);
    }
}

static void schedule_retry(struct traffic *traffic, struct attempt *attempt, int64_t at_ns)
{
    const struct retries_scenario *retries = &traffic->scenario->retries;
    if (attempt->kind == KIND_BUSINESS && attempt->tries < retries->tries &&
        takes_turn(&traffic->retry_owed_ppm, retries->share_ppm)) {
        schedule_for(traffic, attempt, at_ns + retries->delay_ns, EVENT_RETRY);
    }
}

static void answer_sent(struct traffic *traffic, struct attempt *attempt, const struct sent *sent)
{
    bool in_time = sent->at_ns - attempt->sent_ns <= traffic->scenario->time_limit_ns;
    attempt->answered_ns = sent->view.at_ns;
    attempt->seen_answer = sent->view.seen;
    if (in_time && attempt->fate.verdict == VERDICT_FAILED) {
        schedule_retry(traffic, attempt, sent->at_ns);
    }
    if (in_time && attempt->fate.reverse_after_ns > 0) {
        schedule_for(traffic, attempt, sent->at_ns + attempt->fate.reverse_after_ns, EVENT_REVERSE);
    }
}

void attempt_message_sent(void *context, void *subject, uint32_t role, const struct sent *sent)
{
    struct attempt *attempt = subject;
    if (role == ROLE_REQUEST) {
        request_sent(context, attempt, sent);
    } else {
        answer_sent(context, attempt, sent);
    }
    attempt->pending--;
}

static void send_answer(struct traffic *traffic, struct attempt *attempt, int64_t at_ns)
{
    struct connection *connection = attempt->connection;
    enum side side = SIDE_LISTENER;
    if (link_of(traffic, attempt)->mode == MODE_SPLIT) {
        connection = tcp_connection(traffic->tcp, attempt->link, !connection->group);
        side = SIDE_OPENER;
    } else if (!connection->is_open) {
        connection = tcp_connection(traffic->tcp, attempt->link, GROUP_REQUESTS);
    }
    if (connection == NULL) {
        if (is_followed_up(traffic, attempt)) {
            schedule_for(traffic, attempt, attempt->sent_ns + traffic->scenario->time_limit_ns,
                EVENT_TIME_OUT);
        }
        return;
    }
    struct message_facts facts = facts_of(traffic, attempt);
    facts.mti = (uint16_t)(attempt->mti / 10 * 10 + 10);
    facts.code = attempt->fate.code;
    facts.is_answer = true;
    facts.original_mti = 0;
    send(traffic, attempt, connection, side, at_ns, &facts, ROLE_ANSWER);
}

// ---- what begins an attempt
// -----------------------------------------------------------------------

static struct fate fate_of(
    const struct traffic *traffic, const struct attempt *attempt, int64_t at_ns)
{
    const struct concern concern = {
        attempt->province, attempt->function, attempt->link, attempt->institution, attempt->card};
    return faults_decide(traffic->faults, &concern, at_ns);
}

void attempt_begin(struct traffic *traffic, size_t province, int64_t at_ns)
{
    const struct scenario *scenario = traffic->scenario;
    const struct province_scenario *where = &scenario->provinces[province];
    size_t function = schedule_function(traffic->schedule, province);
    const struct function_scenario *what = &scenario->functions[function];
    struct attempt *attempt = truth_attempt(traffic->truth);
    uint64_t amounts = (uint64_t)(what->amount_max - what->amount_min) + 1;
    attempt->intent = ++traffic->intents;
    attempt->tries = 1;
    attempt->mti = what->mti_number;
    attempt->kind = what->mti_number / 10 % 10 == 2 ? KIND_ADVICE : KIND_BUSINESS;
    attempt->link = where->link;
    attempt->province = (uint16_t)province;
    attempt->function = (uint16_t)function;
    attempt->institution = (uint16_t)(traffic->intents % scenario->institution_count);
    attempt->is_test = traffic->tests[attempt->institution];
    attempt->stan = next_stan(traffic, attempt->institution);
    attempt->transmitted_s = at_ns / NS_PER_S;
    attempt->amount = what->amount_min + (int64_t)random_below(&traffic->random, amounts);
    attempt->card = province * (uint64_t)scenario->cards +
                    random_below(&traffic->random, (uint64_t)scenario->cards);
    attempt->terminal =
        (uint32_t)where->code * 1000000 + (uint32_t)random_below(&traffic->random, TERMINALS);
    const struct message_facts facts = facts_of(traffic, attempt);
    merchant_write(&facts, attempt->merchant);
    attempt->latency_ns = draw_latency(traffic);
    attempt->fate = fate_of(traffic, attempt, at_ns);
    send_request(
        traffic, attempt, tcp_connection(traffic->tcp, attempt->link, GROUP_REQUESTS), at_ns);
}

// A new attempt with the customer's facts of an earlier one.
static struct attempt *attempt_after(struct traffic *traffic, const struct attempt *earlier)
{
    struct attempt *attempt = truth_attempt(traffic->truth);
    attempt->intent = earlier->intent;
    attempt->tries = earlier->tries;
    attempt->mti = earlier->mti;
    attempt->kind = earlier->kind;
    attempt->link = earlier->link;
    attempt->province = earlier->province;
    attempt->function = earlier->function;
    attempt->institution = earlier->institution;
    attempt->is_test = earlier->is_test;
    attempt->amount = earlier->amount;
    attempt->card = earlier->card;
    attempt->terminal = earlier->terminal;
    memcpy(attempt->merchant, earlier->merchant, sizeof(attempt->merchant));
    attempt->stan = earlier->stan;
    attempt->transmitted_s = earlier->transmitted_s;
    attempt->latency_ns = draw_latency(traffic);
    return attempt;
}

static void begin_retry(struct traffic *traffic, const struct attempt *earlier, int64_t at_ns)
{
    struct attempt *attempt = attempt_after(traffic, earlier);
    attempt->retry_of = earlier->id;
    attempt->tries++;
    if (traffic->scenario->retries.stan == STAN_SAME) {
        attempt->is_repeat = true;
        attempt->mti = attempt->mti | 1;
    } else {
        attempt->stan = next_stan(traffic, attempt->institution);
        attempt->transmitted_s = at_ns / NS_PER_S;
    }
    attempt->fate = fate_of(traffic, attempt, at_ns);
    send_request(
        traffic, attempt, tcp_connection(traffic->tcp, attempt->link, GROUP_REQUESTS), at_ns);
}

static void begin_reversal(struct traffic *traffic, const struct attempt *earlier, int64_t at_ns)
{
    bool pos = traffic->scenario->dialect == DIALECT_POS;
    struct attempt *attempt = attempt_after(traffic, earlier);
    attempt->reverses = earlier->id;
    attempt->kind = KIND_REVERSAL;
    attempt->mti = pos ? 400 : 420;
    attempt->original_mti = earlier->mti;
    attempt->original_stan = earlier->stan;
    attempt->original_transmitted_s = earlier->transmitted_s;
    if (!pos) { // a terminal's reversal has the STAN of what it reverses
        attempt->stan = next_stan(traffic, attempt->institution);
        attempt->transmitted_s = at_ns / NS_PER_S;
    }
    attempt->fate =
        (struct fate){.kind = FATE_ANSWERED, .code = "00", .verdict = VERDICT_SUCCEEDED};
    send_request(
        traffic, attempt, tcp_connection(traffic->tcp, attempt->link, GROUP_REQUESTS), at_ns);
}

static struct attempt *management_make(
    struct traffic *traffic, uint16_t link, uint16_t network_code, int64_t at_ns)
{
    struct attempt *attempt = truth_attempt(traffic->truth);
    attempt->kind = KIND_MANAGEMENT;
    attempt->mti = 820;
    attempt->network_code = network_code;
    attempt->link = link;
    attempt->institution = (uint16_t)(link % traffic->scenario->institution_count);
    attempt->is_test = traffic->tests[attempt->institution];
    attempt->stan = next_stan(traffic, attempt->institution);
    attempt->transmitted_s = at_ns / NS_PER_S;
    attempt->latency_ns = traffic->scenario->latency.min_ns;
    return attempt;
}

void attempt_begin_echo(struct traffic *traffic, struct connection *connection, int64_t at_ns)
{
    const struct scenario *scenario = traffic->scenario;
    int64_t next_ns = at_ns + scenario->echo_ns;
    if (next_ns < traffic->end_ns) {
        heap_add(&traffic->events, next_ns, EVENT_ECHO, connection, 0);
    }
    if (!connection->is_open) {
        return;
    }
    struct attempt *attempt = management_make(traffic, connection->link, NETWORK_ECHO, at_ns);
    const struct concern concern = {.function = faults_echo(scenario), .link = connection->link};
    attempt->fate = faults_decide(traffic->faults, &concern, at_ns);
    send_request(traffic, attempt, connection, at_ns);
}

void attempt_begin_management(
    struct traffic *traffic, uint16_t link, uint16_t network_code, int64_t at_ns)
{
    struct attempt *attempt = management_make(traffic, link, network_code, at_ns);
    attempt->fate =
        (struct fate){.kind = FATE_ANSWERED, .code = "00", .verdict = VERDICT_SUCCEEDED};
    send_request(traffic, attempt, tcp_connection(traffic->tcp, link, GROUP_REQUESTS), at_ns);
}

static void time_out(struct traffic *traffic, struct attempt *attempt, int64_t at_ns)
{
    const struct reversals_scenario *reversals = &traffic->scenario->reversals;
    if (takes_turn(&traffic->reversal_owed_ppm, reversals->share_ppm)) {
        schedule_for(traffic, attempt, at_ns + reversals->delay_ns, EVENT_REVERSE);
    }
    schedule_retry(traffic, attempt, at_ns);
}

void attempt_event(struct traffic *traffic, const struct heap_item *event)
{
    struct attempt *attempt = event->subject;
    switch (event->kind) {
    case EVENT_ANSWER: send_answer(traffic, attempt, event->at_ns); break;
    case EVENT_TIME_OUT: time_out(traffic, attempt, event->at_ns); break;
    case EVENT_RETRY: begin_retry(traffic, attempt, event->at_ns); break;
    case EVENT_REVERSE: begin_reversal(traffic, attempt, event->at_ns); break;
    }
    attempt->pending--;
}
