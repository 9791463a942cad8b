// Persons' moves: one table says what each subcommand asks for; all of them end as one JSON line,
// read by the same reader as any other fact, checked against what the ledger says now, and entered.
// A run takes it at its next tick and has the last word: what it refuses stands in the ledger too.
#include "tools/ledger/moves.h"

#include "config/log.h"

#include "detectors/json.h"
#include "detectors/ledger/ledger.h"

#include "tools/commands.h"
#include "tools/ledger/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_key {
    OPTION_BY = 0x100,
    OPTION_WHY,
    OPTION_AT,
    OPTION_DUTY,
    OPTION_CHANNEL,
    OPTION_TO,
    OPTION_CONTACT,
    OPTION_CONFIRMED,
    OPTION_INCOMPLETE,
    OPTION_WITHDRAWN,
    OPTION_PRINT,
    OPTION_ENTERED,
};

// Which options a move has beside who, when and why.
enum {
    TAKES_DUTY = 1,
    TAKES_CHANNEL = 2,
    TAKES_TO = 4,
    TAKES_CONTACT = 8,
    TAKES_CONFIRMED = 16,
    TAKES_NETWORK = 32,
    TAKES_INCOMPLETE = 64,
    TAKES_WITHDRAWN = 128,
};

// What has to be given where it is taken.
#define TAKES_ALWAYS (TAKES_CHANNEL | TAKES_TO | TAKES_CONTACT | TAKES_NETWORK)

