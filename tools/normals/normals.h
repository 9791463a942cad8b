// tapgrade normals: what its subcommands share. Private to tools/normals/.
#pragma once

#include "config/settings.h"

#include "detectors/normals/store.h"
#include "detectors/normals/view.h"

#include "tools/commands.h"

struct request {
    const char *settings_path;
    const char *file;    // import
    const char *network; // approve
    const char *by;      // approve
    int64_t year;        // approve; 0: none given
    int64_t date;        // show, export, approve: DATE_NONE is today
    bool years;          // export

    struct settings *settings;
    struct mistakes *mistakes;
    char *path; // of the store
};
#define DATE_NONE INT64_MIN

// Each has its settings and the store's path; returns the exit status after its own sentence.
int normals_import(struct request *request);
int normals_export(struct request *request);
int normals_show(struct request *request);
int normals_approve(struct request *request);

// What the store holds, in a `normals` that reads and writes no more; NULL after a sentence.
struct normals *normals_of_store(struct request *request);
int normals_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
