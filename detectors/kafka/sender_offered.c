// Messages that go past the outbox: a queue in memory, bounded, out of which the oldest go.
#include "config/memory.h"

#include "detectors/kafka/sender_parts.h"

#include <stdio.h>
#include <stdlib.h>

// Under the mutex.
static struct offered *first_take(struct sender *sender)
{
    struct offered *first = sender->offered;
    if (first != NULL) {
        sender->offered = first->next;
        sender->offered_count--;
        if (sender->offered == NULL) {
            sender->offered_tail = &sender->offered;
        }
    }
    return first;
}

struct offered *offered_take(struct sender *sender)
{
    pthread_mutex_lock(&sender->mutex);
    struct offered *first = first_take(sender);
    pthread_mutex_unlock(&sender->mutex);
    return first;
}

void offered_free(struct offered *offered)
{
    if (offered != NULL) {
        free(offered->headers);
        free(offered->value);
    }
    free(offered);
}

void sender_offer(struct sender *sender, const struct event *event)
{
    struct offered *offered = memory_zeroed(1, sizeof(*offered)), *oldest = NULL;
    snprintf(offered->id, sizeof(offered->id), "%s", event->id);
    snprintf(offered->topic, sizeof(offered->topic), "%s", event->topic);
    snprintf(offered->key, sizeof(offered->key), "%s", event->key);
    offered->headers = memory_text(event->headers);
    offered->value = memory_text(event->value);
    pthread_mutex_lock(&sender->mutex);
    if (sender->offered_count >= OFFERED_MOST) {
        oldest = first_take(sender);
        sender->offered_dropped++;
    }
    if (sender->offered_tail == NULL) {
        sender->offered_tail = &sender->offered;
    }
    *sender->offered_tail = offered;
    sender->offered_tail = &offered->next;
    sender->offered_count++;
    sender->awake = true;
    pthread_cond_signal(&sender->changed);
    pthread_mutex_unlock(&sender->mutex);
    offered_free(oldest);
}