#define POSITIONS_MAX 2
static const struct move {
    const char *name, *kind; // kind NULL: the word that is given is the kind
    const char *usage;
    // Behind the incident; a name of the record, or one of WORD_....
    const char *positions[POSITIONS_MAX];
    unsigned takes;
    const char *teaches, *example;
} moves[] = {
    {"acknowledge", "acknowledge", "ID", {NULL}, 0,
        "A person has seen the incident, which stops the calling of others.",
        "4f1c2a --by 张三 --why 值班处置"},
    {"decide", "decide", "ID yes|no", {"report"}, TAKES_DUTY,
        "A provisional brief (待判定: only by the stricter readings 较大): whether it is reported. "
        "`no`, with its reason, is filed as 不报告依据 (art. 12(1)).",
        "4f1c2a no --by 张三 --why 计划内切换，未影响客户"},
    {"fill", "fill", "ID ITEM TEXT", {"item", "value"}, TAKES_DUTY,
        "Fills an item that only a person knows; `ledger draft` says which are missing. Without "
        "--duty it is filled in all reports.",
        "4f1c2a measures_taken 已切换至备用链路 --by 张三 --why 处置记录"},
    {"sent", "sent", "ID DUTY", {"duty"}, TAKES_CHANNEL | TAKES_TO | TAKES_INCOMPLETE,
        "A report of a duty went to the authority (art. 18). The machine sends none. It must be "
        "complete, or --incomplete says why not: what is not known yet is filed later (art. 19).",
        "4f1c2a O1 --channel phone --to 中国人民银行江苏省分行 --by 张三 --why 已电话报告"},
    {"received", "received", "ID DUTY", {"duty"}, TAKES_CONTACT | TAKES_CONFIRMED,
        "The authority has it: 接报联系人 (art. 25). What went by e-mail or fax was confirmed by "
        "phone or instant message (art. 18(1)).",
        "4f1c2a O1 --contact 李四 --confirmed phone --by 张三 --why 回电确认"},
    {"correct", "correct", "ID DUTY sent|received", {"duty", "corrects"},
        TAKES_CHANNEL | TAKES_TO | TAKES_INCOMPLETE | TAKES_CONTACT | TAKES_CONFIRMED |
            TAKES_WITHDRAWN,
        "`sent` or `received` was entered wrongly: the entry stays, and what is given here counts "
        "in its place, with every clock that runs from it. --withdrawn: it did not happen, and is "
        "due again.",
        "4f1c2a O4/1 sent --at 2026-03-10T13:05:00+08:00 --by 张三 --why 时间录入有误"},
    {"stage", "stage", "ID", {NULL}, 0,
        "取得阶段性成果 (art. 16): a progress report is due at once.",
        "4f1c2a --by 张三 --why 核心交易已恢复"},
    {"problem", "problem", "ID", {NULL}, 0,
        "出现新的重大问题 (art. 16): a progress report is due at once.",
        "4f1c2a --by 张三 --why 备用链路也中断"},
    {"end", "ended", "ID", {NULL}, 0,
        "处置结束, at --at: the days of the summary run from the next day (art. 17). It is not the "
        "end of the interruption, which the machine sees.",
        "4f1c2a --at 2026-03-10T18:00:00+08:00 --by 张三 --why 业务核对完毕"},
    {"promise", "promise", "ID DATE", {"date"}, 0,
        "The summary is not ready in time: with the preliminary report, the day on which it will "
        "be "
        "there (art. 17), in principle within 40 working days.",
        "4f1c2a 2026-04-20 --by 张三 --why 根因待厂商分析"},
    {"returned", "returned", "ID", {NULL}, 0,
        "The summary came back with formal comments at --at: the revised one is due within 10 "
        "working days (art. 23).",
        "4f1c2a --by 张三 --why 收到正式书面意见"},
    {"regrade", "regrade", "ID GRADE", {"grade"}, 0,
        "A person's grade, in place of the machine's: none common larger major maximum (无 一般 "
        "较大 "
        "重大 特别重大). The only way down.",
        "4f1c2a larger --by 张三 --why 与清算机构核对后人数为 12 万"},
    {"group", NULL, "ID confirm|split", {"kind"}, 0,
        "Whether the incident belongs to the group that the machine proposes (art. 12(2)).",
        "4f1c2a split --by 张三 --why 与机房断电无关"},
    {"false-alarm", "false_alarm", "ID", {NULL}, 0, "It was none; nothing more is due.",
        "4f1c2a --by 张三 --why 测试流量"},
    {"out-of-scope", "out_of_scope", "ID", {NULL}, 0,
        "It is not an incident of the PBOC's domain (art. 2); nothing more is due to it.",
        "4f1c2a --by 张三 --why 境外系统"},
    {"personal-information", "personal_information", "ID yes|no", {"involved"}, 0,
        "Whether 个人信息 is involved: the reports then have the items of art. 20.",
        "4f1c2a no --by 张三 --why 经核查未涉及"},
    {"crime", "crime_suspected", "ID", {NULL}, 0,
        "A crime is suspected: the police's rules run beside this one (art. 4).",
        "4f1c2a --by 张三 --why 发现勒索信"},
    {"risk-notice", "risk_notice", "DATE", {"date"}, TAKES_NETWORK,
        "The PBOC warned of a risk of a network and asks for an answer by DATE (art. 24).",
        "$(date -d '+10 days' +%F) -n pay --by 张三 --why 风险提示函第 5 号"},
    {"close", "close", "ID", {NULL}, TAKES_INCOMPLETE,
        "Nothing more is due: the summary was filed, with all that it must have.",
        "4f1c2a --by 张三 --why 归档"},
};

struct arguments {
    struct book book;
    const struct move *move;
    const char *id;
    size_t positions; // taken
    bool print;
    json_t *fact;
};

