/* SPDX-License-Identifier: BSD-2-Clause */
/* Each vector, bit for bit, both ways. */
#include "tests/unit/l1_physical/phy_support.h"

#define SYMBOLS_MAX 4096u

/* The n-th line (from 0) that is not empty and does not begin with '#'. */
static char *line(char *text, uint32_t n)
{
    char *at = strtok(text, "\n");
    while (at && (*at == '#' || n-- > 0))
        at = strtok(NULL, "\n");
    assert_non_null(at);
    return at;
}

/* The line's letters as levels. */
static uint32_t levels(const char *bits, int8_t *symbol)
{
    uint32_t n = 0;
    for (; bits[n] == '0' || bits[n] == '1'; n++)
        symbol[n] = bits[n] == '1' ? 1 : -1;
    assert_true(n > 0 && n <= SYMBOLS_MAX);
    return n;
}

/* `before` symbols of idle, the frame: are they the vector? Then the way back, after some idle to lock on. */
static void both_ways(uint32_t code, const int8_t *vector, uint32_t n, uint32_t before)
{
    struct sv_phy_encoder *e = new_encoder(code);
    struct sv_phy_decoder *d = new_decoder(code);
    static int8_t symbol[SYMBOLS_MAX];
    sv_phy_encode(e, symbol, before);
    assert_int_equal(sv_phy_encode_frame(e, arp_frame(), 42, SV_PHY_FCS_APPEND), SV_OK);
    sv_phy_encode(e, symbol + before, n - before);
    assert_memory_equal(symbol, vector, n);
    assert_int_equal(e->frame_first, before);

    struct sv_phy_encoder *at_rest = new_encoder(code);
    sv_phy_decoder_follow(d, at_rest);
    struct sv_phy_event event = {0};
    uint32_t taken = 0, frames = 0;
    const int8_t silence[16] = {0};
    while (taken < n) {
        taken += sv_phy_decode(d, vector + taken, n - taken, &event);
        frames += event.kind == SV_PHY_FRAME;
    }
    if (code == SV_PHY_10BASE_T) {
        (void)sv_phy_decode(d, silence, 16, &event);
        frames += event.kind == SV_PHY_FRAME;
    }
    assert_int_equal(frames, 1);
    assert_int_equal(d->frame.bytes, 64);
    assert_memory_equal(d->frame.byte, arp_frame(), 64);
    assert_int_equal(d->frame.first_symbol, before);
    free(e);
    free(d);
    free(at_rest);
}

static void manchester(void **state)
{
    (void)state;
    static int8_t vector[SYMBOLS_MAX];
    char *text = vector_file("manchester_arp.txt");
    if (!text)
        skip();
    both_ways(SV_PHY_10BASE_T, vector, levels(line(text, 0), vector), 0);
    free(text);
}

static void tx100(void **state)
{
    (void)state;
    static int8_t vector[SYMBOLS_MAX];
    char *text = vector_file("100basetx_arp.txt");
    if (!text)
        skip();
    const char *mlt3 = line(text, 2);
    uint32_t n = 0;
    for (; mlt3[n] == '+' || mlt3[n] == '-' || mlt3[n] == '0'; n++)
        vector[n] = (int8_t)(mlt3[n] == '+' ? 1 : mlt3[n] == '-' ? -1 : 0);
    assert_int_equal(n, 810);
    both_ways(SV_PHY_100BASE_TX, vector, n, 40);
    free(text);
}

static void x1000(void **state)
{
    (void)state;
    static int8_t vector[SYMBOLS_MAX];
    char *text = vector_file("1000basex_arp.txt");
    if (!text)
        skip();
    const uint32_t n = levels(line(text, 0), vector);
    assert_int_equal(n, 780);
    both_ways(SV_PHY_1000BASE_X, vector, n, 40);
    free(text);
}

static void r10g(void **state)
{
    (void)state;
    static int8_t vector[SYMBOLS_MAX];
    char *text = vector_file("10gbaser_arp.txt");
    if (!text)
        skip();
    uint32_t n = 0;
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
        if (*at == '#')
            continue;
        n += levels(at, vector + n);
        assert_int_equal(levels(strrchr(at, ' ') + 1, vector + n), 64);
        n += 64;
    }
    assert_int_equal(n, 12 * 66);
    both_ways(SV_PHY_10GBASE_R, vector, n, 66);
    free(text);
}

/* Facts of the standards that need no file. */
static void first_symbols(void **state)
{
    (void)state;
    int8_t symbol[66];
    struct sv_phy_encoder *e = new_encoder(SV_PHY_100BASE_TX);
    sv_phy_encode(e, symbol, 40);
    for (uint32_t i = 0; i < 40; i++)
        assert_int_equal("+0-0+0-0+++0-0+0-00000+0-0+++0---0+00000"[i], "-0+"[symbol[i] + 1]);
    sv_phy_encoder_init(e, SV_PHY_1000BASE_X);
    sv_phy_encode(e, symbol, 20); /* /I2/ at negative disparity */
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal("00111110101001000101"[i], symbol[i] > 0 ? '1' : '0');
    sv_phy_encoder_init(e, SV_PHY_10GBASE_R);
    sv_phy_encode(e, symbol, 66);
    for (uint32_t i = 0; i < 66; i++)
        assert_int_equal("100111100000000000000000000000000000000001000011111111111111011110"[i],
                         symbol[i] > 0 ? '1' : '0');
    sv_phy_encoder_init(e, SV_PHY_10BASE_T);
    assert_int_equal(sv_phy_encode_frame(e, arp_frame(), 64, SV_PHY_FCS_PRESENT), SV_OK);
    sv_phy_encode(e, symbol, 4); /* a 1 first: from idle the line goes down */
    assert_int_equal(symbol[0], -1);
    assert_int_equal(symbol[1], 1);
    assert_int_equal(symbol[2], 1);
    assert_int_equal(symbol[3], -1);
    free(e);
}

static void names(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        const struct sv_phy_code_info *info = sv_phy_code_info(code);
        assert_int_equal(sv_phy_code_find(info->name, (uint32_t)strlen(info->name)), code);
        assert_true(info->symbol_hz > info->bit_hz / 2);
    }
    assert_null(sv_phy_code_info(SV_PHY_CODES));
    assert_int_equal(sv_phy_code_find("10base", 6), SV_PHY_CODES);
    assert_int_equal(sv_phy_code_find("pam4x", 4), SV_PHY_PAM4);
    for (uint32_t kind = 0; kind < SV_PHY_EVENT_KINDS; kind++)
        assert_non_null(sv_phy_event_name(kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manchester), cmocka_unit_test(tx100),         cmocka_unit_test(x1000),
        cmocka_unit_test(r10g),       cmocka_unit_test(first_symbols), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
