/* SPDX-License-Identifier: BSD-2-Clause */
/* What is parsed is emitted so that it parses as the same; and a tree of switches takes it: input is BPDUs of 36 bytes,
 * each after a byte that says where it comes in and how long it took. */
#include "l2_link/bpdu_wire.h"
#define SWORLD_BUFS 512u
#include "tests/support/switch_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const uint8_t *data, uint32_t n)
{
    struct sv_bpdu p, q;
    uint8_t bytes[SV_BPDU_MAX_BYTES];
    if (sv_bpdu_parse(data, n, &p) != SV_DROP_NONE)
        return;
    if (p.message_age > 255 || p.max_age > 255 || p.hello > 255 || p.forward_delay > 255)
        return; /* 65,535 256ths, rounded up: more than can be written again */
    const uint32_t written = sv_bpdu_emit(&p, bytes);
    const enum sv_drop again = sv_bpdu_parse(bytes, written, &q);
    SV_ASSERT(again == SV_DROP_NONE);
    SV_ASSERT(p.root == q.root && p.bridge == q.bridge && p.cost == q.cost && p.port == q.port && p.role == q.role);
    SV_ASSERT(p.message_age == q.message_age && p.max_age == q.max_age);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sworld w;
    const struct sv_bridge_config c = {.flags = SV_BRIDGE_STP, .stations = 16, .groups = 4};
    sworld_open(&w);
    struct sv_bridge *br = sworld_switch(&w, &c, 3);
    for (uint32_t turns = 0; size >= 37 && turns < 64; turns++) {
        uint8_t f[60] = {0x01, 0x80, 0xc2, 0, 0, 0, 2, 0, 0, 0, 0, 9, 0, 39, 0x42, 0x42, 3};
        round_trip(data + 1, 36);
        memcpy(f + 17, data + 1, 36);
        sworld_in(&w, br, data[0] % 3, f, sizeof f);
        if (data[0] & 0x80)
            (void)sworld_advance(&w, (data[0] >> 2 & 31) * (100 * SV_MS));
        for (sv_port p = 0; p < 3; p++)
            (void)sworld_drain(&w, br, p);
        data += 37;
        size -= 37;
    }
    sv_bridge_check(br);
    for (sv_port p = 0; p < 3; p++) /* each port says hello when it is added */
        (void)sworld_drain(&w, br, p);
    SV_ASSERT(sworld_held(&w) == 0);
    return 0;
}
