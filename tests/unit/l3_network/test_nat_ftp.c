/* SPDX-License-Identifier: BSD-2-Clause */
/* FTP through the translator: the addresses in its lines, and the sequence numbers after their lengths changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/nat_conversation.h"

static void say(sv_port port, uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport, uint8_t flags, uint32_t seq,
                uint32_t ack, const char *text)
{
    const struct nat_packet t = {.protocol = 6,
                                 .src = src,
                                 .dst = dst,
                                 .sport = sport,
                                 .dport = dport,
                                 .flags = flags,
                                 .seq = seq,
                                 .ack = ack,
                                 .payload = text,
                                 .n = (uint32_t)strlen(text)};
    nat_say(&w, port, &t);
}
static void hears(sv_port port, uint32_t seq, uint32_t ack, const char *text)
{
    assert_true(nat_hear(&w, port, &p));
    assert_int_equal(p.protocol, 6);
    assert_int_equal(p.n, strlen(text));
    assert_memory_equal(p.payload, text, p.n);
    assert_int_equal(p.seq, seq);
    assert_int_equal(p.ack, ack);
    assert_int_equal(w.broken, 0);
}

/* HOST_A's control connection with PEER_Y: its next number is 101, the server's 501. */
static void control(void)
{
    say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_SYN, 100, 0, "");
    hears(OUTSIDE, 100, 0, "");
    say(OUTSIDE, PEER_Y, 21, NAT_ADDR, 5000, T_SYN | T_ACK, 500, 101, "");
    hears(INSIDE, 500, 101, "");
    say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_ACK, 101, 501, "");
    hears(OUTSIDE, 101, 501, "");
}

static void active_mode(void **state)
{
    (void)state;
    control();
    /* 22 bytes become 23 (10,0,0,2 to 192,0,2,1). The port 200*256+10 is free: kept. */
    say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_ACK, 101, 501, "PORT 10,0,0,2,200,10\r\n");
    hears(OUTSIDE, 101, 501, "PORT 192,0,2,1,200,10\r\n");
    say(OUTSIDE, PEER_Y, 21, NAT_ADDR, 5000, T_ACK, 501, 101 + 23, "200 OK\r\n");
    hears(INSIDE, 501, 101 + 22, "200 OK\r\n");
    say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_ACK, 123, 509, "RETR x\r\n");
    hears(OUTSIDE, 124, 509, "RETR x\r\n");
    /* The announced connection comes in, from any port of the server's; from nobody else. */
    say(OUTSIDE, PEER_Z, 20, NAT_ADDR, 51210, T_SYN, 1, 0, "");
    assert_true(nat_silent(&w, INSIDE));
    say(OUTSIDE, PEER_Y, 20, NAT_ADDR, 51210, T_SYN, 1, 0, "");
    hears(INSIDE, 1, 0, "");
    assert_int_equal(p.dst, HOST_A);
    assert_int_equal(p.dport, 51210);
    assert_int_equal(nat_counts(&w).ftp_rewritten, 1);
}

static void the_line_sent_again_becomes_the_same(void **state)
{
    (void)state;
    control();
    for (uint32_t k = 0; k < 3; k++) {
        say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_ACK, 101, 501, "PORT 10,0,0,2,200,10\r\n");
        hears(OUTSIDE, 101, 501, "PORT 192,0,2,1,200,10\r\n");
    }
    say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_ACK, 123, 501, "NOOP\r\n");
    hears(OUTSIDE, 124, 501, "NOOP\r\n");
    say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_ACK, 129, 501, "PORT 10,0,0,2,200,11\r\n");
    hears(OUTSIDE, 130, 501, "PORT 192,0,2,1,200,11\r\n");
    /* An old acknowledgement, between the two lines, and one for all. */
    say(OUTSIDE, PEER_Y, 21, NAT_ADDR, 5000, T_ACK, 501, 130, "");
    hears(INSIDE, 501, 129, "");
    say(OUTSIDE, PEER_Y, 21, NAT_ADDR, 5000, T_ACK, 501, 153, "");
    hears(INSIDE, 501, 151, "");
    say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_ACK, 129, 501, "PORT 10,0,0,2,200,11\r\n");
    hears(OUTSIDE, 130, 501, "PORT 192,0,2,1,200,11\r\n");
    say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_ACK, 151, 501, "NOOP\r\n");
    hears(OUTSIDE, 153, 501, "NOOP\r\n");
}

static void extended_active_mode(void **state)
{
    (void)state;
    control();
    say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_ACK, 101, 501, "eprt |1|10.0.0.2|4444|\r\n");
    hears(OUTSIDE, 101, 501, "eprt |1|192.0.2.1|4444|\r\n");
    assert_int_equal(nat_counts(&w).ftp_rewritten, 1);
}

static void sack_edges_follow(void **state)
{
    (void)state;
    control();
    say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_ACK, 101, 501, "PORT 10,0,0,2,200,10\r\n");
    hears(OUTSIDE, 101, 501, "PORT 192,0,2,1,200,10\r\n");
    uint8_t ip[100];
    const struct nat_packet t = {
        .protocol = 6, .src = PEER_Y, .dst = NAT_ADDR, .sport = 21, .dport = 5000, .flags = T_ACK, .seq = 501};
    /* At an even and at an odd place: nobody has to pad as most do. */
    static const uint8_t sack[2][12] = {{1, 1, 5, 10, 0, 0, 0, 130, 0, 0, 0, 140},
                                        {1, 5, 10, 0, 0, 0, 130, 0, 0, 0, 140, 0}};
    for (uint32_t k = 0; k < 2; k++) {
        (void)nat_emit(ip, &t);
        sv_put_u32(ip + 28, 124);
        memcpy(ip + 40, sack[k], 12);
        ip[32] = 0x80;
        sv_put_u16(ip + 2, 52);
        sv_put_u16(ip + 10, 0);
        sv_sum_store(ip + 10, sv_sum(ip, 20, 0));
        sv_put_u16(ip + 36, 0);
        sv_sum_store(ip + 36, nat_sum4(ip, 52));
        nat_say_bytes(&w, OUTSIDE, ip, 52);
        hears(INSIDE, 501, 123, "");
        assert_int_equal(sv_get_u32(p.ip + 44 - k), 129);
        assert_int_equal(sv_get_u32(p.ip + 48 - k), 139);
    }
}

