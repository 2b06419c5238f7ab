/* SPDX-License-Identifier: BSD-2-Clause */
/* From samples to symbols: any gain, offset, clock and chunk; found quickly, lost at once, never sought for ever. */
#include "tests/unit/l1_physical/phy_support.h"

#include "l1_physical/channel.h"
#include "l1_physical/estimate.h"
#include "l1_physical/eye.h"
#include "l1_physical/receiver.h"

#define SAMPLES 200000u
#define FRAME_OCTETS 200u

struct signal {
    uint32_t n, frames;
    uint64_t first_frame; /* symbol */
    int16_t sample[SAMPLES];
};

/* Idle, then frames with some idle between, `rate` samples a symbol. */
static struct signal *make(const struct sv_channel_config *config, uint32_t symbols)
{
    struct signal *s = calloc(1, sizeof *s);
    struct sv_channel *c = malloc(sizeof *c);
    struct sv_phy_encoder *e = new_encoder(config->code);
    assert_true(s != NULL && c != NULL);
    assert_int_equal(sv_channel_init(c, config), SV_OK);
    uint8_t frame[FRAME_OCTETS];
    uint32_t x = 5, next = config->code == SV_PHY_10BASE_T ? 300 : 6000;
    for (uint32_t at = 0; at < symbols; at += 64) {
        int8_t symbol[64];
        if (at >= next && !sv_phy_encode_busy(e)) {
            for (uint32_t i = 0; i < FRAME_OCTETS; i++)
                frame[i] = (uint8_t)draw(&x);
            assert_int_equal(sv_phy_encode_frame(e, frame, FRAME_OCTETS, SV_PHY_FCS_APPEND), SV_OK);
            s->frames++;
            next = at + 5000;
        }
        sv_phy_encode(e, symbol, 64);
        if (s->first_frame == 0 && e->frame_first != UINT64_MAX)
            s->first_frame = e->frame_first;
        const int8_t *from = symbol;
        uint32_t left = 64;
        for (uint32_t made = 1; made != 0 && s->n + SV_CHANNEL_SAMPLES <= SAMPLES; s->n += made)
            made = sv_channel_run(c, &from, &left, s->sample + s->n, SAMPLES - s->n);
    }
    free(e);
    free(c);
    return s;
}

struct outcome {
    uint64_t symbols, good, losses, locks;
    uint32_t hash;
};

static void read_block(const struct sv_receiver *r, struct sv_phy_decoder *d, struct outcome *o)
{
    struct sv_phy_event event;
    uint32_t at = 0;
    do {
        at += sv_phy_decode(d, r->level + at, r->count - at, &event);
        o->good += event.kind == SV_PHY_FRAME;
    } while (at < r->count || event.kind != SV_PHY_NOTHING);
    for (uint32_t i = 0; i < r->count; i++)
        o->hash = o->hash * 31 + (uint8_t)r->level[i];
    o->symbols += r->count;
}

static struct outcome receive(const struct sv_receiver_config *config, const int16_t *sample, uint32_t n,
                              uint32_t piece)
{
    struct sv_receiver *r = malloc(sizeof *r);
    struct sv_phy_decoder *d = new_decoder(config->code);
    struct outcome o = {0, 0, 0, 0, 0};
    assert_non_null(r);
    assert_int_equal(sv_receiver_init(r, config), SV_OK);
    for (uint32_t at = 0; at < n;) {
        at += sv_receiver_put(r, sample + at, piece < n - at ? piece : n - at);
        while (sv_receiver_step(r))
            read_block(r, d, &o);
    }
    while (sv_receiver_end(r))
        read_block(r, d, &o);
    o.losses = r->losses;
    o.locks = r->locks;
    free(r);
    free(d);
    return o;
}

static struct sv_channel_config channel_for(uint32_t code, uint32_t tenths)
{
    return (struct sv_channel_config){
        .code = code, .sample_hz = sv_phy_code_info(code)->symbol_hz * tenths / 10, .snr_centi_db = 3000, .seed = 2};
}

static struct sv_receiver_config receiver_for(uint32_t code, uint32_t tenths)
{
    return (struct sv_receiver_config){.code = code,
                                       .spacing_q32 = ((uint64_t)tenths << 32) / 10,
                                       .equaliser = code == SV_PHY_100BASE_TX,
                                       .wander = code == SV_PHY_100BASE_TX};
}

