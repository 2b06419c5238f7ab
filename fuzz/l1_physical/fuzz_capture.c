/* SPDX-License-Identifier: BSD-2-Clause */
/* Any samples as a capture of which nothing is told: every length of a symbol and every code is tried. No crash, no
 * frame with a bad FCS, nothing that ends before it begins. */
#include <stdlib.h>
#include <string.h>

#include "core/crc32.h"
#include "l1_physical/capture.h"

#define SAMPLES_MAX 640u /* two searches a code: whole frames are fuzz_receiver's and fuzz_phy_symbols' */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void told(void *user, const struct sv_phy_event *event, const uint8_t *frame, uint64_t first_q8, uint64_t end_q8)
{
    (void)user;
    SV_ASSERT((event->kind == SV_PHY_FRAME) == (frame != NULL));
    SV_ASSERT(first_q8 <= end_q8);
    if (frame != NULL) {
        SV_ASSERT(event->bytes >= 64 && event->bytes <= SV_PHY_FRAME_MAX);
        SV_ASSERT(sv_crc32(0, frame, event->bytes) == SV_CRC32_RESIDUE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int16_t sample[SAMPLES_MAX];
    static struct sv_capture c;
    const uint32_t n = (uint32_t)(size < sizeof sample ? size : sizeof sample) / 2;
    if (n == 0)
        return 0;
    memcpy(sample, data, 2 * (size_t)n);
    memset(&c, 0xa5, sizeof c); /* nothing of it may be taken for granted */
    c.config = (struct sv_capture_config){.sample = sample, .n = n, .code = SV_PHY_CODES};
    (void)sv_capture_decode(&c, told, NULL);
    return 0;
}
