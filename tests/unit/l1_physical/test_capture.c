/* SPDX-License-Identifier: BSD-2-Clause */
/* Real oscilloscopes' captures: told nothing but the samples, each gives its frames, and no others. */
#include "tests/unit/l1_physical/waveform_support.h"

#include "l1_physical/capture.h"

struct expected {
    const char *leg, *minus;
    uint64_t sample_hz;
    uint32_t code, frames, bytes;
};

static const struct expected captures[] = {
    {"10base-t/waveform_1_leg_1.f32.gz", "10base-t/waveform_1_leg_2.f32.gz", 1000000000u, SV_PHY_10BASE_T, 1, 102},
    {"10base-t/waveform_2_leg_1.f32.gz", "10base-t/waveform_2_leg_2.f32.gz", 1000000000u, SV_PHY_10BASE_T, 1, 102},
    {"10base-t/waveform_1_leg_1.f32.gz", NULL, 1000000000u, SV_PHY_10BASE_T, 1, 102},
    {"10base-t/waveform_2_leg_2.f32.gz", NULL, 1000000000u, SV_PHY_10BASE_T, 1, 102},
    {"10base-t/inverted_tektronix.csv.gz", NULL, 1000000000u, SV_PHY_10BASE_T, 1, 64},
    {"100base-tx/500MSps.f32.gz", NULL, 500000000u, SV_PHY_100BASE_TX, 1, 102},
    {"1000base-x/upright_leg.f32.gz", NULL, 20000000000u, SV_PHY_1000BASE_X, 2, 94},
    {"10gbase-r/waveform_1.f32.gz", NULL, 40000000000u, SV_PHY_10GBASE_R, 1, 1046},
};

struct heard {
    uint32_t frames, bytes;
    uint64_t last_q8;
};

static void hear(void *user, const struct sv_phy_event *event, const uint8_t *frame, uint64_t first_q8, uint64_t end_q8)
{
    struct heard *h = user;
    assert_true(first_q8 <= end_q8); /* also of what begins before the first sample */
    if (event->kind != SV_PHY_FRAME)
        return;
    assert_non_null(frame);
    assert_int_equal(sv_crc32(0, frame, event->bytes), 0x2144df1c);
    assert_true(first_q8 < end_q8 && first_q8 >= h->last_q8);
    h->frames++;
    h->bytes = event->bytes;
    h->last_q8 = end_q8;
}

static struct waveform read_legs(const struct expected *x)
{
    struct waveform w = waveform_read(x->leg);
    if (w.n == 0 || x->minus == NULL)
        return w;
    struct waveform other = waveform_read(x->minus);
    assert_int_equal(w.n, other.n);
    for (uint32_t i = 0; i < w.n; i++)
        w.volt[i] -= other.volt[i];
    free(other.volt);
    return w;
}

/* One capture under one disguise: told `code` and `hz`, or not; amplified, shifted, turned over. */
static void decodes(const struct expected *x, const struct waveform *w, uint32_t code, uint64_t hz, double gain,
                    double offset)
{
    struct sv_capture *c = malloc(sizeof *c);
    assert_non_null(c);
    int16_t *sample = waveform_samples(w, gain, offset);
    c->config = (struct sv_capture_config){.sample = sample, .n = w->n, .sample_hz = hz, .code = code};
    struct heard h = {0, 0, 0};
    const bool good = sv_capture_decode(c, hear, &h);
    const struct sv_phy_counters *n = &c->trial[x->code].count;
    assert_true(good);
    assert_int_equal(c->code, x->code);
    assert_int_equal(h.frames, x->frames);
    assert_int_equal(h.bytes, x->bytes);
    assert_int_equal(n->good, x->frames);
    assert_int_equal(n->bad_fcs + n->symbol_error + n->false_carrier, 0);
    assert_int_equal(c->trial[x->code].locks, 1);
    if (x->code == SV_PHY_1000BASE_X || x->code == SV_PHY_10GBASE_R) {
        assert_int_equal(n->illegal, 0);
        assert_true(n->checked > 700);
    }
    /* The sender's clock is within 100 ppm of its own, the oscilloscope's within as many. */
    const double off = ((double)c->sample_hz - (double)x->sample_hz) / (double)x->sample_hz;
    assert_true(fabs(off) < 2e-4);
    free(sample);
    free(c);
}

