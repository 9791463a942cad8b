// Once a second: the figures that others see, and whether the second sink must take over.
//
// The brokers are away when messages wait and no report has come for `after`, whatever the reason:
// not reachable, refusing, frozen, a topic that is not there. When, then, a draft or a duty that
// waits is due within `before_due`, every message that waits goes to the second sink, in order, and
// so does every later one, until the first report comes back from the brokers. Each is a note in
// the ledger (kind `second_sink`, under its ce_id), so that a new start sends none of them again;
// a message that was sent and not yet noted is sent twice, with the same ce_id. The taking over and
// the return are notes too. Kafka gets everything all the same: nothing here marks a row.
#include "config/log.h"

#include "detectors/json.h"
#include "detectors/kafka/sender_parts.h"

#include <stdlib.h>
#include <string.h>

#define WATCH_NS  NS_PER_S
#define RETRY_NS  (5 * NS_PER_S)
#define ROWS_MOST 100 // in one note

static const char *sink_name(const struct sender *sender)
{
    return second_sink_names[sender->setup->kafka.second_sink.kind];
}

static bool notes_write(const struct sender *sender, struct change_set *changes)
{
    char error[512];
    outbox_rest(sender->outbox);
    bool written = ledger_add(sender->ledger_path, changes, error, sizeof(error));
    if (!written) {
        log_error("%s", error);
    }
    return written;
}

// ---- taking over and returning

static void change_note(const struct sender *sender, const char *event, const char *reason)
{
    char key[256], at[INSTANT_TEXT_MAX];
    struct change_set *changes = change_set_new(INSTANT_NONE);
    json_t *json = json_object();
    instant_format(wall_now(), 3, at);
    snprintf(key, sizeof(key), "%s/%s/%s", sender->setup->sensor, event, at);
    json_set_text(json, "at", at);
    json_set_text(json, "event", event);
    json_set_text(json, "sink", sink_name(sender));
    json_set_text(json, "reason", reason);
    json_set_integer(json, "waiting", sender->status.waiting);
    change_set_add_note(changes, "second_sink_use", key, json);
    (void)notes_write(sender, changes);
}

static void takeover_begin(struct sender *sender, struct instant due)
{
    char reason[256], at[INSTANT_TEXT_MAX];
    snprintf(reason, sizeof(reason),
        "no report of the brokers for %lld s, and a report that waits is due at %s",
        (long long)((monotonic_ns() - sender->progress_ns) / NS_PER_S), instant_format(due, 0, at));
    log_warning("Kafka '%s': %s: the second sink (%s) takes over", sender->setup->kafka.brokers,
        reason, sink_name(sender));
    sender->takeover.active = true;
    sender->takeover.last_number = 0;
    sender->takeover.try_again_ns = 0;
    sender->status.takeovers++;
    change_note(sender, "taken_over", reason);
}

void takeover_end(struct sender *sender)
{
    if (!sender->takeover.active) {
        return;
    }
    log_info(
        "Kafka '%s': takes messages again, the second sink rests", sender->setup->kafka.brokers);
    sender->takeover.active = false;
    change_note(sender, "returned", "the brokers have reported a delivery");
}

static bool is_needed(struct sender *sender, struct instant *ret_due)
{
    const struct second_sink_settings *second = &sender->setup->kafka.second_sink;
    return sender->takeover.allowed && second->kind != SECOND_SINK_NONE &&
           sender->status.waiting > 0 && monotonic_ns() - sender->progress_ns >= second->after_ns &&
           outbox_due(sender->outbox, ret_due) == 1 &&
           ret_due->ns - wall_now().ns <= second->before_due_ns;
}

// ---- what goes there

static bool sink_ready(struct sender *sender, char *error, size_t error_size)
{
    if (sender->takeover.sink == NULL) {
        const struct sink_target to = setup_sink(sender->setup);
        sender->takeover.sink = second_sink_open(&to, error, error_size);
    }
    return sender->takeover.sink != NULL;
}

// Rows until one is refused; their notes.
static bool rows_send(
    struct sender *sender, struct change_set *changes, char *error, size_t error_size)
{
    struct outbox_row row;
    for (int i = 0; i < ROWS_MOST; i++) {
        char at[INSTANT_TEXT_MAX];
        if (outbox_second_next(sender->outbox, sender->takeover.last_number, &row) != 1) {
            return true;
        }
        if (!second_sink_send(sender->takeover.sink, &row, error, error_size)) {
            return false;
        }
        json_t *json = json_object();
        json_set_text(json, "at", instant_format(wall_now(), 3, at));
        json_set_text(json, "sink", sink_name(sender));
        change_set_add_note(changes, OUTBOX_SECOND, row.id, json);
        sender->takeover.last_number = row.number;
        sender->status.second_sent++;
    }
    return true;
}

static void takeover_send(struct sender *sender)
{
    char error[512] = "";
    if (monotonic_ns() < sender->takeover.try_again_ns) {
        return;
    }
    struct change_set *changes = change_set_new(INSTANT_NONE);
    bool sent = sink_ready(sender, error, sizeof(error)) &&
                rows_send(sender, changes, error, sizeof(error));
    if (change_set_is_empty(changes)) {
        change_set_free(changes);
    } else {
        (void)notes_write(sender, changes);
    }
    if (!sent && !sender->takeover.failing) {
        log_warning("second sink: %s; it is tried again every 5 s", error);
    } else if (sent && sender->takeover.failing) {
        log_info("second sink: takes messages again");
    }
    sender->takeover.failing = !sent;
    sender->takeover.try_again_ns = sent ? 0 : monotonic_ns() + RETRY_NS;
}

// ---- figures

static void figures_take(struct sender *sender)
{
    struct sender_status *status = &sender->status;
    struct instant oldest;
    int64_t waiting = outbox_pending(sender->outbox);
    if (waiting >= 0) {
        status->waiting = waiting;
    }
    status->oldest_ns = 0;
    if (waiting > 0 && outbox_oldest(sender->outbox, &oldest) == 1) {
        status->oldest_ns = wall_now().ns - oldest.ns;
    }
    status->away = waiting > 0 && sender->down;
    status->second_sink = sender->takeover.active;
    pthread_mutex_lock(&sender->mutex);
    sender->shown = *status;
    sender->shown.dropped += sender->offered_dropped;
    pthread_mutex_unlock(&sender->mutex);
}

void watch(struct sender *sender)
{
    struct instant due;
    int64_t now_ns = monotonic_ns();
    if (now_ns - sender->watched_ns < WATCH_NS) {
        return;
    }
    sender->watched_ns = now_ns;
    figures_take(sender);
    if (sender->status.waiting == 0) {
        sender->progress_ns = now_ns; // nothing to report
    } else if (!sender->takeover.active && is_needed(sender, &due)) {
        takeover_begin(sender, due);
    }
    if (sender->takeover.active) {
        takeover_send(sender);
    }
}

void watch_done(struct sender *sender)
{
    pthread_mutex_lock(&sender->mutex);
    sender->offered_dropped += sender->offered_count; // nobody sends them any more
    pthread_mutex_unlock(&sender->mutex);
    figures_take(sender);
    second_sink_close(sender->takeover.sink);
    sender->takeover.sink = NULL;
}
