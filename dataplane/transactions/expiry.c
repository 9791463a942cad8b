// Theory of operation
//
// Only heads of lists are looked at (pairing.c says which lists there are).
//
// When the table is full, the entry that would be forgotten first goes; then the oldest answered
// one that still awaits its deadline; then the oldest early answer, an orphan; then the oldest open
// one, which is unobserved from then on
// (known_at = now). All are counted as evicted: they flag the verdict, because from then on records
// may depend on the number of workers. `kept` is where the search for answered entries stands: all
// up to it were open when looked at, so that the search does not begin anew for each eviction.
#include "dataplane/transactions/expiry.h"

static void next_deadline_update(struct pairing *pairing)
{
    struct instant earliest = INSTANT_NEVER;
    for (size_t i = 0; i < pairing->class_count; i++) {
        uint32_t head = pairing->classes[i].awaiting.head;
        if (head != ENTRY_NONE) {
            earliest =
                instant_min(earliest, entry_deadline(pairing, &pairing->table.entries[head]));
        }
    }
    pairing->next_deadline = earliest;
}

// ---- deadlines

// The class whose oldest awaiting entry has the least (deadline, ordinal) before `watermark`.
static struct limit_class *class_due(const struct pairing *pairing, struct instant watermark)
{
    struct limit_class *due = NULL;
    struct instant earliest = watermark;
    uint64_t ordinal = 0;
    for (size_t i = 0; i < pairing->class_count; i++) {
        struct limit_class *class = &pairing->classes[i];
        if (class->awaiting.head == ENTRY_NONE) {
            continue;
        }
        const struct entry *head = &pairing->table.entries[class->awaiting.head];
        struct instant deadline = entry_deadline(pairing, head);
        if (deadline.ns < earliest.ns ||
            (due != NULL && deadline.ns == earliest.ns && head->ordinal < ordinal)) {
            due = class;
            earliest = deadline;
            ordinal = head->ordinal;
        }
    }
    return due;
}

static uint32_t awaiting_take_head(struct pairing *pairing, struct limit_class *class)
{
    uint32_t index = entry_list_take(&pairing->table, &class->awaiting, ENTRY_NONE);
    if (class->kept == index) {
        class->kept = ENTRY_NONE;
    }
    return index;
}

static void expire_head(struct pairing *pairing, struct limit_class *class)
{
    uint32_t index = awaiting_take_head(pairing, class);
    struct entry *entry = &pairing->table.entries[index];
    if (entry->state == ENTRY_OPEN) {
        // Sorted order makes the last gap enough: none later than the deadline has been seen yet.
        struct instant gap = pairing->links[entry->link].gap[!entry->asked_by_ours];
        bool blind = gap.ns >= entry->requested_at.ns;
        entry->state = ENTRY_EXPIRED;
        pairing_sink(pairing, entry, blind ? OUTCOME_UNOBSERVED : OUTCOME_UNANSWERED,
            entry_deadline(pairing, entry), 0);
    }
    bool quick = entry->state == ENTRY_ANSWERED && !entry->slow;
    entry_list_append(&pairing->table, quick ? &class->answered : &class->remembered, index);
    pairing->next_forgotten =
        instant_min(pairing->next_forgotten, entry_remembered_until(pairing, entry));
}

void pairing_expire(struct pairing *pairing, struct instant watermark)
{
    struct limit_class *class;
    while ((class = class_due(pairing, watermark)) != NULL) {
        expire_head(pairing, class);
    }
    next_deadline_update(pairing);
}

// Forgets what is due. Returns when the list's head will be.
static struct instant list_forget(
    struct pairing *pairing, struct entry_list *list, struct instant now)
{
    struct open_table *table = &pairing->table;
    while (list->head != ENTRY_NONE) {
        const struct entry *head = &table->entries[list->head];
        struct instant until = entry_remembered_until(pairing, head);
        if (until.ns >= now.ns) {
            __builtin_prefetch(open_table_head(table, head->key));
            return until;
        }
        open_table_remove(table, entry_list_take(table, list, ENTRY_NONE));
    }
    return INSTANT_NEVER;
}

void pairing_forget(struct pairing *pairing, struct instant now)
{
    struct instant earliest = INSTANT_NEVER;
    for (size_t i = 0; i < pairing->class_count; i++) {
        struct limit_class *class = &pairing->classes[i];
        earliest = instant_min(earliest, list_forget(pairing, &class->answered, now));
        earliest = instant_min(earliest, list_forget(pairing, &class->remembered, now));
    }
    pairing->next_forgotten = earliest;
}

// Of all concluded entries past their deadline, the one that would be forgotten first.
static bool evict_remembered(struct pairing *pairing)
{
    struct entry_list *first = NULL;
    struct instant earliest = INSTANT_NEVER;
    for (size_t i = 0; i < 2 * pairing->class_count; i++) {
        struct limit_class *class = &pairing->classes[i / 2];
        struct entry_list *list = i % 2 == 0 ? &class->answered : &class->remembered;
        if (list->head == ENTRY_NONE) {
            continue;
        }
        struct instant until = entry_remembered_until(pairing, &pairing->table.entries[list->head]);
        if (first == NULL || until.ns < earliest.ns) {
            first = list;
            earliest = until;
        }
    }
    if (first != NULL) {
        open_table_remove(&pairing->table, entry_list_take(&pairing->table, first, ENTRY_NONE));
    }
    return first != NULL;
}

static bool evict_answered(struct pairing *pairing, struct limit_class *class)
{
    struct open_table *table = &pairing->table;
    for (;;) {
        uint32_t index =
            class->kept == ENTRY_NONE ? class->awaiting.head : table->entries[class->kept].next;
        if (index == ENTRY_NONE) {
            return false;
        }
        if (table->entries[index].state != ENTRY_OPEN) {
            open_table_remove(table, entry_list_take(table, &class->awaiting, class->kept));
            return true;
        }
        class->kept = index;
    }
}

static void evict_open(struct pairing *pairing, struct instant now)
{
    struct limit_class *class = class_due(pairing, INSTANT_NEVER);
    if (class == NULL) { // every deadline is INSTANT_NEVER: any class that has an entry
        for (class = pairing->classes; class->awaiting.head == ENTRY_NONE; class ++) {
        }
    }
    uint32_t index = awaiting_take_head(pairing, class);
    if (pairing->table.entries[index].state == ENTRY_OPEN) { // answered since it was kept
        pairing->counts.evicted_open++;
        pairing_sink(pairing, &pairing->table.entries[index], OUTCOME_UNOBSERVED, now, 0);
    }
    open_table_remove(&pairing->table, index);
}

void pairing_evict(struct pairing *pairing, struct instant now)
{
    pairing->counts.evicted++;
    if (evict_remembered(pairing)) {
        return;
    }
    for (size_t i = 0; i < pairing->class_count; i++) {
        if (evict_answered(pairing, &pairing->classes[i])) {
            next_deadline_update(pairing);
            return;
        }
    }
    if (!early_evict(pairing, now)) {
        evict_open(pairing, now);
        next_deadline_update(pairing);
    }
}
