/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays a conversation: see exchange.h. */
#include "tests/support/exchange.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/exchange_private.h"
#include "tests/support/exchange_script.h"

struct sv_grid sv_grid;

#define ARENA_BYTES (8u << 20)
static _Alignas(4096) uint8_t arena_memory[ARENA_BYTES];
#define LOG_LINE 160

/* --- the story --- */

static void tell(struct sv_talk *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(struct sv_talk *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(t->story + t->story_at, SV_STORY_BYTES - t->story_at, format, args);
    va_end(args);
    if (n > 0 && t->story_at + (size_t)n < SV_STORY_BYTES)
        t->story_at += (size_t)n;
}

static const char *flags_text(uint32_t flags, char *to)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"};
    size_t n = 0;
    to[0] = 0;
    for (uint32_t i = 0; i < 9; i++) {
        if (flags & 1u << i)
            n += (size_t)sprintf(to + n, "%s%s", n ? "," : "", names[i]);
    }
    return to;
}

static const char *call_name(uint32_t call)
{
    static const char *const names[] = {"?",    "LISTEN",   "CONNECT", "ACCEPT",       "SEND",
                                        "RECV", "SHUTDOWN", "CLOSE",   "ABORT",        "CLOSE_LISTENER",
                                        "SET",  "ADMIT",    "REFUSE",  "CONNECT_FAST", "OFFERS"};
    return call < sizeof names / sizeof names[0] ? names[call] : "?";
}

static const char *state_text(uint32_t state)
{
    return state == SAME ? "as before" : sv_tcp_state_name((enum sv_tcp_state)state);
}

static const char *line_text(const struct sv_line *l, char *to)
{
    static const char *const who[] = {"END", "PEER", "US", "CALL", "WAIT", "CONFIRM", "ICMP", "ARP"};
    char flags[48];
    size_t n = (size_t)sprintf(to, "%8u  %-7s ", l->ms, who[l->who]);
    if (l->who == PEER || l->who == US)
        n += (size_t)sprintf(to + n, "%-12s seq %d ack %d len %u", flags_text(l->flags, flags), (int)l->seq,
                             (int)l->ack, l->len);
    else if (l->who == CALL)
        n += (size_t)sprintf(to + n, "%-12s %u -> %u %s", call_name(l->flags), l->seq, l->ack,
                             sv_err_name((enum sv_err)l->len));
    else if (l->who != WAIT)
        n += (size_t)sprintf(to + n, "%u %u %u %u", l->flags, l->seq, l->ack, l->len);
    if (l->win)
        n += (size_t)sprintf(to + n, " win %u", l->win - 1u);
    if (l->urgent)
        n += (size_t)sprintf(to + n, " urgent %u", l->urgent);
    sprintf(to + n, "  -> %s", state_text(l->state));
    return to;
}

