/* SPDX-License-Identifier: BSD-2-Clause */
/* The search for the longest segment: RFC 4821, RFC 8899. The peer is a path that swallows what is longer than p->mtu
 * without a word, 10 ms away, and a receiver behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/l4_transport/peer.h"

#define RANGES 128u
struct receiver {
    struct peer *p;
    sv_sock socket;
    uint32_t iss, next, read; /* read: of p->seen */
    uint32_t longest;         /* payload of a segment that came since it was cleared */
    uint32_t ranges, from[RANGES], to[RANGES];
    bool sack;
};

static const struct sv_search *search_of(const struct peer *p)
{
    const struct sv_addr there = sv_addr_v4(10, 0, 0, 2);
    return sv_search_find(&p->stack->tcp, &there);
}

static void store(struct receiver *r, uint32_t from, uint32_t to)
{
    for (uint32_t i = 0; i < r->ranges; i++) {
        if (r->from[i] == from)
            return;
    }
    assert_true(r->ranges < RANGES);
    r->from[r->ranges] = from;
    r->to[r->ranges++] = to;
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < r->ranges; i++) {
            if (r->from[i] - r->next > 0x80000000u || r->from[i] == r->next) {
                r->next = r->to[i] - r->next < 0x80000000u ? r->to[i] : r->next;
                r->ranges--;
                r->from[i] = r->from[r->ranges];
                r->to[i] = r->to[r->ranges];
                more = true;
                break;
            }
        }
    }
}

/* The acknowledgement of one segment that came at [from, to). */
static void acknowledge(struct receiver *r, uint32_t from, uint32_t to)
{
    uint8_t sack[10] = {5, 10};
    store(r, from, to);
    struct peer_seg a = {.flags = ACK, .seq = 1001, .ack = r->next};
    if (r->sack && r->ranges) {
        for (uint32_t i = 0; i < r->ranges; i++) { /* the stretch that this one belongs to */
            for (uint32_t k = 0; k < r->ranges; k++) {
                if (r->to[k] == from)
                    from = r->from[k];
                if (r->from[k] == to)
                    to = r->to[k];
            }
        }
        peer_put32(sack + 2, from);
        peer_put32(sack + 6, to);
        a.options = sack;
        a.options_length = sizeof sack;
    }
    struct sv_burst burst = {.n = 1, .packet = {peer_packet(r->p, &a)}}; /* peer_give() checks everything each time */
    sv_node_receive(sv_stack_node(r->p->stack), r->p->port, &burst, r->p->now);
    peer_take(r->p);
}

/* The application writes as much as it may, until it is `idle`; time passes in steps of 10 ms; what gets there is
 * acknowledged. */
static void run_with(struct receiver *r, uint32_t ms, bool idle)
{
    static const uint8_t bytes[4096];
    for (uint32_t at = 0; at < ms; at += 10) {
        size_t n = 1;
        while (!idle && sv_send(r->p->stack, r->socket, bytes, sizeof bytes, &n, r->p->now) == SV_OK && n) {}
        peer_take(r->p);
        peer_wait(r->p, 10 * SV_MS);
        for (const uint32_t until = r->p->n; r->read != until; r->read++) {
            const struct peer_seen *s = &r->p->seen[r->read % PEER_SEEN];
            r->longest = s->len > r->longest ? s->len : r->longest;
            if (s->len)
                acknowledge(r, s->seq, s->seq + s->len);
        }
        assert_true(r->p->n - r->read < PEER_SEEN);
    }
}

static void run(struct receiver *r, uint32_t ms)
{
    run_with(r, ms, false);
}

static void again(struct receiver *r, sv_sock listener, uint16_t port)
{
    struct peer_seg syn = {.sport = port, .options = OPT_MSS OPT_SACK, .options_length = r->sack ? 6 : 4};
    r->socket = peer_connected(r->p, listener, syn, &r->iss);
    r->next = r->iss + 1u;
    r->ranges = r->longest = 0;
    r->read = r->p->n;
}

