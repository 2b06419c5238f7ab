/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames through the whole chain: cables, clocks, noise, everything that goes wrong on a pair, each frame accounted
 * for. */
#include "tests/unit/l1_physical/phy_support.h"

#include "l1_physical/link.h"

#define FRAME 1514u

static struct sv_phy_link *new_link(const struct sv_phy_link_config *config)
{
    struct sv_phy_link *l = malloc(sizeof *l);
    assert_non_null(l);
    assert_int_equal(sv_phy_link_init(l, config), SV_OK);
    return l;
}

static struct sv_phy_link_config plain(uint32_t code)
{
    return (struct sv_phy_link_config){
        .channel = {.code = code, .snr_centi_db = SV_CHANNEL_QUIET, .seed = 1, .cable = SV_CABLE_NONE}};
}

static void content(uint32_t *x, uint8_t *frame, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        frame[i] = (uint8_t)draw(x);
}

/* `n` frames of 60 to 1514 octets, `gap_ns` apart. */
static void send_many(struct sv_phy_link *l, uint32_t n, uint64_t gap_ns)
{
    uint32_t x = 7;
    uint8_t frame[FRAME];
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t bytes = i % 3 == 0 ? 60 : i % 3 == 1 ? FRAME : 60 + draw(&x) % (FRAME - 60);
        struct sv_phy_passage p;
        content(&x, frame, bytes);
        const uint64_t at = sv_phy_link_free_ns(l) + gap_ns;
        assert_int_equal(sv_phy_link_send(l, frame, bytes, SV_PHY_FCS_APPEND, at, &p), SV_OK);
        assert_true(p.start_ns >= at && p.end_ns > p.start_ns && p.end_symbol > p.first_symbol);
        if (p.outcome == SV_PHY_ARRIVED) {
            assert_int_equal(p.bytes, bytes + 4);
            assert_memory_equal(l->frame, frame, bytes);
        }
    }
    uint64_t sum = 0;
    for (uint32_t i = 0; i < SV_PHY_OUTCOMES; i++)
        sum += l->count.of[i];
    assert_int_equal(l->count.sent, n);
    assert_int_equal(sum, n);
}

static void report(const char *what, const struct sv_phy_link *l)
{
    print_message(
        "%-44s sent %llu: arrived %llu, bad FCS %llu, symbol error %llu, false carrier %llu, never seen %llu\n", what,
        (unsigned long long)l->count.sent, (unsigned long long)l->count.of[0], (unsigned long long)l->count.of[1],
        (unsigned long long)l->count.of[2], (unsigned long long)l->count.of[3], (unsigned long long)l->count.of[4]);
}

static uint64_t arrived(const char *what, const struct sv_phy_link_config *config, uint32_t n, uint64_t gap_ns)
{
    struct sv_phy_link *l = new_link(config);
    send_many(l, n, gap_ns);
    report(what, l);
    const uint64_t good = l->count.of[SV_PHY_ARRIVED];
    /* A frame arrives without a wrong symbol. PAM4's eye is a third as high as the others', and jitter closes it at
     * its edges: there some are wrong, and the code must have put right the symbols of ten bits that hold them, five
     * each. */
    const bool repairs = config->channel.code == SV_PHY_PAM4 && config->channel.jitter_ppm != 0;
    if (good == n) {
        assert_true(l->count.wrong_symbols <= (repairs ? 5 * l->decoder.count.repaired : 0));
        assert_int_equal(l->decoder.count.uncorrectable, 0);
    }
    free(l);
    return good;
}

