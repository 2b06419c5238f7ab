/* SPDX-License-Identifier: BSD-2-Clause */
/* Initial sequence numbers. RFC 6528 §3: ISN = M + F(four-tuple, secret), M a timer of 4 microseconds. */
#include "l4_transport/tcp_internal.h"

uint32_t sv_tcp_isn(const struct sv_tcp *tcp, const struct sv_addr *remote, uint16_t remote_port, uint32_t local,
                    uint16_t local_port)
{
    uint64_t word[5] = {0, 0, 0, 0, 0};
    sv_memcpy(&word[0], remote->byte, 16);
    sv_memcpy(&word[2], sv_tcp_address(tcp, local)->byte, 16);
    word[4] = (uint64_t)remote_port << 16 | local_port;
    const uint64_t hash = sv_siphash24(&tcp->isn_key, word, sizeof word);
    return (uint32_t)hash + (uint32_t)(sv_tcp_core(tcp)->now >> 12); /* 4.096 microseconds */
}
