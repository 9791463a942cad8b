// Numbers of persons in what people type: of cards, identities and telephones.
#pragma once

// Why a text must not be entered, as the end of a sentence; NULL: nothing speaks against it.
const char *number_refusal(const char *text);
// A copy in which every run of seven digits or more is `***`, but for quantities: what a unit
// follows, such as 元, 笔, 户 or 人, or ¥ precedes. The caller frees.
char *numbers_masked(const char *text);
