#include "config/instant.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

char *instant_format(struct instant at, int digits, char text[static INSTANT_TEXT_MAX])
{
    int64_t second = instant_second(at);
    int64_t rest = at.ns % NS_PER_S, fraction = rest < 0 ? rest + NS_PER_S : rest;
    time_t local = (time_t)(second + SHANGHAI_OFFSET_S);
    struct tm tm;
    gmtime_r(&local, &tm);
    size_t length = strftime(text, INSTANT_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
    if (digits > 0) {
        char all[16];
        snprintf(all, sizeof(all), ".%09lld", (long long)fraction);
        memcpy(text + length, all, (size_t)digits + 1);
        length += (size_t)digits + 1;
    }
    memcpy(text + length, "+08:00", 7);
    return text;
}

char *instant_format_chinese(struct instant at, char text[static 64])
{
    time_t local = (time_t)(instant_second(at) + SHANGHAI_OFFSET_S);
    struct tm tm;
    gmtime_r(&local, &tm);
    int length = snprintf(text, 64, "%d年%d月%d日 %02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
        tm.tm_mday, tm.tm_hour, tm.tm_min);
    if (tm.tm_sec != 0) {
        length += snprintf(text + length, 64 - (size_t)length, ":%02d", tm.tm_sec);
    }
    snprintf(text + length, 64 - (size_t)length, "（北京时间）");
    return text;
}

// Exactly `width` digits; -1 when they are not.
static int digits_parse(const char **text, int width)
{
    int value = 0;
    for (int i = 0; i < width; i++) {
        if (**text < '0' || **text > '9') {
            return -1;
        }
        value = value * 10 + (*(*text)++ - '0');
    }
    return value;
}

static bool offset_parse(const char **text, int *ret_s)
{
    if (**text == 'Z' || **text == 'z') {
        (*text)++;
        *ret_s = 0;
        return true;
    }
    int sign = **text == '+' ? 1 : **text == '-' ? -1 : 0;
    if (sign == 0) {
        return false;
    }
    (*text)++;
    int hours = digits_parse(text, 2);
    if (hours < 0 || hours > 23 || *(*text)++ != ':') {
        return false;
    }
    int minutes = digits_parse(text, 2);
    *ret_s = sign * (hours * 3600 + minutes * 60);
    return minutes >= 0 && minutes < 60;
}

static bool fraction_parse(const char **text, int64_t *ret_ns)
{
    int64_t ns = 0, unit = NS_PER_S / 10;
    if (**text != '.') {
        *ret_ns = 0;
        return true;
    }
    (*text)++;
    if (**text < '0' || **text > '9') {
        return false;
    }
    for (; **text >= '0' && **text <= '9'; (*text)++, unit /= 10) {
        if (unit == 0) {
            return false;
        }
        ns += unit * (**text - '0');
    }
    *ret_ns = ns;
    return true;
}

bool instant_parse(const char *text, struct instant *ret)
{
    static const int days_of_month[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char separators[] = {'-', '-', 'T', ':', ':', 0};
    const int widths[] = {4, 2, 2, 2, 2, 2};
    int parts[6], offset_s;
    int64_t ns;
    for (int i = 0; i < 6; i++) {
        parts[i] = digits_parse(&text, widths[i]);
        if (parts[i] < 0 || (separators[i] != 0 && *text++ != separators[i])) {
            return false;
        }
    }
    bool leap = parts[0] % 4 == 0 && (parts[0] % 100 != 0 || parts[0] % 400 == 0);
    if (parts[0] < 1970 || parts[0] > 2200 || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 ||
        parts[2] > days_of_month[parts[1] - 1] + (leap && parts[1] == 2) || parts[3] > 23 ||
        parts[4] > 59 || parts[5] > 59) {
        return false;
    }
    if (!fraction_parse(&text, &ns) || !offset_parse(&text, &offset_s) || *text != '\0') {
        return false;
    }
    struct tm tm = {.tm_year = parts[0] - 1900,
        .tm_mon = parts[1] - 1,
        .tm_mday = parts[2],
        .tm_hour = parts[3],
        .tm_min = parts[4],
        .tm_sec = parts[5]};
    ret->ns = ((int64_t)timegm(&tm) - offset_s) * NS_PER_S + ns;
    return true;
}

static const struct {
    const char *name;
    int64_t ns;
} units[] = {
    {"ns", 1},
    {"us", 1000},
    {"ms", NS_PER_MS},
    {"min", 60 * NS_PER_S},
    {"s", NS_PER_S},
    {"h", S_PER_HOUR *NS_PER_S},
    {"d", S_PER_DAY *NS_PER_S},
};
#define UNITS (sizeof(units) / sizeof(units[0]))

static int64_t unit_parse(const char **text)
{
    for (size_t i = 0; i < UNITS; i++) {
        size_t length = strlen(units[i].name);
        char next = strncmp(*text, units[i].name, length) == 0 ? (*text)[length] : 'x';
        if (next == '\0' || (next >= '0' && next <= '9')) {
            *text += length;
            return units[i].ns;
        }
    }
    return 0;
}

bool duration_parse(const char *text, int64_t *ret_ns)
{
    int64_t sum = 0;
    do {
        int64_t number = 0, product;
        if (*text < '0' || *text > '9') {
            return false;
        }
        for (; *text >= '0' && *text <= '9'; text++) {
            if (__builtin_mul_overflow(number, 10, &number) ||
                __builtin_add_overflow(number, *text - '0', &number)) {
                return false;
            }
        }
        int64_t unit = unit_parse(&text);
        if (unit == 0 || __builtin_mul_overflow(number, unit, &product) ||
            __builtin_add_overflow(sum, product, &sum)) {
            return false;
        }
    } while (*text != '\0');
    *ret_ns = sum;
    return true;
}

char *duration_format(int64_t ns, char text[static INSTANT_TEXT_MAX])
{
    static const char *const names[] = {"d", "h", "min", "s", "ms", "us", "ns"};
    static const int64_t sizes[] = {
        S_PER_DAY * NS_PER_S, S_PER_HOUR * NS_PER_S, 60 * NS_PER_S, NS_PER_S, NS_PER_MS, 1000, 1};
    uint64_t left = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    strcpy(text, ns == 0 ? "0s" : ns < 0 ? "-" : "");
    for (int i = 0; left > 0; i++) {
        size_t length = strlen(text);
        uint64_t size = (uint64_t)sizes[i];
        if (left >= size) {
            snprintf(text + length, INSTANT_TEXT_MAX - length, "%llu%s",
                (unsigned long long)(left / size), names[i]);
            left %= size;
        }
    }
    return text;
}
