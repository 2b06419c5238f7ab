/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace/ss_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trace/dissect.h"

const char *sv_ss_state(const struct sv_sock_info *info, bool rfc_names)
{
    static const char *const words[] = {"UNCONN",     "LISTEN",     "SYN-SENT", "SYN-RECV", "ESTAB",    "FIN-WAIT-1",
                                        "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK", "TIME-WAIT"};
    _Static_assert(SV_TCP_STATES == sizeof words / sizeof words[0], "one word a state");
    if (info->protocol != 6)
        return info->remote.port ? "ESTAB" : "UNCONN";
    if (info->state >= SV_TCP_STATES)
        return "UNKNOWN";
    return rfc_names ? sv_tcp_state_name((enum sv_tcp_state)info->state) : words[info->state];
}

static bool sv_is_mapped(const struct sv_addr *a)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(a->byte, mapped, 12) == 0;
}

static void sv_address_text(const struct sv_addr *a, char *to)
{
    const bool four = sv_is_mapped(a);
    sv_dissect_address(four ? 4 : 6, four ? a->byte + 12 : a->byte, to);
}

static void sv_ss_address(const struct sv_addr *a, char *to, size_t size)
{
    static const struct sv_addr any = {{0}};
    char text[48];
    if (memcmp(a, &any, sizeof any) == 0) { /* of either family: ss(8) writes it so */
        snprintf(to, size, "*");
        return;
    }
    sv_address_text(a, text);
    snprintf(to, size, sv_is_mapped(a) ? "%s" : "[%s]", text);
}

static void sv_ss_port(uint16_t port, char *to, size_t size)
{
    if (port)
        snprintf(to, size, "%u", port);
    else
        snprintf(to, size, "*");
}

struct sv_ss_cells {
    const char *netid, *state;
    char recv_q[16], send_q[16];
    char local[52], local_port[8], peer[52], peer_port[8];
};

static void sv_ss_fill(struct sv_ss_cells *c, const struct sv_sock_info *i, const struct sv_ss_options *o)
{
    const bool listener = i->protocol == 6 && i->state == SV_LISTEN;
    c->netid = i->protocol == 6 ? "tcp" : i->protocol == 17 ? "udp" : i->protocol == 1 ? "icmp" : "?";
    c->state = sv_ss_state(i, o->rfc_names);
    /* A listener's queues are connections: waiting, and the most that may (ss(8), Recv-Q and Send-Q). */
    snprintf(c->recv_q, sizeof c->recv_q, "%" PRIu32, listener ? i->backlog : i->recv_queued);
    snprintf(c->send_q, sizeof c->send_q, "%" PRIu32, listener ? i->backlog_max : i->send_queued);
    sv_ss_address(&i->local.addr, c->local, sizeof c->local);
    sv_ss_port(i->local.port, c->local_port, sizeof c->local_port);
    sv_ss_address(&i->remote.addr, c->peer, sizeof c->peer);
    sv_ss_port(i->remote.port, c->peer_port, sizeof c->peer_port);
}

struct sv_ss_widths {
    int netid, state, recv_q, send_q, local, local_port, peer, peer_port;
};

static void sv_widen(int *width, const char *text)
{
    const int n = (int)strlen(text);
    if (n > *width)
        *width = n;
}

static void sv_ss_line(const struct sv_ss_widths *w, const struct sv_ss_options *o, const struct sv_ss_cells *c,
                       const struct sv_sink *sink)
{
    if (o->netid)
        sv_sink_format(sink, "%-*s ", w->netid, c->netid);
    sv_sink_format(sink, "%-*s %-*s %-*s %*s:%-*s %*s:%s\n", w->state, c->state, w->recv_q, c->recv_q, w->send_q,
                   c->send_q, w->local, c->local, w->local_port, c->local_port, w->peer, c->peer, c->peer_port);
}

static void sv_ss_us(const struct sv_sink *s, const char *name, uint32_t us)
{
    /* milliseconds as ss prints them: no more decimals than are needed */
    char text[24];
    snprintf(text, sizeof text, "%u.%03u", (unsigned)(us / 1000), (unsigned)(us % 1000));
    size_t n = strlen(text);
    while (text[n - 1] == '0')
        n--;
    if (text[n - 1] == '.')
        n--;
    sv_sink_format(s, "%s%.*s", name, (int)n, text);
}

