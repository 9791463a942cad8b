// Frames of a sensor that watches two institutions: each gets those of its own links.
#include "dataplane/evidence/whose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct address_range range(uint8_t last, uint16_t port)
{
    return (struct address_range){
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, last}, 128, port};
}

// Ethernet, IPv4 from 10.0.0.`from`:`port` to 10.0.0.`to`:80, TCP without payload.
static struct frame_record *frame(uint8_t from, uint16_t port, uint8_t to)
{
    static _Alignas(8) uint8_t room[sizeof(struct frame_record) + 54];
    const uint8_t bytes[54] = {[12] = 0x08,
        [14] = 0x45,
        [17] = 40,
        [22] = 64,
        [23] = 6,
        [26] = 10,
        [29] = from,
        [30] = 10,
        [33] = to,
        [34] = (uint8_t)(port >> 8),
        [35] = (uint8_t)port,
        [37] = 80,
        [46] = 0x50,
        [47] = 0x10};
    struct frame_record *record = (struct frame_record *)(void *)room;
    *record = (struct frame_record){.captured = sizeof(bytes), .frame_length = 60};
    memcpy(record + 1, bytes, sizeof(bytes));
    return record;
}

static struct address_range ours[2], theirs[2];
static struct network_settings networks[2] = {{.institution = 0}, {.institution = 1}};
static struct link_settings links[2];
static struct settings settings = {
    .networks = networks, .network_count = 2, .links = links, .link_count = 2};

// The two links have the same hosts: only the port tells them apart.
static void test_each_gets_its_own(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 2; i++) {
        ours[i] = range(1, (uint16_t)(9000 + i));
        theirs[i] = range(2, 0);
        links[i] = (struct link_settings){.ours = &ours[i],
            .ours_count = 1,
            .theirs = &theirs[i],
            .theirs_count = 1,
            .network = i};
    }
    settings.institution_count = 2;
    for (uint16_t network = 0; network < 2; network++) {
        struct whose *whose = whose_new(&settings, network);
        assert_non_null(whose);
        assert_int_equal(whose_has(whose, frame(1, 9000, 2)), network == 0);
        assert_int_equal(whose_has(whose, frame(1, 9001, 2)), network == 1);
        assert_false(whose_has(whose, frame(1, 9002, 2)));
        assert_false(whose_has(whose, frame(3, 9000, 4)));
        struct frame_record *cut = frame(1, 9000, 2);
        cut->captured = 30;
        assert_false(whose_has(whose, cut));
        whose_free(whose);
    }
}

// The same hosts and ports: only the VLAN tells them apart, whose tag the port took off.
static void test_told_apart_by_vlan(void **state)
{
    (void)state;
    static int64_t vlans[2] = {101, 102};
    for (uint16_t i = 0; i < 2; i++) {
        ours[i] = range(1, 9000);
        links[i].vlans = &vlans[i];
        links[i].vlan_count = 1;
    }
    for (uint16_t network = 0; network < 2; network++) {
        struct whose *whose = whose_new(&settings, network);
        struct frame_record *record = frame(1, 9000, 2);
        assert_false(whose_has(whose, record));
        record->vlan = 101;
        assert_int_equal(whose_has(whose, record), network == 0);
        record->vlan = 102;
        assert_int_equal(whose_has(whose, record), network == 1);
        whose_free(whose);
    }
}

static void test_of_one_institution_all_are(void **state)
{
    (void)state;
    settings.institution_count = 1;
    struct whose *whose = whose_new(&settings, 0);
    assert_null(whose);
    assert_true(whose_has(whose, frame(3, 9000, 4)));
    whose_free(whose);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_gets_its_own),
        cmocka_unit_test(test_told_apart_by_vlan),
        cmocka_unit_test(test_of_one_institution_all_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
