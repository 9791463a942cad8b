// Sends the endless traffic of a bench recipe from a DPDK port, at a rate, for a time, then says
// what went out.
//
//   send RECIPE SECONDS PER-SECOND|find -- EAL OPTIONS
//
// Theory of operation
//
// Paced by the clock, and by nothing else: every millisecond those frames are due that the rate
// asks for. A frame that the port does not take is not sent again: it is missing on its stream, as
// behind a tap that drops. Who falls behind (another process had the core) makes up for CATCH_UP_MS
// at most, so that a pause does not become a burst that no ring holds.
//
// find: the rate grows by half every CLIMB_S until two steps in a row do not hold, then falls by a
// quarter until one holds for SETTLE_S: the result. A step holds when every frame was taken and the
// clock was kept.
//
// The port stays open, and the rings with it, until SIGTERM: what the receiver has not read yet
// would be gone.
#include <rte_eal.h>
#include <rte_ethdev.h>

#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/send/load.h"

#define SECOND_NS      1000000000LL
#define MILLISECOND_NS 1000000LL
#define PORT           0
#define BURST          32
#define BUFFERS        8191
#define DESCRIPTORS    1024
#define CATCH_UP_MS    10
#define LINK_WAIT_S    60
#define FIND_FROM      20000 // frames per second
#define CLIMB_S        2
#define SETTLE_S       15
#define HELD_PERCENT   97 // of the frames that were due

struct sender {
    struct load *load;
    struct rte_mempool *pool;
    int64_t seconds;
    uint64_t rate; // frames per second
    bool finds, settles;
    uint64_t held;      // the highest rate that held
    uint64_t made;      // frames, sent or not
    int64_t from_ns;    // of this rate
    uint64_t from_made; // ...
    uint64_t step_made, step_refused;
    int64_t step_ns;
    unsigned failed_steps;
};

static atomic_bool is_stopped;

static void on_signal(int number)
{
    (void)number;
    atomic_store(&is_stopped, true);
}

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

// ---- the port

static int fail(const char *sentence)
{
    fprintf(stderr, "send: %s\n", sentence);
    return EXIT_FAILURE;
}

static bool port_start(struct sender *sender)
{
    const struct rte_eth_conf conf = {0};
    int node = rte_eth_dev_socket_id(PORT);
    sender->pool =
        rte_pktmbuf_pool_create("send", BUFFERS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, node);
    return sender->pool != NULL && rte_eth_dev_configure(PORT, 0, 1, &conf) == 0 &&
           rte_eth_tx_queue_setup(PORT, 0, DESCRIPTORS, (unsigned)node, NULL) == 0 &&
           rte_eth_dev_start(PORT) == 0;
}

static bool link_wait(void)
{
    struct rte_eth_link link = {0};
    int64_t until_ns = clock_ns() + LINK_WAIT_S * SECOND_NS;
    while (clock_ns() < until_ns && !atomic_load(&is_stopped)) {
        if (rte_eth_link_get_nowait(PORT, &link) == 0 && link.link_status == RTE_ETH_LINK_UP) {
            return true;
        }
        nanosleep(&(struct timespec){.tv_nsec = 10 * MILLISECOND_NS}, NULL);
    }
    return false;
}

// ---- the pace

static bool burst_send(struct sender *sender, uint16_t count)
{
    struct rte_mbuf *mbufs[BURST];
    if (rte_pktmbuf_alloc_bulk(sender->pool, mbufs, count) != 0) {
        return false; // the driver still holds them all: nothing was made
    }
    for (uint16_t i = 0; i < count; i++) {
        uint32_t length = load_next(sender->load, rte_pktmbuf_mtod(mbufs[i], uint8_t *));
        mbufs[i]->data_len = (uint16_t)length;
        mbufs[i]->pkt_len = length;
    }
    uint16_t sent = rte_eth_tx_burst(PORT, 0, mbufs, count);
    for (uint16_t i = 0; i < count; i++) {
        load_fate(sender->load, i < sent);
    }
    if (sent < count) {
        rte_pktmbuf_free_bulk(mbufs + sent, count - sent);
    }
    sender->made += count;
    return true;
}

static void rate_set(struct sender *sender, uint64_t rate, int64_t now_ns)
{
    sender->rate = rate;
    sender->from_ns = sender->step_ns = now_ns;
    sender->from_made = sender->step_made = sender->made;
    sender->step_refused = load_sums(sender->load)->refused;
}

// Everything that is due by now.
static void due_send(struct sender *sender, int64_t now_ns)
{
    uint64_t elapsed_us = (uint64_t)(now_ns - sender->from_ns) / 1000;
    uint64_t due = sender->from_made + elapsed_us * sender->rate / 1000000;
    uint64_t most = sender->rate * CATCH_UP_MS / 1000 + 1;
    if (due > sender->made + most) { // the frames of the pause are never made
        sender->from_made -= due - sender->made - most;
        due = sender->made + most;
    }
    bool sent = true;
    while (sent && sender->made < due) {
        uint64_t left = due - sender->made;
        sent = burst_send(sender, (uint16_t)(left < BURST ? left : BURST));
    }
}