/* What -i adds, in the order of ss. */
static void sv_ss_info(const struct sv_sock_info *i, const struct sv_sink *s)
{
    if (i->protocol != 6 || i->state == SV_LISTEN)
        return;
    sv_sink_text(s, "\t");
    sv_sink_text(s, i->options & 1u ? " ts" : "");
    sv_sink_text(s, i->options & 2u ? " sack" : "");
    sv_sink_text(s, i->options & 8u ? " ecn" : "");
    sv_sink_text(s, i->options & 64u ? " signed" : "");
    sv_sink_format(s, " %s", sv_congestion_name((enum sv_congestion)i->congestion));
    if (i->options & 4u)
        sv_sink_format(s, " wscale:%" PRIu32 ",%" PRIu32, i->send_scale, i->recv_scale);
    if (i->rto_us)
        sv_ss_us(s, " rto:", i->rto_us);
    if (i->backoff)
        sv_sink_format(s, " backoff:%" PRIu32, i->backoff);
    if (i->srtt_us) {
        sv_ss_us(s, " rtt:", i->srtt_us);
        sv_ss_us(s, "/", i->rttvar_us);
    }
    sv_sink_format(s, " mss:%" PRIu32, i->mss_bytes);
    if (i->cwnd)
        sv_sink_format(s, " cwnd:%" PRIu32, i->mss_bytes ? i->cwnd / i->mss_bytes : i->cwnd);
    if (i->ssthresh && i->ssthresh < 0x7fffffffu)
        sv_sink_format(s, " ssthresh:%" PRIu32, i->mss_bytes ? i->ssthresh / i->mss_bytes : i->ssthresh);
    if (i->pacing_rate)
        sv_sink_format(s, " pacing_rate %" PRIu64 "bps", i->pacing_rate * 8u);
    if (i->delivery_rate)
        sv_sink_format(s, " delivery_rate %" PRIu64 "bps", i->delivery_rate * 8u);
    if (i->bytes_sent)
        sv_sink_format(s, " bytes_acked:%" PRIu64, i->bytes_sent);
    if (i->bytes_received)
        sv_sink_format(s, " bytes_received:%" PRIu64, i->bytes_received);
    if (i->retransmits)
        sv_sink_format(s, " retrans:0/%" PRIu32, i->retransmits);
    if (i->send_unacked)
        sv_sink_format(s, " unacked_bytes:%" PRIu32, i->send_unacked);
    sv_sink_format(s, " snd_wnd:%" PRIu32 " rcv_wnd:%" PRIu32, i->send_window, i->recv_window);
    if (i->min_rtt_us)
        sv_ss_us(s, " minrtt:", i->min_rtt_us);
    sv_sink_text(s, "\n");
}

void sv_ss_table(const struct sv_sock_info *infos, size_t n, const struct sv_ss_options *o, const struct sv_sink *sink)
{
    static const struct sv_ss_cells head = {"Netid",         "State", "Recv-Q",       "Send-Q",
                                            "Local Address", "Port",  "Peer Address", "Port"};
    struct sv_ss_widths w = {5, 5, 6, 6, 13, 4, 12, 4};
    struct sv_ss_cells c;
    for (size_t i = 0; i < n; i++) {
        sv_ss_fill(&c, &infos[i], o);
        sv_widen(&w.state, c.state);
        sv_widen(&w.recv_q, c.recv_q);
        sv_widen(&w.send_q, c.send_q);
        sv_widen(&w.local, c.local);
        sv_widen(&w.local_port, c.local_port);
        sv_widen(&w.peer, c.peer);
    }
    if (!o->no_header)
        sv_ss_line(&w, o, &head, sink);
    for (size_t i = 0; i < n; i++) {
        sv_ss_fill(&c, &infos[i], o);
        sv_ss_line(&w, o, &c, sink);
        if (o->info)
            sv_ss_info(&infos[i], sink);
    }
}

static void sv_ss_json_info(const struct sv_sock_info *i, const struct sv_sink *s)
{
    sv_sink_format(s,
                   ",\"mss_bytes\":%" PRIu32 ",\"send_window_bytes\":%" PRIu32 ",\"recv_window_bytes\":%" PRIu32
                   ",\"cwnd_bytes\":%" PRIu32 ",\"ssthresh_bytes\":%" PRIu32,
                   i->mss_bytes, i->send_window, i->recv_window, i->cwnd, i->ssthresh);
    sv_sink_format(s,
                   ",\"srtt_us\":%" PRIu32 ",\"rttvar_us\":%" PRIu32 ",\"rto_us\":%" PRIu32 ",\"min_rtt_us\":%" PRIu32
                   ",\"retransmits\":%" PRIu32 ",\"backoff\":%" PRIu32,
                   i->srtt_us, i->rttvar_us, i->rto_us, i->min_rtt_us, i->retransmits, i->backoff);
    sv_sink_format(s, ",\"bytes_acked\":%" PRIu64 ",\"bytes_received\":%" PRIu64 ",\"unacked_bytes\":%" PRIu32,
                   i->bytes_sent, i->bytes_received, i->send_unacked);
    sv_sink_format(s, ",\"timestamps\":%s,\"sack\":%s,\"ecn\":%s", i->options & 1u ? "true" : "false",
                   i->options & 2u ? "true" : "false", i->options & 8u ? "true" : "false");
    sv_sink_text(s, i->options & 64u ? ",\"signed\":true" : "");
    sv_sink_format(s, ",\"pacing_bytes_s\":%" PRIu64 ",\"delivery_bytes_s\":%" PRIu64, i->pacing_rate,
                   i->delivery_rate);
    sv_sink_format(s, ",\"congestion\":\"%s\"", sv_congestion_name((enum sv_congestion)i->congestion));
    if (i->options & 4u)
        sv_sink_format(s, ",\"send_scale\":%" PRIu32 ",\"recv_scale\":%" PRIu32, i->send_scale, i->recv_scale);
}

