#include "detectors/drafts/brief.h"

#include <stdio.h>
#include <string.h>

static const struct item templates[BRIEF_ITEMS] = {
    [ITEM_GRADE] = {"初次确定的网络安全事件等级", "grade", "machine", ITEM_CONFIRM},
    [ITEM_ONSET] = {"事发时间", "onset", "machine", ITEM_CONFIRM},
    [ITEM_CLASSIFICATION] = {"网络安全事件分类", "classification", "machine", ITEM_CONFIRM},
    [ITEM_NETWORK] = {"影响的中国人民银行业务领域网络", "network", "machine", ITEM_FILLED},
    [ITEM_MLPS] = {"网络安全保护等级", "mlps", "settings", ITEM_FILLED},
    [ITEM_SITES] = {"涉及的数据中心", "sites", "machine", ITEM_CONFIRM},
    [ITEM_INSTITUTION] = {"报告机构", "institution", "settings", ITEM_FILLED},
    [ITEM_REPORTED_AT] = {"报告时间", "reported_at", "person", ITEM_MISSING},
    [ITEM_REPORTER] = {"报告人", "reporter", "person", ITEM_MISSING},
    [ITEM_CONTACT] = {"联系方式", "contact", "person", ITEM_MISSING},
};

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

// A text that is too long for the form is cut between two characters, never inside one.
static void value_set(struct item *item, const char *text)
{
    size_t length = strlen(text);
    if (length >= sizeof(item->value)) {
        length = sizeof(item->value) - 1;
        while (length > 0 && ((uint8_t)text[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    memcpy(item->value, text, length);
    item->value[length] = '\0';
}

// Joins without ever cutting inside a character: a part that does not fit is left out.
static void value_append(struct item *item, const char *separator, const char *text)
{
    size_t used = strlen(item->value), needed = strlen(separator) + strlen(text);
    if (used == 0) {
        value_set(item, text);
    } else if (used + needed < sizeof(item->value)) {
        strcat(strcat(item->value, separator), text);
    }
}

static void settings_fill(struct item *item, const char *text)
{
    if (is_set(text)) {
        item->filled_by = "settings";
        item->state = ITEM_FILLED;
        value_set(item, text);
    } else {
        item->filled_by = "person";
        item->state = ITEM_MISSING;
        item->value[0] = '\0';
    }
}

static void grade_fill(struct item *item, const struct duty *duty)
{
    const struct incident *incident = duty->incident;
    char text[128];
    if (duty->provisional) {
        snprintf(text, sizeof(text), "待判定(按默认口径:%s;按从严口径:%s)",
            grade_names_chinese[incident_whole_grade(incident)],
            grade_names_chinese[incident_whole_conservative(incident)]);
    } else {
        bool floor = grade_is_undeterminable(incident->measured) &&
                     incident->measured->grade == incident_whole_grade(incident);
        const char *name = grade_names_chinese[incident_whole_grade(incident)];
        snprintf(text, sizeof(text), floor ? "%s(无法准确定级,按%s上报,第十二条第一款)" : "%s",
            name, name);
    }
    value_set(item, text);
}

static const char *name_of(const struct network_settings *network)
{
    return is_set(network->name) ? network->name : network->id;
}

static void networks_fill(
    struct item *item, const struct settings *settings, const struct incident *incident)
{
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    for (size_t i = 0; i < count; i++) {
        value_append(item, "、", name_of(&settings->networks[members[i]->network]));
    }
}

// Of several networks each has its name in front.
static void mlps_fill(
    struct item *item, const struct settings *settings, const struct incident *incident)
{
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    bool missing = false;
    char one[512];
    for (size_t i = 0; i < count; i++) {
        const struct network_settings *network = &settings->networks[members[i]->network];
        bool filing = is_set(network->mlps) && is_set(network->mlps_filing);
        snprintf(one, sizeof(one), "%s%s%s%s%s", count > 1 ? name_of(network) : "",
            count > 1 ? ":" : "", is_set(network->mlps) ? network->mlps : "【须人工填写】",
            filing ? ",备案编号 " : "", filing ? network->mlps_filing : "");
        missing |= !is_set(network->mlps);
        value_append(item, ";", one);
    }
    if (missing) {
        item->filled_by = "person";
        item->state = ITEM_MISSING;
        item->value[0] = count > 1 ? item->value[0] : '\0';
    }
}

// An interruption has no site; the sites of the network's links are those through which it ran.
static void sites_fill(
    struct item *item, const struct settings *settings, const struct incident *incident)
{
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    for (size_t site = 0; site < settings->site_count; site++) {
        bool runs = false;
        for (size_t i = 0; i < settings->link_count; i++) {
            for (size_t m = 0; m < count && settings->links[i].site == site; m++) {
                runs |= settings->links[i].network == members[m]->network;
            }
        }
        if (runs) {
            value_append(item, "、", settings->sites[site]);
        }
    }
    if (item->value[0] == '\0') {
        item->filled_by = "person";
        item->state = ITEM_MISSING;
    }
}

// GB/T 20986-2023. What a person has entered speaks for itself; 08 异常行为: an outage without a
// known cause is a change of the environment so that service cannot be given. The cause is a
// person's to find.
static const char *classification(const struct grade *grade)
{
    static const char *const harms[] = {
        [HARM_LEAKED] = "数据安全/数据泄露(GB/T 20986-2023,机器建议)",
        [HARM_TAMPERED] = "数据安全/数据篡改(GB/T 20986-2023,机器建议)",
        [HARM_DESTROYED] = "数据安全/数据损失(GB/T 20986-2023,机器建议)",
        [HARM_LOST] = "数据安全/数据损失(GB/T 20986-2023,机器建议)",
    };
    for (size_t i = 0; i < grade->fact_count; i++) {
        const struct fact *fact = grade->facts[i];
        if (fact->kind == FACT_RANSOMWARE) {
            return "恶意程序/勒索软件(GB/T 20986-2023,机器建议)";
        }
        if (fact->kind == FACT_LEAK && grade->interruption_count == 0) {
            return harms[fact->harm];
        }
    }
    return "异常行为/访问异常(GB/T 20986-2023,机器建议)";
}

void brief_items(
    const struct settings *settings, const struct duty *duty, struct item ret[static BRIEF_ITEMS])
{
    const struct incident *incident = duty->incident;
    const struct institution_settings *institution = &settings->institution;
    char text[64];
    memcpy(ret, templates, sizeof(templates));
    grade_fill(&ret[ITEM_GRADE], duty);
    struct instant onset = incident->group != NULL ? incident->group->onset : incident->onset;
    value_set(&ret[ITEM_ONSET], instant_format_chinese(onset, text));
    value_set(&ret[ITEM_CLASSIFICATION], classification(incident->measured));
    networks_fill(&ret[ITEM_NETWORK], settings, incident);
    mlps_fill(&ret[ITEM_MLPS], settings, incident);
    sites_fill(&ret[ITEM_SITES], settings, incident);
    settings_fill(&ret[ITEM_INSTITUTION], institution->name);
    settings_fill(&ret[ITEM_REPORTER], institution->reporter);
    settings_fill(&ret[ITEM_CONTACT], institution->contact);
}

bool brief_is_secret(const struct settings *settings, const struct incident *incident)
{
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    bool secret = false;
    for (size_t i = 0; i < count; i++) {
        secret |= settings->networks[members[i]->network].secrecy == SECRECY_WORK;
    }
    return secret;
}

struct basis_texts brief_basis(const struct settings *settings, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    struct basis_texts basis = {0};
    size_t count = 0;
    if (grade->all_hours_peak) {
        basis.texts[count++] = "全部时段按高峰";
    }
    if (grade->peak == PEAK_PROVISIONAL) {
        basis.texts[count++] = "高峰时段为未经批准的暂定统计";
    }
    if (grade->attempts_only) {
        basis.texts[count++] = "仅按尝试量";
    }
    if (grade->evicted) {
        basis.texts[count++] = "采集表满,部分交易或连接记录被逐出,数值须人工核实";
    }
    if (grade->ticks_merged) {
        basis.texts[count++] = "计数延迟合并,部分事实的获知时间晚于实际";
    }
    if (settings->networks[incident->network].special_class_count == 0) {
        basis.texts[count++] = "网络类别未设定,按特别类别从严";
    }
    if (incident_is_for_review(incident)) {
        basis.texts[count++] = "后续数据低于已发布等级,等级不自动下调,须人工复核";
    }
    return basis;
}
