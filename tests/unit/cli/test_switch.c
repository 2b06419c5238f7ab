/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports of seven switch as they are typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/switch.h"

static struct switch_spec s;

static bool in_trunk(uint32_t vid)
{
    return s.trunk[vid / 8] >> vid % 8 & 1;
}

static void ports_as_they_are_typed(void **state)
{
    (void)state;
    assert_int_equal(switch_spec_parse(&s, "tap:sw0"), CLI_PARSED);
    assert_string_equal(s.device, "tap:sw0");
    assert_false(s.vlans);
    assert_int_equal(switch_spec_parse(&s, "tap:sw0,access=10,edge,guard,cost=2000,priority=16,max=4,storm=100,arp=7"),
                     CLI_PARSED);
    assert_int_equal(s.access, 10);
    assert_true(s.vlans);
    assert_int_equal(s.config.flags, SV_BPORT_EDGE | SV_BPORT_BPDU_GUARD);
    assert_int_equal(s.config.stp_cost, 2000);
    assert_int_equal(s.config.stp_priority, 16);
    assert_int_equal(s.config.stations, 4);
    assert_int_equal(s.config.storm[SV_STORM_UNKNOWN], 100);
    assert_int_equal(s.config.arp, 7);
    assert_int_equal(switch_spec_parse(&s, "packet:eth1,trunk=10,20-22,4094,native=1,isolated"), CLI_PARSED);
    assert_true(in_trunk(10) && in_trunk(20) && in_trunk(21) && in_trunk(22) && in_trunk(4094) && !in_trunk(23));
    assert_int_equal(s.native, 1);
    assert_int_equal(s.config.flags, SV_BPORT_ISOLATED);
    assert_int_equal(switch_spec_parse(&s, "tap:t,trunk=all,tpid=88a8"), CLI_PARSED);
    assert_true(s.trunk_all);
    assert_int_equal(s.config.tpid, 0x88a8);
    assert_int_equal(switch_spec_parse(&s, "tap:m,mirror=a+b,name=watch"), CLI_PARSED);
    assert_string_equal(s.mirror_in, "a+b");
    assert_string_equal(s.mirror_out, "a+b");
    assert_string_equal(s.config.name, "watch");
    assert_int_equal(switch_spec_parse(&s, "tap:m,mirror"), CLI_PARSED);
    assert_string_equal(s.mirror_in, "");
    assert_int_equal(switch_spec_parse(&s, "unix:/run/a,dgram,peer=/run/b,mtu=9000"), CLI_PARSED);
    assert_string_equal(s.device, "unix:/run/a,dgram,peer=/run/b");
    assert_int_equal(s.mtu, 9000);
}

static void what_is_wrong_is_usage(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "sw0",
        "tap:",
        "lab",
        "tap:a,acces=10",
        "tap:a,access=0",
        "tap:a,access=4095",
        "tap:a,trunk=",
        "tap:a,trunk=x",
        "tap:a,trunk=5-3",
        "tap:a,priority=17",
        "tap:a,cost=999999999",
        "tap:a,",
        "tap:a,tpid=7",
        "tap:a,access=1,tunnel=2",
        "tap:a,access=1,native=2",
        "tap:a,10",
        "tap:a,mtu=5",
        "unix:,dgram",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (switch_spec_parse(&s, lines[i]) != CLI_USAGE)
            fail_msg("\"%s\" was taken", lines[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_as_they_are_typed),
        cmocka_unit_test(what_is_wrong_is_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
