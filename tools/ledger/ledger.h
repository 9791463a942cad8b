// What the ledger's subcommands share. Private to tools/ledger/.
#pragma once

#include "config/settings.h"

#include "detectors/facts/facts.h"
#include "detectors/ledger/ledger.h"

#include "tools/outputs.h"

#include <jansson.h>
#include <sqlite3.h>

#include <argp.h>

struct book {
    const char *settings_path;
    const char *given_path;     // --ledger; NULL: the sensor's own
    const char *institution_id; // --institution; NULL: the only one, or that of `network_id`
    const char *network_id;     // that a fact is about; NULL: none is named
    char path[LEDGER_PATH_MAX];
    int institution; // whose ledger it is; -1: nobody knows
    struct settings *settings;
    sqlite3 *database; // book_read
    bool failed;       // a query, after one sentence
};

// The options that all have, for the tables of argp.
#define BOOK_LEDGER      0x1000
#define BOOK_INSTITUTION 0x1001
#define BOOK_OPTIONS                                                                               \
    {"config", 'c', "SETTINGS", 0, "the settings file", 0},                                        \
        {"institution", BOOK_INSTITUTION, "ID", 0,                                                 \
            "whose ledger, where the settings have several", 0},                                   \
    {                                                                                              \
        "ledger", BOOK_LEDGER, "FILE", 0,                                                          \
            "another ledger than the sensor's own, such as a "                                     \
            "replay's or a backup",                                                                \
            0                                                                                      \
    }
// Takes one of these. ARGP_ERR_UNKNOWN: it is none; at the end it asks for -c.
error_t book_option(struct book *book, int key, char *value, struct argp_state *state);
// argp_parse as `tapgrade ledger NAME`; ends the process after a mistake.
void book_parse(const struct argp *argp, const char *name, int argc, char **argv, void *arguments);
// Reads the settings and finds the file. The exit status.
int book_open(struct book *book);
// Whether the fact is for this ledger: about a network of its institution. False with one sentence.
bool book_takes(const struct book *book, const struct fact *fact, char *error, size_t error_size);
// The same, and opens the ledger for reading, after one sentence when it cannot be.
int book_read(struct book *book);
void book_close(struct book *book);

// A query with up to two texts; the statement or NULL after one sentence.
sqlite3_stmt *book_query(struct book *book, const char *query, const char *one, const char *two);
// The next row; false at the end, which also finalizes. When it is not the end of the rows there is
// one sentence, and book->failed.
bool book_next(struct book *book, sqlite3_stmt **statement);
const char *book_text(sqlite3_stmt *statement, int column); // "" for NULL

// The incident, or the risk notice (art. 24), whose id begins with `id`, at least 6 digits. False
// after one sentence.
bool book_incident_id(struct book *book, const char *id, char ret[static FACT_ID_MAX]);
// Its latest entry as JSON, of a notice that of its answer's duty (O9). NULL after one sentence.
json_t *book_incident(struct book *book, const char *id, char ret_id[static FACT_ID_MAX]);
// The latest entry of a duty; NULL: there is none.
json_t *book_duty(struct book *book, const char *incident, const char *duty);
// What a person has entered; NULL: there is no such entry.
json_t *book_fact(struct book *book, const char *id);

// `at` unless it is given: now; and, unless that is given, when it was entered: now, or `at` of
// what a replay takes.
void book_times_set(json_t *fact, bool of_replay);

// register.c: the register of art. 25, of one incident or, "", of all. The caller frees.
struct table *register_table(struct book *book, const char *incident);

int ledger_fact_main(int argc, char **argv);
int ledger_list_main(int argc, char **argv);
int ledger_show_main(int argc, char **argv);
int ledger_register_main(int argc, char **argv);
int ledger_duties_main(int argc, char **argv);
int ledger_draft_main(int argc, char **argv);
int ledger_verify_main(int argc, char **argv);
int ledger_backup_main(int argc, char **argv);
int ledger_export_main(int argc, char **argv);
// All of moves.c; argv[0] says which.
int ledger_move_main(int argc, char **argv);
