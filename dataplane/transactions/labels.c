#include "dataplane/transactions/labels.h"

#include "dataplane/transactions/transactions.h"
#include "dataplane/transactions/values.h"

// The characters that a group of rules is about. An account number may stand in track 2 only.
static bool word_of(const struct label_group *group, const struct walk *walk, uint64_t *ret)
{
    uint8_t characters[LABEL_CHARACTERS] = {0};
    int field = group->field;
    size_t count = field == 2              ? account_digits(walk, &field)
                   : walk_has(walk, field) ? walk_units(walk, field)
                                           : 0;
    size_t first = group->last && count > group->length ? count - group->length : 0;
    if (count < group->length) {
        return false;
    }
    if (!walk->dialect->steps[field].halved && count <= walk_wire_bytes(walk, field) &&
        walk->length - walk->at[field] >= first + sizeof(characters)) {
        *ret = label_word(walk_value(walk, field) + first, group->length);
        return true;
    }
    bool fine = walk_characters(walk, field, first, group->length, characters);
    *ret = label_word(characters, group->length);
    return fine;
}

static bool is_there(const struct label_group *group, const struct walk *walk)
{
    int field = group->field;
    return field == 2 ? account_digits(walk, &field) > 0 : walk_has(walk, field);
}

uint16_t label_from_walk(const struct label_table *table, const struct walk *walk)
{
    uint64_t word;
    bool there = false;
    for (size_t i = 0; i < table->group_count; i++) {
        const struct label_group *group = &table->groups[i];
        if (word_of(group, walk, &word)) {
            uint16_t label = label_find(table, group, word);
            if (label != LABEL_NONE) {
                return label;
            }
        }
        there |= is_there(group, walk);
    }
    return there ? LABEL_OTHER : LABEL_NONE;
}

// The tables of persons name natural ones and legal ones only (config/settings.c).
static uint8_t holder_from_walk(const struct label_table *table, const struct walk *walk)
{
    uint16_t label = table->count == 0 ? LABEL_NONE : label_from_walk(table, walk);
    if (label == LABEL_NONE || label == LABEL_OTHER) {
        return HOLDER_UNKNOWN;
    }
    return table->names[label - 1][0] == 'n' ? HOLDER_NATURAL : HOLDER_LEGAL;
}

void labels_from_walk(const struct parser *parser, const struct walk *walk, struct message *ret)
{
    if (ret->kind == KIND_MANAGEMENT) {
        uint64_t code;
        ret->unit = walk_number(walk, 70, 0, 3, &code) ? (uint16_t)code : 0;
        return;
    }
    bool person = holder_from_walk(&parser->network->merchants, walk) == HOLDER_NATURAL;
    ret->holder = (uint8_t)(holder_from_walk(&parser->network->holders, walk) |
                            (person ? MERCHANT_IS_PERSON : 0));
    uint16_t unit = label_from_walk(&parser->network->units, walk);
    ret->unit = unit == LABEL_OTHER ? LABEL_NONE : unit;
    ret->counterparty = label_from_walk(&parser->link->counterparties, walk);
}
