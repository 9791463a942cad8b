#include "tools/run/cores.h"

#include <pthread.h>

void cores_remember(cpu_set_t *ret_all)
{
    CPU_ZERO(ret_all);
    pthread_getaffinity_np(pthread_self(), sizeof(*ret_all), ret_all);
}

void cores_leave(const cpu_set_t *all, const struct ports *ports)
{
    cpu_set_t others = *all;
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (ports_use_core(ports, core)) {
            CPU_CLR(core, &others);
        }
    }
    const cpu_set_t *taken = CPU_COUNT(&others) > 0 ? &others : all;
    pthread_setaffinity_np(pthread_self(), sizeof(*taken), taken);
}
