/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a frame of any link type: dissected, and written as tcpdump's line in each of its forms. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/dissect_json.h"
#include "trace/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void discard(void *ctx, const char *text, size_t n)
{
    size_t *total = ctx;
    for (size_t i = 0; i < n; i++)
        *total += (uint8_t)text[i] >= 0x20; /* reads every byte: what is not set is found */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum sv_link_type links[] = {
        SV_LINK_ETHERNET,     SV_LINK_RAW,   SV_LINK_SLL,   SV_LINK_SLL2,  SV_LINK_NULL,        SV_LINK_LOOP,
        SV_LINK_PPP,          SV_LINK_CHDLC, SV_LINK_WLAN,  SV_LINK_PRISM, SV_LINK_FRAME_RELAY, SV_LINK_RADIOTAP,
        SV_LINK_ARCNET_LINUX, SV_LINK_IPNET, SV_LINK_NFLOG, SV_LINK_IPOIB};
    if (size < 2)
        return 0;
    static struct sv_text_flow store[16];
    memset(store, 0, sizeof store);
    struct sv_text_flows flows = {store, 16, 0};
    size_t total = 0;
    const struct sv_sink sink = {discard, &total};
    const enum sv_link_type link = links[data[0] % (sizeof links / sizeof links[0])];
    const struct sv_text_options o = {.link = data[1] & 1,
                                      .verbose = (uint8_t)(data[1] >> 1 & 3u),
                                      .hex = (uint8_t)(data[1] >> 3 & 3u),
                                      .absolute = data[1] >> 5 & 1};
    /* the same frame twice: once to begin a conversation, once in it; in memory that ends where it does */
    uint8_t *frame = malloc(size - 2 + 1);
    if (!frame)
        return 0;
    memcpy(frame, data + 2, size - 2);
    for (int i = 0; i < 2; i++)
        sv_text_packet(&o, &flows, (sv_time)total * SV_S, link, frame, size - 2, size - 2 + (data[1] >> 6) * 100u,
                       &sink);
    struct sv_dissected d;
    sv_dissect(&d, link, frame, size - 2, size - 2);
    sv_dissect_json(&sink, &d);
    if (d.payload_at > d.captured_bytes || d.payload_captured > d.captured_bytes - d.payload_at)
        abort();
    free(frame);
    return 0;
}
