/* SPDX-License-Identifier: BSD-2-Clause */
/* What nstat shows, of what the stack counts: the kernel's names for it (/proc/net/snmp, /proc/net/netstat). */
#include "drill/posix_private.h"
#include "stack/stack_internal.h"

#define COUNT(of) offsetof(struct sv_tcp_counters, of), 0
#define DROPS(why) 0, SV_DROP_##why

static const struct {
    const char *name;
    size_t at;     /* in struct sv_tcp_counters, if `why` is 0 */
    uint32_t drop; /* enum sv_drop */
} sv_posix_counted[] = {
    {"TcpActiveOpens", COUNT(opened_active)},
    {"TcpPassiveOpens", COUNT(opened_passive)},
    {"TcpInSegs", COUNT(segments_in)},
    {"TcpOutSegs", COUNT(segments_out)},
    {"TcpRetransSegs", COUNT(retransmitted)},
    {"TcpOutRsts", COUNT(resets_out)},
    {"TcpExtSyncookiesSent", COUNT(cookies_sent)},
    {"TcpExtSyncookiesRecv", COUNT(cookies_good)},
    {"TcpExtSyncookiesFailed", COUNT(cookies_bad)},
    {"TcpExtOutOfWindowIcmps", DROPS(ICMP_OUT_OF_WINDOW)},
    {"TcpExtPAWSEstab", DROPS(TCP_PAWS)},
    {"TcpExtDelayedACKs", COUNT(delayed_acks)},
    {"TcpExtListenOverflows", DROPS(TCP_ACCEPT_FULL)},
    {"TcpExtTCPSackRecovery", COUNT(sack_recoveries)},
    {"TcpExtTCPSACKReneging", COUNT(sack_reneged)},
    {"TcpExtTCPTimeouts", COUNT(rto_fired)},
    {"TcpExtTCPLossProbes", COUNT(tlp_probes)},
    {"TcpExtTCPLossProbeRecovery", COUNT(tlp_recoveries)},
    {"TcpExtTCPDSACKOldSent", COUNT(dsack_out)},
    {"TcpExtTCPDSACKRecv", COUNT(dsack_in)},
    {"TcpExtTCPChallengeACK", COUNT(challenges)},
    {"TcpExtTCPMTUPSuccess", COUNT(mtu_found)},
    {"TcpExtTCPMTUPFail", COUNT(mtu_failed)},
    {"TcpExtTCPFastOpenActive", COUNT(fast_opened)},
    {"TcpExtTCPFastOpenPassive", COUNT(fast_accepted)},
    {"TcpExtTCPFastOpenPassiveFail", COUNT(fast_refused)},
};

const char *sv_posix_counter(const struct sv_posix *p, uint32_t index, uint64_t *value)
{
    if (index >= sizeof sv_posix_counted / sizeof sv_posix_counted[0])
        return NULL;
    const uint8_t *counts = (const uint8_t *)&p->stack->tcp.count;
    if (sv_posix_counted[index].drop)
        *value = sv_stack_drops(p->stack, (enum sv_drop)sv_posix_counted[index].drop);
    else
        memcpy(value, counts + sv_posix_counted[index].at, sizeof *value);
    return sv_posix_counted[index].name;
}
