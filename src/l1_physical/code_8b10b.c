/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/code_8b10b.h"

#include "l1_physical/code_8b10b_table.h"

static uint32_t ones(uint32_t v)
{
    v -= v >> 1 & 0x155;
    v = (v & 0x333) + (v >> 2 & 0x333);
    return (v & 0xf) + (v >> 4 & 0xf) + (v >> 8);
}

/* §36.2.4.4: the disparity after each sub-block is its own, or that before if it has as many ones as zeros; but for
 * 000111 and 0011, which are as if positive, and 111000 and 1100, as if negative. */
static bool disparity_after(uint32_t group, bool plus)
{
    const uint32_t six = group >> 4, four = group & 15, in_six = ones(six), in_four = ones(four);
    plus = in_six > 3 || six == 7 ? true : in_six < 3 || six == 56 ? false : plus;
    return in_four > 2 || four == 3 ? true : in_four < 2 || four == 12 ? false : plus;
}

uint32_t sv_8b10b_encode(uint32_t code, bool *rd_plus)
{
    uint32_t group = SV_8B10B_INVALID;
    if (code < 256) {
        group = groups_data[code][*rd_plus];
    } else {
        for (uint32_t i = 0; i < GROUPS_SPECIAL; i++)
            if (code == (SV_8B10B_SPECIAL | groups_special_octet[i]))
                group = groups_special[i][*rd_plus];
        if (group == SV_8B10B_INVALID)
            return group;
    }
    *rd_plus ^= ones(group) != 5;
    return group;
}

uint32_t sv_8b10b_decode(uint32_t group, bool *rd_plus)
{
    group &= 0x3ff;
    const uint32_t code = *rd_plus ? groups_plus[group] : groups_minus[group];
    *rd_plus = disparity_after(group, *rd_plus);
    return code;
}
