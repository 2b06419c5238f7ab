#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Addresses that configure themselves: Seven takes what radvd offers (RFC 4862, 7217, 8981, 4191), the kernel and rdisc6
# take what Seven advertises as a router, and both forget it when the router says good-bye.
. "$(dirname "$0")/lib.sh"
need ip ping radvd rdisc6 python3
LINK_HOST=${LINK_HOST:-$(dirname "${SEVEN:-build/seven}")/tests/interop/link_host}
export LINK_HOST
enter "$@"
[ -x "$LINK_HOST" ] || skip "no program at $LINK_HOST; set LINK_HOST"
[ -e /proc/sys/net/ipv6/conf/seven0 ] || skip "this kernel has no IPv6"

# --- Seven is the host ---
ip addr add 2001:db8:77::1/64 dev seven0 nodad || fail "the kernel's end has no IPv6 address"
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding || fail "no forwarding here"
cat >"$WORK/radvd.conf" <<'CONF'
interface seven0 {
    AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 10; AdvDefaultLifetime 60; AdvLinkMTU 1400;
    prefix 2001:db8:77::/64 { AdvValidLifetime 3600; AdvPreferredLifetime 1800; };
    route 2001:db8:f00::/48 { AdvRoutePreference high; };
    RDNSS 2001:db8:77::53 { };
};
CONF
background radvd radvd -n -C "$WORK/radvd.conf" -p "$WORK/radvd.pid" -m stderr -d 1
radvd=$LAST
background serve "$SEVEN" serve echo -a auto --capture "$WORK/auto.pcapng"
server=$LAST
has() { "$SEVEN" ip -6 addr 2>/dev/null | grep -E "$1" | grep -qv tentative; }
until_true 15 has 'inet6 2001:db8:77:.*temporary' || fail "no temporary address: $("$SEVEN" ip addr)"
ok "a temporary address out of radvd's prefix"
until_true 15 has 'inet6 2001:db8:77:.*dynamic stable-privacy' || fail "no stable address: $("$SEVEN" ip addr)"
ok "a stable one (RFC 7217)"
until_true 15 has 'inet6 fe80:.*scope link stable-privacy' || fail "no link-local address: $("$SEVEN" ip addr)"
"$SEVEN" ip -4 addr | grep -q 'inet 169\.254\..*scope link' || fail "no address of 169.254/16: $("$SEVEN" ip addr)"
ok "and of 169.254/16 for IPv4 (RFC 3927)"
"$SEVEN" ip -6 route | grep -q '^default via fe80:.* proto ra .*expires' || fail "routes: $("$SEVEN" ip route)"
ok "a default route"
"$SEVEN" ip -6 route | grep -q '^2001:db8:f00::/48 via fe80:.* pref high' || fail "routes: $("$SEVEN" ip route)"
ok "a more specific one with its preference (RFC 4191)"
"$SEVEN" ip neigh | grep -q '^fe80:.* router ' || fail "neighbours: $("$SEVEN" ip neigh)"
ok "the neighbour is known as a router"
temporary=$("$SEVEN" ip -6 addr | sed -n 's/.*inet6 \(2001[^/]*\).*temporary.*/\1/p' | head -n 1)
ping -q -c 2 -W 2 "$temporary" >/dev/null || fail "no answer at $temporary"
ok "the kernel reaches it there"
"$SEVEN" ip -j route | python3 -c '
import json, sys
r = [x for x in json.load(sys.stdin) if x["dst"] == "default" and x["protocol"] == "ra"]
sys.exit(not (r and r[0]["pref"] == "medium" and 0 < r[0]["expires"] <= 60 and r[0]["metric"] > 0))' || fail "JSON"
ok "the same in JSON with ip's keys"
stop "$radvd"
gone() { ! "$SEVEN" ip -6 route | grep -q '^default'; }
until_true 20 gone || fail "radvd said good-bye, and the route stays: $("$SEVEN" ip route)"
ok "the route goes when radvd says good-bye"
stop "$server"
echo 0 >/proc/sys/net/ipv6/conf/all/forwarding

# --- Seven is the router ---
ip -6 addr flush dev seven0 scope global
echo 1 >/proc/sys/net/ipv6/conf/seven0/accept_ra
echo 1 >/proc/sys/net/ipv6/conf/seven0/autoconf
background router "$LINK_HOST" tap:seven0 advertise=2001:db8:88::/64 address=2001:db8:88::1/64 seconds=60
router=$LAST
taken() { ip -6 addr show dev seven0 | grep -q 'inet6 2001:db8:88:.*dynamic'; }
until_true 20 taken || fail "the kernel took no address: $(ip -6 addr show dev seven0)"
ok "the kernel makes an address of the prefix that Seven advertises"
route() { ip -6 route show default | grep -q 'via fe80:.*proto ra'; }
until_true 20 route || fail "no default route: $(ip -6 route)"
ok "and a default route by it"
is "and takes its MTU" "$(cat /proc/sys/net/ipv6/conf/seven0/mtu)" 1400
rdisc6 -1 -w 4000 seven0 >"$WORK/rdisc6.log" 2>&1 || fail "rdisc6"
for word in 'Prefix *: 2001:db8:88::/64' 'MTU *: *1400' 'Recursive DNS server *: 2001:db8:88::53' \
    'Router lifetime *: *60' 'Source link-layer address'; do
    grep -q "$word" "$WORK/rdisc6.log" || fail "rdisc6 does not see $word"
done
ok "rdisc6 sees prefix, MTU, name server, lifetime"
ping -q -c 2 -W 2 2001:db8:88::1 >/dev/null || fail "no answer from the router"
stop "$router"
no_route() { ! route; }
until_true 20 no_route || fail "Seven said good-bye, and the kernel's route stays: $(ip -6 route)"
ok "the kernel's route goes when Seven says good-bye"

if command -v tshark >/dev/null 2>&1; then
    is "tshark finds nothing malformed" "$(tshark -n -r "$WORK/auto.pcapng" "${PAYLOAD_IS_DATA[@]}" -Y \
        '_ws.malformed || icmpv6.checksum.status == 0 || igmp.checksum.status == 0' 2>/dev/null | wc -l)" 0
fi
