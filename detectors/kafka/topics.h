// The topics as they are on the brokers, against what they have to be.
#pragma once

#include "detectors/kafka/setup.h"

// Each sentence is of one topic, or of the brokers when `topic` is NULL.
typedef void topics_tell(void *context, const char *topic, const char *sentence);

// Looks at every topic that is published; makes those that are missing when the settings allow it.
// Waits `wait_ms` at most for each of three answers. False: the brokers could not be asked.
bool topics_check(
    rd_kafka_t *producer, const struct setup *setup, int wait_ms, topics_tell *tell, void *context);
