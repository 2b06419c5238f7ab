/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes at all to the server: it must come to an end, read no memory but its own, and say the same
 * whether the bytes come at once or in pieces, and whether there is much room to write or little. */
#include "tests/support/memory_stream.h"
#include "tests/unit/l7_application/http_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void run(struct world *w, struct memory_stream *m, const uint8_t *data, size_t n, uint32_t piece, uint32_t room)
{
    const struct sv_stream s = memory_stream_init(m, data, n);
    m->visible = piece ? 0 : n;
    m->room_bytes = room ? 0 : SIZE_MAX;
    struct sv_http_conn *c = world_conn(w, s, 0);
    for (uint32_t turn = 0; !sv_http_conn_done(c); turn++) {
        if (turn > 4000000)
            abort();
        m->in_ends = m->visible == n;
        sv_http_conn_drive(c, 0);
        const size_t step = piece ? piece : n;
        m->visible = m->visible + step < n ? m->visible + step : n;
        if (room)
            m->room_bytes += room;
    }
    free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct world w;
    struct memory_stream whole, pieces;
    if (n < 2)
        return 0;
    world_open(&w, false);
    run(&w, &whole, data + 2, n - 2, 0, 0);
    world_close(&w);
    world_open(&w, data[0] & 128); /* a new server: boundaries are counted */
    run(&w, &pieces, data + 2, n - 2, 1 + data[0] % 64, 16 + data[1] * 16u);
    if (whole.out_n != pieces.out_n || (whole.out_n > 0 && memcmp(whole.out, pieces.out, whole.out_n) != 0))
        abort();
    world_close(&w);
    memory_stream_free(&whole);
    memory_stream_free(&pieces);
    return 0;
}
