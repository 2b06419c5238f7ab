/* SPDX-License-Identifier: BSD-2-Clause */
/* The scoreboard against a map of segments: blocks in any order, overlapping and repeated, acknowledgements between
 * them, retransmissions; and a peer who SACKs every second segment to see how much that costs us. */
#include "l4_transport/tcp_sack.h"
#include "stack/stack_internal.h"
#include "tests/unit/l4_transport/tcp_world.h"

#define SEGMENTS 4000u
#define MANY 40000u /* more than a board has runs for */
#define MSS 100u

struct model {
    struct sv_talk world;
    struct dice d;
    struct sv_tcb t;
    uint32_t base;
    uint8_t has[SEGMENTS]; /* the peer */
    uint32_t una;          /* segments acknowledged */
};

/* A connection with so much in flight, as far as its records say: it is never asked to send. */
static void begin(struct model *m, uint64_t seed, uint32_t segments)
{
    memset(m, 0, sizeof *m);
    tcp_world_new(&m->world, seed, 1u << 20, SV_PROFILE_MODERN);
    m->d.state = seed;
    const struct sv_endpoint e = {.addr = sv_addr_v4(10, 0, 0, 2), .port = 80};
    sv_sock s;
    assert_int_equal(sv_connect(m->world.stack, &e, NULL, &s, m->world.now), SV_OK);
    m->t = sv_tcb_of(&m->world.stack->tcp, SV_SOCK_INDEX(s.index));
    assert_non_null(m->t.b);
    m->base = 0u - roll(&m->d, SEGMENTS * MSS); /* the numbers wrap on the way */
    m->t.h->snd_una = m->base;
    m->t.h->snd_nxt = m->t.h->snd_max = m->base + segments * MSS;
    m->t.h->mss = MSS;
    m->t.h->cwnd = segments * MSS;
    m->t.h->agreed = SV_TCP_SACK;
    m->t.h->scales = 14;
    m->t.c->max_window_field = 65535;
    sv_tcb_note_sent_alone(&m->t);
}

static void end(struct model *m)
{
    sv_tcb_release_board(&m->t);
    free(m->world.memory);
}

static uint32_t sack(struct model *m, uint32_t from, uint32_t to)
{
    struct sv_seg s = {.ack = m->t.h->snd_una, .sacks = 1, .options = SV_OPTION_SACK};
    const struct sv_board *k = sv_tcb_board(&m->t);
    struct sv_news news = {.fack = k ? k->fack : m->t.h->snd_una};
    s.sack[0] = (struct sv_sack_block){m->base + from, m->base + to};
    sv_sack_arrives(&m->t, &s, &news);
    sv_board_check(&m->t);
    return news.sacked;
}

static void acknowledge(struct model *m, uint32_t segment)
{
    const struct sv_seg s = {.ack = m->base + segment * MSS};
    struct sv_news news = {.fack = m->t.h->snd_una};
    sv_sack_acked(&m->t, &s, &news);
    m->t.h->snd_una = s.ack;
    m->una = segment;
    sv_board_check(&m->t);
}

static uint32_t held(const struct model *m)
{
    uint32_t n = 0;
    for (uint32_t i = m->una; i < SEGMENTS; i++)
        n += m->has[i] * MSS;
    return n;
}

static void test_against_map(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct model *m = calloc(1, sizeof *m);
        begin(m, seed, SEGMENTS);
        for (uint32_t step = 0; step < 600; step++) {
            const uint32_t from = m->una + roll(&m->d, SEGMENTS - m->una - 1u);
            const uint32_t to = sv_min_u32(from + 1u + roll(&m->d, 40), SEGMENTS);
            (void)sack(m, from * MSS, to * MSS);
            memset(m->has + from, 1, to - from);
            assert_int_equal(sv_tcb_board(&m->t)->sacked, held(m));
            if (roll(&m->d, 4) == 0) {
                struct sv_board *k = sv_tcb_board(&m->t);
                const uint32_t at = m->una + roll(&m->d, SEGMENTS - m->una - 1u);
                sv_board_sent_again(&m->t, k, m->base + at * MSS, MSS);
                sv_board_check(&m->t);
                assert_int_equal(k->sacked, held(m));
            }
            if (roll(&m->d, 10) == 0)
                acknowledge(m, m->una + roll(&m->d, 20));
        }
        sv_rack_all_lost(&m->t, sv_tcb_board(&m->t), true);
        sv_board_check(&m->t);
        assert_int_equal(sv_tcb_board(&m->t)->sacked, 0);
        assert_int_equal(sv_tcb_pipe(&m->t), 0);
        end(m);
        free(m);
    }
}

