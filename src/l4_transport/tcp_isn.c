/* SPDX-License-Identifier: BSD-2-Clause */
/* Initial sequence numbers. RFC 6528 §3: ISN = M + F(four-tuple, secret), M a timer of 4 microseconds. */
#include "l4_transport/tcp_internal.h"

uint32_t sv_tcp_isn(struct sv_tcp *tcp, const struct sv_addr *remote, uint16_t remote_port, uint32_t local,
                    uint16_t local_port)
{
    const struct sv_addr *own = sv_tcp_address(tcp, local);
    const uint32_t ports = (uint32_t)remote_port << 16 | local_port;
    uint64_t hash;
    uint32_t fixed;
    if (SV_UNLIKELY(tcp->teach.isns) && sv_tcp_teach_isn(tcp, &fixed))
        return fixed;
    if (SV_LIKELY(sv_addr_is_v4(remote))) {
        const uint64_t pair = sv_addr_v4_number(remote) | (uint64_t)sv_addr_v4_number(own) << 32;
        hash = sv_siphash24_2(&tcp->isn_key, pair, sv_sip_last(ports, 12));
    } else {
        uint8_t tuple[36];
        sv_memcpy(tuple, remote->byte, 16);
        sv_memcpy(tuple + 16, own->byte, 16);
        sv_put_u32(tuple + 32, ports);
        hash = sv_siphash24(&tcp->isn_key, tuple, sizeof tuple);
    }
    return (uint32_t)hash + (uint32_t)(sv_tcp_core(tcp)->now >> 12); /* 4.096 microseconds */
}
