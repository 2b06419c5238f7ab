/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/acd.h"

#include "l2_link/arp.h"
#include "l3_network/link_local4.h"
#include "l3_network/net.h"

static void sv_acd_wake_in(struct sv_core *c, struct sv_address *a, uint32_t index, uint32_t ms)
{
    a->deadline = c->now + ms * SV_MS;
    sv_wheel_arm(&c->wheel, SV_WHEEL_ADDRESS, index, a->deadline);
}

static void sv_acd_rest(struct sv_core *c, struct sv_net *net, struct sv_address *a, uint32_t index)
{
    a->phase = SV_ACD_IDLE;
    a->deadline = SV_NEVER;
    sv_address_rearm(c, &net->addresses, index);
}

void sv_acd_start(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, a->port);
    a->sent = 0;
    if (!sv_addr_is_v4(&a->addr)) {
        sv_dad_start(c, net, index);
        return;
    }
    if ((i->flags & SV_IF_NO_ARP_PROBE) != 0) {
        sv_acd_rest(c, net, a, index);
        sv_address_move(c, &net->addresses, index, SV_ADDRESS_PREFERRED);
        return;
    }
    sv_address_move(c, &net->addresses, index, SV_ADDRESS_TENTATIVE);
    if (!i->up) {
        sv_acd_rest(c, net, a, index);
        return;
    }
    a->phase = SV_ACD_PROBING;
    const uint32_t wait_ms = sv_rng_below(&c->rng[SV_RNG_ARP], SV_ACD_PROBE_WAIT_MS + 1u);
    sv_acd_wake_in(c, a, index, wait_ms);
}

void sv_acd_link_changed(struct sv_core *c, struct sv_net *net, sv_port port, bool up)
{
    for (uint32_t i = 0; i < net->addresses.ceiling; i++) {
        struct sv_address *a = sv_address_of(&net->addresses, i);
        if (a->state == SV_ADDRESS_FREE || a->state > SV_ADDRESS_CONFLICT || a->port != port)
            continue;
        if (up)
            sv_acd_start(c, net, i);
        else
            sv_acd_rest(c, net, a, i);
    }
}

static void sv_acd_announce(struct sv_core *c, struct sv_net *net, const struct sv_address *a)
{
    sv_arp_ask(c, &net->link.interfaces, a->port, &a->addr, &a->addr, NULL);
}

static void sv_acd_probe(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    if (a->sent == SV_ACD_PROBE_NUM) { /* ANNOUNCE_WAIT went by in silence: it is ours (§2.3) */
        sv_address_move(c, &net->addresses, index, SV_ADDRESS_PREFERRED);
        sv_acd_announce(c, net, a);
        a->phase = SV_ACD_ANNOUNCING;
        a->sent = 1;
        sv_acd_wake_in(c, a, index, SV_ACD_ANNOUNCE_INTERVAL_MS);
        return;
    }
    const struct sv_addr nobody = sv_addr_of_v4(0);
    sv_arp_ask(c, &net->link.interfaces, a->port, &nobody, &a->addr, NULL);
    a->sent++;
    uint32_t wait_ms = SV_ACD_ANNOUNCE_WAIT_MS;
    if (a->sent < SV_ACD_PROBE_NUM) {
        const uint32_t span_ms = SV_ACD_PROBE_MAX_MS - SV_ACD_PROBE_MIN_MS;
        wait_ms = SV_ACD_PROBE_MIN_MS + sv_rng_below(&c->rng[SV_RNG_ARP], span_ms + 1u);
    }
    sv_acd_wake_in(c, a, index, wait_ms);
}

