// tapgrade ledger export: what an inspector gets of one incident (art. 26): everything that the
// ledger says of it, the documents, what was entered, the messages, the evidence, and what the
// verdict came from; each file with its SHA-256, each entry with its place in the chain. Nothing of
// it needs tapgrade to be read or checked.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/drafts/page.h"
#include "detectors/ledger/ledger.h"

#include "tools/commands.h"
#include "tools/ledger/bundle.h"
#include "tools/ledger/folder.h"
#include "tools/ledger/ledger.h"
#include "tools/ledger/table.h"
#include "tools/ledger/words.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_TO = 0x100 };

struct arguments {
    struct book book;
    const char *id, *to;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_TO: arguments->to = value; return 0;
    case ARGP_KEY_ARG:
        if (arguments->id != NULL) {
            argp_error(state, "too much: '%.80s'", value);
        }
        arguments->id = value;
        return 0;
    case ARGP_KEY_END:
        if (arguments->id == NULL || arguments->to == NULL) {
            argp_error(state, "it takes ID --to FOLDER");
        }
        break;
    default: break;
    }
    return book_option(&arguments->book, key, value, state);
}

static const struct argp_option options[] = {
    BOOK_OPTIONS,
    {"to", OPTION_TO, "FOLDER", 0, "the folder that is made", 1},
    {0},
};

static const struct argp argp = {options, parse_option, "-c SETTINGS ID --to FOLDER",
    "Writes all that an inspector asks for of one incident into a folder that is made (art. 26), "
    "after the ledger was verified. It can be read and checked without tapgrade: its README says "
    "how. Of a network whose secrecy is `state` nothing leaves (art. 2).\v"
    "Names of those who entered facts are in it: give it to nobody else.\n\n"
    "Example:\n"
    "  tapgrade ledger export -c my/tapgrade.yaml 4f1c2a --to /media/inspection/4f1c2a",
    NULL, NULL, NULL};

// The entries of an incident: its own, those of the facts about it, those about its messages.
#define FACTS_OF                                                                                   \
    "SELECT f.id FROM fact_history f WHERE json_extract(f.json, '$.incident') = ?1"                \
    " UNION SELECT json_extract(x.value, '$.id') FROM incident_history h,"                         \
    " json_each(h.json, '$.entered') x WHERE h.id = ?1"
#define ENTRIES_OF                                                                                 \
    " FROM entries WHERE substr(key, 1, length(?1) + 1) = ?1 || '/' OR key IN (" FACTS_OF ")"      \
    " ORDER BY number"

static const struct {
    const char *file, *query; // one text a row
} lists[] = {
    {"entries.jsonl",
        "SELECT json_object('number', number, 'kind', kind, 'key', key, 'previous',"
        " lower(hex(previous)), 'hash', lower(hex(hash)), 'content', content)" ENTRIES_OF},
    {"incident.jsonl", "SELECT json FROM incident_history WHERE id = ?1"},
    {"duties.jsonl", "SELECT json FROM duty_history WHERE incident = ?1"},
    {"facts.jsonl", "SELECT content FROM entries WHERE kind = 'fact' AND key IN (" FACTS_OF ")"
                    " ORDER BY number"},
    {"messages.jsonl",
        "SELECT json_object('ce_id', id, 'topic', topic, 'key', key, 'headers', json(headers),"
        " 'value', json(value), 'state', state, 'delivered_at', delivered_at) FROM outbox"
        " WHERE substr(id, 1, length(?1) + 1) = ?1 || '/' ORDER BY number"},
    {"chain.tsv", "SELECT number || char(9) || lower(hex(hash)) FROM entries WHERE ?1 <> ''"
                  " ORDER BY number"},
};

static void list_put(
    struct book *book, struct folder *folder, const char *file, const char *query, const char *id)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    sqlite3_stmt *rows = book_query(book, query, id, NULL);
    while (book_next(book, &rows)) {
        fprintf(out, "%s\n", book_text(rows, 0));
    }
    fclose(out);
    folder_put(folder, file, text, size);
    free(text);
}

// drafts/O3-2_5.txt of …/O3/2/5: the version is last.
static void draft_name(const char *id, const char *ending, char *ret, size_t size)
{
    const char *duty = strchr(id, '/') + 1;
    int length = snprintf(ret, size, "drafts/%s%s", duty, ending);
    char *last = NULL;
    for (char *at = ret + sizeof("drafts/") - 1; length > 0 && *at != '\0'; at++) {
        if (*at == '/') {
            *at = '-';
            last = at;
        }
    }
    if (last != NULL) {
        *last = '_';
    }
}

static void page_put(struct folder *folder, const char *name, const char *text)
{
    char *page = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&page, &size);
    page_html(out, text);
    fclose(out);
    folder_put(folder, name, page, size);
    free(page);
}

