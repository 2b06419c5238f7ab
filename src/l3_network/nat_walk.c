/* SPDX-License-Identifier: BSD-2-Clause */
/* The translator looked at from outside: what it holds, and whether it holds together. */
#include "core/pool_inline.h"
#include "l3_network/nat_table.h"

static void sv_nat_show(const struct sv_nat *n, const struct sv_nat_mapping *m, struct sv_nat_info *info)
{
    *info = (struct sv_nat_info){
        .size = sizeof *info,
        .protocol = m->protocol,
        .inside = {sv_addr_of_v4(m->inside), m->inside_port},
        .outside = {sv_addr_of_v4(n->address), m->outside_port},
        .remote = {sv_addr_of_v4(0), 0},
        .fixed = m->fixed,
        .expires = SV_NEVER,
    };
}

bool sv_nat_walk(const struct sv_nat *n, uint32_t *at, struct sv_nat_info *info)
{
    for (; *at < n->ceiling; (*at)++) { /* port forwards that nobody uses */
        const struct sv_nat_mapping *m = sv_nat_mapping_of(n, *at);
        if (!m->used || !m->fixed || m->peers)
            continue;
        (*at)++;
        sv_nat_show(n, m, info);
        return true;
    }
    for (; *at < 2u * n->ceiling; (*at)++) {
        const struct sv_nat_session *s = sv_nat_session_of(n, *at - n->ceiling);
        if (!s->used)
            continue;
        (*at)++;
        const struct sv_nat_peer *p = sv_nat_peer_of(n, s->peer);
        sv_nat_show(n, sv_nat_mapping_of(n, p->mapping), info);
        info->remote = (struct sv_endpoint){sv_addr_of_v4(p->remote), s->remote_port};
        info->state = s->state;
        info->packets_out = s->packets_out;
        info->packets_in = s->packets_in;
        info->expires = s->deadline;
        return true;
    }
    return false;
}

static void sv_nat_check_sessions(const struct sv_nat *n)
{
    uint32_t sessions = 0, mappings = 0, hosts = 0, of_hosts = 0, of_peers = 0;
    for (uint32_t i = 0; i < n->ceiling; i++) {
        const struct sv_nat_session *s = sv_nat_session_of(n, i);
        const struct sv_nat_mapping *m = sv_nat_mapping_of(n, i);
        if (s->used) {
            const struct sv_nat_peer *p = sv_nat_peer_of(n, s->peer);
            sessions++;
            SV_ASSERT(sv_nat_find_session(n, p->mapping, p->remote, s->remote_port) == i);
            SV_ASSERT(s->wake.at <= s->deadline);
            SV_ASSERT(sv_nat_host_of(n, s->host)->addr == sv_nat_mapping_of(n, p->mapping)->inside);
        }
        if (m->used) {
            mappings++;
            SV_ASSERT(m->fixed || m->peers > 0);
            SV_ASSERT(sv_nat_find_outside(n, m->protocol, m->outside_port) == i);
        }
        hosts += sv_nat_host_of(n, i)->sessions != 0;
        of_hosts += sv_nat_host_of(n, i)->sessions;
        of_peers += sv_nat_peer_of(n, i)->sessions;
    }
    SV_ASSERT(sessions == n->counts.sessions);
    SV_ASSERT(mappings == n->counts.mappings);
    SV_ASSERT(hosts == n->counts.hosts);
    SV_ASSERT(of_hosts == sessions);
    SV_ASSERT(of_peers == sessions);
}

void sv_nat_check(const struct sv_core *c, const struct sv_nat *n)
{
    uint32_t held = 0, list_free = 0;
    if (n->ceiling == 0)
        return;
    sv_nat_check_sessions(n);
    for (uint32_t i = 0; i < n->fragments; i++) {
        const struct sv_nat_fragment *f = sv_nat_fragment_of(n, (n->fragment_oldest + i) % SV_NAT_FRAGMENTS);
        SV_ASSERT(!f->known || f->held == 0);
        held += f->held;
    }
    for (uint32_t i = n->released_first; i != SV_NONE; i = n->held[i].next)
        held++;
    for (uint32_t i = n->held_free; i != SV_NONE; i = n->held[i].next)
        list_free++;
    SV_ASSERT(held + list_free == SV_NAT_HELD);
    SV_ASSERT(held == n->counts.fragments_held);
    SV_ASSERT(n->syns == n->counts.syns_held);
    SV_ASSERT(sv_nat_session_of(n, n->ceiling)->wake.at <=
              sv_min_u64(sv_nat_fragments_deadline(n), sv_nat_syns_deadline(n)));
    (void)c;
}
