/* SPDX-License-Identifier: BSD-2-Clause */
/* %{ code }% with the connection's tcp_info, and `commands`. */
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/calls.h"

/* Linux's struct tcp_info as it grew: what is where, and how many bytes (include/uapi/linux/tcp.h). */
static const struct {
    const char *name;
    uint16_t at;
    uint8_t bytes;
} fields[] = {
    {"state", 0, 1},
    {"ca_state", 1, 1},
    {"retransmits", 2, 1},
    {"probes", 3, 1},
    {"backoff", 4, 1},
    {"options", 5, 1},
    {"rto", 8, 4},
    {"ato", 12, 4},
    {"snd_mss", 16, 4},
    {"rcv_mss", 20, 4},
    {"unacked", 24, 4},
    {"sacked", 28, 4},
    {"lost", 32, 4},
    {"retrans", 36, 4},
    {"fackets", 40, 4},
    {"last_data_sent", 44, 4},
    {"last_ack_sent", 48, 4},
    {"last_data_recv", 52, 4},
    {"last_ack_recv", 56, 4},
    {"pmtu", 60, 4},
    {"rcv_ssthresh", 64, 4},
    {"rtt", 68, 4},
    {"rttvar", 72, 4},
    {"snd_ssthresh", 76, 4},
    {"snd_cwnd", 80, 4},
    {"advmss", 84, 4},
    {"reordering", 88, 4},
    {"rcv_rtt", 92, 4},
    {"rcv_space", 96, 4},
    {"total_retrans", 100, 4},
    {"pacing_rate", 104, 8},
    {"max_pacing_rate", 112, 8},
    {"bytes_acked", 120, 8},
    {"bytes_received", 128, 8},
    {"segs_out", 136, 4},
    {"segs_in", 140, 4},
    {"notsent_bytes", 144, 4},
    {"min_rtt", 148, 4},
    {"data_segs_in", 152, 4},
    {"data_segs_out", 156, 4},
    {"delivery_rate", 160, 8},
    {"busy_time", 168, 8},
    {"rwnd_limited", 176, 8},
    {"sndbuf_limited", 184, 8},
    {"delivered", 192, 4},
    {"delivered_ce", 196, 4},
    {"bytes_sent", 200, 8},
    {"bytes_retrans", 208, 8},
    {"dsack_dups", 216, 4},
    {"reord_seen", 220, 4},
    {"rcv_ooopack", 224, 4},
    {"snd_wnd", 228, 4},
    {"rcv_wnd", 232, 4},
    {"rehash", 236, 4},
    {"total_rto", 240, 2},
    {"total_rto_recoveries", 242, 2},
    {"total_rto_time", 244, 4},
    {"received_ce", 248, 4},
    {"delivered_e1_bytes", 252, 4},
    {"delivered_e0_bytes", 256, 4},
    {"delivered_ce_bytes", 260, 4},
    {"received_e1_bytes", 264, 4},
    {"received_e0_bytes", 268, 4},
    {"received_ce_bytes", 272, 4},
    {"accecn_fail_mode", 276, 2},
    {"accecn_opt_seen", 278, 2},
};

static int64_t read_at(const uint8_t *p, uint32_t bytes)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    if (bytes == 1)
        return *p;
    if (bytes == 2) {
        memcpy(&two, p, 2);
        return two;
    }
    if (bytes == 4) {
        memcpy(&four, p, 4);
        return four;
    }
    memcpy(&eight, p, 8);
    return (int64_t)eight;
}

static bool lookup(void *ctx, const char *name, int64_t *value)
{
    struct sv_drill_run *r = ctx;
    if (strncmp(name, "tcpi_", 5) != 0 || !r->info_n)
        return false;
    name += 5;
    if (strcmp(name, "snd_wscale") == 0 || strcmp(name, "rcv_wscale") == 0) {
        *value = name[0] == 's' ? r->info[6] & 15 : r->info[6] >> 4;
        return true;
    }
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(fields[i].name, name) == 0 && (uint32_t)fields[i].at + fields[i].bytes <= r->info_n) {
            *value = read_at(r->info + fields[i].at, fields[i].bytes);
            return true;
        }
    }
    return false;
}

static void print(void *ctx, const char *line)
{
    struct sv_drill_run *r = ctx;
    if (r->settings->say)
        r->settings->say(r->settings->ctx, line);
}

void sv_drill_run_code(struct sv_drill_run *r, const char *text, uint32_t line)
{
    struct sv_drill_error error = {.line = line};
    socklen_t n = 280;
    r->info_n = 0;
    if (r->under && r->under->script_fd >= 0 &&
        sv_posix_getsockopt(r->posix, sv_drill_live_fd(r, r->under->script_fd), IPPROTO_TCP, TCP_INFO, r->info, &n) ==
            0)
        r->info_n = (uint32_t)n;
    r->python.lookup = lookup;
    r->python.print = print;
    r->python.ctx = r;
    if (sv_drill_python_run(&r->python, text, line, &error) == SV_DRILL_PY_OK)
        return;
    sv_drill_trouble(r, "%s", error.text);
    r->report->line = error.line;
    r->report->column = error.column;
}

