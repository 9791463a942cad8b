// Rows of packets of one connection and what comes out of them, as text: o3@12 is message 3 of our
// side at 12 ms, t3@12 of theirs, o-200@12 a gap of 200 bytes of our side. Every message has 200
// bytes, so that byte 450 is in the middle of message 2. A row runs with an initial sequence of
// 1,000 and again with one that wraps around within the first messages.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/streams/rig.h"

#include <cmocka.h>

#define LENGTH   200u
#define MESSAGES 64u

enum step_kind { END, DATA, ACK, SYN, SYN_ACK, FIN, RST, SHIFT, BAD, SNAP, PASS, HOSTS };
enum { O, T }; // our side, their side

struct step {
    enum step_kind kind;
    int ms;
    int side;
    uint32_t from, to; // bytes of the side's stream; ACK: up to `to`; SNAP: captured up to `cut`
    uint32_t cut;
};

struct count {
    size_t offset; // into struct stream_counts; 0 with value 0: none
    uint64_t value;
};
#define NOTHING (-1) // 0 of a fact: not looked at
#define COUNT(name, value)                                                                         \
    {                                                                                              \
        offsetof(struct stream_counts, name), value                                                \
    }

struct row {
    const char *what;
    struct step steps[24];
    const char *expected;
    struct count counts[6];
    struct link_counts facts; // compared where not 0
};

