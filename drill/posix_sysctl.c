/* SPDX-License-Identifier: BSD-2-Clause */
/* sysctl lines. Each name begins with the kernel's default; what the stack has a habit for is told to the stack. */
#include <inttypes.h>
#include <stdio.h>

#include "drill/posix_private.h"
#include "stack/stack_internal.h"

static const struct {
    const char *name, *value;
} sv_posix_known[] = {
    {"net.ipv4.tcp_abort_on_overflow", "0"},
    {"net.ipv4.tcp_app_win", "31"},
    {"net.ipv4.tcp_adv_win_scale", "1"},
    {"net.ipv4.tcp_autocorking", "1"},
    {"net.ipv4.tcp_base_mss", "1024"},
    {"net.ipv4.tcp_challenge_ack_limit", "2147483647"},
    {"net.ipv4.tcp_comp_sack_delay_ns", "1000000"},
    {"net.ipv4.tcp_comp_sack_nr", "44"},
    {"net.ipv4.tcp_comp_sack_slack_ns", "100000"},
    {"net.ipv4.tcp_congestion_control", "cubic"},
    {"net.ipv4.tcp_dsack", "1"},
    {"net.ipv4.tcp_early_retrans", "3"},
    {"net.ipv4.tcp_ecn", "2"},
    {"net.ipv4.tcp_ecn_fallback", "1"},
    {"net.ipv4.tcp_ecn_option", "2"},
    {"net.ipv4.tcp_ecn_option_beacon", "3"},
    {"net.ipv4.tcp_fack", "0"},
    {"net.ipv4.tcp_fastopen", "1"},
    {"net.ipv4.tcp_fastopen_blackhole_timeout_sec", "0"},
    {"net.ipv4.tcp_fastopen_key", "00000000-00000000-00000000-00000000"},
    {"net.ipv4.tcp_fin_timeout", "60"},
    {"net.ipv4.tcp_frto", "2"},
    {"net.ipv4.tcp_invalid_ratelimit", "500"},
    {"net.ipv4.tcp_keepalive_intvl", "75"},
    {"net.ipv4.tcp_keepalive_probes", "9"},
    {"net.ipv4.tcp_keepalive_time", "7200"},
    {"net.ipv4.tcp_limit_output_bytes", "4194304"},
    {"net.ipv4.tcp_max_reordering", "300"},
    {"net.ipv4.tcp_max_syn_backlog", "128"},
    {"net.ipv4.tcp_migrate_req", "0"},
    {"net.ipv4.tcp_min_rtt_wlen", "300"},
    {"net.ipv4.tcp_min_snd_mss", "48"},
    {"net.ipv4.tcp_min_tso_segs", "2"},
    {"net.ipv4.tcp_moderate_rcvbuf", "1"},
    {"net.ipv4.tcp_mtu_probe_floor", "48"},
    {"net.ipv4.tcp_mtu_probing", "0"},
    {"net.ipv4.tcp_no_metrics_save", "0"},
    {"net.ipv4.tcp_notsent_lowat", "4294967295"},
    {"net.ipv4.tcp_orphan_retries", "0"},
    {"net.ipv4.tcp_pacing_ca_ratio", "120"},
    {"net.ipv4.tcp_pacing_ss_ratio", "200"},
    {"net.ipv4.tcp_probe_interval", "600"},
    {"net.ipv4.tcp_probe_threshold", "8"},
    {"net.ipv4.tcp_recovery", "1"},
    {"net.ipv4.tcp_reordering", "3"},
    {"net.ipv4.tcp_retrans_collapse", "1"},
    {"net.ipv4.tcp_retries1", "3"},
    {"net.ipv4.tcp_retries2", "15"},
    {"net.ipv4.tcp_rfc1337", "0"},
    {"net.ipv4.tcp_rmem", "4096 131072 6291456"},
    {"net.ipv4.tcp_rto_max_ms", "120000"},
    {"net.ipv4.tcp_rto_min_us", "200000"},
    {"net.ipv4.tcp_sack", "1"},
    {"net.ipv4.tcp_shrink_window", "0"},
    {"net.ipv4.tcp_slow_start_after_idle", "1"},
    {"net.ipv4.tcp_stdurg", "0"},
    {"net.ipv4.tcp_syn_linear_timeouts", "4"},
    {"net.ipv4.tcp_syn_retries", "6"},
    {"net.ipv4.tcp_synack_retries", "5"},
    {"net.ipv4.tcp_syncookies", "1"},
    {"net.ipv4.tcp_thin_linear_timeouts", "0"},
    {"net.ipv4.tcp_timestamps", "1"},
    {"net.ipv4.tcp_tso_rtt_log", "9"},
    {"net.ipv4.tcp_tso_win_divisor", "3"},
    {"net.ipv4.tcp_tw_reuse", "2"},
    {"net.ipv4.tcp_window_scaling", "1"},
    {"net.ipv4.tcp_wmem", "4096 16384 4194304"},
    {"net.ipv4.tcp_workaround_signed_windows", "0"},
    {"net.ipv4.ip_default_ttl", "64"},
    {"net.ipv4.ip_no_pmtu_disc", "0"},
    {"net.ipv4.ip_nonlocal_bind", "0"},
    {"net.ipv6.bindv6only", "0"},
    {"net.core.rmem_max", "212992"},
    {"net.core.somaxconn", "4096"},
    {"net.core.wmem_max", "212992"},
};

