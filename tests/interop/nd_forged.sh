#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Forged neighbour discovery, router advertisements, redirects, IGMP and MLD, put together with scapy: each is counted
# by its reason, and nothing that Seven believes changes by it.
. "$(dirname "$0")/lib.sh"
need ip ping python3
python3 -c 'import scapy.all' 2>/dev/null || PYTHON=/usr/bin/python3
PYTHON=${PYTHON:-python3}
"$PYTHON" -c 'import scapy.all' 2>/dev/null || skip "scapy is not installed"
export PYTHON
enter "$@"
[ -e /proc/sys/net/ipv6/conf/seven0 ] || skip "this kernel has no IPv6"

ip addr add 2001:db8:77::1/64 dev seven0 nodad || fail "the kernel's end has no IPv6 address"
background serve "$SEVEN" serve echo -a auto
has() { "$SEVEN" ip -6 addr 2>/dev/null | grep "$1" | grep -qv tentative; }
until_true 15 has 'inet6 fe80:' || fail "no link-local address"
sleep 6
local=$("$SEVEN" ip -6 addr | sed -n 's/.*inet6 \(fe80[^/]*\).*/\1/p' | head -n 1)
mac=$("$SEVEN" ip link | sed -n 's/.*link\/ether \([^ ]*\).*/\1/p')

cat >"$WORK/forge.py" <<'PY'
import logging, sys
logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.all import *
from scapy.contrib.igmp import IGMP
what, local, mac = sys.argv[1:4]
group = "ff02::1:ff" + in6_ptop(local)[-7:].lstrip(":")
eth = Ether(src="02:00:00:00:66:66", dst=mac)
all_nodes = Ether(src="02:00:00:00:66:66", dst="33:33:00:00:00:01")
evil, lla = "fe80::6666", ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:66:66")
prefix = ICMPv6NDOptPrefixInfo(prefix="2001:db8:66::", prefixlen=64, L=1, A=1, validlifetime=3600,
                               preferredlifetime=1800)
ra = IPv6(src=evil, dst="ff02::1", hlim=255) / ICMPv6ND_RA(routerlifetime=1800) / lla / prefix
def send(p, n=1):
    for _ in range(n): sendp(p, iface="seven0", verbose=0)
if what == "hops":
    send(eth / IPv6(src=evil, dst=local, hlim=254) / ICMPv6ND_NS(tgt=local) / lla)
    p = ra.copy(); p.hlim = 254; send(all_nodes / p)
elif what == "options":
    for raw in (b"\x01\x00\x02\x00\x00\x00\x66\x66", b"\x03\x04\x40\xc0" + bytes(4), b"\x05\x02" + bytes(14),
                b"\x19\x02" + bytes(14)):
        send(all_nodes / IPv6(src=evil, dst="ff02::1", hlim=255) / ICMPv6ND_RA(routerlifetime=1800) / Raw(raw))
elif what == "invalid":
    p = ra.copy(); p.src = "2001:db8:77::66"; send(all_nodes / p)                                # not link-local
    send(all_nodes / IPv6(src=evil, dst="ff02::1", hlim=255) / ICMPv6ND_NA(tgt=evil, S=1, O=1))  # solicited, to all
    send(eth / IPv6(src="::", dst=local, hlim=255) / ICMPv6ND_NS(tgt=local))                     # nobody, to one
    send(eth / IPv6(src=evil, dst=local, hlim=255) / ICMPv6ND_NS(tgt="ff02::9"))
    send(eth / IPv6(src=evil, dst=local, hlim=255) / ICMPv6ND_NS(tgt=local, code=3) / lla)
elif what == "redirect":
    send(eth / IPv6(src=evil, dst=local, hlim=255) / ICMPv6ND_Redirect(tgt=evil, dst="2001:db8:99::1"), 3)
elif what == "fragments":
    p = IPv6(src=evil, dst=local, hlim=255) / IPv6ExtHdrFragment(id=7) / ICMPv6ND_NS(tgt=local) / lla
    send(eth / p)
elif what == "flood":
    for i in range(200):
        p = ra.copy(); p.src = "fe80::66:%x" % i; p[ICMPv6NDOptPrefixInfo].prefix = "2001:db8:%x::" % (i + 4096)
        send(all_nodes / p)
elif what == "groups":
    alert = IPv6ExtHdrHopByHop(options=RouterAlert())
    send(all_nodes / IPv6(src=evil, dst="ff02::1", hlim=2) / alert / ICMPv6MLQuery())
    send(all_nodes / IPv6(src="2001:db8:77::66", dst="ff02::1", hlim=1) / alert / ICMPv6MLQuery())
    send(all_nodes / IPv6(src=evil, dst="ff02::1", hlim=1) / ICMPv6MLQuery())
PY
forge() { "$PYTHON" "$WORK/forge.py" "$1" "$local" "$mac" 2>"$WORK/forge.log" || fail "scapy: $1"; sleep 0.3; }
dropped() { counter "$1" 2>/dev/null || echo 0; }
before_routes=$("$SEVEN" ip route | sed 's/ expires.*//')

forge hops
is "hop limit 254: it came through a router" "$(dropped ND_HOP_LIMIT)" 2
forge options
is "malformed options: the message goes" "$(dropped ND_OPTION)" 4
forge invalid
is "fields that contradict each other" "$(dropped ND_INVALID)" 5
forge redirect
is "redirects of who is not our first hop" "$(dropped ND_REDIRECT)" 3
forge fragments
is "neighbour discovery in a fragment (RFC 6980)" "$(dropped ND_FRAGMENTED)" 1
forge groups
is "MLD from beyond the link or without router alert" "$(dropped GROUP_MALFORMED)" 3
is "no route came of any of it" "$("$SEVEN" ip route | sed 's/ expires.*//')" "$before_routes"
"$SEVEN" ip neigh | grep -q 'fe80::6666' && fail "a neighbour was made: $("$SEVEN" ip neigh)"
ok "and no neighbour"
forge flood
[ "$(dropped ND_FULL)" -gt 300 ] || fail "ND_FULL: $(dropped ND_FULL)"
addresses=$("$SEVEN" ip -6 addr | grep -c 'dynamic stable-privacy')
is "200 forged routers and prefixes: no more addresses than the ceiling" "$addresses" 8
[ "$("$SEVEN" ip -6 route | wc -l)" -le 40 ] || fail "routes: $("$SEVEN" ip -6 route | wc -l)"
ok "nor routes"
ping -q -c 2 -W 2 "$local%seven0" >/dev/null || fail "no answer afterwards"
ok "and it answers as before"
