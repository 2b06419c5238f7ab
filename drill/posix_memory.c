/* SPDX-License-Identifier: BSD-2-Clause */
/* How much a write may queue: the kernel's send buffer, which counts memory, not bytes.
 *
 * tcp_sendmsg() fills packets of up to `goal` bytes (as many whole segments as half of the peer's largest window, or 64
 * KiB) and asks for room only when it begins one, so that a write ends at the end of a packet. Each costs its bytes and
 * a head. What is sent splits the packet it ends in; what is acknowledged is given back. The buffer grows with the
 * congestion window (tcp_sndbuf_expand()), unless SO_SNDBUF has fixed it. The stack below is told to take whatever
 * passes here. */
#include "drill/posix_private.h"
#include "stack/stack_internal.h"

#define SV_POSIX_HEAD 1280u        /* SKB_TRUESIZE() of an empty packet */
#define SV_POSIX_SEGMENT_HEAD 640u /* MAX_TCP_HEADER and skb_shared_info */
#define SV_POSIX_GSO_MAX 65215u    /* 64 KiB - 1 without the headers */

/* The connection's record; NULL: it has none. */
static const struct sv_tcp_hot *sv_posix_hot(const struct sv_posix *p, const struct sv_posix_fd *f, uint32_t *index)
{
    if (f->kind != SV_POSIX_TCP || !sv_session_tcp(&p->stack->session, f->sock, index))
        return NULL;
    return sv_tcp_hot(&p->stack->tcp, *index);
}

void sv_posix_memory_begin(const struct sv_posix *p, struct sv_posix_fd *f)
{
    f->memory = (struct sv_posix_memory){.buffer = (uint32_t)f->opt.send_buffer};
    if (!f->opt.send_buffer_fixed)
        f->memory.buffer = (uint32_t)sv_posix_sysctl_number(p, "net.ipv4.tcp_wmem", 1);
}

/* The packets' ends: those that are acknowledged leave, and where sending stopped inside one it is two. */
void sv_posix_memory_update(const struct sv_posix *p, struct sv_posix_fd *f)
{
    struct sv_posix_memory *m = &f->memory;
    uint32_t index;
    const struct sv_tcp_hot *h = sv_posix_hot(p, f, &index);
    if (!h)
        return;
    const uint32_t in_flight = h->snd_max - h->snd_una < h->snd_queued ? h->snd_max - h->snd_una : h->snd_queued;
    if (h->snd_wnd > m->max_window)
        m->max_window = h->snd_wnd;
    m->queued = h->snd_queued;
    m->unsent = h->snd_queued - in_flight;
    while (m->packets && (int32_t)(m->end[m->first % SV_POSIX_ENDS] - h->snd_una) <= 0) {
        m->first++;
        m->packets--;
    }
    if (m->tail > m->unsent && m->unsent) { /* the last packet was begun to be sent */
        m->tail = m->unsent;
        if (m->packets && m->packets < SV_POSIX_ENDS) {
            const uint32_t last = m->first + m->packets++;
            m->end[last % SV_POSIX_ENDS] = m->end[(last - 1u) % SV_POSIX_ENDS];
            m->end[(last - 1u) % SV_POSIX_ENDS] = h->snd_max;
        }
    } else if (!m->unsent) {
        m->tail = 0;
    }
}

static uint32_t sv_posix_memory_used(const struct sv_posix_fd *f)
{
    return f->memory.queued + f->memory.packets * SV_POSIX_HEAD;
}

/* tcp_sndbuf_expand(), when tcp_should_expand_sndbuf(). */
void sv_posix_memory_expand(const struct sv_posix *p, struct sv_posix_fd *f, bool opening)
{
    uint32_t index, per = 1;
    const struct sv_tcp_hot *h = sv_posix_hot(p, f, &index);
    if (!h || f->opt.send_buffer_fixed || !h->mss || (!opening && f->memory.queued - f->memory.unsent >= h->cwnd))
        return;
    while (per < h->mss + SV_POSIX_SEGMENT_HEAD)
        per *= 2u;
    const uint32_t segments = h->cwnd / h->mss > 10u ? h->cwnd / h->mss : 10u;
    const uint64_t most = sv_posix_sysctl_number(p, "net.ipv4.tcp_wmem", 2);
    const uint64_t wanted = 2ull * segments * (per + 256u);
    if (wanted > f->memory.buffer)
        f->memory.buffer = (uint32_t)(wanted < most ? wanted : most);
}

