// The service manager's protocol (sd_notify(3)): one datagram a message, nothing when no manager
// asks for them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Takes $NOTIFY_SOCKET while the process may still reach it. Before the first thread.
void notify_open(void);
void notify_close(void);
// Such as "READY=1" or "STATUS=...". Never waits, never fails.
void notify(const char *format, ...) __attribute__((format(printf, 1, 2)));
// How often the manager wants to hear WATCHDOG=1; 0: not at all.
int64_t notify_watchdog_ns(void);
