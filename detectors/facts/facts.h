// The record `fact`: what traffic cannot show and a person has entered, such as a leak, a word of
// an authority or public attention (arts. 7 to 10, 12, 15(2)). No stage: it comes beside the flow,
// by `tapgrade ledger fact` in a live run and by `replay --facts`. So do persons' moves. It says
// who entered it, when and why; it is never changed: a later one may stand in its place
// (`replaces`).
#pragma once

#include "config/settings.h"

#include <jansson.h>

#include <stdbool.h>
#include <stdio.h>

struct fact;

enum fact_kind {
    FACT_LEAK,           // data or personal information came to harm: which, how, how many
    FACT_RANSOMWARE,     // with harm done to a network or to data (art. 9(4))
    FACT_NOTICE,         // an authority has said which grade it is
    FACT_ATTENTION,      // 较大舆情 (art. 15(2)): changes the duties, not the grade
    FACT_CANNOT_PROCEED, // 业务无法正常开展, as a person sees it (art. 10(3))
    FACT_CAUSE,          // for the record: the machine blames no cause
    FACT_CONFIRM,        // the incident belongs to its group (art. 12(2))
    FACT_SPLIT,          // it does not
    // What a person does about an incident and its duties: moves, which change no measurement.
    FACT_SENT,                 // a report of a duty went to the authority
    FACT_RECEIVED,             // the authority has it, as its contact said
    FACT_FILL,                 // an item of a report that only a person knows (art. 19)
    FACT_ENDED,                // 处置结束, at `at`
    FACT_DECIDE,               // a provisional brief: reported, or not (不报告依据)
    FACT_ACKNOWLEDGE,          // a person has seen the incident
    FACT_REGRADE,              // a person's grade: the only way down
    FACT_FALSE_ALARM,          // it was none
    FACT_OUT_OF_SCOPE,         // it is not one of the PBOC's domain
    FACT_CLOSE,                // nothing more is due
    FACT_STAGE,                // 取得阶段性成果 (art. 16): reported at once
    FACT_PROBLEM,              // 出现新的重大问题 (art. 16): reported at once
    FACT_PROMISE,              // the date by which the summary will be there (art. 17)
    FACT_RETURNED,             // the summary came back with formal comments (art. 23)
    FACT_RISK_NOTICE,          // the PBOC warned of a risk and asks for an answer (art. 24)
    FACT_CRIME_SUSPECTED,      // shown: the police's rules run beside this one (art. 4)
    FACT_PERSONAL_INFORMATION, // 个人信息 is involved, or is not (art. 20)
    FACT_CORRECT, // `sent` or `received` was entered wrongly: what is right, or nothing
    FACT_MUTE,    // nobody is called for its network until `until` (calls.h)
    FACT_KINDS,
};
extern const struct choice fact_kinds[];
// Of the life cycle and the duties; every other kind is the grades'.
bool fact_is_move(const struct fact *fact);

enum data_kind {
    DATA_PERSONAL,          // 个人信息
    DATA_SENSITIVE,         // 敏感个人信息, personal information too
    DATA_CREDIT,            // 征信信息 of natural persons, personal information too
    DATA_ENTERPRISE_CREDIT, // 征信信息 of enterprises
    DATA_PROPERTY,          // 财产信息, personal information too
    DATA_IMPORTANT,         // 重要数据
    DATA_CORE,              // 核心数据
    DATA_BUSINESS,          // other data of the PBOC's domain
};
extern const struct choice data_kinds[];

enum data_harm { HARM_LEAKED, HARM_TAMPERED, HARM_DESTROYED, HARM_LOST }; // 泄露 篡改 破坏 丢失
extern const struct choice data_harms[];

// Whose word it is (arts. 7(5)(6), 8(5)(6), 9(5), 10(6)).
enum authority {
    AUTHORITY_CAC,               // 网信部门
    AUTHORITY_POLICE,            // 公安机关
    AUTHORITY_PBOC,              // 中国人民银行
    AUTHORITY_PBOC_SHANGHAI,     // 上海总部
    AUTHORITY_PBOC_PROVINCIAL,   // 省级分行
    AUTHORITY_PBOC_PLANNED_CITY, // 计划单列市分行
    AUTHORITY_PBOC_PREFECTURE,   // 地市分行: shown, not applied
};
extern const struct choice authorities[];