static const struct argp_option all_options[] = {
    BOOK_OPTIONS,
    {"by", OPTION_BY, "NAME", 0, "who enters it", 1},
    {"why", OPTION_WHY, "TEXT", 0, "on what it stands; no card or account number", 1},
    {"at", OPTION_AT, "TIME", 0, "when it was, RFC 3339; now", 1},
    {"duty", OPTION_DUTY, "DUTY", 0, "of this report only, such as O1", 2},
    {"channel", OPTION_CHANNEL, "HOW", 0, "phone im email fax system writing", 2},
    {"to", OPTION_TO, "WHO", 0, "the authority that it went to", 2},
    {"contact", OPTION_CONTACT, "NAME", 0, "接报联系人", 2},
    {"confirmed", OPTION_CONFIRMED, "HOW", 0, "phone im", 2},
    {"incomplete", OPTION_INCOMPLETE, "TEXT", 0, "why it goes without what is missing", 2},
    {"withdrawn", OPTION_WITHDRAWN, NULL, 0, "it did not happen", 2},
    {"network", 'n', "ID", 0, "the network that it is about", 2},
    {"print", OPTION_PRINT, NULL, 0, "print the line for `replay --facts`, and enter nothing", 3},
    {"entered-at", OPTION_ENTERED, "TIME", 0,
        "with --print: when a replay gets to know it; at --at", 3},
};
#define OPTIONS (sizeof(all_options) / sizeof(all_options[0]))

// 0: every move has it.
static unsigned option_takes(int key)
{
    switch (key) {
    case OPTION_DUTY: return TAKES_DUTY;
    case OPTION_CHANNEL: return TAKES_CHANNEL;
    case OPTION_TO: return TAKES_TO;
    case OPTION_CONTACT: return TAKES_CONTACT;
    case OPTION_CONFIRMED: return TAKES_CONFIRMED;
    case OPTION_INCOMPLETE: return TAKES_INCOMPLETE;
    case OPTION_WITHDRAWN: return TAKES_WITHDRAWN;
    case 'n': return TAKES_NETWORK;
    default: return 0;
    }
}

static const char *key_of(int option)
{
    switch (option) {
    case OPTION_BY: return "by";
    case OPTION_WHY: return "why";
    case OPTION_AT: return "at";
    case OPTION_DUTY: return "duty";
    case OPTION_CHANNEL: return "channel";
    case OPTION_TO: return "recipient";
    case OPTION_CONTACT: return "contact";
    case OPTION_CONFIRMED: return "confirmed_channel";
    case OPTION_ENTERED: return "entered_at";
    case OPTION_INCOMPLETE: return "incomplete";
    case 'n': return "network";
    default: return NULL;
    }
}

static bool is_yes_no(const char *key)
{
    return strcmp(key, "report") == 0 || strcmp(key, "involved") == 0;
}

__attribute__((nonnull)) static void text_set(
    struct arguments *arguments, const char *key, const char *value, struct argp_state *state)
{
    if (is_yes_no(key)) {
        if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
            argp_error(state, "it is yes or no, not '%.40s'", value);
        }
        json_set_flag(arguments->fact, key, strcmp(value, "yes") == 0);
    } else if (strcmp(key, "kind") == 0 && strcmp(value, "confirm") != 0 &&
               strcmp(value, "split") != 0) {
        argp_error(state, "it is confirm or split, not '%.40s'", value);
    } else if (json_object_set_new(arguments->fact, key, json_string(value)) != 0) {
        argp_error(state, "%s is not UTF-8", key);
    }
}

static void position_take(struct arguments *arguments, char *value, struct argp_state *state)
{
    const struct move *move = arguments->move;
    bool names_incident = (move->takes & TAKES_NETWORK) == 0;
    if (names_incident && arguments->id == NULL) {
        arguments->id = value;
        return;
    }
    const char *key =
        arguments->positions < POSITIONS_MAX ? move->positions[arguments->positions] : NULL;
    if (key == NULL) {
        argp_error(state, "too much: '%.80s'", value);
    }
    arguments->positions++;
    text_set(arguments, key, value, state);
}

// What it leaves out is taken from the entry.
static bool corrects(const struct move *move)
{
    return (move->takes & TAKES_WITHDRAWN) != 0;
}