void sv_acd_expire(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    if (a->state == SV_ADDRESS_FREE || a->deadline == SV_NEVER)
        return;
    if (c->now < a->deadline) {
        sv_wheel_arm(&c->wheel, SV_WHEEL_ADDRESS, index, a->deadline);
        return;
    }
    if (!sv_addr_is_v4(&a->addr)) {
        sv_dad_expire(c, net, index);
        return;
    }
    switch ((enum sv_acd_phase)a->phase) {
    case SV_ACD_PROBING:
        sv_acd_probe(c, net, index);
        break;
    case SV_ACD_ANNOUNCING:
        sv_acd_announce(c, net, a);
        if (++a->sent < SV_ACD_ANNOUNCE_NUM)
            sv_acd_wake_in(c, a, index, SV_ACD_ANNOUNCE_INTERVAL_MS);
        else
            sv_acd_rest(c, net, a, index);
        break;
    case SV_ACD_RESTING:
        sv_acd_start(c, net, index);
        break;
    case SV_ACD_IDLE:
        a->deadline = SV_NEVER;
        break;
    }
}

/* Not ours any more, for a minute at least. */
static void sv_acd_yield(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    sv_address_move(c, &net->addresses, index, SV_ADDRESS_CONFLICT);
    if (a->flags & SV_ADDRESS_LINK_LOCAL && sv_link_local4_conflict(c, net, index))
        return; /* another was chosen instead */
    a->phase = SV_ACD_RESTING;
    a->deadline = SV_NEVER;
    sv_address_rearm(c, &net->addresses, index);
    sv_acd_wake_in(c, a, index, SV_ACD_RATE_LIMIT_INTERVAL_MS);
}

/* Another station speaks as `a`, or probes for it too. Usable: defend once in ten seconds, then yield (§2.4 (b)).
 * Tentative: it is taken (§2.1.1). */
static void sv_acd_conflict(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    a->conflicts++;
    if (a->state == SV_ADDRESS_TENTATIVE) {
        sv_acd_yield(c, net, index);
    } else if (a->state == SV_ADDRESS_PREFERRED) {
        const bool again = a->defended != SV_NEVER && c->now < a->defended + SV_ACD_DEFEND_INTERVAL_MS * SV_MS;
        a->defended = c->now;
        if (again)
            sv_acd_yield(c, net, index);
        else
            sv_acd_announce(c, net, a);
    }
}

/* The record of an address of that interface, SV_NONE if it is no one's or another's. */
static uint32_t sv_acd_of(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *addr)
{
    const uint32_t i = sv_address_find_slowly(c, &net->addresses, addr);
    if (i == SV_NONE || sv_address_of(&net->addresses, i)->port != port)
        return SV_NONE;
    return sv_address_of(&net->addresses, i)->state <= SV_ADDRESS_CONFLICT ? i : SV_NONE;
}

void sv_acd_receive_arp(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take,
                        const struct sv_eth_hdr *h)
{
    struct sv_arp_hdr arp;
    enum sv_drop why = sv_arp_parse(take, &arp);
    if (why != SV_DROP_NONE) {
        sv_drop(c, why, take, port, 0);
        return;
    }
    if (sv_mac_equal(arp.sender_mac, sv_interface_of(&net->link.interfaces, port)->mac)) {
        sv_drop(c, SV_DROP_ARP_NOT_OURS, take, port, 0); /* our own, come back round a loop */
        return;
    }
    const uint32_t sender = sv_addr_is_any(&arp.sender) ? SV_NONE : sv_acd_of(c, net, port, &arp.sender);
    const uint32_t target = sv_acd_of(c, net, port, &arp.target);
    const bool probe = sv_addr_is_any(&arp.sender) && arp.opcode == SV_ARP_REQUEST;
    const uint8_t target_state =
        target == SV_NONE ? (uint8_t)SV_ADDRESS_FREE : sv_address_of(&net->addresses, target)->state;
    if (sender != SV_NONE || (probe && target_state == SV_ADDRESS_TENTATIVE)) {
        sv_acd_conflict(c, net, sender != SV_NONE ? sender : target);
        sv_drop(c, SV_DROP_ARP_CONFLICT, take, port, 0);
        return;
    }
    const struct sv_arp_ours ours = {.target = target_state == SV_ADDRESS_PREFERRED, .sender = false};
    why = sv_arp_receive(c, &net->link, port, &arp, h->dst, ours);
    if (why != SV_DROP_NONE)
        sv_drop(c, why, take, port, 0);
    else
        sv_buf_free(take);
}
