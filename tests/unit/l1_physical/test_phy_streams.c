/* SPDX-License-Identifier: BSD-2-Clause */
/* Encoders into decoders: any frames, cut into any pieces, idle made or jumped over, the right way round or not. */
#include "tests/unit/l1_physical/phy_support.h"

#define PIECE_MAX 5000u

static uint8_t frame[SV_PHY_FRAME_MAX];

static void random_frame(uint32_t n, uint32_t *x)
{
    for (uint32_t i = 0; i < n; i++)
        frame[i] = (uint8_t)draw(x);
}

/* Sends all of the encoder's next n symbols, in pieces of random size up to `piece`, into the decoder; counts what it
 * says and checks each frame against `frame`. */
struct tally {
    uint32_t kind[SV_PHY_EVENT_KINDS];
    uint64_t hash; /* over every event and frame, in order */
};

static void mix(uint64_t *hash, uint64_t v)
{
    *hash = (*hash ^ v) * 0x9e3779b97f4a7c15u;
    *hash ^= *hash >> 29;
}

static void take(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, struct tally *t)
{
    struct sv_phy_event event;
    uint32_t at = 0;
    do {
        at += sv_phy_decode(d, symbol + at, n - at, &event);
        t->kind[event.kind]++;
        if (event.kind == SV_PHY_FRAME) {
            assert_int_equal(event.bytes, d->frame.bytes);
            assert_memory_equal(d->frame.byte, frame, event.bytes - 4);
        }
        if (event.kind != SV_PHY_NOTHING) {
            mix(&t->hash, event.kind);
            mix(&t->hash, event.bytes);
            mix(&t->hash, event.first_symbol);
            mix(&t->hash, event.last_symbol);
            mix(&t->hash, event.detail);
        }
    } while (at < n || event.kind != SV_PHY_NOTHING);
}

static void run(struct sv_phy_encoder *e, struct sv_phy_decoder *d, uint32_t n, uint32_t piece, int turn, uint32_t *x,
                struct tally *t)
{
    static int8_t symbol[PIECE_MAX];
    while (n > 0) {
        uint32_t k = draw(x) % piece + 1;
        k = k > n ? n : k;
        sv_phy_encode(e, symbol, k);
        for (uint32_t i = 0; turn < 0 && i < k; i++)
            symbol[i] = (int8_t)-symbol[i];
        take(d, symbol, k, t);
        n -= k;
    }
}

/* One frame, and idle until it must have come out. */
static void one_frame(struct sv_phy_encoder *e, struct sv_phy_decoder *d, uint32_t bytes, uint32_t piece, int turn,
                      uint32_t *x, struct tally *t)
{
    random_frame(bytes, x);
    assert_int_equal(sv_phy_encode_frame(e, frame, bytes, SV_PHY_FCS_APPEND), SV_OK);
    assert_true(sv_phy_encode_busy(e));
    while (sv_phy_encode_busy(e))
        run(e, d, 50, piece, turn, x, t);
    assert_true(e->frame_first < e->frame_end && e->frame_end <= e->symbols);
    run(e, d, 200, piece, turn, x, t);
}

static void every_length(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++)
        for (int turn = -1; turn <= 1; turn += 2) {
            struct sv_phy_encoder *e = new_encoder(code);
            struct sv_phy_decoder *d = new_decoder(code);
            struct tally t = {{0}, 0};
            uint32_t x = 5, sent = 0;
            run(e, d, settle_symbols(code), PIECE_MAX, turn, &x, &t);
            for (uint32_t bytes = 60; bytes < 160; bytes++, sent++)
                one_frame(e, d, bytes, PIECE_MAX, turn, &x, &t);
            one_frame(e, d, 1514, PIECE_MAX, turn, &x, &t);
            one_frame(e, d, SV_PHY_FRAME_MAX - 4, PIECE_MAX, turn, &x, &t);
            assert_int_equal(t.kind[SV_PHY_FRAME], sent + 2);
            assert_int_equal(d->count.good, sent + 2);
            assert_int_equal(t.kind[SV_PHY_BAD_FCS], 0);
            assert_int_equal(t.kind[SV_PHY_SYMBOL_ERROR], 0);
            assert_int_equal(t.kind[SV_PHY_FALSE_CARRIER], 0);
            assert_int_equal(t.kind[SV_PHY_LOCK_LOST], 0);
            assert_int_equal(t.kind[SV_PHY_LOCKED], code == SV_PHY_10BASE_T ? 0 : 1);
            assert_int_equal(t.kind[SV_PHY_INVERTED], turn < 0 && code != SV_PHY_100BASE_TX ? 1 : 0);
            assert_int_equal(d->count.illegal, 0);
            free(e);
            free(d);
        }
}

