// tapgrade ledger draft: the newest draft of a report, as it stands in the ledger.
#include "config/log.h"

#include "detectors/drafts/drafts.h"
#include "detectors/drafts/page.h"

#include "tools/commands.h"
#include "tools/ledger/ledger.h"
#include "tools/ledger/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_DUTY = 0x100, OPTION_HTML, OPTION_JSON, OPTION_MISSING, OPTION_ODT };

struct arguments {
    struct book book;
    const char *id, *duty;  // "": the newest of any
    const char *html, *odt; // files; NULL: none
    bool json, missing;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_DUTY: arguments->duty = value; return 0;
    case OPTION_HTML: arguments->html = value; return 0;
    case OPTION_ODT: arguments->odt = value; return 0;
    case OPTION_JSON: arguments->json = true; return 0;
    case OPTION_MISSING: arguments->missing = true; return 0;
    case ARGP_KEY_ARG:
        if (arguments->id != NULL) {
            argp_error(state, "too much: '%.80s'", value);
        }
        arguments->id = value;
        return 0;
    case ARGP_KEY_END:
        if (arguments->id == NULL) {
            argp_error(state, "an ID is missing");
        }
        break;
    default: break;
    }
    return book_option(&arguments->book, key, value, state);
}

static const struct argp_option options[] = {
    BOOK_OPTIONS,
    {"duty", OPTION_DUTY, "DUTY", 0, "of this report, such as O2; the newest of any", 1},
    {"missing", OPTION_MISSING, NULL, 0, "only the items that a person still has to fill", 1},
    {"html", OPTION_HTML, "FILE", 0, "write it as a web page; FILE must not be there", 1},
    {"odt", OPTION_ODT, "FILE", 0, "write it for an office: LibreOffice, WPS or Word", 1},
    {"json", OPTION_JSON, NULL, 0, "the draft as JSON", 1},
    {0},
};

static const struct argp argp = {options, parse_option, "-c SETTINGS ID",
    "Prints the machine's newest draft of a report (机器草稿，须人工核实). A person completes it "
    "(`ledger fill`), signs and sends it.\v"
    "Examples:\n"
    "  tapgrade ledger draft -c my/tapgrade.yaml 4f1c2a --duty O1\n"
    "  tapgrade ledger draft -c my/tapgrade.yaml 4f1c2a --duty O5 --missing\n"
    "  tapgrade ledger draft -c my/tapgrade.yaml 4f1c2a --duty O1 --odt O1.odt",
    NULL, NULL, NULL};

static const char query[] =
    "SELECT json, text FROM draft_history WHERE incident = ?1 AND (?2 = '' OR"
    " substr(id, 1, length(?1 || ?2) + 2) = ?1 || '/' || ?2 || '/')";

// Each with its key, as `ledger fill` wants it, and its name in the rule's words.
static void missing_print(const json_t *draft)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(draft, "items"), i, item)
    {
        if (strcmp(json_word(item, "state"), "missing") == 0) {
            const char *key = json_word(item, "key");
            printf("%-32s %s%s\n", key, json_word(item, "item"),
                item_is_of_sent(key) ? "（由 sent 填写）" : "");
        }
    }
}

static bool html_write(const char *path, const char *text)
{
    FILE *out = fopen(path, "wx");
    if (out == NULL) {
        log_error("'%s' cannot be made: %s", path, strerror(errno));
        return false;
    }
    page_html(out, text);
    bool good = !ferror(out);
    return fclose(out) == 0 && good;
}

static int pages_write(const struct arguments *arguments, char *text, char *json)
{
    char error[512];
    bool good = arguments->html == NULL || html_write(arguments->html, text);
    if (arguments->odt != NULL && !page_odt(arguments->odt, text, error, sizeof(error))) {
        log_error("%s", error);
        good = false;
    }
    free(text);
    free(json);
    return good ? EXIT_DONE : EXIT_INPUT;
}

static int draft_print(struct arguments *arguments)
{
    char id[FACT_ID_MAX], *json = NULL, *text = NULL;
    if (!book_incident_id(&arguments->book, arguments->id, id)) {
        return EXIT_INPUT;
    }
    sqlite3_stmt *rows = book_query(&arguments->book, query, id, arguments->duty);
    while (book_next(&arguments->book, &rows)) { // the last is the newest
        free(json);
        free(text);
        json = strdup(book_text(rows, 0));
        text = strdup(book_text(rows, 1));
    }
    if (json == NULL || text == NULL) {
        log_error("incident %s has no draft%s%s; `ledger duties --all` names its reports", id,
            arguments->duty[0] == '\0' ? "" : " of ", arguments->duty);
    } else if (arguments->missing) {
        json_t *draft = json_loads(json, 0, NULL);
        missing_print(draft);
        json_decref(draft);
    } else if (arguments->html != NULL || arguments->odt != NULL) {
        return pages_write(arguments, text, json);
    } else {
        printf("%s%s", arguments->json ? json : text, arguments->json ? "\n" : "");
    }
    int status = json == NULL || text == NULL ? EXIT_INPUT : EXIT_DONE;
    free(json);
    free(text);
    return status;
}

int ledger_draft_main(int argc, char **argv)
{
    struct arguments arguments = {.duty = ""};
    book_parse(&argp, argv[0], argc, argv, &arguments);
    int status = book_read(&arguments.book);
    status = status == EXIT_DONE ? draft_print(&arguments) : status;
    book_close(&arguments.book);
    return status;
}
