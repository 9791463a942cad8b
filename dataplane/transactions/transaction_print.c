#include "dataplane/json_writer.h"
#include "dataplane/transactions/transactions.h"

#include <arpa/inet.h>
#include <string.h>

static const char *const holder_names[] = {
    [HOLDER_UNKNOWN] = "unknown",
    [HOLDER_NATURAL] = "natural",
    [HOLDER_LEGAL] = "legal",
};

static const struct {
    enum transaction_flag flag;
    const char *name;
} flag_names[] = {
    {TRANSACTION_DEGRADED, "degraded"},
    {TRANSACTION_ORPHAN, "orphan"},
    {TRANSACTION_REPEATED, "repeated"},
    {TRANSACTION_UNLISTED_CODE, "unlisted_code"},
    {TRANSACTION_REJECTED, "rejected"},
    {TRANSACTION_END, "end"},
    {TRANSACTION_SLOW, "slow"},
    {TRANSACTION_PLANNED, "planned"},
};

static void print_ipv4(struct json_writer *writer, const uint8_t address[4])
{
    for (size_t i = 0; i < 4; i++) {
        if (i > 0) {
            JSON_LITERAL(writer, ".");
        }
        json_unsigned(writer, address[i]);
    }
}

static void print_endpoint(struct json_writer *writer, const struct endpoint *endpoint)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    JSON_LITERAL(writer, "\"");
    if (memcmp(endpoint->address, mapped, sizeof(mapped)) == 0) {
        print_ipv4(writer, endpoint->address + 12);
        JSON_LITERAL(writer, ":");
    } else {
        char text[INET6_ADDRSTRLEN] = "";
        inet_ntop(AF_INET6, endpoint->address, text, sizeof(text));
        JSON_LITERAL(writer, "[");
        json_bytes(writer, text, strlen(text));
        JSON_LITERAL(writer, "]:");
    }
    json_unsigned(writer, endpoint->port);
    JSON_LITERAL(writer, "\"");
}

// Field 39, null without: two characters or three.
static void print_code(
    struct json_writer *writer, const uint8_t code_text[RESPONSE_CODE_CHARACTERS])
{
    if (code_text[0] == 0) {
        JSON_LITERAL(writer, "null");
    } else {
        json_wire_text(
            writer, code_text, strnlen((const char *)code_text, RESPONSE_CODE_CHARACTERS));
    }
}

static void print_flags(struct json_writer *writer, uint8_t flags)
{
    const char *comma = "";
    JSON_LITERAL(writer, "[");
    for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++) {
        if (flags & flag_names[i].flag) {
            json_bytes(writer, comma, strlen(comma));
            json_text(writer, flag_names[i].name);
            comma = ",";
        }
    }
    JSON_LITERAL(writer, "]");
}

static void print_times(struct json_writer *writer, const struct transaction *transaction)
{
    JSON_LITERAL(writer, "{\"requested_at\":");
    json_instant(writer, transaction->requested_at, 9);
    JSON_LITERAL(writer, ",\"answered_at\":");
    if (transaction->answered_at.ns == INSTANT_NONE.ns) {
        JSON_LITERAL(writer, "null");
    } else {
        json_instant(writer, transaction->answered_at, 9);
    }
}

static void print_cell(struct json_writer *writer, const struct settings *settings,
    const struct transaction *transaction)
{
    const struct network_settings *network = &settings->networks[transaction->network];
    JSON_LITERAL(writer, ",\"network\":");
    json_text(writer, network->id);
    JSON_LITERAL(writer, ",\"function\":");
    json_text(writer, function_id(&network->functions, transaction->function));
    JSON_LITERAL(writer, ",\"province\":\"");
    json_digits(writer, transaction->province, 2);
    JSON_LITERAL(writer, "\",\"site\":");
    json_text(writer, settings->sites[transaction->site]);
}

static void print_outcome(struct json_writer *writer, const struct transaction *transaction)
{
    JSON_LITERAL(writer, ",\"outcome\":");
    json_text(writer, outcome_names[transaction->outcome]);
    JSON_LITERAL(writer, ",\"code\":");
    print_code(writer, transaction->code_text);
    JSON_LITERAL(writer, ",\"latency_ns\":");
    if (transaction->answered_at.ns < transaction->requested_at.ns || // none, or in disorder
        (transaction->flags & TRANSACTION_ORPHAN)) {
        JSON_LITERAL(writer, "null");
    } else {
        json_signed(writer, transaction->answered_at.ns - transaction->requested_at.ns);
    }
}

static void print_account(struct json_writer *writer, const struct transaction *transaction)
{
    JSON_LITERAL(writer, ",\"account\":");
    if (transaction->account == 0) {
        JSON_LITERAL(writer, "null");
    } else {
        JSON_LITERAL(writer, "\"");
        json_hex(writer, transaction->account);
        JSON_LITERAL(writer, "\"");
    }
    JSON_LITERAL(writer, ",\"holder\":");
    json_text(writer, holder_names[transaction->holder & HOLDER_OF]);
    JSON_LITERAL(writer, ",\"amount\":");
    json_unsigned(writer, transaction->amount);
}

// Only where there is one.
static void print_labels(struct json_writer *writer, const struct settings *settings,
    const struct transaction *transaction)
{
    const struct label_table *units = &settings->networks[transaction->network].units;
    const struct label_table *parties = &settings->links[transaction->link].counterparties;
    if (transaction->kind == KIND_MANAGEMENT) {
        return;
    }
    if (transaction->unit != LABEL_NONE) {
        JSON_LITERAL(writer, ",\"unit\":");
        json_text(writer, label_name(units, transaction->unit));
    }
    if (transaction->counterparty != LABEL_NONE) {
        JSON_LITERAL(writer, ",\"counterparty\":");
        json_text(writer, label_name(parties, transaction->counterparty));
    }
}

static void print_kind(struct json_writer *writer, const struct transaction *transaction)
{
    JSON_LITERAL(writer, ",\"kind\":");
    json_text(writer, kind_names[transaction->kind]);
    if (transaction->kind == KIND_MANAGEMENT && transaction->unit != 0) {
        JSON_LITERAL(writer, ",\"management\":\"");
        json_digits(writer, transaction->unit, 3);
        JSON_LITERAL(writer, "\"");
    }
}

void transaction_print(
    FILE *out, const struct settings *settings, const struct transaction *transaction)
{
    struct json_writer writer;
    json_begin(&writer, out);
    print_times(&writer, transaction);
    print_cell(&writer, settings, transaction);
    print_outcome(&writer, transaction);
    print_account(&writer, transaction);
    JSON_LITERAL(&writer, ",\"client\":");
    print_endpoint(&writer, &transaction->client);
    JSON_LITERAL(&writer, ",\"server\":");
    print_endpoint(&writer, &transaction->server);
    JSON_LITERAL(&writer, ",\"link\":");
    json_text(&writer, settings->links[transaction->link].id);
    print_labels(&writer, settings, transaction);
    print_kind(&writer, transaction);
    JSON_LITERAL(&writer, ",\"mti\":\"");
    json_digits(&writer, transaction->mti, 4);
    JSON_LITERAL(&writer, "\",\"flags\":");
    print_flags(&writer, transaction->flags);
    JSON_LITERAL(&writer, "}\n");
    json_flush(&writer);
}
