// A number is a run of digits, ASCII or full-width. One blank, hyphen or dash inside joins groups
// of three digits or more, as cards and telephones are written; a date (2026-03-10) stays in
// pieces. Full stops do so only where there are two and a group of four: neither an amount nor an
// address.
#include "detectors/facts/numbers.h"

#include "config/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MASKED_DIGITS 7
#define GROUP_DIGITS  3
#define CARD_MIN      13
#define CARD_MAX      19
#define IDENTITY      18
#define MOBILE_DIGITS 11

struct run {
    const char *from, *to;
    size_t digits; // all of them
    size_t groups, dots, widest;
    char values[CARD_MAX + 1]; // the first ones, 0 to 9
};

// The digit at a place, and how many bytes it has; -1: none.
static int digit_at(const char *text, size_t *ret_bytes)
{
    if (text[0] >= '0' && text[0] <= '9') {
        *ret_bytes = 1;
        return text[0] - '0';
    }
    if (strncmp(text, "\xef\xbc", 2) == 0 && (unsigned char)text[2] >= 0x90 &&
        (unsigned char)text[2] <= 0x99) {
        *ret_bytes = 3;
        return (unsigned char)text[2] - 0x90;
    }
    return -1;
}

static size_t group_digits(const char *text, const char **ret_end)
{
    size_t digits = 0, bytes;
    while (digit_at(text, &bytes) >= 0) {
        text += bytes;
        digits++;
    }
    *ret_end = text;
    return digits;
}

// How many bytes what may join two groups has; 0: it does not.
static size_t joiner_bytes(const char *text, bool dots)
{
    static const char *const joiners[] = {" ", "-", "\u3000", "－", "–", "—", "·", "."};
    size_t count = sizeof(joiners) / sizeof(joiners[0]) - !dots;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(text, joiners[i], strlen(joiners[i])) == 0) {
            return strlen(joiners[i]);
        }
    }
    return 0;
}

static void group_take(struct run *run, const char *text, const char *end, size_t digits)
{
    size_t bytes;
    run->groups++;
    run->widest = digits > run->widest ? digits : run->widest;
    while (text < end) {
        int digit = digit_at(text, &bytes);
        if (run->digits < sizeof(run->values)) {
            run->values[run->digits] = (char)digit;
        }
        run->digits++;
        text += bytes;
    }
    run->to = end;
}

static struct run run_at(const char *text, bool dots)
{
    struct run run = {.from = text, .to = text};
    const char *end;
    for (size_t digits = group_digits(text, &end); digits > 0;) {
        group_take(&run, text, end, digits);
        size_t bytes = digits >= GROUP_DIGITS ? joiner_bytes(end, dots) : 0;
        bool dot = *end == '.';
        text = end + bytes;
        digits = bytes > 0 ? group_digits(text, &end) : 0;
        digits = digits >= GROUP_DIGITS ? digits : 0;
        run.dots += dot && digits > 0;
    }
    return run;
}

// The first number at or behind `text`; false: none.
static bool run_next(const char *text, struct run *ret)
{
    size_t bytes;
    while (*text != '\0' && digit_at(text, &bytes) < 0) {
        text++;
    }
    *ret = run_at(text, true);
    if (ret->dots == 1 || (ret->dots > 0 && ret->widest <= GROUP_DIGITS)) {
        *ret = run_at(text, false);
    }
    return *text != '\0';
}

// ISO/IEC 7812-1, annex B.
static bool is_card(const struct run *run)
{
    int sum = 0;
    for (size_t i = 0; i < run->digits && i < sizeof(run->values); i++) {
        bool doubled = (run->digits - i) % 2 == 0;
        int value = run->values[i] * (doubled ? 2 : 1);
        sum += value > 9 ? value - 9 : value;
    }
    return run->digits >= CARD_MIN && run->digits <= CARD_MAX && sum % 10 == 0;
}

// GB 11643: 17 digits and their check character.
static bool is_identity(const struct run *run)
{
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    static const char checks[] = "10X98765432";
    int sum = 0;
    for (size_t i = 0; i < IDENTITY - 1 && i < run->digits; i++) {
        sum += run->values[i] * weights[i];
    }
    char check = checks[sum % 11];
    return (run->digits == IDENTITY && run->values[IDENTITY - 1] + '0' == check) ||
           (run->digits == IDENTITY - 1 && check == 'X' && (*run->to == 'X' || *run->to == 'x'));
}

const char *number_refusal(const char *text)
{
    struct run run;
    for (; run_next(text, &run); text = run.to) {
        if (is_identity(&run)) {
            return "holds an identity number (18 characters with their check, GB 11643): leave it "
                   "out";
        }
        if (is_card(&run)) {
            return "holds what may be a card's number (13 to 19 digits with their check): leave it "
                   "out";
        }
    }
    return NULL;
}

// 11 digits from 13 on: a mobile telephone's.
static bool is_mobile(const struct run *run)
{
    return run->digits == MOBILE_DIGITS && run->values[0] == 1 && run->values[1] >= 3;
}

static bool unit_is_behind(const char *text)
{
    static const char *const units[] = {"元", "万", "亿", "笔", "户", "次", "条", "年", "台", "%"};
    // Behind a blank these begin words too: 人工客服, 家属, 个人.
    static const char *const close_units[] = {"人", "家", "个"};
    const char *behind = text + strspn(text, " ");
    bool is_unit = false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        is_unit |= strncmp(behind, units[i], strlen(units[i])) == 0;
    }
    for (size_t i = 0; i < sizeof(close_units) / sizeof(close_units[0]); i++) {
        is_unit |= strncmp(text, close_units[i], strlen(close_units[i])) == 0;
    }
    return is_unit;
}

static bool is_quantity(const char *text, const struct run *run)
{
    static const char *const signs[] = {"¥", "￥"};
    bool quantity = unit_is_behind(run->to);
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        size_t length = strlen(signs[i]);
        quantity |= (size_t)(run->from - text) >= length &&
                    memcmp(run->from - length, signs[i], length) == 0;
    }
    return quantity && run->groups == 1 && !is_mobile(run);
}

char *numbers_masked(const char *text)
{
    char *masked = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&masked, &size);
    struct run run;
    const char *at = text;
    for (; run_next(at, &run); at = run.to) {
        bool masks = run.digits >= MASKED_DIGITS && !is_quantity(text, &run);
        fwrite(at, 1, (size_t)((masks ? run.from : run.to) - at), out);
        fputs(masks ? "***" : "", out);
    }
    fputs(at, out);
    fclose(out);
    return masked;
}