/* --- commands --- */

static int set_sysctl(void *ctx, const char *name, const char *value)
{
    return sv_posix_sysctl(((struct sv_drill_run *)ctx)->posix, name, value);
}

static void freebsd(void *ctx)
{
    struct sv_drill_run *r = ctx;
    r->freebsd = true;
    sv_posix_as_freebsd(r->posix);
}

static int get_sysctl(void *ctx, const char *name, char *value, size_t size)
{
    return sv_posix_sysctl_get(((struct sv_drill_run *)ctx)->posix, name, value, size);
}

static void sleep_for(void *ctx, uint64_t ns)
{
    struct sv_drill_run *r = ctx;
    sv_drill_pass(r, sv_drill_script_now(r) + (int64_t)ns, false);
}

static void flush_metrics(void *ctx)
{
    sv_posix_flush_metrics(((struct sv_drill_run *)ctx)->posix);
}

static void change_route(void *ctx, uint32_t mtu, uint32_t advmss, uint32_t initcwnd)
{
    sv_posix_route(((struct sv_drill_run *)ctx)->posix, mtu, advmss, initcwnd);
}

static void change_queue(void *ctx, const char *words)
{
    sv_posix_tc(((struct sv_drill_run *)ctx)->posix, words);
}

static void change_tso(void *ctx, bool on)
{
    sv_posix_cuts(((struct sv_drill_run *)ctx)->posix, on);
}

static const char *counter(void *ctx, uint32_t index, uint64_t *value)
{
    return sv_posix_counter(((struct sv_drill_run *)ctx)->posix, index, value);
}

static void list_sockets(void *ctx, bool proc, struct sv_line_text *to)
{
    /* Linux's numbers of the states, in our order. */
    static const uint8_t linux_state[SV_TCP_STATES] = {7, 10, 2, 3, 1, 4, 5, 8, 11, 9, 6};
    static const char *const sockstat[SV_TCP_STATES] = {"CLOSED",      "LISTEN",     "SYN_SENT",   "SYN_RCVD",
                                                        "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT",
                                                        "CLOSING",     "LAST_ACK",   "TIME_WAIT"};
    struct sv_drill_run *r = ctx;
    struct sv_sock_info info = {.size = sizeof info};
    uint32_t at = 0, n = 0;
    while (sv_stack_each(sv_posix_stack(r->posix), &at, &info)) {
        char local[SV_ADDR_TEXT], remote[SV_ADDR_TEXT];
        if (info.protocol == 6 && info.state < SV_TCP_STATES && proc) {
            const uint8_t *a = info.local.addr.byte + 12, *b = info.remote.addr.byte + 12;
            sv_text_format(to, "%4u: %02X%02X%02X%02X:%04X %02X%02X%02X%02X:%04X %02X 00000000:00000000\n", n++, a[3],
                           a[2], a[1], a[0], info.local.port, b[3], b[2], b[1], b[0], info.remote.port,
                           linux_state[info.state]);
        } else if (info.protocol == 6 && info.state < SV_TCP_STATES) {
            sv_text_format(to, "root packetdril 1 %u tcp %s:%u %s:%u %s\n", n++, sv_addr_text(&info.local.addr, local),
                           info.local.port, sv_addr_text(&info.remote.addr, remote), info.remote.port,
                           sockstat[info.state]);
        }
        info.size = sizeof info;
    }
}

void sv_drill_shell_open(struct sv_drill_run *r)
{
    static char folder[1024];
    const char *path = r->settings->path ? r->settings->path : "";
    const char *slash = strrchr(path, '/');
    (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 0, path);
    r->shell = (struct sv_drill_shell){.sysctl = set_sysctl,
                                       .sysctl_get = get_sysctl,
                                       .freebsd = freebsd,
                                       .sleep = sleep_for,
                                       .flush_metrics = flush_metrics,
                                       .route = change_route,
                                       .tso = change_tso,
                                       .tc = change_queue,
                                       .counter = counter,
                                       .sockets = list_sockets,
                                       .note = print,
                                       .ctx = r,
                                       .folder = folder};
}

void sv_drill_run_command(struct sv_drill_run *r, const char *text)
{
    char why[256] = "";
    const int status = sv_drill_shell_run(&r->shell, text, why, sizeof why);
    if (status)
        sv_drill_trouble(r, "the command ends with status %d%s%s", status, why[0] ? ": " : "", why);
}
