// What memory_map promises of its pages.
#include "config/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE ((size_t)5 * 1024 * 1024 + 1) // no whole number of huge pages

static size_t pages_there(const char *memory, size_t *count)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), there = 0;
    *count = (SIZE + page - 1) / page;
    unsigned char *is_there = malloc(*count);
    assert_int_equal(0, mincore((void *)(uintptr_t)memory, SIZE, is_there));
    for (size_t i = 0; i < *count; i++) {
        there += is_there[i] & 1;
    }
    free(is_there);
    return there;
}

// In this order: once asked for, whole maps stay.
static void test_pages_come_at_the_touch_or_at_once(void **state)
{
    (void)state;
    size_t count;
    char *memory = memory_map(SIZE);
    assert_non_null(memory);
    assert_int_equal(0, pages_there(memory, &count));
    assert_int_equal(0, memory[0] | memory[SIZE - 1]);
    memory_unmap(memory, SIZE);

    memory_map_whole();
    memory = memory_map(SIZE);
    assert_non_null(memory);
    size_t there = pages_there(memory, &count);
    assert_int_equal(count, there);
    assert_int_equal(0, memory[0] | memory[SIZE - 1]);
    memory_unmap(memory, SIZE);
    memory = memory_map_as_needed(SIZE);
    assert_non_null(memory);
    assert_int_equal(0, pages_there(memory, &count));
    memory_unmap(memory, SIZE);
    memory_unmap(NULL, SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_come_at_the_touch_or_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
