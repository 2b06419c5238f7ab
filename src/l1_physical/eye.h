/* SPDX-License-Identifier: BSD-2-Clause */
/* The eye diagram as a density: how often the signal passed each small rectangle of two symbols by the range of
 * levels, folded on the receiver's own clock, before or after its equaliser. Integers; what is drawn from it is
 * others' part. */
#ifndef SV_L1_PHYSICAL_EYE_H
#define SV_L1_PHYSICAL_EYE_H

#include "l1_physical/receiver.h"

#define SV_EYE_COLUMNS 64u /* two symbols; the instant of decision is the left edge of column 32 */
#define SV_EYE_ROWS 128u   /* row 0 is the top: 1.5 times the outermost level */

struct sv_eye_moments {
    uint64_t count;
    int64_t sum;
    uint64_t square;
};

struct sv_eye {
    uint32_t levels;
    int32_t unit;
    uint64_t traces;
    struct sv_eye_moments level[4];    /* at the decision, by level, lowest first */
    struct sv_eye_moments crossing[3]; /* of the threshold above level i, in 1/1024 symbols from the decision */
    uint32_t density[SV_EYE_ROWS][SV_EYE_COLUMNS];
};

struct sv_eye_opening {
    int32_t
        height; /* (mean - 3 sigma of the upper level) - (mean + 3 sigma of the lower), per 10,000 of their distance */
    int32_t width;    /* 1 - 6 sigma of its crossings, per 10,000 of a symbol */
    uint32_t q_centi; /* 100 (mean - mean) / (sigma + sigma) */
};

void sv_eye_init(struct sv_eye *e, uint32_t code);

/* Adds the block that sv_receiver_step() just gave, with the receiver's samples as they still lie. */
void sv_eye_add(struct sv_eye *e, const struct sv_receiver *r, bool equalised);

/* Of the opening between level i and level i + 1, i < levels - 1; all 0 when there was too little to say. */
struct sv_eye_opening sv_eye_opening(const struct sv_eye *e, uint32_t i);

/* PAM4's level mismatch ratio: three times the least distance of neighbours over that of the outermost, per 10,000. */
uint32_t sv_eye_linearity(const struct sv_eye *e);

#endif
