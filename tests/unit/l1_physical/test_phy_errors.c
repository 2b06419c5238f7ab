/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes wrong on the way is told by kind, nothing wrong is delivered, and the decoder finds its way back. */
#include "tests/unit/l1_physical/phy_support.h"

#include "l1_physical/code_8b10b.h"

#define LENGTH 60000u

static uint8_t frame[1514];
static int8_t symbol[LENGTH];

struct tally {
    uint32_t kind[SV_PHY_EVENT_KINDS];
    struct sv_phy_event last[SV_PHY_EVENT_KINDS];
};

static void take(struct sv_phy_decoder *d, const int8_t *from, uint32_t n, struct tally *t)
{
    struct sv_phy_event event;
    uint32_t at = 0;
    do {
        at += sv_phy_decode(d, from + at, n - at, &event);
        t->kind[event.kind]++;
        t->last[event.kind] = event;
        if (event.kind == SV_PHY_FRAME)
            assert_int_equal(sv_crc32(0, d->frame.byte, event.bytes), SV_CRC32_RESIDUE);
    } while (at < n || event.kind != SV_PHY_NOTHING);
}

/* Idle, one frame of n octets, idle: LENGTH symbols; where the frame is. */
static void one_frame(uint32_t code, uint32_t n, enum sv_phy_fcs fcs, uint32_t *first, uint32_t *end)
{
    struct sv_phy_encoder *e = new_encoder(code);
    uint32_t x = 12;
    for (uint32_t i = 0; fcs == SV_PHY_FCS_APPEND && i < n; i++)
        frame[i] = (uint8_t)draw(&x);
    const uint32_t before = settle_symbols(code);
    sv_phy_encode(e, symbol, before);
    assert_int_equal(sv_phy_encode_frame(e, frame, n, fcs), SV_OK);
    sv_phy_encode(e, symbol + before, LENGTH - before);
    assert_true(e->frame_end < LENGTH);
    *first = (uint32_t)e->frame_first;
    *end = (uint32_t)e->frame_end;
    free(e);
}

static struct tally received(uint32_t code)
{
    struct tally t = {{0}, {{0}}};
    struct sv_phy_decoder *d = new_decoder(code);
    take(d, symbol, LENGTH, &t);
    free(d);
    return t;
}

static void a_wrong_fcs_is_told_and_not_delivered(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        uint32_t first, end;
        memcpy(frame, arp_frame(), 64);
        frame[20] ^= 8;
        one_frame(code, 64, SV_PHY_FCS_PRESENT, &first, &end);
        struct tally t = received(code);
        assert_int_equal(t.kind[SV_PHY_FRAME], 0);
        assert_int_equal(t.kind[SV_PHY_BAD_FCS], 1);
        assert_int_equal(t.last[SV_PHY_BAD_FCS].bytes, 64);
        assert_int_equal(t.last[SV_PHY_BAD_FCS].first_symbol, first);
        assert_true(t.last[SV_PHY_BAD_FCS].last_symbol <= end);
        /* Too short is wrong too, whatever its FCS. */
        uint8_t runt[64] = {0};
        const uint32_t crc = sv_crc32(0, runt, 40);
        for (uint32_t i = 0; i < 4; i++)
            runt[40 + i] = (uint8_t)(crc >> 8 * i);
        memcpy(frame, runt, sizeof runt);
        one_frame(code, 44, SV_PHY_FCS_PRESENT, &first, &end);
        t = received(code);
        assert_int_equal(t.kind[SV_PHY_FRAME], 0);
        assert_int_equal(t.kind[SV_PHY_BAD_FCS], 1);
    }
}

/* The nearest wrong level at any one symbol of the frame: it is never received, unless as it was sent (PAM4 puts it
 * right; a preamble's bit may go). Each such frame is in exactly one of the kinds, or was never seen. */
static void any_one_wrong_symbol(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        uint32_t first, end, seen = 0, tried = 0;
        one_frame(code, 60, SV_PHY_FCS_APPEND, &first, &end);
        for (uint32_t at = first; at < end; at += code == SV_PHY_PAM4 ? 61 : 1, tried++) {
            const int8_t good = symbol[at];
            symbol[at] = (int8_t)(code == SV_PHY_PAM4         ? (good > 0 ? good - 2 : good + 2)
                                  : code == SV_PHY_100BASE_TX ? (good == 0 ? 1 : 0)
                                                              : -good);
            const struct tally t = received(code);
            symbol[at] = good;
            const uint32_t bad = t.kind[SV_PHY_BAD_FCS] + t.kind[SV_PHY_SYMBOL_ERROR] + t.kind[SV_PHY_FALSE_CARRIER];
            assert_true(t.kind[SV_PHY_FRAME] <= 1);
            assert_int_equal(t.kind[SV_PHY_LOCK_LOST], 0);
            seen += t.kind[SV_PHY_FRAME];
            if (code == SV_PHY_PAM4)
                assert_int_equal(t.kind[SV_PHY_FRAME], 1);
            else if (t.kind[SV_PHY_FRAME] == 0 && code != SV_PHY_1000BASE_X)
                assert_true(bad >= 1);
        }
        assert_true(code == SV_PHY_PAM4 || seen < tried / 4);
    }
}

