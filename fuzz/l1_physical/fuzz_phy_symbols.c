/* SPDX-License-Identifier: BSD-2-Clause */
/* Any symbols into any decoder: input is {code 1, seed of the cuts 1, symbols}, or with the code's top bit set a
 * frame's octets that are encoded first, and then spoilt where the second half of the input says. No crash, no frame
 * whose FCS is wrong, and the same events however the symbols are cut. */
#include <stdlib.h>
#include <string.h>

#include "core/crc32.h"
#include "l1_physical/phy.h"

#define SYMBOLS 30000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that the decoder says, as one number. */
static uint64_t hear(uint32_t code, const int8_t *symbol, uint32_t n, uint32_t cut)
{
    static struct sv_phy_decoder d;
    struct sv_phy_event event;
    uint64_t hash = 0;
    uint32_t at = 0, calls = 0;
    sv_phy_decoder_init(&d, code);
    do {
        const uint32_t piece = n - at < cut ? n - at : cut;
        const uint32_t took = sv_phy_decode(&d, symbol + at, piece, &event);
        SV_ASSERT(took <= piece && (took == piece || event.kind != SV_PHY_NOTHING));
        at += took;
        SV_ASSERT(d.symbols == at && ++calls <= 4 * (n + 4)); /* each event costs at least half a symbol */
        if (event.kind == SV_PHY_FRAME)
            SV_ASSERT(event.bytes >= 64 && sv_crc32(0, d.frame.byte, event.bytes) == SV_CRC32_RESIDUE);
        if (event.kind != SV_PHY_NOTHING)
            hash = (hash ^ event.kind ^ event.first_symbol << 8 ^ (uint64_t)event.bytes << 40) * 0x9e3779b97f4a7c15u;
    } while (at < n || event.kind != SV_PHY_NOTHING);
    SV_ASSERT(d.count.good + d.count.bad_fcs + d.count.symbol_error <= n);
    return hash;
}

/* A good stream with a frame, and then wrong symbols at the places the input names. */
static uint32_t spoilt(uint32_t code, const uint8_t *data, uint32_t size, int8_t *symbol)
{
    static struct sv_phy_encoder e;
    const uint32_t half = size / 2;
    sv_phy_encoder_init(&e, code);
    const uint32_t lead = code == SV_PHY_PAM4 ? 5504 : code == SV_PHY_10GBASE_R ? 6000 : 500;
    const uint32_t n = lead + (code == SV_PHY_PAM4 ? 11000 : 6000); /* 300 octets and some idle, in whole codewords */
    sv_phy_encode(&e, symbol, lead);
    const enum sv_err err = sv_phy_encode_frame(&e, data, half > 300 ? 300 : half, SV_PHY_FCS_APPEND);
    sv_phy_encode(&e, symbol + lead, n - lead);
    for (uint32_t i = half; err == SV_OK && i + 3 <= size; i += 3)
        symbol[((uint32_t)data[i] << 8 | data[i + 1]) % n] = (int8_t)(data[i + 2] % 7 - 3);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int8_t symbol[SYMBOLS];
    uint32_t n = 0;
    if (size < 3)
        return 0;
    const uint32_t code = (data[0] & 127) % SV_PHY_CODES, cut = data[1] + 1u;
    const uint32_t left = (uint32_t)(size - 2 < SYMBOLS / 4 ? size - 2 : SYMBOLS / 4);
    if (data[0] & 128)
        n = spoilt(code, data + 2, left, symbol);
    else
        for (uint32_t i = 0; i < 4 * left; i++)
            symbol[n++] = (int8_t)((data[2 + i / 4] >> 2 * (i % 4) & 3) * 2 - 3);
    const uint64_t whole = hear(code, symbol, n, n);
    SV_ASSERT(hear(code, symbol, n, cut) == whole);
    return 0;
}