static bool odt_write(const char *path, const void *text, char *error, size_t error_size)
{
    return page_odt(path, text, error, error_size);
}

static void drafts_put(struct book *book, struct folder *folder, const char *id)
{
    char name[128];
    sqlite3_stmt *rows = book_query(book,
        "SELECT id, json, text FROM draft_history WHERE incident = ? AND instr(id, '/') > 0", id,
        NULL);
    while (book_next(book, &rows)) {
        draft_name(book_text(rows, 0), ".json", name, sizeof(name));
        folder_put_text(folder, name, book_text(rows, 1));
        draft_name(book_text(rows, 0), ".txt", name, sizeof(name));
        folder_put_text(folder, name, book_text(rows, 2));
        draft_name(book_text(rows, 0), ".html", name, sizeof(name));
        page_put(folder, name, book_text(rows, 2));
        draft_name(book_text(rows, 0), ".odt", name, sizeof(name));
        folder_write(folder, name, odt_write, book_text(rows, 2));
    }
}

static void register_put(struct book *book, struct folder *folder, const char *id)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    struct table *table = register_table(book, id);
    table_print(table, TABLE_CSV, out);
    table_free(table);
    fclose(out);
    folder_put(folder, "register.csv", text, size);
    free(text);
}

// A file that the ledger or the settings name; what is gone is told, and is no mistake.
static void named_put(struct folder *folder, const char *into, const char *path)
{
    char name[512], *copy = strdup(path);
    snprintf(name, sizeof(name), "%s/%s", into, basename(copy));
    if (!folder_copy(folder, name, path)) {
        log_warning("'%s' cannot be read and is not in the export", path);
    }
    free(copy);
}

static void evidence_put(struct book *book, struct folder *folder, const char *id)
{
    static const char query[] = "SELECT json_extract(content, '$.file') FROM entries"
                                " WHERE kind = 'evidence' AND substr(key, 1, length(?1)) = ?1"
                                " AND json_extract(content, '$.file') <> ''";
    sqlite3_stmt *rows = book_query(book, query, id, NULL);
    while (book_next(book, &rows)) {
        char path[LEDGER_PATH_MAX + 512], *copy = strdup(book->path);
        const char *file = book_text(rows, 0);
        snprintf(path, sizeof(path), "%s%s%s", file[0] == '/' ? "" : dirname(copy),
            file[0] == '/' ? "" : "/evidence/", file);
        named_put(folder, "evidence", path);
        free(copy);
    }
}

static size_t without(const char *path, size_t length, const char *ending)
{
    size_t ends = strlen(ending);
    bool has = length > ends && strncmp(path + length - ends, ending, ends) == 0;
    return has ? length - ends : length;
}

// What the verdict came from: the journal of all institutions' ledgers is one.
static void verdict_put(struct book *book, struct folder *folder, const json_t *incident)
{
    char path[LEDGER_PATH_MAX + 16], id[128];
    size_t length = without(book->path, strlen(book->path), ".sqlite");
    const struct settings *settings = book->settings;
    for (size_t i = 0; settings->institution_count > 1 && i < settings->institution_count; i++) {
        snprintf(id, sizeof(id), ".%s", settings->institutions[i].id);
        size_t shorter = without(book->path, length, id);
        if (shorter < length) {
            length = shorter;
            break;
        }
    }
    snprintf(path, sizeof(path), "%.*s.journal", (int)length, book->path);
    bundle_put(folder, book->settings_path, path, incident);
}

