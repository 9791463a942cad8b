#include "detectors/grades/grades.h"

const char *const grade_names_chinese[] = {
    [GRADE_NONE] = "未达级",
    [GRADE_COMMON] = "一般",
    [GRADE_LARGER] = "较大",
    [GRADE_MAJOR] = "重大",
    [GRADE_MAXIMUM] = "特别重大",
};

const char *const metric_names[] = {
    [METRIC_OUTAGE] = "outage",
    [METRIC_IMPAIRED] = "impaired",
    [METRIC_NATURAL_PERSONS] = "natural_persons",
    [METRIC_LEGAL_PERSONS] = "legal_persons",
    [METRIC_UNDETERMINABLE] = "undeterminable",
    [METRIC_PERSONAL_LEAKED] = "personal_leaked",
    [METRIC_SENSITIVE_LEAKED] = "sensitive_leaked",
    [METRIC_CREDIT_LEAKED] = "credit_leaked",
    [METRIC_CORE_HARMED] = "core_harmed",
    [METRIC_IMPORTANT_HARMED] = "important_harmed",
    [METRIC_DATA_HARMED] = "data_harmed",
    [METRIC_PERSONAL_HARMED] = "personal_harmed",
    [METRIC_RANSOMWARE] = "ransomware",
    [METRIC_NOTICE] = "notice",
    [METRIC_PBOC_NOTICE] = "pboc_notice",
};

bool metric_is_duration(int metric)
{
    return metric == METRIC_OUTAGE || metric == METRIC_IMPAIRED;
}

bool metric_is_entered(int metric)
{
    return metric >= METRIC_PERSONAL_LEAKED;
}

const char *metric_unit_chinese(int metric)
{
    switch (metric) {
    case METRIC_NATURAL_PERSONS:
    case METRIC_LEGAL_PERSONS: return "个";
    case METRIC_RANSOMWARE:
    case METRIC_NOTICE:
    case METRIC_PBOC_NOTICE: return "次";
    case METRIC_UNDETERMINABLE: return "笔";
    default: return "条";
    }
}