#define SV_POSIX_KNOWN (sizeof sv_posix_known / sizeof sv_posix_known[0])
_Static_assert(SV_POSIX_KNOWN <= SV_POSIX_SYSCTLS, "each has its place");

static uint32_t sv_posix_sysctl_find(const char *name)
{
    if (strncmp(name, "/proc/sys/", 10) == 0)
        name += 10;
    for (uint32_t i = 0; i < SV_POSIX_KNOWN; i++) {
        const char *a = sv_posix_known[i].name, *b = name;
        while (*a && (*a == *b || (*a == '.' && *b == '/'))) {
            a++;
            b++;
        }
        if (!*a && !*b)
            return i;
    }
    return SV_NONE;
}

const char *sv_posix_sysctl_name(uint32_t index)
{
    return index < SV_POSIX_KNOWN ? sv_posix_known[index].name : NULL;
}

const char *sv_posix_sysctl_text(const struct sv_posix *p, const char *name)
{
    const uint32_t i = sv_posix_sysctl_find(name);
    SV_ASSERT(i != SV_NONE);
    return p->sysctl[i];
}

uint64_t sv_posix_sysctl_number(const struct sv_posix *p, const char *name, uint32_t word)
{
    const char *at = sv_posix_sysctl_text(p, name);
    char *end;
    uint64_t value = strtoull(at, &end, 0);
    while (word--)
        value = strtoull(end, &end, 0);
    return value;
}

/* One blank between words, none around them. False: too long, or nothing. */
static bool sv_posix_words(const char *from, char *to, size_t room)
{
    size_t n = 0;
    while (*from) {
        const bool blank = *from == ' ' || *from == '\t' || *from == '\n';
        if (!blank) {
            if (n + 1u >= room)
                return false;
            to[n++] = *from;
        } else if (n && to[n - 1u] != ' ') {
            if (n + 1u >= room)
                return false;
            to[n++] = ' ';
        }
        from++;
    }
    if (n && to[n - 1u] == ' ')
        n--;
    to[n] = '\0';
    return n > 0;
}

/* Numbers are numbers: "0x70403" may be what scripts write. */
static bool sv_posix_is_numbers(const char *text)
{
    do {
        char *end;
        (void)strtoull(text, &end, 0);
        if (end == text || (*end != ' ' && *end != '\0'))
            return false;
        text = *end ? end + 1 : end;
    } while (*text);
    return true;
}

/* 0 never, 1 asks and accepts, 2 accepts; from 3 on AccECN is accepted, and asked for, or ECN, or none. */
static void sv_posix_tell_ecn(struct sv_posix *p, uint64_t value)
{
    static const enum sv_ecn_mode modes[] = {
        SV_ECN_NEVER, SV_ECN_ASK, SV_ECN_ACCEPT, SV_ECN_ACCURATE, SV_ECN_ACCEPT_ACCURATE_ASK, SV_ECN_ACCEPT_ACCURATE};
    if (value < sizeof modes / sizeof modes[0])
        p->stack->tcp.ecn = (uint8_t)(modes[value] - 1);
}

