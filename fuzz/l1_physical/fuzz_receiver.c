/* SPDX-License-Identifier: BSD-2-Clause */
/* Any samples: no crash, no search without end, no frame with a bad FCS, and the same symbols in pieces of any size.
 * The first octets choose code, spacing and what the receiver may do; the rest are samples. */
#include <stdlib.h>
#include <string.h>

#include "core/crc32.h"
#include "l1_physical/receiver.h"
#include "seven/base.h"

#define HEAD 4u
#define SAMPLES_MAX 1600u /* the shortest frame of 1000BASE-X or 10GBASE-R; a search is dear, instrumented */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    uint64_t symbols, steps;
    uint32_t hash;
};

/* A frame handed over has its FCS in order. */
static void check_frame(const struct sv_phy_event *event, const uint8_t *frame)
{
    SV_ASSERT(event->bytes >= 64 && event->bytes <= SV_PHY_FRAME_MAX);
    SV_ASSERT(sv_crc32(0, frame, event->bytes) == 0x2144df1c);
    SV_ASSERT(event->first_symbol < event->last_symbol);
}

static void decode(struct sv_phy_decoder *d, const struct sv_receiver *r, struct seen *s)
{
    struct sv_phy_event event;
    uint32_t at = 0;
    do {
        at += sv_phy_decode(d, r->level + at, r->count - at, &event);
        if (event.kind == SV_PHY_FRAME)
            check_frame(&event, d->frame.byte);
    } while (at < r->count || event.kind != SV_PHY_NOTHING);
    for (uint32_t i = 0; i < r->count; i++)
        s->hash = s->hash * 31 + (uint8_t)r->level[i];
    s->symbols += r->count;
    s->steps++;
}

static struct seen run(const struct sv_receiver_config *config, const int16_t *sample, uint32_t n, uint32_t piece)
{
    struct sv_receiver *r = malloc(sizeof *r);
    struct sv_phy_decoder *d = malloc(sizeof *d);
    struct seen s = {0, 0, 0};
    SV_ASSERT(r != NULL && d != NULL);
    if (sv_receiver_init(r, config) == SV_OK) {
        sv_phy_decoder_init(d, config->code);
        for (uint32_t at = 0; at < n;) {
            const uint32_t some = sv_receiver_put(r, sample + at, n - at < piece ? n - at : piece);
            SV_ASSERT(some != 0);
            at += some;
            while (sv_receiver_step(r))
                decode(d, r, &s);
        }
        while (sv_receiver_end(r))
            decode(d, r, &s);
        /* Symbols are at least two samples apart; what a carrier's end takes back is told at most once more. */
        SV_ASSERT(s.symbols <= 2 * (uint64_t)n + 64 && s.steps <= 2 * (uint64_t)n + 64);
    }
    free(r);
    free(d);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int16_t sample[SAMPLES_MAX];
    if (size < HEAD + 2)
        return 0;
    /* Nine equalisers are tried for each phase where one may be: there fewer windows. */
    const uint32_t most = data[0] % SV_PHY_CODES == SV_PHY_100BASE_TX ? SAMPLES_MAX / 2 : SAMPLES_MAX;
    const uint32_t there = (uint32_t)(size - HEAD) / 2, n = there < most ? there : most;
    memcpy(sample, data + HEAD, 2 * (size_t)n);
    const struct sv_receiver_config config = {.code = data[0] % SV_PHY_CODES,
                                              .spacing_q32 = (UINT64_C(2) << 32) + ((uint64_t)data[1] << 28),
                                              .equaliser =
                                                  (data[2] & 1) != 0 && data[0] % SV_PHY_CODES == SV_PHY_100BASE_TX,
                                              .wander = (data[2] & 2) != 0};
    const struct seen whole = run(&config, sample, n, n), parts = run(&config, sample, n, 1u + data[3]);
    SV_ASSERT(whole.symbols == parts.symbols && whole.hash == parts.hash);
    return 0;
}
