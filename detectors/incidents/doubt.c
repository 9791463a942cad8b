// Why what was found may not have been an interruption, in the words of each reason.
#include "detectors/incidents/incidents.h"

static const struct doubt coverage = {"采集覆盖不足",
    "可能整体中断持续中，采集覆盖不足，无法准确判定",
    "可能的整体中断结束，采集覆盖不足，无法准确判定；业务受损情况及处置结束须人工核实"};
static const struct doubt silence = {"业务未到达，未见中断痕迹",
    "可能整体中断持续中，业务未到达而未见中断痕迹，须人工核实",
    "可能的整体中断结束，业务曾未到达而未见中断痕迹；业务受损情况及处置结束须人工核实"};
static const struct doubt external = {"失败集中于单一对手方",
    "从严口径下整体中断持续中，失败集中于单一对手方，是否属于本机构须人工认定",
    "从严口径下整体中断结束，失败集中于单一对手方，是否属于本机构须人工认定"};
static const struct doubt reading = {"仅从严口径成立",
    "从严口径下整体中断持续中，是否成立须人工认定", "从严口径下整体中断结束，是否成立须人工认定"};

const struct doubt *incident_doubt(const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    bool certain = false, unseen = false;
    uint8_t assumes = 0;
    for (size_t i = 0; grade != NULL && i < grade->interruption_count; i++) {
        const struct interruption *one = &grade->interruptions[i];
        unseen |= one->undeterminable;
        assumes |= one->assumes;
        certain |= one->kind == OUTAGE_IMPAIRMENT || interruption_is_certain(one);
    }
    if (certain || (!unseen && assumes == 0)) {
        return NULL;
    }
    if (unseen || (assumes & ASSUMES_COVERAGE) != 0) {
        return &coverage;
    }
    return (assumes & ASSUMES_SILENCE) != 0    ? &silence
           : (assumes & ASSUMES_EXTERNAL) != 0 ? &external
                                               : &reading;
}
