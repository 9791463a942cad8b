// $NOTIFY_SOCKET is the path of a datagram socket, or a name in the abstract space when it begins
// with '@'. It is connected once, as root and before the file system is shut off, and kept.
//
// Why not libsystemd: it would be a library more in the address space of a process that reads
// hostile bytes, for these forty lines. systemd's own manual (sd_notify(3), NOTES) says the
// protocol is stable, and to implement it.
#include "tools/run/notify.h"

#include "config/instant.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_MAX 512

static int manager = -1;

void notify_open(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    size_t length = path != NULL ? strlen(path) : 0;
    if (length < 2 || length >= sizeof(address.sun_path) || (*path != '/' && *path != '@')) {
        return;
    }
    memcpy(address.sun_path, path, length);
    if (*path == '@') {
        address.sun_path[0] = '\0';
    }
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (manager >= 0 && connect(manager, (const struct sockaddr *)&address, size) != 0) {
        notify_close();
    }
}

void notify_close(void)
{
    if (manager >= 0) {
        close(manager);
    }
    manager = -1;
}

void notify(const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    if (manager < 0) {
        return;
    }
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    if (length > 0) {
        size_t size = (size_t)length < sizeof(message) ? (size_t)length : sizeof(message) - 1;
        (void)!send(manager, message, size, MSG_NOSIGNAL);
    }
}

// WATCHDOG_PID says for whom the interval is meant, when it is not for every child.
int64_t notify_watchdog_ns(void)
{
    const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (manager < 0 || us == NULL || (pid != NULL && atol(pid) != (long)getpid())) {
        return 0;
    }
    char *end;
    errno = 0;
    long long interval = strtoll(us, &end, 10);
    bool good = errno == 0 && *end == '\0' && interval > 0 && interval < INT64_MAX / 1000;
    return good ? interval * 1000 : 0;
}
