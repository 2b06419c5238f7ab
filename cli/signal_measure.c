/* SPDX-License-Identifier: BSD-2-Clause */
/* seven signal --ber: symbol errors against SNR, measured through channel and receiver, beside what theory says. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/signal.h"
#include "l1_physical/ber.h"
#include "port/cpu.h"

#define POINTS 7u

/* The probability that a Gaussian exceeds x standard deviations. */
static double q(double x)
{
    return 0.5 * erfc(x / sqrt(2));
}

/* Symbol error rate with the outermost level at `ratio` standard deviations of the noise. */
static double theory(uint32_t code, double ratio)
{
    return code == SV_PHY_100BASE_TX ? 1.5 * q(ratio / 2) : code == SV_PHY_PAM4 ? 1.5 * q(ratio / 3) : q(ratio);
}

static const char *formula(uint32_t code)
{
    return code == SV_PHY_100BASE_TX ? "1.5 Q(A/2s)" : code == SV_PHY_PAM4 ? "1.5 Q(A/3s)" : "Q(A/s)";
}

/* SNR, dB, at which the theory says `rate`. */
static double snr_for(uint32_t code, double rate)
{
    double low = 0, high = 40;
    for (uint32_t i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        if (theory(code, pow(10, middle / 20)) > rate)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static bool one_point(const struct signal_config *config, bool json, uint32_t code, double snr,
                      struct sv_ber_work *work)
{
    const struct sv_ber_config ask = {.code = code,
                                      .snr_centi_db = (int32_t)lround(snr * 100),
                                      .symbols = config->points,
                                      .seed = config->seed,
                                      .cpu = sv_cpu_detect()};
    struct sv_ber_point p;
    if (sv_ber_measure(work, &ask, &p) != SV_OK || p.symbols == 0)
        return false;
    const double ratio = p.amplitude / (p.sigma_q3 / 8.0), expected = theory(code, ratio) * (double)p.symbols;
    const double off = expected > 0 ? ((double)p.errors - expected) / sqrt(expected) : 0;
    const char *name = sv_phy_code_info(code)->name;
    if (json)
        printf("{\"schema\":1,\"code\":\"%s\",\"snr_db\":%.2f,\"symbols\":%llu,\"errors\":%llu,\"rate\":%.6g,"
               "\"theory_rate\":%.6g,\"standard_deviations\":%.2f}\n",
               name, snr, (unsigned long long)p.symbols, (unsigned long long)p.errors,
               (double)p.errors / (double)p.symbols, theory(code, ratio), off);
    else
        printf("%-11s %7.2f %11llu %9llu   %10.3e  %10.3e  %+6.2f\n", name, snr, (unsigned long long)p.symbols,
               (unsigned long long)p.errors, (double)p.errors / (double)p.symbols, theory(code, ratio), off);
    return true;
}

int signal_ber(const struct signal_config *config, const struct cli_output_options *output)
{
    static const double rate[POINTS] = {1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4};
    const bool json = output->json || output->pretty;
    uint32_t only = SV_PHY_CODES;
    if (config->code && strcmp(config->code, "auto") != 0) {
        only = sv_phy_code_find(config->code, (uint32_t)strlen(config->code));
        if (only == SV_PHY_CODES)
            return cli_usage("signal", "--code %s: it is one of 10base-t, 100base-tx, 1000base-x, 10gbase-r, pam4",
                             config->code);
    }
    struct sv_ber_work *work = calloc(1, sizeof *work);
    if (!work)
        return cli_fail("signal", "out of memory");
    if (!json)
        printf("code         SNR dB     symbols    errors     measured      theory  off by (standard deviations)\n");
    bool good = true;
    for (uint32_t code = 0; good && code < SV_PHY_CODES; code++) {
        if (only != SV_PHY_CODES && code != only)
            continue;
        for (uint32_t i = 0; good && i < POINTS; i++)
            good = one_point(config, json, code, snr_for(code, rate[i]), work);
        if (!json && good)
            printf("            theory: %s, A the outermost level, s the noise's standard deviation at the decision\n",
                   formula(code));
        (void)fflush(stdout);
    }
    free(work);
    return good ? 0 : cli_fail("signal", "--ber: the measurement is not possible");
}
