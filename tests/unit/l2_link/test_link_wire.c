/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats of layer 2 as bytes: VLAN tags, LLC and SNAP, BPDUs, LLDP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "l2_link/bpdu_wire.h"
#include "l2_link/lldp_wire.h"
#include "l2_link/llc_wire.h"
#include "l2_link/vlan_wire.h"
#include "tests/support/switch_world.h"

static struct sworld w;

static int fresh(void **state)
{
    (void)state;
    sworld_open(&w);
    return 0;
}

static void a_tag_pushed_is_the_tag_parsed(void **state)
{
    (void)state;
    uint8_t f[74], got[82];
    struct sv_eth_hdr h = {0};
    const struct sv_vlan_tag outer = {.tpid = 0x88a8, .vid = 100, .priority = 5},
                             inner = {.tpid = 0x8100, .vid = 7, .drop_eligible = 1};
    struct sv_vlan_tag t = {0};
    const uint32_t n = sworld_frame(f, 1, 2, 0x0800, 60);
    struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
    assert_true(sv_buf_append(b, f, n, SV_WANT_DATA));
    b->flags = SV_BUF_CSUM_PARTIAL;
    b->csum_start = 34;
    sv_vlan_push(b, &inner);
    sv_vlan_push(b, &outer);
    assert_int_equal(b->length, n + 8);
    assert_int_equal(b->csum_start, 42);
    assert_true(sv_buf_read(b, 0, got, n + 8));
    assert_memory_equal(got, f, 12);
    assert_memory_equal(got + 12, "\x88\xa8\xa0\x64\x81\x00\x10\x07\x08\x00", 10);
    assert_memory_equal(got + 22, f + 14, n - 14);
    assert_int_equal(sv_eth_parse(b, &h), SV_DROP_NONE);
    assert_int_equal(sv_vlan_parse(b, &h, &t), SV_DROP_NONE);
    assert_true(t.tpid == 0x88a8 && t.vid == 100 && t.priority == 5 && !t.drop_eligible);
    assert_int_equal(sv_vlan_parse(b, &h, &t), SV_DROP_NONE);
    assert_true(t.tpid == 0x8100 && t.vid == 7 && t.drop_eligible);
    assert_int_equal(h.type, 0x0800);
    assert_int_equal(b->length, n - 14);
    sv_buf_truncate(b, 3);
    assert_int_equal(sv_vlan_parse(b, &h, &t), SV_DROP_SHORT_HEADER);
    sv_buf_free(b);
}

static void llc_and_snap_are_told_apart_from_their_padding(void **state)
{
    (void)state;
    struct sv_llc_hdr h;
    static const uint8_t stp[46] = {0x42, 0x42, 0x03}, snap[46] = {0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x20, 0x00},
                         numbered[46] = {0xf0, 0xf0, 0x01, 0x02};
    assert_int_equal(sv_llc_parse(stp, 46, 38, &h), SV_DROP_NONE);
    assert_true(h.dsap == 0x42 && h.control == 3 && !h.is_snap && h.header_bytes == 3 && h.payload_bytes == 35);
    assert_int_equal(sv_llc_parse(snap, 46, 20, &h), SV_DROP_NONE);
    assert_true(h.is_snap && h.oui == 0x00000c && h.type == 0x2000 && h.header_bytes == 8 && h.payload_bytes == 12);
    assert_int_equal(sv_llc_parse(numbered, 46, 10, &h), SV_DROP_NONE);
    assert_true(h.control == 0x0102 && h.header_bytes == 4);
    assert_int_equal(sv_llc_parse(stp, 46, 47, &h), SV_DROP_LLC_MALFORMED); /* longer than the frame */
    assert_int_equal(sv_llc_parse(stp, 46, 2, &h), SV_DROP_LLC_MALFORMED);
    assert_int_equal(sv_llc_parse(snap, 46, 7, &h), SV_DROP_LLC_MALFORMED);
    assert_int_equal(sv_llc_parse(stp, 2000, 0x600, &h), SV_DROP_LLC_MALFORMED); /* no length any more */
}