/* A bit whose signal is turned over on the pair: the frame is lost, where it was is told, and the next one passes. */
static void one_bit_turned_over(uint32_t code, uint32_t bit, uint32_t outcome)
{
    const struct sv_phy_link_config config = plain(code);
    struct sv_phy_link *l = new_link(&config);
    uint8_t frame[1000];
    struct sv_phy_passage p;
    uint32_t x = 3;
    content(&x, frame, sizeof frame);
    sv_phy_link_turn(l, bit);
    assert_int_equal(sv_phy_link_send(l, frame, sizeof frame, SV_PHY_FCS_APPEND, 1000000, &p), SV_OK);
    assert_int_equal(p.outcome, outcome);
    assert_true(p.wrong > 0 && p.wrong_sample > p.first_sample && p.wrong_symbol >= p.first_symbol);
    if (code == SV_PHY_10BASE_T) { /* two half-bits of each bit, after 64 of the preamble */
        assert_int_equal(p.wrong_symbol, p.first_symbol + 2u * (64u + bit));
        assert_int_equal(p.wrong, 2);
        assert_int_equal(p.bytes, sizeof frame + 4u);
        frame[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
        assert_memory_equal(l->frame, frame, sizeof frame);
    }
    content(&x, frame, sizeof frame);
    assert_int_equal(sv_phy_link_send(l, frame, sizeof frame, SV_PHY_FCS_APPEND, 9000000, &p), SV_OK);
    assert_int_equal(p.outcome, SV_PHY_ARRIVED);
    free(l);
}

static void a_bit_turned_over(void **state)
{
    (void)state;
    one_bit_turned_over(SV_PHY_10BASE_T, 0, SV_PHY_LOST_FCS);
    one_bit_turned_over(SV_PHY_10BASE_T, 700u * 8u + 3u, SV_PHY_LOST_FCS);
    one_bit_turned_over(SV_PHY_100BASE_TX, 700u * 8u + 3u, SV_PHY_LOST_SYMBOL);
}

/* An hour of idle is more symbols than 32 bits count, of every code. */
/* IEEE 802.3 §7.3.1.1: of a 0 the first half is high, of a 1 the second; §3.3: the lowest bit of a byte goes first. */
static void a_byte_on_the_pair(void **state)
{
    const struct sv_phy_link_config config = plain(SV_PHY_10BASE_T), other = plain(SV_PHY_100BASE_TX);
    struct sv_phy_link *l = new_link(&config);
    int8_t level[SV_PHY_BYTE_LEVELS];
    uint8_t frame[60] = {0};
    struct sv_phy_passage p;
    (void)state;
    frame[54] = 'G';
    assert_false(sv_phy_link_sent_byte(l, 0, level)); /* nothing was sent */
    assert_int_equal(sv_phy_link_send(l, frame, sizeof frame, SV_PHY_FCS_APPEND, 0, &p), SV_OK);
    assert_true(sv_phy_link_sent_byte(l, 54, level));
    for (uint32_t i = 0; i < 8; i++) {
        const bool one = 'G' >> i & 1;
        assert_true(one ? level[2 * i] < 0 && level[2 * i + 1] > 0 : level[2 * i] > 0 && level[2 * i + 1] < 0);
    }
    assert_true(sv_phy_link_sent_byte(l, 63, level)); /* the last of the FCS */
    assert_false(sv_phy_link_sent_byte(l, 64, level));
    assert_int_equal(sv_phy_link_send(l, frame, sizeof frame, SV_PHY_FCS_APPEND, 100 * SV_MS, &p), SV_OK);
    assert_true(sv_phy_link_sent_byte(l, 54, level)); /* of the next one, after long idle */
    assert_true(level[0] < 0 && level[15] < 0 && level[14] > 0);
    free(l);
    l = new_link(&other);
    assert_int_equal(sv_phy_link_send(l, frame, sizeof frame, SV_PHY_FCS_APPEND, 0, &p), SV_OK);
    assert_false(sv_phy_link_sent_byte(l, 54, level)); /* its symbols are not a byte's alone */
    free(l);
}

static void idle_may_be_long(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        const struct sv_phy_link_config config = plain(code);
        struct sv_phy_link *l = new_link(&config);
        uint8_t frame[100];
        struct sv_phy_passage p;
        uint32_t x = 5;
        for (uint64_t s = 1; s <= 4000; s = s * 20 + 100) {
            content(&x, frame, sizeof frame);
            assert_int_equal(sv_phy_link_send(l, frame, sizeof frame, SV_PHY_FCS_APPEND, s * 1000000000u, &p), SV_OK);
            assert_int_equal(p.outcome, SV_PHY_ARRIVED);
        }
        free(l);
    }
}