static sv_sock begin(struct peer *p, struct receiver *r, uint32_t profile, const char *probing, bool sack)
{
    const struct sv_stack_config c = {.connections = 4, .profile = profile, .send_buffer = 65536};
    peer_open(p, &c, 64u << 20, 2048);
    assert_int_equal(sv_stack_knob_set(p->stack, "tcp_mtu_probing", probing, p->now), SV_OK);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    *r = (struct receiver){.p = p, .sack = sack};
    again(r, listener, 4000);
    return listener;
}

/* RFC 4821 §7.7, §7.3: a path of 1,400 swallows full segments; shorter ones are found that pass, then the longest that
 * do; no probe's loss is congestion (§7.6.1). Who connects next begins with it. After PMTU_RAISE_TIMER (RFC 8899
 * §5.1.1) the path has become wider, and that is found out. */
static void found_and_raised(bool sack, bool later)
{
    struct peer *p = test_malloc(sizeof *p);
    struct receiver r;
    (void)begin(p, &r, SV_PROFILE_MODERN, "1", sack);
    const struct sv_tcp_counters *count = &p->stack->tcp.count;
    p->mtu = 1400;
    run(&r, 12000);
    assert_int_equal(count->black_holes, 1);
    assert_int_equal(peer_info(p, r.socket).mss_bytes, 1360);
    assert_int_equal(search_of(p)->low, 1400);
    assert_int_equal(search_of(p)->phase, SV_SEARCH_COMPLETE);
    assert_int_equal(count->mtu_found, 3);  /* 1280, 1288, 1400 */
    assert_int_equal(count->mtu_failed, 4); /* 1500, 1408 three times */
    assert_int_equal(count->mtu_probes, 7);
    assert_int_equal(count->fast_recoveries, 0);
    const uint64_t fired = count->rto_fired;
    assert_true(fired <= 4);
    run(&r, 2000);
    assert_int_equal(count->mtu_probes, 7);
    if (later) {
        p->mtu = 1500;
        run_with(&r, 1000, true);
        peer_wait(p, 600 * SV_S);
        run(&r, 3000);
        assert_int_equal(peer_info(p, r.socket).mss_bytes, 1460);
        assert_int_equal(count->mtu_found, 4);
        assert_int_equal(r.longest, 1460);
        assert_int_equal(count->fast_recoveries, 0);
    }
    peer_close(p);
    test_free(p);
}

static void with_sack(void **state)
{
    (void)state;
    found_and_raised(true, true);
}

static void without_sack(void **state)
{
    (void)state;
    found_and_raised(false, true);
}

/* Who connects to the same place begins with what was found. */
static void shared(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    struct receiver r;
    (void)state;
    const sv_sock listener = begin(p, &r, SV_PROFILE_MODERN, "1", true);
    p->mtu = 1400;
    run(&r, 12000);
    again(&r, listener, 4001);
    assert_int_equal(peer_info(p, r.socket).mss_bytes, 1360);
    run(&r, 200);
    assert_int_equal(r.longest, 1360);
    assert_int_equal(p->stack->tcp.count.black_holes, 1);
    peer_close(p);
    test_free(p);
}

/* RFC 8899 §5.2: BASE first, and all that the link takes in one step where the path carries it. */
static void always(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    struct receiver r;
    (void)state;
    (void)begin(p, &r, SV_PROFILE_MODERN, "2", true);
    assert_int_equal(peer_info(p, r.socket).mss_bytes, 1024);
    run(&r, 500);
    assert_int_equal(peer_info(p, r.socket).mss_bytes, 1460);
    assert_int_equal(p->stack->tcp.count.mtu_probes, 1);
    assert_int_equal(p->stack->tcp.count.mtu_found, 1);
    assert_int_equal(p->stack->tcp.count.retransmitted, 0);
    assert_int_equal(search_of(p)->phase, SV_SEARCH_COMPLETE);
    peer_close(p);
    test_free(p);
}

/* As Linux does it: who was called goes on as the SYN,ACK said; the middle of what is left is tried, one probe a size;
 * below tcp_probe_threshold the search rests. */