static void any_cutting_gives_the_same(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        uint64_t hash[4];
        static const uint32_t piece[4] = {1, 7, 33, PIECE_MAX};
        for (uint32_t k = 0; k < 4; k++) {
            struct sv_phy_encoder *e = new_encoder(code);
            struct sv_phy_decoder *d = new_decoder(code);
            struct tally t = {{0}, 0};
            uint32_t x = 5, cuts = k;
            run(e, d, settle_symbols(code), piece[k], 1, &cuts, &t);
            for (uint32_t bytes = 60; bytes < 70; bytes++) {
                random_frame(bytes, &x);
                assert_int_equal(sv_phy_encode_frame(e, frame, bytes, SV_PHY_FCS_APPEND), SV_OK);
                run(e, d, 9000, piece[k], 1, &cuts, &t);
            }
            assert_int_equal(t.kind[SV_PHY_FRAME], 10);
            hash[k] = t.hash;
            free(e);
            free(d);
        }
        assert_true(hash[0] == hash[1] && hash[1] == hash[2] && hash[2] == hash[3]);
    }
}

/* Jumping over idle leaves the encoder where making it would. */
static void skipped_is_sent(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        struct sv_phy_encoder *e = new_encoder(code), *jumper = new_encoder(code);
        static int8_t a[1000], b[1000], waste[400000];
        uint32_t x = 11;
        for (uint32_t round = 0; round < 60; round++) {
            const uint32_t n = round < 40 ? draw(&x) % 300 : draw(&x) % sizeof waste;
            random_frame(60, &x);
            for (int which = 0; which < 2; which++) {
                struct sv_phy_encoder *one = which ? jumper : e;
                assert_int_equal(sv_phy_encode_frame(one, frame, 60, SV_PHY_FCS_APPEND), SV_OK);
                while (sv_phy_encode_busy(one))
                    sv_phy_encode(one, waste, 1);
            }
            sv_phy_encode(e, waste, n);
            sv_phy_encode_skip(jumper, n);
            assert_true(e->symbols == jumper->symbols);
            sv_phy_encode(e, a, sizeof a);
            sv_phy_encode(jumper, b, sizeof b);
            assert_memory_equal(a, b, sizeof a);
        }
        free(e);
        free(jumper);
    }
}

/* Both ends jump, far; what follows is received as if they had not. */
static void both_ends_skip(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++)
        for (int turn = -1; turn <= 1; turn += 2) {
            struct sv_phy_encoder *e = new_encoder(code);
            struct sv_phy_decoder *d = new_decoder(code);
            struct tally t = {{0}, 0};
            uint32_t x = 6;
            run(e, d, settle_symbols(code), PIECE_MAX, turn, &x, &t);
            for (uint32_t round = 0; round < 40; round++) {
                one_frame(e, d, 60 + round, 40, turn, &x, &t);
                while (!sv_phy_decode_idle(d))
                    run(e, d, 1, 1, turn, &x, &t);
                const uint64_t n = round < 20 ? draw(&x) % 3000 : (uint64_t)draw(&x) * draw(&x);
                sv_phy_encode_skip(e, n);
                sv_phy_decode_skip(d, n);
                assert_true(e->symbols == d->symbols);
            }
            assert_int_equal(t.kind[SV_PHY_FRAME], 40);
            assert_int_equal(d->count.illegal, 0);
            assert_int_equal(d->count.good, 40);
            assert_int_equal(d->count.lock_losses, 0);
            free(e);
            free(d);
        }
}