static const struct row rows[] = {
    {"a message whole in a segment",
        {{SYN, 0, O}, {SYN_ACK, 1, T}, {DATA, 2, O, 0, 200}, {DATA, 5, T, 0, 200}}, "o0@2 t0@5",
        {COUNT(connections, 1), COUNT(midstream, 0), COUNT(payload_bytes, 400)},
        {.seen_request_bytes = 200, .seen_answer_bytes = 200, .frames = 4, .syns = 1}},
    {"three messages in one segment", {{SYN, 0, O}, {DATA, 2, O, 0, 600}}, "o0@2 o1@2 o2@2"},
    {"a message over three segments comes with its last byte",
        {{SYN, 0, O}, {DATA, 2, O, 0, 3}, {DATA, 3, O, 3, 100}, {DATA, 4, O, 100, 450},
            {DATA, 5, O, 450, 600}},
        "o0@4 o1@4 o2@5", {COUNT(jumped_bytes, 0), COUNT(bad_bytes, 0)}},
    {"out of order, in pieces: the instant of the packet that fills",
        {{SYN, 0, O}, {DATA, 2, O, 150, 400}, {DATA, 3, O, 400, 600}, {DATA, 9, O, 0, 150},
            {DATA, 10, O, 600, 800}},
        "o2@3 o0@9 o1@9 o3@10", {COUNT(reordered_segments, 2), COUNT(gaps, 0)},
        {.seen_request_bytes = 800}},
    {"out of order, whole messages: each at its own instant, as it comes",
        {{SYN, 0, O}, {DATA, 2, O, 200, 400}, {DATA, 3, O, 400, 600}, {DATA, 9, O, 0, 200},
            {DATA, 10, O, 600, 800}},
        "o1@2 o2@3 o0@9 o3@10",
        {COUNT(reordered_segments, 1), COUNT(gaps, 0), COUNT(overlap_bytes, 0)},
        {.seen_request_bytes = 800}},
    {"two messages in one segment behind a hole",
        {{SYN, 0, O}, {DATA, 2, O, 200, 600}, {DATA, 9, O, 0, 200}}, "o1@2 o2@2 o0@9"},
    {"a hole is filled in pieces, in any order",
        {{SYN, 0, O}, {DATA, 2, O, 400, 600}, {DATA, 3, O, 150, 250}, {DATA, 4, O, 250, 400},
            {DATA, 5, O, 0, 100}, {DATA, 6, O, 100, 150}, {DATA, 7, O, 600, 800}},
        "o2@2 o0@6 o1@6 o3@7", {COUNT(gaps, 0), COUNT(retransmitted_bytes, 0)},
        {.seen_request_bytes = 800}},
    {"a hole is filled in part: the rest is given up as of the segment behind it",
        {{SYN, 0, O}, {DATA, 2, O, 600, 800}, {DATA, 3, O, 200, 400}, {PASS, 1003}, {PASS, 1004}},
        "o3@2 o1@3 o-200@2 o-200@3", {COUNT(gaps, 2), COUNT(missing_bytes, 400)},
        {.seen_request_bytes = 400, .missing_request_bytes = 400}},
    {"a whole message in a hole is read at once, a hole is left on each side",
        {{SYN, 0, O}, {DATA, 2, O, 800, 1000}, {DATA, 3, O, 400, 600}, {DATA, 4, O, 550, 700},
            {DATA, 5, O, 700, 800}, {DATA, 6, O, 0, 400}},
        "o4@2 o2@3 o3@5 o0@6 o1@6", {COUNT(gaps, 0), COUNT(overlap_bytes, 50)},
        {.seen_request_bytes = 1000}},
    {"what is held in front of a whole message waits in its hole, what is behind is read on",
        {{SYN, 0, O}, {DATA, 2, O, 250, 400}, {DATA, 3, O, 600, 700}, {DATA, 4, O, 400, 600},
            {DATA, 5, O, 700, 800}, {DATA, 6, O, 0, 250}},
        "o2@4 o3@5 o0@6 o1@6", {COUNT(gaps, 0), COUNT(overlap_bytes, 0)},
        {.seen_request_bytes = 800}},
    {"an acknowledgement of two holes that were one",
        {{SYN, 0, O}, {DATA, 2, O, 600, 800}, {ACK, 5, T, 0, 600}, {DATA, 12, O, 200, 400},
            {PASS, 26}, {PASS, 33}},
        "o3@2 o1@12 o-200@12 o-200@2", {COUNT(gaps, 2)}, {.missing_request_bytes = 400}},
    {"one retransmission fills two holes and goes on",
        {{SYN, 0, O}, {DATA, 3, O, 200, 400}, {DATA, 4, O, 600, 800}, {DATA, 9, O, 0, 1000},
            {DATA, 10, O, 0, 800}},
        "o1@3 o3@4 o0@9 o2@9 o4@9",
        {COUNT(gaps, 0), COUNT(overlap_bytes, 400), COUNT(retransmitted_bytes, 800)},
        {.seen_request_bytes = 1000}},
    {"copies of what was read behind a hole are retransmissions",
        {{SYN, 0, O}, {DATA, 3, O, 200, 400}, {DATA, 4, O, 200, 400}, {DATA, 5, O, 0, 200},
            {DATA, 6, O, 0, 200}},
        "o1@3 o0@5", {COUNT(retransmitted_bytes, 400), COUNT(overlap_bytes, 0)}},
    {"a message that had begun in front of a hole ends in it",
        {{SYN, 0, O}, {DATA, 2, O, 0, 250}, {DATA, 3, O, 400, 600}, {DATA, 5, O, 250, 400}},
        "o0@2 o2@3 o1@5", {COUNT(jumped_bytes, 0)}, {.seen_request_bytes = 600}},
    {"what seems to begin inside a message that had begun is not read ahead",
        {{SYN, 0, O}, {DATA, 2, O, 0, 250}, {SHIFT, 0, O, 400, 300}, {DATA, 3, O, 400, 600},
            {SHIFT, 0, O, 300, 400}, {DATA, 5, O, 250, 300}, {DATA, 6, O, 500, 600}},
        "o0@2"},
    {"a message of a hole that would go on in what was read behind it: missing",
        {{SYN, 0, O}, {SHIFT, 0, O, 200, 100}, {DATA, 2, O, 200, 400}, {SHIFT, 0, O, 100, 200},
            {DATA, 9, O, 0, 100}, {PASS, 2000}},
        "o1@2 o-0@9", {COUNT(jumped_bytes, 100), COUNT(gaps, 0)},
        {.seen_request_bytes = 200, .missing_request_bytes = 100}},
    {"bytes in a hole that are no message",
        {{SYN, 0, O}, {DATA, 2, O, 200, 400}, {BAD, 3, O, 0, 200}}, "o1@2", {COUNT(bad_bytes, 200)},
        {.seen_request_bytes = 400}},
    {"a hole acknowledged in part, then wholly",
        {{SYN, 0, O}, {DATA, 3, O, 200, 400}, {ACK, 5, T, 0, 100}, {ACK, 9, T, 0, 200}, {PASS, 26},
            {PASS, 45}, {PASS, 46}},
        "o1@3 o-100@5 o-100@3", {COUNT(missing_bytes, 200)}},
    {"a hole acknowledged in part: the rest waits for the hold",
        {{SYN, 0, O}, {DATA, 3, O, 200, 400}, {ACK, 5, T, 0, 100}, {PASS, 26}, {PASS, 1003},
            {PASS, 1004}},
        "o1@3 o-100@5 o-100@3", {COUNT(gaps, 2)}},
    {"holes wait from the acknowledgement in front of them on, what is behind from now on",
        {{SYN, 0, O}, {ACK, 1, T, 0, 600}, {DATA, 3, O, 200, 400}, {PASS, 22}, {PASS, 24}},
        "o1@3 o-200@3 o-200@3", {COUNT(gaps, 2)}},
    {"two holes under one acknowledgement, each once",
        {{SYN, 0, O}, {DATA, 3, O, 200, 400}, {DATA, 4, O, 600, 800}, {ACK, 5, T, 0, 800},
            {ACK, 9, T, 0, 800}, {DATA, 12, O, 400, 600}, {PASS, 26}},
        "o1@3 o3@4 o2@12 o-200@3", {COUNT(gaps, 1)}},
    {"holes of a connection that begins anew",
        {{SYN, 0, O}, {SYN_ACK, 1, T}, {DATA, 2, O, 200, 400}, {SHIFT, 0, O, 0, 50000},
            {SYN, 10, O}, {DATA, 11, O, 0, 200}},
        "o1@2 o-200@2 o0@11", {COUNT(connections_reused, 1), COUNT(gaps, 1)}},
    {"a FIN behind a hole",
        {{SYN, 0, O}, {DATA, 2, O, 200, 400}, {FIN, 3, O, 400}, {DATA, 4, O, 0, 200},
            {DATA, 5, O, 400, 600}},
        "o1@2 o0@4", {COUNT(after_end_bytes, 200), COUNT(gaps, 0)}},
    {"a whole message behind what is held is read all the same",
        {{SYN, 0, O}, {DATA, 2, O, 250, 400}, {DATA, 3, O, 600, 800}, {PASS, 1003}, {PASS, 1004}},
        "o3@3 o-250@2 o-200@3", {COUNT(gaps, 2)}},
    {"a connection with payload is counted once a minute, the sides' frames always",
        {{SYN, 0, O}, {SYN_ACK, 1, T}, {ACK, 2, O, 0, 0}, {DATA, 3, O, 0, 200}, {ACK, 4, T, 0, 200},
            {ACK, 60100, T, 0, 200}, {ACK, 60200, O, 200, 0}},
        "o0@3", {COUNT(connections, 1)},
        {.frames = 7, .our_frames = 4, .their_frames = 3, .connections = 2}},
    {"a connection without payload is none", {{SYN, 0, O}, {SYN_ACK, 1, T}, {ACK, 60100, O, 0, 0}},
        "", {COUNT(connections, 1)}, {.frames = 3, .connections = NOTHING}},
    {"a retransmission is dropped",
        {{SYN, 0, O}, {DATA, 2, O, 0, 200}, {DATA, 3, O, 0, 200}, {DATA, 4, O, 100, 150}}, "o0@2",
        {COUNT(retransmitted_bytes, 250)}, {.seen_request_bytes = 200}},
    {"keep-alives and zero-window probes of old bytes are retransmissions",
        {{SYN, 0, O}, {DATA, 2, O, 0, 200}, {DATA, 3, O, 199, 200}, {DATA, 4, O, 199, 199}}, "o0@2",
        {COUNT(retransmitted_bytes, 1)}},
    {"an overlap: the first copy wins, what is new is read",
        {{SYN, 0, O}, {DATA, 2, O, 0, 300}, {DATA, 3, O, 100, 400}}, "o0@2 o1@3",
        {COUNT(overlap_bytes, 200)}},
    {"overlaps among held segments",
        {{SYN, 0, O}, {DATA, 2, O, 300, 500}, {DATA, 3, O, 250, 700}, {DATA, 4, O, 200, 350},
            {DATA, 5, O, 350, 600}, {DATA, 6, O, 0, 400}, {DATA, 7, O, 400, 1000}},
        "o0@6 o1@6 o2@6 o3@7 o4@7", {COUNT(gaps, 0), COUNT(retransmitted_bytes, 250)}},
    {"a gap that was acknowledged is given up after the disorder",
        {{SYN, 0, O}, {DATA, 2, O, 0, 200}, {DATA, 3, O, 400, 600}, {ACK, 5, T, 0, 600}, {PASS, 25},
            {PASS, 26}},
        "o0@2 o2@3 o-200@3", {COUNT(gaps, 1), COUNT(missing_bytes, 200), COUNT(jumped_bytes, 0)},
        {.seen_request_bytes = 400, .missing_request_bytes = 200}},
    {"exactly at the end of the disorder the bytes still count",
        {{SYN, 0, O}, {DATA, 3, O, 200, 400}, {ACK, 5, T, 0, 400}, {DATA, 25, O, 0, 200}},
        "o1@3 o0@25", {COUNT(gaps, 0)}},
    {"the same when time came to that instant without packets",
        {{SYN, 0, O}, {DATA, 3, O, 200, 400}, {ACK, 5, T, 0, 400}, {PASS, 25},
            {DATA, 25, O, 0, 200}},
        "o1@3 o0@25", {COUNT(gaps, 0)}},
    {"a gap that nobody acknowledges is given up after the hold",
        {{SYN, 0, O}, {DATA, 3, O, 200, 400}, {PASS, 1003}, {DATA, 1004, T, 0, 200}},
        "o1@3 o-200@3 t0@1004", {COUNT(gaps, 1)}},
    {"a retransmission before the hold is over fills the gap",
        {{SYN, 0, O}, {DATA, 3, O, 200, 400}, {DATA, 1003, O, 0, 200}}, "o1@3 o0@1003",
        {COUNT(gaps, 0)}},
    {"bytes that come after they were given up are old",
        {{SYN, 0, O}, {DATA, 3, O, 200, 400}, {PASS, 1004}, {DATA, 1005, O, 0, 200}},
        "o1@3 o-200@3", {COUNT(gaps, 1), COUNT(retransmitted_bytes, 200)},
        {.seen_request_bytes = 200, .missing_request_bytes = 200}},
    {"a gap cuts a message: it is jumped over, the next one is found",
        {{SYN, 0, O}, {DATA, 2, O, 0, 250}, {DATA, 3, O, 350, 600}, {ACK, 4, T, 0, 600},
            {PASS, 30}},
        "o0@2 o-100@3 o2@3", {COUNT(missing_bytes, 100), COUNT(jumped_bytes, 100)},
        {.seen_request_bytes = 400, .missing_request_bytes = 200}},
    {"two gaps, each given up in its time",
        {{SYN, 0, O}, {DATA, 2, O, 200, 400}, {DATA, 500, O, 600, 800}, {PASS, 1003}, {PASS, 1500},
            {PASS, 1501}},
        "o1@2 o3@500 o-200@2 o-200@500", {COUNT(gaps, 2)}},
    {"held bytes come out at their own instants when the gap is given up",
        {{SYN, 0, O}, {DATA, 2, O, 200, 500}, {DATA, 7, O, 500, 600}, {DATA, 8, O, 600, 800},
            {PASS, 1100}},
        "o3@8 o-200@2 o1@2 o2@7"},
    {"acknowledged, but never seen: a gap without anything behind it",
        {{SYN, 0, O}, {DATA, 2, O, 0, 200}, {ACK, 5, T, 0, 600}, {PASS, 30},
            {DATA, 31, O, 600, 800}},
        "o0@2 o-400@5 o3@31"},
    {"one-way mirror: acknowledgements alone tell of the missing side, once per disorder",
        {{SYN_ACK, 0, T}, {ACK, 1, T, 0, 100}, {ACK, 5, T, 0, 200}, {ACK, 9, T, 0, 300},
            {ACK, 40, T, 0, 400}, {ACK, 100, T, 0, 400}},
        "o-100@1 o-200@21 o-100@41", {COUNT(missing_bytes, 400)},
        {.missing_request_bytes = 400, .seen_request_bytes = 0}},
    {"one-way mirror, midstream: the first acknowledgement says where to count from",
        {{ACK, 1, T, 0, 1000}, {DATA, 5, T, 0, 200}, {ACK, 6, T, 200, 1200}, {PASS, 30}},
        "t0@5 o-200@6", {COUNT(midstream, 1)}, {.missing_request_bytes = 200}},
    {"an acknowledgement that was captured before its bytes is no gap",
        {{SYN, 0, O}, {ACK, 1, T, 0, 200}, {DATA, 4, O, 0, 200}, {ACK, 8, T, 0, 400},
            {DATA, 9, O, 200, 400}, {PASS, 100}},
        "o0@4 o1@9", {COUNT(gaps, 0)}},
    {"midstream: first the rest of a message, then messages",
        {{DATA, 2, O, 150, 450}, {DATA, 3, O, 450, 800}}, "o1@2 o2@3 o3@3",
        {COUNT(midstream, 1), COUNT(jumped_bytes, 50)}, {.missing_request_bytes = 50}},
    {"midstream at a message", {{DATA, 2, O, 200, 400}, {DATA, 3, T, 0, 200}}, "o1@2 t0@3",
        {COUNT(midstream, 1), COUNT(jumped_bytes, 0)}},
    {"midstream: payload in front of what was acknowledged first",
        {{ACK, 1, T, 0, 400}, {DATA, 2, O, 200, 400}, {DATA, 3, O, 400, 600}}, "o1@2 o2@3",
        {COUNT(gaps, 0)}},
    {"bytes that are no message: jumped to the next one",
        {{SYN, 0, O}, {DATA, 2, O, 0, 200}, {BAD, 3, O, 200, 260}, {SHIFT, 0, O, 200, 260},
            {DATA, 5, O, 200, 400}},
        "o0@2 o1@5", {COUNT(bad_bytes, 60), COUNT(jumped_bytes, 0)}},
    {"SYN again without an answer is a retry", {{SYN, 0, O}, {SYN, 1000, O}, {SYN, 3000, O}}, "",
        {COUNT(connections, 1), COUNT(connections_reused, 0)}, {.syns = 3, .syn_retries = 2}},
    {"every frame seen twice, a little later: counted once",
        {{SYN, 0, O}, {SYN, 2, O}, {SYN_ACK, 3, T}, {SYN_ACK, 3, T}, {DATA, 4, O, 0, 200},
            {DATA, 9, O, 0, 200}, {FIN, 10, O, 200}, {FIN, 10, O, 200}, {FIN, 11, T, 0},
            {FIN, 11, T, 0}, {RST, 12, O, 200}, {RST, 13, O, 200}},
        "o0@4", {COUNT(connections, 1), COUNT(retransmitted_bytes, 200)},
        {.syns = 1, .syn_retries = 0, .fins = 2, .resets = 1, .seen_request_bytes = 200}},
    {"SYN again and again, each seen twice",
        {{SYN, 0, O}, {SYN, 1, O}, {SYN, 1000, O}, {SYN, 1001, O}}, "", {COUNT(connections, 1)},
        {.syns = 2, .syn_retries = 1}},
    {"SYN refused twice, each frame seen twice",
        {{SYN, 0, O}, {SYN, 0, O}, {RST, 1, T, 0}, {RST, 1, T, 0}, {SYN, 1000, O}, {SYN, 1000, O},
            {RST, 1001, T, 0}, {RST, 1001, T, 0}},
        "", {COUNT(connections, 1)}, {.syns = 2, .syn_retries = 1, .resets = 2}},
    {"a retry is no copy: the shortest time a stack waits", {{SYN, 0, O}, {SYN, 200, O}}, "",
        {COUNT(connections, 1)}, {.syns = 2, .syn_retries = 1}},
    {"SYN and payload in one packet",
        {{SYN, 0, O, 0, 200}, {SYN_ACK, 1, T}, {DATA, 2, O, 200, 400}}, "o0@0 o1@2"},
    {"SYN-ACK captured before SYN",
        {{SYN_ACK, 0, T}, {SYN, 1, O}, {DATA, 2, O, 0, 200}, {DATA, 3, T, 0, 200}}, "o0@2 t0@3",
        {COUNT(connections, 1), COUNT(midstream, 0)}},
    {"the same ports again: a SYN with another number",
        {{SYN, 0, O}, {SYN_ACK, 1, T}, {DATA, 2, O, 0, 250}, {SHIFT, 0, O, 0, 50000},
            {SYN, 10, O, 0, 0}, {DATA, 11, O, 0, 200}},
        "o0@2 o0@11",
        {COUNT(connections, 2), COUNT(connections_reused, 1), COUNT(cut_short_bytes, 50),
            COUNT(jumped_bytes, 0)},
        {.seen_request_bytes = 400, .missing_request_bytes = NOTHING}},
    {"a second copy of the SYN later on changes nothing",
        {{SYN, 0, O}, {DATA, 2, O, 0, 250}, {SYN, 3, O}, {DATA, 4, O, 250, 400}}, "o0@2 o1@4",
        {COUNT(connections_reused, 0)}},
    {"FIN of both sides, then the same ports again",
        {{SYN, 0, O}, {SYN_ACK, 1, T}, {DATA, 2, O, 0, 200}, {FIN, 3, O, 200}, {FIN, 4, T, 0},
            {SHIFT, 0, O, 0, 50000}, {SYN, 10, O}, {DATA, 11, O, 0, 200}},
        "o0@2 o0@11", {COUNT(connections, 2), COUNT(connections_reused, 0), COUNT(gaps, 0)},
        {.fins = 2, .syns = 2}},
    {"the other side goes on behind a FIN",
        {{SYN, 0, O}, {SYN_ACK, 1, T}, {DATA, 2, O, 0, 200}, {FIN, 3, O, 200}, {DATA, 4, T, 0, 200},
            {ACK, 5, T, 200, 201}, {PASS, 2000}},
        "o0@2 t0@4", {COUNT(gaps, 0)}},
    {"payload behind a FIN is ignored",
        {{SYN, 0, O}, {DATA, 2, O, 0, 200}, {FIN, 3, O, 200}, {DATA, 4, O, 200, 400},
            {DATA, 5, O, 100, 300}},
        "o0@2", {COUNT(after_end_bytes, 300), COUNT(gaps, 0)}},
    {"bytes that are missing in front of a FIN are given up",
        {{SYN, 0, O}, {DATA, 2, O, 0, 200}, {FIN, 3, O, 600}, {PASS, 1004}}, "o0@2 o-400@3",
        {COUNT(missing_bytes, 400)}},
    {"bytes in front of a FIN that come late",
        {{SYN, 0, O}, {DATA, 2, O, 0, 200}, {FIN, 3, O, 400}, {DATA, 4, O, 200, 400}, {PASS, 1004}},
        "o0@2 o1@4", {COUNT(gaps, 0)}},
    {"RST, and a segment that was captured behind it",
        {{SYN, 0, O}, {DATA, 2, O, 0, 250}, {RST, 3, T, 0}, {DATA, 4, O, 250, 400}}, "o0@2 o1@4",
        {COUNT(connections, 1)}, {.resets = 1}},
    {"RST, then forgotten: what comes is midstream",
        {{SYN, 0, O}, {DATA, 2, O, 0, 250}, {RST, 3, T, 0}, {DATA, 2500, O, 350, 600}},
        "o0@2 o2@2500", {COUNT(connections, 2), COUNT(midstream, 1), COUNT(gaps, 0)}},
    {"SYN refused", {{SYN, 0, O}, {RST, 1, T, 0}, {SYN, 1000, O}, {RST, 1001, T, 0}}, "",
        {COUNT(connections, 1)}, {.resets = 2, .syn_retries = 1}},
    {"the snap length cuts a message: a gap at once",
        {{SYN, 0, O}, {SNAP, 2, O, 0, 400, 300}, {DATA, 3, O, 400, 600}}, "o0@2 o-100@2 o2@3",
        {COUNT(snap_cut_bytes, 100), COUNT(missing_bytes, 100), COUNT(jumped_bytes, 100)},
        {.seen_request_bytes = 400, .missing_request_bytes = 200}},
    {"the snap length leaves nothing",
        {{SYN, 0, O}, {SNAP, 2, O, 0, 400, 0}, {DATA, 3, O, 400, 600}}, "o-400@2 o2@3",
        {COUNT(snap_cut_bytes, 400)}},
    {"a cut segment out of order: its gap once it is read",
        {{SYN, 0, O}, {SNAP, 2, O, 200, 600, 400}, {DATA, 3, O, 600, 800}, {DATA, 4, O, 0, 200}},
        "o3@3 o0@4 o1@4 o-200@4", {COUNT(snap_cut_bytes, 200), COUNT(gaps, 1)}},
    {"a segment that is cut where held bytes follow",
        {{SYN, 0, O}, {DATA, 1, O, 300, 600}, {SNAP, 2, O, 0, 400, 200}}, "o0@2 o-100@2 o2@2",
        {COUNT(snap_cut_bytes, 100)}},
    {"a number far away begins the direction anew",
        {{SYN, 0, O}, {DATA, 2, O, 0, 250}, {SHIFT, 0, O, 0, 100000000}, {DATA, 3, O, 150, 600}},
        "o0@2 o-0@3 o1@3 o2@3",
        {COUNT(sequence_jumps, 1), COUNT(cut_short_bytes, 50), COUNT(jumped_bytes, 50),
            COUNT(missing_bytes, 0)},
        {.seen_request_bytes = 600, .missing_request_bytes = 50}},
    {"a number far behind, too",
        {{SHIFT, 0, O, 0, 100000000}, {SYN, 0, O}, {DATA, 2, O, 0, 200},
            {SHIFT, 0, O, 100000000, 0}, {DATA, 3, O, 0, 200}},
        "o0@2 o-0@3 o0@3", {COUNT(sequence_jumps, 1), COUNT(retransmitted_bytes, 0)}},
    {"an acknowledgement far away begins the direction anew",
        {{SYN, 0, O}, {DATA, 2, O, 0, 250}, {ACK, 3, T, 0, 100000000}, {SHIFT, 0, O, 0, 100000000},
            {DATA, 4, O, 0, 200}},
        "o0@2 o-0@3 o0@4", {COUNT(sequence_jumps, 1), COUNT(missing_bytes, 0)}},
    {"silent for longer than idle: another connection",
        {{SYN, 0, O}, {DATA, 2, O, 0, 250}, {DATA, 3600003, O, 400, 600}}, "o0@2 o2@3600003",
        {COUNT(connections, 2), COUNT(midstream, 1), COUNT(gaps, 0)}},
    {"exactly idle: the same one",
        {{SYN, 0, O}, {DATA, 2, O, 0, 250}, {DATA, 3600002, O, 250, 400}}, "o0@2 o1@3600002",
        {COUNT(connections, 1)}},
    {"other frames of the hosts keep the mirror alive", {{SYN, 0, O}, {HOSTS, 1, O}, {HOSTS, 2, T}},
        "", {COUNT(segments, 1)}, {.frames = 3}},
};

