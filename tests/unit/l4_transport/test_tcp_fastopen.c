/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP Fast Open as RFC 7413 describes it, server and client. */
#include "core/siphash.h"
#include "tests/unit/l4_transport/peer.h"

static const uint8_t fo_ask[] = {34, 2};
static const uint8_t fo_ask_old[] = {254, 4, 0xf9, 0x89};

static struct peer *open_peer(const char *fastopen)
{
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_stack_config c = {.profile = SV_PROFILE_LINUX, .connections = 32, .half_open = 8};
    peer_open(p, &c, 64u << 20, 1024);
    assert_int_equal(sv_stack_knob_set(p->stack, "tcp_fastopen", fastopen, p->now), SV_OK);
    return p;
}

static void close_peer(struct peer *p)
{
    peer_close(p);
    test_free(p);
}

/* The cookie that a listener gives to 10.0.0.2, asked for by either option. */
static void ask_cookie(struct peer *p, bool old, uint8_t *cookie)
{
    peer_clear(p);
    peer_give(p, (struct peer_seg){.flags = SYN,
                                   .sport = 3999,
                                   .seq = 77,
                                   .options = old ? fo_ask_old : fo_ask,
                                   .options_length = old ? sizeof fo_ask_old : sizeof fo_ask});
    const struct peer_seen *s = peer_last(p);
    assert_int_equal(s->flags, SYN | ACK);
    assert_int_equal(s->ack, 78);
    assert_true(s->has_cookie && s->cookie_length == 8);
    assert_int_equal(s->experimental, old);
    memcpy(cookie, s->cookie, 8);
    peer_give(p, (struct peer_seg){.flags = RST, .sport = 3999, .seq = 78});
}

/* A SYN with data and that cookie, from port `sport`, irs 1000. */
static void syn_data(struct peer *p, uint16_t sport, const uint8_t *cookie, uint32_t n, uint32_t len)
{
    uint8_t option[18] = {34, (uint8_t)(2u + n)};
    memcpy(option + 2, cookie, n);
    peer_clear(p);
    peer_give(p,
              (struct peer_seg){
                  .flags = SYN, .sport = sport, .seq = 1000, .options = option, .options_length = 2u + n, .len = len});
}

/* §4.1.2: the cookie is of the address and the key alone; Linux's are SipHash-2-4 of source and destination, so that a
 * farm of both kinds agrees. */
static void cookie_is_keyed(void **state)
{
    struct peer *p = open_peer("0x2");
    uint8_t a[8], b[8];
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){.fastopen = 4});
    ask_cookie(p, false, a);
    ask_cookie(p, true, b);
    assert_memory_equal(a, b, 8);
    assert_int_equal(sv_stack_knob_set(p->stack, "tcp_fastopen_key", "a0bf63f7-ed803d81-cd641d30-cebc4a90", p->now),
                     SV_OK);
    ask_cookie(p, false, b);
    assert_memory_not_equal(a, b, 8);
    const struct sv_siphash_key key = {0xed803d81a0bf63f7u, 0xcebc4a90cd641d30u};
    const uint8_t pair[8] = {10, 0, 0, 2, 10, 0, 0, 1};
    const uint64_t hash = sv_siphash24(&key, pair, 8);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(b[i], (uint8_t)(hash >> (8u * i)));
    const uint64_t own[2] = {1, 2};
    assert_int_equal(sv_fastopen_key(p->stack, listener, own), SV_OK);
    ask_cookie(p, false, a);
    assert_memory_not_equal(a, b, 8);
    close_peer(p);
}

/* §4.1.2: the key changes, and what the one before gave is still good: its data is taken, and the new cookie told. */
static void old_key_is_good(void **state)
{
    struct peer *p = open_peer("0x2");
    const uint64_t before[2] = {1, 2}, now[2] = {3, 4};
    uint8_t old[8], fresh[8];
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){.fastopen = 4});
    assert_int_equal(sv_fastopen_old_key(p->stack, listener, before), SV_ERR_STATE);
    assert_int_equal(sv_fastopen_old_key(p->stack, SV_NO_SOCK, before), SV_ERR_STALE);
    assert_int_equal(sv_fastopen_key(p->stack, listener, before), SV_OK);
    ask_cookie(p, false, old);
    assert_int_equal(sv_fastopen_key(p->stack, listener, now), SV_OK);
    ask_cookie(p, false, fresh);
    assert_memory_not_equal(old, fresh, 8);
    syn_data(p, 4000, old, 8, 10);
    assert_int_equal(peer_last(p)->ack, 1001); /* not yet told of the old one */
    assert_int_equal(sv_fastopen_old_key(p->stack, listener, before), SV_OK);
    syn_data(p, 4001, old, 8, 10);
    assert_int_equal(peer_last(p)->ack, 1011);
    assert_true(peer_last(p)->has_cookie);
    assert_memory_equal(peer_last(p)->cookie, fresh, 8);
    syn_data(p, 4002, fresh, 8, 10);
    assert_int_equal(peer_last(p)->ack, 1011);
    assert_false(peer_last(p)->has_cookie);
    close_peer(p);
}

