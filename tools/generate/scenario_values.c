#include "tools/generate/scenario_values.h"

#include "config/instant.h"

#include "tools/generate/scenario.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

// "12", "12.5": a number with at most `decimals` decimals and at most 9 digits in front, as an
// integer.
static bool parse_decimal(const char *text, int decimals, int64_t *ret)
{
    int64_t value = 0;
    int before = 0, after = -1;
    for (; *text != '\0'; text++) {
        if (*text == '.' && after < 0 && before > 0) {
            after = 0;
            continue;
        }
        if (*text < '0' || *text > '9') {
            return false;
        }
        before += after < 0;
        after += after >= 0;
        if (before > 9 || after > decimals) {
            return false;
        }
        value = value * 10 + (*text - '0');
    }
    if (before == 0 || after == 0) {
        return false;
    }
    for (int i = after < 0 ? 0 : after; i < decimals; i++) {
        value *= 10;
    }
    *ret = value;
    return true;
}

static void format_decimal(int64_t value, int decimals, char *text, size_t size)
{
    int64_t unit = 1;
    for (int i = 0; i < decimals; i++) {
        unit *= 10;
    }
    int written = snprintf(
        text, size, "%lld.%0*lld", (long long)(value / unit), decimals, (long long)(value % unit));
    while (written > 0 && (size_t)written < size && text[written - 1] == '0') {
        text[--written] = '\0';
    }
    if (written > 0 && (size_t)written < size && text[written - 1] == '.') {
        text[--written] = '\0';
    }
}

static bool parse_share(const char *text, void *ret)
{
    int64_t value = 0;
    if (!parse_decimal(text, 4, &value) || value > PPM) {
        return false;
    }
    memcpy(ret, &value, sizeof(value));
    return true;
}

static void format_share(const void *value, char *text, size_t size)
{
    format_decimal(*(const int64_t *)value, 4, text, size);
}

const struct parsed share_parsed = {
    sizeof(int64_t), parse_share, format_share, "a percentage from 0 to 100, at most 4 decimals"};

static bool parse_rate(const char *text, void *ret)
{
    int64_t value = 0;
    if (!parse_decimal(text, 3, &value) || value > 1000000 * RATE_MILLI) {
        return false;
    }
    memcpy(ret, &value, sizeof(value));
    return true;
}

static void format_rate(const void *value, char *text, size_t size)
{
    format_decimal(*(const int64_t *)value, 3, text, size);
}

const struct parsed rate_parsed = {
    sizeof(int64_t), parse_rate, format_rate, "a rate from 0 to 1000000, at most 3 decimals"};

static bool parse_instant(const char *text, void *ret)
{
    return instant_parse(text, ret);
}

static void format_instant(const void *value, char *text, size_t size)
{
    char whole[INSTANT_TEXT_MAX];
    snprintf(text, size, "%s", instant_format(*(const struct instant *)value, 9, whole));
}

const struct parsed instant_parsed = {
    sizeof(struct instant), parse_instant, format_instant, "an instant in RFC 3339"};

// Splits "address:port", "[address]:port" or "address".
static bool split_end(const char *text, char address[static 48], const char **port)
{
    const char *end = NULL;
    if (*text == '[') {
        text++;
        end = strchr(text, ']');
        *port = end != NULL && end[1] == ':' ? end + 2 : NULL;
        if (end == NULL || (end[1] != '\0' && *port == NULL)) {
            return false;
        }
    } else {
        const char *colon = strchr(text, ':');
        bool has_port = colon != NULL && strchr(colon + 1, ':') == NULL;
        end = has_port ? colon : text + strlen(text);
        *port = has_port ? colon + 1 : NULL;
    }
    if ((size_t)(end - text) >= 48) {
        return false;
    }
    memcpy(address, text, (size_t)(end - text));
    address[end - text] = '\0';
    return true;
}

static bool parse_end(const char *text, void *ret)
{
    char address[48];
    const char *port_text = NULL;
    struct end_address end = {.address = {[10] = 0xff, [11] = 0xff}};
    if (!split_end(text, address, &port_text)) {
        return false;
    }
    int64_t port = 0;
    if (port_text != NULL && (!parse_decimal(port_text, 0, &port) || port < 1 || port > 65535)) {
        return false;
    }
    end.port = (uint16_t)port;
    end.is_ipv4 = inet_pton(AF_INET, address, end.address + 12) == 1;
    if (!end.is_ipv4 && inet_pton(AF_INET6, address, end.address) != 1) {
        return false;
    }
    memcpy(ret, &end, sizeof(end));
    return true;
}

static void format_end(const void *value, char *text, size_t size)
{
    const struct end_address *end = value;
    char address[48];
    inet_ntop(end->is_ipv4 ? AF_INET : AF_INET6, end->address + (end->is_ipv4 ? 12 : 0), address,
        sizeof(address));
    if (end->port == 0) {
        snprintf(text, size, "%s", address);
    } else {
        snprintf(text, size, end->is_ipv4 ? "%s:%u" : "[%s]:%u", address, (unsigned)end->port);
    }
}

const struct parsed end_parsed = {
    sizeof(struct end_address), parse_end, format_end, "an address, optionally with :port"};