static void by_halves(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    struct receiver r;
    (void)state;
    (void)begin(p, &r, SV_PROFILE_LINUX, "2", true);
    assert_int_equal(peer_info(p, r.socket).mss_bytes, 1460);
    run(&r, 3000);
    assert_int_equal(p->stack->tcp.count.mtu_failed, 0);
    assert_int_equal(p->stack->tcp.count.mtu_found, 6); /* 1282, 1391, 1445, 1472, 1486, 1493 */
    assert_int_equal(peer_info(p, r.socket).mss_bytes, 1453);
    peer_close(p);
    p->mtu = 0;
    (void)begin(p, &r, SV_PROFILE_LINUX, "1", true);
    p->mtu = 1400;
    run(&r, 20000);
    assert_int_equal(p->stack->tcp.count.fast_recoveries, 0);
    assert_int_equal(search_of(p)->low, 1396); /* 1282, 1391, and 1396 of 1391 to 1402 */
    assert_int_equal(search_of(p)->phase, SV_SEARCH_COMPLETE);
    assert_int_equal(p->stack->tcp.count.mtu_failed, 3); /* 1445, 1417, 1403 */
    peer_close(p);
    test_free(p);
}

/* RFC 8899 §5.2, ERROR: not even the base gets there. */
static void below_base(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    struct receiver r;
    (void)state;
    (void)begin(p, &r, SV_PROFILE_MODERN, "1", true);
    p->mtu = 600;
    run(&r, 70000);
    assert_int_equal(p->stack->tcp.count.black_holes, 2);
    assert_true(search_of(p)->low > 590 && search_of(p)->low <= 600);
    peer_close(p);
    test_free(p);
}

/* RFC 4821 §7.6.2: where more is missing than the probe it is congestion, and tells nothing of the path. */
static void lost_with_others(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    struct receiver r;
    (void)state;
    (void)begin(p, &r, SV_PROFILE_MODERN, "2", true);
    size_t n;
    static const uint8_t bytes[30000];
    r.read = p->n;
    assert_int_equal(sv_send(p->stack, r.socket, bytes, sizeof bytes, &n, p->now), SV_OK);
    peer_take(p);
    const struct peer_seen *first = &p->seen[r.read % PEER_SEEN];
    assert_int_equal(first->len, 1460); /* the probe */
    r.read += 2;                        /* it and the next are lost */
    run(&r, 100);
    assert_int_equal(p->stack->tcp.count.mtu_failed, 0);
    assert_int_equal(p->stack->tcp.count.fast_recoveries, 1);
    run(&r, 3000);
    assert_int_equal(peer_info(p, r.socket).mss_bytes, 1460);
    peer_close(p);
    test_free(p);
}

/* The table's ceiling: the path asked after longest ago makes room. */
static void many_paths(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    struct receiver r;
    const struct sv_stack_config c = {.connections = 400, .profile = SV_PROFILE_MODERN};
    static const uint8_t bytes[2000];
    size_t n;
    (void)state;
    peer_open(p, &c, 64u << 20, 4096);
    assert_int_equal(sv_stack_knob_set(p->stack, "tcp_mtu_probing", "2", p->now), SV_OK);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    for (uint32_t i = 0; i < 300; i++) {
        struct peer_seg syn = {.from = 0x0a010000u + i, .options = OPT_MSS, .options_length = 4};
        const sv_sock s = peer_connected(p, listener, syn, &r.iss);
        assert_int_equal(sv_send(p->stack, s, bytes, sizeof bytes, &n, p->now), SV_OK);
        peer_take(p);
    }
    assert_true(p->stack->tcp.searches.used > SV_SEARCH_PATHS / 2u && p->stack->tcp.searches.used <= SV_SEARCH_PATHS);
    peer_close(p);
    test_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_sack),  cmocka_unit_test(without_sack),     cmocka_unit_test(shared),
        cmocka_unit_test(always),     cmocka_unit_test(by_halves),        cmocka_unit_test(below_base),
        cmocka_unit_test(many_paths), cmocka_unit_test(lost_with_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