static void what_is_not_exactly_so_passes(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "PORT 10,0,0,3,200,10\r\n",         /* another's address: no bounce */
        "PORT 10,0,0,2,0,80\r\n",           /* a well-known port */
        "PORT 10,0,0,2,200,10",             /* no end */
        "PORT 10,0,0,2,200,10\r\nNOOP\r\n", /* two lines */
        "PORT 10,0,0,2,200,256\r\n",        /* no byte */
        "PORT 010,0,0,2,200,10\r\n",
        "PORT  10,0,0,2,200,10\r\n",
        "XPORT 10,0,0,2,200,10\r\n",
        "PORT 10,0,0,2,200\r\n",
        "EPRT |2|10.0.0.2|4444|\r\n",
        "EPRT |1|10.0.0.2|99999|\r\n",
        "227 (10,0,0,2,200,10)\r\n", /* not the client's to say */
        "\r\n",
    };
    control();
    uint32_t seq = 101;
    for (uint32_t k = 0; k < SV_COUNT_OF(lines); k++) {
        say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_ACK, seq, 501, lines[k]);
        hears(OUTSIDE, seq, 501, lines[k]);
        seq += (uint32_t)strlen(lines[k]);
    }
    assert_int_equal(nat_counts(&w).ftp_rewritten, 0);
    assert_int_equal(nat_counts(&w).mappings, 1);
}

static void only_on_its_port(void **state)
{
    (void)state;
    say(INSIDE, HOST_A, 5000, PEER_Y, 2121, T_SYN, 100, 0, "");
    hears(OUTSIDE, 100, 0, "");
    say(INSIDE, HOST_A, 5000, PEER_Y, 2121, T_ACK, 101, 501, "PORT 10,0,0,2,200,10\r\n");
    hears(OUTSIDE, 101, 501, "PORT 10,0,0,2,200,10\r\n");
}

static void a_server_inside(void **state)
{
    (void)state;
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 2), 21};
    assert_int_equal(sv_nat_forward(w.stack, 6, 21, &to, w.now), SV_OK);
    say(OUTSIDE, PEER_Y, 6000, NAT_ADDR, 21, T_SYN, 100, 0, "");
    hears(INSIDE, 100, 0, "");
    say(INSIDE, HOST_A, 21, PEER_Y, 6000, T_SYN | T_ACK, 900, 101, "");
    hears(OUTSIDE, 900, 101, "");
    say(INSIDE, HOST_A, 21, PEER_Y, 6000, T_ACK, 901, 101, "227 Entering Passive Mode (10,0,0,2,200,10).\r\n");
    hears(OUTSIDE, 901, 101, "227 Entering Passive Mode (192,0,2,1,200,10).\r\n");
    say(OUTSIDE, PEER_Y, 6000, NAT_ADDR, 21, T_ACK, 101, 901 + 47, "");
    hears(INSIDE, 101, 901 + 46, "");
    say(OUTSIDE, PEER_Y, 6001, NAT_ADDR, 51210, T_SYN, 1, 0, "");
    hears(INSIDE, 1, 0, "");
    assert_int_equal(p.dport, 51210);
    /* EPSV tells the port alone; here it is taken, so that the outside's is another. */
    const struct nat_packet other = {
        .protocol = 6, .src = HOST_B, .dst = PEER_Z, .sport = 4444, .dport = 80, .flags = T_SYN};
    nat_say(&w, INSIDE, &other);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    say(INSIDE, HOST_A, 21, PEER_Y, 6000, T_ACK, 947, 101, "229 Extended (|||4444|)\r\n");
    assert_true(nat_hear(&w, OUTSIDE, &p));
    unsigned long port = 0;
    char line[64];
    memcpy(line, p.payload, p.n);
    line[p.n] = '\0';
    static const char before[] = "229 Extended (|||";
    assert_memory_equal(line, before, sizeof before - 1);
    port = strtoul(line + sizeof before - 1, NULL, 10);
    assert_true(port >= 1024 && port != 4444);
    say(OUTSIDE, PEER_Y, 6002, NAT_ADDR, (uint16_t)port, T_SYN, 1, 0, "");
    hears(INSIDE, 1, 0, "");
    assert_int_equal(p.dport, 4444);
}

static void can_be_turned_off(void **state)
{
    (void)state;
    const struct sv_nat_config c = {.size = sizeof c, .outside = OUTSIDE, .flags = SV_NAT_NO_FTP};
    assert_int_equal(sv_nat_enable(w.stack, &c, w.now), SV_OK);
    control();
    say(INSIDE, HOST_A, 5000, PEER_Y, 21, T_ACK, 101, 501, "PORT 10,0,0,2,200,10\r\n");
    hears(OUTSIDE, 101, 501, "PORT 10,0,0,2,200,10\r\n");
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_strict, shut)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(active_mode),      T(the_line_sent_again_becomes_the_same), T(extended_active_mode), T(sack_edges_follow),
        T(only_on_its_port), T(what_is_not_exactly_so_passes),        T(a_server_inside),      T(can_be_turned_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
