/* SPDX-License-Identifier: BSD-2-Clause */
/* Two stacks between which nothing passes by itself: what either sends is kept, and delivered when, and as often as,
 * a trace of spin's says. Each side has a clock of its own, which stands still until a timer is wanted: the models
 * know no time, and with two clocks any timer may be the first. */
#ifndef SV_TESTS_SCENARIO_REPLAY_H
#define SV_TESTS_SCENARIO_REPLAY_H

#include <stdio.h>

#include "l4_transport/tcp_teach.h"
#include "seven/seven.h"

#define REPLAY_KEYS 36u
#define REPLAY_STATE 48u
#define REPLAY_FRAME 120u
#define REPLAY_SENT 16u
#define REPLAY_ARENA (1u << 20)
#define REPLAY_PIECE 512u

enum replay_flag { REPLAY_FIN = 1, REPLAY_SYN = 2, REPLAY_RST = 4, REPLAY_ACK = 16 };

struct replay_segment {
    uint32_t from; /* side */
    uint32_t seq, ack, flags, length;
    uint32_t n;
    uint8_t frame[REPLAY_FRAME];
};

/* A side as it was at first, and which pieces have been otherwise since. */
struct replay_first {
    uint64_t bytes;
    bool changed[REPLAY_ARENA / REPLAY_PIECE];
    uint8_t memory[];
};

struct replay_side {
    struct replay_first *first;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_stack *stack;
    sv_port port;
    sv_time now;
    sv_sock listener, socket;
    bool open; /* the program has `socket` */
    bool finished;
    uint32_t received; /* bytes, and then the end: what the program has read */
};

struct replay_world {
    struct replay_side side[2];
    uint32_t touched; /* a bit a side: something may be otherwise in it */
    uint32_t sent;
    struct replay_segment segment[REPLAY_SENT]; /* of this step */
    struct {
        uint32_t n;
        uint8_t frame[REPLAY_FRAME];
    } kept[REPLAY_KEYS]; /* by the model's number */
};

/* One line of a trace. The states are the model's digits. */
struct replay_step {
    char before[REPLAY_STATE], event[24], after[REPLAY_STATE];
    uint32_t x, y;
};

/* What a model's words mean to two stacks. */
struct replay_model {
    const char *name;
    uint32_t digits; /* of a state */
    uint32_t flight; /* the first that says what is in flight; one a key from there on */
    uint32_t keys;
    uint32_t handshake, flaws; /* enum sv_teach_handshake, sv_teach_flaw */
    uint32_t isn[2][3];
    bool acks_arrive; /* those that the model has no word for */
    bool (*begin)(const struct replay_model *m, struct replay_world *w);
    /* False: there is no such event, or it did not come to pass. */
    bool (*play)(struct replay_world *w, const struct replay_step *s);
    /* Is this the segment that the key stands for? */
    bool (*is)(const struct replay_model *m, const struct replay_segment *g, uint32_t key, const char *after);
    /* One that no key stands for: true, and it may have been delivered. */
    bool (*other)(const struct replay_model *m, struct replay_world *w, const struct replay_segment *g);
    enum sv_tcp_state (*wanted)(const char *state, uint32_t side);
    /* What else must be as the model says. */
    bool (*agrees)(const struct replay_world *w, const char *state, char *why, size_t bytes);
    bool (*may_wait)(const char *state); /* time may pass, and timers run, without an edge of the model */
};

extern const struct replay_model replay_opening, replay_closing;

/* --- replay_world.c --- */
bool replay_open(const struct replay_model *m, struct replay_world *w);
void replay_close(struct replay_world *w);
enum sv_tcp_state replay_state(const struct replay_world *w, uint32_t side);
bool replay_connect(struct replay_world *w, uint32_t side);
void replay_deliver(struct replay_world *w, uint32_t to, const uint8_t *frame, uint32_t n);
/* Takes what both sides have to say and to tell. */
void replay_settle(struct replay_world *w);
/* One timer of that side runs out. False: it has none. */
bool replay_timer(struct replay_world *w, uint32_t side);
bool replay_until(struct replay_world *w, uint32_t side, enum sv_tcp_state state);
void replay_pass(struct replay_world *w, uint32_t side, sv_time by);

/* One side's bytes into `memory` (NULL: it is made; free() it), and back. */
void *replay_keep(const struct replay_world *w, uint32_t side, void *memory);
void replay_back(struct replay_world *w, uint32_t side, void *memory);

/* --- replay_path.c: the way back, for a search in depth --- */
#define REPLAY_DEPTH 128u

struct replay_path {
    uint32_t depth, deepest;
    uint32_t held[2]; /* the place whose bytes a side has now; SV_NONE: it has moved on */
    bool looped;      /* an edge led from the end to itself: the model is as it was, the stacks may not be */
    struct replay_place {
        char state[REPLAY_STATE];
        bool kept;
        uint32_t holder[2]; /* the place that has the bytes of a side: it, or one before it */
        void *memory[2];
        struct replay_world world;
    } place[REPLAY_DEPTH];
};

/* Puts the world where the path is in this state; what lies beyond is forgotten. False: nowhere. */
bool replay_path_to(struct replay_path *p, struct replay_world *w, const char *state, bool loop);
/* The world has come to a state from the path's end. False: too deep. */
bool replay_path_on(struct replay_path *p, const struct replay_world *w, const char *state);
void replay_path_looped(struct replay_path *p, const struct replay_world *w);
void replay_path_free(struct replay_path *p);

#endif
