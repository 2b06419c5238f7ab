#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# IPv6 packets that are wrong, put together with scapy: each brings the ICMPv6 error that RFC 4443 and RFC 8200 ask for,
# or silence where they ask for that; each is counted by its reason; and Seven pings afterwards as before.
. "$(dirname "$0")/lib.sh"
need ip ping python3
python3 -c 'import scapy.all' 2>/dev/null || PYTHON=/usr/bin/python3
PYTHON=${PYTHON:-python3}
"$PYTHON" -c 'import scapy.all' 2>/dev/null || skip "scapy is not installed"
export PYTHON
enter "$@"
[ -e /proc/sys/net/ipv6/conf/seven0 ] || skip "this kernel has no IPv6"

background serve "$SEVEN" serve echo
wait_for fd07::2 7
mac=$(ip -6 neigh show fd07::2 dev seven0 | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
[ -n "$mac" ] || fail "the kernel does not know Seven's MAC"

cat >"$WORK/forge.py" <<'PY'
import logging, sys
logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.all import *
mac = sys.argv[1]
mine = get_if_hwaddr("seven0")
eth = Ether(src=mine, dst=mac)
ip = IPv6(src="fd07::1", dst="fd07::2", hlim=64)
udp = UDP(sport=4000, dport=9) / b"nobody there"
opt = lambda n: IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=n, optlen=2, optdata=b"ab")])
group = Ether(src=mine, dst="33:33:00:00:00:01") / IPv6(src="fd07::1", dst="ff02::1", hlim=64)
def raw(nh, data): return ip.__class__(bytes(IPv6(src="fd07::1", dst="fd07::2", hlim=64, nh=nh, plen=len(data))) + data)
chain = b"".join(bytes([60 if i < 11 else 17, 0, 1, 4, 0, 0, 0, 0]) for i in range(12)) + bytes(udp)
cases = [  # what, packet, (type, code, pointer or None) or None for silence
    ("closed port", eth / ip / udp, (1, 4, None)),
    ("unknown next header", eth / raw(200, b"12345678"), (4, 1, 6)),
    ("ICMP for IPv4", eth / raw(1, bytes(ICMP() / b"12345678")), (4, 1, 6)),
    ("hop-by-hop in second place", eth / raw(60, bytes([0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0])), (4, 1, 40)),
    ("option to be told about", eth / ip / opt(0x9e) / udp, (4, 2, 42)),
    ("the same to all nodes", group / opt(0x9e) / udp, (4, 2, 42)),
    ("option told about to one only", eth / ip / opt(0xde) / udp, (4, 2, 42)),
    ("the same to all nodes: silence", group / opt(0xde) / udp, None),
    ("option to be dropped: silence", eth / ip / opt(0x5e) / udp, None),
    ("option to be skipped", eth / ip / opt(0x1e) / udp, (1, 4, None)),
    ("routing header type 0", eth / ip / IPv6ExtHdrRouting(type=0, segleft=1, addresses=["fd07::3"]) / udp, (4, 0, 42)),
    ("the same with nothing left", eth / ip / IPv6ExtHdrRouting(type=0, segleft=0, addresses=["fd07::3"]) / udp, (1, 4, None)),
    ("a middle fragment of 9 bytes", eth / ip / IPv6ExtHdrFragment(m=1, offset=0, id=1, nh=17) / b"123456789", (4, 0, 4)),
    ("a fragment past the end", eth / ip / IPv6ExtHdrFragment(m=1, offset=8191, id=2, nh=17) / b"12345678", (4, 0, 42)),
    ("a first fragment without all headers", eth / ip / IPv6ExtHdrFragment(m=1, offset=0, id=3, nh=60) / (b"\x11\x02" + b"\x01\x04" + bytes(4)), (4, 3, 0)),
    ("an atomic fragment", eth / ip / IPv6ExtHdrFragment(m=0, offset=0, id=4, nh=17) / udp, (1, 4, None)),
    ("no next header: silence", eth / raw(59, b""), None),
    ("twelve headers in a row: silence", eth / raw(60, chain), None),
    ("an error about an error: silence", eth / ip / ICMPv6DestUnreach(code=4) / IPv6(src="fd07::2", dst="fd07::1") / UDP(sport=9, dport=9), None),
    ("an unknown error: silence", eth / ip / ICMPv6Unknown(type=100, msgbody=b"12345678"), None),
    ("a datagram to all nodes: silence", group / udp, None),
    ("land: silence", eth / IPv6(src="fd07::2", dst="fd07::2") / TCP(sport=7, dport=7, flags="S"), None),
    ("from a group: silence", eth / IPv6(src="ff02::1", dst="fd07::2") / udp, None),
    ("an IPv4 address in IPv6: silence", eth / IPv6(src="::ffff:10.7.0.1", dst="fd07::2") / udp, None),
    ("from the loopback: silence", eth / IPv6(src="::1", dst="fd07::2") / udp, None),
    ("a wrong checksum: silence", eth / ip / UDP(sport=1, dport=9, chksum=1) / b"x", None),
    ("no checksum: silence", eth / ip / UDP(sport=1, dport=9, chksum=0) / b"x", None),
]
bad = 0
for what, packet, wanted in cases:
    s = AsyncSniffer(iface="seven0", lfilter=lambda p: Ether in p and p[Ether].src == mac and IPv6 in p and p[IPv6].nh == 58
                     and bytes(p[IPv6].payload)[0] < 128, store=1, count=1)
    s.start()
    time.sleep(0.08)
    sendp(packet, iface="seven0", verbose=0)
    s.join(timeout=0.25 if wanted is None else 3)
    if s.running: s.stop()
    seen = None
    if s.results:
        message = bytes(s.results[0][IPv6].payload)
        pointer = int.from_bytes(message[4:8], "big") if wanted and wanted[2] is not None else None
        seen = (message[0], message[1], pointer)
        whole = bytes(packet[IPv6]) if IPv6 in packet else bytes(packet.payload)
        if message[8:8 + 48] != whole[:48] or len(message) > 1240: seen = "another quote"
        check = s.results[0][IPv6].copy(); sum_was = message[2:4]
        again = bytearray(message); again[2:4] = b"\0\0"
        if in6_chksum(58, check, bytes(again)) != int.from_bytes(sum_was, "big"): seen = "a wrong sum"
    print(("ok" if seen == wanted else "BAD"), what, "" if seen == wanted else "%s, wanted %s" % (seen, wanted))
    bad += seen != wanted