static const char readme[] =
    "事件 %s 台账导出（令〔2025〕第4号第二十五条、第二十六条）\n"
    "Export of incident %s from the ledger (arts. 25, 26)\n"
    "%s"
    "\n"
    "核对 / to check:   sha256sum -c SHA256SUMS\n"
    "台账链尾 / the chain ends at:   %lld:%s\n"
    "\n"
    "incident.jsonl   事件的每次变化，最后一行为最新状态 / every change of the incident\n"
    "duties.jsonl     每项报告义务及其时限、状态 / every duty with its clock\n"
    "facts.jsonl      人工录入的事实：何人、何时、依据 / what persons entered: who, when, why\n"
    "register.csv     第二十五条台账：事发时间、事发报告时间、接报联系人、报告内容 / the register "
    "of art. 25\n"
    "drafts/          每份报告草稿的每个版本（机器草稿，须人工核实） / every version of every "
    "draft: "
    "JSON, "
    "text, web page, office document\n"
    "messages.jsonl   发往 Kafka 的消息及送达时间 / messages to Kafka, and when they arrived\n"
    "evidence/        流量证据（pcapng），摘要值见 entries.jsonl / frames, with their hashes in "
    "entries.jsonl\n"
    "verdict/         定级所依据的设置、分级标准、正常业务量、逐秒计数 / what the verdict came "
    "from\n"
    "entries.jsonl    以上内容在台账中的原始条目及其哈希 / the entries as they stand in the chain\n"
    "chain.tsv        台账全部条目的序号与哈希 / number and hash of every entry of the ledger\n"
    "\n"
    "复核定级 / to judge again:   tapgrade replay -c verdict/settings.yaml --start-at counters "
    "--as-sensor --facts facts.jsonl verdict/counters.jsonl\n"
    "\n"
    "每个条目的哈希 = BLAKE2b-256（前一条哈希，再依次为 kind、key、content，各以其 8 "
    "字节小端长度开头）。\n"
    "hash = BLAKE2b-256 over the previous hash, then kind, key, content, each behind its length as "
    "8\n"
    "little-endian bytes. With Python, which prints nothing when all fit:\n"
    "\n"
    "  import hashlib, json\n"
    "  chain = [bytes(32)] + [bytes.fromhex(line.split()[1]) for line in open('chain.tsv')]\n"
    "  for line in open('entries.jsonl', encoding='utf-8'):\n"
    "      e = json.loads(line)\n"
    "      parts = [e[name].encode() for name in ('kind', 'key', 'content')]\n"
    "      text = chain[e['number'] - 1] + b''.join(len(p).to_bytes(8, 'little') + p for p in "
    "parts)\n"
    "      if hashlib.blake2b(text, digest_size=32).digest() != chain[e['number']]: "
    "print(e['number'])\n";

static void readme_put(struct folder *folder, const char *id, const struct ledger_head *head,
    const struct network_settings *network)
{
    char text[8192];
    bool secret = network->secrecy == SECRECY_WORK;
    snprintf(text, sizeof(text), readme, id, id,
        secret
            ? "涉及工作秘密，不得通过互联网渠道传递（第十八条） / 工作秘密: no Internet channel\n"
            : "",
        (long long)head->count, head->hash);
    folder_put_text(folder, "README.txt", text);
}

// Art. 2: a state secret is handled by other rules. What is not known is none that may leave.
static const struct network_settings *network_may_leave(struct book *book, const json_t *incident)
{
    const char *id = json_word(incident, "network");
    for (size_t i = 0; i < book->settings->network_count; i++) {
        const struct network_settings *network = &book->settings->networks[i];
        if (strcmp(network->id, id) == 0) {
            if (network->secrecy == SECRECY_STATE) {
                log_error("the network '%s' is a state secret: nothing of it is exported, it is "
                          "handled offline (art. 2)",
                    id);
            }
            return network->secrecy == SECRECY_STATE ? NULL : network;
        }
    }
    log_error("the settings have no network '%s', so nobody knows its secrecy: not exported", id);
    return NULL;
}

static bool folder_fill(struct arguments *arguments, const char *id,
    const struct network_settings *network, const struct ledger_head *head, const json_t *incident)
{
    struct book *book = &arguments->book;
    char error[512];
    struct folder *folder = folder_new(arguments->to, error, sizeof(error));
    if (folder != NULL) {
        readme_put(folder, id, head, network);
        for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
            list_put(book, folder, lists[i].file, lists[i].query, id);
        }
        drafts_put(book, folder, id);
        register_put(book, folder, id);
        evidence_put(book, folder, id);
        verdict_put(book, folder, incident);
        if (folder_end(folder, error, sizeof(error))) {
            return !book->failed;
        }
    }
    log_error("%s", error);
    return false;
}

static bool incident_export(struct arguments *arguments)
{
    struct book *book = &arguments->book;
    struct ledger_head head;
    char id[FACT_ID_MAX], error[512];
    json_t *incident = book_incident(book, arguments->id, id);
    const struct network_settings *network =
        incident == NULL ? NULL : network_may_leave(book, incident);
    bool done = network != NULL;
    if (done && !ledger_verify(book->path, &head, error, sizeof(error))) {
        log_error("%s", error);
        done = false;
    }
    if (done) { // all files say the same instant of the ledger, though a run may write it
        sqlite3_exec(book->database, "BEGIN", NULL, NULL, NULL);
        done = folder_fill(arguments, id, network, &head, incident);
    }
    json_decref(incident);
    return done;
}

int ledger_export_main(int argc, char **argv)
{
    struct arguments arguments = {0};
    book_parse(&argp, argv[0], argc, argv, &arguments);
    int status = book_read(&arguments.book);
    if (status == EXIT_DONE) {
        status = incident_export(&arguments) ? EXIT_DONE : EXIT_INPUT;
    }
    if (status == EXIT_DONE) {
        printf("%s\n", arguments.to);
    }
    book_close(&arguments.book);
    return status;
}