/* §4.2.2: the data of the SYN is taken and acknowledged, and the application may answer before the handshake is
 * over. */
static void server_takes_data(void **state)
{
    struct peer *p = open_peer("0x2");
    uint8_t cookie[8], bytes[32];
    size_t n;
    sv_sock c;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){.fastopen = 4});
    ask_cookie(p, false, cookie);
    syn_data(p, 4000, cookie, 8, 10);
    const uint32_t iss = peer_last(p)->seq;
    assert_int_equal(peer_last(p)->flags, SYN | ACK);
    assert_int_equal(peer_last(p)->ack, 1011);
    assert_false(peer_last(p)->has_cookie);
    assert_true(p->events & SV_EVENT_ACCEPT);
    assert_int_equal(sv_accept(p->stack, listener, &c, p->now), SV_OK);
    assert_int_equal(peer_info(p, c).state, SV_SYN_RECEIVED);
    assert_true(peer_info(p, c).options & 16u);
    assert_int_equal(sv_recv(p->stack, c, bytes, sizeof bytes, &n, p->now), SV_OK);
    assert_int_equal(n, 10);
    assert_int_equal(bytes[0], (uint8_t)1001);
    peer_clear(p);
    assert_int_equal(sv_send(p->stack, c, bytes, 20, &n, p->now), SV_OK);
    peer_take(p);
    assert_int_equal(p->n, 1);
    assert_int_equal(peer_last(p)->seq, iss + 1u);
    assert_int_equal(peer_last(p)->len, 20);
    peer_give(p, (struct peer_seg){.flags = ACK, .seq = 1011, .ack = iss + 21u});
    assert_int_equal(peer_info(p, c).state, SV_ESTABLISHED);
    assert_int_equal(peer_info(p, c).send_unacked, 0);
    peer_wait(p, 5 * SV_S);
    assert_int_equal(p->n, 1); /* nothing is sent again */
    close_peer(p);
}

/* A wrong cookie: the data is not taken, the handshake goes on, and the right one is told (§4.2.2 step 3). */
static void server_refuses_cookie(void **state)
{
    struct peer *p = open_peer("0x2");
    uint8_t cookie[8];
    (void)state;
    (void)peer_listen(p, 80, (struct sv_listen_options){.fastopen = 4});
    ask_cookie(p, false, cookie);
    uint8_t wrong[8];
    memcpy(wrong, cookie, 8);
    wrong[3] ^= 1;
    syn_data(p, 4000, wrong, 8, 10);
    assert_int_equal(peer_last(p)->ack, 1001);
    assert_true(peer_last(p)->has_cookie);
    assert_memory_equal(peer_last(p)->cookie, cookie, 8);
    syn_data(p, 4001, cookie, 6, 10); /* of another length */
    assert_int_equal(peer_last(p)->ack, 1001);
    assert_memory_equal(peer_last(p)->cookie, cookie, 8);
    syn_data(p, 4002, cookie, 3, 10); /* no possible length: as if there were none (§4.1.1) */
    assert_int_equal(peer_last(p)->ack, 1001);
    assert_false(peer_last(p)->has_cookie);
    assert_false(p->events & SV_EVENT_ACCEPT);
    close_peer(p);
}

/* A listener that did not ask for it, a server that is told not to, and one that needs no cookie. */
static void server_is_asked_for(void **state)
{
    struct peer *p = open_peer("0x1");
    const uint8_t none[8] = {0};
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){.fastopen = 4});
    syn_data(p, 4000, none, 8, 10);
    assert_int_equal(peer_last(p)->ack, 1001);
    assert_false(peer_last(p)->has_cookie);
    assert_int_equal(sv_stack_knob_set(p->stack, "tcp_fastopen", "0x202", p->now), SV_OK);
    peer_clear(p);
    peer_give(p, (struct peer_seg){.flags = SYN, .sport = 4001, .seq = 1000, .len = 10});
    assert_int_equal(peer_last(p)->ack, 1011);
    assert_int_equal(sv_sock_set(p->stack, listener, SV_OPT_FASTOPEN, 0, p->now), SV_OK);
    peer_give(p, (struct peer_seg){.flags = SYN, .sport = 4002, .seq = 1000, .len = 10});
    assert_int_equal(peer_last(p)->ack, 1001);
    close_peer(p);
}