struct run {
    struct rig rig;
    uint8_t bytes[2][LENGTH * MESSAGES];
    uint32_t first[2]; // sequence of byte 0
};

static void messages_make(struct run *run)
{
    for (uint32_t i = 0; i < MESSAGES; i++) {
        rig_message_write(&run->bytes[O][i * LENGTH], LENGTH, false, 1 + i, i);
        rig_message_write(&run->bytes[T][i * LENGTH], LENGTH, true, 1 + i, i + 7);
    }
}

static void step_take(struct run *run, const struct step *step)
{
    static const uint8_t garbage[LENGTH];
    uint32_t from = step->from, length = step->to > from ? step->to - from : 0;
    if (step->kind == PASS) {
        rig_advance(&run->rig, rig_at(step->ms * NS_PER_MS));
        return;
    }
    if (step->kind == SHIFT) { // from here on, byte `from` has the number that byte `to` had
        run->first[step->side] += step->to - step->from;
        return;
    }
    struct packet packet = rig_packet(0, step->side == O, step->ms * NS_PER_MS,
        run->first[step->side] + from, &run->bytes[step->side][from % (LENGTH * MESSAGES)], length);
    switch (step->kind) {
    case SYN:
        packet.tcp_flags = TCP_SYN;
        packet.sequence--;
        break;
    case SYN_ACK:
        packet.tcp_flags = TCP_SYN | TCP_ACK;
        packet.sequence--;
        packet.acknowledgement = run->first[!step->side];
        break;
    case ACK:
        packet.tcp_flags = TCP_ACK;
        packet.payload_length = packet.payload_captured = 0;
        packet.acknowledgement = run->first[!step->side] + step->to;
        break;
    case FIN: packet.tcp_flags |= TCP_FIN; break;
    case RST: packet.tcp_flags = TCP_RST; break;
    case BAD: packet.payload = garbage; break;
    case SNAP: packet.payload_captured = step->cut - from; break;
    case HOSTS: packet.kind = PACKET_HOSTS; break;
    default: break;
    }
    rig_send(&run->rig, packet);
}

