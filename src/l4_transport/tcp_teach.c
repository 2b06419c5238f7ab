/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/tcp_teach.h"

#include "l4_transport/tcp_internal.h"

bool sv_tcp_teach_flawed(const struct sv_tcp *tcp, uint32_t flaws)
{
    return (tcp->teach.flaws & flaws) != 0;
}

bool sv_tcp_teach_isn(struct sv_tcp *tcp, uint32_t *isn)
{
    struct sv_tcp_teach *teach = &tcp->teach;
    if (teach->isns == SV_TEACH_CLOCK) {
        *isn = (uint32_t)(sv_tcp_core(tcp)->now >> 12);
        return true;
    }
    if (teach->isn_next >= teach->isns)
        return false;
    *isn = teach->isn[teach->isn_next++];
    return true;
}

const struct sv_teach_syn *sv_tcp_teach_syn(const struct sv_tcp *tcp, uint32_t flow)
{
    for (uint32_t i = 0; i < tcp->teach.syns; i++) {
        if (tcp->teach.syn[i].flow == flow)
            return &tcp->teach.syn[i];
    }
    return NULL;
}

bool sv_tcp_teach_offer(struct sv_tcp_teach *teach, struct sv_teach_syn offer)
{
    if (teach->syns == SV_TEACH_SYNS)
        return false;
    teach->syn[teach->syns++] = offer;
    return true;
}
