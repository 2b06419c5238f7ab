/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbol errors against theory: no cable, no jitter, SNR = 20 log10(A / sigma) at the decision. Five SNRs a code, at
 * least 200 expected errors each, one chi-square over all; the seeds were fixed before the first run. */
#include "tests/unit/l1_physical/phy_support.h"

#include <math.h>

#include "l1_physical/ber.h"

#define POINTS 5u
#define ERRORS 400 /* expected, at each point */
#define SYMBOLS_MAX 4000000.0

static double q(double x)
{
    return 0.5 * erfc(x / sqrt(2));
}

/* Symbol error rate: half-bits and NRZ bits, MLT-3 and PAM4 with their inner thresholds. */
static double theory(uint32_t code, double ratio)
{
    if (code == SV_PHY_100BASE_TX)
        return 1.5 * q(ratio / 2);
    return code == SV_PHY_PAM4 ? 1.5 * q(ratio / 3) : q(ratio);
}

static void errors_agree_with_theory(void **state)
{
    (void)state;
    /* Decibels at the first point; 1 dB on from each to the next. */
    static const int32_t first[SV_PHY_CODES] = {600, 1250, 650, 700, 1600};
    struct sv_ber_work *w = malloc(sizeof *w);
    assert_non_null(w);
    double chi = 0;
    uint32_t points = 0;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++)
        for (uint32_t i = 0; i < POINTS; i++) {
            struct sv_ber_config c = {.code = code, .snr_centi_db = first[code] + 100 * (int32_t)i, .seed = 1000 + i};
            const double rate = theory(code, pow(10, c.snr_centi_db / 2000.0));
            double symbols = ERRORS / rate;
            symbols = symbols < SYMBOLS_MAX ? symbols : SYMBOLS_MAX;
            c.symbols = (uint64_t)symbols;
            struct sv_ber_point p;
            assert_int_equal(sv_ber_measure(w, &c, &p), SV_OK);
            const double wanted = symbols * rate, off = (double)p.errors - wanted;
            assert_int_equal(p.symbols, c.symbols);
            assert_true(wanted >= 200);
            chi += off * off / (wanted * (1 - rate));
            points++;
            print_message("%-10s %5.2f dB: %6llu errors, %7.1f expected, of %.0f\n", sv_phy_code_info(code)->name,
                          c.snr_centi_db / 100.0, (unsigned long long)p.errors, wanted, symbols);
        }
    print_message("chi-square %.1f over %u points\n", chi, points);
    assert_int_equal(points, 25);
    assert_true(chi < 52.62); /* 0.1 % of 25 degrees of freedom */
    free(w);
}

static void a_code_or_an_snr_that_is_none_is_refused(void **state)
{
    (void)state;
    struct sv_ber_work *w = malloc(sizeof *w);
    assert_non_null(w);
    struct sv_ber_point p;
    const struct sv_ber_config none = {.code = SV_PHY_CODES, .symbols = 1};
    const struct sv_ber_config loud = {.code = SV_PHY_PAM4, .snr_centi_db = 12001, .symbols = 1};
    assert_int_equal(sv_ber_measure(w, &none, &p), SV_ERR_INVALID);
    assert_int_equal(sv_ber_measure(w, &loud, &p), SV_ERR_INVALID);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_agree_with_theory),
        cmocka_unit_test(a_code_or_an_snr_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
