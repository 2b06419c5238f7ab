/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a TCP header: never out of bounds, never without end; what is read can be written, and is read
 * back the same. */
#include <stdlib.h>
#include <string.h>

#include "l4_transport/tcp_wire.h"
#include "seven/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sv_pool *pool_new(void)
{
    const size_t bytes = ((size_t)sv_pool_bytes(8, 8) + 4096) & ~(size_t)4095;
    void *memory = aligned_alloc(4096, bytes);
    if (!memory)
        abort();
    memset(memory, 0, bytes);
    return sv_pool_create(sv_arena_create(memory, bytes), 8, 8);
}

static void again(struct sv_pool *pool, const struct sv_seg *s)
{
    const bool both = (s->options & SV_OPTION_MD5) && (s->options & SV_OPTION_AO); /* nobody writes both */
    struct sv_tcp_header h = {
        .source = s->remote_port,
        .destination = s->local_port,
        .seq = s->seq,
        .ack = s->ack,
        .flags = s->flags,
        .window = (uint16_t)s->window,
        .urgent = s->urgent,
        .mss = s->mss,
        .options = (uint16_t)(both ? s->options & ~(uint32_t)SV_OPTION_AO : s->options),
        .scale = s->scale,
        .sacks = s->sacks,
        .ts_val = s->ts_val,
        .ts_ecr = s->ts_ecr,
    };
    memcpy(h.sack, s->sack, sizeof h.sack);
    if (s->options & (SV_OPTION_MD5 | SV_OPTION_AO) && s->signed_at + 2u > s->header_length)
        abort();
    if ((s->options & SV_OPTION_MD5) && !both && s->signed_at + 16u > s->header_length)
        abort();
    if (sv_tcp_header_length(&h) > 60)
        return; /* read without padding, it may be longer with it */
    struct sv_seg t = {.packet = NULL};
    struct sv_buf *b = sv_buf_alloc(pool, SV_WANT_CONTROL, 0);
    (void)sv_tcp_emit(b, &h);
    if (sv_tcp_parse(b, &t) != SV_DROP_NONE || t.seq != s->seq || t.flags != s->flags || t.options != h.options ||
        t.sacks != s->sacks || memcmp(t.sack, s->sack, t.sacks * sizeof t.sack[0]) != 0)
        abort();
    sv_buf_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sv_pool *pool;
    struct sv_seg s = {.packet = NULL};
    if (!pool)
        pool = pool_new();
    if (size > 1500)
        return 0;
    /* Exactly as many bytes as there are stand in the slab's end, so that a read too far is seen. */
    struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_CONTROL, 0, (uint16_t)(SV_SLAB_BYTES - size));
    if (!b || !sv_buf_append(b, data, (uint32_t)size, SV_WANT_CONTROL))
        abort();
    if (sv_tcp_parse(b, &s) == SV_DROP_NONE) {
        if (s.length + s.header_length != size)
            abort();
        again(pool, &s);
    }
    sv_buf_free(b);
    return 0;
}
