// Tables that are data: business functions, response codes, regions. Read once, never changed.
#pragma once

#include "config/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// What kind of message exchange a transaction is. Only business and batch are counted in cells.
enum kind {
    KIND_BUSINESS,       // a customer's intent: authorization or financial request
    KIND_REVERSAL,       // 04xx
    KIND_ADVICE,         // x2x: store-and-forward, repeated until answered
    KIND_MANAGEMENT,     // 08xx: sign-on, echo, cut-over, keys
    KIND_RECONCILIATION, // 05xx
    KIND_FILE,           // 03xx
    KIND_OTHER,          // everything else
};
extern const char *const kind_names[]; // by enum kind

// A pattern of digits; '.' stands for any digit or character. An empty pattern matches everything.
struct function_match {
    char *mti;        // 4 digits, e.g. "0200"; the origin digit's repeat bit is ignored
    char *processing; // field 3
    char *condition;  // field 25
};

struct function {
    char *id;              // in records: "payment"
    char *name;            // for people: "消费"
    bool main;             // 主要功能 (art. 31(5))
    int64_t time_limit_ns; // an answer later than this is a failure (超时报错); 0: the link's limit
    bool batch; // end of day, 代扣: many at once, whose refusals come in waves; never main
    struct function_match *matches;
    size_t match_count;
};

// The functions of one network, in order of trial. Index function_count means "other": not main.
struct function_table {
    struct function *functions;
    size_t function_count;
    // Private to functions.c: the patterns compiled for function_find.
    struct function_row *rows;
    uint32_t *first_rows;
};
extern const struct schema function_table_schema;

// Reads, checks and compiles a table. *ret is always valid to give to function_table_free.
bool function_table_read(const char *path, struct function_table *ret, struct mistakes *mistakes);
void function_table_free(struct function_table *table);

// The function of a request or of its answer: first match wins; function_count when none matches.
// mti as four digits of a number (0200 is 200), origin digit ignored; processing 0..999999 or -1
// when the field is absent; condition 0..99 or -1. An absent field matches only an empty pattern.
size_t function_find(
    const struct function_table *table, int mti, int32_t processing, int condition);
const char *function_id(
    const struct function_table *table, size_t function); // "other" past the end
const char *function_name(
    const struct function_table *table, size_t function); // "其他" past the end

// What field 39 (ISO 8583) says.
enum verdict {
    VERDICT_SUCCEEDED, // ok
    VERDICT_DECLINED,  // biz: refused by the bank's or card's rules: processed
    VERDICT_FAILED,    // sys
    VERDICT_PENDING,   // the final answer decides
    VERDICT_PLANNED,   // sys, but inside a planned cut-over
    VERDICT_EXCLUDED,  // not an online business answer
    VERDICT_THROTTLED, // turned away by a limit on how many may come: neither processed nor failed
};

struct response_code {
    char *code; // two characters (1987) or three (1993)
    char *meaning;
    enum verdict verdict;
    bool degraded; // approved although a party failed
};

struct response_codes {
    char *name;
    enum verdict
        unlisted; // for codes that are not in the table; they are also counted under their own name
    struct response_code *codes;
    size_t code_count;
    uint16_t *index; // by response_code_number(): 1 + index into codes, 0 unlisted; made at load
};
extern const struct schema response_codes_schema;

// Reads, checks and indexes a table. *ret is always valid to give to response_codes_free.
bool response_codes_read(const char *path, struct response_codes *ret, struct mistakes *mistakes);
void response_codes_free(struct response_codes *codes);

#define RESPONSE_CODE_CHARACTERS 3 // at most
#define RESPONSE_CODE_NUMBERS    (36 * 36 * 36 + 36 * 36)

// A number for two or three characters of 0-9, A-Z, a-z (folded); -1 for anything else.
int response_code_number(const uint8_t *text, size_t length);
// NULL when the code is not in the table.
const struct response_code *response_code_find(const struct response_codes *codes, int number);

// The bank's names for what a field's first or last characters say (labels.c): units of a network,
// counterparties of a link. A label is the index of a name, the first one 1.
#define LABEL_NONE       0
#define LABEL_OTHER      UINT16_MAX // a value that no row of the table names
#define LABEL_CHARACTERS 8          // of a value, at most

struct label_rule {
    uint64_t from, to; // label_word of them
    uint16_t label;
    uint8_t field, length, rank;
    bool last;
};

