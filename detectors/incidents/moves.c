// Persons' moves, as far as they are an incident's: kept in the order of entry, never changed.
#include "config/memory.h"

#include "detectors/incidents/incidents_parts.h"

#include <stdlib.h>
#include <string.h>

static void move_keep(struct incident *record, struct life *life, const struct fact *move)
{
    life->moves = memory_grow(life->moves, record->move_count, &life->move_capacity, sizeof(move));
    struct fact *kept = memory_zeroed(1, sizeof(*kept));
    *kept = *move;
    life->moves[record->move_count++] = kept;
    record->moves = (const struct fact *const *)life->moves;
    life->moved = true;
}

static void move_apply(struct incident *record, const struct fact *move)
{
    switch (move->kind) {
    case FACT_ENDED: record->disposal_ended_at = move->at; break;
    case FACT_PROMISE: record->promised_date = move->date; break;
    case FACT_REGRADE: record->person_grade = move->grade; break;
    default: break;
    }
}

bool incidents_take_move(struct incidents *incidents, const struct fact *move)
{
    for (size_t i = 0; i < incidents->count; i++) {
        struct incident *record = &incidents->records[i];
        if (strcmp(record->id, move->incident) == 0) {
            move_keep(record, incidents->lives[i], move);
            move_apply(record, move);
            return true;
        }
    }
    return false;
}

void moves_free(struct life *life, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(life->moves[i]);
    }
    free(life->moves);
}
