#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The cable is pulled in the middle of a transfer and put back: the bytes still come, each once.
. "$(dirname "$0")/lib.sh"
need curl python3 ip sha256sum
enter "$@"

mkdir "$WORK/site"
seeded 67108864 "$WORK/site/big"
want=$(sum_of "$WORK/site/big")
background serve "$SEVEN" serve http --root "$WORK/site"
wait_for 10.7.0.2 80
curl -sS --limit-rate 20M -o "$WORK/got" http://10.7.0.2/big &
client=$!
sleep 1
before=$(stat -c %s "$WORK/got")
ip link set seven0 down || fail "the device cannot be set down"
sleep 2
ip link set seven0 up
# The address stays, the route to it comes back with the link.
wait "$client" || fail "curl: exit $?"
[ "$before" -gt 0 ] && [ "$before" -lt 67108864 ] || fail "the cable was not pulled in the middle ($before bytes)"
[ "$(sum_of "$WORK/got")" = "$want" ] || fail "other bytes came"
ok "down for 2 s after $before of 67,108,864 bytes: all came, sha256 equal"
