// Address ranges and clock hours as texts.
#include "config/settings.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t ipv4_mapped[12] = {[10] = 0xff, [11] = 0xff};

// A decimal number of at most `max`, without sign or blanks; -1 when it is not one.
static int32_t number_parse(const char *text, size_t length, int32_t max)
{
    int32_t value = 0;
    if (length == 0 || length > 5) {
        return -1;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    return value <= max ? value : -1;
}

// The address alone, cut out of the text; 4 or 6, or 0 when it is none.
static int host_parse(const char *text, size_t length, uint8_t ret[static 16])
{
    char host[INET6_ADDRSTRLEN + 1];
    if (length == 0 || length >= sizeof(host)) {
        return 0;
    }
    memcpy(host, text, length);
    host[length] = '\0';
    memcpy(ret, ipv4_mapped, sizeof(ipv4_mapped));
    if (inet_pton(AF_INET, host, ret + 12) == 1) {
        return 4;
    }
    return inet_pton(AF_INET6, host, ret) == 1 ? 6 : 0;
}

// Cuts "[...]:port" or "...:port" (one colon only) into the part before the port and the port.
static bool port_cut(const char *text, const char **ret_start, size_t *ret_length, uint16_t *ret)
{
    size_t length = strlen(text);
    const char *colon = memrchr(text, ':', length);
    bool brackets = text[0] == '[';
    const char *close = brackets ? strchr(text, ']') : NULL;
    if (brackets && (close == NULL || (close[1] != '\0' && close + 1 != colon))) {
        return false;
    }
    bool has_port = colon != NULL && (brackets ? colon > close : strchr(text, ':') == colon);
    int32_t port = has_port ? number_parse(colon + 1, strlen(colon + 1), UINT16_MAX) : 0;
    if (port < 0 || (has_port && port == 0)) {
        return false;
    }
    *ret_start = text + brackets;
    *ret_length = brackets   ? (size_t)(close - text) - 1
                  : has_port ? (size_t)(colon - text)
                             : length;
    *ret = (uint16_t)port;
    return true;
}

static bool has_host_bits(const struct address_range *range)
{
    for (int bit = range->prefix_bits; bit < 128; bit++) {
        if ((range->address[bit / 8] & (0x80 >> bit % 8)) != 0) {
            return true;
        }
    }
    return false;
}

bool address_range_parse(const char *text, void *ret)
{
    struct address_range range = {0};
    const char *start;
    size_t length;
    if (!port_cut(text, &start, &length, &range.port)) {
        return false;
    }
    const char *slash = memchr(start, '/', length);
    size_t host_length = slash == NULL ? length : (size_t)(slash - start);
    int family = host_parse(start, host_length, range.address);
    if (family == 0) {
        return false;
    }
    int32_t whole = family == 4 ? 32 : 128, bits = whole;
    if (slash != NULL) {
        bits = number_parse(slash + 1, length - host_length - 1, whole);
    }
    if (bits < 0) {
        return false;
    }
    range.prefix_bits = (uint8_t)(bits + 128 - whole);
    if (has_host_bits(&range)) {
        return false; // 10.1.2.3/16 is a slip of the pen, not a range
    }
    *(struct address_range *)ret = range;
    return true;
}

void address_range_format(const void *value, char *text, size_t size)
{
    const struct address_range *range = value;
    char host[INET6_ADDRSTRLEN], prefix[8] = "", port[8] = "";
    bool ipv4 = range->prefix_bits >= 96 && memcmp(range->address, ipv4_mapped, 12) == 0;
    int bits = ipv4 ? range->prefix_bits - 96 : range->prefix_bits;
    inet_ntop(
        ipv4 ? AF_INET : AF_INET6, ipv4 ? range->address + 12 : range->address, host, sizeof(host));
    if (range->prefix_bits != 128) {
        snprintf(prefix, sizeof(prefix), "/%d", bits);
    }
    if (range->port != 0) {
        snprintf(port, sizeof(port), ":%u", range->port);
    }
    bool brackets = !ipv4 && range->port != 0;
    snprintf(
        text, size, "%s%s%s%s%s", brackets ? "[" : "", host, prefix, brackets ? "]" : "", port);
}

// "HH:MM" of 00:00 to 24:00 in seconds; -1 when it is not one.
static int32_t clock_parse(const char *text)
{
    if (text[2] != ':') {
        return -1;
    }
    int32_t hour = number_parse(text, 2, 24), minute = number_parse(text + 3, 2, 59);
    return hour < 0 || minute < 0 || (hour == 24 && minute != 0) ? -1 : hour * 3600 + minute * 60;
}

bool hours_parse(const char *text, void *ret)
{
    if (strlen(text) != strlen("09:00-21:00") || text[5] != '-') {
        return false;
    }
    struct hours hours = {.from_s = clock_parse(text), .to_s = clock_parse(text + 6)};
    if (hours.from_s < 0 || hours.to_s <= hours.from_s) {
        return false;
    }
    *(struct hours *)ret = hours;
    return true;
}

void hours_format(const void *value, char *text, size_t size)
{
    const struct hours *hours = value;
    snprintf(text, size, "%02d:%02d-%02d:%02d", hours->from_s / 3600, hours->from_s / 60 % 60,
        hours->to_s / 3600, hours->to_s / 60 % 60);
}

const char *const peak_state_names[PEAK_STATES] = {[PEAK_BANK] = "bank",
    [PEAK_APPROVED] = "approved",
    [PEAK_PROVISIONAL] = "provisional",
    [PEAK_NONE] = "none"};

const struct peak_table *network_peak_table(const struct network_settings *network, int64_t epoch_s)
{
    static struct peak_table none = {.state = PEAK_NONE};
    const struct peak_tables *tables = network->learned_peak;
    if (network->peak_hours_count > 0) {
        return NULL;
    }
    if (tables == NULL) {
        return &none;
    }
    return epoch_s < tables->now_from_s ? &tables->before : &tables->now;
}

enum peak_state network_peak_state(const struct network_settings *network, int64_t epoch_s)
{
    const struct peak_table *table = network_peak_table(network, epoch_s);
    return table == NULL ? PEAK_BANK : table->state;
}

bool network_is_peak(const struct network_settings *network, int64_t epoch_s)
{
    int32_t second = shanghai_second_of_day(epoch_s);
    const struct peak_table *table = network_peak_table(network, epoch_s);
    if (table != NULL) {
        return table->state == PEAK_NONE || table->slots[second / DAY_SLOT_S];
    }
    for (size_t i = 0; i < network->peak_hours_count; i++) {
        if (second >= network->peak_hours[i].from_s && second < network->peak_hours[i].to_s) {
            return true;
        }
    }
    return false;
}