/* Our SYN,ACK is lost: it is sent again after 1, 2, 4 s, and at once when the client's SYN comes again. Then the
 * connection is given up. */
static void server_repeats(void **state)
{
    struct peer *p = open_peer("0x2");
    uint8_t cookie[8];
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){.fastopen = 4});
    sv_sock c;
    ask_cookie(p, false, cookie);
    syn_data(p, 4000, cookie, 8, 10);
    assert_int_equal(sv_accept(p->stack, listener, &c, p->now), SV_OK);
    const sv_time began = p->now;
    const uint32_t iss = peer_last(p)->seq;
    peer_wait(p, 500 * SV_MS);
    assert_int_equal(p->n, 1);
    peer_give(p, (struct peer_seg){.flags = SYN, .sport = 4000, .seq = 1000});
    assert_int_equal(p->n, 2);
    assert_int_equal(peer_last(p)->flags, SYN | ACK);
    assert_int_equal(peer_last(p)->seq, iss);
    assert_int_equal(peer_last(p)->ack, 1011);
    peer_wait(p, 7 * SV_S);
    assert_int_equal(p->n, 5);
    assert_int_equal((p->seen[2].at - began + SV_S / 2u) / SV_S, 1);
    assert_int_equal((p->seen[3].at - began + SV_S / 2u) / SV_S, 3);
    assert_int_equal((p->seen[4].at - began + SV_S / 2u) / SV_S, 7);
    peer_wait(p, 120 * SV_S);
    assert_int_equal(p->error, SV_ERR_TIMED_OUT);
    close_peer(p);
}

/* §5.1: so many may pend; one that is reset counts for a minute more. What was read into a SYN can still be read. */
static void server_limits(void **state)
{
    struct peer *p = open_peer("0x2");
    uint8_t cookie[8], bytes[32];
    size_t n;
    sv_sock c;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){.fastopen = 1});
    ask_cookie(p, false, cookie);
    syn_data(p, 4000, cookie, 8, 10);
    assert_int_equal(peer_last(p)->ack, 1011);
    syn_data(p, 4001, cookie, 8, 10);
    assert_int_equal(peer_last(p)->ack, 1001); /* an ordinary handshake, and no cookie */
    assert_false(peer_last(p)->has_cookie);
    peer_give(p, (struct peer_seg){.flags = RST, .sport = 4000, .seq = 1011});
    syn_data(p, 4002, cookie, 8, 10);
    assert_int_equal(peer_last(p)->ack, 1001);
    assert_int_equal(sv_accept(p->stack, listener, &c, p->now), SV_OK);
    assert_int_equal(sv_recv(p->stack, c, bytes, sizeof bytes, &n, p->now), SV_OK);
    assert_int_equal(n, 10);
    assert_int_equal(sv_recv(p->stack, c, bytes, sizeof bytes, &n, p->now), SV_ERR_RESET);
    peer_wait(p, 61 * SV_S);
    syn_data(p, 4003, cookie, 8, 10);
    assert_int_equal(peer_last(p)->ack, 1011);
    peer_clear(p);
    sv_close(p->stack, listener, p->now); /* nobody will accept it: reset */
    peer_take(p);
    assert_int_equal(peer_last(p)->flags, RST | ACK);
    assert_int_equal(peer_last(p)->ack, 1011);
    close_peer(p);
}

/* --- the client --- */

static sv_sock connect_fast(struct peer *p, size_t n, size_t *taken)
{
    static uint8_t bytes[3000];
    const struct sv_endpoint to = {.addr = sv_addr_v4(10, 0, 0, 2), .port = 80};
    sv_sock c = SV_NO_SOCK;
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    peer_clear(p);
    assert_int_equal(sv_connect_fast(p->stack, &to, NULL, bytes, n, taken, &c, p->now), SV_OK);
    peer_take(p);
    return c;
}

static void answer(struct peer *p, uint32_t ack, const void *options, uint32_t length)
{
    peer_give(p, (struct peer_seg){.flags = SYN | ACK,
                                   .sport = 80,
                                   .dport = peer_last(p)->sport,
                                   .seq = 5000,
                                   .ack = ack,
                                   .options = options,
                                   .options_length = length});
}

