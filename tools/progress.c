#include "tools/progress.h"

#include "config/instant.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FIRST_DRAWING_NS (500 * NS_PER_MS)
#define NEXT_DRAWING_NS  (100 * NS_PER_MS)

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

void progress_start(struct progress *progress, const char *what, uint64_t total)
{
    *progress = (struct progress){.what = what,
        .total = total,
        .started_ns = clock_ns(),
        .terminal = isatty(STDERR_FILENO) == 1};
    progress->drawn_ns = progress->started_ns + FIRST_DRAWING_NS - NEXT_DRAWING_NS;
}

static void draw(const struct progress *progress, uint64_t done, int64_t now_ns)
{
    static const char bar[] = "##################################################";
    uint64_t percent = progress->total == 0 ? 0 : done * 100 / progress->total;
    percent = percent > 100 ? 100 : percent;
    fprintf(stderr, "\r%s [%-50.*s] %3u%%  %lld s ", progress->what, (int)(percent / 2), bar,
        (unsigned)percent, (long long)((now_ns - progress->started_ns) / NS_PER_S));
}

void progress_show(struct progress *progress, uint64_t done)
{
    if (!progress->terminal || (++progress->calls & 1023) != 0) {
        return;
    }
    int64_t now_ns = clock_ns();
    if (now_ns - progress->drawn_ns >= NEXT_DRAWING_NS) {
        progress->drawn_ns = now_ns;
        progress->shown = done;
        draw(progress, done, now_ns);
    }
}

void progress_end(struct progress *progress)
{
    if (progress->shown != 0) {
        fputs("\r\033[K", stderr);
    }
}
