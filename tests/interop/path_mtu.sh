#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A path that is narrower in the middle (RFC 1191, RFC 8201), made of three kernels:
#
#   Seven --1500-- near (this network) --1280-- middle --1500-- far
#
# far's SYN says 1460, so only the router that cannot send on can tell. Pages must come through whole, and Seven's
# packets after the first report must fit.
. "$(dirname "$0")/lib.sh"
need ip unshare nsenter curl ping tshark python3
enter "$@"

# A network of its own, as long as its sleeper lives; its number in $NET.
network() {
    unshare -n sleep 600 &
    NET=$!
    PIDS+=("$NET")
    until_true 3 test -e "/proc/$NET/ns/net" || skip "no network namespace to be had"
    local mine
    mine=$(readlink /proc/self/ns/net)
    until_true 3 differs "$NET" "$mine" || skip "no network namespace to be had"
}
differs() { [ "$(readlink "/proc/$1/ns/net")" != "$2" ]; }
within() {
    local net=$1
    shift
    nsenter -t "$net" -n "$@"
}
forwards() {
    within "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding' \
        2>/dev/null || skip "the kernel's forwarding cannot be switched on here"
}

network
middle=$NET
network
far=$NET
ip link add to_middle mtu 1280 type veth peer name to_near mtu 1280 netns "$middle" || skip "no veth to be had"
within "$middle" ip link add to_far type veth peer name to_middle netns "$far"
# net dev 4 6: an interface up with 10.DOT4 and fdDOT6.
address() {
    within "$1" ip addr add "$3" dev "$2"
    within "$1" ip -6 addr add "$4" dev "$2" nodad
    within "$1" ip link set "$2" up
}
address $$ to_middle 10.8.0.1/24 fd08::1/64
address "$middle" to_near 10.8.0.2/24 fd08::2/64
address "$middle" to_far 10.9.0.1/24 fd09::1/64
address "$far" to_middle 10.9.0.2/24 fd09::2/64
forwards $$
forwards "$middle"
ip route add 10.9.0.0/24 via 10.8.0.2
ip -6 route add fd09::/64 via fd08::2
within "$middle" ip route add 10.7.0.0/24 via 10.8.0.1
within "$middle" ip -6 route add fd07::/64 via fd08::1
within "$far" ip route add default via 10.9.0.1
within "$far" ip -6 route add default via fd09::1

mkdir "$WORK/site"
seeded 5000000 "$WORK/site/big"
wanted=$(sum_of "$WORK/site/big")
background serve "$SEVEN" serve http --root "$WORK/site" --port 80 -s -w "$WORK/serve.pcapng"
wait_for 10.7.0.2 80
wait_for fd07::2 80
# A router asks from its link-local address, which its kernel is still looking after for a second or two.
settled() { ! ip -6 addr show dev seven0 | grep -q tentative; }
until_true 5 settled || fail "the kernel's link-local address stays tentative"
for url in http://10.7.0.2/big 'http://[fd07::2]/big'; do
    within "$far" curl -g -sS -m 30 -o "$WORK/got" "$url" 2>"$WORK/curl.log" || fail "curl $url"
    is "$url through the narrow middle" "$(sum_of "$WORK/got")" "$wanted"
done
stop "$LAST"

# Seven's packets that are longer than the path, after the first report of its family.
late() {
    tshark -r "$WORK/serve.pcapng" -T fields -e frame.number -e icmp.mtu -e icmpv6.mtu -e ip.src -e ip.len -e ipv6.src \
        -e ipv6.plen 2>/dev/null | python3 -c '
import sys
told = {4: 0, 6: 0}
over = {4: 0, 6: 0}
for line in sys.stdin:
    f = line.rstrip("\n").split("\t")
    if f[1]: told[4] += 1
    elif f[2]: told[6] += 1
    elif f[3] == "10.7.0.2" and told[4] and int(f[4]) > 1280: over[4] += 1
    elif f[5] == "fd07::2" and told[6] and int(f[6]) + 40 > 1280: over[6] += 1
print(min(told.values()) > 0, over[4], over[6])'
}
read -r told over4 over6 < <(late)
is "routers told it in both families" "$told" True
# What was handed to the device before the report came is on its way.
[ "$over4" -le 64 ] && [ "$over6" -le 64 ] || fail "too long after the report: $over4 of IPv4, $over6 of IPv6"
ok "segments follow the path at once (on their way already: $over4, $over6)"

for target in 10.9.0.2 fd09::2; do
    # Over IPv6 one finds out how narrow it is, one answer does for the other side; the rest are cut to fit. Where
    # the kernel missed the first solicitation (its end of the TAP is coming up), those of the first second wait
    # for the next one and leave whole: only the last ones say what was learned.
    "$SEVEN" ping -c 12 -i 300ms -W 2 -s 3000 "$target" >"$WORK/ping.log" 2>&1
    got=$(grep -cE "^3008 bytes from $target.* icmp_seq=(9|10|11|12) " "$WORK/ping.log")
    [ "$got" -eq 4 ] || fail "seven ping -s 3000 $target: $got of the last 4"
    ok "seven ping -s 3000 $target through it: the last $got of 12 and $(grep -c '^3008 bytes' "$WORK/ping.log") in all"
done
# (What routers quote has the sums as they were before a device's finishing.)
bad=$(tshark -r "$WORK/serve.pcapng" -o tcp.check_checksum:TRUE "${PAYLOAD_IS_DATA[@]}" \
        -Y '(_ws.malformed or tcp.checksum.status == 0) and not icmp and not icmpv6' 2>/dev/null)
[ -z "$bad" ] || fail "tshark objects: $(head -3 <<<"$bad")"
ok "tshark: nothing malformed"
