#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Multicast membership as a kernel bridge with IGMP and MLD snooping sees it: groups appear when Seven joins, answer the
# bridge's own queries, and go when Seven leaves.
. "$(dirname "$0")/lib.sh"
need ip bridge
LINK_HOST=${LINK_HOST:-$(dirname "${SEVEN:-build/seven}")/tests/interop/link_host}
export LINK_HOST
enter "$@"
[ -x "$LINK_HOST" ] || skip "no program at $LINK_HOST; set LINK_HOST"

ip link add br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_igmp_version 3 mcast_mld_version 2 \
    mcast_startup_query_interval 100 mcast_query_interval 300 mcast_query_response_interval 100 \
    2>"$WORK/bridge.log" || skip "no bridge here ($(head -n 1 "$WORK/bridge.log"))"
ip addr add 10.8.0.1/24 dev br0
ip link set seven0 master br0 || skip "the TAP cannot be put into a bridge"
ip link set br0 up
sleep 2.5 # its own link-local address, from which it asks

background member "$LINK_HOST" tap:seven0 address=10.8.0.2/24 join=239.1.2.3 join=ff05::77 seconds=60
member=$LAST
known() { bridge mdb show dev br0 | grep -q "port seven0 grp $1 "; }
for group in 239.1.2.3 ff05::77; do
    until_true 10 known "$group" || fail "$group: $(bridge mdb show dev br0)"
    ok "the bridge knows $group behind Seven's port"
done
solicited() { bridge mdb show dev br0 | grep -q 'port seven0 grp ff02::1:ff'; }
until_true 10 solicited || fail "$(bridge mdb show dev br0)"
ok "and the solicited-node group of its address"
# Membership ends after 2.6 s with these intervals unless queries are answered.
sleep 6
known 239.1.2.3 && known ff05::77 || fail "queries are not answered: $(bridge mdb show dev br0)"
ok "queries are answered"

# An IGMPv2 querier: the same again in its version.
ip link set br0 type bridge mcast_igmp_version 2 mcast_mld_version 1 || fail "versions"
sleep 6
known 239.1.2.3 && known ff05::77 || fail "queries of older versions are not answered: $(bridge mdb show dev br0)"
ok "queries of IGMPv2 and MLDv1 too"
stop "$member"
left() { ! known 239.1.2.3 && ! known ff05::77; }
until_true 10 left || fail "still there: $(bridge mdb show dev br0)"
ok "and they go with it"
