/* SPDX-License-Identifier: BSD-2-Clause */
/* What spin's models do, done to two stacks: both sides must be in the model's states after each step, and have sent
 * what it sends, no more and no less. Reads a trace (spec/README.md) from the standard input.
 *
 *     replay_spin MODEL tree|runs
 *
 * tree: every edge, in the order of spin's depth-first search; the stacks go back as it does.
 * runs: one after the other, each begun by `@begin`; now and then time passes and timers run out in between. */
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/replay.h"

#define LINE 256u

struct replay {
    struct replay_model model;
    struct replay_world world;
    struct replay_path path;
    char now[REPLAY_STATE]; /* of the run */
    uint64_t lines, edges, runs, waits, random;
    char why[512];
};

static bool fail(struct replay *r, const struct replay_step *s, const char *what)
{
    if (!r->why[0])
        snprintf(r->why, sizeof r->why, "line %llu, %s %u %u from %s to %s: %s", (unsigned long long)r->lines, s->event,
                 s->x, s->y, s->before, s->after, what);
    return false;
}

static const char *segment_text(const struct replay_segment *g, char *to, size_t bytes)
{
    snprintf(to, bytes, "side %u sends%s%s%s%s seq=%u ack=%u len=%u", g->from, g->flags & REPLAY_SYN ? " SYN" : "",
             g->flags & REPLAY_FIN ? " FIN" : "", g->flags & REPLAY_RST ? " RST" : "",
             g->flags & REPLAY_ACK ? " ACK" : "", g->seq, g->ack, g->length);
    return to;
}

/* What was sent is what the model has in flight now; what it has more than before was sent. */
static bool check_sent(struct replay *r, const struct replay_step *s)
{
    const struct replay_model *m = &r->model;
    struct replay_world *w = &r->world;
    bool sent[REPLAY_KEYS] = {false};
    char text[128];
    for (uint32_t i = 0; i < w->sent; i++) {
        const struct replay_segment *g = &w->segment[i];
        bool known = false;
        for (uint32_t k = 0; k < m->keys; k++) {
            if (s->after[m->flight + k] != '1' || !m->is(m, g, k, s->after))
                continue;
            known = sent[k] = true;
            if (w->kept[k].n) /* the same again; but it may say more than the first: it acknowledges what came since */
                continue;
            w->kept[k].n = g->n;
            memcpy(w->kept[k].frame, g->frame, g->n);
        }
        if (!known && !m->other(m, w, g)) {
            char segment[96];
            snprintf(text, sizeof text, "the model does not send it: %s", segment_text(g, segment, sizeof segment));
            return fail(r, s, text);
        }
        replay_settle(w);
    }
    for (uint32_t k = 0; k < m->keys; k++) {
        if (s->after[m->flight + k] != '1' || s->before[m->flight + k] == '1' || sent[k])
            continue;
        snprintf(text, sizeof text, "the model sends what the stacks do not (digit %u)", m->flight + k);
        return fail(r, s, text);
    }
    return true;
}

static bool check_states(struct replay *r, const struct replay_step *s)
{
    char text[128];
    for (uint32_t k = 0; k < 2; k++) {
        const enum sv_tcp_state seen = replay_state(&r->world, k), wanted = r->model.wanted(s->after, k);
        if (seen == wanted)
            continue;
        snprintf(text, sizeof text, "side %u is in %s, the model in %s", k, sv_tcp_state_name(seen),
                 wanted < SV_TCP_STATES ? sv_tcp_state_name(wanted) : "no state");
        return fail(r, s, text);
    }
    return r->model.agrees(&r->world, s->after, text, sizeof text) || fail(r, s, text);
}

static bool step(struct replay *r, const struct replay_step *s)
{
    r->world.sent = r->world.touched = 0;
    if (!r->model.play(&r->world, s))
        return fail(r, s, "it cannot be done to the stacks");
    replay_settle(&r->world);
    r->edges++;
    return check_sent(r, s) && check_states(r, s);
}

static bool tree_line(struct replay *r, const struct replay_step *s)
{
    const bool loop = strcmp(s->before, s->after) == 0;
    if (!replay_path_to(&r->path, &r->world, s->before, loop))
        return fail(r, s, "it does not go on from anywhere on the path");
    if (!step(r, s))
        return false;
    if (loop)
        replay_path_looped(&r->path, &r->world);
    else if (!replay_path_on(&r->path, &r->world, s->after))
        return fail(r, s, "the path is too long");
    return true;
}

