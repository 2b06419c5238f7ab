/* SPDX-License-Identifier: BSD-2-Clause */
/* Lifetimes (RFC 4862 §5.5.3 (e), RFC 8981 §3.4) and identifiers (RFC 7217, RFC 8981 §3.3.1, RFC 5453). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "l3_network/interface_id.h"
#include "l3_network/slaac_times.h"

#define NOW (5000 * SV_S)

static void a_lifetime_is_a_moment_and_back(void **state)
{
    (void)state;
    assert_int_equal(sv_lifetime_until(NOW, 0), NOW);
    assert_int_equal(sv_lifetime_until(NOW, 10), NOW + 10 * SV_S);
    assert_int_equal(sv_lifetime_until(NOW, UINT32_MAX), SV_NEVER);
    assert_true(sv_lifetime_until(NOW, UINT32_MAX - 1u) < SV_NEVER);
    assert_int_equal(sv_lifetime_left_s(NOW, NOW + 10 * SV_S), 10);
    assert_int_equal(sv_lifetime_left_s(NOW, NOW + 10 * SV_S + 1), 11);
    assert_int_equal(sv_lifetime_left_s(NOW, NOW - 1), 0);
    assert_int_equal(sv_lifetime_left_s(NOW, SV_NEVER), UINT32_MAX);
    assert_int_equal(sv_lifetime_left_s(NOW, sv_lifetime_until(NOW, UINT32_MAX - 1u)), UINT32_MAX - 1u);
}

static void the_two_hour_rule(void **state)
{
    (void)state;
    static const struct {
        uint32_t left_s, told_s, want_s;
    } cases[] = {
        {100000, 200000, 200000},                    /* longer than what is left */
        {100000, 7201, 7201},                        /* more than two hours */
        {100000, 7200, 7200},                        /* two hours: what is left is cut to two hours */
        {100000, 1, 7200},        {100000, 0, 7200}, /* one forged message takes no address away */
        {7200, 10, 7200},         {600, 10, 600},    {600, 601, 601}, {600, 0, 600}, {UINT32_MAX, 5, 7200},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sv_lifetimes old = {NOW + 50 * SV_S, sv_lifetime_until(NOW, cases[i].left_s)};
        const struct sv_lifetimes l = sv_slaac_renew(&old, NOW, 7, cases[i].told_s);
        assert_int_equal(l.valid_until, NOW + cases[i].want_s * SV_S);
        assert_int_equal(l.preferred_until, NOW + 7 * SV_S); /* preference goes at once */
    }
}

static void temporary_lifetimes_are_the_shorter(void **state)
{
    (void)state;
    const struct sv_lifetimes ever = {SV_NEVER, SV_NEVER}, brief = {NOW + 100 * SV_S, NOW + 200 * SV_S};
    struct sv_lifetimes l = sv_temp_lifetimes(NOW, 600, &ever);
    assert_int_equal(l.preferred_until, NOW + (86400 - 600) * SV_S);
    assert_int_equal(l.valid_until, NOW + 172800 * SV_S);
    l = sv_temp_lifetimes(NOW, 600, &brief);
    assert_int_equal(l.preferred_until, brief.preferred_until);
    assert_int_equal(l.valid_until, brief.valid_until);
    assert_int_equal(sv_temp_desync_max_s(), 34560);
    assert_int_equal(sv_temp_regen_advance_s(1, 1000), 5);
    assert_int_equal(sv_temp_regen_advance_s(3, 1000), 11);
}

static void stable_identifiers_depend_on_all_and_only_their_arguments(void **state)
{
    (void)state;
    const struct sv_siphash_key key = {1, 2}, other_key = {1, 3};
    const struct sv_addr prefix = {{0x20, 1, 0xd, 0xb8}}, other = {{0x20, 1, 0xd, 0xb9}};
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 1}, mac2[6] = {2, 0, 0, 0, 0, 2};
    const uint64_t iid = sv_iid_stable(&key, &prefix, mac, 0, 0);
    assert_true(iid == sv_iid_stable(&key, &prefix, mac, 0, 0));
    assert_true(iid != sv_iid_stable(&other_key, &prefix, mac, 0, 0));
    assert_true(iid != sv_iid_stable(&key, &other, mac, 0, 0));
    assert_true(iid != sv_iid_stable(&key, &prefix, mac2, 0, 0));
    assert_true(iid != sv_iid_stable(&key, &prefix, mac, 1, 0));
    assert_true(iid != sv_iid_stable(&key, &prefix, mac, 0, 1));
    assert_true(sv_iid_temporary(&key, &prefix, 9) != sv_iid_temporary(&key, &prefix, 10));
    assert_true(sv_iid_temporary(&key, &prefix, 9) != sv_iid_temporary(&key, &other, 9));
    const struct sv_addr a = sv_iid_address(&prefix, 0x0102030405060708u);
    assert_memory_equal(a.byte, "\x20\x01\x0d\xb8\0\0\0\0\1\2\3\4\5\6\7\10", 16);
    assert_true(sv_iid_of(&a) == 0x0102030405060708u);
}

static void reserved_identifiers(void **state)
{
    (void)state;
    assert_true(sv_iid_reserved(0));
    assert_true(sv_iid_reserved(0x02005efffe005213u));
    assert_true(sv_iid_reserved(0xfdffffffffffff80u));
    assert_true(sv_iid_reserved(0xfdffffffffffffffu));
    assert_false(sv_iid_reserved(0xfdffffffffffff7fu));
    assert_false(sv_iid_reserved(0x02005efffdffffffu));
    assert_false(sv_iid_reserved(0x02005effff000000u));
    assert_false(sv_iid_reserved(0xfe00000000000000u));
    assert_false(sv_iid_reserved(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lifetime_is_a_moment_and_back),
        cmocka_unit_test(the_two_hour_rule),
        cmocka_unit_test(temporary_lifetimes_are_the_shorter),
        cmocka_unit_test(stable_identifiers_depend_on_all_and_only_their_arguments),
        cmocka_unit_test(reserved_identifiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
