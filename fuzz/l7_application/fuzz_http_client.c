/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a response: the client ends, and ends alike however the bytes come and the sink takes them. */
#include "seven/http.h"
#include "tests/support/memory_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct outcome {
    uint64_t hash, received;
    enum sv_http_result result;
    uint32_t status, most;
};

static size_t take(void *self, const uint8_t *bytes, size_t n, sv_time now)
{
    struct outcome *o = self;
    (void)now;
    if (o->most > 0 && n > o->most)
        n = o->most;
    for (size_t i = 0; i < n; i++)
        o->hash = (o->hash ^ bytes[i]) * 1099511628211u;
    return n;
}

static struct outcome run(const uint8_t *data, size_t n, uint8_t mode, uint32_t piece, uint32_t most)
{
    static _Alignas(16) uint8_t memory[65536];
    struct outcome o = {.most = most};
    struct memory_stream m;
    const struct sv_http_client_config config = {.size = sizeof config, .self = &o, .data = take};
    struct sv_http_request q = {.size = sizeof q,
                                .method = mode & 1 ? SV_TEXT("HEAD") : SV_TEXT("GET"),
                                .target = SV_TEXT("/"),
                                .authority = SV_TEXT("x")};
    struct sv_http_client *c = sv_http_client_init(memory, sizeof memory, &config, memory_stream_init(&m, data, n), 0);
    m.visible = piece ? 0 : n;
    m.ending = mode & 2 ? SV_STREAM_TRUNCATED : SV_STREAM_EOF;
    if (!c || sv_http_client_request(c, &q, 0) != SV_OK)
        abort();
    for (uint32_t turn = 0;; turn++) {
        if (turn > 4000000)
            abort();
        m.in_ends = m.visible == n;
        o.result = sv_http_client_drive(c, 0);
        if (o.result != SV_HTTP_RUNNING)
            break;
        m.visible = m.visible + piece < n ? m.visible + piece : n;
    }
    o.status = sv_http_client_status(c);
    o.received = sv_http_client_received(c);
    memory_stream_free(&m);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 1)
        return 0;
    const struct outcome a = run(data + 1, n - 1, data[0], 0, 0);
    const struct outcome b = run(data + 1, n - 1, data[0], 1 + (data[0] >> 3), 1 + (data[0] >> 5));
    if (a.result != b.result || a.status != b.status || a.received != b.received || a.hash != b.hash)
        abort();
    return 0;
}