/* Time passes on one side, or none: nothing may come of it but what has been sent before. */
static bool wait_a_while(struct replay *r, const struct replay_step *s)
{
    struct replay_step idle = *s;
    r->random = r->random * 6364136223846793005u + 1442695040888963407u;
    const uint32_t draw = (uint32_t)(r->random >> 33);
    if (draw % 4u || !r->model.may_wait(s->after))
        return true;
    memcpy(idle.before, s->after, sizeof idle.before);
    snprintf(idle.event, sizeof idle.event, "time passes");
    r->world.sent = 0;
    replay_pass(&r->world, draw / 4u % 2u, (draw / 8u % 2000u) * SV_MS);
    r->waits++;
    return check_sent(r, &idle) && check_states(r, &idle);
}

static bool runs_line(struct replay *r, const struct replay_step *s)
{
    if (strcmp(r->now[0] ? r->now : r->path.place[0].state, s->before) != 0)
        return fail(r, s, "it does not go on from the step before");
    snprintf(r->now, sizeof r->now, "%s", s->after);
    const bool good = step(r, s) && wait_a_while(r, s);
    r->path.held[0] = r->path.held[1] = SV_NONE;
    return good;
}

static bool read_word(char **at, char *to, size_t bytes)
{
    while (**at == ' ')
        ++*at;
    const size_t n = strcspn(*at, " \n");
    if (n == 0 || n >= bytes)
        return false;
    memcpy(to, *at, n);
    to[n] = 0;
    *at += n;
    return true;
}

static bool read_step(const struct replay_model *m, char *line, struct replay_step *s)
{
    char x[12], y[12], *at = line + 1;
    *s = (struct replay_step){.x = 0};
    if (!read_word(&at, s->before, sizeof s->before) || !read_word(&at, s->event, sizeof s->event) ||
        !read_word(&at, x, sizeof x) || !read_word(&at, y, sizeof y) || !read_word(&at, s->after, sizeof s->after))
        return false;
    s->x = (uint32_t)strtoul(x, NULL, 10);
    s->y = (uint32_t)strtoul(y, NULL, 10);
    return strlen(s->before) == m->digits && strlen(s->after) == m->digits;
}

static bool read_all(struct replay *r, bool tree)
{
    char line[LINE];
    struct replay_step s = {.x = 0};
    r->runs = !tree;
    while (fgets(line, sizeof line, stdin)) {
        if (line[0] != '@')
            continue;
        r->lines++;
        if (strncmp(line, "@begin", 6) == 0) {
            r->runs++;
            r->now[0] = 0;
            if (r->path.depth)
                (void)replay_path_to(&r->path, &r->world, r->path.place[0].state, false);
            continue;
        }
        if (!read_step(&r->model, line, &s))
            return fail(r, &s, "this is no line of a trace");
        if (!r->path.depth)
            (void)replay_path_on(&r->path, &r->world, s.before); /* the model's first state is what there is now */
        if (!(tree ? tree_line(r, &s) : runs_line(r, &s)))
            return false;
    }
    return r->edges > 0 || fail(r, &s, "there is no edge in it");
}

static bool model_named(const char *name, struct replay_model *m)
{
    static const uint32_t far[2][3] = {{1000, 1001000, 2001000}, {7000, 1007000, 2007000}};
    static const uint32_t near[2][3] = {{1000, 1100, 1200}, {7000, 7100, 7200}};
    static const uint32_t same[2][3] = {{1000, 1000, 1000}, {7000, 7000, 7000}};
    *m = strncmp(name, "closing", 7) == 0 ? replay_closing : replay_opening;
    memcpy(m->isn, far, sizeof far);
    if (strcmp(name, "opening-near") == 0)
        memcpy(m->isn, near, sizeof near);
    else if (strcmp(name, "opening-reuse") == 0)
        memcpy(m->isn, same, sizeof same);
    else if (strcmp(name, "opening-two") == 0)
        m->handshake = SV_HANDSHAKE_TWO_WAY;
    else if (strcmp(name, "closing-acks") == 0)
        m->acks_arrive = true;
    else if (strcmp(name, "closing-no-time-wait") == 0)
        m->flaws = SV_FLAW_NO_TIME_WAIT;
    else
        return strcmp(name, m->name) == 0;
    return true;
}

int main(int argc, char **argv)
{
    static struct replay r;
    if (argc != 3 || !model_named(argv[1], &r.model)) {
        fprintf(stderr, "replay_spin MODEL tree|runs < TRACE\n");
        return 2;
    }
    if (!replay_open(&r.model, &r.world)) {
        fprintf(stderr, "replay_spin: the stacks could not be made\n");
        return 2;
    }
    const bool good = read_all(&r, strcmp(argv[2], "tree") == 0);
    if (good)
        printf("%llu edges, %u deep, %llu runs, %llu waits\n", (unsigned long long)r.edges, r.path.deepest,
               (unsigned long long)r.runs, (unsigned long long)r.waits);
    else
        printf("%s\n", r.why);
    replay_path_free(&r.path);
    replay_close(&r.world);
    return good ? 0 : 1;
}