static void every_code_passes_frames(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        struct sv_phy_link_config c = plain(code);
        assert_int_equal(arrived(sv_phy_code_info(code)->name, &c, 12, 0), 12);
        c.channel.clock_ppb = 90000;
        c.channel.snr_centi_db = 2600;
        assert_int_equal(arrived("  90 ppm fast, 26 dB, long gaps", &c, 12, 5000000), 12);
        c.channel.clock_ppb = -90000;
        c.channel.jitter_ppm = 20000;
        assert_int_equal(arrived("  90 ppm slow, jitter", &c, 6, 1000), 6);
        c.channel.jitter_ppm = 0;
        c.channel.sample_hz = 5 * sv_phy_code_info(code)->symbol_hz + 12345;
        c.channel.inverted = code != SV_PHY_PAM4;
        assert_int_equal(arrived("  inverted, five samples a symbol", &c, 6, 1000) >= 4, 1);
    }
}

static void cables_pass_what_they_should(void **state)
{
    (void)state;
    struct sv_phy_link_config c = plain(SV_PHY_10BASE_T);
    c.channel.cable = SV_CABLE_CAT3;
    c.channel.length_m = 100;
    c.channel.snr_centi_db = 3000;
    c.channel.coupling_hz = 22700;
    assert_int_equal(arrived("10base-t, 100 m of category 3", &c, 12, 100000), 12);
    c.channel.near_percent = 50;
    assert_int_equal(arrived("  with crosstalk", &c, 12, 100000), 12);
    c = plain(SV_PHY_100BASE_TX);
    c.channel.cable = SV_CABLE_CAT5E;
    c.channel.coupling_hz = 22700;
    c.channel.snr_centi_db = 3500;
    c.channel.clock_ppb = 50000;
    for (uint32_t m = 0; m <= 100; m += 25) {
        c.channel.length_m = m;
        assert_int_equal(arrived("100base-tx, 0 to 100 m of category 5e", &c, 12, 100000), 12);
    }
    c.channel.near_percent = 30;
    c.channel.echo_centi = 100;
    assert_int_equal(arrived("  with crosstalk and an echo", &c, 12, 100000), 12);
    c.channel.near_percent = 0;
    c.channel.echo_centi = 0;
    c.no_equaliser = true;
    assert_int_equal(arrived("  100 m without the equaliser", &c, 12, 100000), 0);
}

static void a_pair_that_is_not_there_shows_nothing(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        struct sv_phy_link_config c = plain(code);
        c.channel.unplugged = true;
        c.channel.snr_centi_db = 1500;
        struct sv_phy_link *l = new_link(&c);
        send_many(l, 4, 1000);
        report(sv_phy_code_info(code)->name, l);
        assert_int_equal(l->count.of[SV_PHY_ARRIVED], 0);
        assert_true(code == SV_PHY_10BASE_T || !l->up);
        free(l);
    }
}

/* At a margin some frames are lost, each for a reason, and wrong symbols explain it. */
static void losses_are_told_apart(void **state)
{
    (void)state;
    static const int32_t margin[SV_PHY_CODES] = {1300, 1850, 1270, 1270, 1860};
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        struct sv_phy_link_config c = plain(code);
        c.channel.snr_centi_db = margin[code];
        struct sv_phy_link *l = new_link(&c);
        send_many(l, 200, 2000);
        report(sv_phy_code_info(code)->name, l);
        print_message("  %llu wrong symbols\n", (unsigned long long)l->count.wrong_symbols);
        assert_true(l->count.of[SV_PHY_ARRIVED] > 100 && l->count.of[SV_PHY_ARRIVED] < 200);
        assert_true(l->count.wrong_symbols > 0);
        free(l);
    }
}

/* Noise goes by number and the scrambler by its position: a link that skipped idle and one that is asked again for
 * the same give the same to the last symbol; so do the vector forms. */
