/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/transcode.h"

#define FLAGS 5u

static void put(struct sv_transcoded *t, uint32_t *at, uint64_t v, uint32_t n)
{
    const uint32_t i = *at / 64, shift = *at % 64;
    t->word[i] |= v << shift;
    if (shift + n > 64)
        t->word[i + 1] |= v >> (64 - shift);
    *at += n;
}

static uint64_t get(const struct sv_transcoded *t, uint32_t *at, uint32_t n)
{
    const uint32_t i = *at / 64, shift = *at % 64;
    uint64_t v = t->word[i] >> shift;
    if (shift + n > 64)
        v |= t->word[i + 1] << (64 - shift);
    *at += n;
    return n < 64 ? v & (((uint64_t)1 << n) - 1) : v;
}

struct sv_transcoded sv_transcode(const struct sv_r64_block block[4])
{
    struct sv_transcoded t = {{0}};
    uint32_t at = 0, first = 4;
    for (uint32_t i = 4; i-- > 0;)
        first = block[i].control ? i : first;
    put(&t, &at, first == 4, 1);
    for (uint32_t i = 0; first < 4 && i < 4; i++)
        put(&t, &at, !block[i].control, 1);
    for (uint32_t i = 0; i < 4; i++) {
        if (i == first) {
            put(&t, &at, block[i].payload & 15, 4);
            put(&t, &at, block[i].payload >> 8, 56);
        } else {
            put(&t, &at, block[i].payload, 64);
        }
    }
    return t;
}

bool sv_transcode_back(struct sv_transcoded t, struct sv_r64_block block[4])
{
    uint32_t at = 0, first = 4;
    const bool all_data = get(&t, &at, 1) != 0;
    for (uint32_t i = 0; i < 4; i++)
        block[i] = (struct sv_r64_block){0, !all_data && get(&t, &at, 1) == 0};
    for (uint32_t i = 4; i-- > 0;)
        first = block[i].control ? i : first;
    bool good = all_data || first < 4;
    for (uint32_t i = 0; good && i < 4; i++) {
        if (i == first) {
            const uint32_t type = sv_r64_type_of_nibble((uint32_t)get(&t, &at, 4));
            block[i].payload = get(&t, &at, 56) << 8 | type;
            good = type != 0;
        } else {
            block[i].payload = get(&t, &at, 64);
        }
    }
    for (uint32_t i = 0; !good && i < 4; i++)
        block[i] = (struct sv_r64_block){0, true};
    return good;
}
