/* SPDX-License-Identifier: BSD-2-Clause */
/* ss's table and `ip neigh`, laid out as iproute2 lays them out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trace/ss_text.h"

static char page_text[4000];
static struct sv_line_text page;
static const struct sv_sink sink = {sv_text_put, &page};

static struct sv_sock_info socket_info(enum sv_tcp_state tcp_state, uint16_t local, uint16_t remote)
{
    struct sv_sock_info i;
    memset(&i, 0, sizeof i);
    i.size = sizeof i;
    i.protocol = 6;
    i.state = tcp_state;
    i.local.addr = sv_addr_v4(127, 0, 0, 1);
    i.local.port = local;
    i.remote.addr = remote ? sv_addr_v4(127, 0, 0, 1) : sv_addr_v4(0, 0, 0, 0);
    i.remote.port = remote;
    return i;
}

/* The same two sockets as `ss -tan` of iproute2 6.1 prints them (its trailing blanks and Process column apart). */
static void test_table(void **state)
{
    (void)state;
    struct sv_sock_info i[2] = {socket_info(SV_LISTEN, 8080, 0), socket_info(SV_SYN_SENT, 56112, 8080)};
    i[0].backlog_max = 5;
    i[1].send_queued = 1;
    struct sv_ss_options o = {0};
    page = sv_text_of(page_text, sizeof page_text);
    sv_ss_table(i, 2, &o, &sink);
    assert_string_equal(page_text, "State    Recv-Q Send-Q Local Address:Port  Peer Address:Port\n"
                                   "LISTEN   0      5          127.0.0.1:8080       0.0.0.0:*\n"
                                   "SYN-SENT 0      1          127.0.0.1:56112    127.0.0.1:8080\n");
    o.netid = 1;
    o.no_header = 1;
    page = sv_text_of(page_text, sizeof page_text);
    sv_ss_table(i, 1, &o, &sink);
    assert_string_equal(page_text, "tcp   LISTEN 0      5          127.0.0.1:8080      0.0.0.0:*\n");
}

static void test_info_and_json(void **state)
{
    (void)state;
    struct sv_sock_info i = socket_info(SV_ESTABLISHED, 80, 40000);
    i.local.addr = (struct sv_addr){{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    i.options = 7;
    i.send_scale = 7;
    i.recv_scale = 8;
    i.rto_us = 201000;
    i.srtt_us = 1500;
    i.rttvar_us = 750;
    i.mss_bytes = 1448;
    i.congestion = SV_CC_CUBIC;
    i.cwnd = 14480;
    i.ssthresh = 0x7fffffff;
    i.bytes_received = 81;
    const struct sv_ss_options o = {.info = 1, .no_header = 1};
    page = sv_text_of(page_text, sizeof page_text);
    sv_ss_table(&i, 1, &o, &sink);
    assert_non_null(strstr(page_text, "ESTAB 0      0      [2001:db8::1]:80      127.0.0.1:40000\n"));
    assert_non_null(
        strstr(page_text, "\t ts sack cubic wscale:7,8 rto:201 rtt:1.5/0.75 mss:1448 cwnd:10 bytes_received:81 "));
    page = sv_text_of(page_text, sizeof page_text);
    sv_ss_json(&i, &sink);
    assert_non_null(strstr(page_text,
                           "{\"schema\":1,\"netid\":\"tcp\",\"state\":\"ESTABLISHED\",\"recv_q\":0,\"send_q\":0,"
                           "\"local\":\"2001:db8::1\",\"local_port\":80,\"peer\":\"127.0.0.1\""));
    assert_non_null(strstr(page_text, "\"rto_us\":201000"));
}

static void test_ip(void **state)
{
    (void)state;
    struct sv_neighbour_info n;
    memset(&n, 0, sizeof n);
    n.addr = sv_addr_v4(10, 7, 0, 1);
    n.state = SV_NEIGHBOUR_REACHABLE;
    n.mac[0] = 2;
    n.mac[5] = 1;
    page = sv_text_of(page_text, sizeof page_text);
    sv_ip_neigh(&n, "seven0", &sink);
    n.state = SV_NEIGHBOUR_INCOMPLETE;
    sv_ip_neigh(&n, "seven0", &sink);
    n.permanent = 1;
    sv_ip_neigh_json(&n, "seven0", &sink);
    assert_string_equal(page_text,
                        "10.7.0.1 dev seven0 lladdr 02:00:00:00:00:01 REACHABLE\n"
                        "10.7.0.1 dev seven0 INCOMPLETE\n"
                        "{\"schema\":1,\"dst\":\"10.7.0.1\",\"dev\":\"seven0\",\"lladdr\":\"02:00:00:00:00:01\","
                        "\"state\":[\"PERMANENT\"]}\n");
    struct sv_address_info address;
    memset(&address, 0, sizeof address);
    address.addr = sv_addr_v4(10, 7, 0, 2);
    address.prefix_length = 24;
    address.state = 1;
    page = sv_text_of(page_text, sizeof page_text);
    sv_ip_addr(&address, "seven0", &sink);
    assert_string_equal(page_text, "    inet 10.7.0.2/24 scope global seven0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_info_and_json),
        cmocka_unit_test(test_ip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
