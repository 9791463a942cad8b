#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void test_address_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *printed; // NULL: refused
        int prefix_bits, port;
    } rows[] = {
        {"host", "10.1.2.3", "10.1.2.3", 128, 0},
        {"network", "10.1.0.0/16", "10.1.0.0/16", 112, 0},
        {"host and port", "10.1.2.3:9000", "10.1.2.3:9000", 128, 9000},
        {"network and port", "10.1.0.0/16:65535", "10.1.0.0/16:65535", 112, 65535},
        {"everything of IPv4", "0.0.0.0/0", "0.0.0.0/0", 96, 0},
        {"IPv6 host", "2001:db8::1", "2001:db8::1", 128, 0},
        {"IPv6 network", "2001:DB8::/32", "2001:db8::/32", 32, 0},
        {"IPv6 in brackets", "[2001:db8::1]", "2001:db8::1", 128, 0},
        {"IPv6 and port", "[2001:db8::1]:443", "[2001:db8::1]:443", 128, 443},
        {"IPv6 network and port", "[2001:db8::/32]:443", "[2001:db8::/32]:443", 32, 443},
        {"everything", "::/0", "::/0", 0, 0},
        {"IPv4 in IPv6", "::ffff:10.1.2.3", "10.1.2.3", 128, 0},
        {"empty", "", NULL, 0, 0},
        {"name", "localhost", NULL, 0, 0},
        {"three parts", "10.1.2", NULL, 0, 0},
        {"number too large", "10.1.2.256", NULL, 0, 0},
        {"bits behind the prefix", "10.1.2.3/16", NULL, 0, 0},
        {"prefix too long", "10.1.2.3/33", NULL, 0, 0},
        {"IPv6 prefix too long", "::/129", NULL, 0, 0},
        {"no prefix", "10.1.2.3/", NULL, 0, 0},
        {"negative prefix", "10.1.2.3/-1", NULL, 0, 0},
        {"port 0", "10.1.2.3:0", NULL, 0, 0},
        {"no port", "10.1.2.3:", NULL, 0, 0},
        {"port too large", "10.1.2.3:65536", NULL, 0, 0},
        {"port with a sign", "10.1.2.3:+1", NULL, 0, 0},
        {"bracket left open", "[::1", NULL, 0, 0},
        {"something behind the bracket", "[::1]x:1", NULL, 0, 0},
        {"no colon behind the bracket", "[::1]1", NULL, 0, 0},
        {"blank", "10.1.2.3 ", NULL, 0, 0},
        {"zone", "fe80::1%eth0", NULL, 0, 0},
        {"very long", "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111", NULL, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct address_range range = {.port = 7};
        char text[128] = "";
        bool good = address_range_parse(rows[i].text, &range);
        if (good) {
            address_range_format(&range, text, sizeof(text));
        }
        if (good != (rows[i].printed != NULL) || (!good && range.port != 7) ||
            (good && (strcmp(text, rows[i].printed) != 0 ||
                         range.prefix_bits != rows[i].prefix_bits || range.port != rows[i].port))) {
            fail_msg("%s: %s/%d:%d", rows[i].what, text, range.prefix_bits, range.port);
        }
    }
}

static void test_hours(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text;
        int32_t from_s, to_s; // 0, 0: refused
    } rows[] = {
        {"usual", "09:00-21:00", 32400, 75600},
        {"whole day", "00:00-24:00", 0, 86400},
        {"minutes", "08:45-09:20", 31500, 33600},
        {"nothing between", "09:00-09:00", 0, 0},
        {"backwards", "21:00-09:00", 0, 0},
        {"after midnight", "23:00-24:01", 0, 0},
        {"hour 25", "09:00-25:00", 0, 0},
        {"minute 60", "08:60-09:00", 0, 0},
        {"one digit", "9:00-21:00", 0, 0},
        {"seconds", "09:00:00-21:00:00", 0, 0},
        {"letters", "ab:cd-ef:gh", 0, 0},
        {"another dash", "09:00_21:00", 0, 0},
        {"another colon", "09.00-21.00", 0, 0},
        {"empty", "", 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hours hours = {0};
        char text[32] = "";
        bool good = hours_parse(rows[i].text, &hours);
        hours_format(&hours, text, sizeof(text));
        if (good != (rows[i].to_s != 0) || hours.from_s != rows[i].from_s ||
            hours.to_s != rows[i].to_s || (good && strcmp(text, rows[i].text) != 0)) {
            fail_msg("%s: %s", rows[i].what, text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_ranges),
        cmocka_unit_test(test_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
