/* SPDX-License-Identifier: BSD-2-Clause */
/* The script's own settings (--name=value), below those of who plays it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/run.h"

static bool given(const struct sv_addr *a)
{
    static const struct sv_addr none;
    return memcmp(a, &none, sizeof none) != 0;
}

static bool is_four(const struct sv_addr *a)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(a->byte, prefix, 12) == 0;
}

static bool wrong(struct sv_drill_run *r, const struct sv_drill_setting *s, const char *what)
{
    r->report->line = s->line;
    r->report->column = s->column;
    (void)snprintf(r->report->what, sizeof r->report->what, "--%s%s%s: %s", s->name, s->value ? "=" : "",
                   s->value ? s->value : "", what);
    return false;
}

static bool number(const char *text, uint64_t most, uint64_t *to)
{
    char *end;
    *to = text ? strtoull(text, &end, 0) : 0;
    return text && *text >= '0' && *text <= '9' && *end == 0 && *to <= most;
}

static enum sv_drill_version version(const char *text)
{
    if (text && strcmp(text, "ipv4") == 0)
        return SV_DRILL_VERSION_4;
    if (text && strcmp(text, "ipv6") == 0)
        return SV_DRILL_VERSION_6;
    if (text && strcmp(text, "ipv4-mapped-ipv6") == 0)
        return SV_DRILL_VERSION_MAPPED;
    return SV_DRILL_VERSION_SCRIPT;
}

enum sv_drill_version sv_drill_version_of(const struct sv_drill_script *script)
{
    enum sv_drill_version v = SV_DRILL_VERSION_SCRIPT;
    for (const struct sv_drill_setting *s = script->settings; s; s = s->next) {
        if (strcmp(s->name, "ip_version") == 0)
            v = version(s->value);
    }
    return v;
}

bool sv_drill_is_for(const struct sv_drill_script *script, enum sv_drill_version v)
{
    bool named = false, of_family = false;
    for (const struct sv_drill_setting *s = script->settings; s; s = s->next) {
        struct sv_addr a;
        uint32_t length;
        if (strcmp(s->name, "local_ip") != 0 && strcmp(s->name, "remote_ip") != 0)
            continue;
        if (!s->value || !sv_addr_parse(s->value, &a, strchr(s->value, '/') ? &length : NULL))
            continue;
        named = true;
        of_family = of_family || is_four(&a) == (v != SV_DRILL_VERSION_6);
    }
    return !named || of_family;
}

/* An address for the family in use; one of the other family is passed over. */
static bool address(struct sv_drill_run *r, const struct sv_drill_setting *s, struct sv_addr *to)
{
    struct sv_addr a;
    uint32_t length;
    if (!s->value || !sv_addr_parse(s->value, &a, strchr(s->value, '/') ? &length : NULL))
        return wrong(r, s, "not an address");
    if (is_four(&a) != r->six)
        *to = a;
    return true;
}

enum setting {
    TOLERANCE_USECS,
    TOLERANCE_PERCENT,
    MTU,
    TICK,
    ECR_SCALED,
    STRICT_SEGMENTS,
    LOCAL,
    REMOTE,
    BIND_PORT,
    CONNECT_PORT,
    NON_FATAL,
    VERSION,
    UDP,
    NOTHING,
};

