/* SPDX-License-Identifier: BSD-2-Clause */
/* 1000BASE-X, sending (IEEE 802.3 clause 36): a stream of code groups in pairs. Idle is K28.5 and a data group: /I1/
 * (D5.6) turns a positive disparity negative, /I2/ (D16.2) keeps it. */
#include "l1_physical/x1000.h"

#define GAP_UNITS 10u /* with /T/R/: twelve octets */

enum stage { STAGE_IDLE, STAGE_FRAME, STAGE_R, STAGE_EVEN };

static uint32_t idle_code(struct sv_phy_encoder *e)
{
    struct sv_x1000_encoder *x = &e->of.x1000;
    sv_phy_gap_unit(e);
    if (x->odd)
        return x->idle;
    x->idle = x->rd_plus ? SV_D5_6 : SV_D16_2;
    return SV_K28_5;
}

static uint32_t next_code(struct sv_phy_encoder *e)
{
    struct sv_x1000_encoder *x = &e->of.x1000;
    if (e->stage == STAGE_EVEN && x->odd) {
        /* Idle begins with an even group: one more /R/ (§36.2.4.13). */
        e->frame_end = e->symbols + SV_X1000_UNIT;
        e->stage = STAGE_IDLE;
        return SV_K23_7;
    }
    if (e->stage == STAGE_EVEN)
        e->stage = STAGE_IDLE;
    if (e->stage == STAGE_IDLE) {
        if (x->odd || !sv_phy_frame_waits(e))
            return idle_code(e);
        sv_phy_frame_begins(e);
        e->stage = STAGE_FRAME;
        e->at = 1; /* /S/ takes the place of the first octet of preamble */
        return SV_K27_7;
    }
    if (e->stage == STAGE_R) {
        e->stage = STAGE_EVEN;
        sv_phy_frame_ends(e, SV_X1000_UNIT, GAP_UNITS);
        return SV_K23_7;
    }
    if (e->at == e->frame_bytes + SV_PREAMBLE_OCTETS) {
        e->stage = STAGE_R;
        return SV_K29_7;
    }
    return sv_phy_octet(e, e->at++);
}

static uint32_t unit(struct sv_phy_encoder *e, int8_t *symbol)
{
    struct sv_x1000_encoder *x = &e->of.x1000;
    const uint32_t code = next_code(e);
    bool rd_plus = x->rd_plus;
    const uint32_t group = sv_8b10b_encode(code, &rd_plus);
    x->rd_plus = rd_plus;
    x->odd = !x->odd;
    for (uint32_t i = 0; i < SV_X1000_UNIT; i++)
        symbol[i] = sv_phy_nrz(group >> (9 - i) & 1);
    return SV_X1000_UNIT;
}

static void encode_skip(struct sv_phy_encoder *e, uint64_t n)
{
    struct sv_x1000_encoder *x = &e->of.x1000;
    while (n >= SV_X1000_UNIT && (x->odd || x->rd_plus || e->stage != STAGE_IDLE || e->gap != 0)) {
        sv_phy_encode_waste(e, SV_X1000_UNIT);
        n -= SV_X1000_UNIT;
    }
    /* From here on it is /I2/ for ever. */
    const uint64_t rest = n - sv_div64(n, SV_X1000_PAIR) * SV_X1000_PAIR;
    if (n >= SV_X1000_UNIT)
        e->symbols += n - rest;
    sv_phy_encode_waste(e, n >= SV_X1000_UNIT ? rest : n);
}

static void encoder_init(struct sv_phy_encoder *e)
{
    e->stage = STAGE_IDLE;
}

const struct sv_phy_ops sv_x1000_ops = {
    encoder_init,         unit,          encode_skip,     sv_x1000_decoder_init, sv_x1000_decode,
    sv_x1000_decode_skip, sv_x1000_idle, sv_x1000_locked, sv_x1000_follow,       NULL,
};
