// A set of persons: exact below its size, within its error above, never falling, union by adding.
#include "detectors/persons/person_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_exact(void **state)
{
    (void)state;
    struct person_room room = {.exact = 100000, .precision = 14, .bytes_most = 1 << 24};
    struct person_set set = {0};
    for (uint64_t i = 1; i <= 100000; i++) {
        assert_true(person_set_add(&set, &room, i * 3));
        assert_false(person_set_add(&set, &room, i * 3));
        assert_int_equal(person_set_count(&set, &room), i);
    }
    assert_true(person_set_is_exact(&set));
    assert_int_equal(person_set_error(&set, &room), 0);
    assert_true(person_set_has(&set, 300000));
    assert_false(person_set_has(&set, 300003));
    assert_int_equal(room.bytes, 8 << 18);
    person_set_done(&set, &room);
    assert_int_equal(room.bytes, 0);
}

// Above its size it is a sketch: the true figure lies in the band, at every size and precision.
static void test_sketch(void **state)
{
    (void)state;
    for (int64_t precision = 10; precision <= 16; precision++) {
        struct person_room room = {
            .exact = 5 << precision, .precision = precision, .bytes_most = 1 << 24};
        struct person_set set = {0};
        int64_t before = 0, i = 1;
        for (int64_t size = 1000; size <= 4000000; size += size / 5) {
            for (; i <= size; i++) {
                person_set_add(&set, &room, (uint64_t)i);
            }
            int64_t count = person_set_count(&set, &room), error = person_set_error(&set, &room);
            assert_int_equal(person_set_is_exact(&set), size <= room.exact);
            assert_true(count >= before);
            assert_true(llabs(count - size) <= error);
            before = count;
        }
        person_set_done(&set, &room);
        assert_int_equal(room.bytes, 0);
    }
}

static void test_errors(void **state)
{
    (void)state;
    struct person_room room = {.exact = 5 << 14, .precision = 14, .bytes_most = 1 << 24};
    struct person_set set = {0};
    for (uint64_t i = 1; i <= 1000000; i++) {
        person_set_add(&set, &room, i);
    }
    int64_t count = person_set_count(&set, &room);
    assert_int_equal(person_set_error(&set, &room), (count * 3 * 1040 + 127999) / 128000);
    person_set_done(&set, &room);
}

// Without memory a small set is a sketch at once, and still right.
static void test_no_memory(void **state)
{
    (void)state;
    struct person_room room = {.exact = 5 << 14, .precision = 14, .bytes_most = 1 << 10};
    struct person_set set = {0};
    for (int64_t i = 1; i <= 300000; i++) {
        person_set_add(&set, &room, (uint64_t)i);
        if (i % 997 == 0) {
            int64_t count = person_set_count(&set, &room);
            assert_true(llabs(count - i) <= person_set_error(&set, &room));
        }
    }
    assert_false(person_set_is_exact(&set));
    assert_int_equal(room.bytes, 0);
    person_set_done(&set, &room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_sketch),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