// What came out, as text.
static void text_make(const struct rig *rig, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < rig->count; i++) {
        const struct message *message = &rig->messages[i];
        long long ms = (long long)((message->at.ns - rig_at(0).ns) / NS_PER_MS);
        bool gap = message->flags & MESSAGE_GAP;
        length += (size_t)snprintf(text + length, size - length, "%s%c%s%llu@%lld",
            i == 0 ? "" : " ", message->flags & MESSAGE_FROM_OURS ? 'o' : 't', gap ? "-" : "",
            (unsigned long long)(gap ? message->amount : message->amount - 1), ms);
    }
}

static void facts_check(const char *what, struct rig *rig, const struct link_counts *expected)
{
    struct link_counts got = rig_link(rig, 0);
    const struct {
        const char *name;
        int64_t expected, got;
    } facts[] = {
        {"frames", expected->frames, got.frames},
        {"our frames", expected->our_frames, got.our_frames},
        {"their frames", expected->their_frames, got.their_frames},
        {"connections", expected->connections, got.connections},
        {"seen requests", expected->seen_request_bytes, got.seen_request_bytes},
        {"seen answers", expected->seen_answer_bytes, got.seen_answer_bytes},
        {"missing requests", expected->missing_request_bytes, got.missing_request_bytes},
        {"missing answers", expected->missing_answer_bytes, got.missing_answer_bytes},
        {"syns", expected->syns, got.syns},
        {"syn retries", expected->syn_retries, got.syn_retries},
        {"resets", expected->resets, got.resets},
        {"fins", expected->fins, got.fins},
    };
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        int64_t expected_now = facts[i].expected == NOTHING ? 0 : facts[i].expected;
        if (facts[i].expected != 0 && expected_now != facts[i].got) {
            fail_msg("%s: %s %lld, expected %lld", what, facts[i].name, (long long)facts[i].got,
                (long long)expected_now);
        }
    }
}