static void any_rate_and_any_clock(void **state)
{
    (void)state;
    static const uint32_t rate[] = {20, 25, 39, 160, 233};
    for (uint32_t code = 0; code < SV_PHY_CODES; code++)
        for (uint32_t i = 0; i < 5; i++)
            for (int32_t ppm = -100; ppm <= 100; ppm += 100) {
                struct sv_channel_config c = channel_for(code, rate[i]);
                c.clock_ppb = ppm * 1000;
                const uint32_t symbols = code == SV_PHY_PAM4 ? 24000 : 20000;
                struct signal *s = make(&c, symbols * rate[i] / 10 > SAMPLES ? SAMPLES * 10 / rate[i] : symbols);
                const struct sv_receiver_config k = receiver_for(code, rate[i]);
                const struct outcome o = receive(&k, s->sample, s->n, 4000);
                if (o.good + 1 < s->frames || o.good == 0 || o.losses != 0)
                    print_message("%s at %.1f samples, %d ppm: %llu of %u frames, %llu losses\n",
                                  sv_phy_code_info(code)->name, rate[i] / 10.0, ppm, (unsigned long long)o.good,
                                  s->frames, (unsigned long long)o.losses);
                assert_true(s->frames > 0 && o.good > 0 && o.good + 1 >= s->frames); /* the last may be cut short */
                assert_int_equal(o.losses, 0);
                free(s);
            }
}

/* Gain, offset and the pair's polarity change nothing that a decoder sees, nor does the size of the pieces. */
static void gain_offset_and_pieces_do_not_matter(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        const struct sv_channel_config c = channel_for(code, 25);
        const struct sv_receiver_config k = receiver_for(code, 25);
        struct signal *s = make(&c, 24000);
        const struct outcome whole = receive(&k, s->sample, s->n, s->n);
        const struct outcome parts = receive(&k, s->sample, s->n, 37);
        assert_true(whole.good > 0 && whole.good == parts.good && whole.hash == parts.hash);
        for (uint32_t i = 0; i < s->n; i++)
            s->sample[i] = (int16_t)(s->sample[i] / 20 + 3000);
        const struct outcome small = receive(&k, s->sample, s->n, 1000);
        if (small.good != whole.good)
            print_message("%s: %llu, %llu locks, %llu losses\n", sv_phy_code_info(code)->name,
                          (unsigned long long)small.good, (unsigned long long)small.locks,
                          (unsigned long long)small.losses);
        assert_int_equal(small.good, whole.good);
        free(s);
    }
}

/* A cold start: the carrier's first half-bits are told, and with eight bits of preamble left of 64 a frame is still
 * found. */
static void manchester_locks_within_eight_bits(void **state)
{
    (void)state;
    const struct sv_channel_config c = channel_for(SV_PHY_10BASE_T, 40);
    const struct sv_receiver_config k = receiver_for(SV_PHY_10BASE_T, 40);
    struct signal *s = make(&c, 4200);
    assert_int_equal(s->frames, 1);
    /* All but the last 16 bits (8 of preamble, 8 of delimiter) never came. */
    for (uint32_t i = 0; i < (s->first_frame + 2 * (64 - 16)) * 4; i++)
        s->sample[i] = (int16_t)((int32_t)(i * 7919 % 61) - 30);
    const struct outcome o = receive(&k, s->sample, s->n, 500);
    assert_int_equal(o.good, 1);
    free(s);
}

/* Signal, noise, signal: what is lost is told as lost, sought again and found; noise costs no more. */
static void lost_and_found(void **state)
{
    (void)state;
    for (uint32_t code = SV_PHY_100BASE_TX; code <= SV_PHY_10GBASE_R; code++) {
        const struct sv_channel_config c = channel_for(code, 25);
        const struct sv_receiver_config k = receiver_for(code, 25);
        struct signal *s = make(&c, 60000);
        uint32_t x = 3;
        for (uint32_t i = s->n / 3; i < s->n / 2; i++)
            s->sample[i] = (int16_t)((int32_t)(draw(&x) % 16000) - 8000);
        const struct outcome o = receive(&k, s->sample, s->n, 800);
        print_message("%s: %llu of %u frames, %llu locks, %llu losses\n", sv_phy_code_info(code)->name,
                      (unsigned long long)o.good, s->frames, (unsigned long long)o.locks, (unsigned long long)o.losses);
        assert_true(o.good > 0 && o.good < s->frames);
        /* 100BASE-TX's descrambler gives its lock up only after a millisecond, longer than this signal. */
        if (code == SV_PHY_100BASE_TX)
            assert_true(o.locks >= 2 && o.losses >= 1);
        else
            assert_true(o.good * 2 > s->frames);
        assert_true(o.symbols + 100 > s->n * 10 / 25 && o.symbols < s->n * 10 / 25 + 300);
        assert_true(o.locks < 60);
        free(s);
    }
}