enum channel {
    CHANNEL_NONE,
    CHANNEL_WRITING, // 书面, sealed
    CHANNEL_PHONE,
    CHANNEL_OTHER,
    CHANNEL_IM,
    CHANNEL_EMAIL,
    CHANNEL_FAX,
    CHANNEL_SYSTEM, // the one that the PBOC names
};
extern const struct choice channels[];         // of a notice
extern const struct choice sent_channels[];    // of a report (art. 18)
extern const struct choice confirm_channels[]; // of a receipt of e-mail or fax: phone, im
extern const struct choice corrected_kinds[];  // FACT_SENT, FACT_RECEIVED
extern const char *const channel_names_chinese[];
extern const struct choice fact_grades[]; // common, larger, major, maximum: as in the rule books
extern const struct choice regrades[];    // those, and none

#define FACT_ID_MAX    33 // 32 hex digits: hash of all that it says
#define FACT_BY_MAX    128
#define FACT_WHY_MAX   1024
#define FACT_COUNT_MAX 100000000000LL
#define FACT_ITEM_MAX  48
#define FACT_VALUE_MAX 4096
#define DUTY_KEY_MAX   16 // "O1", "O1-15(2)", "O3/2"
// Of `incident`: the fact opens an incident of its own, whatever goes on in the network.
#define FACT_NEW "new"

struct fact {
    char id[FACT_ID_MAX];
    int kind; // enum fact_kind
    uint16_t network;
    struct instant at;         // since when it is so: the leak was found, the notice came
    struct instant until;      // FACT_CANNOT_PROCEED: when it was over; INSTANT_NEVER: not yet.
                               // FACT_MUTE: a day after `at` at the latest
    struct instant entered_at; // not before `at`; nobody knows it earlier
    char by[FACT_BY_MAX], why[FACT_WHY_MAX]; // UTF-8; who is for the ledger alone
    char incident[FACT_ID_MAX];    // that it belongs to; "": what is open in its network; FACT_NEW
    char replaces[FACT_ID_MAX];    // an earlier fact that does not count any more; "": none.
                                   // FACT_CORRECT: the entry that was wrong
    int data, harm;                // FACT_LEAK: enum data_kind, data_harm
    int64_t records;               // FACT_LEAK: how many, at least 1
    bool possible;                 // FACT_LEAK: 可能发生
    bool social_harm;              // FACT_LEAK: 导致社会危害
    int authority, channel, grade; // FACT_NOTICE; FACT_SENT: channel; FACT_REGRADE: grade
    char duty[DUTY_KEY_MAX];       // FACT_SENT, FACT_RECEIVED, FACT_DECIDE, FACT_FILL ("": of all)
    char recipient[FACT_BY_MAX];   // FACT_SENT: the authority
    char incomplete[FACT_WHY_MAX]; // FACT_SENT, FACT_CLOSE: why items are missing; "": none is
    int corrects;                  // FACT_CORRECT: FACT_SENT or FACT_RECEIVED; with its fields
    bool withdrawn;                // FACT_CORRECT: it did not happen
    char contact[FACT_BY_MAX];     // FACT_RECEIVED: 接报联系人, for the ledger alone
    int confirmed_channel;         // FACT_RECEIVED: CHANNEL_NONE, or how it was confirmed
    char item[FACT_ITEM_MAX], value[FACT_VALUE_MAX]; // FACT_FILL; lines are kept apart by \n
    int64_t date;  // FACT_PROMISE: of the summary; FACT_RISK_NOTICE: of the answer (calendar.h)
    bool report;   // FACT_DECIDE
    bool involved; // FACT_PERSONAL_INFORMATION
};

// One JSON line. 1: a fact, 0: end, -1: *error says what is wrong with which line (counted in
// *line from 1). Without entered_at it was entered when it happened. What is read is checked like
// any input from outside: known keys, those of its kind only, lengths, ranges.
int fact_scan(FILE *in, const struct settings *settings, size_t *line, struct fact *ret,
    char *error, size_t error_size);
// The same of one text; false with one sentence.
bool fact_read(const char *text, const struct settings *settings, struct fact *ret, char *error,
    size_t error_size);
// One of the ledger: which numbers may be entered does not matter any more.
bool fact_read_again(const char *text, const struct settings *settings, struct fact *ret,
    char *error, size_t error_size);
// All facts of a file, in the order in which they were entered; the caller frees. NULL with one
// sentence, none: *ret_count is 0.
struct fact *facts_load(const char *path, const struct settings *settings, size_t *ret_count,
    char *error, size_t error_size);

// All that it says, for the ledger: what fact_read reads back as the same. A new reference.
json_t *fact_json(const struct settings *settings, const struct fact *fact);
// The same without who and why, for messages: names of persons leave on no channel.
json_t *fact_shown_json(const struct fact *fact);
// One line of Chinese: 个人信息泄露 60000 条.
#define FACT_TEXT_MAX 256
const char *fact_chinese(const struct fact *fact, char text[static FACT_TEXT_MAX]);
// What a duty of this key is called: O1-15(2) → 事发简要报告.
const char *duty_key_chinese(const char *key);
