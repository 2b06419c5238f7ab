/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/tcp_knobs.h"

#include "l4_transport/tcp_internal.h"

enum sv_knob_kind {
    KNOB_NUMBER, /* a field of the profile, in the sysctl's unit times `unit` */
    KNOB_OPTION, /* a bit of what our SYN offers */
    KNOB_BUFFER, /* three numbers: least, first, most */
    KNOB_RETRIES,
    KNOB_KEY,
    KNOB_QUEUE, /* a queue's name: fq paces */
};

struct sv_knob {
    const char *name;
    uint8_t kind;
    uint8_t width; /* bytes of the field */
    uint16_t at;   /* of the field in the profile; KNOB_OPTION: the bit; KNOB_BUFFER: 0 receive, 1 send */
    uint32_t unit;
    uint32_t most;
};

#define FIELD(name, field, unit, most)                                   \
    {                                                                    \
        name, KNOB_NUMBER, sizeof(((struct sv_tcp_profile *)0)->field),  \
            (uint16_t)offsetof(struct sv_tcp_profile, field), unit, most \
    }

static const struct sv_knob sv_knobs[] = {
    {"tcp_timestamps", KNOB_OPTION, 0, SV_TCP_TIMESTAMPS, 1, 2},
    {"tcp_sack", KNOB_OPTION, 0, SV_TCP_SACK, 1, 1},
    {"tcp_window_scaling", KNOB_OPTION, 0, SV_TCP_SCALING, 1, 1},
    {"tcp_rmem", KNOB_BUFFER, 0, 0, 1, 1u << 30},
    {"tcp_wmem", KNOB_BUFFER, 0, 1, 1, 1u << 30},
    {"tcp_fastopen_key", KNOB_KEY, 0, 0, 1, 0},
    {"default_qdisc", KNOB_QUEUE, 1, (uint16_t)offsetof(struct sv_tcp_profile, paces), 1, 1},
    {"tcp_syn_retries", KNOB_RETRIES, 4, (uint16_t)offsetof(struct sv_tcp_profile, syn_give_up_ms), 1, 127},
    {"tcp_retries2", KNOB_RETRIES, 4, (uint16_t)offsetof(struct sv_tcp_profile, user_timeout_ms), 1, 127},
    FIELD("tcp_synack_retries", syn_ack_retries, 1, 5),
    FIELD("tcp_syn_linear_timeouts", syn_linear, 1, 127),
    FIELD("tcp_syncookies", syn_cookies, 1, 2),
    FIELD("tcp_abort_on_overflow", overflow_resets, 1, 1),
    FIELD("tcp_slow_start_after_idle", restart_idle, 1, 1),
    FIELD("tcp_moderate_rcvbuf", tune_receive, 1, 1),
    FIELD("tcp_fastopen", fastopen, 1, UINT32_MAX),
    FIELD("tcp_mtu_probing", mtu_probing, 1, 2),
    FIELD("tcp_base_mss", base_mss, 1, 65535),
    FIELD("tcp_retries1", black_hole_timeouts, 1, 255),
    FIELD("tcp_mtu_probe_floor", mtu_probe_floor, 1, 65535),
    FIELD("tcp_probe_interval", search_interval_s, 1, 86400),
    FIELD("tcp_probe_threshold", search_threshold, 1, 65535),
    FIELD("tcp_reordering", duplicate_threshold, 1, 127),
    FIELD("tcp_challenge_ack_limit", challenge_per_s, 1, UINT32_MAX),
    FIELD("tcp_invalid_ratelimit", invalid_ms, 1, 600000),
    FIELD("tcp_min_tso_segs", min_burst, 1, 44),
    FIELD("tcp_ecn_fallback", ecn_fallback, 1, 1),
    FIELD("tcp_ecn_option", accecn_option, 1, 3),
    FIELD("tcp_ecn_option_beacon", accecn_beacon, 1, 63),
    FIELD("tcp_rto_min_us", rto_min_us, 1, 120000000),
    FIELD("tcp_rto_max_ms", rto_max_us, 1000, 120000),
};

