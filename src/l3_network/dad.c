/* SPDX-License-Identifier: BSD-2-Clause */
/* Duplicate address detection: before an IPv6 address is used, its solicited-node group is asked who has it, from
 * nobody (RFC 4862 §5.4). Who answers, or asks the same, has it, and it is not ours to use. A question of ours may
 * come back round a loop in the link: each carries a number of its own, by which it is known (RFC 7527), and then more
 * are asked. */
#include "l3_network/net.h"
#include "l3_network/slaac.h"
#include "seven/stack.h"

enum sv_dad_phase { SV_DAD_IDLE, SV_DAD_WAITING, SV_DAD_ASKED };

static void sv_dad_rest(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    a->phase = SV_DAD_IDLE;
    a->deadline = SV_NEVER;
    sv_address_rearm(c, &net->addresses, index);
}

static void sv_dad_wait(struct sv_core *c, struct sv_net *net, uint32_t index, enum sv_dad_phase phase, uint32_t ms)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    a->phase = (uint8_t)phase;
    a->deadline = c->now + ms * SV_MS;
    sv_address_rearm(c, &net->addresses, index);
}

static void sv_dad_ready(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    sv_dad_rest(c, net, index);
    sv_address_move(c, &net->addresses, index, SV_ADDRESS_PREFERRED);
    net->routes.generation++;
    sv_nd_address_ready(c, net, index);
}

void sv_dad_start(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, a->port);
    a->sent = 0;
    a->looped = 0;
    if (i->flags & SV_IF_NO_ARP_PROBE) {
        sv_dad_ready(c, net, index);
        return;
    }
    sv_address_move(c, &net->addresses, index, SV_ADDRESS_TENTATIVE);
    if (!i->up) {
        sv_dad_rest(c, net, index);
        return;
    }
    /* §5.4.2: not in step with others that heard the same advertisement, or came up with us. */
    const uint32_t wait_ms = sv_rng_below(&c->rng[SV_RNG_ND], SV_ND_RTR_SOLICITATION_DELAY_MS + 1u);
    sv_dad_wait(c, net, index, SV_DAD_WAITING, wait_ms);
}

static void sv_dad_ask(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    uint8_t bytes[SV_ND_MESSAGE_MAX];
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    const struct sv_nd_msg m = {.type = SV_ND_NEIGHBOUR_SOLICIT, .target = a->addr};
    const struct sv_addr nobody = {{0}}, group = sv_nd_solicited_node(&a->addr);
    sv_put_u32(a->nonce, sv_rng_u32(&c->rng[SV_RNG_ND]));
    sv_put_u32(a->nonce + 4, sv_rng_u32(&c->rng[SV_RNG_ND]));
    sv_nd_emit_header(&w, &m);
    sv_nd_emit_nonce(&w, a->nonce);
    a->sent++;
    const uint32_t retrans_ms = sv_interface_of(&net->link.interfaces, a->port)->retrans_ms;
    sv_dad_wait(c, net, index, SV_DAD_ASKED, retrans_ms ? retrans_ms : SV_ND_RETRANS_MS);
    sv_nd_send(c, net, a->port, &nobody, &group, bytes, (uint32_t)(w.at - bytes), NULL);
}

void sv_dad_expire(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    const struct sv_address *a = sv_address_of(&net->addresses, index);
    const uint32_t needed = a->looped ? SV_DAD_TRANSMITS + SV_DAD_LOOP_TRANSMITS : SV_DAD_TRANSMITS;
    if (a->phase == SV_DAD_WAITING || a->sent < needed)
        sv_dad_ask(c, net, index);
    else
        sv_dad_ready(c, net, index);
}

enum sv_drop sv_dad_heard(struct sv_core *c, struct sv_net *net, uint32_t index, const struct sv_nd_msg *m,
                          bool from_our_mac)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    if (m->type == SV_ND_NEIGHBOUR_SOLICIT) {
        const bool numbered = m->nonce_length >= SV_ND_NONCE_BYTES;
        const bool same = numbered && sv_memcmp(m->nonce, a->nonce, SV_ND_NONCE_BYTES) == 0;
        if (a->sent && (same || (!numbered && from_our_mac))) {
            a->looped = 1;
            return SV_DROP_ND_LOOPED;
        }
    }
    a->conflicts++;
    sv_address_move(c, &net->addresses, index, SV_ADDRESS_CONFLICT);
    sv_dad_rest(c, net, index);
    sv_slaac_conflict(c, net, index);
    return SV_DROP_ND_CONFLICT;
}
