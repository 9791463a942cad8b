#include "tests/unit/pairing/rig.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(text) ((char[]){text}) // settings own their texts

static struct response_code codes[] = {
    {TEXT("00"), TEXT("approved"), VERDICT_SUCCEEDED, false},
    {TEXT("A2"), TEXT("approved with a defect"), VERDICT_SUCCEEDED, true},
    {TEXT("51"), TEXT("not enough money"), VERDICT_DECLINED, false},
    {TEXT("96"), TEXT("switch malfunction"), VERDICT_FAILED, false},
    {TEXT("09"), TEXT("being processed"), VERDICT_PENDING, false},
    {TEXT("90"), TEXT("cut-over"), VERDICT_PLANNED, false},
    {TEXT("95"), TEXT("reconciliation"), VERDICT_EXCLUDED, false},
    {TEXT("T9"), TEXT("too many"), VERDICT_THROTTLED, false},
};
#define CODES (sizeof(codes) / sizeof(codes[0]))

static struct function functions[] = {
    {.id = TEXT("payment"), .name = TEXT("消费"), .main = true},
    {.id = TEXT("inquiry"), .name = TEXT("余额查询"), .time_limit_ns = 5 * NS_PER_S},
};

static char *units[] = {TEXT("理财"), TEXT("shard-2")},
            *parties[] = {TEXT("01030000"), TEXT("01040000")};
static char *sites[] = {TEXT("上海数据中心"), TEXT("site \"B\"")};

static void network_init(struct network_settings *network)
{
    static char id[] = "pay", name[] = "rig";
    network->id = id;
    network->functions = (struct function_table){functions, 2};
    network->response_codes = (struct response_codes){
        .name = name, .unlisted = VERDICT_FAILED, .codes = codes, .code_count = CODES};
    network->response_codes.index = calloc(RESPONSE_CODE_NUMBERS, sizeof(uint16_t));
    for (size_t i = 0; i < CODES; i++) {
        int number = response_code_number((const uint8_t *)codes[i].code, 2);
        network->response_codes.index[number] = (uint16_t)(i + 1);
    }
}

struct settings *rig_settings(int64_t open)
{
    static const struct {
        const char *id;
        int64_t limit_s;
        uint16_t site;
    } links[RIG_LINKS] = {{"cups-a", 30, 0}, {"pos-b", 60, 1}, {"cups-c", 30, 1}};
    struct settings *settings = calloc(1, sizeof(*settings));
    settings->networks = calloc(1, sizeof(*settings->networks));
    settings->network_count = 1;
    network_init(&settings->networks[0]);
    settings->links = calloc(RIG_LINKS, sizeof(*settings->links));
    settings->link_count = RIG_LINKS;
    for (size_t i = 0; i < RIG_LINKS; i++) {
        settings->links[i].id = strdup(links[i].id);
        settings->links[i].time_limit_ns = links[i].limit_s * NS_PER_S;
        settings->links[i].site = links[i].site;
    }
    settings->networks[0].units = (struct label_table){.names = units, .count = 2};
    settings->links[RIG_POS].counterparties = (struct label_table){.names = parties, .count = 2};
    settings->sites = sites;
    settings->site_count = 2;
    settings->packets.hold_ns = NS_PER_S;
    settings->transactions.open = open;
    settings->transactions.remember_limits = 4;
    return settings;
}

void rig_settings_free(struct settings *settings)
{
    for (size_t i = 0; i < RIG_LINKS; i++) {
        free(settings->links[i].id);
    }
    free(settings->networks[0].response_codes.index);
    free(settings->networks);
    free(settings->links);
    free(settings);
}

struct instant rig_at(int64_t ns)
{
    return instant_add(instant_from_s(RIG_BASE_S), ns);
}

uint64_t rig_mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

struct message rig_request(uint64_t key, int64_t at_ns, uint64_t ordinal)
{
    return (struct message){
        .at = rig_at(at_ns),
        .ordinal = ordinal,
        .key = {rig_mix(2 * key + 1), rig_mix(2 * key + 2)},
        .account = key,
        .amount = 100 * key,
        .link = RIG_CUPS,
        .mti = 200,
        .length = 230,
        .code = -1,
        .kind = KIND_BUSINESS,
        .province = 32,
        .flags = MESSAGE_FROM_OURS,
        .source = {{[10] = 0xff, 0xff, 10, 1, 0, 1}, 40000},
        .destination = {{[10] = 0xff, 0xff, 10, 2, 0, 1}, 5000},
    };
}

struct message rig_answer(uint64_t key, int64_t at_ns, uint64_t ordinal, const char *code)
{
    struct message answer = rig_request(key, at_ns, ordinal);
    struct endpoint client = answer.source;
    answer.source = answer.destination;
    answer.destination = client;
    answer.mti = 210;
    answer.flags = MESSAGE_ANSWER;
    answer.length = 180;
    if (code != NULL) {
        memcpy(answer.code_text, code, strlen(code));
        answer.code = response_code_number((const uint8_t *)code, strlen(code));
    }
    return answer;
}
