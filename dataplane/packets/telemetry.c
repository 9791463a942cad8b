// DPDK calls back with a command's name and no context, from a thread of its own for each client,
// until the EAL is cleaned up. So there is a table here, by name, and a lock that an answer holds:
// whoever took away the lock's `open` knows that nobody reads what is about to be freed.
//
// An answer is made a dictionary or a list by the first thing that is put into it.
#include "dataplane/packets/telemetry.h"

#include <rte_telemetry.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define COMMANDS_MAX 16

struct telemetry_answer {
    struct rte_tel_data *data;
    enum { ANSWER_EMPTY, ANSWER_NAMES, ANSWER_LIST } kind;
};

static struct {
    pthread_mutex_t mutex;
    bool ended;
    size_t count;
    struct {
        const char *path;
        telemetry_command *command;
        void *context;
    } commands[COMMANDS_MAX];
} telemetry = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static bool is_of_names(struct telemetry_answer *answer)
{
    if (answer->kind == ANSWER_EMPTY) {
        rte_tel_data_start_dict(answer->data);
        answer->kind = ANSWER_NAMES;
    }
    return answer->kind == ANSWER_NAMES;
}

void telemetry_number(struct telemetry_answer *answer, const char *name, uint64_t value)
{
    if (is_of_names(answer)) {
        rte_tel_data_add_dict_u64(answer->data, name, value);
    }
}

void telemetry_text(struct telemetry_answer *answer, const char *name, const char *value)
{
    if (is_of_names(answer)) {
        rte_tel_data_add_dict_string(answer->data, name, value);
    }
}

void telemetry_item(struct telemetry_answer *answer, const char *value)
{
    if (answer->kind == ANSWER_EMPTY) {
        rte_tel_data_start_array(answer->data, RTE_TEL_STRING_VAL);
        answer->kind = ANSWER_LIST;
    }
    if (answer->kind == ANSWER_LIST) {
        rte_tel_data_add_array_string(answer->data, value);
    }
}

static int answer_under_lock(const char *path, const char *parameter, struct rte_tel_data *data)
{
    struct telemetry_answer answer = {.data = data};
    for (size_t i = 0; !telemetry.ended && i < telemetry.count; i++) {
        if (strcmp(telemetry.commands[i].path, path) == 0) {
            bool good =
                telemetry.commands[i].command(telemetry.commands[i].context, parameter, &answer);
            return good && (answer.kind == ANSWER_LIST || is_of_names(&answer)) ? 0 : -EINVAL;
        }
    }
    return -ENOENT;
}

static int on_command(const char *path, const char *parameter, struct rte_tel_data *data)
{
    pthread_mutex_lock(&telemetry.mutex);
    int result =
        answer_under_lock(path, parameter != NULL && *parameter != '\0' ? parameter : NULL, data);
    pthread_mutex_unlock(&telemetry.mutex);
    return result;
}

bool telemetry_register(
    const char *path, const char *help, telemetry_command *command, void *context)
{
    pthread_mutex_lock(&telemetry.mutex);
    bool good = telemetry.count < COMMANDS_MAX;
    if (good) {
        telemetry.commands[telemetry.count].path = path;
        telemetry.commands[telemetry.count].command = command;
        telemetry.commands[telemetry.count++].context = context;
    }
    pthread_mutex_unlock(&telemetry.mutex);
    return good && rte_telemetry_register_cmd(path, on_command, help) == 0;
}

void telemetry_end(void)
{
    pthread_mutex_lock(&telemetry.mutex);
    telemetry.ended = true;
    pthread_mutex_unlock(&telemetry.mutex);
}
