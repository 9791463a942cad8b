// On which cores threads run that are no workers. The EAL binds the thread that starts it to its
// core, and threads inherit that: what is started later would share the worker's core.
#pragma once

#include "dataplane/packets/port.h"

#include <sched.h>

// Before the EAL: where this process may run.
void cores_remember(cpu_set_t *ret_all);
// The calling thread, and those that it starts from here on, keep off the workers' cores, where
// there are others.
void cores_leave(const cpu_set_t *all, const struct ports *ports);
