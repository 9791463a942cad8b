#include "config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(const char *path, const char *rule, char *error, size_t error_size)
{
    snprintf(error, error_size, "secret \"%s\" %s", path, rule);
    return false;
}

// A descriptor, or -1 with the sentence. A pipe is not waited for.
static int secret_open(const char *path, char *error, size_t error_size)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0 || fstat(file, &status) != 0) {
        snprintf(error, error_size, "secret \"%s\" cannot be read: %s", path, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        refuse(path, "must be a regular file", error, error_size);
    } else if ((status.st_mode & 077) != 0) {
        refuse(path, "must be readable by its owner only (chmod 600)", error, error_size);
    } else {
        return file;
    }
    if (file >= 0) {
        close(file);
    }
    return -1;
}

bool secret_check(const char *path, char *error, size_t error_size)
{
    int file = secret_open(path, error, error_size);
    if (file >= 0) {
        close(file);
    }
    return file >= 0;
}

bool secret_read(const char *path, char *ret, size_t size, char *error, size_t error_size)
{
    int file = secret_open(path, error, error_size);
    if (file < 0) {
        return false;
    }
    ssize_t length = read(file, ret, size);
    close(file);
    if (length > 0 && ret[length - 1] == '\n') {
        length--;
    }
    bool fine = length > 0 && (size_t)length < size && memchr(ret, '\0', (size_t)length) == NULL &&
                memchr(ret, '\n', (size_t)length) == NULL;
    if (!fine) {
        explicit_bzero(ret, size);
        return refuse(path, "must hold one line of text", error, error_size);
    }
    ret[length] = '\0';
    return true;
}
