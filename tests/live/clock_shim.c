// In front of a process: the machine's clock, moved by the seconds that a file says.
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static atomic_long offset_s;

static void offset_read(void)
{
    const char *path = getenv("CLOCK_OFFSET");
    FILE *in = path == NULL ? NULL : fopen(path, "re");
    long seconds;
    if (in != NULL && fscanf(in, "%ld", &seconds) == 1) {
        atomic_store(&offset_s, seconds);
    }
    if (in != NULL) {
        fclose(in);
    }
}

int clock_gettime(clockid_t clock, struct timespec *ret);

int clock_gettime(clockid_t clock, struct timespec *ret)
{
    static int (*real)(clockid_t, struct timespec *);
    static atomic_long last_s;
    if (real == NULL) {
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    }
    int result = real(clock, ret);
    if (clock == CLOCK_REALTIME) {
        if (atomic_exchange(&last_s, ret->tv_sec * 5 + ret->tv_nsec / 200000000) !=
            ret->tv_sec * 5 + ret->tv_nsec / 200000000) {
            offset_read();
        }
        ret->tv_sec += atomic_load(&offset_s);
    }
    return result;
}
