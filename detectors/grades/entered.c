// What the facts that a person has entered say to a clause: arts. 7(3)-(6), 8(3)-(6), 9(3)-(5),
// 10(4)-(6). A threshold of records is met at the instant of the fact that reaches it.
//
// Records of several facts may be of the same persons or a later count of the same leak: by the
// default reading only the largest fact counts, by the stricter one all of them together. Sensitive
// personal information, credit information of natural persons and property information are personal
// information too.
#include "detectors/grades/evaluate.h"

#include <string.h>

bool fact_counts(const struct evaluation *evaluation, const struct fact *fact)
{
    for (size_t i = 0; i < evaluation->fact_count; i++) {
        if (strcmp(evaluation->facts[i]->replaces, fact->id) == 0) {
            return false;
        }
    }
    return true;
}

static bool is_personal(int data)
{
    return data == DATA_PERSONAL || data == DATA_SENSITIVE || data == DATA_CREDIT ||
           data == DATA_PROPERTY;
}

// 篡改、破坏、泄露 of arts. 7(3), 8(3), 10(4).
static bool is_harm(const struct fact *fact)
{
    return fact->harm == HARM_LEAKED || fact->harm == HARM_TAMPERED || fact->harm == HARM_DESTROYED;
}

// Whether data of the metric's kind came to the metric's harm.
static bool leak_concerns(const struct fact *fact, int metric)
{
    switch (metric) {
    case METRIC_PERSONAL_LEAKED: return is_personal(fact->data) && fact->harm == HARM_LEAKED;
    case METRIC_SENSITIVE_LEAKED: return fact->data == DATA_SENSITIVE && fact->harm == HARM_LEAKED;
    case METRIC_CREDIT_LEAKED:
        return (fact->data == DATA_CREDIT || fact->data == DATA_ENTERPRISE_CREDIT ||
                   fact->data == DATA_PROPERTY) &&
               fact->harm == HARM_LEAKED;
    case METRIC_CORE_HARMED: return fact->data == DATA_CORE && is_harm(fact);
    case METRIC_IMPORTANT_HARMED: return fact->data == DATA_IMPORTANT && is_harm(fact);
    case METRIC_DATA_HARMED: return fact->social_harm && is_harm(fact);
    case METRIC_PERSONAL_HARMED: return is_personal(fact->data) && fact->harm != HARM_DESTROYED;
    default: return false;
    }
}

static bool notice_concerns(const struct fact *fact, const struct clause *clause, unsigned readings)
{
    bool pboc = fact->authority == AUTHORITY_PBOC || fact->authority == AUTHORITY_PBOC_SHANGHAI ||
                fact->authority == AUTHORITY_PBOC_PROVINCIAL ||
                fact->authority == AUTHORITY_PBOC_PLANNED_CITY;
    if (fact->grade != clause->grade) {
        return false;
    }
    return clause->metric == METRIC_NOTICE
               ? fact->authority == AUTHORITY_CAC || fact->authority == AUTHORITY_POLICE
               : pboc && (fact->channel == CHANNEL_WRITING || (readings & READING_ORAL) != 0);
}

// What the fact adds to the clause's measure; 0: nothing.
static int64_t fact_weight(const struct fact *fact, const struct clause *clause, unsigned readings)
{
    if (fact->kind == FACT_NOTICE) {
        bool notice = clause->metric == METRIC_NOTICE || clause->metric == METRIC_PBOC_NOTICE;
        return notice && notice_concerns(fact, clause, readings);
    }
    if (fact->kind == FACT_RANSOMWARE) {
        return clause->metric == METRIC_RANSOMWARE;
    }
    bool certain = !fact->possible || clause->metric == METRIC_PERSONAL_HARMED ||
                   (readings & READING_MAY_HAVE) != 0;
    bool concerns = fact->kind == FACT_LEAK && certain && leak_concerns(fact, clause->metric);
    return concerns ? fact->records : 0;
}

// How much there was at an instant: the largest fact's, or of all.
static int64_t weight_at(const struct evaluation *evaluation, const struct clause *clause,
    unsigned readings, struct instant at)
{
    int64_t most = 0, sum = 0;
    for (size_t i = 0; i < evaluation->fact_count; i++) {
        const struct fact *fact = evaluation->facts[i];
        if (fact->at.ns <= at.ns && fact_counts(evaluation, fact)) {
            int64_t weight = fact_weight(fact, clause, readings);
            most = weight > most ? weight : most;
            sum += weight;
        }
    }
    return (readings & READING_DATA_SUM) != 0 ? sum : most;
}

void facts_measure(const struct evaluation *evaluation, const struct clause *clause,
    unsigned readings, struct measure *ret)
{
    *ret = (struct measure){.met_at = INSTANT_NEVER};
    for (size_t i = 0; i < evaluation->fact_count; i++) {
        const struct fact *fact = evaluation->facts[i];
        int64_t weight = weight_at(evaluation, clause, readings, fact->at);
        ret->measured = weight > ret->measured ? weight : ret->measured;
        if (weight >= clause->at_least) {
            ret->met_at = instant_min(ret->met_at, fact->at);
        }
    }
}