static void check_arguments(const struct arguments *arguments, struct argp_state *state)
{
    const struct move *move = arguments->move;
    bool lacks =
        arguments->positions < POSITIONS_MAX && move->positions[arguments->positions] != NULL;
    if (((move->takes & TAKES_NETWORK) == 0 && arguments->id == NULL) || lacks) {
        argp_error(state, "it takes %s", move->usage);
    }
    for (size_t i = 0; i < OPTIONS; i++) {
        int option = all_options[i].key;
        bool takes = (option_takes(option) & move->takes & TAKES_ALWAYS) != 0 && !corrects(move);
        bool needed = option == OPTION_BY || option == OPTION_WHY || takes;
        if (needed && json_object_get(arguments->fact, key_of(option)) == NULL) {
            argp_error(state, "--%s %s is missing", all_options[i].name, all_options[i].arg);
        }
    }
    if (!arguments->print && json_object_get(arguments->fact, "entered_at") != NULL) {
        argp_error(state, "--entered-at goes with --print: what is entered is entered now");
    }
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_PRINT: arguments->print = true; return 0;
    case OPTION_WITHDRAWN: json_set_flag(arguments->fact, "withdrawn", true); return 0;
    case ARGP_KEY_ARG: position_take(arguments, value, state); return 0;
    case ARGP_KEY_END:
        book_option(&arguments->book, key, value, state);
        check_arguments(arguments, state);
        return 0;
    default: break;
    }
    if (key_of(key) == NULL) {
        return book_option(&arguments->book, key, value, state);
    }
    text_set(arguments, key_of(key), value, state);
    return 0;
}

// The incident by its whole id, and its network; false after one sentence.
static bool incident_set(struct arguments *arguments, json_t **ret_incident)
{
    char id[FACT_ID_MAX];
    *ret_incident = NULL;
    if ((arguments->move->takes & TAKES_NETWORK) != 0) {
        return true;
    }
    *ret_incident = book_incident(&arguments->book, arguments->id, id);
    if (*ret_incident == NULL) {
        return false;
    }
    json_set_text(arguments->fact, "incident", id);
    json_set_text(
        arguments->fact, "network", json_string_value(json_object_get(*ret_incident, "network")));
    return true;
}

// A decision is about the brief as a rule.
static void duty_default(struct arguments *arguments)
{
    bool decides = strcmp(arguments->move->name, "decide") == 0;
    if (decides && json_object_get(arguments->fact, "duty") == NULL) {
        json_set_text(arguments->fact, "duty", "O1");
    }
}

// The duty by its key, as register and drafts name it.
static void key_set(struct arguments *arguments, const struct desk *desk, const char *subject)
{
    const char *name = json_string_value(json_object_get(arguments->fact, "duty"));
    const struct duty *duty = name != NULL ? desk_duty(desk, subject, name) : NULL;
    if (duty != NULL) {
        json_set_text(arguments->fact, "duty", duty->key);
    }
}

// What a correction does not say is as it was entered.
static bool corrected_set(struct arguments *arguments, struct desk *desk, const char *subject,
    char *error, size_t error_size)
{
    static const char *const kept[] = {
        "at", "channel", "recipient", "incomplete", "contact", "confirmed_channel"};
    json_t *fact = arguments->fact;
    const struct duty *duty = desk_duty(desk, subject, json_word(fact, "duty"));
    bool received = strcmp(json_word(fact, "corrects"), "received") == 0;
    const char *entry = duty == NULL ? "" : received ? duty->received_entry : duty->sent_entry;
    json_t *wrong = book_fact(&arguments->book, entry);
    if (wrong == NULL) {
        return desk_has_no_entry(desk, fact, error, error_size);
    }
    json_set_text(fact, "replaces", entry);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        bool given = json_object_get(fact, kept[i]) != NULL ||
                     json_is_true(json_object_get(fact, "withdrawn"));
        json_t *value = json_object_get(wrong, kept[i]);
        if (!given && value != NULL) {
            json_object_set(fact, kept[i], value);
        }
    }
    json_decref(wrong);
    return true;
}