// Messages and gaps never come before the watermark that was told, and (at, ordinal) is told once.
static void order_check(const char *what, const struct rig *rig)
{
    for (size_t i = 0; i < rig->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (message_compare(&rig->messages[i], &rig->messages[j]) == 0) {
                fail_msg("%s: messages %zu and %zu have one place", what, j, i);
            }
        }
    }
}

static void row_run(const struct row *row, uint32_t first)
{
    static struct run run;
    char text[1024];
    rig_init(&run.rig);
    rig_start(&run.rig);
    messages_make(&run);
    run.first[O] = first;
    run.first[T] = first + 77;
    for (const struct step *step = row->steps; step->kind != END; step++) {
        struct instant watermark = streams_watermark(run.rig.streams);
        size_t before = run.rig.count;
        step_take(&run, step);
        for (size_t i = before; i < run.rig.count; i++) {
            assert_true(run.rig.messages[i].at.ns >= watermark.ns);
        }
    }
    text_make(&run.rig, text, sizeof(text));
    if (strcmp(text, row->expected) != 0) {
        fail_msg(
            "%s (from %u):\n   got \"%s\"\n  want \"%s\"", row->what, first, text, row->expected);
    }
    const char *counts = (const char *)streams_counts(run.rig.streams);
    for (size_t i = 0; i < 6 && (row->counts[i].offset != 0 || row->counts[i].value != 0); i++) {
        uint64_t got = *(const uint64_t *)(const void *)(counts + row->counts[i].offset);
        if (got != row->counts[i].value) {
            fail_msg("%s: count %zu is %llu, expected %llu", row->what, i, (unsigned long long)got,
                (unsigned long long)row->counts[i].value);
        }
    }
    order_check(row->what, &run.rig);
    facts_check(row->what, &run.rig, &row->facts);
    rig_done(&run.rig);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        row_run(&rows[i], 1000);
        row_run(&rows[i], UINT32_MAX - 150);
        row_run(&rows[i], (1u << 31) - 150);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
