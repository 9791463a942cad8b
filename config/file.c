#include "config/file.h"

#include "config/mistakes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint8_t *descriptor_read(int descriptor, size_t bytes_max, size_t *ret_size)
{
    uint8_t *bytes = NULL;
    size_t size = 0, room = 0;
    for (;;) {
        if (size == room) {
            room = room == 0 ? 16384 : 2 * room;
            room = room > bytes_max + 1 ? bytes_max + 1 : room;
            uint8_t *grown = realloc(bytes, room + 1);
            if (grown == NULL) {
                break;
            }
            bytes = grown;
        }
        ssize_t got = read(descriptor, bytes + size, room - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            break;
        }
        size += (size_t)got;
        if (got == 0 || size > bytes_max) {
            bytes[size] = '\0';
            *ret_size = size;
            return bytes;
        }
    }
    free(bytes);
    return NULL;
}

uint8_t *file_read(const char *path, size_t bytes_max, size_t *ret_size, struct mistakes *mistakes)
{
    mistakes_path(mistakes, path); // among the files that were read
    // O_NONBLOCK: a named pipe without a writer must not stop the check
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        mistake(mistakes, path, 0, 0, "cannot be opened: %s", strerror(errno));
        return NULL;
    }
    struct stat status;
    size_t size = 0;
    uint8_t *bytes = NULL;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        mistake(mistakes, path, 0, 0, "is not a regular file");
    } else if ((bytes = descriptor_read(descriptor, bytes_max, &size)) == NULL) {
        mistake(mistakes, path, 0, 0, "cannot be read: %s", strerror(errno));
    } else if (size > bytes_max) {
        mistake(mistakes, path, 0, 0, "is larger than %zu MiB", bytes_max >> 20);
        free(bytes);
        bytes = NULL;
    } else {
        *ret_size = size;
    }
    close(descriptor);
    return bytes;
}
