/* SPDX-License-Identifier: BSD-2-Clause */
/* The chunked decoder: the same bytes out, and the same end, in any pieces. */
#include <stdlib.h>

#include "l7_application/http_chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct outcome {
    enum sv_http_chunk end;
    size_t used, bytes;
    uint64_t hash;
};

static struct outcome run(const uint8_t *in, size_t n, size_t piece)
{
    struct sv_http_chunked c;
    struct outcome o = {.end = SV_HTTP_CHUNK_MORE};
    sv_http_chunked_init(&c);
    while (o.used < n && (o.end == SV_HTTP_CHUNK_MORE || o.end == SV_HTTP_CHUNK_DATA)) {
        const uint8_t *data;
        size_t used, data_n;
        const size_t have = n - o.used < piece ? n - o.used : piece;
        o.end = sv_http_chunked_feed(&c, in + o.used, have, &used, &data, &data_n);
        if (used > have || (used == 0 && o.end == SV_HTTP_CHUNK_MORE))
            abort();
        if (data_n > 0 && (data < in + o.used || data + data_n > in + o.used + used))
            abort();
        for (size_t i = 0; i < data_n; i++)
            o.hash = (o.hash ^ data[i]) * 1099511628211u;
        o.bytes += data_n;
        o.used += used;
    }
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 1)
        return 0;
    const struct outcome a = run(data + 1, n - 1, n), b = run(data + 1, n - 1, 1 + data[0] % 16);
    const int over_a = a.end == SV_HTTP_CHUNK_END, over_b = b.end == SV_HTTP_CHUNK_END;
    const int bad_a = a.end == SV_HTTP_CHUNK_BAD, bad_b = b.end == SV_HTTP_CHUNK_BAD;
    if (over_a != over_b || bad_a != bad_b || a.used != b.used || a.bytes != b.bytes || a.hash != b.hash)
        abort();
    return 0;
}
