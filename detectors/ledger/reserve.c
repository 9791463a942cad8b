#include "detectors/ledger/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool name_make(const char *path, char *ret, size_t size)
{
    int length = snprintf(ret, size, "%s-reserve", path);
    return length > 0 && (size_t)length < size;
}

bool disk_has_room(const char *path, int64_t bytes)
{
    struct statvfs disk;
    return statvfs(path, &disk) != 0 ||
           (__int128)disk.f_bavail * (__int128)disk.f_frsize >= (__int128)bytes;
}

bool reserve_hold(const char *path, int64_t bytes)
{
    char name[4352];
    struct stat there;
    if (!name_make(path, name, sizeof(name))) {
        return false;
    }
    int file = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return false;
    }
    bool held = fstat(file, &there) == 0 && there.st_size >= bytes &&
                (int64_t)there.st_blocks * 512 >= bytes;
    if (!held) {
        // Room for it twice: else it would be given up at once.
        held = disk_has_room(path, 2 * bytes) && posix_fallocate(file, 0, bytes) == 0;
    }
    close(file);
    if (!held) {
        unlink(name);
    }
    return held;
}

bool reserve_release(const char *path)
{
    char name[4352];
    return name_make(path, name, sizeof(name)) && unlink(name) == 0;
}
