// Any bytes as a capture: whatever they claim, every byte of every payload can be read.
#include "dataplane/packets/packets.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Keeps the reads below from being optimised away.
static volatile uint8_t touched;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], error[300], *paths[] = {path, path};
    struct packet burst[16];
    int fd = memfd_create("capture", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct captures *captures = captures_open(paths, 2, error, sizeof(error));
    for (size_t count; captures && (count = packets_from_capture(captures, burst, 16)) > 0;) {
        for (size_t i = 0; i < count; i++) {
            for (uint32_t at = 0; at < burst[i].payload_captured; at++) {
                touched ^= burst[i].payload[at];
            }
        }
    }
    captures_close(captures);
    close(fd);
    return 0;
}