static void the_same_again(void **state)
{
    (void)state;
    struct sv_phy_link_config c = plain(SV_PHY_100BASE_TX);
    c.channel.cable = SV_CABLE_CAT5E;
    c.channel.length_m = 40;
    c.channel.snr_centi_db = 2150;
    c.channel.coupling_hz = 22700;
    struct sv_phy_link *a = new_link(&c), *b = new_link(&c);
    send_many(a, 30, 300000);
    send_many(b, 30, 300000);
    assert_memory_equal(a, b, sizeof *a);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        c.channel.cpu = SV_CPU_AVX2;
        struct sv_phy_link *v = new_link(&c);
        send_many(v, 30, 300000);
        assert_memory_equal(&a->count, &v->count, sizeof a->count);
        assert_memory_equal(a->receiver.tap_q28, v->receiver.tap_q28, sizeof a->receiver.tap_q28);
        free(v);
    }
#endif
    free(a);
    free(b);
}

/* --- the frame that wanders the baseline --- */

static const uint8_t four_five[16] = {0x1e, 0x09, 0x14, 0x15, 0x0a, 0x0b, 0x0e, 0x0f,
                                      0x12, 0x13, 0x16, 0x17, 0x1a, 0x1b, 0x1c, 0x1d};

/* The scrambler's bits over a frame of zeros that a copy of the encoder sends now: every plain bit of it is known. */
static uint32_t key_of(const struct sv_phy_encoder *now, uint8_t *key, uint32_t nibbles)
{
    static uint8_t zeros[FRAME];
    struct sv_phy_encoder *e = malloc(sizeof *e);
    assert_non_null(e);
    *e = *now;
    assert_int_equal(sv_phy_encode_frame(e, zeros, FRAME, SV_PHY_FCS_APPEND), SV_OK);
    int8_t before = 0, level = 0;
    while (e->frame_first == UINT64_MAX || e->symbols < e->frame_first + 80) {
        before = level;
        sv_phy_encode(e, &level, 1);
    }
    const uint32_t phase = level == 1 ? 1 : level == -1 ? 3 : before == 1 ? 2 : 0;
    for (uint32_t i = 0; i < nibbles * 5; i++) {
        before = level;
        sv_phy_encode(e, &level, 1);
        const uint32_t plain_bit = four_five[0] >> (4 - i % 5) & 1;
        key[i] = (uint8_t)((before != level) ^ plain_bit);
    }
    free(e);
    return phase;
}

/* Of all octets those that keep the level up longest: the best path through the four phases of MLT-3. */
static void craft(const uint8_t *key, uint32_t phase, uint8_t *frame, uint32_t nibbles)
{
    static const int32_t level[4] = {0, 1, 0, -1};
    int32_t best[4] = {INT32_MIN / 2, INT32_MIN / 2, INT32_MIN / 2, INT32_MIN / 2};
    uint8_t(*from)[4] = calloc(nibbles, sizeof *from), (*with)[4] = calloc(nibbles, sizeof *with);
    assert_true(from != NULL && with != NULL);
    best[phase] = 0;
    for (uint32_t n = 0; n < nibbles; n++) {
        int32_t next[4] = {INT32_MIN / 2, INT32_MIN / 2, INT32_MIN / 2, INT32_MIN / 2};
        for (uint32_t p = 0; p < 4; p++)
            for (uint32_t value = 0; value < 16; value++) {
                uint32_t to = p;
                int32_t sum = best[p];
                for (uint32_t i = 0; i < 5; i++) {
                    to = (to + ((four_five[value] >> (4 - i) & 1u) ^ key[n * 5 + i])) & 3;
                    sum += level[to];
                }
                if (sum > next[to]) {
                    next[to] = sum;
                    from[n][to] = (uint8_t)p;
                    with[n][to] = (uint8_t)value;
                }
            }
        memcpy(best, next, sizeof best);
    }
    uint32_t p = 0;
    for (uint32_t i = 1; i < 4; i++)
        p = best[i] > best[p] ? i : p;
    for (uint32_t n = nibbles; n-- > 0; p = from[n][p])
        frame[n / 2] |= (uint8_t)(with[n][p] << (n % 2 * 4));
    print_message("mean level over the crafted frame: %.2f of the peak\n", best[p] / (nibbles * 5.0));
    free(from);
    free(with);
}

