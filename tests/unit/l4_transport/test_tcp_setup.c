/* SPDX-License-Identifier: BSD-2-Clause */
/* How connections begin under pressure and by permission: SYN cookies (RFC 4987), full queues, deferred listeners,
 * a connection to itself. */
#include "tests/unit/l4_transport/peer.h"

static struct peer *open_peer(uint32_t half_open)
{
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_stack_config c = {.connections = 32, .half_open = half_open};
    peer_open(p, &c, 64u << 20, 1024);
    return p;
}

static void close_peer(struct peer *p)
{
    peer_close(p);
    test_free(p);
}

static enum sv_err knob(struct peer *p, const char *name, const char *value)
{
    return sv_stack_knob_set(p->stack, name, value, p->now);
}

/* All half-open records are taken: the next SYN is answered with a cookie, and the third message brings back MSS,
 * and by way of the timestamp window scale and SACK. */
static void cookie_keeps_options(void **state)
{
    static const uint8_t options[] = OPT_MSS OPT_SACK OPT_SCALE;
    struct peer *p = open_peer(1);
    sv_sock c;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    peer_give(p, (struct peer_seg){.flags = SYN, .sport = 1, .seq = 1});
    peer_clear(p);
    peer_give(p, (struct peer_seg){.flags = SYN,
                                   .seq = 1000,
                                   .options = options,
                                   .options_length = sizeof options - 1,
                                   .timed = true,
                                   .ts = 500});
    const struct peer_seen s = *peer_last(p);
    assert_int_equal(s.flags, SYN | ACK);
    assert_true(s.has_mss && s.has_sack && s.has_scale && s.has_ts);
    assert_int_equal(peer_info(p, listener).half_open, 1); /* nothing was kept */
    peer_wait(p, 30 * SV_MS);
    peer_give(p, (struct peer_seg){.flags = ACK | PSH,
                                   .seq = 1001,
                                   .ack = s.seq + 1u,
                                   .len = 100,
                                   .win = 1000,
                                   .timed = true,
                                   .ts = 530,
                                   .ecr = s.ts});
    assert_int_equal(sv_accept(p->stack, listener, &c, p->now), SV_OK);
    const struct sv_sock_info info = peer_info(p, c);
    assert_int_equal(info.state, SV_ESTABLISHED);
    assert_int_equal(info.options & 7u, 7);
    assert_int_equal(info.send_scale, 7);
    assert_int_equal(info.send_window, 1000u << 7);
    assert_int_equal(info.mss_bytes, 1448);
    assert_int_equal(info.recv_queued, 100);
    close_peer(p);
}

/* Without timestamps there is nowhere to keep the rest: MSS alone, from a table. */
static void cookie_without_timestamps(void **state)
{
    static const uint8_t options[] = "\x02\x04\x05\x3c" OPT_SACK OPT_SCALE; /* 1340 */
    struct peer *p = open_peer(1);
    sv_sock c;
    (void)state;
    assert_int_equal(knob(p, "tcp_syncookies", "2"), SV_OK);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    c = (sv_sock){0};
    uint32_t iss;
    c = peer_connected(p, listener, (struct peer_seg){.options = options, .options_length = sizeof options - 1}, &iss);
    const struct sv_sock_info info = peer_info(p, c);
    assert_int_equal(info.options & 7u, 0);
    assert_int_equal(info.mss_bytes, 1300);
    close_peer(p);
}

/* A cookie is good for this four-tuple, these numbers, and not for ever; what is not one of ours is reset. */
static void cookie_is_checked(void **state)
{
    struct peer *p = open_peer(1);
    (void)state;
    assert_int_equal(knob(p, "tcp_syncookies", "2"), SV_OK);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000});
    const uint32_t ack = peer_last(p)->seq + 1u;
    const struct peer_seg wrong[] = {
        {.flags = ACK, .seq = 1002, .ack = ack},
        {.flags = ACK, .seq = 1001, .ack = ack + 1u},
        {.flags = ACK, .seq = 1001, .ack = ack, .sport = 4001},
        {.flags = ACK, .seq = 1001, .ack = ack ^ 0x08000000u},
        {.flags = ACK, .seq = 1001, .ack = ack, .from = 0x0a000003u},
    };
    for (uint32_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const uint64_t before = sv_stack_drops(p->stack, SV_DROP_TCP_LISTEN_ACK);
        peer_clear(p);
        peer_give(p, wrong[i]);
        assert_int_equal(sv_stack_drops(p->stack, SV_DROP_TCP_LISTEN_ACK), before + 1u);
        if (!wrong[i].from) /* else through an address that is not resolved */
            assert_int_equal(peer_last(p)->flags, RST);
    }
    assert_int_equal(peer_info(p, listener).backlog, 0);
    peer_give(p, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = ack});
    assert_int_equal(peer_info(p, listener).backlog, 1);
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000, .sport = 4002});
    const uint32_t late = peer_last(p)->seq + 1u;
    peer_wait(p, 200 * SV_S);
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000, .sport = 4003}); /* the listener gives cookies again */
    peer_give(p, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = late, .sport = 4002});
    assert_int_equal(peer_last(p)->flags, RST);
    close_peer(p);
}

