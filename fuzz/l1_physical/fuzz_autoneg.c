/* SPDX-License-Identifier: BSD-2-Clause */
/* Pulses and signals at any times: two octets are microseconds to the next pulse, or in the highest values something
 * else. A good link is only ever full duplex. */
#include "l1_physical/autoneg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_autoneg a;
    sv_time now = 0;
    sv_autoneg_init(&a, size > 0 ? data[0] * 64u : 0, now);
    for (size_t i = 0; i + 2 <= size; i += 2) {
        const uint32_t v = (uint32_t)data[i] << 8 | data[i + 1];
        if (v >= 0xff00)
            sv_autoneg_signal_100(&a, v & 1, now);
        else if (v >= 0xfe00)
            sv_autoneg_link(&a, v & 1, now);
        else
            now += (v >= 0xf000 ? (v & 0xfff) * 1000u : v) * SV_US;
        for (uint32_t k = 0; k < 200000 && sv_autoneg_next_deadline(&a) <= now; k++)
            (void)sv_autoneg_expire(&a, now);
        SV_ASSERT(a.state < SV_AN_STATES && a.why < SV_AN_WHYS);
        if (v < 0xf000)
            sv_autoneg_pulse(&a, now);
        if (a.state == SV_AN_GOOD)
            SV_ASSERT(a.result == SV_AN_100TX_FULL || a.result == SV_AN_10T_FULL);
    }
    return 0;
}