static uint32_t killer(bool no_wander, int64_t *wandered)
{
    struct sv_phy_link_config c = plain(SV_PHY_100BASE_TX);
    c.channel.coupling_hz = 22700;
    c.channel.snr_centi_db = 3000;
    c.channel.cable = SV_CABLE_CAT5E;
    c.channel.length_m = 10;
    c.no_wander = no_wander;
    struct sv_phy_link *l = new_link(&c);
    uint8_t frame[FRAME] = {0}, *key = malloc(FRAME * 10);
    assert_non_null(key);
    const uint32_t phase = key_of(&l->encoder, key, FRAME * 2);
    craft(key, phase, frame, FRAME * 2);
    free(key);
    /* The wander is largest at the frame's end, which a look while it passes would see: half of it and more is left. */
    struct sv_phy_passage p;
    assert_int_equal(sv_phy_link_send(l, frame, FRAME, SV_PHY_FCS_APPEND, 0, &p), SV_OK);
    *wandered = l->channel.wander_q16 >> 16;
    report(no_wander ? "crafted frame, baseline left alone" : "crafted frame, baseline followed", l);
    const uint32_t outcome = p.outcome;
    free(l);
    return outcome;
}

static void the_crafted_frame_needs_the_correction(void **state)
{
    (void)state;
    int64_t wandered = 0;
    assert_int_equal(killer(false, &wandered), SV_PHY_ARRIVED);
    print_message("wander left after the tail: %lld of %d\n", (long long)wandered, SV_CHANNEL_PEAK);
    assert_true(wandered > SV_CHANNEL_PEAK / 4);
    assert_int_not_equal(killer(true, &wandered), SV_PHY_ARRIVED);
}

static void a_link_that_cannot_be_is_refused(void **state)
{
    (void)state;
    struct sv_phy_link *l = malloc(sizeof *l);
    assert_non_null(l);
    struct sv_phy_link_config c = plain(SV_PHY_CODES);
    assert_int_equal(sv_phy_link_init(l, &c), SV_ERR_INVALID);
    c = plain(SV_PHY_1000BASE_X);
    c.channel.cable = SV_CABLE_CAT5E;
    assert_int_equal(sv_phy_link_init(l, &c), SV_ERR_INVALID);
    c = plain(SV_PHY_10BASE_T);
    c.channel.cable = SV_CABLE_CAT3;
    c.channel.length_m = 151;
    assert_int_equal(sv_phy_link_init(l, &c), SV_ERR_INVALID);
    c = plain(SV_PHY_10BASE_T);
    c.channel.sample_hz = 39999999;
    assert_int_equal(sv_phy_link_init(l, &c), SV_ERR_INVALID);
    c = plain(SV_PHY_10BASE_T);
    assert_int_equal(sv_phy_link_init(l, &c), SV_OK);
    static const uint8_t none[1] = {0};
    struct sv_phy_passage p;
    assert_int_equal(sv_phy_link_send(l, none, 0, SV_PHY_FCS_APPEND, 0, &p), SV_ERR_INVALID);
    assert_int_equal(sv_phy_link_send(l, none, SV_PHY_FRAME_MAX - 3, SV_PHY_FCS_APPEND, 0, &p), SV_ERR_TOO_BIG);
    free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_passes_frames),
        cmocka_unit_test(a_bit_turned_over),
        cmocka_unit_test(a_byte_on_the_pair),
        cmocka_unit_test(idle_may_be_long),
        cmocka_unit_test(cables_pass_what_they_should),
        cmocka_unit_test(a_pair_that_is_not_there_shows_nothing),
        cmocka_unit_test(losses_are_told_apart),
        cmocka_unit_test(the_same_again),
        cmocka_unit_test(the_crafted_frame_needs_the_correction),
        cmocka_unit_test(a_link_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