static void the_estimate_finds_the_spacing(void **state)
{
    (void)state;
    static const uint32_t rate[] = {25, 39, 160};
    struct sv_estimate_work *w = malloc(sizeof *w);
    assert_non_null(w);
    for (uint32_t code = 0; code < SV_PHY_CODES; code++)
        for (uint32_t i = 0; i < 3; i++) {
            struct sv_channel_config c = channel_for(code, rate[i]);
            c.clock_ppb = 60000;
            struct signal *s = make(&c, 12000);
            struct sv_estimate e;
            sv_estimate(&e, w, s->sample, s->n);
            const double wanted = rate[i] / 10.0 / 1.00006, found = (double)e.spacing_q32 / 4294967296.0;
            if (e.verdict != SV_ESTIMATE_FOUND || found < wanted * 0.9995 || found > wanted * 1.0005)
                print_message("%s at %.1f: %s %.4f, score %u\n", sv_phy_code_info(code)->name, rate[i] / 10.0,
                              sv_estimate_name(e.verdict), found, e.score);
            assert_int_equal(e.verdict, SV_ESTIMATE_FOUND);
            assert_true(found > wanted * 0.9995 && found < wanted * 1.0005);
            free(s);
        }
    free(w);
}

/* The eye's numbers are those of the noise put in: Q is A / sigma for two levels, half of it for three. */
static void the_eye_is_as_open_as_the_noise_lets_it(void **state)
{
    (void)state;
    struct sv_eye *e = malloc(sizeof *e);
    struct sv_receiver *r = malloc(sizeof *r);
    assert_true(e != NULL && r != NULL);
    for (uint32_t code = SV_PHY_100BASE_TX; code <= SV_PHY_1000BASE_X; code++) {
        const struct sv_channel_config c = channel_for(code, 80);
        struct sv_receiver_config k = receiver_for(code, 80);
        k.equaliser = k.wander = false;
        struct signal *s = make(&c, 20000);
        sv_eye_init(e, code);
        assert_int_equal(sv_receiver_init(r, &k), SV_OK);
        for (uint32_t at = 0; at < s->n;) {
            at += sv_receiver_put(r, s->sample + at, s->n - at);
            while (sv_receiver_step(r))
                if (r->blocks > 40)
                    sv_eye_add(e, r, false);
        }
        for (uint32_t i = 0; i + 1 < e->levels; i++) {
            const struct sv_eye_opening o = sv_eye_opening(e, i);
            const double q = 31.62 / (e->levels - 1); /* 30 dB */
            print_message("%s opening %u: height %.1f %%, width %.1f %%, Q %.1f\n", sv_phy_code_info(code)->name, i,
                          o.height / 100.0, o.width / 100.0, o.q_centi / 100.0);
            assert_true(o.q_centi > q * 85 && o.q_centi < q * 125);
            assert_true(o.height > 7000 && o.height < 10000 && o.width > 5000 && o.width < 10000);
        }
        assert_true(e->traces > 10000);
        free(s);
    }
    free(e);
    free(r);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct sv_receiver *r = malloc(sizeof *r);
    assert_non_null(r);
    struct sv_receiver_config k = receiver_for(SV_PHY_CODES, 20);
    assert_int_equal(sv_receiver_init(r, &k), SV_ERR_INVALID);
    k = receiver_for(SV_PHY_PAM4, 19);
    assert_int_equal(sv_receiver_init(r, &k), SV_ERR_INVALID);
    k = receiver_for(SV_PHY_PAM4, 10250);
    assert_int_equal(sv_receiver_init(r, &k), SV_ERR_INVALID);
    k = receiver_for(SV_PHY_PAM4, 20);
    k.loop_held = true;
    assert_int_equal(sv_receiver_init(r, &k), SV_ERR_INVALID);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_rate_and_any_clock),
        cmocka_unit_test(gain_offset_and_pieces_do_not_matter),
        cmocka_unit_test(manchester_locks_within_eight_bits),
        cmocka_unit_test(lost_and_found),
        cmocka_unit_test(the_estimate_finds_the_spacing),
        cmocka_unit_test(the_eye_is_as_open_as_the_noise_lets_it),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
