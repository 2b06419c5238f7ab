/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames that hosts send without a layer above: `send: 60B, frame: 0x88b5, to: h2`. Who reads them: nobody. But a
 * switch forwards them, and selectors tell them by the MAC addresses of who sends them and of who is meant. */
#include <stdlib.h>
#include <string.h>

#include "core/cursor.h"
#include "scenario/run.h"
#include "stack/stack_internal.h"

#define HEADER 14u
#define LEAST 0x0600u /* below it is a length (IEEE 802.3 3.2.6) */
#define MOST 1500u

bool sc_step_is_frame(const struct sc_node *step)
{
    return sc_member(step, "frame") != NULL;
}

void sc_read_frame_step(struct sc_reader *r, const struct sc_node *c, struct sc_step *s)
{
    const struct sc_node *type = sc_member(c, "frame"), *to = sc_member(c, "to"), *send = sc_member(c, "send"), *of;
    char *end = NULL;
    const unsigned long value = type->kind == SC_SCALAR ? strtoul(type->text, &end, 0) : 0;
    if (!end || *end || value < LEAST || value > 0xffffu)
        sc_error(r->e, type, "a frame's EtherType is between 0x0600 and 0xffff; nobody uses 0x88b5");
    s->ethertype = (uint16_t)value;
    s->frame_to = SV_NONE;
    if (s->bytes > MOST)
        sc_error(r->e, send, "a frame carries %u bytes at most", MOST);
    if (!to || to->kind != SC_SCALAR)
        sc_error(r->e, c, "to whom? to: h2, or to: everybody");
    else if (strcmp(to->text, "everybody") != 0)
        s->frame_to = sc_need_host(r, to, to->text);
    if ((of = sc_member(c, "of")))
        sc_error_key(r->e, of, "a frame is of no connection");
}

void sc_frame_send(struct sc_run *run, const struct sc_step *s)
{
    uint8_t frame[HEADER + MOST];
    struct sv_stack *stack = run->stack[s->host];
    struct sv_buf *b = sv_buf_alloc_slab(run->pool, SV_WANT_DATA, 0, 32);
    memset(frame, 0xff, 6);
    if (s->frame_to != SV_NONE)
        sc_mac_of(&run->model->host[s->frame_to], 0, frame);
    sc_mac_of(&run->model->host[s->host], 0, frame + 6);
    sv_put_u16(frame + 12, s->ethertype);
    for (uint32_t i = 0; i < s->bytes; i++)
        frame[HEADER + i] = (uint8_t)('a' + i % 26u);
    if (!b || !sv_buf_append(b, frame, HEADER + (uint32_t)s->bytes, SV_WANT_DATA)) {
        if (b)
            sv_buf_free(b);
        return; /* the pool is used up: expectations on it fail */
    }
    (void)sv_interface_enqueue(&stack->core, &stack->net.link.interfaces, 0, b);
    sv_world_touch(run->sim->world, s->host);
}

/* Whose adapter has that address; SV_NONE: nobody's. */
static uint32_t host_with(const struct sc_run *run, const uint8_t mac[6])
{
    uint8_t own[6];
    for (uint32_t i = 0; i < run->model->hosts; i++) {
        if (run->model->host[i].kind != SC_HOST)
            continue;
        sc_mac_of(&run->model->host[i], 0, own);
        if (memcmp(own, mac, 6) == 0)
            return i;
    }
    return SV_NONE;
}

void sc_frame_ends(const struct sc_run *run, const uint8_t *bytes, uint32_t n, const struct sc_packet *p,
                   struct sv_endpoint *from, struct sv_endpoint *to)
{
    const uint32_t source = run->sends_frames && n >= HEADER ? host_with(run, bytes + 6) : SV_NONE;
    if (source == SV_NONE || p->kinds != 1u << SC_FRAME)
        return;
    const uint32_t target = host_with(run, bytes);
    from->addr = run->model->host[source].addr[0];
    if (target != SV_NONE)
        to->addr = run->model->host[target].addr[0];
}