/* 2^24 guesses would be needed: some thousands do not do. */
static void cookie_is_not_guessed(void **state)
{
    struct peer *p = open_peer(1);
    struct dice d = {3};
    (void)state;
    assert_int_equal(knob(p, "tcp_syncookies", "2"), SV_OK);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000});
    for (uint32_t i = 0; i < 20000; i++) {
        const uint32_t guess = roll(&d, 65536) << 16 | roll(&d, 65536);
        peer_give(p, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = guess, .sport = 4001});
    }
    assert_int_equal(peer_info(p, listener).backlog, 0);
    close_peer(p);
}

/* tcp_syncookies 0: what finds no record is dropped, as before. */
static void no_cookies(void **state)
{
    struct peer *p = open_peer(1);
    (void)state;
    assert_int_equal(knob(p, "tcp_syncookies", "0"), SV_OK);
    (void)peer_listen(p, 80, (struct sv_listen_options){0});
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000});
    peer_clear(p);
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000, .sport = 4001});
    assert_int_equal(p->n, 0);
    assert_int_equal(sv_stack_drops(p->stack, SV_DROP_TCP_LISTEN_FULL), 1);
    close_peer(p);
}

/* The queue of the unaccepted is full when the third message comes: it is ignored and may come again; or it is
 * reset. */
static void overflow(void **state)
{
    for (uint32_t resets = 0; resets < 2; resets++) {
        struct peer *p = open_peer(8);
        sv_sock c;
        uint32_t iss[2];
        (void)state;
        assert_int_equal(knob(p, "tcp_abort_on_overflow", resets ? "1" : "0"), SV_OK);
        const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){.backlog = 1});
        for (uint16_t k = 0; k < 2; k++) {
            peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000, .sport = (uint16_t)(5000 + k)});
            iss[k] = peer_last(p)->seq;
        }
        peer_give(p, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = iss[0] + 1u, .sport = 5000});
        peer_clear(p);
        peer_give(p, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = iss[1] + 1u, .sport = 5001});
        assert_int_equal(sv_stack_drops(p->stack, SV_DROP_TCP_ACCEPT_FULL), 1);
        assert_int_equal(p->n, resets);
        assert_int_equal(peer_info(p, listener).half_open, 1 - resets);
        if (resets)
            assert_int_equal(peer_last(p)->flags, RST);
        assert_int_equal(sv_accept(p->stack, listener, &c, p->now), SV_OK);
        peer_give(p, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = iss[1] + 1u, .sport = 5001});
        assert_int_equal(peer_info(p, listener).backlog, 1 - resets);
        close_peer(p);
    }
}

/* A deferred listener: nothing is answered before the application has said yes. */
static void deferred_admits(void **state)
{
    struct peer *p = open_peer(8);
    struct sv_admission asked = {.size = sizeof asked};
    sv_sock c;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){.deferred = 1});
    assert_int_equal(sv_admission(p->stack, listener, &asked, p->now), SV_ERR_AGAIN);
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000});
    assert_int_equal(p->n, 0);
    assert_true(p->events & SV_EVENT_ADMIT);
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000}); /* the peer asks again: still nothing */
    peer_give(p, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = 1});
    assert_int_equal(p->n, 0);
    assert_int_equal(sv_stack_drops(p->stack, SV_DROP_TCP_NOT_ADMITTED), 1);
    assert_int_equal(sv_admission(p->stack, listener, &asked, p->now), SV_OK);
    assert_int_equal(asked.remote.port, 4000);
    assert_int_equal(asked.local.port, 80);
    struct sv_admission more = {.size = sizeof more};
    assert_int_equal(sv_admission(p->stack, listener, &more, p->now), SV_ERR_AGAIN);
    peer_wait(p, 300 * SV_MS);
    assert_int_equal(sv_admit(p->stack, asked.ticket, p->now), SV_OK);
    assert_int_equal(sv_admit(p->stack, asked.ticket, p->now), SV_ERR_STALE);
    peer_take(p);
    assert_int_equal(p->n, 1);
    assert_int_equal(peer_last(p)->flags, SYN | ACK);
    peer_give(p, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = peer_last(p)->seq + 1u});
    assert_int_equal(sv_accept(p->stack, listener, &c, p->now), SV_OK);
    close_peer(p);
}

