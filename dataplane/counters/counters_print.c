#include "config/settings.h"

#include "dataplane/counters/counters.h"
#include "dataplane/counters/counters_fields.h"
#include "dataplane/json_writer.h"

// Sums that are zero are left out: most are.
static void print_sum(struct json_writer *writer, const char *name, int64_t value)
{
    if (value != 0) {
        JSON_LITERAL(writer, ",\"");
        json_bytes(writer, name, strlen(name));
        JSON_LITERAL(writer, "\":");
        json_signed(writer, value);
    }
}

// These leave the object open.
static void print_function(struct json_writer *writer, const struct settings *settings,
    uint16_t network, uint16_t link, uint16_t function)
{
    JSON_LITERAL(writer, "{\"network\":");
    json_text(writer, settings->networks[network].id);
    JSON_LITERAL(writer, ",\"link\":");
    json_text(writer, settings->links[link].id);
    JSON_LITERAL(writer, ",\"function\":");
    json_text(writer, function_id(&settings->networks[network].functions, function));
}

static void print_cohort(struct json_writer *writer, const struct settings *settings,
    const struct cell *cell, int64_t cohort_s)
{
    print_function(writer, settings, cell->network, cell->link, cell->function);
    JSON_LITERAL(writer, ",\"province\":\"");
    json_digits(writer, cell->province, 2);
    JSON_LITERAL(writer, "\",\"site\":");
    json_text(writer, settings->sites[cell->site]);
    if (cell->unit != LABEL_NONE) {
        JSON_LITERAL(writer, ",\"unit\":");
        json_text(writer, label_name(&settings->networks[cell->network].units, cell->unit));
    }
    JSON_LITERAL(writer, ",\"cohort\":");
    json_instant(writer, instant_from_s(cohort_s), 0);
}

static void print_cell(
    struct json_writer *writer, const struct settings *settings, struct cell_counts counts)
{
    print_cohort(writer, settings, &counts.cell, counts.cohort_s);
    for (size_t i = 0; i < CELL_SUMS; i++) {
        print_sum(writer, cell_sums[i].name, *sum_small(&counts, &cell_sums[i]));
    }
    JSON_LITERAL(writer, "}");
}

static void print_counterparty(
    struct json_writer *writer, const struct settings *settings, struct counterparty_counts counts)
{
    print_function(writer, settings, counts.network, counts.link, counts.function);
    JSON_LITERAL(writer, ",\"counterparty\":");
    json_text(writer, counts.counterparty);
    JSON_LITERAL(writer, ",\"cohort\":");
    json_instant(writer, instant_from_s(counts.cohort_s), 0);
    for (size_t i = 0; i < COUNTERPARTY_SUMS; i++) {
        print_sum(writer, counterparty_sums[i].name, *sum_small(&counts, &counterparty_sums[i]));
    }
    JSON_LITERAL(writer, "}");
}

static void print_counterparties(
    struct json_writer *writer, const struct settings *settings, const struct counters *counters)
{
    for (size_t i = 0; i < counters->counterparty_count; i++) {
        json_bytes(writer, ",", i > 0);
        print_counterparty(writer, settings, counters->counterparties[i]);
    }
}

static void print_codes(
    struct json_writer *writer, const struct settings *settings, const struct counters *counters)
{
    for (size_t i = 0; i < counters->code_count; i++) {
        const struct code_counts *counts = &counters->codes[i];
        const struct network_settings *network = &settings->networks[counts->cell.network];
        json_bytes(writer, ",", i > 0);
        print_cohort(writer, settings, &counts->cell, counts->cohort_s);
        JSON_LITERAL(writer, ",\"code\":");
        json_text(writer, network->response_codes.codes[counts->code].code);
        print_sum(writer, code_sum.name, counts->declined);
        JSON_LITERAL(writer, "}");
    }
}

static void print_latency(struct json_writer *writer, const int32_t latency[LATENCY_CLASSES])
{
    size_t used = LATENCY_CLASSES;
    while (used > 0 && latency[used - 1] == 0) {
        used--;
    }
    for (size_t i = 0; i < used; i++) {
        if (i == 0) {
            JSON_LITERAL(writer, ",\"latency\":[");
        } else {
            JSON_LITERAL(writer, ",");
        }
        json_signed(writer, latency[i]);
    }
    if (used > 0) {
        JSON_LITERAL(writer, "]");
    }
}