static bool one(struct sv_drill_run *r, const struct sv_drill_setting *s, enum setting which)
{
    uint64_t n = 0;
    switch (which) {
    case TOLERANCE_USECS:
        r->tolerance_ns = number(s->value, 1000000000, &n) ? n * SV_US : UINT64_MAX;
        return r->tolerance_ns != UINT64_MAX || wrong(r, s, "microseconds are wanted");
    case TOLERANCE_PERCENT:
        r->tolerance_permille = s->value ? (uint32_t)(strtod(s->value, NULL) * 10) : 0;
        return s->value || wrong(r, s, "a percentage is wanted");
    case MTU:
        r->mtu = number(s->value, 65535, &n) && n >= 68 ? (uint32_t)n : 0;
        return r->mtu || wrong(r, s, "bytes, 68 to 65535, are wanted");
    case TICK:
        r->ts_tick_ns = number(s->value, 1000000000, &n) ? n * SV_US : 0;
        return number(s->value, 1000000000, &n) || wrong(r, s, "microseconds are wanted");
    case ECR_SCALED:
        return (r->ecr_scaled = true);
    case STRICT_SEGMENTS:
        return (r->strict_segments = true);
    case LOCAL:
        return address(r, s, &r->local);
    case REMOTE:
        return address(r, s, &r->remote);
    case BIND_PORT:
    case CONNECT_PORT:
        if (!number(s->value, 65535, &n) || n == 0)
            return wrong(r, s, "a port is wanted");
        *(which == BIND_PORT ? &r->bind_port : &r->connect_port) = (uint16_t)n;
        return true;
    case NON_FATAL:
        r->calls_may_differ = s->value && strstr(s->value, "syscall");
        r->packets_may_differ = s->value && strstr(s->value, "packet");
        return true;
    case VERSION:
        return version(s->value) || wrong(r, s, "ipv4, ipv6 or ipv4-mapped-ipv6 is wanted");
    default:
        return true; /* of the machine that packetdrill runs on */
    }
}

static bool script_settings(struct sv_drill_run *r)
{
    static const struct {
        const char *name;
        enum setting which;
    } names[] = {{"tolerance_usecs", TOLERANCE_USECS},
                 {"tolerance_percent", TOLERANCE_PERCENT},
                 {"mtu", MTU},
                 {"tcp_ts_tick_usecs", TICK},
                 {"tcp_ts_ecr_scaled", ECR_SCALED},
                 {"strict_segments", STRICT_SEGMENTS},
                 {"local_ip", LOCAL},
                 {"remote_ip", REMOTE},
                 {"bind_port", BIND_PORT},
                 {"connect_port", CONNECT_PORT},
                 {"non_fatal", NON_FATAL},
                 {"ip_version", VERSION},
                 {"udp_encapsulation", UDP},
                 {"gateway_ip", NOTHING},
                 {"netmask_ip", NOTHING},
                 {"speed", NOTHING},
                 {"mss", NOTHING},
                 {"init_scripts", NOTHING},
                 {"verbose", NOTHING},
                 {"debug", NOTHING},
                 {"send_omit_free", NOTHING},
                 {"persistent_tun_dev", NOTHING},
                 {"code_format", NOTHING},
                 {"code_command", NOTHING},
                 {"code_sockopt", NOTHING},
                 {"tcp_md5_secret", NOTHING}};
    for (const struct sv_drill_setting *s = r->script->settings; s; s = s->next) {
        size_t i = 0;
        while (i < sizeof names / sizeof names[0] && strcmp(names[i].name, s->name) != 0)
            i++;
        if (i == sizeof names / sizeof names[0])
            return wrong(r, s, "no setting of that name is known");
        if (!one(r, s, names[i].which))
            return false;
    }
    return true;
}

bool sv_drill_run_settings(struct sv_drill_run *r)
{
    const struct sv_drill_settings *o = r->settings;
    const enum sv_drill_version said = sv_drill_version_of(r->script);
    const uint32_t v = o->version ? o->version : said ? said : SV_DRILL_VERSION_4;
    r->six = v == SV_DRILL_VERSION_6;
    r->mapped = v == SV_DRILL_VERSION_MAPPED;
    r->tolerance_ns = 4 * SV_MS;
    r->tolerance_permille = 125;
    r->mtu = r->six && said != SV_DRILL_VERSION_6 ? 1520 : 1500;
    r->bind_port = r->connect_port = 8080;
    r->next_port = 40001;
    bool parsed = sv_addr_parse(r->six ? "fd3d:a0b:17d6::1" : "192.168.0.1", &r->local, NULL);
    parsed = parsed && sv_addr_parse(r->six ? "fd3d:fa7b:d17d::1" : "192.0.2.1", &r->remote, NULL);
    if (!parsed || !script_settings(r))
        return false;
    if (given(&o->local[r->six]))
        r->local = o->local[r->six];
    if (given(&o->remote[r->six]))
        r->remote = o->remote[r->six];
    if (o->mtu)
        r->mtu = o->mtu;
    if (o->has_tolerance)
        r->tolerance_ns = o->tolerance_us * SV_US;
    return true;
}