uint32_t sv_posix_notsent_low(const struct sv_posix *p, const struct sv_posix_fd *f)
{
    if (f->opt.notsent_low)
        return (uint32_t)f->opt.notsent_low;
    const uint64_t low = sv_posix_sysctl_number(p, "net.ipv4.tcp_notsent_lowat", 0);
    return low < UINT32_MAX ? (uint32_t)low : UINT32_MAX;
}

/* sk_stream_is_writeable(): a third of the buffer free and less than TCP_NOTSENT_LOWAT unsent; to wake a writer, less
 * than half of that. */
bool sv_posix_is_writable(const struct sv_posix *p, const struct sv_posix_fd *f, bool wake)
{
    const uint32_t used = sv_posix_memory_used(f);
    if (f->memory.buffer < used || f->memory.buffer - used < used / 2u)
        return false;
    return (uint64_t)f->memory.unsent << (wake ? 1 : 0) < sv_posix_notsent_low(p, f);
}

static uint32_t sv_posix_goal(const struct sv_posix_fd *f, uint32_t mss)
{
    uint32_t goal = SV_POSIX_GSO_MAX;
    const uint32_t half = f->memory.max_window > 536u ? f->memory.max_window / 2u : f->memory.max_window;
    if (half && goal > half)
        goal = half;
    return goal > mss ? goal - goal % mss : mss;
}

/* How many of n bytes may be queued in one go: up to the end of a packet. 0: there is no room to begin one. */
uint32_t sv_posix_send_room(const struct sv_posix *p, struct sv_posix_fd *f, size_t n)
{
    struct sv_posix_memory *m = &f->memory;
    uint32_t index;
    const struct sv_tcp_hot *h = sv_posix_hot(p, f, &index);
    if (!h || !h->mss)
        return 0;
    const uint32_t goal = sv_posix_goal(f, h->mss);
    uint32_t room = m->tail && m->tail < goal ? goal - m->tail : 0;
    if (!room) {
        if (sv_posix_memory_used(f) >= m->buffer || m->unsent >= sv_posix_notsent_low(p, f) ||
            m->packets + 2u > SV_POSIX_ENDS)
            return 0;
        m->tail = 0;
        room = goal;
    }
    return n < room ? (uint32_t)n : room;
}

/* So many bytes were queued. */
void sv_posix_memory_took(const struct sv_posix *p, struct sv_posix_fd *f, uint32_t n)
{
    struct sv_posix_memory *m = &f->memory;
    uint32_t index;
    const struct sv_tcp_hot *h = sv_posix_hot(p, f, &index);
    if (!h || !n)
        return;
    if (!m->tail)
        m->packets++;
    m->tail += n;
    m->end[(m->first + m->packets - 1u) % SV_POSIX_ENDS] = h->snd_una + h->snd_queued;
    m->queued = h->snd_queued;
    m->unsent += n;
}

/* --- PSH: tcp_mark_push(), forced_push() --- */

/* More is about to be queued: what was to be the end of an unsent packet is its middle. */
void sv_posix_push_begins(const struct sv_posix *p, struct sv_posix_fd *f)
{
    uint32_t index;
    const struct sv_tcp_hot *h = sv_posix_hot(p, f, &index);
    if (!h)
        return;
    if (!f->memory.pushed_known) {
        f->memory.pushed_known = true;
        f->memory.pushed = h->snd_una + h->snd_queued;
    }
    if (f->memory.tail)
        sv_tcp_mark_write(&p->stack->tcp, index, 0, SV_SPAN_PUSH | SV_SPAN_BURST | SV_SPAN_MORE);
}

/* So far for now: pushed if the write ends here, or if half of the peer's largest window was written since it was last;
 * nothing more joins the packet if a record ends here (MSG_EOR). */
void sv_posix_push_ends(struct sv_posix *p, struct sv_posix_fd *f, bool push, bool record)
{
    uint32_t index;
    const struct sv_tcp_hot *h = sv_posix_hot(p, f, &index);
    if (!h)
        return;
    const uint32_t end = h->snd_una + h->snd_queued;
    if (!push)
        push = (int32_t)(end - f->memory.pushed - f->memory.max_window / 2u) > 0;
    const uint32_t mark = !p->stack->tcp.habits.push_bursts ? 0u : push ? SV_SPAN_PUSH : SV_SPAN_BURST | SV_SPAN_MORE;
    sv_tcp_mark_write(&p->stack->tcp, index, mark | (record ? SV_SPAN_RECORD : 0u), push ? 0u : SV_SPAN_PUSH);
    if (push)
        f->memory.pushed = end;
    if (record)
        f->memory.tail = 0;
}