/* Halves of segments are not heeded, and whole ones within them are. */
static void test_crumbs(void **state)
{
    (void)state;
    struct model *m = calloc(1, sizeof *m);
    begin(m, 3, 100);
    assert_int_equal(sack(m, 10, 90), 0);
    assert_int_equal(sack(m, 150, 250), 0);
    assert_int_equal(sack(m, 350, 650), 200);
    assert_int_equal(sack(m, 99 * MSS + 1, 100 * MSS), 0);
    assert_int_equal(sv_tcb_board(&m->t)->count, 3);
    assert_true(m->world.stack->tcp.count.sack_partial >= 3);
    end(m);
    free(m);
}

/* Every second segment, in any order: records up to the ceiling and no further, counted, and all memory comes back. */
static void every_second(uint32_t stride)
{
    struct sv_pool_counts before, after;
    struct model *m = calloc(1, sizeof *m);
    begin(m, 5, MANY);
    sv_pool_count(m->world.pool, &before);
    uint32_t taken = 0;
    for (uint32_t n = 0, i = 1; n < MANY / 2u - 1u; n++, i = (i + 2u * stride) % MANY) {
        struct sv_seg s = {.ack = m->base, .sacks = 1, .options = SV_OPTION_SACK};
        struct sv_news news = {.fack = m->base};
        s.sack[0] = (struct sv_sack_block){m->base + i * MSS, m->base + (i + 1u) * MSS};
        sv_sack_arrives(&m->t, &s, &news);
        taken += news.sacked;
        if (n % 256u == 0)
            sv_board_check(&m->t);
    }
    struct sv_board *k = sv_tcb_board(&m->t);
    sv_board_check(&m->t);
    assert_int_equal(taken, k->sacked);
    assert_true(k->count <= SV_BOARD_RUNS - SV_BOARD_KEPT && k->count > SV_BOARD_RUNS - SV_BOARD_KEPT - 4u);
    assert_true(m->world.stack->tcp.count.board_full > 0);
    /* What is lost can still be sent again, and recovery goes on. */
    sv_rack_all_lost(&m->t, k, false);
    const uint32_t lost = k->lost;
    sv_board_sent_again(&m->t, k, m->t.h->snd_una, MSS);
    sv_board_check(&m->t);
    assert_int_equal(k->lost, lost - MSS);
    for (uint32_t at = 1; at < MANY / 2u; at += 97)
        acknowledge(m, at);
    assert_true(k->count < SV_BOARD_RUNS - MANY / 4u);
    sv_tcb_release_board(&m->t);
    sv_pool_count(m->world.pool, &after);
    assert_int_equal(after.slabs_free, before.slabs_free);
    end(m);
    free(m);
}

static void test_ceiling(void **state)
{
    (void)state;
    every_second(1);
    every_second(7919); /* here and there: room is made and closed from both ends */
}

/* Of a run that went out over some time, in the middle of which something was sent again that is there by now, the rest
 * is not lost: it may have been sent after that (RFC 8985 §6.2, RACK_sent_after). */
static void test_spread(void **state)
{
    (void)state;
    struct model *m = calloc(1, sizeof *m);
    begin(m, 11, 100);
    assert_int_equal(sack(m, 10 * MSS, 20 * MSS), 10 * MSS);
    struct sv_board *k = sv_tcb_board(&m->t);
    m->t.b->recovery = SV_RECOVERY_FAST; /* no reordering was seen: RACK waits for nothing */
    const uint32_t now = sv_fine_tick(m->t.now), last = k->count - 1u;
    sv_run_at(&m->t, k, last)->first = now - 200u;
    sv_run_at(&m->t, k, last)->last = now - 100u;
    k->rack_seen = 1;
    k->rack_at = now - 150u;
    k->rack_end = m->base + 5 * MSS;
    (void)sv_rack_detect(&m->t, k);
    assert_false(sv_run_at(&m->t, k, last)->marks & SV_RUN_LOST);
    k->rack_at = now - 99u;
    assert_int_equal(sv_rack_detect(&m->t, k) >= 80 * MSS, 1);
    assert_true(sv_run_at(&m->t, k, last)->marks & SV_RUN_LOST);
    end(m);
    free(m);
}

/* What is never sent, or inverted, or long past, is no news; a known block costs nothing. */
static void test_lies(void **state)
{
    (void)state;
    struct model *m = calloc(1, sizeof *m);
    begin(m, 7, 100);
    assert_int_equal(sack(m, 50 * MSS, 101 * MSS), 0);
    assert_int_equal(sack(m, 20 * MSS, 10 * MSS), 0);
    assert_int_equal(m->world.stack->tcp.count.sack_invalid, 2);
    assert_null(sv_tcb_board(&m->t));
    assert_int_equal(sack(m, 10 * MSS, 20 * MSS), 10 * MSS);
    assert_int_equal(sack(m, 10 * MSS, 20 * MSS), 0);
    assert_int_equal(sack(m, 12 * MSS, 15 * MSS), 0);
    assert_int_equal(sv_tcb_board(&m->t)->count, 3);
    end(m);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_map), cmocka_unit_test(test_crumbs), cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_spread),      cmocka_unit_test(test_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