# Teardrop: each piece overlaps the one before; and a flood of pieces that never become anything.
for i in range(200):
    sendp(eth / ip / IPv6ExtHdrFragment(m=1, offset=0, id=1000 + i, nh=17) / bytes(64), iface="seven0", verbose=0)
    sendp(eth / ip / IPv6ExtHdrFragment(m=1, offset=4, id=1000 + i, nh=17) / bytes(64), iface="seven0", verbose=0)
sys.exit(bad != 0)
PY
"$PYTHON" "$WORK/forge.py" "$mac" >"$WORK/forge.txt" 2>"$WORK/forge.log"
status=$?
while read -r verdict what; do
    [ "$verdict" = ok ] || fail "$what"
    ok "$what"
done <"$WORK/forge.txt"
[ "$status" -eq 0 ] || fail "the forger ended with $status"
for reason in IP6_CHAIN IP6_OPTION IP6_ROUTING NO_NEXT_HEADER MAPPED_ON_WIRE BAD_SOURCE LOOP FRAGMENT_BAD FRAGMENT_OVERLAP \
    BAD_CHECKSUM ICMP_IGNORED; do
    [ "$(counter "$reason")" -gt 0 ] || fail "nothing was counted $reason"
    ok "counted: $reason $(counter "$reason")"
done
[ "$(counter FRAGMENT_OVERLAP)" -ge 200 ] || fail "a teardrop went uncounted"
ping -6 -q -n -c 3 -i 0.2 -W 2 -s 5000 fd07::2 >"$WORK/ping.log" 2>&1
grep -q ' 3 received' "$WORK/ping.log" || fail "no answers afterwards"
ok "ping -6 -s 5000 afterwards 3/3"
