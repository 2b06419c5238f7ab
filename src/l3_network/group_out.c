/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports of multicast membership as packets: IGMP and MLD leave with a router alert and never pass a router. */
#include "l3_network/group.h"

#include "core/packet_sum.h"
#include "l3_network/icmp6.h"
#include "l3_network/net.h"

#define SV_GROUP_IP4_LEN 24u /* with the router alert */

static const struct sv_addr all_routers_v6 = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
static const struct sv_addr reporters_v6 = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16}};

/* RFC 3376 §4: TTL 1, precedence of internetwork control, router alert (RFC 2113). */
static void sv_group_push_ip4(struct sv_buf *b, const struct sv_addr *src, const struct sv_addr *dst)
{
    uint8_t *p = sv_buf_push(b, SV_GROUP_IP4_LEN);
    struct sv_wr w = sv_wr_of(p, SV_GROUP_IP4_LEN);
    b->l3 = b->head;
    sv_wr_u16(&w, 0x46c0);
    sv_wr_u16(&w, (uint16_t)b->length);
    sv_wr_u16(&w, 0);
    sv_wr_u16(&w, 0x4000);
    sv_wr_u16(&w, 1u << 8 | SV_PROTO_IGMP);
    sv_wr_u16(&w, 0);
    sv_wr_copy(&w, src->byte + 12, 4);
    sv_wr_copy(&w, dst->byte + 12, 4);
    sv_wr_u32(&w, 0x94040000u);
    SV_ASSERT(!w.overrun);
    sv_sum_store(p + 10, sv_sum(p, SV_GROUP_IP4_LEN, 0));
}

/* Our link-local address there, once it is ours; until then nobody's (RFC 3590). */
static struct sv_addr sv_group_source_v6(const struct sv_net *net, sv_port port)
{
    const struct sv_addresses *t = &net->addresses;
    const struct sv_addr nobody = {{0}};
    for (uint32_t i = 0; i < t->ceiling; i++) {
        const struct sv_address *a = sv_address_of(t, i);
        if (a->state == SV_ADDRESS_PREFERRED && a->port == port && sv_addr_is_link_local_v6(&a->addr))
            return a->addr;
    }
    return nobody;
}

static void sv_group_send_ip6(struct sv_core *c, struct sv_net *net, struct sv_buf *b, const struct sv_addr *dst,
                              struct sv_ip_path *path)
{
    static const uint8_t alert[8] = {SV_PROTO_ICMP6, 0, 5, 2, 0, 0, 1, 0}; /* RFC 2711: hop-by-hop, MLD; PadN */
    struct sv_ip_out o = {.dst = *dst, .protocol = 0, .ttl = 1};
    o.src = path->src = sv_group_source_v6(net, path->port);
    const uint8_t *p = sv_buf_head(b);
    struct sv_icmp_hdr icmp = {.type = p[0], .code = 0, .rest = sv_get_u32(p + 4)};
    sv_buf_pull(b, SV_ICMP_HDR_LEN);
    sv_icmp6_emit(b, &icmp, &o.src, dst, c->cpu);
    sv_memcpy(sv_buf_push(b, sizeof alert), alert, sizeof alert);
    (void)!sv_ip_output(c, net, b, &o, path); /* what fails is counted there; it is told again */
}

static void sv_group_send(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *dst,
                          uint8_t *bytes, uint32_t n)
{
    struct sv_ip_path path = {.next_hop = *dst,
                              .port = port,
                              .mtu = sv_interface_of(&net->link.interfaces, port)->mtu,
                              .kind = SV_PATH_MULTICAST};
    struct sv_buf *b = sv_buf_alloc_slab(sv_core_pool(c), SV_WANT_CONTROL, c->account, SV_HEADROOM);
    if (!sv_addr_is_v4(dst)) {
        if (b && sv_buf_append(b, bytes, n, SV_WANT_CONTROL)) {
            sv_group_send_ip6(c, net, b, dst, &path);
            return;
        }
    } else {
        sv_igmp_finish(bytes, n);
        if (b && sv_buf_append(b, bytes, n, SV_WANT_CONTROL)) {
            const uint32_t from = sv_address_select(&net->addresses, port, dst);
            const bool have = from != SV_NONE && sv_address_of(&net->addresses, from)->port == port;
            path.src = have ? sv_address_of(&net->addresses, from)->addr : sv_addr_of_v4(0);
            sv_group_push_ip4(b, &path.src, dst);
            (void)!sv_ip_hand_over(c, net, b, &path);
            return;
        }
    }
    sv_drop(c, SV_DROP_NO_MEMORY, b, port, 0);
}

void sv_group_send_old(struct sv_core *c, struct sv_net *net, sv_port port, enum sv_group_kind kind, uint32_t version,
                       const struct sv_addr *group)
{
    uint8_t bytes[24];
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    const bool six = !sv_addr_is_v4(group);
    const struct sv_group_msg m = {.kind = (uint8_t)kind, .version = (uint8_t)version, .six = six, .group = *group};
    sv_group_emit(&w, &m, 0);
    SV_ASSERT(!w.overrun);
    /* To the group itself, so that its members hear it; leaving concerns routers alone. */
    const struct sv_addr routers = six ? all_routers_v6 : sv_addr_of_v4(0xe0000002u);
    sv_group_send(c, net, port, kind == SV_GROUP_LEAVE ? &routers : group, bytes, (uint32_t)(w.at - bytes));
}

void sv_group_report_flush(struct sv_core *c, struct sv_net *net, struct sv_group_report *r)
{
    if (r->records == 0)
        return;
    struct sv_wr w = sv_wr_of(r->bytes, SV_ICMP_HDR_LEN);
    sv_group_emit_report(&w, r->six, r->records);
    const struct sv_addr to = r->six ? reporters_v6 : sv_addr_of_v4(0xe0000016u);
    sv_group_send(c, net, r->port, &to, r->bytes, r->length);
    r->records = 0;
    r->length = 0;
}

void sv_group_report_add(struct sv_core *c, struct sv_net *net, struct sv_group_report *r,
                         enum sv_group_record_type type, const struct sv_addr *group, const struct sv_addr *sources,
                         uint32_t n)
{
    const uint32_t mtu = sv_interface_of(&net->link.interfaces, r->port)->mtu;
    const uint32_t most = sv_min_u32((uint32_t)sizeof r->bytes, mtu > 128 ? mtu - 48u : 80u);
    const uint32_t needs = (r->six ? 20u : 8u) + n * (r->six ? 16u : 4u);
    if (r->records != 0 && r->length + needs > most)
        sv_group_report_flush(c, net, r);
    if (r->records == 0)
        r->length = SV_ICMP_HDR_LEN; /* the head is written when the count is known */
    struct sv_wr w = sv_wr_of(r->bytes + r->length, sizeof r->bytes - r->length);
    sv_group_emit_record(&w, r->six, type, group, sources, n);
    SV_ASSERT(!w.overrun);
    r->length += needs;
    r->records++;
}
