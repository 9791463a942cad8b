// Asks DPDK's telemetry socket each argument in turn and prints the answers, a line each: what
// dpdk-telemetry.py does, where there is no Python.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_BYTES 16384 // the longest that DPDK sends

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int link = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (link >= 0 && connect(link, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(link);
        return -1;
    }
    return link;
}

int main(int argc, char **argv)
{
    static char answer[ANSWER_BYTES];
    int link = argc > 2 ? connect_to(argv[1]) : -1;
    if (link < 0 || recv(link, answer, sizeof(answer), 0) <= 0) {
        fprintf(stderr, "usage: ask SOCKET QUESTION...; or nobody answers at the socket\n");
        return EXIT_FAILURE;
    }
    for (int i = 2; i < argc; i++) {
        ssize_t count = -1;
        if (send(link, argv[i], strlen(argv[i]), 0) > 0) {
            count = recv(link, answer, sizeof(answer), 0);
        }
        if (count <= 0) {
            return EXIT_FAILURE;
        }
        printf("%.*s\n", (int)count, answer);
    }
    close(link);
    return EXIT_SUCCESS;
}