uint32_t sv_posix_congestion(const char *name)
{
    const char *known;
    for (uint32_t i = 1; (known = sv_congestion_name((enum sv_congestion)i))[0]; i++)
        if (strcmp(known, name) == 0)
            return i;
    return 0;
}

/* The stack's knob takes half of the first buffer for payload (tcp_adv_win_scale); FreeBSD takes all of it. */
static void sv_posix_tell_receive(struct sv_posix *p, const char *name)
{
    char text[96];
    const uint64_t first = sv_posix_sysctl_number(p, name, 1) * (p->freebsd ? 2u : 1u);
    const uint64_t most = sv_posix_sysctl_number(p, name, 2);
    (void)snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 " %" PRIu64, sv_posix_sysctl_number(p, name, 0), first,
                   most > first ? most : first);
    const enum sv_err error = sv_stack_knob_set(p->stack, name, text, p->now);
    (void)error; /* what is no buffer changes nothing */
}

void sv_posix_as_freebsd(struct sv_posix *p)
{
    if (p->freebsd)
        return;
    p->freebsd = true;
    p->stack->tcp.habits.quickack = 0; /* nothing is acknowledged at once at first, and a FIN always */
    p->stack->tcp.habits.delays_ack_of_fin = 0;
    sv_posix_tell_receive(p, "net.ipv4.tcp_rmem");
}

/* Habits of the stack's. The rest is read where it is needed, or means nothing here. */
static bool sv_posix_tell_stack(struct sv_posix *p, uint32_t i)
{
    const char *name = sv_posix_known[i].name, *value = p->sysctl[i];
    if (strcmp(name, "net.ipv4.tcp_ecn") == 0) {
        sv_posix_tell_ecn(p, strtoull(value, NULL, 0));
    } else if (strcmp(name, "net.ipv4.tcp_congestion_control") == 0) {
        const uint32_t number = sv_posix_congestion(value);
        if (number)
            p->stack->tcp.congestion = (uint8_t)number;
        return number != 0;
    } else if (strcmp(name, "net.ipv4.tcp_rmem") == 0) {
        sv_posix_tell_receive(p, name);
        return true;
    }
    const enum sv_err error = sv_stack_knob_set(p->stack, name, value, p->now);
    (void)error; /* most names are no habit of the stack's: what they mean is looked at here, or nothing */
    return true;
}

int sv_posix_sysctl(struct sv_posix *p, const char *name, const char *value)
{
    char words[sizeof p->sysctl[0]];
    const uint32_t i = sv_posix_sysctl_find(name);
    if (i == SV_NONE)
        return -ENOENT;
    if (!sv_posix_words(value, words, sizeof words))
        return -EINVAL;
    if (sv_posix_is_numbers(sv_posix_known[i].value) && !sv_posix_is_numbers(words))
        return -EINVAL;
    if (strcmp(words, p->sysctl[i]) == 0 && p->config.profile == SV_PROFILE_LINUX)
        return 0;
    memcpy(p->sysctl[i], words, sizeof words);
    return sv_posix_tell_stack(p, i) ? 0 : -EINVAL;
}

int sv_posix_sysctl_get(const struct sv_posix *p, const char *name, char *value, size_t size)
{
    const uint32_t i = sv_posix_sysctl_find(name);
    if (i == SV_NONE)
        return -ENOENT;
    const size_t n = strlen(p->sysctl[i]) + 1u;
    if (n > size)
        return -ENOSPC;
    memcpy(value, p->sysctl[i], n);
    return 0;
}

void sv_posix_sysctl_init(struct sv_posix *p)
{
    for (uint32_t i = 0; i < SV_POSIX_KNOWN; i++) {
        const int n = snprintf(p->sysctl[i], sizeof p->sysctl[i], "%s", sv_posix_known[i].value);
        SV_ASSERT(n > 0 && (size_t)n < sizeof p->sysctl[i]);
        if (p->config.profile == SV_PROFILE_LINUX) /* others have habits of their own, until a script changes them */
            (void)sv_posix_tell_stack(p, i);
    }
}