static void bpdus_emitted_are_bpdus_parsed(void **state)
{
    (void)state;
    const struct sv_bpdu rst = {.version = 2,
                                .type = SV_BPDU_RST,
                                .flags = SV_BPDU_PROPOSAL | SV_BPDU_TC | SV_BPDU_FORWARDING,
                                .role = SV_BPDU_DESIGNATED,
                                .root = 0x8000020000000001u,
                                .bridge = 0x9000020000000002u,
                                .cost = 20000,
                                .port = 0x8001,
                                .message_age = 1,
                                .max_age = 20,
                                .hello = 2,
                                .forward_delay = 15};
    static const uint8_t bytes[36] = {0, 0, 2, 2, 0x2f, 0x80, 0, 2,    0, 0, 0, 0,  1, 0, 0, 0x4e, 0x20, 0x90,
                                      0, 2, 0, 0, 0,    0,    2, 0x80, 1, 1, 0, 20, 0, 2, 0, 15,   0,    0};
    uint8_t got[SV_BPDU_MAX_BYTES];
    struct sv_bpdu p;
    assert_int_equal(sv_bpdu_emit(&rst, got), 36);
    assert_memory_equal(got, bytes, 36);
    assert_int_equal(sv_bpdu_parse(got, 36, &p), SV_DROP_NONE);
    assert_true(p.root == rst.root && p.bridge == rst.bridge && p.cost == 20000 && p.port == 0x8001);
    assert_true(p.role == SV_BPDU_DESIGNATED && p.message_age == 1 && p.forward_delay == 15);
    for (uint32_t n = 0; n < 36; n++)
        assert_int_equal(sv_bpdu_parse(got, n, &p), SV_DROP_BPDU_MALFORMED);
    got[2] = got[3] = 0; /* a configuration BPDU */
    assert_int_equal(sv_bpdu_parse(got, 35, &p), SV_DROP_NONE);
    got[27] = 20; /* as old as it may become: it has aged out */
    assert_int_equal(sv_bpdu_parse(got, 35, &p), SV_DROP_BPDU_MALFORMED);
    got[3] = 0x80;
    assert_int_equal(sv_bpdu_parse(got, 4, &p), SV_DROP_NONE);
    assert_int_equal(p.type, SV_BPDU_TCN);
    got[1] = 1;
    assert_int_equal(sv_bpdu_parse(got, 4, &p), SV_DROP_BPDU_MALFORMED);
}

static void lldp_emitted_is_lldp_parsed_and_its_order_is_kept(void **state)
{
    (void)state;
    struct sv_lldp_told t = {.chassis = {4, 2, 0, 0, 0, 0, 1},
                             .port_id = {5, 's', 'w', '0'},
                             .chassis_bytes = 7,
                             .port_id_bytes = 4,
                             .ttl_s = 121,
                             .capabilities = 4,
                             .system = "seven",
                             .description = "a switch"},
                        p;
    uint8_t got[256];
    const uint32_t n = sv_lldp_emit(&t, got, sizeof got);
    assert_int_equal(n, 2 + 7 + 2 + 4 + 2 + 2 + 2 + 5 + 2 + 8 + 2 + 4 + 2);
    assert_int_equal(sv_lldp_parse(got, n, &p), SV_DROP_NONE);
    assert_memory_equal(&t, &p, sizeof t);
    assert_int_equal(sv_lldp_emit(&t, got, 20), 0);
    (void)sv_lldp_emit(&t, got, sizeof got);
    for (uint32_t k = 0; k < n; k++)
        assert_int_equal(sv_lldp_parse(got, k, &p), SV_DROP_LLDP_MALFORMED);
    got[9] = 3 << 1; /* time to live before the port */
    assert_int_equal(sv_lldp_parse(got, n, &p), SV_DROP_LLDP_MALFORMED);
    (void)sv_lldp_emit(&t, got, sizeof got);
    got[19] = 1 << 1; /* a second chassis */
    assert_int_equal(sv_lldp_parse(got, n, &p), SV_DROP_LLDP_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_tag_pushed_is_the_tag_parsed, fresh),
        cmocka_unit_test_setup(llc_and_snap_are_told_apart_from_their_padding, fresh),
        cmocka_unit_test_setup(bpdus_emitted_are_bpdus_parsed, fresh),
        cmocka_unit_test_setup(lldp_emitted_is_lldp_parsed_and_its_order_is_kept, fresh),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sworld_close(&w);
    return failed;
}