/* Long noise, then a good stream: nothing is delivered from the noise, and lock is found again. */
static void noise_and_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        const struct sv_phy_code_info *info = sv_phy_code_info(code);
        struct sv_phy_decoder *d = new_decoder(code);
        struct tally t = {{0}, {{0}}};
        uint32_t first, end, x = 99;
        one_frame(code, 60, SV_PHY_FCS_APPEND, &first, &end);
        take(d, symbol, LENGTH, &t);
        assert_int_equal(t.kind[SV_PHY_FRAME], 1);
        for (uint32_t round = 0; round < 20; round++) {
            int8_t noise[10000];
            for (uint32_t i = 0; i < sizeof noise; i++)
                noise[i] = (int8_t)info->level[draw(&x) % info->levels];
            take(d, noise, sizeof noise, &t);
        }
        assert_int_equal(t.kind[SV_PHY_FRAME], 1);
        assert_int_equal(t.kind[SV_PHY_LOCK_LOST] > 0, code != SV_PHY_10BASE_T);
        const int8_t silence[16] = {0};
        if (code == SV_PHY_10BASE_T)
            take(d, silence, 16, &t);
        take(d, symbol, LENGTH, &t);
        assert_int_equal(t.kind[SV_PHY_FRAME], 2);
        free(d);
    }
}

/* A line that does not move, at any level: no lock, no frame, no end of waiting. */
static void a_dead_line(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++)
        for (int level = -3; level <= 3; level++) {
            memset(symbol, level, LENGTH);
            const struct tally t = received(code);
            assert_int_equal(t.kind[SV_PHY_FRAME] + t.kind[SV_PHY_LOCKED] + t.kind[SV_PHY_BAD_FCS], 0);
        }
}

static void hi_ber(void **state)
{
    (void)state;
    struct sv_phy_encoder *e = new_encoder(SV_PHY_10GBASE_R);
    struct sv_phy_decoder *d = new_decoder(SV_PHY_10GBASE_R);
    struct tally t = {{0}, {{0}}};
    sv_phy_decoder_follow(d, e);
    for (uint32_t block = 0; block < 60000; block++) {
        int8_t one[66];
        sv_phy_encode(e, one, 66);
        if (block < 2000 && block % 100 == 7) /* 20 in 125 us; never 16 of 64 */
            one[1] = one[0];
        take(d, one, 66, &t);
    }
    assert_int_equal(t.kind[SV_PHY_HI_BER], 2);
    assert_int_equal(t.last[SV_PHY_HI_BER].detail, 0);
    assert_int_equal(d->count.hi_bers, 1);
    assert_int_equal(d->count.illegal, 20);
    assert_int_equal(t.kind[SV_PHY_LOCK_LOST], 0);
    free(e);
    free(d);
}

static void configuration_words(void **state)
{
    (void)state;
    struct sv_phy_decoder *d = new_decoder(SV_PHY_1000BASE_X);
    struct tally t = {{0}, {{0}}};
    bool rd_plus = false;
    for (uint32_t i = 0; i < 12; i++) {
        const uint32_t code[4] = {SV_K28_5, i % 2 ? SV_D2_2 : SV_D21_5, 0xa0, 0x41};
        for (uint32_t k = 0; k < 4; k++) {
            const uint32_t group = sv_8b10b_encode(code[k], &rd_plus);
            int8_t ten[10];
            for (uint32_t b = 0; b < 10; b++)
                ten[b] = group >> (9 - b) & 1 ? 1 : -1;
            take(d, ten, 10, &t);
        }
    }
    assert_int_equal(t.kind[SV_PHY_LOCKED], 1);
    assert_int_equal(t.kind[SV_PHY_CONFIG], 1);
    assert_int_equal(t.last[SV_PHY_CONFIG].detail, 0x41a0);
    assert_int_equal(d->count.illegal, 0);
    free(d);
}

/* 100BASE-TX lets go of the scrambler when a millisecond brings no idle. */
static void descrambler_lets_go(void **state)
{
    (void)state;
    struct sv_phy_encoder *e = new_encoder(SV_PHY_100BASE_TX);
    struct sv_phy_decoder *d = new_decoder(SV_PHY_100BASE_TX);
    struct tally t = {{0}, {{0}}};
    sv_phy_decoder_follow(d, e);
    sv_phy_encode(e, symbol, 1000);
    take(d, symbol, 1000, &t);
    memset(symbol, 0, LENGTH);
    take(d, symbol, LENGTH, &t);
    take(d, symbol, LENGTH, &t);
    assert_true(sv_phy_decode_locked(d));
    take(d, symbol, 6000, &t);
    assert_false(sv_phy_decode_locked(d));
    assert_int_equal(t.kind[SV_PHY_LOCK_LOST], 1);
    free(e);
    free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_fcs_is_told_and_not_delivered),
        cmocka_unit_test(any_one_wrong_symbol),
        cmocka_unit_test(noise_and_back),
        cmocka_unit_test(a_dead_line),
        cmocka_unit_test(hi_ber),
        cmocka_unit_test(configuration_words),
        cmocka_unit_test(descrambler_lets_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