static void every_capture_gives_its_frames(void **state)
{
    (void)state;
    uint32_t there = 0;
    for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++) {
        const struct expected *x = &captures[i];
        struct waveform w = read_legs(x);
        if (w.n == 0)
            continue;
        there++;
        decodes(x, &w, SV_PHY_CODES, 0, 1, 0);
        decodes(x, &w, SV_PHY_CODES, x->sample_hz, 1, 0);
        decodes(x, &w, x->code, x->sample_hz, 1, 0);
        decodes(x, &w, SV_PHY_CODES, 0, -0.1, 0.5);
        free(w.volt);
    }
    if (there == 0)
        skip();
}

/* What is no signal gives no frame, whatever it is called, and says so. */
static void nothing_comes_of_nothing(void **state)
{
    (void)state;
    enum { N = 40000 };
    struct sv_capture *c = malloc(sizeof *c);
    int16_t *sample = calloc(N, sizeof *sample);
    assert_true(c != NULL && sample != NULL);
    c->config = (struct sv_capture_config){.sample = sample, .n = 0, .code = SV_PHY_CODES};
    assert_false(sv_capture_decode(c, NULL, NULL));
    assert_int_equal(c->estimate.verdict, SV_ESTIMATE_EMPTY);
    c->config.n = N;
    assert_false(sv_capture_decode(c, NULL, NULL));
    assert_int_equal(c->estimate.verdict, SV_ESTIMATE_CONSTANT);
    uint32_t x = 1;
    for (uint32_t i = 0; i < N; i++)
        sample[i] = (int16_t)(draw(&x) % 8000);
    assert_false(sv_capture_decode(c, NULL, NULL));
    assert_int_equal(c->estimate.verdict, SV_ESTIMATE_NO_CLOCK);
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        c->config.code = code;
        c->config.sample_hz = 4 * sv_phy_code_info(code)->symbol_hz;
        assert_false(sv_capture_decode(c, NULL, NULL));
    }
    for (uint32_t i = 0; i < N; i++)
        sample[i] = i < N / 2 ? 1000 : -1000;
    c->config.code = SV_PHY_CODES;
    assert_false(sv_capture_decode(c, NULL, NULL));
    assert_int_equal(c->estimate.verdict, SV_ESTIMATE_NO_EDGES);
    free(sample);
    free(c);
}

/* A frame of 10BASE-T in which nearly all bits are the same: nearly all edges are a bit apart, and a half-bit is to be
 * found all the same, at any number of samples. */
static void many_equal_bits_have_a_rate_too(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    static const uint32_t per_symbol_centi[] = {400, 837, 1250, 2000, 5031};
    struct sv_capture *c = malloc(sizeof *c);
    struct sv_phy_encoder *e = malloc(sizeof *e);
    int16_t *sample = malloc(N * sizeof *sample);
    assert_true(c && e && sample);
    for (uint32_t k = 0; k < sizeof per_symbol_centi / sizeof per_symbol_centi[0]; k++) {
        static int8_t symbol[26000];
        uint8_t frame[1000] = {0};
        sv_phy_encoder_init(e, SV_PHY_10BASE_T);
        sv_phy_encode(e, symbol, 320);
        assert_int_equal(sv_phy_encode_frame(e, frame, sizeof frame, SV_PHY_FCS_APPEND), SV_OK);
        sv_phy_encode(e, symbol + 320, sizeof symbol - 320);
        uint32_t n = 0;
        for (; n < N && (uint64_t)n * 100 / per_symbol_centi[k] < 20000; n++)
            sample[n] = (int16_t)(symbol[(uint64_t)n * 100 / per_symbol_centi[k]] * 8000 + (int32_t)(n * 7919 % 101));
        c->config = (struct sv_capture_config){.sample = sample, .n = n, .code = SV_PHY_CODES};
        struct heard h = {0, 0, 0};
        assert_true(sv_capture_decode(c, hear, &h));
        assert_int_equal(c->code, SV_PHY_10BASE_T);
        assert_int_equal(h.frames, 1); /* told once, whichever way it was found */
        assert_int_equal(h.bytes, 1004);
    }
    free(sample);
    free(e);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_capture_gives_its_frames),
        cmocka_unit_test(nothing_comes_of_nothing),
        cmocka_unit_test(many_equal_bits_have_a_rate_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
