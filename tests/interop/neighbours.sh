#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Neighbour discovery between Seven and the kernel: ndisc6's question, duplicate addresses found by either side, and a
# neighbour that is verified when it moves.
. "$(dirname "$0")/lib.sh"
need ip ping ndisc6 unshare nsenter
LINK_HOST=${LINK_HOST:-$(dirname "${SEVEN:-build/seven}")/tests/interop/link_host}
export LINK_HOST
enter "$@"
[ -x "$LINK_HOST" ] || skip "no program at $LINK_HOST; set LINK_HOST"
[ -e /proc/sys/net/ipv6/conf/seven0 ] || skip "this kernel has no IPv6"

# A cable with a kernel host at its other end, in a namespace of its own.
unshare -n sleep 100 &
PIDS+=($!)
there=$!
sleep 0.3
ip link add v0 type veth peer name v1 2>"$WORK/veth.log" && ip link set v0 netns "$there" ||
    skip "no veth pair here ($(head -n 1 "$WORK/veth.log"))"
over_there() { nsenter -t "$there" -n "$@"; }
over_there ip link set v0 up
echo 1 >/proc/sys/net/ipv6/conf/v1/disable_ipv6 # the kernel keeps off our end
ip link set v1 up
over_there ip addr add 2001:db8:5::1/64 dev v0 nodad
over_there ip addr add 2001:db8:5::bad/64 dev v0 nodad

background mine "$LINK_HOST" packet:v1 address=2001:db8:5::2/64 seconds=60
mine=$LAST
reached() { over_there ping -q -c 1 -W 1 2001:db8:5::2 >/dev/null 2>&1; }
until_true 10 reached || fail "no answer at 2001:db8:5::2"
ok "the kernel finds Seven and is answered"
over_there ndisc6 -q -1 -w 1000 2001:db8:5::2 v0 >"$WORK/ndisc6.log" 2>&1 || fail "ndisc6"
grep -qi '^02:\|^[0-9a-f][0-9a-f]:' "$WORK/ndisc6.log" || fail "ndisc6 says no address"
ok "ndisc6 is told $(head -n 1 "$WORK/ndisc6.log")"

# The kernel wants an address that Seven has.
over_there ip addr add 2001:db8:5::2/64 dev v0
failed() { over_there ip -6 addr show dev v0 | grep -q '2001:db8:5::2/.*dadfailed'; }
until_true 5 failed || fail "the kernel took it: $(over_there ip -6 addr show dev v0)"
ok "the kernel does not take an address that Seven uses"
over_there ip addr del 2001:db8:5::2/64 dev v0
stop "$mine"

# Seven wants one that the kernel has.
"$LINK_HOST" packet:v1 address=2001:db8:5::bad/64 address=2001:db8:5::3/64 seconds=5 >"$WORK/dad.log" 2>&1
grep -q '^2001:db8:5::bad state=2' "$WORK/dad.log" || fail "Seven took it"
grep -q '^drop ND_CONFLICT' "$WORK/dad.log" || fail "the conflict was not counted"
ok "Seven does not take an address that the kernel uses, and counts it"
grep -q '^2001:db8:5::3 state=1' "$WORK/dad.log" || fail "the free one was not taken"
ok "a free one is taken"

# The other station gets another MAC: Seven hears of it (ndisc_notify) and verifies.
background mine "$SEVEN" serve echo --device packet:v1 -a 2001:db8:5::4/64 -g 2001:db8:5::1
mine=$LAST
reached4() { over_there ping -q -c 1 -W 1 2001:db8:5::4 >/dev/null 2>&1; }
until_true 12 reached4 || fail "no answer at 2001:db8:5::4"
over_there sh -c 'echo 1 >/proc/sys/net/ipv6/conf/v0/ndisc_notify'
over_there ip link set v0 address 02:00:00:00:77:01 || fail "the MAC cannot be changed"
over_there ping -q -c 1 -W 2 2001:db8:5::4 >/dev/null || fail "no answer after the MAC changed"
moved() { "$SEVEN" ip -6 neigh | grep -q 'lladdr 02:00:00:00:77:01'; }
until_true 5 moved || fail "neighbours: $("$SEVEN" ip neigh)"
ok "a neighbour that moved is followed"
fresh() { "$SEVEN" ip -6 neigh | grep -q '^2001:db8:5::.*02:00:00:00:77:01 REACHABLE'; }
until_true 15 fresh || fail "not verified: $("$SEVEN" ip neigh)"
ok "and verified"
