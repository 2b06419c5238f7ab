/* SPDX-License-Identifier: BSD-2-Clause */
/* Two ends on one clock. There is no real capture of fast link pulses among the data: this is tested against itself,
 * against the published word and the figures of clause 28. */
#include "tests/unit/l1_physical/phy_support.h"

#include "l1_physical/autoneg.h"

#define ALL (SV_AN_10T | SV_AN_10T_FULL | SV_AN_100TX | SV_AN_100TX_FULL)

/* Runs both until `until` or until both rest in a good link; pulses arrive up to jitter_ns late. */
static sv_time run(struct sv_autoneg *a, struct sv_autoneg *b, sv_time now, sv_time until, uint32_t jitter_ns)
{
    struct sv_autoneg *const end[2] = {a, b};
    uint32_t x = 1;
    while (now < until && !(a->state == SV_AN_GOOD && b->state == SV_AN_GOOD)) {
        for (uint32_t i = 0; i < 2; i++) {
            if (sv_autoneg_next_deadline(end[i]) <= now && sv_autoneg_expire(end[i], now))
                sv_autoneg_pulse(end[1 - i], now + (jitter_ns ? draw(&x) % jitter_ns : 0));
            if (end[i]->state == SV_AN_GOOD_CHECK && end[1 - i]->state == SV_AN_GOOD_CHECK &&
                end[0]->result == end[1]->result) {
                sv_autoneg_link(end[0], true, now);
                sv_autoneg_link(end[1], true, now);
            }
        }
        const sv_time first = sv_autoneg_next_deadline(a), second = sv_autoneg_next_deadline(b);
        const sv_time next = first < second ? first : second;
        if (next != SV_NEVER)
            now = next > now ? next : now + 1;
    }
    return now;
}

static void the_best_of_both(void **state)
{
    (void)state;
    static const struct {
        uint32_t ours, theirs, result;
    } cases[] = {
        {ALL, ALL, SV_AN_100TX_FULL},
        {ALL, SV_AN_10T | SV_AN_10T_FULL, SV_AN_10T_FULL},
        {SV_AN_10T_FULL | SV_AN_PAUSE, ALL, SV_AN_10T_FULL},
        {SV_AN_100TX_FULL, SV_AN_100TX_FULL | SV_AN_10T, SV_AN_100TX_FULL},
    };
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sv_autoneg a, b;
        sv_autoneg_init(&a, cases[i].ours, SV_S);
        sv_autoneg_init(&b, cases[i].theirs, SV_S + 300 * SV_MS);
        const sv_time at = run(&a, &b, SV_S, 20 * SV_S, 5000);
        assert_int_equal(a.state, SV_AN_GOOD);
        assert_int_equal(b.state, SV_AN_GOOD);
        assert_int_equal(a.result, cases[i].result);
        assert_int_equal(b.result, cases[i].result);
        assert_int_equal(a.partner, cases[i].theirs | SV_AN_SELECTOR);
        assert_true(at - SV_S > 1200 * SV_MS && at - SV_S < 3 * SV_S); /* about two seconds */
        sv_autoneg_link(&a, false, at);
        assert_int_equal(a.state, SV_AN_TRANSMIT_DISABLE);
        assert_int_equal(a.why, SV_AN_WHY_NO_LINK);
    }
}

static void half_duplex_is_refused_with_its_reason(void **state)
{
    (void)state;
    struct sv_autoneg a, b;
    sv_autoneg_init(&a, ALL, 0);
    sv_autoneg_init(&b, SV_AN_100TX | SV_AN_10T, 0);
    run(&a, &b, 0, 10 * SV_S, 0);
    assert_int_not_equal(a.state, SV_AN_GOOD);
    assert_int_equal(a.why, SV_AN_WHY_HALF_DUPLEX);
    assert_string_equal(sv_autoneg_why_name(a.why), "half-duplex");
    sv_autoneg_init(&a, SV_AN_100TX_FULL, 0);
    sv_autoneg_init(&b, SV_AN_10T_FULL, 0);
    run(&a, &b, 0, 10 * SV_S, 0);
    assert_int_equal(a.why, SV_AN_WHY_NOTHING_COMMON);
}

/* Lets one end run, with a link pulse every 16 ms if `pulses`; returns when it is down, or `until`. */
static void alone(struct sv_autoneg *a, bool pulses, sv_time until)
{
    sv_time next = 0;
    for (sv_time now = 0; now < until && a->state != SV_AN_DOWN; now += 10 * SV_US) {
        if (pulses && now >= next) {
            sv_autoneg_pulse(a, now);
            next = now + 16 * SV_MS;
        }
        (void)sv_autoneg_expire(a, now);
    }
}