static void fail(struct sv_talk *t, const struct sv_line *l, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void fail(struct sv_talk *t, const struct sv_line *l, const char *format, ...)
{
    char text[LOG_LINE * 4];
    va_list args;
    if (t->failed)
        return;
    t->failed = true;
    if (l)
        tell(t, "  wanted %s\n", line_text(l, text));
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tell(t, "  seen   %s\n", text);
}

static uint32_t ms_of(const struct sv_talk *t, sv_time at)
{
    return (uint32_t)((at - t->zero + SV_MS / 2u) / SV_MS);
}

static const char *seen_text(const struct sv_talk *t, const struct sv_seen *s, char *to)
{
    char flags[48];
    if (s->strange) {
        sprintf(to, "%8u  US      %s", ms_of(t, s->at), s->strange);
        return to;
    }
    size_t n = (size_t)sprintf(to, "%8u  US      %-12s seq %d ack %d len %u win %u", ms_of(t, s->at),
                               flags_text(s->flags, flags), (int)(s->seq - t->our_base), (int)(s->ack - t->peer_base),
                               s->length, s->window);
    if (s->ecn)
        n += (size_t)sprintf(to + n, " %s", s->ecn == 1 ? "ECT(1)" : s->ecn == 2 ? "ECT(0)" : "CE");
    if (s->options & O_MSS)
        n += (size_t)sprintf(to + n, " mss %u", s->mss);
    if (s->options & O_SCALE)
        n += (size_t)sprintf(to + n, " scale %u", s->scale);
    if (s->options & O_TS)
        n += (size_t)sprintf(to + n, " ts +%u ecr %u", s->ts - t->last_ts, s->ecr);
    for (uint32_t i = 0; i < s->sacks; i++)
        n += (size_t)sprintf(to + n, " sack %d-%d", (int)(s->sack[2 * i] - t->peer_base),
                             (int)(s->sack[2 * i + 1] - t->peer_base));
    if (s->flags & URG)
        sprintf(to + n, " urgent %u", s->urgent);
    return to;
}

/* --- the stack under test --- */

static enum sv_tcp_state state_now(const struct sv_talk *t)
{
    struct sv_sock_info info;
    uint32_t at = 0;
    enum sv_tcp_state state = SV_CLOSED;
    info.size = sizeof info;
    while (sv_stack_each(t->stack, &at, &info)) {
        if (info.protocol == 6 && info.state == SV_LISTEN && state == SV_CLOSED)
            state = SV_LISTEN;
        else if (info.protocol == 6 && info.state != SV_CLOSED && info.remote.port == t->peer_port)
            state = (enum sv_tcp_state)info.state;
        info.size = sizeof info;
    }
    return state;
}

static void collect_events(struct sv_talk *t)
{
    struct sv_event e[16];
    uint32_t n;
    while ((n = sv_stack_events(t->stack, e, 16)) != 0) {
        for (uint32_t i = 0; i < n; i++) {
            t->events |= e[i].what;
            if (e[i].what & SV_EVENT_ERROR)
                t->error = (uint8_t)e[i].error;
        }
    }
}

static void note_sent(struct sv_talk *t, const struct sv_seen *s)
{
    if (s->strange)
        return;
    const uint32_t end = s->seq + s->length + (s->flags & SYN ? 1u : 0u) + (s->flags & FIN ? 1u : 0u);
    if (s->flags & ACK) {
        t->rcv_nxt = s->ack;
        t->rcv_right = s->ack + ((uint32_t)s->window << (s->flags & SYN || !t->x->modern ? 0 : s->scale));
    }
    if ((int32_t)(end - t->snd_nxt) > 0 || (s->flags & SYN))
        t->snd_nxt = end;
    if (s->options & O_TS) {
        t->last_ts = s->ts;
        t->last_ts_at = s->at;
    }
    if (s->options & O_FAST)
        memcpy(t->cookie, s->cookie, sizeof t->cookie);
}

static void take_output(struct sv_talk *t)
{
    struct sv_room room = {SV_BURST, 1u << 20, 0};
    for (;;) {
        struct sv_burst b = {.n = 0};
        if (!sv_node_transmit(sv_stack_node(t->stack), t->port, room, &b, t->now))
            break;
        for (uint32_t i = 0; i < b.n; i++) {
            uint8_t frame[SV_FRAME_MAX];
            const uint32_t n = b.packet[i]->length;
            if (t->seen_count < SV_SEEN_MAX && n <= sizeof frame && sv_buf_read(b.packet[i], 0, frame, n)) {
                struct sv_seen *s = &t->seen[(t->seen_first + t->seen_count++) % SV_SEEN_MAX];
                memset(s, 0, offsetof(struct sv_seen, payload));
                s->strange = NULL;
                s->at = t->now;
                sv_talk_parse(frame, n, s);
            } else {
                t->failed = true;
                tell(t, "  too many packets, or one too long\n");
            }
            sv_buf_free(b.packet[i]);
        }
    }
    collect_events(t);
    sv_stack_check(t->stack);
}

/* Lets time pass until `to`, or until something is sent. */
static void run_clock(struct sv_talk *t, sv_time to)
{
    struct sv_node *node = sv_stack_node(t->stack);
    for (uint32_t turns = 0; turns < 100000 && !t->seen_count; turns++) {
        const sv_time at = sv_node_next_deadline(node);
        if (at > to)
            break;
        if (at > t->now)
            t->now = at;
        const enum sv_tcp_state before = state_now(t);
        sv_node_expire(node, t->now);
        take_output(t);
        sv_grid_meets_trace(t, before);
    }
    if (!t->seen_count && t->now < to)
        t->now = to;
}

static void deliver(struct sv_talk *t, const uint8_t *frame, uint32_t n)
{
    struct sv_buf *b = sv_buf_alloc_slab(t->pool, SV_WANT_CONTROL, 0, 64);
    if (!b || !sv_buf_append(b, frame, n, SV_WANT_CONTROL)) {
        fail(t, NULL, "the pool is empty");
        return;
    }
    struct sv_burst burst = {.n = 1, .packet = {b}};
    sv_node_receive(sv_stack_node(t->stack), t->port, &burst, t->now);
    collect_events(t);
    sv_stack_check(t->stack);
}

/* --- lines --- */

static void check_options(struct sv_talk *t, const struct sv_line *l, const struct sv_seen *s, char *text)
{
    const uint16_t want = l->options & O_NONE ? 0 : l->options;
    if (!l->options)
        return;
    if (s->options != want)
        fail(t, l, "%s   (other options)", seen_text(t, s, text));
    else if (((want & O_MSS) && s->mss != l->mss) || ((want & O_SCALE) && s->scale != l->scale))
        fail(t, l, "%s   (mss %u scale %u wanted)", seen_text(t, s, text), l->mss, l->scale);
    else if (want & O_SACK && s->sacks != l->sacks)
        fail(t, l, "%s   (%u SACK blocks wanted)", seen_text(t, s, text), l->sacks);
    for (uint32_t i = 0; (want & O_SACK) && i < 2u * l->sacks; i++) {
        if (s->sack[i] - t->peer_base != l->sack[i])
            fail(t, l, "%s   (SACK edge %u wanted)", seen_text(t, s, text), l->sack[i]);
    }
    if (want & O_FAST && s->cookie_length != l->cookie)
        fail(t, l, "%s   (a cookie of %u bytes wanted)", seen_text(t, s, text), l->cookie);
    if (l->ecr && s->ecr != l->ecr)
        fail(t, l, "%s   (TSecr %u wanted)", seen_text(t, s, text), l->ecr);
}

static void learn_isn(struct sv_talk *t, const struct sv_line *l, const struct sv_seen *s, char *text)
{
    if (t->know_our_isn && !l->fresh)
        return;
    if (t->know_our_isn && (int32_t)(s->seq - t->our_max) <= 0)
        fail(t, l, "%s   (the new ISN is not beyond the old numbers)", seen_text(t, s, text));
    t->our_isn = t->our_base = s->seq;
    t->know_our_isn = true;
}

static void check_us(struct sv_talk *t, const struct sv_line *l)
{
    char text[LOG_LINE * 4];
    run_clock(t, t->zero + (l->ms + (l->slack_ms ? l->slack_ms : 1u)) * SV_MS);
    if (!t->seen_count) {
        fail(t, l, "%8u  nothing", ms_of(t, t->now));
        return;
    }
    const struct sv_seen *s = &t->seen[t->seen_first];
    t->seen_first = (t->seen_first + 1u) % SV_SEEN_MAX;
    t->seen_count--;
    if (l->who == ARP && s->strange && strcmp(s->strange, "ARP") == 0 && s->at + SV_MS >= t->zero + l->ms * SV_MS)
        return;
    if (s->strange || l->who == ARP) {
        fail(t, l, "%s", seen_text(t, s, text));
        return;
    }
    if (s->flags & SYN)
        learn_isn(t, l, s, text);
    note_sent(t, s);
    sv_script_packet(t, l, s, true);
    const uint32_t end = s->seq + s->length + 1u;
    if ((int32_t)(end - t->our_max) > 0 || (s->flags & SYN))
        t->our_max = end;
    const sv_time at = t->zero + l->ms * SV_MS;
    const bool flags = ((s->flags ^ l->flags) & ~(uint32_t)(l->flags & PSH ? 0 : PSH)) == 0;
    if (s->at + SV_MS < at || !flags || s->seq - t->our_base != l->seq || s->length != l->len ||
        ((l->flags & ACK) && s->ack - t->peer_base != l->ack) || (l->win && s->window != l->win - 1u) ||
        ((l->flags & URG) && s->urgent != l->urgent) || s->destination != t->peer_port + (l->to == 1 ? 1u : 0u) ||
        s->source != t->our_port + (l->to == 2 ? 1u : 0u) || (l->ecn && s->ecn != l->ecn - 1u)) {
        fail(t, l, "%s", seen_text(t, s, text));
        return;
    }
    check_options(t, l, s, text);
    const uint32_t first = s->seq - t->our_isn - (s->flags & SYN ? 0u : 1u);
    for (uint32_t i = 0; i < s->length; i++) {
        if (s->payload[i] != sv_talk_pattern(first + i)) {
            fail(t, l, "%s   (byte %u of it is wrong)", seen_text(t, s, text), i);
            return;
        }
    }
}

/* Time passes in silence until the line's own. */
static bool reach(struct sv_talk *t, const struct sv_line *l)
{
    char text[LOG_LINE * 4];
    run_clock(t, t->zero + l->ms * SV_MS);
    if (!t->seen_count)
        return true;
    fail(t, l, "%s   (not expected)", seen_text(t, &t->seen[t->seen_first], text));
    return false;
}

static void play_peer(struct sv_talk *t, const struct sv_line *l)
{
    uint8_t frame[SV_FRAME_MAX];
    if (!reach(t, l))
        return;
    const uint64_t drops = sv_stack_drops(t->stack, (enum sv_drop)l->drop);
    if ((l->flags & SYN) && (l->options & O_TS)) {
        t->timestamps = true;
        t->peer_ts = l->ts - (uint32_t)((t->now - t->zero) / SV_MS);
    }
    const uint32_t n = l->who == ICMP ? sv_talk_icmp(t, l, frame) : sv_talk_segment(t, l, frame);
    if (l->who == ICMP)
        sv_script_icmp(t, l, t->now);
    if (l->who == PEER && sv_script.folder) {
        struct sv_seen s;
        memset(&s, 0, sizeof s);
        s.at = t->now;
        s.ecn = (uint8_t)(l->ecn ? l->ecn - 1 : 0);
        sv_talk_parse_tcp(frame + sv_talk_tcp_at(), n - sv_talk_tcp_at(), &s);
        sv_script_packet(t, l, &s, false);
    }
    sv_grid_meets_segment(t, l, t->peer_base + l->seq, t->our_base + l->ack);
    deliver(t, frame, n);
    if (l->drop && sv_stack_drops(t->stack, (enum sv_drop)l->drop) != drops + 1u)
        fail(t, l, "it was not dropped as %s", sv_drop_name((enum sv_drop)l->drop));
}

static void play_call(struct sv_talk *t, const struct sv_line *l)
{
    size_t done = 0;
    if (!reach(t, l))
        return;
    sv_grid_meets_call(t, l->flags);
    const enum sv_tcp_state before = state_now(t);
    const enum sv_err error = sv_talk_call(t, l, &done);
    sv_script_call(l, t->now, error, done, before);
    collect_events(t);
    sv_stack_check(t->stack);
    if (t->wrong)
        fail(t, l, "byte %u of the stream is wrong", t->wrong - 1u);
    if (error != (enum sv_err)l->len || done != l->ack)
        fail(t, l, "%8u  CALL    %-12s -> %u %s", l->ms, call_name(l->flags), (uint32_t)done, sv_err_name(error));
}

static void confirm(struct sv_talk *t, const struct sv_line *l)
{
    struct sv_sock_info info = {.size = sizeof info};
    if (!reach(t, l))
        return;
    const bool listener = l->flags == BACKLOG || l->flags == HALF_OPEN;
    if (sv_sock_info(t->stack, listener ? t->listener : t->socket, &info) != SV_OK) {
        fail(t, l, "the handle is stale");
        return;
    }
    uint32_t slack;
    const uint32_t value = sv_talk_value(&info, l->flags, &slack);
    if (value > l->seq + slack || value + slack < l->seq)
        fail(t, l, "the value is %u", value);
}

/* Conversations with two ends of the peer's: our numbers are others there. */
static void other_end(struct sv_talk *t, const struct sv_line *l)
{
    const struct sv_numbers was = {t->our_isn, t->our_base, t->our_max, t->know_our_isn};
    if (!t->x->two_ends || l->to != 1 || (l->who != PEER && l->who != US))
        return;
    t->our_isn = t->other.isn;
    t->our_base = t->other.base;
    t->our_max = t->other.max;
    t->know_our_isn = t->other.known;
    t->other = was;
}

static void play_line(struct sv_talk *t, const struct sv_line *l, bool together)
{
    char text[LOG_LINE * 4];
    t->lines++;
    other_end(t, l);
    switch (l->who) {
    case PEER:
    case ICMP:
        play_peer(t, l);
        break;
    case US:
    case ARP:
        check_us(t, l);
        break;
    case CALL:
        play_call(t, l);
        break;
    case CONFIRM:
        confirm(t, l);
        break;
    default:
        (void)reach(t, l);
        break;
    }
    other_end(t, l);
    if (t->failed)
        return;
    const enum sv_tcp_state want = l->state == SAME ? t->start : (enum sv_tcp_state)l->state;
    t->state = state_now(t);
    if (t->state != want)
        fail(t, l, "we are in %s, not %s", sv_tcp_state_name(t->state), sv_tcp_state_name(want));
    if (l->event) {
        if ((t->events & l->event) != l->event)
            fail(t, l, "events 0x%x came, 0x%x wanted", t->events, l->event);
        if (l->event & SV_EVENT_ERROR && t->error != l->error)
            fail(t, l, "the event's error is %s", sv_err_name((enum sv_err)t->error));
        t->events = 0;
    }
    if (!t->failed)
        tell(t, "         %s\n", line_text(l, text));
    if (l->who != US && l->who != ARP && !together)
        take_output(t);
}

static void play(struct sv_talk *t, const struct sv_line *lines, uint32_t n)
{
    char text[LOG_LINE * 4];
    for (uint32_t i = 0; i < n && lines[i].who != END && !t->failed; i++) {
        /* Arrivals and calls of one instant come before the device asks for packets (RFC 9293 MUST-59). */
        const struct sv_line *next = &lines[i + 1u];
        const bool together =
            !sv_script.folder && i + 1u < n && next->ms == lines[i].ms && (next->who == CALL || next->who == PEER);
        play_line(t, &lines[i], together);
    }
    if (!t->failed && t->seen_count)
        fail(t, NULL, "%s   (after the last line)", seen_text(t, &t->seen[t->seen_first], text));
}

/* --- begin and end --- */

static bool begin(struct sv_talk *t)
{
    const struct sv_exchange *x = t->x;
    t->memory = arena_memory; /* one for all: fresh pages for each would cost more than the conversations */
    t->story = calloc(1, SV_STORY_BYTES);
    if (!t->story)
        return false;
    memset(t->memory, 0, ARENA_BYTES);
    t->arena = sv_arena_create(t->memory, ARENA_BYTES);
    t->pool = sv_pool_create(t->arena, 512, 512);
    t->trace = sv_trace_create(t->arena, 2048);
    t->now = t->zero = (sv_time)1 << 42;
    /* clang-format off */
    const struct sv_stack_config c = {
        .size = sizeof c, .host = 1, .seed = 7, .trace = t->trace,
        .profile = x->modern ? SV_PROFILE_MODERN : x->profile ? x->profile - 1u : SV_PROFILE_RFC,
        .connections = 16, .half_open = 16, .time_waits = x->time_waits ? x->time_waits : 16, .neighbours = 16,
        .recv_buffer = x->recv_buffer ? x->recv_buffer : 16384,
        .send_buffer = x->send_buffer ? x->send_buffer : 65536,
        .congestion = x->congestion, .ecn = x->ecn,
    };
    /* clang-format on */
    const struct sv_interface_config i = sv_talk_interface();
    const struct sv_addr ours = sv_talk_address(1), peer = sv_talk_address(2);
    t->stack = sv_stack_create(t->arena, t->pool, &c, t->now);
    if (!t->stack || sv_interface_add(t->stack, &i, &t->port, t->now) != SV_OK ||
        sv_address_add(t->stack, t->port, &ours, sv_exchange_six ? 64 : 24, t->now) != SV_OK)
        return false;
    if (!x->no_neighbour && sv_neighbour_add(t->stack, t->port, &peer, sv_talk_peer_mac, t->now) != SV_OK)
        return false;
    if (!sv_talk_habits(t))
        return false;
    take_output(t);
    t->seen_count = 0; /* the announcement of our address */
    t->peer_isn = t->peer_base = x->peer_isn ? x->peer_isn : 4294966796u;
    t->our_port = 80;
    t->peer_port = 4000;
    return true;
}

/* Whatever happened: after an abort and ten quiet minutes nothing is left, and no memory is lost. */
static void end(struct sv_talk *t)
{
    struct sv_pool_counts counts;
    const uint8_t failed = t->failed;
    if (t->have_socket)
        sv_abort(t->stack, t->socket, t->now);
    if (t->have_listener)
        sv_close(t->stack, t->listener, t->now);
    for (uint32_t i = 0; i < 1200; i++) {
        take_output(t);
        t->seen_count = 0;
        run_clock(t, t->now + SV_S / 2u);
    }
    sv_pool_count(t->pool, &counts);
    if (!failed && sv_talk_strayed(t))
        fail(t, NULL, "%s moved to %s, which is not RFC 9293's", state_text(t->odd.arg[0]), state_text(t->odd.arg[1]));
    if (!failed && !sv_stack_settled(t->stack))
        fail(t, NULL, "ten minutes later something of the connection is still there: %s", state_text(state_now(t)));
    if (!failed && (counts.bufs_free != counts.bufs || counts.slabs_free != counts.slabs))
        fail(t, NULL, "memory is lost: %u buffers, %u slabs", counts.bufs - counts.bufs_free,
             counts.slabs - counts.slabs_free);
}

static void add_to_grid(const struct sv_talk *t)
{
    for (uint32_t s = 0; s < SV_TCP_STATES; s++) {
        for (uint32_t e = 0; e < G_EVENTS; e++)
            sv_grid.tests[s][e] += t->met[s][e] ? 1u : 0u;
    }
    sv_grid.lines += t->lines;
    sv_grid.conversations++;
}

bool sv_exchange_run(const struct sv_exchange *x, enum sv_tcp_state start, FILE *say)
{
    struct sv_talk *t = calloc(1, sizeof *t);
    t->x = x;
    bool good = begin(t);
    sv_script_begin(x, t->zero);
    if (good && start != SV_CLOSED) {
        uint32_t n = 0;
        const struct sv_line *path = sv_talk_path(x, start, &n);
        play(t, path, n);
        t->zero = t->now;
        t->events = 0;
        if (t->timestamps)
            t->peer_ts += 1000;
    }
    t->start = state_now(t);
    if (x->from_next) {
        t->peer_base = t->rcv_nxt;
        t->our_base = t->snd_nxt;
    }
    tell(t, "         -- %s, from %s --\n", x->name, sv_tcp_state_name(start));
    if (good && !t->failed)
        play(t, x->lines, x->count);
    if (good)
        end(t);
    add_to_grid(t);
    good = good && !t->failed;
    if (sv_script.folder) {
        if (!good) /* a script's arrivals come one by one, and each is answered at once */
            sv_script_cannot("arrivals of one instant, before the device asks for packets");
        sv_script_end(x, start);
        good = true;
    }
    if (!good)
        fprintf(say, "%s\n", t->story);
    free(t->story);
    free(t);
    return good;
}
