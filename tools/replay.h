// One replay: what was asked for, and what it runs on. Private to tools/.
#pragma once

#include "config/settings.h"

#include "dataplane/packets/packets.h"
#include "dataplane/worker.h"

#include "detectors/pipeline.h"

#include "tools/inputs.h"
#include "tools/outputs.h"

#include <stdio.h>

struct replay {
    const char *settings_path, *facts_path; // facts_path: NULL without
    char **captures;
    size_t capture_count, workers;
    enum stage stop_after, start_at;
    bool prints_records, publish, learn;
    bool as_sensor;     // incidents are named as the sensor names them
    char *normals_path; // NULL: none
    const char *given;  // the first of them, as it was given
    FILE *spool;        // of records that cannot be read twice

    struct settings *settings;
    struct captures *source;
    struct dataplane *dataplane;
    struct pipeline *pipeline;
    struct fact *facts;
    struct source_digest *digest;
    char identity_text[512]; // the digest without facts, SOURCE_TEXT_MAX of it, or a sentence
    char source_text[SOURCE_TEXT_MAX]; // the digest of all
    struct outputs outputs;
};

// What was read and what could not be used, by name; then, after the incidents, where the outputs
// are.
void replay_summary(const struct replay *replay, FILE *out);
void replay_outputs(const struct replay *replay, size_t unsent, FILE *out);