/* §4.2.1: first the SYN asks; the next one brings cookie and data, less than the MSS by the room for options. */
static void client(void **state)
{
    static const uint8_t gives[] = {2, 4, 3, 0xac, 34, 6, 0xab, 0xcd, 0x12, 0x34}; /* MSS 940 */
    struct peer *p = open_peer("0x1");
    const struct sv_addr to = sv_addr_v4(10, 0, 0, 2);
    size_t taken;
    (void)state;
    sv_sock c = connect_fast(p, 1000, &taken);
    assert_int_equal(taken, 0);
    assert_true(peer_last(p)->has_cookie && peer_last(p)->cookie_length == 0 && peer_last(p)->len == 0);
    assert_false(sv_fastopen_known(p->stack, &to, p->now));
    answer(p, peer_last(p)->seq + 1u, gives, sizeof gives);
    assert_true(sv_fastopen_known(p->stack, &to, p->now));
    assert_true(p->events & SV_EVENT_CONNECTED);
    sv_abort(p->stack, c, p->now);
    c = connect_fast(p, 2000, &taken);
    assert_int_equal(taken, 900);
    const struct peer_seen *s = peer_last(p);
    const uint32_t iss = s->seq;
    assert_int_equal(s->flags, SYN);
    assert_int_equal(s->len, 900);
    assert_int_equal(s->payload[5], 5);
    assert_true(s->cookie_length == 4 && memcmp(s->cookie, gives + 6, 4) == 0);
    answer(p, iss + 901u, gives, 4);
    assert_int_equal(peer_info(p, c).state, SV_ESTABLISHED);
    assert_int_equal(peer_info(p, c).bytes_sent, 900);
    assert_true(peer_info(p, c).options & 16u);
    assert_int_equal(peer_last(p)->flags, ACK);
    assert_int_equal(peer_last(p)->seq, iss + 901u);
    close_peer(p);
}

/* The server acknowledges the SYN alone, or some of the data: the rest follows at once. */
static void client_data_not_taken(void **state)
{
    static const uint8_t gives[] = {2, 4, 5, 0xb4, 34, 6, 1, 2, 3, 4};
    struct peer *p = open_peer("0x1");
    size_t taken;
    (void)state;
    (void)connect_fast(p, 0, &taken);
    answer(p, peer_last(p)->seq + 1u, gives, sizeof gives);
    for (uint32_t some = 60; some < 100; some -= 60) { /* 60, then none: after that none is tried (§4.1.3.1) */
        const sv_sock c = connect_fast(p, 100, &taken);
        const uint32_t iss = peer_last(p)->seq;
        assert_int_equal(taken, 100);
        answer(p, iss + 1u + some, gives, 4);
        const struct peer_seen *s = peer_last(p);
        assert_int_equal(s->seq, iss + 1u + some);
        assert_int_equal(s->len, 100 - some);
        assert_int_equal(s->payload[0], some);
        assert_false(peer_info(p, c).options & 16u);
        peer_give(p, (struct peer_seg){.flags = ACK, .sport = 80, .dport = s->sport, .seq = 5001, .ack = iss + 101u});
        assert_int_equal(peer_info(p, c).bytes_sent, 100);
        assert_int_equal(peer_info(p, c).send_unacked, 0);
    }
    (void)connect_fast(p, 100, &taken);
    assert_int_equal(taken, 0);
    close_peer(p);
}

/* §4.1.3, §7.1: a SYN with data that vanishes is followed by one without; twice in a row, and none is tried for a
 * minute. */
static void client_black_hole(void **state)
{
    static const uint8_t gives[] = {2, 4, 5, 0xb4, 34, 6, 1, 2, 3, 4};
    struct peer *p = open_peer("0x1");
    const struct sv_addr to = sv_addr_v4(10, 0, 0, 2);
    size_t taken;
    (void)state;
    (void)connect_fast(p, 0, &taken);
    answer(p, peer_last(p)->seq + 1u, gives, sizeof gives);
    for (uint32_t round = 0; round < 2; round++) {
        assert_true(sv_fastopen_known(p->stack, &to, p->now));
        const sv_sock c = connect_fast(p, 100, &taken);
        const uint32_t iss = peer_last(p)->seq;
        peer_wait(p, 1100 * SV_MS);
        assert_int_equal(p->n, 2);
        assert_int_equal(peer_last(p)->len, 0);
        assert_false(peer_last(p)->has_cookie);
        answer(p, iss + 1u, gives, 4);
        assert_int_equal(peer_last(p)->len, 100); /* the data at once */
        sv_abort(p->stack, c, p->now);
        peer_take(p);
    }
    assert_false(sv_fastopen_known(p->stack, &to, p->now));
    (void)connect_fast(p, 100, &taken);
    assert_int_equal(taken, 0);
    assert_false(peer_last(p)->has_cookie);
    peer_wait(p, 61 * SV_S);
    assert_true(sv_fastopen_known(p->stack, &to, p->now));
    close_peer(p);
}