static bool step_held(const struct sender *sender)
{
    uint64_t wanted = sender->rate * (sender->settles ? SETTLE_S : CLIMB_S);
    return load_sums(sender->load)->refused == sender->step_refused &&
           (sender->made - sender->step_made) * 100 >= wanted * HELD_PERCENT;
}

static void climb(struct sender *sender, bool held, int64_t now_ns)
{
    uint64_t rate = sender->rate;
    sender->failed_steps = held ? 0 : sender->failed_steps + 1;
    sender->settles = sender->failed_steps == 2;
    if (sender->settles) {
        rate = rate * 3 / 4;
    } else if (held) {
        rate = rate * 3 / 2;
    }
    rate_set(sender, rate, now_ns);
}

static void settle(struct sender *sender, bool held, int64_t now_ns)
{
    sender->held = held ? sender->rate : 0;
    rate_set(sender, sender->rate * 3 / 4 + 1, now_ns);
}

static void step_end(struct sender *sender, int64_t now_ns)
{
    bool held = step_held(sender);
    fprintf(stderr, "send: %" PRIu64 "/s %s\n", sender->rate, held ? "held" : "not held");
    if (sender->settles) {
        settle(sender, held, now_ns);
    } else {
        climb(sender, held, now_ns);
    }
}

// Its time is up, or it has failed already.
static bool step_is_over(const struct sender *sender, int64_t now_ns)
{
    int64_t step_s = sender->settles ? SETTLE_S : CLIMB_S;
    return now_ns - sender->step_ns >= step_s * SECOND_NS ||
           (sender->settles && load_sums(sender->load)->refused > sender->step_refused);
}

static void send_all(struct sender *sender)
{
    int64_t now_ns = clock_ns(), end_ns = now_ns + sender->seconds * SECOND_NS;
    rate_set(sender, sender->finds ? FIND_FROM : sender->rate, now_ns);
    while (now_ns < end_ns && sender->held == 0 && !atomic_load(&is_stopped)) {
        due_send(sender, now_ns);
        if (sender->finds && step_is_over(sender, now_ns)) {
            step_end(sender, now_ns);
        }
        nanosleep(&(struct timespec){.tv_nsec = MILLISECOND_NS}, NULL);
        now_ns = clock_ns();
    }
}

// ---- arguments, result

static void print_sums(const struct sender *sender, double seconds)
{
    const struct load_sums *sums = load_sums(sender->load);
    printf("{\"sent\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"sent_bytes\":%" PRIu64
           ",\"refused_bytes\":%" PRIu64 ",\"requests\":%" PRIu64 ",\"answers\":%" PRIu64
           ",\"pairs\":%" PRIu64 ",\"held\":%" PRIu64 ",\"seconds\":%.3f}\n",
        sums->sent, sums->refused, sums->sent_bytes, sums->refused_bytes, sums->requests,
        sums->answers, sums->pairs, sender->held, seconds);
    fflush(stdout);
}

static bool arguments_read(int count, char **values, struct sender *ret)
{
    if (count != 4) {
        return false;
    }
    ret->seconds = strtoll(values[2], NULL, 10);
    ret->finds = strcmp(values[3], "find") == 0;
    ret->rate = strtoull(values[3], NULL, 10);
    return ret->seconds > 0 && (ret->finds || ret->rate > 0);
}

static int send_main(struct sender *sender)
{
    if (rte_eth_dev_count_avail() != 1 || !port_start(sender)) {
        return fail("there is not one port that sends: give one --vdev");
    }
    if (!link_wait()) {
        return fail("nobody is at the other end");
    }
    int64_t started_ns = clock_ns();
    send_all(sender);
    print_sums(sender, (double)(clock_ns() - started_ns) / (double)SECOND_NS);
    while (!atomic_load(&is_stopped)) {
        nanosleep(&(struct timespec){.tv_nsec = 10 * MILLISECOND_NS}, NULL);
    }
    rte_eth_dev_stop(PORT);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct sender sender = {0};
    int own = 0;
    while (own < argc && strcmp(argv[own], "--") != 0) {
        own++;
    }
    if (own == argc || !arguments_read(own, argv, &sender)) {
        return fail("usage: send RECIPE SECONDS PER-SECOND|find -- EAL OPTIONS");
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    argv[own] = argv[0];
    if (rte_eal_init(argc - own, argv + own) < 0) {
        return fail("the EAL did not start");
    }
    sender.load = load_new(argv[1]);
    int status = sender.load == NULL ? EXIT_FAILURE : send_main(&sender);
    load_free(sender.load);
    rte_eal_cleanup();
    return status;
}