static void frames_back_to_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        struct sv_phy_encoder *e = new_encoder(code);
        struct sv_phy_decoder *d = new_decoder(code), *follower = new_decoder(code);
        struct tally t = {{0}, 0};
        uint32_t x = 7, sent = 0;
        sv_phy_decoder_follow(follower, e);
        random_frame(60, &x);
        while (sent < 200) {
            sent += sv_phy_encode_frame(e, frame, 60, SV_PHY_FCS_APPEND) == SV_OK;
            run(e, follower, 10, 10, 1, &x, &t);
        }
        run(e, follower, 20000, 100, 1, &x, &t);
        assert_int_equal(t.kind[SV_PHY_FRAME], 200);
        /* The line is full: a frame takes its preamble, itself and twelve octets of gap, give or take a block. */
        const struct sv_phy_code_info *info = sv_phy_code_info(code);
        const uint64_t octets = e->frame_end * (info->bit_hz / 1000000) / (info->symbol_hz / 1000000) / 8;
        assert_true(octets > 200 * 83 && octets < 200 * 92 + (code == SV_PHY_PAM4 ? 2000 : 0));
        free(e);
        free(d);
        free(follower);
    }
}

static void callers_mistakes(void **state)
{
    (void)state;
    struct sv_phy_encoder *e = new_encoder(SV_PHY_10BASE_T);
    assert_int_equal(sv_phy_encode_frame(e, frame, 0, SV_PHY_FCS_APPEND), SV_ERR_INVALID);
    assert_int_equal(sv_phy_encode_frame(e, frame, SV_PHY_FRAME_MAX - 3, SV_PHY_FCS_APPEND), SV_ERR_TOO_BIG);
    assert_int_equal(sv_phy_encode_frame(e, frame, 20, SV_PHY_FCS_APPEND), SV_OK);
    assert_int_equal(e->frame_bytes, 64);
    assert_int_equal(sv_phy_encode_frame(e, frame, 20, SV_PHY_FCS_APPEND), SV_ERR_AGAIN);
    free(e);
}

static void link_pulses(void **state)
{
    (void)state;
    for (int turn = -1; turn <= 1; turn += 2) {
        struct sv_phy_encoder *e = new_encoder(SV_PHY_10BASE_T);
        struct sv_phy_decoder *d = new_decoder(SV_PHY_10BASE_T);
        struct tally t = {{0}, 0};
        uint32_t x = 8;
        run(e, d, 10 * 320000 + 100, PIECE_MAX, turn, &x, &t); /* 160 ms */
        assert_int_equal(d->count.link_pulses, 10);
        assert_int_equal(t.kind[SV_PHY_INVERTED], turn < 0);
        sv_phy_encode_pulse(e);
        run(e, d, 40, 40, turn, &x, &t);
        assert_int_equal(d->count.link_pulses, 11);
        assert_int_equal(t.kind[SV_PHY_FALSE_CARRIER], 0);
        free(e);
        free(d);
    }
}

/* A capture begins anywhere: a second pass over the same symbols also finds what came before lock. */
static void second_pass(void **state)
{
    (void)state;
    static const uint32_t codes[2] = {SV_PHY_10GBASE_R, SV_PHY_1000BASE_X};
    for (uint32_t k = 0; k < 2; k++) {
        struct sv_phy_encoder *e = new_encoder(codes[k]);
        struct sv_phy_decoder *d = new_decoder(codes[k]);
        static int8_t symbol[10000];
        struct tally first = {{0}, 0}, second = {{0}, 0};
        uint32_t x = 2;
        random_frame(60, &x);
        sv_phy_encode(e, symbol, 137); /* before the capture begins */
        sv_phy_encode(e, symbol, 150);
        assert_int_equal(sv_phy_encode_frame(e, frame, 60, SV_PHY_FCS_APPEND), SV_OK);
        sv_phy_encode(e, symbol + 150, sizeof symbol - 150);
        take(d, symbol, sizeof symbol, &first);
        sv_phy_decoder_rewind(d);
        take(d, symbol, sizeof symbol, &second);
        assert_int_equal(first.kind[SV_PHY_FRAME], codes[k] == SV_PHY_1000BASE_X ? 1 : 0);
        assert_int_equal(second.kind[SV_PHY_FRAME], 1);
        free(e);
        free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length),        cmocka_unit_test(any_cutting_gives_the_same),
        cmocka_unit_test(skipped_is_sent),     cmocka_unit_test(both_ends_skip),
        cmocka_unit_test(frames_back_to_back), cmocka_unit_test(callers_mistakes),
        cmocka_unit_test(link_pulses),         cmocka_unit_test(second_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
