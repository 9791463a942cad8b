// testpmd is asked by its own command line: "show port stats" gives the rate since the last time it
// was asked, by its own clock.
#include "tools/bench/testpmd.h"

#include "config/instant.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROMPT     "testpmd> "
#define ASK        "show port stats 0\n"
#define ASKED      "Tx-bps:" // the last of what it says then
#define PATIENCE_S 180       // for loading the capture

struct testpmd {
    pid_t pid;
    int commands, answers;
    char said[8192]; // since the last command
    size_t said_bytes;
};

static bool refuse(char *error, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(char *error, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, size, format, arguments);
    va_end(arguments);
    return false;
}

static void rest(int64_t ns)
{
    struct timespec left = {ns / NS_PER_S, ns % NS_PER_S};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

static void execute(const struct device *device, int commands, int answers)
{
    // It would keep what it says until a page is full.
    const char *argv[DEVICE_OPTIONS_MAX + 24] = {"stdbuf", "-oL", "dpdk-testpmd"};
    char lcores[64], burst[32], descriptors[32], buffer[32], buffers[48], queues[32];
    snprintf(lcores, sizeof(lcores), "0@%d,1@%d", device->other_core, device->cores[0]);
    snprintf(burst, sizeof(burst), "--burst=%d", DEVICE_BURST);
    snprintf(descriptors, sizeof(descriptors), "--rxd=%d", DEVICE_DESCRIPTORS);
    snprintf(buffer, sizeof(buffer), "--mbuf-size=%d", DEVICE_BUFFER_BYTES + 128);
    snprintf(buffers, sizeof(buffers), "--total-num-mbufs=%zu", device->buffers);
    snprintf(queues, sizeof(queues), "--rxq=%zu", device->queues);
    size_t count = 3 + device_options(device, lcores, argv + 3);
    const char *const own[] = {"--", "-i", "--forward-mode=rxonly", burst, descriptors, buffer,
        buffers, queues, "--mbcache=256", "--no-lsc-interrupt"};
    memcpy(argv + count, own, sizeof(own));
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(commands, STDIN_FILENO);
    dup2(answers, STDOUT_FILENO);
    dup2(answers, STDERR_FILENO);
    execvp(argv[0], (char *const *)(uintptr_t)argv); // exec changes none of them
    _exit(127);
}

static bool start(const struct device *device, struct testpmd *ret)
{
    int commands[2], answers[2];
    if (pipe2(commands, O_CLOEXEC) != 0) {
        return false;
    }
    if (pipe2(answers, O_CLOEXEC) != 0) {
        close(commands[0]);
        close(commands[1]);
        return false;
    }
    *ret = (struct testpmd){.pid = fork(), .commands = commands[1], .answers = answers[0]};
    if (ret->pid == 0) {
        execute(device, commands[0], answers[1]);
    }
    close(commands[0]);
    close(answers[1]);
    return ret->pid > 0;
}

// Reads until `text` was said; `said` keeps the last of what came since the last call.
static bool wait_said(struct testpmd *testpmd, const char *text)
{
    testpmd->said_bytes = 0;
    testpmd->said[0] = '\0';
    while (strstr(testpmd->said, text) == NULL) {
        struct pollfd polled = {.fd = testpmd->answers, .events = POLLIN};
        if (testpmd->said_bytes > sizeof(testpmd->said) / 2) {
            size_t half = testpmd->said_bytes / 2;
            testpmd->said_bytes -= half;
            memmove(testpmd->said, testpmd->said + half, testpmd->said_bytes + 1);
        }
        size_t room = sizeof(testpmd->said) - testpmd->said_bytes - 1;
        ssize_t got = poll(&polled, 1, PATIENCE_S * 1000) <= 0
                          ? 0
                          : read(testpmd->answers, testpmd->said + testpmd->said_bytes, room / 2);
        if (got <= 0) {
            return false;
        }
        testpmd->said_bytes += (size_t)got;
        testpmd->said[testpmd->said_bytes] = '\0';
    }
    return true;
}

static bool command(struct testpmd *testpmd, const char *text, const char *answer)
{
    return write(testpmd->commands, text, strlen(text)) == (ssize_t)strlen(text) &&
           wait_said(testpmd, answer);
}

// How far it is, now.
struct reading {
    double packets, packets_per_s; // the last one since the reading before
    struct process_times times;
};

static double number_behind(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at == NULL ? 0 : strtod(at + strlen(name), NULL);
}

static bool read_now(struct testpmd *testpmd, struct reading *ret)
{
    if (!command(testpmd, ASK, ASKED)) {
        return false;
    }
    ret->packets = number_behind(testpmd->said, "RX-packets:");
    ret->packets_per_s = number_behind(testpmd->said, "Rx-pps:");
    process_times(testpmd->pid, &ret->times);
    return true;
}

static bool measure(
    struct testpmd *testpmd, int64_t warm_up_ns, int64_t stretch_ns, struct testpmd_result *ret)
{
    struct reading before, after;
    if (!wait_said(testpmd, PROMPT) || !command(testpmd, "start\n", "TX RS bit")) {
        return false;
    }
    rest(warm_up_ns);
    if (!read_now(testpmd, &before)) {
        return false;
    }
    rest(stretch_ns);
    if (!read_now(testpmd, &after)) {
        return false;
    }
    process_memory(testpmd->pid, &ret->memory);
    ret->packets_per_s = after.packets_per_s;
    double cpu_s = (double)process_busiest_ns(&before.times, &after.times) / (double)NS_PER_S;
    ret->packets_per_cpu_s = (after.packets - before.packets) / cpu_s;
    return ret->packets_per_s > 0;
}

bool testpmd_run(const struct device *device, int64_t warm_up_ns, int64_t stretch_ns,
    struct testpmd_result *ret, char *error, size_t error_size)
{
    struct testpmd testpmd;
    if (!start(device, &testpmd)) {
        return refuse(error, error_size, "dpdk-testpmd cannot be started: %s", strerror(errno));
    }
    bool measured = measure(&testpmd, warm_up_ns, stretch_ns, ret);
    kill(testpmd.pid, SIGKILL);
    waitpid(testpmd.pid, NULL, 0);
    close(testpmd.commands);
    close(testpmd.answers);
    if (!measured) {
        const char *said =
            testpmd.said_bytes > 200 ? testpmd.said + testpmd.said_bytes - 200 : testpmd.said;
        return refuse(error, error_size,
            "dpdk-testpmd did not measure: install dpdk-dev (it says: %s)",
            testpmd.said_bytes == 0 ? "nothing" : said);
    }
    return true;
}