// Rules about as many characters of the same end of a field, in order.
struct label_group {
    uint8_t field, length;
    bool last; // of the value's last characters, else of its first
    uint32_t first, count;
};

struct label_table {
    char **names;
    size_t count; // of names
    struct label_rule *rules;
    size_t rule_count;
    struct label_group *groups; // in order of trial
    size_t group_count;
    uint64_t fields[3]; // bit f % 64 of word f / 64: some rule is about field f
};

// Reads a TSV with the header "field\tpart\tfrom\tto\tname"; names have up to `longest` bytes. *ret
// is always valid to give to label_table_free.
bool label_table_read(
    const char *path, size_t longest, struct label_table *ret, struct mistakes *mistakes);
void label_table_free(struct label_table *table);
// The label of these characters (label_word), as many as the group's length says; LABEL_NONE when
// no rule fits.
uint16_t label_find(
    const struct label_table *table, const struct label_group *group, uint64_t word);
// "" for LABEL_NONE, "other" past the last name.
const char *label_name(const struct label_table *table, uint16_t label);

// The first `count` of eight readable characters, 1 to 8, as a word of the same order.
static inline uint64_t label_word(const uint8_t characters[static LABEL_CHARACTERS], size_t count)
{
    uint64_t word;
    memcpy(&word, characters, sizeof(word));
    _Static_assert(
        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte must become the high one");
    return __builtin_bswap64(word) & UINT64_MAX << 8 * (LABEL_CHARACTERS - count);
}

// A class of GB/T 20986-2023 (art. 19: 网络安全事件分类).
#define CLASSIFICATION_CODE 5 // digits: two of the category, three of the class
#define CLASSIFICATIONS_MAX 1000
struct classification {
    char code[CLASSIFICATION_CODE + 1];
    char *category, *name;
    bool verified; // against the bought standard; else the code is derived from the order of names
};
struct classifications {
    struct classification *rows;
    size_t count;
};
// Codes that the machine proposes: every table must have them.
#define CLASS_RANSOMWARE "01007"
#define CLASS_TAMPERED   "03001"
#define CLASS_LEAKED     "03003"
#define CLASS_DATA_LOST  "03011"
#define CLASS_ACCESS     "08001"
#define CLASS_TRAFFIC    "08002"
// Reads the TSV (code, category, name, verified). *ret is always valid to give to
// classifications_free.
bool classifications_read(const char *path, struct classifications *ret, struct mistakes *mistakes);
void classifications_free(struct classifications *classifications);
// NULL when the table has no such code.
const struct classification *classification_find(
    const struct classifications *classifications, const char *code);

#define PROVINCE_UNKNOWN  0
#define PROVINCE_NATIONAL 99  // institutions of the whole country: two provinces or more (T-D21)
#define PROVINCES         100 // GB/T 2260 two digits, 00 unknown

// Region digits → province. Four-digit PBOC codes, and GB/T 2260 codes by their first two digits.
struct regions {
    uint8_t pboc[10000];      // by code; 0 unknown. the prefix rule is already applied
    bool pboc_listed[10000];  // the code itself is in the table
    bool province[PROVINCES]; // a GB/T 2260 province code
};

// Reads the TSV (region_code, city, province_gbt2260, province_name).
bool regions_read(const char *path, struct regions *ret, struct mistakes *mistakes);
// By GB/T 2260, whether or not the table has a row of it.
bool province_is_known(uint8_t province);
const char *province_name(uint8_t province); // "江苏省"; "未知" for 0 and for codes that are none

// Value prefixes of a field that decide the province before any code does.
struct province_override {
    uint8_t field; // 42, 32 or 33
    char prefix[20];
    uint8_t prefix_length;
    uint8_t province;
};

struct province_overrides {
    struct province_override *rows; // sorted: field, then longest prefix first, then its bytes
    size_t count;
};
void province_overrides_free(struct province_overrides *overrides);

// Reads a TSV with the header "field\tprefix\tprovince".
bool province_overrides_read(
    const char *path, struct province_overrides *ret, struct mistakes *mistakes);
// The province of a field's value, or PROVINCE_UNKNOWN when no prefix fits.
uint8_t province_overrides_find(
    const struct province_overrides *overrides, int field, const uint8_t *value, size_t length);