static void parallel_detection(void **state)
{
    (void)state;
    struct sv_autoneg a;
    sv_autoneg_init(&a, ALL, 0);
    alone(&a, true, 4 * SV_S);
    assert_int_equal(a.state, SV_AN_DOWN);
    assert_true(a.parallel);
    assert_int_equal(a.result, SV_AN_10T);
    assert_int_equal(a.why, SV_AN_WHY_HALF_DUPLEX);

    sv_autoneg_init(&a, ALL, 0);
    sv_autoneg_signal_100(&a, true, 0);
    alone(&a, false, 1400 * SV_MS);
    sv_autoneg_signal_100(&a, true, 1400 * SV_MS);
    assert_int_equal(a.state, SV_AN_LINK_STATUS_CHECK);
    alone(&a, false, 4 * SV_S);
    assert_int_equal(a.result, SV_AN_100TX);
    assert_int_equal(a.why, SV_AN_WHY_HALF_DUPLEX);

    sv_autoneg_init(&a, ALL, 0); /* its idle was there before we began to look, and nobody tells of it again */
    sv_autoneg_signal_100(&a, true, 0);
    alone(&a, false, 2500 * SV_MS);
    assert_int_equal(a.state, SV_AN_DOWN);
    assert_int_equal(a.why, SV_AN_WHY_HALF_DUPLEX);

    sv_autoneg_init(&a, ALL, 0); /* both at once: neither is believed */
    sv_autoneg_signal_100(&a, true, 0);
    alone(&a, true, 3 * SV_S);
    assert_int_equal(a.why, SV_AN_WHY_PARALLEL_FAULT);

    sv_autoneg_init(&a, ALL, 0); /* nobody there: it goes on asking */
    alone(&a, false, 4 * SV_S);
    assert_int_equal(a.state, SV_AN_ABILITY_DETECT);
    assert_int_equal(a.why, SV_AN_WHY_NONE);
}

/* Noise between pulses, pulses missing: words that are not three times the same are not believed. */
static void random_pulses_agree_on_nothing(void **state)
{
    (void)state;
    struct sv_autoneg a;
    uint32_t x = 5;
    sv_autoneg_init(&a, ALL, 0);
    for (sv_time now = 0; now < 3 * SV_S; now += 1000 + draw(&x) % 90000) {
        sv_autoneg_pulse(&a, now);
        (void)sv_autoneg_expire(&a, now);
        assert_true(a.state == SV_AN_TRANSMIT_DISABLE || a.state == SV_AN_ABILITY_DETECT);
    }
}

/* The burst on the wire of 10BASE-T, in half-bits: 0x01e1 is the word of all four technologies. */
static void a_burst_as_symbols(void **state)
{
    (void)state;
    struct sv_phy_encoder *e = new_encoder(SV_PHY_10BASE_T);
    struct sv_phy_decoder *d = new_decoder(SV_PHY_10BASE_T);
    struct sv_autoneg a, b;
    sv_time now = 1300 * SV_MS;
    uint32_t pulses = 0;
    e->of.manchester.no_pulses = true;
    sv_autoneg_init(&a, ALL, 0);
    sv_autoneg_init(&b, ALL, 0);
    sv_autoneg_expire(&b, now);
    for (uint32_t i = 0; i < 3 * 18000 / 16 * 20 / 20 * 16; i++, now += 800) { /* sixteen half-bits a turn */
        int8_t symbol[16];
        struct sv_phy_event event;
        if (sv_autoneg_expire(&a, now)) {
            sv_phy_encode_pulse(e);
            pulses++;
        }
        sv_phy_encode(e, symbol, 16);
        (void)sv_phy_decode(d, symbol, 16, &event);
        if (event.kind == SV_PHY_LINK_PULSE)
            sv_autoneg_pulse(&b, 1300 * SV_MS + event.first_symbol * 50);
    }
    assert_true(pulses >= 2 * (17 + 5));
    assert_int_equal(b.receiver.last_word & ~(uint32_t)SV_AN_ACK, 0x01e1);
    assert_int_equal(d->count.false_carrier, 0);
    free(e);
    free(d);
}

static void names(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= SV_AN_STATES; i++)
        assert_non_null(sv_autoneg_state_name(i));
    assert_string_equal(sv_autoneg_why_name(SV_AN_WHYS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_of_both),   cmocka_unit_test(half_duplex_is_refused_with_its_reason),
        cmocka_unit_test(parallel_detection), cmocka_unit_test(random_pulses_agree_on_nothing),
        cmocka_unit_test(a_burst_as_symbols), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