void sv_ss_json(const struct sv_sock_info *i, const struct sv_sink *s)
{
    static const struct sv_ss_options plain = {0};
    struct sv_ss_cells c;
    char local[48], peer[48];
    sv_ss_fill(&c, i, &plain);
    sv_address_text(&i->local.addr, local);
    sv_address_text(&i->remote.addr, peer);
    sv_sink_format(s, "{\"schema\":1,\"netid\":\"%s\",\"state\":\"%s\",\"recv_q\":%s,\"send_q\":%s", c.netid,
                   sv_ss_state(i, true), c.recv_q, c.send_q);
    sv_sink_format(s, ",\"local\":\"%s\",\"local_port\":%u,\"peer\":\"%s\",\"peer_port\":%u,\"flow\":%" PRIu32, local,
                   i->local.port, peer, i->remote.port, i->flow);
    if (i->protocol == 6 && i->state != SV_LISTEN)
        sv_ss_json_info(i, s);
    if (i->protocol == 6 && i->state == SV_LISTEN)
        sv_sink_format(s, ",\"half_open\":%" PRIu32, i->half_open);
    if (i->error)
        sv_sink_format(s, ",\"error\":\"%s\"", sv_err_name((enum sv_err)i->error));
    sv_sink_text(s, "}\n");
}

static const char *sv_neigh_state(const struct sv_neighbour_info *info)
{
    static const char *const names[] = {"NONE",  "INCOMPLETE", "REACHABLE", "STALE",
                                        "DELAY", "PROBE",      "FAILED",    "PERMANENT"};
    if (info->permanent)
        return "PERMANENT";
    return info->state < sizeof names / sizeof names[0] ? names[info->state] : "NONE";
}

static bool sv_neigh_has_mac(const struct sv_neighbour_info *info)
{
    return info->permanent || (info->state != SV_NEIGHBOUR_INCOMPLETE && info->state != SV_NEIGHBOUR_FAILED &&
                               info->state != SV_NEIGHBOUR_FREE);
}

static void sv_mac_text(const uint8_t *m, char *to)
{
    snprintf(to, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

void sv_ip_neigh(const struct sv_neighbour_info *info, const char *device, const struct sv_sink *s)
{
    char address[48], mac[18];
    sv_address_text(&info->addr, address);
    sv_mac_text(info->mac, mac);
    const bool has = sv_neigh_has_mac(info);
    sv_sink_format(s, "%s dev %s%s%s%s %s\n", address, device, has ? " lladdr " : "", has ? mac : "",
                   info->router ? " router" : "", sv_neigh_state(info));
}

void sv_ip_neigh_json(const struct sv_neighbour_info *info, const char *device, const struct sv_sink *s)
{
    char address[48], mac[18];
    sv_address_text(&info->addr, address);
    sv_mac_text(info->mac, mac);
    sv_sink_format(s, "{\"schema\":1,\"dst\":\"%s\",\"dev\":", address);
    sv_sink_json_string(s, device, strlen(device));
    if (sv_neigh_has_mac(info))
        sv_sink_format(s, ",\"lladdr\":\"%s\"", mac);
    sv_sink_format(s, "%s,\"state\":[\"%s\"]}\n", info->router ? ",\"router\":null" : "", sv_neigh_state(info));
}

void sv_ip_link(const struct sv_interface_info *info, sv_port port, const char *device, const struct sv_sink *s)
{
    char mac[18];
    sv_mac_text(info->mac, mac);
    sv_sink_format(s, "%" PRIu32 ": %s: <BROADCAST,MULTICAST%s> mtu %" PRIu32 " state %s\n", port + 1, device,
                   info->up ? ",UP,LOWER_UP" : "", info->mtu, info->up ? "UP" : "DOWN");
    sv_sink_format(s, "    link/ether %s brd ff:ff:ff:ff:ff:ff\n", mac);
}

void sv_ip_addr(const struct sv_address_info *info, const char *device, const struct sv_sink *s)
{
    static const char *const states[] = {" tentative", "", " dadfailed"};
    char address[48];
    const bool four = sv_is_mapped(&info->addr);
    const bool link = !four && info->addr.byte[0] == 0xfe && (info->addr.byte[1] & 0xc0) == 0x80;
    sv_address_text(&info->addr, address);
    sv_sink_format(s, "    %s %s/%" PRIu32 " scope %s%s%s%s\n", four ? "inet" : "inet6", address, info->prefix_length,
                   link ? "link" : "global", info->state < 3 ? states[info->state] : "", four ? " " : "",
                   four ? device : "");
}
