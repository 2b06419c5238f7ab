/* SPDX-License-Identifier: BSD-2-Clause */
#include "l2_link/arp.h"

#include "l2_link/link.h"

static void sv_arp_send(struct sv_core *c, struct sv_interfaces *t, sv_port port, const struct sv_arp_hdr *h,
                        const uint8_t to[SV_MAC_BYTES])
{
    struct sv_buf *b = sv_buf_alloc(sv_core_pool(c), SV_WANT_CONTROL, c->account);
    if (!b) {
        sv_drop(c, SV_DROP_NO_MEMORY, NULL, port, 0);
        return;
    }
    sv_arp_emit(b, h);
    sv_eth_emit(b, to, h->sender_mac, SV_ETHERTYPE_ARP);
    sv_interface_enqueue(c, t, port, b);
}

void sv_arp_ask(struct sv_core *c, struct sv_interfaces *t, sv_port port, const struct sv_addr *source,
                const struct sv_addr *target, const uint8_t *to)
{
    struct sv_arp_hdr h = {.opcode = SV_ARP_REQUEST, .sender = *source, .target = *target};
    sv_memcpy(h.sender_mac, sv_interface_of(t, port)->mac, SV_MAC_BYTES);
    sv_arp_send(c, t, port, &h, to ? to : sv_mac_broadcast);
}

void sv_arp_answer(struct sv_core *c, struct sv_interfaces *t, sv_port port, const struct sv_arp_hdr *request)
{
    struct sv_arp_hdr h = {.opcode = SV_ARP_REPLY, .sender = request->target, .target = request->sender};
    sv_memcpy(h.sender_mac, sv_interface_of(t, port)->mac, SV_MAC_BYTES);
    sv_memcpy(h.target_mac, request->sender_mac, SV_MAC_BYTES);
    sv_arp_send(c, t, port, &h, request->sender_mac);
}

enum sv_drop sv_arp_receive(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_arp_hdr *h,
                            const uint8_t frame_dst[SV_MAC_BYTES], struct sv_arp_ours ours)
{
    bool learned = false;
    const bool probe = sv_addr_is_any(&h->sender); /* teaches nothing: RFC 5227 §2.1.1 */
    if (!probe && !ours.sender) {
        /* An answer counts as one only if it was sent to this station. */
        const bool to_us = sv_mac_equal(frame_dst, sv_interface_of(&l->interfaces, port)->mac);
        const bool answers = h->opcode == SV_ARP_REPLY && to_us && ours.target;
        learned = sv_neighbour_learn(c, l, port, &h->sender, h->sender_mac, answers, ours.target, &h->target);
    }
    if (ours.target && h->opcode == SV_ARP_REQUEST && !ours.sender) {
        sv_arp_answer(c, &l->interfaces, port, h);
        return SV_DROP_NONE;
    }
    return learned ? SV_DROP_NONE : SV_DROP_ARP_NOT_OURS;
}
