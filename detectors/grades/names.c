#include "detectors/grades/grades.h"

const char *const grade_names_chinese[] = {
    [GRADE_NONE] = "未达级",
    [GRADE_COMMON] = "一般",
    [GRADE_LARGER] = "较大",
    [GRADE_MAJOR] = "重大",
    [GRADE_MAXIMUM] = "特别重大",
};