static void deferred_refuses(void **state)
{
    struct peer *p = open_peer(8);
    struct sv_admission asked = {.size = sizeof asked};
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){.deferred = 1});
    for (uint32_t how = SV_REFUSE_SILENTLY; how <= SV_REFUSE_PROHIBITED; how++) {
        struct sv_interface_info before = {.size = sizeof before}, after = {.size = sizeof after};
        peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000, .sport = (uint16_t)(6000 + how)});
        assert_int_equal(sv_admission(p->stack, listener, &asked, p->now), SV_OK);
        peer_clear(p);
        assert_int_equal(sv_interface_info(p->stack, p->port, &before), SV_OK);
        assert_int_equal(sv_refuse(p->stack, asked.ticket, (enum sv_refusal)how, p->now), SV_OK);
        peer_take(p);
        assert_int_equal(sv_interface_info(p->stack, p->port, &after), SV_OK);
        assert_int_equal(after.packets_out - before.packets_out, how == SV_REFUSE_SILENTLY ? 0 : 1);
        assert_int_equal(p->n, how == SV_REFUSE_RESET ? 1 : 0);
        if (how == SV_REFUSE_RESET) {
            assert_int_equal(peer_last(p)->flags, RST | ACK);
            assert_int_equal(peer_last(p)->ack, 1001);
        }
        assert_int_equal(peer_info(p, listener).half_open, 0);
    }
    /* A question that nobody answers is forgotten after a minute. */
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000, .sport = 7000});
    assert_int_equal(sv_admission(p->stack, listener, &asked, p->now), SV_OK);
    peer_wait(p, 61 * SV_S);
    assert_int_equal(peer_info(p, listener).half_open, 0);
    assert_int_equal(sv_admit(p->stack, asked.ticket, p->now), SV_ERR_STALE);
    close_peer(p);
}

/* A socket that connects to itself: a simultaneous open of one (RFC 9293 §3.5), and what it sends it receives. */
static void self_connect(void **state)
{
    struct peer *p = open_peer(8);
    const struct sv_endpoint self = {.addr = sv_addr_v4(10, 0, 0, 1), .port = 5555};
    struct sv_connect_options options = {.size = sizeof options, .local = self};
    uint8_t bytes[16];
    size_t n;
    sv_sock c;
    (void)state;
    assert_int_equal(sv_connect(p->stack, &self, &options, &c, p->now), SV_OK);
    peer_take(p);
    peer_wait(p, 10 * SV_MS);
    assert_true(p->events & SV_EVENT_CONNECTED);
    assert_int_equal(peer_info(p, c).state, SV_ESTABLISHED);
    assert_int_equal(sv_send(p->stack, c, "to myself", 9, &n, p->now), SV_OK);
    peer_take(p);
    peer_wait(p, 100 * SV_MS);
    assert_int_equal(sv_recv(p->stack, c, bytes, sizeof bytes, &n, p->now), SV_OK);
    assert_int_equal(n, 9);
    assert_memory_equal(bytes, "to myself", 9);
    assert_int_equal(sv_shutdown(p->stack, c, p->now), SV_OK);
    peer_take(p);
    peer_wait(p, SV_S);
    assert_true(p->events & SV_EVENT_PEER_FIN && p->events & SV_EVENT_CLOSED);
    assert_int_equal(p->error, 0);
    close_peer(p);
}

/* RFC 9293 §3.10.7.4, second: a reset at the exact number takes one half-open record back to LISTEN and is no drop; the
 * same number from elsewhere is for nobody, and others stay. */
