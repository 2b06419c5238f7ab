/* SPDX-License-Identifier: BSD-2-Clause */
/* What frames draw, and the heap of those that overtake. */
#include "sim/link_private.h"

#include "core/mem.h"

#define SV_LINK_PURPOSE 64u /* the first purpose of port 0; a stack's own are below */

/* --- the heap --- */

void sv_link_heap_put(struct sv_link_direction *d, struct sv_link_frame fresh)
{
    struct sv_link_frame *f = sv_link_heap(d);
    uint32_t i = d->heap++;
    for (; i && sv_link_sooner(&fresh, &f[(i - 1u) / 2u]); i = (i - 1u) / 2u)
        f[i] = f[(i - 1u) / 2u];
    f[i] = fresh;
}

uint32_t sv_link_heap_take(struct sv_link_direction *d)
{
    struct sv_link_frame *f = sv_link_heap(d);
    const uint32_t buf = f[0].buf;
    const struct sv_link_frame moved = f[--d->heap];
    uint32_t i = 0;
    for (uint32_t child = 1; child < d->heap; child = 2u * i + 1u) {
        if (child + 1u < d->heap && sv_link_sooner(&f[child + 1u], &f[child]))
            child++;
        if (!sv_link_sooner(&f[child], &moved))
            break;
        f[i] = f[child];
        i = child;
    }
    f[i] = moved;
    return buf;
}

/* --- draws --- */

void sv_link_draws_init(struct sv_link_direction *d, sv_port port, uint64_t seed, uint32_t stream)
{
    for (uint32_t k = 0; k < SV_LINK_STREAMS; k++)
        sv_rng_seed(&d->draws[k].rng, seed, stream, SV_LINK_PURPOSE + port * SV_LINK_STREAMS + k);
}

/* The number of this stream that is the present frame's. */
static uint64_t sv_link_number(struct sv_link_direction *d, enum sv_link_stream stream)
{
    struct sv_link_draws *s = &d->draws[stream];
    for (; s->drawn < d->number; s->drawn++)
        (void)sv_rng_u64(&s->rng);
    s->drawn++;
    return sv_rng_u64(&s->rng);
}

/* True with the given chance; `rest` says where or by how much. */
static bool sv_link_roll(struct sv_link_direction *d, enum sv_link_stream stream, uint32_t chance, uint32_t *rest)
{
    if (!chance)
        return false;
    const uint64_t draw = sv_link_number(d, stream);
    *rest = (uint32_t)draw;
    return ((draw >> 32) * SV_LINK_MILLION >> 32) < chance;
}

void sv_link_draw(struct sv_link_direction *d, struct sv_link_fate *fate, uint32_t *queue)
{
    const struct sv_link_way *way = &d->conditions;
    uint32_t state;
    *fate = (struct sv_link_fate){0};
    if (!d->calm) {
        d->bad ^= sv_link_roll(d, SV_LINK_RNG_STATE, d->bad ? way->to_good : way->to_bad, &state) ? 1u : 0u;
        fate->lost = sv_link_roll(d, SV_LINK_RNG_LOSS, d->bad ? way->bad_loss : way->loss, &state);
        fate->duplicated = sv_link_roll(d, SV_LINK_RNG_DUPLICATE, way->duplicate, &fate->copy_later);
        fate->reordered = sv_link_roll(d, SV_LINK_RNG_REORDER, way->reorder, &fate->later);
        fate->corrupted = sv_link_roll(d, SV_LINK_RNG_CORRUPT, way->corrupt, &fate->corrupt_bit);
        fate->truncated = sv_link_roll(d, SV_LINK_RNG_TRUNCATE, way->truncate, &fate->truncate_at);
        if (way->jitter_ns)
            fate->jitter = (uint32_t)sv_link_number(d, SV_LINK_RNG_JITTER);
    }
    *queue = way->queue.kind == SV_QUEUE_RED ? (uint32_t)(sv_link_number(d, SV_LINK_RNG_QUEUE) >> 32) : 0;
    d->number++;
    if (SV_UNLIKELY(d->flip_in != SV_NONE)) {
        if (d->flip_in == 0) {
            fate->corrupted = true;
            fate->corrupt_bit = d->flip_bit;
        }
        d->flip_in--; /* after 0 comes SV_NONE */
    }
}
