// How far the sensor's clock is from standard time, as the kernel knows from who disciplines it
// (chrony, ntpd, ptp4l with phc2sys). Event time is of this clock: a device's own clock is
// converted to it packet by packet. What nobody disciplines has no offset that could be known.
#include "detectors/drafts/report.h"

#include <stdlib.h>
#include <sys/timex.h>

#define DOUBT_NS NS_PER_S // beyond it the times of a draft are doubtful

struct sensor_clock sensor_clock_from(int result, const struct timex *now)
{
    struct sensor_clock clock = {.state = SENSOR_CLOCK_UNKNOWN};
    if (result < 0) {
        return clock;
    }
    bool nano = (now->status & STA_NANO) != 0;
    clock.offset_ns = nano ? now->offset : now->offset * 1000;
    clock.most_ns = (int64_t)now->maxerror * 1000;
    bool free = result == TIME_ERROR || (now->status & STA_UNSYNC) != 0;
    clock.state = free ? SENSOR_CLOCK_FREE : SENSOR_CLOCK_DISCIPLINED;
    return clock;
}

struct sensor_clock sensor_clock_read(void)
{
    struct timex now = {.modes = 0}; // reads, and sets nothing
    int result = adjtimex(&now);
    return sensor_clock_from(result, &now);
}

bool sensor_clock_is_doubtful(const struct sensor_clock *clock)
{
    return clock->state == SENSOR_CLOCK_DISCIPLINED &&
           (llabs(clock->offset_ns) > DOUBT_NS || clock->most_ns > DOUBT_NS);
}

void sensor_clock_print(FILE *out, const struct sensor_clock *clock)
{
    switch (clock->state) {
    case SENSOR_CLOCK_NOT_MEASURED: fputs("时钟以报文为准，未测量", out); break;
    case SENSOR_CLOCK_UNKNOWN: fputs("未知（系统不提供），须人工核对", out); break;
    case SENSOR_CLOCK_FREE: fputs("未同步，偏差未知，须人工核对", out); break;
    case SENSOR_CLOCK_DISCIPLINED:
        fprintf(out, "%+lld微秒，最大误差%lld微秒%s", (long long)(clock->offset_ns / 1000),
            (long long)(clock->most_ns / 1000),
            sensor_clock_is_doubtful(clock) ? "，可能超过1秒，时刻存疑，须人工核对" : "");
    }
}
