/* SPDX-License-Identifier: BSD-2-Clause */
/* A deferred listener refuses by ICMP: the error quotes the SYN, which is made again from what was kept of it. */
#include "core/pool_inline.h"
#include "l3_network/icmp.h"
#include "l3_network/ip4_wire.h"
#include "l3_network/ip6_wire.h"
#include "stack/stack_internal.h"

void sv_stack_refuse_by_icmp(struct sv_stack *s, const struct sv_tcp_reply *syn, enum sv_refusal how)
{
    struct sv_core *core = &s->core;
    const struct sv_addr *own = sv_tcp_address(&s->tcp, syn->local);
    const bool v4 = sv_addr_is_v4(own);
    struct sv_ip_hdr ip;
    struct sv_buf *b = sv_buf_alloc_fast(sv_core_pool(core), SV_WANT_CONTROL, core->account);
    if (!b) {
        sv_drop(core, SV_DROP_NO_MEMORY, NULL, syn->port, syn->flow);
        return;
    }
    struct sv_ip_out out = {.src = syn->remote, .dst = *own, .protocol = SV_PROTO_TCP, .ttl = SV_TTL_DEFAULT};
    const uint16_t sum = sv_tcp_emit_summed(b, &syn->header, core->cpu);
    sv_stack_tcp_checksum(&syn->remote, own, b, sum);
    sv_ip4_prepare(&out);
    if (v4)
        sv_ip4_emit(b, &out);
    else
        sv_ip6_emit(b, &out);
    const enum sv_drop why = v4 ? sv_ip4_parse(b, &ip, core->cpu) : sv_ip6_parse(b, &ip);
    SV_ASSERT(why == SV_DROP_NONE);
    const enum sv_icmp_reason reason = how == SV_REFUSE_PROHIBITED ? SV_ICMP_TELL_PROHIBITED : SV_ICMP_TELL_HOST;
    (void)sv_icmp_tell(core, &s->net, b, &ip, reason, 0);
    sv_buf_free(b);
}