static uint64_t sv_knob_read(const uint8_t *at, uint32_t width)
{
    uint16_t half;
    uint32_t word;
    if (width == 1)
        return *at;
    if (width == 2) {
        sv_memcpy(&half, at, 2);
        return half;
    }
    sv_memcpy(&word, at, 4);
    return word;
}

static void sv_knob_write(uint8_t *at, uint32_t width, uint64_t value)
{
    const uint16_t half = (uint16_t)value;
    const uint32_t word = (uint32_t)value;
    if (width == 1)
        *at = (uint8_t)value;
    else if (width == 2)
        sv_memcpy(at, &half, 2);
    else
        sv_memcpy(at, &word, 4);
}

static uint32_t sv_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0');
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? (uint32_t)(lower - 'a') + 10u : 99u;
}

/* One number off the front of *text. False: there is none, or it is beyond 32 bits. */
static bool sv_knob_number(const char **text, uint32_t base, uint32_t *value)
{
    const char *p = *text;
    uint64_t n = 0;
    if (base == 10 && p[0] == '0' && (p[1] | 0x20) == 'x') {
        base = 16;
        p += 2;
    }
    const char *first = p;
    for (; sv_digit(*p) < base; p++) {
        n = n * base + sv_digit(*p);
        if (n > UINT32_MAX)
            return false;
    }
    *text = p;
    *value = (uint32_t)n;
    return p != first;
}

/* Exactly `count` numbers, each followed by one of `apart` or, the last, by the end. */
static bool sv_knob_numbers(const char *text, uint32_t base, const char *apart, uint32_t count, uint32_t *value)
{
    for (uint32_t i = 0; i < count; i++) {
        while (*text == apart[0] || *text == apart[1])
            text++;
        if (!sv_knob_number(&text, base, &value[i]))
            return false;
        if (i + 1u < count && *text != apart[0] && *text != apart[1])
            return false;
    }
    while (*text == ' ' || *text == '\n')
        text++;
    return *text == 0;
}

/* Linux counts retransmissions, we the time until the next would be due: 1, 2, 4, ... of the first timeout. */
static uint32_t sv_knob_retries_ms(const struct sv_tcp_profile *p, uint32_t first_us, uint32_t retries)
{
    uint64_t us = 0;
    for (uint32_t k = 0; k <= retries; k++)
        us += sv_min_u64((uint64_t)first_us << sv_min_u32(k, 20), p->rto_max_us);
    return (uint32_t)sv_min_u64(us / 1000u, UINT32_MAX);
}

static bool sv_knob_buffer(struct sv_tcp *tcp, uint32_t which, const uint32_t v[3])
{
    struct sv_tcp_profile *p = &tcp->habits;
    if (v[0] < 1 || v[0] > v[1] || v[1] > v[2] || v[2] < 2048 || v[2] > 1u << 30)
        return false;
    if (which == 0) {
        p->recv_min = sv_max_u32(v[0], 2048);
        p->recv_initial = sv_min_u32(v[1] / 2u, 65535u); /* half of it is window: tcp_adv_win_scale 1 */
        sv_tcp_set_recv_buffer(tcp, v[2]);
    } else {
        p->send_initial = sv_max_u32(v[1], 2048);
        tcp->send_buffer = v[2];
    }
    return true;
}

static bool sv_knob_same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Of the kernel's queues only one looks at when a packet is to leave; the others mean nothing to TCP. */
static bool sv_knob_queue(struct sv_tcp_profile *p, const char *value)
{
    static const char *const known[] = {"fq", "pfifo", "pfifo_fast", "fq_codel"};
    for (uint32_t i = 0; i < SV_COUNT_OF(known); i++) {
        if (sv_knob_same(known[i], value)) {
            p->paces = i == 0;
            return true;
        }
    }
    return false;
}

