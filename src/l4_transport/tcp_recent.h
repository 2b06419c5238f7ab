/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a flow's record was found lately: most segments need not be hashed. */
#ifndef SV_L4_TCP_RECENT_H
#define SV_L4_TCP_RECENT_H

#include "l4_transport/tcp_internal.h"

/* A segment's hash, for who needs it though the record was found without. */
static inline uint64_t sv_seg_hash(const struct sv_tcp *tcp, struct sv_seg *s)
{
    if (!s->hash)
        s->hash = sv_tcp_hash(tcp, &s->remote, s->remote_port, s->local, s->local_port);
    return s->hash;
}
/* The place of the hint for a flow, chosen without a key: whoever makes flows collide here makes them cost a hash. */
static inline struct sv_tcp_recent *sv_tcp_recent_of(struct sv_tcp *tcp, const struct sv_addr *remote, uint32_t ports)
{
    const uint32_t mixed = (ports ^ sv_get_u32(remote->byte + 12)) * 0x9e3779b1u;
    return &tcp->recent[mixed >> (32u - SV_TCP_RECENT_BITS)];
}
static inline uint32_t sv_tcp_ports(uint16_t remote, uint16_t local)
{
    return (uint32_t)remote << 16 | local;
}
static inline void sv_tcp_recent_note(struct sv_tcp *tcp, const struct sv_addr *remote, uint16_t remote_port,
                                      uint16_t local_port, uint32_t value)
{
    const uint32_t ports = sv_tcp_ports(remote_port, local_port);
    *sv_tcp_recent_of(tcp, remote, ports) = (struct sv_tcp_recent){ports, value};
}
/* Perhaps where the record is; SV_NONE: nothing is remembered. */
static inline uint32_t sv_tcp_recent_value(struct sv_tcp *tcp, const struct sv_seg *s)
{
    const uint32_t ports = sv_tcp_ports(s->remote_port, s->local_port);
    const struct sv_tcp_recent *r = sv_tcp_recent_of(tcp, &s->remote, ports);
    return r->ports == ports && r->value ? r->value : SV_NONE;
}
/* For a lone segment, which gains nothing by sv_tcp_lookup(): sv_tcp_arrives() finds its record. */
static inline void sv_tcp_guess(struct sv_tcp *tcp, struct sv_seg *s)
{
    s->hash = 0;
    s->flow_value = SV_SHORT_WAYS ? sv_tcp_recent_value(tcp, s) : SV_NONE;
}
/* Is record `index` a full one, in the table, of that flow? */
static inline bool sv_tcp_full_is_of(const struct sv_tcp *tcp, uint32_t index, const struct sv_seg *s)
{
    const struct sv_tcp_hot *h = sv_tcp_hot(tcp, index);
    return h->local_port == s->local_port && h->remote_port == s->remote_port && h->local == s->local &&
           (h->flags & SV_TCP_TABLED) && h->kind == SV_TCP_FULL && sv_addr_equal(&h->remote, &s->remote);
}

#endif