static bool read(struct arguments *arguments, struct fact *ret, char *error, size_t error_size)
{
    char *text = json_compact(arguments->fact);
    bool good = fact_read(text, arguments->book.settings, ret, error, error_size);
    free(text);
    return good;
}

static bool put(
    const struct arguments *arguments, const struct fact *fact, char *error, size_t size)
{
    json_t *json = fact_json(arguments->book.settings, fact);
    char *text = json_compact(json);
    json_decref(json);
    bool good =
        arguments->print || ledger_add_fact(arguments->book.path, fact->id, text, error, size);
    if (good) {
        puts(arguments->print ? text : fact->id);
    }
    free(text);
    return good;
}

static bool enter(struct arguments *arguments, const json_t *incident)
{
    char error[4096];
    // A notice is known by the duty of its answer; before it is entered by nothing (subject "").
    bool notice = json_object_get(incident, "incident") == NULL;
    const char *subject = json_word(incident, notice ? "notice" : "incident");
    struct fact *fact = calloc(1, sizeof(*fact));
    struct desk *desk = desk_open(&arguments->book, notice ? NULL : incident, subject);
    key_set(arguments, desk, subject);
    bool good = fact != NULL && (!corrects(arguments->move) ||
                                    corrected_set(arguments, desk, subject, error, sizeof(error)));
    book_times_set(arguments->fact, arguments->print);
    good = good && read(arguments, fact, error, sizeof(error)) &&
           book_takes(&arguments->book, fact, error, sizeof(error)) &&
           desk_allows(desk, fact, error, sizeof(error)) &&
           put(arguments, fact, error, sizeof(error));
    if (!good) {
        log_error("%s", error);
    }
    desk_close(desk);
    free(fact);
    return good;
}

static int move_run(struct arguments *arguments)
{
    json_t *incident;
    arguments->book.network_id = json_string_value(json_object_get(arguments->fact, "network"));
    int status = book_read(&arguments->book);
    if (status == EXIT_DONE) {
        bool good = incident_set(arguments, &incident) && enter(arguments, incident) &&
                    !arguments->book.failed;
        status = good ? EXIT_DONE : EXIT_INPUT;
        json_decref(incident);
    }
    return status;
}

int ledger_move_main(int argc, char **argv)
{
    struct arguments arguments = {.fact = json_object()};
    struct argp_option options[OPTIONS + 1] = {0};
    char usage[80], text[1024];
    size_t count = 0;
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        arguments.move = strcmp(moves[i].name, argv[0]) == 0 ? &moves[i] : arguments.move;
    }
    for (size_t i = 0; i < OPTIONS; i++) {
        unsigned takes = option_takes(all_options[i].key);
        if (takes == 0 || (takes & arguments.move->takes) != 0) {
            options[count++] = all_options[i];
        }
    }
    snprintf(usage, sizeof(usage), "-c SETTINGS %s", arguments.move->usage);
    snprintf(text, sizeof(text),
        "%s\vID: of `ledger list`, or its first 6 digits or more. Who, when and why stand in the "
        "ledger alone. A run takes it at its next tick or refuses it: `ledger list` says which. "
        "What is entered into a replay's ledger or a backup nobody takes.\n\nExample:\n  tapgrade "
        "ledger %s -c my/tapgrade.yaml %s",
        arguments.move->teaches, arguments.move->name, arguments.move->example);
    struct argp argp = {options, parse_option, usage, text, NULL, NULL, NULL};
    json_set_text(arguments.fact, "kind", arguments.move->kind);
    book_parse(&argp, arguments.move->name, argc, argv, &arguments);
    duty_default(&arguments);
    int status = move_run(&arguments);
    book_close(&arguments.book);
    json_decref(arguments.fact);
    return status;
}