static bool sv_knob_apply(struct sv_tcp *tcp, const struct sv_knob *k, const char *value)
{
    struct sv_tcp_profile *p = &tcp->habits;
    uint8_t *field = (uint8_t *)p + k->at;
    uint32_t v[8];
    if (k->kind == KNOB_KEY) { /* one, or the one before as well */
        const bool two = sv_knob_numbers(value, 16, "-,", 8, v);
        if (!two && !sv_knob_numbers(value, 16, "--", 4, v))
            return false;
        tcp->fastopen_keys = two ? 2 : 1;
        for (uint32_t i = 0; i < tcp->fastopen_keys; i++)
            tcp->fastopen_key[i] = (struct sv_siphash_key){v[4 * i] | (uint64_t)v[4 * i + 1] << 32,
                                                           v[4 * i + 2] | (uint64_t)v[4 * i + 3] << 32};
        return true;
    }
    if (k->kind == KNOB_QUEUE)
        return sv_knob_queue(p, value);
    if (!sv_knob_numbers(value, 10, " \t", k->kind == KNOB_BUFFER ? 3 : 1, v) || v[0] > k->most)
        return false;
    switch (k->kind) {
    case KNOB_OPTION:
        p->agreed = (uint8_t)(v[0] ? p->agreed | k->at : p->agreed & ~k->at);
        return true;
    case KNOB_BUFFER:
        return sv_knob_buffer(tcp, k->at, v);
    case KNOB_RETRIES: {
        const bool syn = k->at == offsetof(struct sv_tcp_profile, syn_give_up_ms);
        const uint32_t linear_ms = syn ? p->syn_linear * (p->rto_initial_us / 1000u) : 0; /* added to the retries */
        sv_knob_write(field, 4, linear_ms + sv_knob_retries_ms(p, syn ? p->rto_initial_us : p->rto_min_us, v[0]));
        return true;
    }
    default:
        sv_knob_write(field, k->width, (uint64_t)v[0] * k->unit);
        return true;
    }
}

static bool sv_knob_named(const char *known, const char *name)
{
    static const char *const prefix[] = {"net.ipv4.", "net.core."};
    uint32_t i;
    for (uint32_t k = 0; k < SV_COUNT_OF(prefix); k++) {
        for (i = 0; prefix[k][i] && name[i] == prefix[k][i]; i++) {}
        if (!prefix[k][i]) {
            name += i;
            break;
        }
    }
    for (i = 0; known[i] && known[i] == name[i]; i++) {}
    return known[i] == name[i];
}

enum sv_err sv_tcp_knob_set(struct sv_tcp *tcp, const char *name, const char *value)
{
    for (uint32_t i = 0; i < SV_COUNT_OF(sv_knobs); i++) {
        if (sv_knob_named(sv_knobs[i].name, name))
            return sv_knob_apply(tcp, &sv_knobs[i], value) ? SV_OK : SV_ERR_INVALID;
    }
    return SV_ERR_INVALID;
}

bool sv_tcp_knob_at(const struct sv_tcp *tcp, uint32_t i, struct sv_knob_info *info)
{
    const struct sv_tcp_profile *p = &tcp->habits;
    if (i >= SV_COUNT_OF(sv_knobs))
        return false;
    const struct sv_knob *k = &sv_knobs[i];
    *info = (struct sv_knob_info){.size = sizeof *info, .values = 1, .name = k->name};
    switch (k->kind) {
    case KNOB_OPTION:
        info->value[0] = (p->agreed & k->at) != 0;
        break;
    case KNOB_BUFFER:
        info->values = 3;
        info->value[0] = k->at ? 2048 : p->recv_min;
        info->value[1] = k->at ? p->send_initial : p->recv_initial;
        info->value[2] = k->at ? tcp->send_buffer : tcp->recv_buffer;
        break;
    case KNOB_KEY: /* a secret is not told */
        info->values = 0;
        break;
    default: /* KNOB_RETRIES: in milliseconds, which is what it became */
        info->value[0] = (uint32_t)(sv_knob_read((const uint8_t *)p + k->at, k->width) / k->unit);
        break;
    }
    return true;
}
