// Everything that is going to happen, in one heap by instant.
#pragma once

#include "tools/generate/heap.h"

enum event {
    EVENT_INTENT,   // value: province; its next intent begins
    EVENT_ANSWER,   // subject: attempt
    EVENT_TIME_OUT, // subject: attempt
    EVENT_RETRY,    // subject: attempt that failed
    EVENT_REVERSE,  // subject: attempt that timed out, or was approved in vain
    EVENT_ECHO,     // subject: connection
    EVENT_FAULT,    // value: fault; it begins
    EVENT_FAULT_END,
    // of tcp_frames.c; subject: direction
    EVENT_FLUSH,
    EVENT_ACK,
    EVENT_DELAYED_ACK,
    EVENT_KNOCK, // subject: connection; value: enum knock
};