static void print_link(
    struct json_writer *writer, const struct settings *settings, struct link_counts counts)
{
    JSON_LITERAL(writer, "{\"link\":");
    json_text(writer, settings->links[counts.link].id);
    JSON_LITERAL(writer, ",\"second\":");
    json_instant(writer, instant_from_s(counts.second), 0);
    for (size_t i = 0; i < LINK_BYTES; i++) {
        print_sum(writer, link_bytes[i].name, *sum_large(&counts, &link_bytes[i]));
    }
    for (size_t i = 0; i < LINK_EVENTS; i++) {
        print_sum(writer, link_events[i].name, *sum_small(&counts, &link_events[i]));
    }
    print_latency(writer, counts.latency);
    JSON_LITERAL(writer, "}");
}

// Persons of one cell, cohort and kind in a row: only keyed hashes, they come by the million.
static void print_affected(
    struct json_writer *writer, const struct settings *settings, const struct counters *counters)
{
    for (size_t i = 0; i < counters->affected_count; i++) {
        const struct affected *affected = &counters->affected[i];
        if (i == 0 || affected_group_compare(affected - 1, affected) != 0) {
            json_bytes(writer, "]},", i > 0 ? 3 : 0);
            print_cohort(writer, settings, &affected->cell, affected->cohort_s);
            JSON_LITERAL(writer, ",\"kind\":");
            json_text(writer, affected_kind_names[affected->kind]);
            json_bytes(writer, ",\"served\":true", affected->served ? 14 : 0);
            JSON_LITERAL(writer, ",\"ids\":[\"");
        } else {
            JSON_LITERAL(writer, ",\"");
        }
        json_hex(writer, affected->id);
        JSON_LITERAL(writer, "\"");
    }
    JSON_LITERAL(writer, "]}");
}

static void print_ports(struct json_writer *writer, const struct counters *counters)
{
    for (size_t i = 0; i < counters->port_count; i++) {
        struct port_facts facts = counters->ports[i];
        json_bytes(writer, ",", i > 0);
        JSON_LITERAL(writer, "{\"port\":");
        json_unsigned(writer, facts.port);
        JSON_LITERAL(writer, ",\"link\":");
        json_text(writer, port_link_names[facts.link]);
        for (size_t j = 0; j < PORT_SUMS; j++) {
            print_sum(writer, port_sums[j].name, *sum_large(&facts, &port_sums[j]));
        }
        JSON_LITERAL(writer, "}");
    }
}

void counters_print(FILE *out, const struct settings *settings, const struct counters *counters)
{
    struct json_writer writer;
    json_begin(&writer, out);
    JSON_LITERAL(&writer, "{\"tick\":");
    json_instant(&writer, counters->tick, 0);
    JSON_LITERAL(&writer, ",\"evicted\":");
    json_unsigned(&writer, counters->evicted);
    if (counters->merged > 0) {
        JSON_LITERAL(&writer, ",\"merged\":");
        json_unsigned(&writer, counters->merged);
    }
    if (counters->clock_off_s != 0) {
        JSON_LITERAL(&writer, ",\"clock_off_s\":");
        json_signed(&writer, counters->clock_off_s);
    }
    JSON_LITERAL(&writer, ",\"cells\":[");
    for (size_t i = 0; i < counters->cell_count; i++) {
        json_bytes(&writer, ",", i > 0);
        print_cell(&writer, settings, counters->cells[i]);
    }
    JSON_LITERAL(&writer, "],\"links\":[");
    for (size_t i = 0; i < counters->link_count; i++) {
        json_bytes(&writer, ",", i > 0);
        print_link(&writer, settings, counters->links[i]);
    }
    if (counters->counterparty_count > 0) {
        JSON_LITERAL(&writer, "],\"counterparties\":[");
        print_counterparties(&writer, settings, counters);
    }
    if (counters->code_count > 0) {
        JSON_LITERAL(&writer, "],\"codes\":[");
        print_codes(&writer, settings, counters);
    }
    if (counters->affected_count > 0) {
        JSON_LITERAL(&writer, "],\"affected\":[");
        print_affected(&writer, settings, counters);
    }
    if (counters->port_count > 0) {
        JSON_LITERAL(&writer, "],\"ports\":[");
        print_ports(&writer, counters);
    }
    JSON_LITERAL(&writer, "]}\n");
    json_flush(&writer);
}
