#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every real capture at hand is read, as text, as ladders and as JSON; and its fields for Ethernet, VLAN, ARP, IPv4,
# IPv6, ICMP, UDP and TCP are tshark's, or differ for one of the reasons that dump_fields.py tells.
. "$(dirname "$0")/lib.sh"
need tshark mergecap python3
captures=$SEVEN_SOURCE_ROOT/../shared/data/pcaps
[ -d "$captures" ] || skip "no collection of captures at hand"
TZ=UTC python3 "$(dirname "$0")/dump_fields.py" "$SEVEN" "$captures" || fail "fields differ from tshark's"
ok "the fields of all captures are tshark's, or differ for a reason that is told"