/* A server that gives nothing by the registered option is asked once by the experimental one, and then no more. */
static void client_tries_old_option(void **state)
{
    static const uint8_t old[] = {2, 4, 5, 0xb4, 254, 8, 0xf9, 0x89, 9, 8, 7, 6};
    struct peer *p = open_peer("0x1");
    size_t taken;
    (void)state;
    for (uint32_t round = 0; round < 3; round++) {
        (void)connect_fast(p, 10, &taken);
        assert_true(peer_last(p)->has_cookie);
        assert_int_equal(peer_last(p)->experimental, round == 1);
        answer(p, peer_last(p)->seq + 1u, OPT_MSS, 4);
    }
    (void)connect_fast(p, 10, &taken);
    answer(p, peer_last(p)->seq + 1u, old, sizeof old);
    (void)connect_fast(p, 10, &taken);
    assert_int_equal(taken, 10);
    assert_true(peer_last(p)->experimental && memcmp(peer_last(p)->cookie, old + 8, 4) == 0);
    close_peer(p);
}

/* Both ends send SYNs with data at once (§4.2.2 leaves it): the peer's data is not taken, ours is if it is
 * acknowledged. */
static void client_simultaneous(void **state)
{
    static const uint8_t gives[] = {2, 4, 5, 0xb4, 34, 6, 1, 2, 3, 4};
    struct peer *p = open_peer("0x1");
    size_t taken;
    (void)state;
    (void)connect_fast(p, 0, &taken);
    answer(p, peer_last(p)->seq + 1u, gives, sizeof gives);
    for (uint32_t took = 0; took <= 100; took += 100) {
        const sv_sock c = connect_fast(p, 100, &taken);
        const uint32_t iss = peer_last(p)->seq;
        const uint16_t ours = peer_last(p)->sport;
        peer_give(p, (struct peer_seg){.flags = SYN, .sport = 80, .dport = ours, .seq = 5000, .len = 50});
        assert_int_equal(peer_last(p)->flags, SYN | ACK);
        assert_int_equal(peer_last(p)->ack, 5001);
        peer_give(
            p, (struct peer_seg){.flags = SYN | ACK, .sport = 80, .dport = ours, .seq = 5000, .ack = iss + 1u + took});
        assert_int_equal(peer_info(p, c).state, SV_ESTABLISHED);
        if (!took) {
            assert_int_equal(peer_last(p)->len, 100);
            peer_give(p, (struct peer_seg){.flags = ACK, .sport = 80, .dport = ours, .seq = 5001, .ack = iss + 101u});
        }
        assert_int_equal(peer_info(p, c).bytes_sent, 100);
    }
    close_peer(p);
}

/* An SYN,ACK that acknowledges more than the SYN carried is reset (RFC 9293 §3.10.7.3), and nothing is learnt of it. */
static void client_over_acknowledged(void **state)
{
    static const uint8_t gives[] = {2, 4, 5, 0xb4, 34, 6, 1, 2, 3, 4};
    static const uint8_t other[] = {2, 4, 5, 0xb4, 34, 6, 0xba, 0xd0, 0, 0};
    struct peer *p = open_peer("0x1");
    size_t taken;
    (void)state;
    (void)connect_fast(p, 0, &taken);
    answer(p, peer_last(p)->seq + 1u, gives, sizeof gives);
    (void)connect_fast(p, 100, &taken);
    const uint32_t wrong = peer_last(p)->seq + 100000u;
    answer(p, wrong, other, sizeof other);
    assert_int_equal(peer_last(p)->flags, RST);
    assert_int_equal(peer_last(p)->seq, wrong);
    (void)connect_fast(p, 100, &taken);
    assert_memory_equal(peer_last(p)->cookie, gives + 6, 4);
    close_peer(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_key_is_good),
        cmocka_unit_test(cookie_is_keyed),
        cmocka_unit_test(server_takes_data),
        cmocka_unit_test(server_refuses_cookie),
        cmocka_unit_test(server_is_asked_for),
        cmocka_unit_test(server_repeats),
        cmocka_unit_test(server_limits),
        cmocka_unit_test(client),
        cmocka_unit_test(client_data_not_taken),
        cmocka_unit_test(client_black_hole),
        cmocka_unit_test(client_tries_old_option),
        cmocka_unit_test(client_simultaneous),
        cmocka_unit_test(client_over_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