static void a_reset_ends_the_half_open_record_that_it_is_for(void **state)
{
    struct peer *p = open_peer(8);
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000, .sport = 5001});
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 2000, .sport = 5002});
    assert_int_equal(peer_info(p, listener).half_open, 2);
    peer_give(p, (struct peer_seg){.flags = RST, .seq = 1001, .sport = 5003});
    assert_int_equal(peer_info(p, listener).half_open, 2);
    assert_int_equal(sv_stack_drops(p->stack, SV_DROP_TCP_RST_TO_NOBODY), 1);
    peer_give(p, (struct peer_seg){.flags = RST, .seq = 1001, .sport = 5001});
    assert_int_equal(peer_info(p, listener).half_open, 1);
    assert_int_equal(sv_stack_drops(p->stack, SV_DROP_TCP_RST_TO_NOBODY), 1);
    peer_give(p, (struct peer_seg){.flags = RST, .seq = 1001, .sport = 5001});
    assert_int_equal(sv_stack_drops(p->stack, SV_DROP_TCP_RST_TO_NOBODY), 2);
    close_peer(p);
}

/* A writer whom no memory, and no acknowledgement to come, would ever wake is told a moment later to try again: at
 * once would be for ever. */
static void a_writer_without_memory_tries_again_later(void **state)
{
    static uint32_t held[4096];
    static const uint8_t slab[64];
    struct peer *p = open_peer(8);
    uint32_t iss, n = 0;
    size_t taken;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock c = peer_connected(p, listener, (struct peer_seg){0}, &iss);
    peer_wait(p, SV_S);
    while (n < SV_COUNT_OF(held) && (held[n] = sv_slab_alloc(p->pool, SV_WANT_DATA, 0)) != SV_NONE)
        n++;
    peer_clear(p);
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(sv_send(p->stack, c, slab, sizeof slab, &taken, p->now), SV_ERR_AGAIN);
        assert_int_equal(taken, 0);
        peer_take(p);
        assert_false(p->events & SV_EVENT_WRITABLE);
        const sv_time before = p->now;
        while (!(p->events & SV_EVENT_WRITABLE) && p->now < before + SV_S)
            peer_wait(p, SV_MS);
        assert_true(p->events & SV_EVENT_WRITABLE);
        assert_in_range(p->now - before, SV_MS, 5 * SV_MS);
        p->events = 0;
    }
    while (n)
        sv_slab_unref(p->pool, held[--n]);
    assert_int_equal(sv_send(p->stack, c, slab, sizeof slab, &taken, p->now), SV_OK);
    peer_wait(p, SV_MS);
    assert_int_equal(peer_last(p)->len, sizeof slab);
    peer_wait(p, SV_S);
    assert_false(p->events & SV_EVENT_WRITABLE);
    close_peer(p);
}

/* Causes and drops that other tests do not meet. */
static void listener_closed_and_urgent(void **state)
{
    struct peer *p = open_peer(8);
    uint32_t iss;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock c = peer_connected(p, listener, (struct peer_seg){0}, &iss);
    peer_give(p, (struct peer_seg){.flags = ACK | URG, .seq = 1001, .ack = iss + 1u, .len = 3, .urgent = 0});
    assert_int_equal(sv_stack_drops(p->stack, SV_DROP_TCP_URGENT_IGNORED), 1);
    peer_give(p, (struct peer_seg){.flags = ACK | URG, .seq = 1001, .ack = iss + 1u, .len = 6, .urgent = 2});
    assert_int_equal(sv_stack_drops(p->stack, SV_DROP_TCP_URGENT_IGNORED), 2);
    assert_int_equal(peer_info(p, c).recv_queued, 6); /* the data itself is taken */
    assert_false(p->events & SV_EVENT_URGENT);
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000, .sport = 4001});
    const uint32_t second = peer_last(p)->seq;
    peer_give(p, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = second + 1u, .sport = 4001});
    peer_clear(p);
    sv_close(p->stack, listener, p->now);
    peer_take(p);
    assert_int_equal(p->n, 1);
    assert_int_equal(peer_last(p)->flags, RST | ACK);
    close_peer(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cookie_keeps_options),
        cmocka_unit_test(cookie_without_timestamps),
        cmocka_unit_test(cookie_is_checked),
        cmocka_unit_test(cookie_is_not_guessed),
        cmocka_unit_test(no_cookies),
        cmocka_unit_test(overflow),
        cmocka_unit_test(deferred_admits),
        cmocka_unit_test(deferred_refuses),
        cmocka_unit_test(self_connect),
        cmocka_unit_test(a_reset_ends_the_half_open_record_that_it_is_for),
        cmocka_unit_test(a_writer_without_memory_tries_again_later),
        cmocka_unit_test(listener_closed_and_urgent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
